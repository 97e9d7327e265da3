"""The event loop: bar after bar, what has ended is shown, what is wanted is filled at the next.

``full_replay`` looks at every bar, with indicators that go from bar to bar as they would live. ``focused_replay``
looks at windows, and on from their ends while a position or an order is open; between them nothing is held and nothing
waits, so money stands still, and the indicators are read from columns. Both are one loop over two feeds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from edgeworth.errors import ConfigurationError
from edgeworth.replay.bars import PRICE_COLUMNS, Bars, Floats, instant
from edgeworth.replay.broker import Broker, Settlement
from edgeworth.replay.costs import Costs
from edgeworth.replay.indicators import Row, rows
from edgeworth.replay.orders import OpenPosition, Refusal, Trade
from edgeworth.replay.strategy import Past, Strategy
from edgeworth.replay.windows import Window

_ROW_WIDTH = len(Row._fields)
_CHUNK_BARS = 49
"""How many bars are made ready at once when columns are read; no more than that many are ever read in vain."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Replay:
    """What came of a strategy.

    Attributes:
        equity: Dollars at the close of each bar.
        trades: Oldest first. open_position: What is still held; marked at the last close.
        refusals: Orders that were not carried out.
        seen: How many bars the strategy was shown.
    """

    bars: Bars
    cash: float
    equity: Floats
    trades: tuple[Trade, ...]
    open_position: OpenPosition | None
    refusals: tuple[Refusal, ...]
    seen: int

    @property
    def decided_at(self) -> list[datetime]:
        """When each entry was decided on."""
        last = [] if self.open_position is None else [self.open_position.decided_at]
        return [*(trade.decided_at for trade in self.trades), *last]


@dataclass(frozen=True, kw_only=True)
class ReplaySetup:
    """What a replay is run with, beside bars and strategy.

    Attributes:
        cash: Dollars to begin with.
        settlement: How the market was resolved; only for bars of a market.
    """

    cash: float = 10_000.0
    costs: Costs = field(default_factory=Costs)
    settlement: Settlement | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.cash < float("inf"):
            raise ConfigurationError(f"expected an amount of cash above zero, found {self.cash:g}")


def full_replay(bars: Bars, strategy: Strategy, setup: ReplaySetup = ReplaySetup()) -> Replay:
    """Run ``strategy`` over every bar, as it would run live.

    What the strategy or an indicator of it raises goes on with a note that says in which bar.
    """
    return _replayed(bars, strategy, setup, _Live(bars, strategy), [(0, len(bars))])


def focused_replay(
    bars: Bars,
    strategy: Strategy,
    windows: Sequence[Window],
    setup: ReplaySetup = ReplaySetup(),
    columns: Mapping[str, Floats] | None = None,
    *,
    is_cut: bool = False,
) -> Replay:
    """Run ``strategy`` over ``windows``, longer where something is open at the end of one.

    Args:
        bars: All of them.
        strategy: Keeps nothing of its own between two bars.
        windows: As ``windows_around`` gives them.
        setup: Money and costs.
        columns: The strategy's indicators, if they are computed already.
        is_cut: Hand out no more bars than the strategy says that it reads. Otherwise those of the window stay in the
            lists, which is faster; one that keeps to its word cannot tell.

    Raises:
        ConfigurationError: The strategy says that it reads no bar, or reads further back than it says and finds none.
            What else it raises goes on with a note that says in which bar.
    """
    known = columns if columns is not None else indicator_columns(bars, strategy)
    return _replayed(bars, strategy, setup, _Columns(bars, known, strategy, is_cut=is_cut), windows)


def indicator_columns(bars: Bars, strategy: Strategy) -> dict[str, Floats]:
    """All that ``strategy`` reads, as columns."""
    return {name: indicator.column(bars) for name, indicator in strategy.indicators.items()}


class _Feed(Protocol):
    past: Past

    def rows_from(self, start: int) -> Iterator[tuple[Any, ...]]:
        """Each bar from ``start`` on, once it has ended and stands in ``past``: a row's fields, and what follows."""
        ...


class _Live:
    """Each bar goes through the states of the indicators."""

    def __init__(self, bars: Bars, strategy: Strategy) -> None:
        self.past = Past(list(strategy.indicators))
        self._bars = bars
        self._pushes = [indicator.start().push for indicator in strategy.indicators.values()]

    def rows_from(self, start: int) -> Iterator[tuple[Any, ...]]:
        columns = self.past.columns
        bar_lists = [column.append for column in columns[:_ROW_WIDTH]]
        indicators = list(zip((column.append for column in columns[_ROW_WIDTH:]), self._pushes, strict=True))
        past = self.past
        opens_at, open_, high, low, close, volume = bar_lists
        for row in rows(self._bars, start):
            opens_at(row[0])
            open_(row[1])
            high(row[2])
            low(row[3])
            close(row[4])
            volume(row[5])
            for append, push in indicators:
                append(push(row))
            past.ended += 1
            yield row


class _Columns:
    """Each bar is read from columns; of bars that are left out, those that the strategy reads back to are put in."""

    def __init__(self, bars: Bars, columns: Mapping[str, Floats], strategy: Strategy, *, is_cut: bool) -> None:
        if strategy.lookback < 1:
            raise ConfigurationError(
                f"expected {strategy.name!r} to read back one bar or more, found a lookback of {strategy.lookback}"
            )
        self.past = Past(list(columns))
        self._lookback = strategy.lookback
        self._is_cut = is_cut
        named = ("opens_at", *PRICE_COLUMNS, "volume")
        self._sources = [*(getattr(bars, name) for name in named), *columns.values()]
        self._count = len(bars)

    def rows_from(self, start: int) -> Iterator[tuple[Any, ...]]:
        lists = self.past.columns
        if start > self.past.ended:
            self.past.ended = start
            for column, source in zip(lists, self._sources, strict=True):
                column[:] = source[max(0, start - self._lookback) : start].tolist()
        past, is_cut = self.past, self._is_cut
        # Runs an iterator to its end without a loop in Python: a third of the time of a bar otherwise.
        every = deque[None](maxlen=0).extend
        for first in range(start, self._count, _CHUNK_BARS):
            chunk = [source[first : first + _CHUNK_BARS].tolist() for source in self._sources]
            for values in zip(*chunk, strict=True):
                every(map(list.append, lists, values))
                past.ended += 1
                if is_cut:
                    for column in lists:
                        del column[: -self._lookback]
                yield values


def _replayed(bars: Bars, strategy: Strategy, setup: ReplaySetup, feed: _Feed, windows: Sequence[Window]) -> Replay:
    if setup.settlement is not None and not bars.is_market:
        raise ConfigurationError(f"expected bars of a market where there is a settlement, found those of {bars.asset}")
    broker = Broker(
        setup.cash,
        setup.costs,
        interval_seconds=bars.interval_seconds,
        is_market=bars.is_market,
        settlement=setup.settlement,
    )
    equity = np.empty(len(bars))
    done = seen = 0
    for first, stop in windows:
        if stop <= done:
            continue
        start = max(first, done)
        equity[done:start] = broker.account.cash
        try:
            marks = _run_window(feed, start, stop, strategy, broker)
        except Exception as error:
            # Whatever a strategy of somebody's own raises, or an indicator of it.
            opens_at = feed.past.opens_at[-1] if feed.past.opens_at else int(bars.opens_at[start])
            at = f"in the bar of {instant(opens_at):%Y-%m-%d %H:%M} UTC"
            if len(feed.past.close) < feed.past.ended and _is_for_want_of_bars(error, bars, strategy, setup):
                raise ConfigurationError(
                    f"expected {strategy.name!r} to need no more than {strategy.lookback} bars, as its lookback says, "
                    f"found {error!r} {at}, where it was handed {len(feed.past.close)}"
                ) from error
            error.add_note(at)
            raise
        done = start + len(marks)
        seen += len(marks)
        equity[start:done] = marks
    equity[done:] = broker.account.cash
    broker.finish(int(bars.opens_at[-1]) + bars.interval_seconds)
    if broker.account.position is None:
        equity[-1] = broker.account.cash
    return Replay(
        bars=bars,
        cash=setup.cash,
        equity=equity,
        trades=tuple(broker.trades),
        open_position=broker.open_position(),
        refusals=tuple(broker.refusals),
        seen=seen,
    )


def _is_for_want_of_bars(error: Exception, bars: Bars, strategy: Strategy, setup: ReplaySetup) -> bool:
    """Whether what a strategy raised, being handed no more bars than it says, it does not raise when it has them all.

    What else it raises has another reason.
    """
    if not isinstance(error, IndexError | ValueError | ZeroDivisionError):
        return False
    with suppress(Exception):
        full_replay(bars, strategy, setup)
        return True
    return False


def _run_window(feed: _Feed, start: int, stop: int, strategy: Strategy, broker: Broker) -> list[float]:
    """Equity at the close of each bar from ``start`` to ``stop``, and on while something is open."""
    past, account, on_bar = feed.past, broker.account, strategy.on_bar
    marks: list[float] = []
    mark, run = marks.append, broker.run
    left = stop - start
    for values in feed.rows_from(start):
        if broker.is_busy:
            mark(run(values if values.__class__ is Row else Row._make(values[:_ROW_WIDTH])))
        else:
            mark(account.cash)
        if not broker.is_over:
            orders = on_bar(past, account)
            if orders:
                broker.accept(orders, Row._make(values[:_ROW_WIDTH]))
            elif orders is None:
                # A forgotten `return` would otherwise be a strategy that never wants anything.
                raise TypeError("on_bar gave None; for nothing it gives NO_ORDERS, or any empty sequence")
        left -= 1
        if left <= 0 and not broker.is_busy:
            break
    return marks
