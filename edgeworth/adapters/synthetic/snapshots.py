"""What a listing shows of an event's markets at one instant: stage, prices, changes and volumes.

Everything here is a function of what is known at that instant; asking later about an earlier instant gives the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.adapters.synthetic.events import Stage, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.instants import DAY, HOUR
from edgeworth.adapters.synthetic.prices import MILLS, Quotes, quotes
from edgeworth.adapters.synthetic.trading import last_prices, trade_count, trade_time, traded_cents
from edgeworth.adapters.synthetic.wallets import Population
from edgeworth.markets.venue import Venue

_SPANS: Final = (HOUR, DAY, 7 * DAY, 30 * DAY)


class Snapshot(Struct, frozen=True, gc=False):
    """One market at one instant.

    Attributes:
        bid, ask: Mills of outcome 0; 0 and 1000 where there is no quote. tick: Mills.
        shown: The price a listing shows, in mills; ``None`` before trading opens.
        last: Price of the last trade in mills; ``None`` when nothing was traded.
        changes: Of the shown price over an hour, a day, a week, a month, in mills; ``None`` when it is younger.
        previous_bid, previous_ask: A day ago.
        volume_cents: Ever, and over the last day, week and month.
    """

    market: SyntheticMarket
    stage: Stage
    bid: int
    ask: int
    tick: int
    shown: float | None
    last: int | None
    changes: tuple[float | None, ...]
    previous_bid: int
    previous_ask: int
    previous_shown: float | None
    volume_cents: tuple[int, int, int, int]


def snapshots(event: SyntheticEvent, venue: Venue, population: Population, at: int) -> tuple[Snapshot, ...]:
    """The event's markets on ``venue`` at ``at``, in order; those that are not listed yet are left out."""
    markets = tuple(market for market in event.markets(venue) if at >= event.created_at)
    if not markets:
        return ()
    if at < event.opens_at:
        return tuple(_unopened(market) for market in markets)
    stages = [market.stage(at, event.created_at) for market in markets]
    moments = [min(at, market.ending.ends_at - 1) for market in markets]
    counts = [trade_count(market, at) for market in markets]
    trades = [trade_time(market, max(count - 1, 0)) for market, count in zip(markets, counts, strict=True)]
    is_live = Stage.OPEN in stages
    earlier = [max(at - span, event.opens_at) for span in _SPANS] if is_live else []
    columns = [*moments, *trades, *earlier]
    instants, where = np.unique(np.array(columns, dtype=np.int64), return_inverse=True)
    seen = quotes(event, markets, instants)
    place: list[int] = where.tolist()
    size = len(markets)
    last = last_prices(markets, population, [max(count - 1, 0) for count in counts], seen, place[size : 2 * size])
    return tuple(
        _snapshot(market, row, stages[row], seen, place[row], place[2 * size :], last[row] if counts[row] else None,
                  _volumes(market, at, counts[row]), at)
        for row, market in enumerate(markets)
    )  # fmt: skip


def _unopened(market: SyntheticMarket) -> Snapshot:
    return Snapshot(
        market, Stage.CREATED, 0, MILLS, 10, None, None, (None, None, None, None), 0, MILLS, None, (0, 0, 0, 0)
    )


def _volumes(market: SyntheticMarket, at: int, count: int) -> tuple[int, int, int, int]:
    """Ever, and over the last day, week and month."""
    ever = traded_cents(market, count)
    recent = [ever - traded_cents(market, trade_count(market, at - span)) for span in _SPANS[1:]]
    return ever, recent[0], recent[1], recent[2]


def _snapshot(
    market: SyntheticMarket,
    row: int,
    stage: Stage,
    seen: Quotes,
    now: int,
    earlier: list[int],
    last: int | None,
    volumes: tuple[int, int, int, int],
    at: int,
) -> Snapshot:
    shown = float(seen.shown[row, now])
    is_open = stage is Stage.OPEN
    changes: tuple[float | None, ...] = (None,) * len(_SPANS)
    previous = earlier[1] if earlier else now
    if is_open:
        changes = tuple(
            shown - float(seen.shown[row, column]) if at - span >= market.opens_at else None
            for span, column in zip(_SPANS, earlier, strict=True)
        )
    return Snapshot(
        market,
        stage,
        int(seen.bid[row, now]) if is_open else 0,
        int(seen.ask[row, now]) if is_open else MILLS,
        int(seen.tick[row, now]),
        shown,
        last,
        changes,
        int(seen.bid[row, previous]),
        int(seen.ask[row, previous]),
        float(seen.shown[row, previous]),
        volumes,
    )
