"""What discovery reads of a market: its words and its close time, without prices or ids."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from edgeworth.markets.market import Market

OUTCOME_SEPARATOR = " / "
"""Between labels, where a quotation points into them."""


class QuestionText(Struct, frozen=True, kw_only=True):
    """The words of one market.

    Attributes:
        question: One line. rules: The full text, empty when there is none.
        outcomes: Labels in the venue's order; empty when unknown (a bare question), read as Yes and No.
        event: The title of its event, empty when unknown.
        closes_at: When trading ends, where stated. A venue's date, not always the deadline of the question.
    """

    question: str
    rules: str = ""
    outcomes: tuple[str, ...] = ()
    event: str = ""
    closes_at: datetime | None = None


def text_of(market: Market, event_title: str = "") -> QuestionText:
    """The words of ``market``, listed in the event titled ``event_title``."""
    return QuestionText(
        question=market.question,
        rules=market.rules,
        outcomes=tuple(outcome.label for outcome in market.outcomes),
        event=event_title,
        closes_at=market.closes_at,
    )
