"""Names, actions and scopes: declared phrases first, then whatever content words are left."""

# ruff: noqa: PLR0911 -- a list of cases

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from edgeworth.discovery.reading.phrases import Match, PhraseBook, declared
from edgeworth.discovery.reading.slots import Mention, MentionKind
from edgeworth.discovery.reading.stems import stem
from edgeworth.discovery.reading.tokens import Token, TokenKind, Words
from edgeworth.discovery.reading.vocabulary.actions import ACTIONS, SCOPES
from edgeworth.discovery.reading.vocabulary.people_and_bodies import COMPETITIONS, COMPOUNDS, ENTITIES
from edgeworth.discovery.reading.vocabulary.places import PLACES
from edgeworth.discovery.reading.vocabulary.teams import CLUBS, LEAGUE_OF_COMPETITION, TEAMS
from edgeworth.discovery.reading.vocabulary.words import ASKING_WORDS, EMPTY_WORDS

_KINDS: Final = {
    "entity": MentionKind.ENTITY,
    "place": MentionKind.PLACE,
    "team": MentionKind.TEAM,
    "action": MentionKind.ACTION,
    "scope": MentionKind.SCOPE,
}
_ROMAN: Final = {
    numeral: str(value)
    for value, numeral in enumerate(
        [
            "ii",
            "iii",
            "iv",
            "v",
            "vi",
            "vii",
            "viii",
            "ix",
            "x",
            "xi",
            "xii",
            "xiii",
            "xiv",
            "xv",
            "xvi",
            "xvii",
            "xviii",
            "xix",
            "xx",
        ],
        start=2,
    )
    if numeral != "x"
} | {
    f"{tens}{ones}": str(ten + one)
    for tens, ten in (("l", 50), ("lx", 60), ("lxx", 70))
    for one, ones in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if f"{tens}{ones}" != "l"
}
_ORDINALS: Final = {
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7",
    "eighth": "8", "ninth": "9", "tenth": "10",
}  # fmt: skip
_COUNTS: Final = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10",
}  # fmt: skip
_SHOUTED: Final = frozenset({"be", "is", "in", "on", "to", "it"})
"""Small words that people write large for emphasis."""
_EMPTY_KEYS: Final = EMPTY_WORDS


@cache
def team_names() -> dict[str, frozenset[str]]:
    """Every spelling of a team, home or code to the teams it can mean."""
    names: dict[str, set[str]] = {}
    for league, table in TEAMS.items():
        for line in table.strip().splitlines():
            nickname, _, rest = line.strip().partition(":")
            home, *others = (one.strip() for one in rest.split("|"))
            team = f"{league} {nickname.casefold()}"
            city = home.rsplit(" ", 1)[0] if len(home.rsplit(" ", 1)[-1]) == 1 else home
            for spelling in {nickname, home, city, f"{home} {nickname}", f"{city} {nickname}", *others}:
                names.setdefault(spelling, set()).add(team)
    return {spelling: frozenset(teams) for spelling, teams in names.items()}


def teams_called(name: str) -> frozenset[str]:
    """The teams that a spelling, home or code can mean, in any case; empty when it means none."""
    return _teams_by_folded_name().get(name.strip().casefold(), frozenset())


@cache
def _teams_by_folded_name() -> dict[str, frozenset[str]]:
    folded: dict[str, frozenset[str]] = {}
    for spelling, teams in team_names().items():
        folded[spelling.casefold()] = folded.get(spelling.casefold(), frozenset()) | teams
    return folded


@cache
def _general_book() -> PhraseBook:
    """Names, actions and scopes whose meaning needs no context."""
    phrases: dict[str, str] = {}
    for table, prefix in (
        (COMPOUNDS, ""), (COMPETITIONS, "entity"),
        (ENTITIES, "entity"), (PLACES, "place"), (CLUBS, "team"), (SCOPES, "scope"),
        (ACTIONS, "action"),
    ):  # fmt: skip
        for spelling, concept in declared(table, prefix).items():
            phrases.setdefault(spelling, concept)
    for spelling, teams in team_names().items():
        if len(teams) == 1 and " " in spelling and spelling.split()[-1].istitle() and len(spelling.split()[-1]) > 2:
            (team,) = teams
            if spelling.rsplit(" ", 1)[-1].casefold() in team:
                phrases[spelling] = f"team:{team}"
    return PhraseBook(phrases)


@cache
def _league_book(league: str) -> PhraseBook:
    """Homes, nicknames and codes of one league."""
    phrases = {}
    for spelling, teams in team_names().items():
        here = [team for team in teams if team.startswith(f"{league} ")]
        if len(here) == 1:
            phrases[spelling] = f"team:{here[0]}"
    return PhraseBook(phrases)


def phrases_in(words: Words) -> tuple[Match, ...]:
    """Declared phrases of a text; teams by home or nickname where the text names their league."""
    tokens = words.tokens
    matches = tuple(match for match in _general_book().all_in(tokens) if not _is_time_of_day(tokens, match))
    leagues = {
        LEAGUE_OF_COMPETITION[name]
        for match in matches
        if (name := match.concept.partition(" & ")[0].partition(":")[2]) in LEAGUE_OF_COMPETITION
    }
    if len(leagues) != 1:
        return matches
    (league,) = leagues
    taken = {
        at for match in matches if not match.concept.startswith("place:") for at in range(match.first, match.last + 1)
    }
    teams = [
        match
        for match in _league_book(league).all_in(tokens)
        if tokens[match.first].is_capital and not taken.intersection(range(match.first, match.last + 1))
    ]
    covered = {at for match in teams for at in range(match.first, match.last + 1)}
    kept = [match for match in matches if not covered.intersection(range(match.first, match.last + 1))]
    return tuple(sorted((*kept, *teams), key=lambda match: match.first))


def _is_time_of_day(tokens: Sequence[Token], match: Match) -> bool:
    """Whether "PM" stands after a number: no prime minister, but a time."""
    return match.first == match.last and tokens[match.first].text == "pm" and _is_number(tokens, match.first - 1)


def _is_number(tokens: Sequence[Token], position: int) -> bool:
    return position >= 0 and tokens[position].kind is TokenKind.NUMBER


def mentions_of(words: Words, match: Match) -> tuple[Mention, ...]:
    """The mentions that a declared phrase is; most are one, "Pro football champion" is a contest and winning it."""
    quotation = words.quote(match.first, match.last)
    return tuple(
        Mention(
            key=key,
            kind=_KINDS[key.partition(":")[0]],
            quotation=quotation,
            position=match.first,
            last=match.last,
            before=words.tokens[match.first - 1].text if match.first else "",
        )
        for key in match.concept.split(" & ")
    )


def left_over(words: Words, taken: Sequence[bool], *, is_title_case: bool) -> tuple[Mention, ...]:
    """Content words that no phrase, date, range or negation has taken."""
    mentions = []
    answer = answer_at(words)
    is_shouted = all(token.is_upper for token in words.tokens if token.kind is TokenKind.WORD)
    for position, token in enumerate(words.tokens):
        if taken[position]:
            continue
        found = _key(position, token, is_shouted=is_shouted)
        if found is None and position > answer and token.kind is TokenKind.WORD:
            # "... at launch? - As It Was": small words too are the name that is the answer.
            found = token.key, False
        if found is None:
            continue
        key, is_number = found
        is_name = token.is_capital and not is_title_case and position > 0 and not is_number
        mentions.append(
            Mention(
                key=key,
                kind=MentionKind.NUMBER if is_number else MentionKind.NAME if is_name else MentionKind.WORD,
                quotation=words.quote(position, position),
                position=position,
                last=position,
                before=words.tokens[position - 1].text if position else "",
            )
        )
    return tuple(mentions)


def _key(position: int, token: Token, *, is_shouted: bool) -> tuple[str, bool] | None:
    """Key of a content word and whether it is a number; ``None`` for what carries nothing."""
    if token.kind is TokenKind.NUMBER:
        return token.text.lstrip("0") or "0", True
    if token.kind is TokenKind.SYMBOL:
        return None
    if token.text in {"st", "nd", "rd", "th"} and token.is_glued:
        return None
    if token.text == "x" and token.is_capital:
        return token.key, False
    if token.is_upper and position and not is_shouted and len(token.text) < 3 and token.text not in _SHOUTED:
        # "Song A", "Placeholder AS": a letter that tells one from another, no article.
        return (_ROMAN[token.text], True) if token.text in _ROMAN else (token.key, False)
    if token.text in _EMPTY_KEYS or token.key in _EMPTY_KEYS:
        return None
    if position and token.is_capital and token.text in _ROMAN:
        return _ROMAN[token.text], True
    if token.text in _ORDINALS:
        return _ORDINALS[token.text], True
    if token.text in _COUNTS and not token.is_capital:
        return _COUNTS[token.text], True
    return token.key, False


def answer_at(words: Words) -> int:
    """The token after which an answer is named ("Who will win? - Brex"); the last one when none is."""
    tokens = words.tokens
    for position in range(len(tokens) - 2, 0, -1):
        if tokens[position].text != "-":
            continue
        if tokens[position - 1].text == "?" or (_is_role(tokens[:position]) and _stands_apart(tokens, position)):
            return position
    return len(tokens)


def _is_role(tokens: Sequence[Token]) -> bool:
    """Whether a title without a question mark asks who fills a role: "Next president of France"."""
    return tokens[0].text in ASKING_WORDS | {"next"} or tokens[-1].key in {"winner", "champion", "nomine"}


def _stands_apart(tokens: Sequence[Token], position: int) -> bool:
    return not tokens[position].is_glued and not tokens[position + 1].is_glued


def stems_of(names: frozenset[str]) -> frozenset[str]:
    """Keys of plain words."""
    return frozenset(stem(name) for name in names)
