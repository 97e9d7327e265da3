"""What an author is shown of a context: bounded in size, and without any market's price.

A number that an author has seen can be written into a model, where the test that moves the price cannot find it. So
prices of markets are left out here; the model reads them at run time, where it can be watched. What is cut is said.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from edgeworth.prompting import Delimited
from edgeworth.simulation.context import (
    KnownEvent,
    MatchedMarket,
    Series,
    Sibling,
    SimulationContext,
    SpotHistory,
)

MARKET_CHARACTERS: Final = 30_000
RULES_CHARACTERS: Final = 8_000
DOCUMENT_CHARACTERS: Final = 2_000
MOST_DOCUMENTS: Final = 8

_MOST_LISTED: Final = 30
_MOST_VALUES: Final = 60
_LABEL_CHARACTERS: Final = 120
_QUESTION_CHARACTERS: Final = 600


class ShownDocument(Struct, frozen=True):
    """A research snippet as it is shown: when it was published (ours), and the rest, which strangers wrote."""

    published_at: Delimited
    text: str


def shown_market(context: SimulationContext) -> str:
    """Everything but rules and documents, as JSON."""
    claim = context.claim
    shown = {
        "market_id": _cut(context.market_id, _LABEL_CHARACTERS),
        "question": _cut(context.question, _QUESTION_CHARACTERS),
        "outcomes": _listed(
            [
                {"index": number, "label": _cut(outcome.label, _LABEL_CHARACTERS)}
                for number, outcome in enumerate(context.outcomes[:_MOST_LISTED])
            ],
            len(context.outcomes),
        ),
        "category": None if context.category is None else _cut(context.category, _LABEL_CHARACTERS),
        "is_by_date": context.is_by_date,
        "seconds_to_close": None if context.closes_at is None else (context.closes_at - context.as_of).total_seconds(),
        "quote": None if context.quote is None else {"age_seconds": context.quote.age_seconds},
        "history": None if context.history is None else _extent(context.history),
        "event": None if context.event is None else _event(context.event),
        "matched": _listed([_matched(one) for one in context.matched[:_MOST_LISTED]], len(context.matched)),
        "spot": None if context.spot is None else _spot(context.spot),
        "claim": None
        if claim is None
        else {"threshold": claim.threshold, "is_above": claim.is_above, "timing": claim.timing.value},
    }
    return json.dumps(shown, ensure_ascii=False, indent=1)


def shown_documents(context: SimulationContext) -> list[ShownDocument]:
    """The first few research snippets."""
    return [
        ShownDocument(shown_instant(one.published_at), f"{one.source}\n{one.title}\n\n{one.text}")
        for one in context.research[:MOST_DOCUMENTS]
    ]


def shown_instant(at: datetime | None) -> Delimited:
    """An instant of ours, to the minute."""
    return Delimited("not known" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}... (cut)"


def _listed(shown: list[dict[str, Any]], count: int) -> list[Any]:
    """With a line for those that are not shown."""
    return shown if count == len(shown) else [*shown, f"and {count - len(shown)} more, not shown here"]


def _extent(series: Series) -> dict[str, Any]:
    """How much there is of a series, without its values."""
    ends = series.at_seconds[:1] + series.at_seconds[-1:]
    return {"count": len(series.values), "first_and_last_at_seconds": list(ends), "values": "at run time"}


def _event(event: KnownEvent) -> dict[str, Any]:
    return {
        "title": _cut(event.title, _QUESTION_CHARACTERS),
        "is_exclusive": event.is_exclusive,
        "is_complete": event.is_complete,
        "market_count": event.market_count,
        "siblings": _listed([_sibling(one) for one in event.siblings[:_MOST_LISTED]], len(event.siblings)),
    }


def _sibling(one: Sibling) -> dict[str, Any]:
    return {
        "label": _cut(one.label, _LABEL_CHARACTERS),
        "question": _cut(one.question, 2 * _LABEL_CHARACTERS),
        "closes_at": _iso(one.closes_at),
        "is_open": one.is_open,
        # What a decided market paid is no price but a fact.
        "paid": one.price if not one.is_open and one.price in {0.0, 1.0} else None,
    }


def _matched(one: MatchedMarket) -> dict[str, Any]:
    return {
        "question": _cut(one.question, 2 * _LABEL_CHARACTERS),
        "relation": one.relation.value,
        "confidence": one.confidence,
        "closes_at": _iso(one.closes_at),
    }


def _spot(spot: SpotHistory) -> dict[str, Any]:
    return {
        "name": _cut(spot.name, _LABEL_CHARACTERS),
        "unit": _cut(spot.unit, _LABEL_CHARACTERS),
        "source": _cut(spot.source, _LABEL_CHARACTERS),
        "scale": spot.scale.value,
        "count": len(spot.series.values),
        "thinned_at_seconds_and_values": thinned(list(zip(spot.series.at_seconds, spot.series.values, strict=True))),
    }


def thinned(values: Sequence[Any], most: int = _MOST_VALUES) -> list[Any]:
    """At most ``most`` of ``values``, evenly apart, first and last among them."""
    if len(values) <= most:
        return list(values)
    last = len(values) - 1
    return [values[round(number * last / (most - 1))] for number in range(most)]


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
