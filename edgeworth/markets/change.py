"""Has a market changed, and did its terms change? Signatures for the first question, revisions for the second.

A signature covers everything the catalogue stores about a market but the instant it was seen: equal signatures mean
that nothing needs to be written. A revision is a change of the *terms* - question, rules, outcomes, close time - which
may turn one bet into another and is therefore kept for ever.
"""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

import msgspec
import xxhash
from msgspec import Struct

from edgeworth.markets.listing import Series
from edgeworth.markets.market import Event, Market

_encoder = msgspec.msgpack.Encoder()

_SIGNED = {
    kind: attrgetter(*(name for name in kind.__struct_fields__ if name != "as_of")) for kind in (Event, Market, Series)
}
"""Reads every signed field at once: signatures are made by the hundred thousand."""


class Terms(Struct, frozen=True, kw_only=True):
    """What a market promises: the fields whose change makes a revision."""

    question: str
    rules: str
    outcomes: tuple[str, ...]
    closes_at: datetime | None


def terms(market: Market) -> Terms:
    """The terms of ``market``."""
    return Terms(
        question=market.question,
        rules=market.rules,
        outcomes=tuple(outcome.label for outcome in market.outcomes),
        closes_at=market.closes_at,
    )


def revised_fields(before: Terms, after: Terms) -> tuple[str, ...]:
    """Names of the terms that differ, in the order of ``Terms``; empty when the bet is the same."""
    return tuple(name for name in Terms.__struct_fields__ if getattr(before, name) != getattr(after, name))


def signature(record: Market | Event | Series) -> str:
    """32 hex digits that are equal for two records exactly when all but ``as_of`` is equal."""
    return xxhash.xxh3_128_hexdigest(_encoder.encode(_SIGNED[type(record)](record)))
