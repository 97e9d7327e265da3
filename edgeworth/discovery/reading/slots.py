"""The typed slots of a reading. Values only.

What a text does not say is absent: an empty tuple or ``None``, never a default.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from edgeworth.discovery.texts import QuestionText
from edgeworth.markets.relation import Quotation


class MentionKind(StrEnum):
    """What a content word stands for."""

    ENTITY = "entity"
    """A person, company, body, competition or thing of the vocabulary."""
    PLACE = "place"
    TEAM = "team"
    NAME = "name"
    """A capitalised word that no vocabulary knows."""
    ACTION = "action"
    SCOPE = "scope"
    """Which contest, office, chamber, stage or part of a game is meant."""
    NUMBER = "number"
    """A number that measures nothing: a version, a rank, a chapter."""
    WORD = "word"


class Mention(Struct, frozen=True, kw_only=True, gc=False):
    """One content word or phrase.

    Attributes:
        key: What it means, equal for spellings of one thing.
        position, last: Its first and last token, so that order and neighbourhood can be compared.
        before: The token before it, which says what "Bad Bunny" is in "DtMF by Bad Bunny".
    """

    key: str
    kind: MentionKind
    quotation: Quotation
    position: int
    last: int
    before: str = ""


CURRENCIES: Final = frozenset({"usd", "eur", "gbp", "jpy"})
"""Units that are money."""


class Bound(Struct, frozen=True, kw_only=True):
    """A range that a quantity has to lie in.

    Attributes:
        lower, upper: Its ends; ``None`` on an open side.
        has_lower, has_upper: Whether the end itself counts; ``None`` where the text does not say ("hit").
        is_outside: The range is what must be left: "at most 2 or more than 4".
        unit: ``usd``, ``eur``, ``gbp``, ``%``, ``degF``, ``degC``, ``deg``; empty when the text names none.
    """

    lower: Decimal | None
    upper: Decimal | None
    has_lower: bool | None = None
    has_upper: bool | None = None
    is_outside: bool = False
    unit: str = ""
    quotation: Quotation


class WindowKind(StrEnum):
    DEADLINE = "deadline"
    """At any time up to ``end``."""
    DURING = "during"
    """Within ``[start, end)``: a year, a quarter, between two days."""
    ON = "on"
    """At one day."""
    AFTER = "after"
    EDITION = "edition"
    """The year or season that names a contest: "the 2026 World Cup"."""
    RELATIVE = "relative"
    """"This week": known only together with the day it was written."""


class Window(Struct, frozen=True, kw_only=True):
    """When something has to happen, in whole days.

    Attributes:
        start, end: First day, and the day after the last one; ``None`` on an open side. Where ``has_year`` is false the
            year in them means nothing.
        written: The day or period as written, as its first day; "before March 31" and "by March 31" share it.
        wording: ``by``, ``before``, ``in``, ...; for relative windows the words themselves.
        is_year_from_close: The text gives no year; the venue's close time does.
        is_vague: "By July": its first or its last day?
        clock: Minutes after midnight, where a time of day is told that is not the end of the day. zone: As written.
    """

    kind: WindowKind
    start: date | None
    end: date | None
    written: date | None
    wording: str = ""
    has_year: bool = True
    is_year_from_close: bool = False
    is_vague: bool = False
    clock: int | None = None
    zone: str = ""
    quotation: Quotation


class Polarity(Struct, frozen=True, kw_only=True):
    """Whether the sentence is denied.

    Attributes:
        is_negated: ``None`` when there are several negations, or one that denies only a part.
        denied: Key of the first content word after the negation. quotations: The words that deny.
    """

    is_negated: bool | None = False
    denied: str = ""
    quotations: tuple[Quotation, ...] = ()


class Proposition(Struct, frozen=True, kw_only=True):
    """One statement that will turn out true or false, taken apart.

    Attributes:
        stems: All words in order, to see that two statements are literally one.
        is_title_case: Capital letters say nothing here.
    """

    mentions: tuple[Mention, ...] = ()
    bounds: tuple[Bound, ...] = ()
    windows: tuple[Window, ...] = ()
    polarity: Polarity = Polarity()
    stems: tuple[str, ...] = ()
    is_title_case: bool = False


class GamePart(StrEnum):
    """What of a game is bet on."""

    WINNER = "winner"
    SPREAD = "spread"
    TOTAL = "total"


class Game(Struct, frozen=True, kw_only=True):
    """A game between two sides, and what is asked of it.

    Attributes:
        teams: Both sides; each as the teams it can be. side: The one bet on; ``None`` for totals and when not told.
        line: Points: the side must win by more (spread), or both must score more (total).
        is_over: For totals: whether outcome 0 pays above the line.
        period: ``game``, ``first half``, ...
        played_on: Days the text gives for it; months and days only where ``has_year`` is false.
    """

    teams: tuple[frozenset[str], frozenset[str]]
    part: GamePart
    side: int | None = None
    line: Decimal | None = None
    is_over: bool = True
    period: str = "game"
    days: tuple[Window, ...] = ()
    quotations: tuple[Quotation, ...] = ()


class Settlement(Struct, frozen=True, kw_only=True):
    """One clause of the rules that decides odd cases.

    Attributes:
        topic: ``zone``, ``tie``, ``interim``, ``announcement``, ``revision``, ``overtime``, ``void``, ``source``,
            ``only source`` or ``station``.
        says: What is laid down, in a canonical word; for sources and stations their names.
    """

    topic: str
    says: str
    quotation: Quotation


class QuestionReading(Struct, frozen=True, kw_only=True):
    """The typed slots of one market's words.

    Attributes:
        title: The question taken apart; its truth pays outcome 0. definition: What the rules say must happen, where
            they say it in one sentence.
        game: Set when the question is about a single game of two sides.
        context: Keys of words of the event's title and the rules' defining sentence: what the question may leave out.
        is_readable: False when there is nothing to compare, or too much to be a question.
    """

    text: QuestionText
    title: Proposition
    definition: Proposition | None = None
    settlement: tuple[Settlement, ...] = ()
    game: Game | None = None
    context: frozenset[str] = frozenset()
    is_readable: bool = True

    @property
    def subjects(self) -> tuple[Mention, ...]:
        """Whom or what it is about."""
        wanted = (MentionKind.ENTITY, MentionKind.TEAM, MentionKind.NAME)
        return tuple(mention for mention in self.title.mentions if mention.kind in wanted)

    @property
    def places(self) -> tuple[Mention, ...]:
        return tuple(mention for mention in self.title.mentions if mention.kind is MentionKind.PLACE)

    @property
    def actions(self) -> tuple[Mention, ...]:
        return tuple(mention for mention in self.title.mentions if mention.kind is MentionKind.ACTION)

    @property
    def scopes(self) -> tuple[Mention, ...]:
        return tuple(mention for mention in self.title.mentions if mention.kind is MentionKind.SCOPE)

    @property
    def sources(self) -> tuple[Settlement, ...]:
        return tuple(clause for clause in self.settlement if clause.topic == "source")
