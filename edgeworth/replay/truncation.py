"""Whether something looks ahead: run on bars that are cut short, it must say of the past what it says with all of them.

What is looked at is said bar by bar (an indicator's value, a screener's votes, a strategy's orders and equity), for all
bars and for those before a cut. The first bar at which both differ is one that knew what came later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from msgspec import Struct

from edgeworth.errors import ConfigurationError, LookAheadError
from edgeworth.replay.bars import Bars, Floats
from edgeworth.replay.indicators import Indicator
from edgeworth.replay.loop import ReplaySetup, focused_replay
from edgeworth.replay.orders import Order
from edgeworth.replay.screener import Screener, screen
from edgeworth.replay.strategy import Account, Past, Strategy

Said = Callable[[Bars], Sequence[object]]
"""From bars to what is said at each of them."""


class PastChange(Struct, frozen=True, kw_only=True):
    """Something that was said of the past only because the future was there.

    Attributes:
        bar: At which it was said, from 0. cut: How many bars there were otherwise.
        with_future, without: What was said with all bars, and with those before the cut.
    """

    bar: int
    cut: int
    with_future: str
    without: str


class LookAhead(Struct, frozen=True, kw_only=True):
    """Whether a strategy, its screener or an indicator of either knows what comes later.

    Attributes:
        cuts: At how many places the bars were cut short.
        looked_at: What was looked at: ``strategy``, ``screener``, each indicator by its name.
        changes: The first change of each of those that did not keep to the past.
        unrepeatable: Those that do not say the same twice of the same bars, so that no change says anything.
    """

    cuts: int
    looked_at: tuple[str, ...]
    changes: Mapping[str, PastChange]
    unrepeatable: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether all kept to the past, as far as can be said of each."""
        return not self.changes and not self.unrepeatable


def by_indicator(indicator: Indicator) -> Said:
    """What ``indicator`` says, as a column."""
    return lambda bars: _bits(indicator.column(bars))


def by_screener(screener: Screener) -> Said:
    """What the sentinels of ``screener`` say."""
    return lambda bars: [int(code) for code in screen(bars, screener).codes]


def by_strategy(make: Callable[[Bars], Strategy], setup: ReplaySetup = ReplaySetup()) -> Said:  # noqa: B008 - a frozen value
    """What a strategy orders, and its equity.

    A settlement at the end of the bars, or later, is left out: the bar that brings it is not among them, so nothing of
    it is known at the ends of those that are.

    Args:
        make: Makes it, from bars where it is fitted to them; else ``lambda bars: strategy``.
        setup: Money and costs.
    """

    def said(bars: Bars) -> Sequence[object]:
        noted = _Noted(make(bars))
        replay = focused_replay(bars, noted, [(0, len(bars))], _known_by(bars, setup))
        orders = [*noted.orders, *[()] * (len(bars) - len(noted.orders))]
        return list(zip(orders, _bits(replay.equity), strict=True))

    return said


def past_changes(bars: Bars, said: Said, rng: np.random.Generator, *, cuts: int = 20) -> list[PastChange]:
    """Cut ``bars`` at random places and note the first bar of each cut that is spoken of differently then.

    Args:
        bars: Enough for ``cut_places``.
        said: What is looked at: ``by_indicator``, ``by_screener``, ``by_strategy``, or one's own.
        rng: Draws the places.
        cuts: How many.

    Raises:
        ConfigurationError: There are too few bars.
    """
    return _changes(bars, said, cut_places(bars, rng, cuts))


def cut_places(bars: Bars, rng: np.random.Generator, cuts: int) -> list[int]:
    """``cuts`` places, each another one, at which ``bars`` may be cut short; fewer where there are no more.

    Two bars are left by each, one of which has traded: of others nobody may be asked anything.

    Raises:
        ConfigurationError: There is no such place.
    """
    first = max(2, int(np.argmin(bars.is_quiet)) + 1)
    if (places := len(bars) - first) < 1:
        raise ConfigurationError(
            f"expected {first + 1} bars of {bars.asset} or more, so that they can be cut short, found {len(bars)}"
        )
    return sorted((first + rng.choice(places, size=min(cuts, places), replace=False)).tolist())


def look_ahead(
    bars: Bars, strategy: Strategy, screener: Screener, setup: ReplaySetup, rng: np.random.Generator, *, cuts: int
) -> LookAhead:
    """Cut ``bars`` short at ``cuts`` random places and look whether anything is said differently of the past.

    Args:
        bars: Enough for ``cut_places``.
        strategy: Run over every bar, with its indicators as columns.
        screener: That points out its candidates.
        setup: Money and costs.
        rng: Draws the places, the same for all that is looked at.
        cuts: At least 1.

    Raises:
        ConfigurationError: There are too few bars.
    """
    places = cut_places(bars, rng, cuts)
    said = {"strategy": by_strategy(lambda _: strategy, setup), "screener": by_screener(screener)}
    said |= {name: by_indicator(indicator) for name, indicator in strategy.indicators.items()}
    unrepeatable = tuple(name for name, one in said.items() if list(one(bars)) != list(one(bars)))
    changes = {name: _changes(bars, one, places) for name, one in said.items() if name not in unrepeatable}
    first = {name: min(found, key=lambda change: change.bar) for name, found in changes.items() if found}
    return LookAhead(cuts=len(places), looked_at=tuple(said), changes=first, unrepeatable=unrepeatable)


def require_no_look_ahead(bars: Bars, said: Said, rng: np.random.Generator, *, cuts: int = 20) -> None:
    """As ``past_changes``.

    Raises:
        LookAheadError: There is a change; says the first.
    """
    if changes := past_changes(bars, said, rng, cuts=cuts):
        first = changes[0]
        at = bars.at(first.bar)
        raise LookAheadError(
            f"bar of {at}: {first.with_future} with all bars, {first.without} with the first {first.cut}"
        )


def _changes(bars: Bars, said: Said, places: Sequence[int]) -> list[PastChange]:
    whole = said(bars)
    changes = (_first_change(whole, said(bars.part(0, cut)), cut) for cut in places)
    return [change for change in changes if change is not None]


def _known_by(bars: Bars, setup: ReplaySetup) -> ReplaySetup:
    settlement = setup.settlement
    if settlement is None or settlement.at < int(bars.opens_at[-1]) + bars.interval_seconds:
        return setup
    return replace(setup, settlement=None)


def _first_change(whole: Sequence[object], part: Sequence[object], cut: int) -> PastChange | None:
    for bar, (with_future, without) in enumerate(zip(whole, part, strict=False)):
        if with_future != without:
            return PastChange(bar=bar, cut=cut, with_future=repr(with_future), without=repr(without))
    return None


def _bits(values: Floats) -> list[object]:
    """Numbers that are equal only when they are the same; what is not known is ``None``."""
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124


class _Noted:
    """A strategy whose orders are written down."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self.name = strategy.name
        self.lookback = strategy.lookback
        self.indicators: Mapping[str, Indicator] = strategy.indicators
        self.orders: list[tuple[Order, ...]] = []

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        orders = self._strategy.on_bar(past, account)
        self.orders.append(tuple(orders))
        return orders
