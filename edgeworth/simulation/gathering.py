"""Puts a context together from what the catalogue, the history and research hold, and counts what had to stay out.

Left out is what became known after ``as_of``, what has no date, and what has no price. Domain values in, a context
and counts out; nothing is fetched here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from edgeworth.errors import LookAheadError
from edgeworth.markets.book import Quote
from edgeworth.markets.history import PricePoint
from edgeworth.markets.market import Event, Market, MarketStatus
from edgeworth.markets.relation import Relation
from edgeworth.simulation.context import (
    KnownEvent,
    KnownOutcome,
    KnownQuote,
    MatchedMarket,
    PriceClaim,
    Series,
    Sibling,
    SimulationContext,
    Snippet,
    SpotHistory,
)
from edgeworth.simulation.reading import affirms, is_by_date, price_claim
from edgeworth.units import MICROS

OLDEST_MATCH: Final = timedelta(days=1)
"""A market elsewhere that was last seen longer ago, and trades, is left out."""


class BoundMarket(Struct, frozen=True, kw_only=True):
    """A market that discovery found bound to this one: how this one (A) relates to it (B), and how sure that is."""

    market: Market
    relation: Relation
    confidence: float


class Document(Struct, frozen=True, kw_only=True):
    """A research result as it came; without a publication time it cannot be used."""

    source: str
    title: str
    text: str
    published_at: datetime | None
    url: str | None = None


class Gathered(Struct, frozen=True, kw_only=True):
    """A context, and what was left out of it, by reason (``history_later``, ``research_undated``, ...).

    The counts stay outside the context: that something came later is itself later knowledge.
    """

    context: SimulationContext
    rejected: dict[str, int]


def build_context(
    market: Market,
    as_of: datetime,
    *,
    event: Event | None = None,
    siblings: Sequence[Market] = (),
    quote: Quote | None = None,
    quoted_at: datetime | None = None,
    history: Iterable[PricePoint] = (),
    matched: Sequence[BoundMarket] = (),
    research: Iterable[Document] = (),
    spot: SpotHistory | None = None,
    claim: PriceClaim | None = None,
) -> Gathered:
    """What may be known of ``market`` at ``as_of``.

    Args:
        market: As recorded at or before ``as_of``.
        as_of: Nothing later enters.
        event: Its event.
        siblings: The other markets of the event; the market itself is passed over.
        quote: Top of the book of outcome 0; without it the quote of the listing.
        quoted_at: When the book stood so.
        history: Price points of the market, any order; only those of outcome 0 are used.
        matched: Markets bound to it.
        research: Documents.
        spot: The quantity that the question is about.
        claim: What outcome 0 says of it; read from the question when not given and there is a spot history.

    Raises:
        LookAheadError: The record of the market itself is later than ``as_of``.
    """
    if market.as_of > as_of:
        raise LookAheadError(
            f"expected a record of {market.market_id} seen by {as_of.isoformat()}, found {market.as_of.isoformat()}"
        )
    rejected: Counter[str] = Counter()
    kept_spot = _spot_until(spot, as_of, rejected)
    read = price_claim(market.question, market.rules, [outcome.label for outcome in market.outcomes])
    context = SimulationContext(
        market_id=market.market_id,
        question=market.question,
        rules=market.rules,
        category=market.category,
        outcomes=tuple(KnownOutcome(label=one.label, price=_dollars(one.price)) for one in market.outcomes),
        as_of=as_of,
        closes_at=market.closes_at,
        tick_size=_dollars(market.tick_size),
        quote=_quote(market, quote, quoted_at, as_of, rejected),
        history=_history(market, history, as_of, rejected),
        event=_event(market, event, siblings, as_of, rejected),
        matched=_matched(matched, as_of, rejected),
        research=_research(research, as_of, rejected),
        spot=kept_spot,
        claim=(claim or read) if kept_spot else None,
        is_by_date=is_by_date(market.question, [outcome.label for outcome in market.outcomes]),
    )
    return Gathered(context=context, rejected=dict(sorted(rejected.items())))


def _quote(
    market: Market, quote: Quote | None, quoted_at: datetime | None, as_of: datetime, rejected: Counter[str]
) -> KnownQuote | None:
    """The book's quote when it is known by ``as_of`` and newer than the listing's, else the listing's."""
    if quote is not None and quoted_at is not None:
        if quoted_at > as_of:
            rejected["quote_later"] += 1
        elif quoted_at >= market.as_of or (market.best_bid is None and market.best_ask is None):
            bid = quote.best_bid.price if quote.best_bid else None
            ask = quote.best_ask.price if quote.best_ask else None
            return _known_quote(bid, ask, quoted_at, as_of)
    return _known_quote(market.best_bid, market.best_ask, market.as_of, as_of)


def _known_quote(bid: int | None, ask: int | None, at: datetime, as_of: datetime) -> KnownQuote | None:
    if bid is None and ask is None:
        return None
    age = (as_of - at).total_seconds()
    return KnownQuote(bid=_dollars(bid), ask=_dollars(ask), observed_at=at, age_seconds=age)


def _history(market: Market, points: Iterable[PricePoint], as_of: datetime, rejected: Counter[str]) -> Series | None:
    """Prices by instant; of several at one instant the last given counts."""
    kept: dict[float, float] = {}
    for point in points:
        if point.market_id != market.market_id or point.outcome_index != 0:
            rejected["history_other_outcome"] += 1
        elif point.at > as_of:
            rejected["history_later"] += 1
        elif (price := _point_price(point)) is None:
            rejected["history_unpriced"] += 1
        else:
            kept[point.at.timestamp()] = price
    if not kept:
        return None
    instants = sorted(kept)
    return Series(at_seconds=tuple(instants), values=tuple(kept[at] for at in instants))


def _point_price(point: PricePoint) -> float | None:
    """The venue's price, else the middle of both quotes."""
    if point.price is not None:
        return point.price / MICROS
    if point.bid is None or point.ask is None:
        return None
    return (point.bid + point.ask) / 2 / MICROS


def _event(
    market: Market, event: Event | None, siblings: Sequence[Market], as_of: datetime, rejected: Counter[str]
) -> KnownEvent | None:
    if event is None:
        return None
    kept = []
    for other in siblings:
        if other.market_id == market.market_id:
            continue
        if other.as_of > as_of:
            rejected["sibling_later"] += 1
        elif _is_denial(other):
            rejected["sibling_reversed"] += 1
        else:
            kept.append(_sibling(other))
    # What excludes each other is the Yes of each market; all of ours is about outcome 0.
    is_exclusive = (event.is_neg_risk or bool(event.is_mutually_exclusive)) and not _is_denial(market)
    is_whole = event.market_count is not None and event.market_count == len(kept) + 1
    return KnownEvent(
        title=event.title,
        is_exclusive=is_exclusive,
        # Only negRisk promises that one of the listed markets wins, and the augmented kind takes that back.
        is_complete=is_exclusive and event.is_neg_risk and not event.is_neg_risk_augmented and is_whole,
        siblings=tuple(kept),
        market_count=event.market_count,
    )


def _is_denial(market: Market) -> bool:
    """Whether outcome 0 is the No of its question."""
    return affirms([outcome.label for outcome in market.outcomes]) is False


def _shown_price(market: Market) -> float | None:
    """What the listing shows for outcome 0; venues show 0.5 for an open market without a single order: no price."""
    price = market.outcomes[0].price
    is_dead = market.status is MarketStatus.OPEN and market.best_bid is None and market.best_ask is None
    return None if is_dead and price == MICROS // 2 else _dollars(price)


def _sibling(market: Market) -> Sibling:
    paid = market.resolution.payouts if market.resolution else None
    return Sibling(
        market_id=market.market_id,
        question=market.question,
        label=market.outcomes[0].label,
        observed_at=market.as_of,
        closes_at=market.closes_at,
        bid=_dollars(market.best_bid),
        ask=_dollars(market.best_ask),
        price=_dollars(paid[0]) if paid else _shown_price(market),
        is_open=market.status is MarketStatus.OPEN,
    )


def _matched(markets: Sequence[BoundMarket], as_of: datetime, rejected: Counter[str]) -> tuple[MatchedMarket, ...]:
    kept = []
    for bound in markets:
        other = bound.market
        if other.as_of > as_of:
            rejected["matched_later"] += 1
            continue
        if other.status is MarketStatus.OPEN and as_of - other.as_of > OLDEST_MATCH:
            # What it traded at then says little of now, and a model has no other doubt about its price.
            rejected["matched_stale"] += 1
            continue
        kept.append(
            MatchedMarket(
                market_id=other.market_id,
                question=other.question,
                relation=bound.relation,
                confidence=bound.confidence,
                observed_at=other.as_of,
                closes_at=other.closes_at,
                bid=_dollars(other.best_bid),
                ask=_dollars(other.best_ask),
                price=_shown_price(other),
            )
        )
    return tuple(kept)


def _research(documents: Iterable[Document], as_of: datetime, rejected: Counter[str]) -> tuple[Snippet, ...]:
    kept = []
    for document in documents:
        if document.published_at is None:
            rejected["research_undated"] += 1
        elif document.published_at > as_of:
            rejected["research_later"] += 1
        else:
            kept.append(
                Snippet(
                    source=document.source,
                    title=document.title,
                    text=document.text,
                    published_at=document.published_at,
                    url=document.url,
                )
            )
    return tuple(kept)


def _spot_until(spot: SpotHistory | None, as_of: datetime, rejected: Counter[str]) -> SpotHistory | None:
    """The part of ``spot`` that was known; ``None`` when nothing was."""
    if spot is None:
        return None
    end = as_of.timestamp()
    known = sum(at <= end for at in spot.series.at_seconds)
    if later := len(spot.series.at_seconds) - known:
        rejected["spot_later"] += later
    if not known:
        return None
    series = Series(at_seconds=spot.series.at_seconds[:known], values=spot.series.values[:known])
    return SpotHistory(name=spot.name, unit=spot.unit, source=spot.source, scale=spot.scale, series=series)


def _dollars(micros: int | None) -> float | None:
    """Millionths as dollars."""
    return None if micros is None else micros / MICROS
