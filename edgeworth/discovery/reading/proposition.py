"""One sentence taken apart into slots.

Each token is used once: by a name, a date, a range, a negation, or as a word of its own.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from edgeworth.discovery.reading.bounds import find_bounds
from edgeworth.discovery.reading.entities import answer_at, left_over, mentions_of, phrases_in
from edgeworth.discovery.reading.polarity import find_denial
from edgeworth.discovery.reading.slots import Mention, MentionKind, Polarity, Proposition, Window, WindowKind
from edgeworth.discovery.reading.states import told_as_change
from edgeworth.discovery.reading.tokens import TokenKind, Words
from edgeworth.discovery.reading.vocabulary.implied import ONE_SIDED, SINGLE_WINNER
from edgeworth.discovery.reading.vocabulary.words import ASKING_WORDS, SMALL_WORDS
from edgeworth.discovery.reading.windows import find_windows

_CLOSES_EARLY: Final = timedelta(days=45)
"""A market may close this long after its last day (settlement) and still mean that day."""
_SUPER_BOWL_YEAR: Final = 1966
_OSCARS_YEAR: Final = 1928
_EDITIONS: Final = {"entity:super bowl": (_SUPER_BOWL_YEAR, 40), "entity:oscars": (_OSCARS_YEAR, 50)}
"""Contests counted by number: year of number zero, and the least number that can be meant."""
_AGENTS: Final = (MentionKind.ENTITY, MentionKind.PLACE, MentionKind.TEAM, MentionKind.NAME)
_AUXILIARIES: Final = frozenset({"will", "does", "did", "do", "would", "can", "is", "are", "was", "has", "have"})
_COUNTING: Final = frozenset({("how", "many"), ("how", "much")})
_NOTHING: Final = re.compile(r"^\W*$")


def read_proposition(words: Words, closes_at: datetime | None) -> Proposition:
    """Take one sentence apart; ``closes_at`` gives the year of days that have none."""
    tokens = words.tokens
    taken = _remarks(words)
    matches = [match for match in phrases_in(words) if not any(taken[match.first : match.last + 1])]
    for match in matches:
        taken[match.first : match.last + 1] = [True] * (match.last + 1 - match.first)
    if tuple(token.text for token in tokens[:2]) in _COUNTING:
        taken[:2] = [True, True]
    is_title_case = _is_title_case(words)
    windows = find_windows(words, taken)
    _take(taken, windows.used)
    bounds = find_bounds(words, taken)
    _take(taken, bounds.used)
    denial = find_denial(words, taken)
    _take(taken, denial.used)
    mentions = [mention for match in matches for mention in mentions_of(words, match)]
    mentions += left_over(words, taken, is_title_case=is_title_case)
    mentions.sort(key=lambda mention: mention.position)
    mentions = _with_answer(mentions, answer_at(words))
    mentions, editions = _numbered_editions(mentions, words)
    told = told_as_change(mentions, windows.windows)
    mentions = list(told.mentions)
    amounts = {end for bound in bounds.bounds for end in (bound.lower, bound.upper) if end is not None}
    kept = [mention for mention in mentions if not _repeats(mention, amounts)]
    denied = next((mention.key for mention in kept if mention.position >= denial.at), "") if denial.at >= 0 else ""
    is_negated = denial.is_negated
    if told.denied:
        is_negated, denied = (None if is_negated is None else not is_negated), told.denied
    return Proposition(
        mentions=tuple(_answered(kept, words)),
        bounds=bounds.bounds,
        windows=_settled((*told.windows, *editions), closes_at),
        polarity=Polarity(is_negated=is_negated, denied=denied, quotations=denial.quotations),
        stems=tuple(token.key for token in tokens if token.kind is not TokenKind.SYMBOL or token.text in "<>%$-+&"),
        is_title_case=is_title_case,
    )


def _with_answer(mentions: list[Mention], answer: int) -> list[Mention]:
    """An answer that the question offered among others is told from those: "Ramp or Brex first? - Ramp"."""
    offered = {mention.key for mention in mentions if mention.position < answer}
    return [
        replace(one, key=f"answer:{one.key}") if one.position > answer and one.key in offered else one
        for one in mentions
    ]


def _answered(mentions: list[Mention], words: Words) -> list[Mention]:
    """Mentions in the order of a sentence that says what the answer says: "Who will win? - Y" as "Y will win".

    The answer stands where the asking word asks: before the verb ("Who will strike Iran?") or after it ("Who will Iran
    strike?"). A title that only names what is won ("World Cup winner?") is about its winner. Elsewhere the answer stays
    where it is.
    """
    answer = answer_at(words)
    filled = [one for one in mentions if one.position > answer]
    asking = [one for one in mentions if one.position < answer]
    if not filled or not asking:
        return mentions
    texts = [token.text for token in words.tokens[:answer]]
    if texts[0] in ASKING_WORDS:
        will = next((at for at, text in enumerate(texts) if text in _AUXILIARIES), None)
        following = next((one for one in asking if will is not None and one.position > will), None)
        if following is None or following.kind not in _AGENTS:
            return [*filled, *asking]
        verb = next((one for one in asking if one.position > following.last and one.kind not in _AGENTS), None)
        place = len(asking) if verb is None else asking.index(verb) + 1
        return [*asking[:place], *filled, *asking[place:]]
    others = {one.key for one in asking if one.kind is MentionKind.ACTION} - SINGLE_WINNER
    if _AUXILIARIES.isdisjoint(texts) and not others and ONE_SIDED.isdisjoint(one.key for one in asking):
        return [*filled, *asking]
    return mentions


def _repeats(mention: Mention, amounts: set[Decimal]) -> bool:
    """Whether it is the number of a range once more: "above $2.4 on ...? - 2.4"."""
    return mention.kind is MentionKind.NUMBER and Decimal(mention.key) in amounts


def _take(taken: list[bool], used: frozenset[int]) -> None:
    for position in used:
        taken[position] = True


def _remarks(words: Words) -> list[bool]:
    """Marks what stands in square brackets: remarks of whoever asks ("[Polymarket]", "[ACX 2026]")."""
    taken = [False] * len(words.tokens)
    opened: int | None = None
    for position, token in enumerate(words.tokens):
        if token.text == "[":
            opened = position
        elif token.text == "]" and opened is not None:
            taken[opened : position + 1] = [True] * (position + 1 - opened)
            opened = None
    return taken if not all(taken) else [False] * len(taken)


def _is_title_case(words: Words) -> bool:
    large = [token for token in words.tokens if token.kind is TokenKind.WORD and token.text not in SMALL_WORDS]
    return len(large) > 4 and all(token.is_capital for token in large)


def _numbered_editions(mentions: list[Mention], words: Words) -> tuple[list[Mention], list[Window]]:
    """``Super Bowl LX`` and ``98th Academy Awards`` as the year they name."""
    windows = []
    kept = list(mentions)
    for place, mention in enumerate(mentions):
        if mention.key not in _EDITIONS:
            continue
        begun, least = _EDITIONS[mention.key]
        for neighbour in (*mentions[max(place - 1, 0) : place], *mentions[place + 1 : place + 2]):
            if neighbour.kind is MentionKind.NUMBER and neighbour.key.isdecimal() and least <= int(neighbour.key) < 150:
                year = begun + int(neighbour.key)
                kept.remove(neighbour)
                windows.append(
                    Window(
                        kind=WindowKind.EDITION,
                        start=date(year, 1, 1),
                        end=date(year + 1, 1, 1),
                        written=date(year, 1, 1),
                        wording="in",
                        quotation=words.quote(neighbour.position, neighbour.position),
                    )
                )
                break
    return kept, windows


def _settled(windows: tuple[Window, ...], closes_at: datetime | None) -> tuple[Window, ...]:
    """Windows with their years filled in where the text or the close time tells them, and without repetitions."""
    known = [window for window in windows if window.has_year and window.kind is not WindowKind.RELATIVE]
    years = {day.year for window in known for day in (window.written,) if day is not None}
    filled = []
    for window in windows:
        if window.has_year or window.kind is WindowKind.RELATIVE or window.written is None:
            filled.append(window)
        elif len(years) == 1:
            filled.append(_in_year(window, years.pop()))
            years = {filled[-1].written.year} if filled[-1].written else years
        elif closes_at is not None:
            filled.append(replace(_in_year(window, _year_by(window, closes_at)), is_year_from_close=True))
        else:
            filled.append(window)
    return _without_containing(tuple(filled))


def _in_year(window: Window, year: int) -> Window:
    def moved(day: date | None) -> date | None:
        if day is None or window.written is None:
            return None
        try:
            return day.replace(year=year + day.year - window.written.year)
        except ValueError:
            return day.replace(year=year, month=3, day=1)

    return replace(
        window, start=moved(window.start), end=moved(window.end), written=moved(window.written), has_year=True
    )


def _year_by(window: Window, closes_at: datetime) -> int:
    """The first year in which the window ends no earlier than shortly before the market closes."""
    earliest = (closes_at - _CLOSES_EARLY).date()
    for year in (closes_at.year - 1, closes_at.year, closes_at.year + 1):
        moved = _in_year(window, year)
        last = moved.end or moved.start
        if last is not None and last >= earliest:
            return year
    return closes_at.year


def _without_containing(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Leave out years that only repeat the year of a more exact window, and windows said twice."""
    kept: list[Window] = []
    for window in windows:
        others = [other for other in windows if other is not window and _is_finer(other, window)]
        repeated = any(
            (other.kind, other.start, other.end, other.has_year)
            == (window.kind, window.start, window.end, window.has_year)
            and window.kind is not WindowKind.RELATIVE
            for other in kept
        )
        if not repeated and not (window.kind in {WindowKind.EDITION, WindowKind.DURING} and others):
            kept.append(window)
    return tuple(kept)


def _is_finer(one: Window, other: Window) -> bool:
    """Whether ``one`` lies within ``other`` and says more."""
    if not (one.has_year and other.has_year) or other.start is None or other.end is None:
        return False
    last = one.end - timedelta(days=1) if one.end is not None else one.start
    if last is None or not other.start <= last < other.end:
        return False
    if one.kind is WindowKind.DEADLINE and one.end == other.end and other.kind is WindowKind.DURING:
        return False
    length = (other.end - other.start).days
    begun = one.start if one.start is not None else last
    own = (one.end - begun).days if one.end is not None else 0
    return own < length
