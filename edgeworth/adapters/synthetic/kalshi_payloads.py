"""Markets, events, series, books, trades and candles in the words of Kalshi's trade API v2.

Prices are dollar strings with four decimals, counts strings with two; the integer-cent fields of early 2026 are gone.
A market without a bid says ``0.0000``, without an offer ``1.0000``. The archive names the fields of candles otherwise.
Pure; no request is read here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np

from edgeworth.adapters.synthetic.books import Ladder, best_sizes
from edgeworth.adapters.synthetic.draws import Integers, derive
from edgeworth.adapters.synthetic.events import Shape, Stage, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.families import Family, Kind
from edgeworth.adapters.synthetic.identity import kalshi_event_ticker, kalshi_ticker
from edgeworth.adapters.synthetic.instants import DAY, HOUR, MINUTE, STEP, iso, iso_fraction, short_date
from edgeworth.adapters.synthetic.prices import MILLS, quotes
from edgeworth.adapters.synthetic.snapshots import Snapshot
from edgeworth.adapters.synthetic.trading import Fill, volume_cents
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

Payload = dict[str, Any]
VENUE: Final = Venue.SYNTHETIC_KALSHI

_NO_PRICE: Final = "0.0000"


@lru_cache(maxsize=4_096)
def dollars(mills: int) -> str:
    """``0.4550``."""
    return f"{mills / MILLS:.4f}"


def count(cents: int) -> str:
    """Hundredths of a contract as ``10.00``."""
    return f"{cents // 100}.{cents % 100:02d}"


def status_of(seen: Snapshot, now: int) -> str:
    """The status in a body; the query filter has other words for it."""
    match seen.stage:
        case Stage.CREATED | Stage.HIDDEN:
            return "initialized"
        case Stage.OPEN:
            return "active"
        case Stage.RESOLVED:
            return "finalized"
        case _:
            ending = seen.market.ending
            is_late = 2 * (now - ending.ends_at) > ending.resolved_at - ending.ends_at
            if not is_late:
                return "closed"
            return "disputed" if ending.is_disputed else "determined"


def is_archived(world: World, seen: Snapshot) -> bool:
    """Whether the market was settled so long ago that only the archive serves it."""
    return seen.stage is Stage.RESOLVED and seen.market.ending.resolved_at < world.archive_cutoff()


def kalshi_market(world: World, event: SyntheticEvent, seen: Snapshot) -> Payload:
    """One market."""
    status = status_of(seen, world.now)
    payload = _texts(event, seen.market) | _times(world, event, seen.market)
    payload |= _quotes(world, seen)
    payload |= {"status": status} | _result(seen, status)
    return payload | _strike(event, seen.market)


def _texts(event: SyntheticEvent, market: SyntheticMarket) -> Payload:
    sub_title = market.label or market.question
    return {
        "ticker": kalshi_ticker(event, market),
        "event_ticker": kalshi_event_ticker(event),
        "market_type": "binary",
        "title": market.question,
        "yes_sub_title": sub_title,
        "no_sub_title": sub_title,
        "rules_primary": market.rules,
        "rules_secondary": market.rules_secondary,
        "can_close_early": True,
        "early_close_condition": "This market will close and expire early if the event occurs.",
        "notional_value_dollars": "1.0000",
        "settlement_timer_seconds": 60,
        "settlement_bounds_type": "default",
        "price_level_structure": "deci_cent" if market.has_fine_ticks else "linear_cent",
        "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0010" if market.has_fine_ticks else "0.0100"}],
        "exchange_index": 0,
    }


def _times(world: World, event: SyntheticEvent, market: SyntheticMarket) -> Payload:
    ending = market.ending
    close = ending.ends_at if world.now >= ending.ends_at else market.deadline
    return {
        "created_time": iso_fraction(event.created_at, market.key % 1_000_000),
        "updated_time": iso_fraction(event.created_at, market.key % 1_000_000),
        "open_time": iso(market.opens_at),
        "close_time": iso(close),
        "expected_expiration_time": iso(market.deadline + HOUR),
        "expiration_time": iso(market.deadline + 7 * DAY),
        "latest_expiration_time": iso(market.deadline + 7 * DAY),
    }


def _quotes(world: World, seen: Snapshot) -> Payload:
    bid_size, ask_size = best_sizes(seen.market, seen.bid, seen.ask, world.now) if seen.stage is Stage.OPEN else (0, 0)
    has_past = seen.changes[1] is not None
    previous = round(seen.previous_shown or 0) if has_past else 0
    return {
        "yes_bid_dollars": dollars(seen.bid),
        "yes_ask_dollars": dollars(seen.ask),
        "no_bid_dollars": dollars(MILLS - seen.ask),
        "no_ask_dollars": dollars(MILLS - seen.bid),
        "yes_bid_size_fp": count(bid_size),
        "yes_ask_size_fp": count(ask_size),
        "last_price_dollars": dollars(seen.last) if seen.last is not None else _NO_PRICE,
        "previous_price_dollars": dollars(previous),
        "previous_yes_bid_dollars": dollars(seen.previous_bid if has_past else 0),
        "previous_yes_ask_dollars": dollars(seen.previous_ask if has_past else 0),
        "volume_fp": count(seen.volume_cents[0]),
        "volume_24h_fp": count(seen.volume_cents[1]),
        "open_interest_fp": count(seen.volume_cents[0] * 2 // 5),
    }


def _result(seen: Snapshot, status: str) -> Payload:
    ending = seen.market.ending
    if status not in {"determined", "finalized"} or ending.payouts is None:
        return {"result": "", "expiration_value": ""}
    first = ending.payouts[0]
    result = "scalar" if ending.shape is not Shape.DECIDED else "yes" if first == 1.0 else "no"
    payload: Payload = {"result": result, "expiration_value": result}
    if status == "finalized":
        payload["settlement_value_dollars"] = dollars(round(first * MILLS))
        payload["settlement_ts"] = iso(ending.resolved_at)
    return payload


def _strike(event: SyntheticEvent, market: SyntheticMarket) -> Payload:
    if market.strike is not None:
        return {"strike_type": "less_or_equal" if market.claim.is_negated else "greater",
                "cap_strike" if market.claim.is_negated else "floor_strike": market.strike}  # fmt: skip
    if event.family.kind is Kind.GAME:
        return {"strike_type": "structured", "custom_strike": {"team": f"{derive(market.key, 'team'):016x}"}}
    return {"strike_type": "custom", "custom_strike": {"Word": market.label}} if market.label else {}


def kalshi_event(world: World, event: SyntheticEvent, *, with_markets: bool) -> Payload:
    """One event; archived markets are not in it."""
    payload: Payload = {
        "event_ticker": kalshi_event_ticker(event),
        "series_ticker": event.family.series,
        "title": event.kalshi_title,
        "sub_title": f"On {short_date(event.closes_at)}",
        "category": event.family.kalshi_category,
        "collateral_return_type": "MECNET" if is_mutually_exclusive(event) else "",
        "mutually_exclusive": is_mutually_exclusive(event),
        "strike_period": "",
        "available_on_brokers": True,
        "settlement_sources": [settlement_source(event.family)],
        "product_metadata": {},
    }
    if event.family.kind is Kind.LEVELS:
        payload["strike_date"] = iso(event.closes_at)
    if with_markets:
        payload["markets"] = live_markets(world, event)
    return payload


def is_mutually_exclusive(event: SyntheticEvent) -> bool:
    """Whether at most one of the event's Kalshi markets can resolve to yes."""
    return event.is_exclusive or event.family.kind is Kind.GAME


def live_markets(world: World, event: SyntheticEvent) -> list[Payload]:
    """The event's markets that have not been archived."""
    seen = world.snapshots(event, VENUE)
    return [kalshi_market(world, event, one) for one in seen if not is_archived(world, one)]


def settlement_source(family: Family) -> Payload:
    """Who decides."""
    name = family.source if "{" not in family.source else "Official publication"
    return {"name": name, "url": f"https://sources.synthetic.invalid/{family.series.lower()}"}


def kalshi_series(family: Family) -> Payload:
    """One series. Most charge the plain quadratic fee; a few half of it, or makers too."""
    key = derive(0, family.series)
    return {
        "ticker": family.series,
        "frequency": "custom" if family.kind is not Kind.GAME else "daily",
        "title": family.kalshi_title.replace("{", "").replace("}", ""),
        "category": family.kalshi_category,
        "categories": [family.kalshi_category],
        "tags": [label for label, _ in family.tags] if key % 3 else None,
        "settlement_sources": [settlement_source(family)],
        "contract_url": f"https://contracts.synthetic.invalid/{family.series}.pdf",
        "contract_terms_url": f"https://contracts.synthetic.invalid/{family.series}_terms.pdf",
        "fee_type": "quadratic_with_maker_fees" if key % 5 == 0 else "quadratic",
        "fee_multiplier": 0.5 if key % 7 == 0 else 1,
        "additional_prohibitions": None,
    }


def kalshi_book(ladder: Ladder | None, depth: int) -> Payload:
    """Bids only, of either side, worst first; a NO bid is an offer of YES."""
    if ladder is None:
        return {"yes_dollars": [], "no_dollars": []}
    no_bids = ladder.mirrored().bids
    return {"yes_dollars": _bids(ladder.bids, depth), "no_dollars": _bids(no_bids, depth)}


def _bids(levels: dict[int, int], depth: int) -> list[list[str]]:
    prices = sorted(levels)[-depth:] if depth else sorted(levels)
    return [[dollars(price), count(levels[price])] for price in prices]


def kalshi_trade(world: World, event: SyntheticEvent, market: SyntheticMarket, fill: Fill) -> Payload:
    """One trade, as the taker's direction."""
    identity = world.identity.hexadecimal(2, "trade", market.key, fill.number)[2:]
    side = "yes" if fill.toward_yes else "no"
    return {
        "trade_id": "-".join((identity[:8], identity[8:12], identity[12:16], identity[16:20], identity[20:])),
        "ticker": kalshi_ticker(event, market),
        "count_fp": count(fill.cents),
        "yes_price_dollars": dollars(fill.yes_mills),
        "no_price_dollars": dollars(MILLS - fill.yes_mills),
        "taker_side": side,
        "taker_outcome_side": side,
        "taker_book_side": "bid" if fill.toward_yes else "ask",
        "created_time": iso_fraction(fill.at, fill.microsecond),
        "is_block_trade": False,
    }


# --- candles ----------------------------------------------------------------------------------------------------------


def candle_ends(world: World, market: SyntheticMarket, start: int, end: int, minutes: int) -> list[int]:
    """Ends of the periods that end in [start, end] and overlap the market's trading hours before now."""
    length = minutes * MINUTE
    first = max(start, market.opens_at + 1)
    last = min(end, (min(world.now, market.ending.ends_at) + length - 1) // length * length)
    return list(range(-(-first // length) * length, min(last, world.now) + 1, length))


def kalshi_candles(
    world: World, event: SyntheticEvent, market: SyntheticMarket, ends: list[int], minutes: int, *, is_archive: bool
) -> list[Payload]:
    """One candle for each period end."""
    if not ends:
        return []
    length = minutes * MINUTE
    pieces = max(1, length // STEP)
    starts = np.array(ends, dtype=np.int64)[:, None] - length
    instants = starts + (np.arange(1, pieces + 1, dtype=np.int64) * (length // pieces))[None, :]
    instants = np.clip(instants, market.opens_at, min(world.now, market.ending.ends_at - 1))
    seen = quotes(event, (market,), instants.reshape(-1))
    bids, asks = seen.bid[0].reshape(instants.shape), seen.ask[0].reshape(instants.shape)
    first = world.trade_count(market, ends[0] - length)
    fills = world.trades(event, market, first, world.trade_count(market, ends[-1]) - first)
    by_end: dict[int, list[Fill]] = {}
    for fill in fills:
        by_end.setdefault(-(-fill.at // length) * length, []).append(fill)
    traded = world.trades(event, market, first - 1, 1)
    previous = traded[0].yes_mills if first and traded else None
    candles = []
    for row, end in enumerate(ends):
        inside = by_end.get(end, [])
        candles.append(_candle(market, end, bids[row], asks[row], inside, previous, is_archive=is_archive))
        previous = inside[-1].yes_mills if inside else previous
    return candles


def _candle(
    market: SyntheticMarket, end: int, bids: Integers, asks: Integers, fills: list[Fill],
    previous: int | None, *, is_archive: bool,
) -> Payload:  # fmt: skip
    suffix, fixed = ("", "") if is_archive else ("_dollars", "_fp")
    prices = [fill.yes_mills for fill in fills]
    price: dict[str, int | None] = dict.fromkeys(("open", "low", "high", "close", "mean"))
    if prices:
        price = {"open": prices[0], "low": min(prices), "high": max(prices), "close": prices[-1],
                 "mean": round(sum(prices) / len(prices))}  # fmt: skip
    price["previous"] = previous
    return {
        "end_period_ts": end,
        "yes_bid": _spread_of(bids, suffix),
        "yes_ask": _spread_of(asks, suffix),
        "price": {f"{name}{suffix}": None if mills is None else dollars(mills) for name, mills in price.items()},
        f"volume{fixed}": count(sum(fill.cents for fill in fills)),
        f"open_interest{fixed}": count(open_interest(market, end)),
    }


def open_interest(market: SyntheticMarket, at: int) -> int:
    """Open interest in hundredths of a contract: two fifths of what was ever traded."""
    return volume_cents(market, at) * 2 // 5


def _spread_of(mills: Integers, suffix: str) -> Payload:
    values: list[int] = mills.tolist()
    return {
        f"open{suffix}": dollars(values[0]),
        f"low{suffix}": dollars(min(values)),
        f"high{suffix}": dollars(max(values)),
        f"close{suffix}": dollars(values[-1]),
    }
