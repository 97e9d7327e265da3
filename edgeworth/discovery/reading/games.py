"""Games of two sides: who plays, what is bet on (winner, spread, total), which side, which part of the game, which day."""

# ruff: noqa: E501 -- patterns, one a line

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from edgeworth.discovery.reading.entities import teams_called
from edgeworth.discovery.reading.slots import Game, GamePart, Window, WindowKind
from edgeworth.discovery.reading.tokens import plain_word, words_of
from edgeworth.discovery.reading.windows import find_windows
from edgeworth.discovery.texts import OUTCOME_SEPARATOR, QuestionText
from edgeworth.markets.relation import Quotation, TextField

_NAME: Final = r"[^\W_][\w .&'\u2019/-]{0,38}?"
_VERSUS: Final = re.compile(
    rf"^(?:[\w .-]{{1,30}}: )?(?P<first>{_NAME}) vs?\.? (?P<second>{_NAME})(?P<rest>\s*(?:$|[:?(,]|-\s|\bwinner\b).*)$",
    re.IGNORECASE,
)
_AT: Final = re.compile(
    rf"^(?:[\w .-]{{1,30}}: )?(?P<first>{_NAME}) (?:at|@) (?P<second>{_NAME})(?P<rest>\s*(?:$|[:?(,]|-\s|\bwinner\b).*)$",
    re.IGNORECASE,
)
_GAME_IN_RULES: Final = re.compile(
    r"\bthe (?P<first>[A-Z][\w .&'-]{1,30}?) (?:at|vs\.?|@) (?P<second>[A-Z][\w .&'-]{1,30}?)(?: professional| college| pro\b| men's| women's| game| match| [A-Z]{3,4} game)"
)
_BETWEEN: Final = re.compile(
    r"\b(?:game|match) between (?:the )?(?P<first>[^\W_][\w .&'\u2019/-]{0,38}?) and (?:the )?(?P<second>[^\W_][\w .&'\u2019/-]{0,38}?)(?= by | on |[.,?]|$)"
)
_SPREAD: Final = re.compile(
    r"\bspread:? (?P<team>[^\W_][\w .&'-]{1,30}?) \((?P<line>[+-]\d{1,3}(?:\.\d)?)\)", re.IGNORECASE
)
_WINS_BY: Final = re.compile(
    r"(?P<team>[^\W_][\w .&'-]{1,30}?) wins? by (?:over|more than) (?P<line>\d{1,3}(?:\.\d)?)", re.IGNORECASE
)
_TOTAL: Final = re.compile(
    r"\b(?:O/U|total(?: points)?:?|over/under:?)[ ]{1,2}(?P<line>\d{1,3}(?:\.\d)?)", re.IGNORECASE
)
_OVER: Final = re.compile(
    r"\b(?P<side>over|under) (?P<line>\d{1,3}(?:\.\d)?) (?:total )?(?:points|goals|runs)(?: scored)?\b", re.IGNORECASE
)
_WINS: Final = re.compile(
    r"^(?:will )?(?:the )?(?P<team>[^\W_][\w .&'-]{1,30}?) (?:wins?|beats?|defeats?)\b(?! by)", re.IGNORECASE
)
_ANSWER: Final = re.compile(
    r"(?:winner\??|\?|:)\s*(?:-\s*)?(?P<team>[^\W_][\w .&'-]{1,30}?)(?: wins?)?\s*\??$", re.IGNORECASE
)
_BARE: Final = re.compile(
    r"^\s*(?:winner)?\s*[?(,]?\s*(?:[A-Za-z]{3,9}\.? \d{1,2}(?:, \d{4})?)?\s*\)?\s*\??\s*$", re.IGNORECASE
)
"""After the two sides: nothing, or a day."""
_PERIODS: Final = (
    ("first half", re.compile(r"\b(?:1H|1st half|first half)\b", re.IGNORECASE)),
    ("second half", re.compile(r"\b(?:2H|2nd half|second half)\b", re.IGNORECASE)),
    ("first quarter", re.compile(r"\b(?:1Q|Q1|1st quarter|first quarter)\b", re.IGNORECASE)),
    ("part", re.compile(r"\b(?:[234]Q|Q[234]|(?:2nd|3rd|4th|second|third|fourth) quarter|first set|set [1-5]|map [1-5]|game [1-9]|(?:1st|2nd|3rd) period)\b", re.IGNORECASE)),
)  # fmt: skip
_PLAIN_ANSWERS: Final = frozenset({"yes", "no", "over", "under", "up", "down"})
_READ_OF_RULES: Final = 600
_LONGEST_TITLE: Final = 200


def read_game(text: QuestionText) -> Game | None:
    """The game that ``text`` bets on; ``None`` when it is about something else or the sides cannot be told."""
    question = text.question.strip()
    if len(question) > _LONGEST_TITLE:
        return None
    sides = _sides(text)
    if sides is None:
        return None
    first, second, quotation = sides
    teams = _resolved(_options(first), _options(second))
    asked = _asked(text, teams)
    if asked is None:
        return None
    part, side, line, is_over = asked
    return Game(
        teams=teams,
        part=part,
        side=side,
        line=line,
        is_over=is_over,
        period=_period(question),
        days=_days(text),
        quotations=(quotation,),
    )


def _sides(text: QuestionText) -> tuple[str, str, Quotation] | None:
    """Names of both sides as the question, the event's title, the outcomes or the rules give them."""
    for field, source in (
        (TextField.QUESTION, text.question.strip()),
        (TextField.EVENT, text.event.strip()[:_LONGEST_TITLE]),
    ):
        found = _VERSUS.match(source) or _AT.match(source)
        if found is None:
            continue
        first, second = found["first"].strip(), found["second"].strip()
        is_known = _is_team(first) and _is_team(second)
        named = {plain_word(label) for label in text.outcomes}
        if is_known or (
            field is TextField.QUESTION and " vs" in source.casefold() and _are_sides(first, second, named)
        ):
            end = found.end("second")
            return first, second, Quotation(field=field, start=0, end=end, text=source[:end])
    if len(text.outcomes) == 2 and all(_is_team(label) for label in text.outcomes) and _line_asked(text.question):
        labels = OUTCOME_SEPARATOR.join(text.outcomes)
        return (
            text.outcomes[0],
            text.outcomes[1],
            Quotation(field=TextField.OUTCOMES, start=0, end=len(labels), text=labels),
        )
    between = _BETWEEN.search(text.question)
    if between is not None:
        quotation = Quotation(field=TextField.QUESTION, start=between.start(), end=between.end(), text=between[0])
        return between["first"], between["second"], quotation
    in_rules = _GAME_IN_RULES.search(text.rules, 0, _READ_OF_RULES)
    if in_rules is not None and _is_team(in_rules["first"]) and _is_team(in_rules["second"]):
        start, end = in_rules.start("first"), in_rules.end("second")
        return (
            in_rules["first"],
            in_rules["second"],
            Quotation(field=TextField.RULES, start=start, end=end, text=text.rules[start:end]),
        )
    return None


def _line_asked(question: str) -> bool:
    return any(pattern.search(question) for pattern in (_SPREAD, _TOTAL))


def _are_sides(first: str, second: str, named: set[str]) -> bool:
    """Whether two names that no table knows are the sides of a match: the outcomes are called so."""
    return {plain_word(first), plain_word(second)} == named or named <= {"yes", "no"}


def _is_team(name: str) -> bool:
    return bool(teams_called(name))


def _options(name: str) -> frozenset[str]:
    return teams_called(name) or frozenset({" ".join(plain_word(one) for one in name.split())})


def _league(team: str) -> str:
    return team.partition(" ")[0]


def _resolved(first: frozenset[str], second: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Both sides play in one league: what only one of them could mean is left out."""
    common = {_league(team) for team in first} & {_league(team) for team in second}
    if not common:
        return first, second
    return (
        frozenset(team for team in first if _league(team) in common),
        frozenset(team for team in second if _league(team) in common),
    )


def _side_of(name: str, teams: tuple[frozenset[str], frozenset[str]]) -> int | None:
    options = _options(name.strip())
    fits = [index for index in (0, 1) if options & teams[index]]
    return fits[0] if len(fits) == 1 else None


def _asked(
    text: QuestionText, teams: tuple[frozenset[str], frozenset[str]]
) -> tuple[GamePart, int | None, Decimal | None, bool] | None:
    question = text.question.strip()
    label = text.outcomes[0] if text.outcomes else "Yes"
    is_first_no = label.casefold() == "no"
    spread = _SPREAD.search(question)
    if spread is not None or (spread := _WINS_BY.search(question)) is not None:
        side, line = _side_of(spread["team"], teams), abs(Decimal(spread["line"]))
        if side is None or is_first_no:
            return None
        if spread["line"].startswith("+"):
            line = -line
        paid = _side_of(label, teams)
        if paid is not None and paid != side:
            side, line = paid, -line
        return GamePart.SPREAD, side, line, True
    total = _TOTAL.search(question) or _OVER.search(question)
    if total is not None:
        over = "under" not in total.groupdict().get("side", "over").casefold()
        if label.casefold() in {"under", "no"}:
            over = not over
        return GamePart.TOTAL, None, Decimal(total["line"]), over
    return _winner(text, teams, is_first_no=is_first_no)


def _winner(
    text: QuestionText, teams: tuple[frozenset[str], frozenset[str]], *, is_first_no: bool
) -> tuple[GamePart, int | None, Decimal | None, bool] | None:
    question = text.question.strip()
    if ":" in question and re.search(r"\b(?:over|under|o/u)\b", question, re.IGNORECASE):
        return None
    label = text.outcomes[0] if text.outcomes else "Yes"
    side = _side_of(label, teams) if label.casefold() not in _PLAIN_ANSWERS else None
    if side is None:
        for pattern in (_WINS, _ANSWER):
            found = pattern.search(question)
            side = _side_of(found["team"], teams) if found is not None else None
            if side is not None:
                break
    if side is None and not text.outcomes and _is_bare(question):
        # Nothing but the sides: the proposition of a market is its first outcome, and that is the side listed first.
        side = 0
    if side is None:
        return None
    return GamePart.WINNER, 1 - side if is_first_no else side, None, True


def _is_bare(question: str) -> bool:
    """Whether a title names two sides, perhaps a day, and asks nothing."""
    found = _VERSUS.match(question) or _AT.match(question)
    return found is not None and _BARE.match(found["rest"]) is not None


def _period(question: str) -> str:
    for name, pattern in _PERIODS:
        found = pattern.search(question)
        if found is not None:
            return name if name != "part" else found[0].casefold()
    return "game"


def _days(text: QuestionText) -> tuple[Window, ...]:
    """Days that the question, the event's title or the beginning of the rules give."""
    for field, source in (
        (TextField.QUESTION, text.question[:_LONGEST_TITLE]),
        (TextField.EVENT, text.event[:_LONGEST_TITLE]),
        (TextField.RULES, text.rules[:_READ_OF_RULES]),
    ):
        words = words_of(source, field)
        windows = find_windows(words, [False] * len(words.tokens)).windows
        days = tuple(_last_day(window) for window in windows if window.kind in {WindowKind.ON, WindowKind.DEADLINE})
        if days:
            return days[:1]
    return ()


def _last_day(window: Window) -> Window:
    return window if window.end is None else replace(window, start=window.end - timedelta(days=1))
