"""The certificate: a focused replay came to the same as the full one, to the last bit, or where it first did not.

Equal by luck is not enough: the bars of a window stay in the lists, so a strategy that reads further back than it says
may find them there today and not tomorrow. So the focused replay is made once more, with no more than it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

import msgspec
import numpy as np
from msgspec import Struct

from edgeworth.errors import ConfigurationError, DataError
from edgeworth.replay.bars import Bars
from edgeworth.replay.loop import Replay, ReplaySetup, focused_replay, full_replay, indicator_columns
from edgeworth.replay.orders import OpenPosition, Trade
from edgeworth.replay.screener import Screener, screen
from edgeworth.replay.strategy import Strategy
from edgeworth.replay.windows import CANDIDATE_WINDOW_BARS, Soundness, soundness, windows_around


class Standing(Struct, frozen=True, kw_only=True):
    """How a replay stood at the end of a bar.

    Attributes:
        trades: Ended by then.
        holds: What was held, if anything: its side, quantity, price and when it was entered.
    """

    equity: float
    trades: int
    holds: str | None


class Divergence(Struct, frozen=True, kw_only=True):
    """The first bar at which two replays differ.

    Attributes:
        bar: Its place, from 0. opens_at: Its beginning.
        full, focused: How both stood at its end.
    """

    bar: int
    opens_at: datetime
    full: Standing
    focused: Standing


class Certificate(Struct, frozen=True, kw_only=True):
    """Full against focused replay of one strategy over one set of bars.

    Attributes:
        dataset: Digest of the bars. configuration: Digest of strategy, screener, setup and reach.
        seen: Bars that the strategy was shown in the focused replay.
        seconds_screen: Finding the candidates. seconds_focused: Columns of the indicators and the loop.
        first_divergence: Of the two; where they are equal, of the focused replay with lists that are cut.
        keeps_lookback: Whether the focused replay comes to the same when the lists hold ``lookback`` bars and no more.
            Without it nothing is equal: the strategy reads further back than it says.
        repeats: Whether the focused replay comes to the same once more. Without it nothing is equal, and nothing else
            can be said: the strategy draws lots, or keeps something of its own between two bars.
    """

    equal: bool
    strategy: str
    dataset: str
    configuration: str
    code_version: str
    bars: int
    candidates: int
    trades: int
    seen: int
    seconds_full: float
    seconds_screen: float
    seconds_focused: float
    first_divergence: Divergence | None
    soundness: Soundness
    keeps_lookback: bool = True
    repeats: bool = True

    @property
    def speedup(self) -> float:
        """How many times longer the full replay took than screening and the focused one."""
        return self.seconds_full / max(self.seconds_screen + self.seconds_focused, 1e-9)


def certify(
    bars: Bars,
    strategy: Strategy,
    screener: Screener,
    setup: ReplaySetup,
    *,
    code_version: str,
    timer: Callable[[], float],
    reach: int = CANDIDATE_WINDOW_BARS,
) -> Certificate:
    """Run ``strategy`` both ways and compare everything; then the focused way again, and with its lists cut.

    Args:
        bars: All of them.
        strategy: Whose replays are compared.
        screener: Whose candidates the focused replay looks at.
        setup: Money and costs.
        code_version: Of what ran.
        timer: Seconds that go on, such as ``time.perf_counter``.
        reach: Bars before and behind a candidate.

    Raises:
        ConfigurationError: The strategy reads back where its lookback has left nothing at all; says at which bar.
    """
    began = timer()
    screening = screen(bars, screener)
    windows = windows_around(screening, reach)
    screened = timer()
    focused = focused_replay(bars, strategy, windows, setup)
    focused_done = timer()
    full = full_replay(bars, strategy, setup)
    ended = timer()
    again = focused_replay(bars, strategy, windows, setup)
    repeats = first_divergence(focused, again) is None
    cut = focused_replay(bars, strategy, windows, setup, is_cut=True)
    keeps_lookback = not repeats or first_divergence(focused, cut) is None
    differing = (first_divergence(full, other) for other in (focused, again, cut))
    divergence = next((found for found in differing if found is not None), None)
    return Certificate(
        equal=divergence is None,
        strategy=strategy.name,
        dataset=bars.digest,
        configuration=configuration_digest(strategy, screener, setup, reach),
        code_version=code_version,
        bars=len(bars),
        candidates=len(screening.found),
        trades=len(full.trades),
        seen=focused.seen,
        seconds_full=ended - focused_done,
        seconds_screen=screened - began,
        seconds_focused=focused_done - screened,
        first_divergence=divergence,
        soundness=soundness(full.decided_at, bars, windows),
        keeps_lookback=keeps_lookback,
        repeats=repeats,
    )


def require_declared_lookback(
    bars: Bars,
    strategy: Strategy,
    setup: ReplaySetup = ReplaySetup(),  # noqa: B008 - a frozen value
) -> None:
    """Run ``strategy`` over every bar with lists that hold as many bars as it says that it reads, and no more.

    A certificate asks the same within its windows.

    Raises:
        ConfigurationError: It comes to something else then, so it reads further back; says at which bar first.
    """
    everywhere, columns = [(0, len(bars))], indicator_columns(bars, strategy)
    whole = focused_replay(bars, strategy, everywhere, setup, columns)
    cut = focused_replay(bars, strategy, everywhere, setup, columns, is_cut=True)
    if (found := first_divergence(whole, cut)) is not None:
        raise ConfigurationError(
            f"expected {strategy.name!r} to read back at most {strategy.lookback} bars, as its lookback says, "
            f"found that with no more it comes to something else in the bar of {found.opens_at}: "
            f"{_told(found.focused)} instead of {_told(found.full)}"
        )


def configuration_digest(*parts: object) -> str:
    """SHA-256 of values that decide a replay, and of what they are: two strategies with equal settings differ.

    Raises:
        DataError: One of them is no value (a class with hidden state), so that its digest would say nothing.
    """
    try:
        named = [(f"{type(part).__module__}:{type(part).__qualname__}", part) for part in parts]
        return hashlib.sha256(msgspec.json.encode(named, order="deterministic")).hexdigest()
    except (TypeError, msgspec.MsgspecError) as error:
        raise DataError(f"expected settings that are plain values, found others: {error}") from error


def first_divergence(full: Replay, focused: Replay) -> Divergence | None:
    """The first bar at whose end equity, trades or what is held differ; ``None`` when nothing does."""
    places = [int(index) for index in np.flatnonzero(full.equity != focused.equity)[:1]]
    places += [_place(full.bars, *pair) for pair in _differing(full, focused)]
    if not places:
        return None
    bar = min(places)
    return Divergence(bar=bar, opens_at=full.bars.at(bar), full=_standing(full, bar), focused=_standing(focused, bar))


def _told(standing: Standing) -> str:
    return f"{standing.holds or 'nothing held'} and {standing.equity:.2f} dollars"


def _differing(full: Replay, focused: Replay) -> list[tuple[Trade | OpenPosition | None, Trade | OpenPosition | None]]:
    """The first pair of positions that are not the same, if there is one."""
    ours = [*full.trades, full.open_position]
    others = [*focused.trades, focused.open_position]
    length = max(len(ours), len(others))
    ours += [None] * (length - len(ours))
    others += [None] * (length - len(others))
    return [pair for pair in zip(ours, others, strict=True) if pair[0] != pair[1]][:1]


def _place(bars: Bars, *positions: Trade | OpenPosition | None) -> int:
    """The bar at which two positions come to differ: of the entry when that differs, else of the exit."""
    known = [position for position in positions if position is not None]
    if len(known) == 2 and _entry(known[0]) == _entry(known[1]):
        instants = [position.exited_at for position in known if isinstance(position, Trade)]
    else:
        instants = [position.entered_at for position in known]
    return min(int(np.searchsorted(bars.opens_at, at.timestamp(), side="right")) - 1 for at in instants)


def _entry(position: Trade | OpenPosition) -> tuple[object, ...]:
    return position.side, position.quantity, position.decided_at, position.entered_at, position.entry_price


def _standing(replay: Replay, bar: int) -> Standing:
    opens_at = replay.bars.at(bar)
    ended = [trade for trade in replay.trades if trade.exited_at <= opens_at]
    open_ones = [trade for trade in replay.trades if trade.entered_at <= opens_at < trade.exited_at]
    last = replay.open_position
    held: Trade | OpenPosition | None = open_ones[0] if open_ones else None
    if held is None and last is not None and last.entered_at <= opens_at:
        held = last
    holds = None
    if held is not None:
        holds = f"{held.side.value} {held.quantity!r} at {held.entry_price!r} since {held.entered_at.isoformat()}"
    return Standing(equity=float(replay.equity[bar]), trades=len(ended), holds=holds)
