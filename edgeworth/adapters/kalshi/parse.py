"""Kalshi's events, markets and series as domain values. Pure, no requests.

One refused market never costs its neighbours: the markets of an event are decoded one by one. Pages are split in
``pages``; trades, candles and books are read in ``history``. What is read how:

- Outcomes are Yes and No, in this order, priced by the last trade and its complement (a pair always pays one dollar).
- ``question`` is made by ``question.question_text`` from the market's own record alone.
- Volumes are contracts (shares); Kalshi states no dollars but ``liquidity``, which newer answers fix at zero: zero, and
  the negative values of settled markets, are read as unknown.
- A machine-made combination of legs of other markets (a combo) is refused with the code ``combo`` unless asked for:
  hundreds of thousands of them drown the listing and repeat what the legs already say.
- Only the status ``finalized`` (``settled`` in older recordings) ends a market. Before it the result can still change
  (``determined``, ``disputed``, ``amended``): pending.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from edgeworth.adapters.kalshi import values
from edgeworth.adapters.kalshi.pages import native_id as _key_of
from edgeworth.adapters.kalshi.question import question_text
from edgeworth.adapters.kalshi.refusals import UNREADABLE, refusal, required
from edgeworth.adapters.kalshi.v1 import as_v2
from edgeworth.adapters.kalshi.wire import (
    EventAnswerWire,
    EventWire,
    MarketWire,
    SeriesWire,
    SourceWire,
    V1Market,
)
from edgeworth.errors import ParseError
from edgeworth.markets.categories import categorise, visible_tags
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.listing import ListingItem, ParsedItem, Series
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros

SITE = "https://kalshi.com/markets"

COMBO_PREFIX = "KXMVE"
"""Tickers of combos and of their events begin so (multivariate events)."""

_STATUS_BY_WORD = {
    "unopened": MarketStatus.UNOPENED,
    "initialized": MarketStatus.UNOPENED,
    "open": MarketStatus.OPEN,
    "active": MarketStatus.OPEN,
    "inactive": MarketStatus.OPEN,  # paused: it takes no orders, but it is not closed
    "closed": MarketStatus.CLOSED,
    "determined": MarketStatus.CLOSED,
    "disputed": MarketStatus.CLOSED,
    "amended": MarketStatus.CLOSED,
    "finalized": MarketStatus.RESOLVED,
    "settled": MarketStatus.RESOLVED,
}
"""Both vocabularies: of bodies, and of the query filter, which older recordings show in bodies too."""

_FEE_KIND_BY_WORD = {
    "quadratic": FeeKind.QUADRATIC,
    "quadratic_with_maker_fees": FeeKind.QUADRATIC_WITH_MAKER_FEES,
    "quadratic_with_combo_maker_fees": FeeKind.QUADRATIC_WITH_COMBO_MAKER_FEES,
}
"""Other types (``flat``) have no formula here: unknown, and unknown refuses."""

_PENDING = Resolution(shape=ResolutionShape.PENDING)
_WHOLE = PriceMicros(MICROS)
_NOTHING = PriceMicros(0)

_event_decoder = msgspec.json.Decoder(EventWire)
_event_answer_decoder = msgspec.json.Decoder(EventAnswerWire)
_market_decoder = msgspec.json.Decoder(MarketWire)
_v1_market_decoder = msgspec.json.Decoder(V1Market)
_series_decoder = msgspec.json.Decoder(SeriesWire)


class _Context(Struct, frozen=True, kw_only=True):
    """What a market takes from its event and series. Empty for a market that was listed alone."""

    event_ticker: str | None = None
    series_ticker: str | None = None
    tags: tuple[str, ...] = ()
    category: str | None = None
    fee_terms: FeeTerms | None = None
    resolution_source: str | None = None
    updated_at: datetime | None = None


def parse_event_item(
    item: ListingItem,
    *,
    venue: Venue,
    as_of: datetime,
    include_combos: bool = False,
    series: Mapping[str, Series] = {},
) -> ParsedItem:
    """An event with its markets, or without them (then the event is the row). Reads v2 and v1.

    Args:
        item: One event, or the answer for a single event.
        venue: Kalshi or its synthetic twin.
        as_of: When the page was fetched.
        include_combos: Keep combos instead of refusing them.
        series: Known series by ticker, which give fees and more tags.
    """
    parsed = ParsedItem()
    try:
        wire = _decode_event(item.raw)
        is_v1 = wire.event_ticker is None
        ticker = required(wire.ticker if is_v1 else wire.event_ticker, "event_ticker", of="an event")
        if not wire.markets and not include_combos and _is_combo_ticker(ticker):
            raise _combo_error(0)
        context = _event_context(wire, ticker, series)
    except UNREADABLE as error:
        return ParsedItem(rows=1, refusals=[refusal("event", item, error)])
    if not wire.markets:
        event = _event(wire, ticker, context, None, venue=venue, as_of=as_of)
        return ParsedItem(rows=1, event_rows=1, events=[event])
    for raw in wire.markets:
        parsed.rows += 1
        native_id = None
        try:
            market_wire = as_v2(_v1_market_decoder.decode(raw), wire) if is_v1 else _market_decoder.decode(raw)
            native_id = required(market_wire.ticker, "ticker", of="a market")
            _check_combo(native_id, market_wire, include_combos=include_combos)
            parsed.markets.append(_market(market_wire, native_id, context, venue=venue, as_of=as_of))
        except UNREADABLE as error:
            parsed.refusals.append(refusal("market", item, error, native_id=native_id or _key_of(raw)))
    if include_combos or not _is_combo_ticker(ticker):
        parsed.events.append(_event(wire, ticker, context, parsed, venue=venue, as_of=as_of))
    return parsed


def parse_market_item(
    item: ListingItem,
    *,
    venue: Venue,
    as_of: datetime,
    include_combos: bool = False,
    series: Mapping[str, Series] = {},
) -> ParsedItem:
    """A market that was listed alone. Its event is known by ticker only, its series only if it is in ``series``.

    Args:
        item: One market of v2.
        venue: Kalshi or its synthetic twin.
        as_of: When the page was fetched.
        include_combos: Keep combos instead of refusing them.
        series: Known series by ticker, which give fees, tags and category.
    """
    try:
        wire = _market_decoder.decode(item.raw)
        native_id = required(wire.ticker, "ticker", of="a market")
        _check_combo(native_id, wire, include_combos=include_combos)
        context = _market_context(wire, series)
        market = _market(wire, native_id, context, venue=venue, as_of=as_of)
    except UNREADABLE as error:
        return ParsedItem(rows=1, refusals=[refusal("market", item, error)])
    return ParsedItem(rows=1, markets=[market])


def parse_series_item(item: ListingItem, *, venue: Venue, as_of: datetime) -> ParsedItem:
    """A series."""
    try:
        wire = _series_decoder.decode(item.raw)
        tags = visible_tags(_texts([wire.category, *(wire.categories or ()), *(wire.tags or ())]))
        multiplier = None if wire.fee_multiplier is None else values.ppm(wire.fee_multiplier, "fee_multiplier")
        series = Series(
            venue=venue,
            native_id=required(wire.ticker, "ticker", of="a series"),
            title=wire.title or "",
            as_of=as_of,
            category=categorise(tags),
            tags=tags,
            fee_type=wire.fee_type or None,
            fee_multiplier_ppm=multiplier,
        )
    except UNREADABLE as error:
        return ParsedItem(rows=1, refusals=[refusal("series", item, error)])
    return ParsedItem(rows=1, series=[series])


def fee_terms(series: Series | None) -> FeeTerms | None:
    """What ``series`` says about fees; ``None`` when it is not known, or in a way that we have no formula for."""
    if series is None or series.fee_multiplier_ppm is None:
        return None
    kind = _FEE_KIND_BY_WORD.get(series.fee_type or "")
    return None if kind is None else FeeTerms(kind=kind, multiplier_ppm=series.fee_multiplier_ppm)


def _decode_event(raw: bytes) -> EventWire:
    """An event, also from the answer for a single one, whose markets may stand beside it."""
    answer = _event_answer_decoder.decode(raw)
    if answer.event is None:
        return _event_decoder.decode(raw)
    if not answer.event.markets:
        answer.event.markets = answer.markets
    return answer.event


def _event(
    wire: EventWire, ticker: str, context: _Context, listed: ParsedItem | None, *, venue: Venue, as_of: datetime
) -> Event:
    markets = [] if listed is None else listed.markets
    closing = [market.closes_at for market in markets if market.closes_at is not None]
    return Event(
        venue=venue,
        native_id=ticker,
        title=" ".join((wire.title or "").split()),
        as_of=as_of,
        description=(wire.sub_title or "").strip(),
        category=context.category,
        tags=context.tags,
        series_native_id=context.series_ticker,
        updated_at=context.updated_at,
        closes_at=max(closing, default=None),
        is_closed=_all_closed(markets),
        is_mutually_exclusive=wire.mutually_exclusive,
        market_count=None if listed is None else listed.rows,
        url=_url(context.series_ticker, ticker, venue),
    )


def _all_closed(markets: list[Market]) -> bool | None:
    if not markets:
        return None
    return all(market.status in {MarketStatus.CLOSED, MarketStatus.RESOLVED} for market in markets)


def _event_context(wire: EventWire, ticker: str, series: Mapping[str, Series]) -> _Context:
    series_ticker = values.text(wire.series_ticker)
    known = None if series_ticker is None else series.get(series_ticker)
    tags = visible_tags(_texts([wire.category, *(wire.tags or ()), *(known.tags if known else ())]))
    return _Context(
        event_ticker=ticker,
        series_ticker=series_ticker,
        tags=tags,
        category=categorise(tags),
        fee_terms=fee_terms(known),
        resolution_source=_sources(wire.settlement_sources),
        updated_at=values.instant(wire.last_updated_ts, "last_updated_ts"),
    )


def _market_context(wire: MarketWire, series: Mapping[str, Series]) -> _Context:
    """The context of a market that came without its event: its series is looked up by the beginning of the ticker.

    Old events lack the KX that their series has since been given (EVSHARE-30JAN belongs to KXEVSHARE).
    """
    event_ticker = values.text(wire.event_ticker)
    prefix = (event_ticker or "").split("-", 1)[0]
    known = series.get(prefix) or series.get(f"KX{prefix}")
    if known is None:
        return _Context(event_ticker=event_ticker)
    return _Context(
        event_ticker=event_ticker,
        series_ticker=known.native_id,
        tags=known.tags,
        category=known.category,
        fee_terms=fee_terms(known),
    )


def _market(wire: MarketWire, ticker: str, context: _Context, *, venue: Venue, as_of: datetime) -> Market:
    rules = "\n\n".join(part for part in _stripped([wire.rules_primary, wire.rules_secondary]) if part)
    question = question_text(wire.title or "", wire.yes_sub_title or "", wire.rules_primary or "")
    if not question:
        raise ParseError("no_question", "expected a title or a subtitle that says what is asked, found neither")
    if "\x00" in question or "\x00" in rules:
        raise ParseError("nul_character", "expected text, found a NUL character in it, which no database stores")
    status, resolution = _ending(wire)
    last = values.traded(wire.last_price_dollars, wire.last_price, "last_price")
    previous = values.traded(wire.previous_price_dollars, wire.previous_price, "previous_price")
    closes_at = values.instant(wire.close_time, "close_time")
    has_closed = status in {MarketStatus.CLOSED, MarketStatus.RESOLVED}
    event_ticker = context.event_ticker or values.text(wire.event_ticker)
    return Market(
        venue=venue,
        native_id=ticker,
        question=question,
        rules=rules,
        outcomes=(
            Outcome(label="Yes", price=last),
            Outcome(label="No", price=None if last is None else PriceMicros(MICROS - last)),
        ),
        status=status,
        as_of=as_of,
        event_native_id=event_ticker,
        category=context.category,
        tags=context.tags,
        created_at=values.instant(wire.created_time, "created_time"),
        updated_at=values.instant(wire.updated_time, "updated_time"),
        opens_at=values.instant(wire.open_time, "open_time"),
        closes_at=closes_at,
        # Kalshi moves close_time to the instant of an early close, so of a closed market it is the actual one.
        closed_at=closes_at if has_closed and closes_at is not None and closes_at <= as_of else None,
        liquidity_usd=_liquidity(wire),
        volume_shares=values.contracts(wire.volume_fp, wire.volume, "volume"),
        volume_24h_shares=values.contracts(wire.volume_24h_fp, wire.volume_24h, "volume_24h"),
        open_interest_shares=values.contracts(wire.open_interest_fp, wire.open_interest, "open_interest"),
        best_bid=values.bid(wire.yes_bid_dollars, wire.yes_bid, "yes_bid"),
        best_ask=values.ask(wire.yes_ask_dollars, wire.yes_ask, "yes_ask"),
        last_price=last,
        price_change_24h=None if last is None or previous is None else last - previous,
        tick_size=_tick_size(wire),
        is_accepting_orders=wire.status in {"active", "open"},
        fee_terms=context.fee_terms,
        resolution=resolution,
        resolution_source=context.resolution_source,
        url=_url(context.series_ticker, event_ticker, venue),
    )


def _ending(wire: MarketWire) -> tuple[MarketStatus, Resolution | None]:
    status = _STATUS_BY_WORD.get(wire.status or "")
    if status is None:
        words = ", ".join(_STATUS_BY_WORD)
        raise ParseError("unknown_status", f"expected one of the statuses {words}, found {wire.status!r}")
    if status is MarketStatus.CLOSED:
        return status, _PENDING
    if status is not MarketStatus.RESOLVED:
        return status, None
    resolution = _resolution(wire)
    return (MarketStatus.CLOSED if resolution.payouts is None else status), resolution


def _resolution(wire: MarketWire) -> Resolution:
    """How a finalized market ended, by its result; the settlement value must agree with it where both are stated."""
    value = values.dollars(wire.settlement_value_dollars, wire.settlement_value, "settlement_value")
    at = values.instant(wire.settlement_ts, "settlement_ts")
    split = None if value is None else (value, PriceMicros(MICROS - value))
    match (wire.result or "").lower():
        case "yes" if value in {None, _WHOLE}:
            return Resolution(shape=ResolutionShape.DECIDED, payouts=(_WHOLE, _NOTHING), resolved_at=at)
        case "no" if value in {None, _NOTHING}:
            return Resolution(shape=ResolutionShape.DECIDED, payouts=(_NOTHING, _WHOLE), resolved_at=at)
        case "yes" | "no":
            raise ParseError(
                "contradicting_result",
                f"expected a settlement value that agrees with the result {wire.result!r}, found {value} millionths",
            )
        case "scalar":
            return Resolution(shape=ResolutionShape.SCALAR, payouts=split, resolved_at=at)
        case "void" | "voided" | "cancelled":
            return Resolution(shape=ResolutionShape.VOID, payouts=split, resolved_at=at)
        case "":
            return _PENDING
        case _:
            raise ParseError("unknown_result", f"expected the result yes, no, scalar or void, found {wire.result!r}")


def _liquidity(wire: MarketWire) -> float | None:
    if wire.liquidity_dollars is not None:
        amount = values.contracts(wire.liquidity_dollars, None, "liquidity")
    else:
        cents = values.contracts(None, wire.liquidity, "liquidity")
        amount = None if cents is None else cents / 100
    return amount if amount is not None and amount > 0 else None


def _tick_size(wire: MarketWire) -> PriceMicros | None:
    """The step of prices; ``None`` where it differs between stretches (``tick_size`` says 1 cent even then)."""
    if wire.price_ranges:
        steps = {values.dollars(each.step, None, "price_ranges.step") for each in wire.price_ranges}
        return steps.pop() if len(steps) == 1 else None
    return values.dollars(None, wire.tick_size, "tick_size") or None


def _check_combo(ticker: str, wire: MarketWire, *, include_combos: bool) -> None:
    is_combo = bool(wire.mve_selected_legs) or bool(wire.mve_collection_ticker) or _is_combo_ticker(ticker)
    if is_combo and not include_combos:
        raise _combo_error(len(wire.mve_selected_legs or ()))


def _combo_error(legs: int) -> ParseError:
    count = f" of {legs} legs" if legs else ""
    return ParseError(
        "combo", f"a machine-made combination{count} of other markets (combo): left out unless combos are asked for"
    )


def _is_combo_ticker(ticker: str) -> bool:
    return ticker.startswith(COMBO_PREFIX)


def _sources(sources: Iterable[SourceWire] | None) -> str | None:
    """Names and addresses by which the event is settled, one a line."""
    lines = (" ".join(part for part in _stripped([each.name, each.url]) if part) for each in sources or ())
    return "\n".join(line for line in lines if line) or None


def _url(series_ticker: str | None, event_ticker: str | None, venue: Venue) -> str | None:
    """The event's page; ``None`` for an invented market, which has none, and where the series is not known."""
    if venue.is_synthetic or not series_ticker or not event_ticker:
        return None
    return f"{SITE}/{series_ticker.lower()}/{event_ticker.lower()}"


def _stripped(texts: Iterable[str | None]) -> list[str]:
    return [(each or "").strip() for each in texts]


def _texts(texts: Iterable[str | None]) -> list[str]:
    return [each for each in texts if each]
