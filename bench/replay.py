"""Replay: the screener beside tables, the event loop beside others, the focused replay beside the full one, a sweep.

The peers run the same definitions and must come to the same trades; a case fails when they do not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from bench.measure import best_of, peak_memory_mb, timed
from edgeworth.replay.bars import Bars, instant
from edgeworth.replay.costs import Costs, ProportionalFee
from edgeworth.replay.indicators import Indicator
from edgeworth.replay.loop import ReplaySetup, focused_replay, full_replay, indicator_columns
from edgeworth.replay.orders import Order
from edgeworth.replay.parity import first_divergence
from edgeworth.replay.screener import Screener, screen
from edgeworth.replay.signals import compiled_replay
from edgeworth.replay.strategies import CrossFollower, Fusion
from edgeworth.replay.strategy import NO_ORDERS, Account, Past
from edgeworth.replay.sweep import grid, judge, run_trials
from edgeworth.replay.windows import windows_around

Figures = dict[str, float]
HOUR = 3_600
START = 1_600_000_000 // 86_400 * 86_400
PEER_ASSETS = 25
"""How many assets the slow peers are given; they take as long for each, and their time is scaled to all."""


def walk(count: int, seed: int = 0) -> Bars:
    """Hourly bars of a made-up asset whose calm and wild stretches last days."""
    rng = np.random.default_rng(seed)
    spread = np.repeat(rng.uniform(0.003, 0.012, size=count // 60 + 1), 60)[:count]
    close = 2_000.0 * np.exp(np.cumsum(rng.standard_normal(count) * spread))
    open_ = np.concatenate([close[:1], close[:-1]])
    reach = np.abs(rng.standard_normal((2, count))) * spread * close / 3
    return Bars(
        asset="ETH",
        unit="USD",
        interval_seconds=HOUR,
        opens_at=START + HOUR * np.arange(count),
        open=open_,
        high=np.maximum(open_, close) + reach[0],
        low=np.minimum(open_, close) - reach[1],
        close=close,
        volume=rng.gamma(2.0, 50.0, size=count) + 0.1,
        is_synthetic=True,
    )


def screening(assets: str, bars: str) -> Figures:
    """Cross of means, regime of the range and break of the session, to the bars of the candidates."""
    universe = [walk(int(bars), seed) for seed in range(int(assets))]
    rows = int(assets) * int(bars)
    screener = Screener()
    found = sum(len(screen(one, screener).found) for one in universe)
    ours = best_of(5, lambda: [screen(one, screener) for one in universe]).cpu_seconds
    floor = best_of(5, lambda: [_read(one) for one in universe]).cpu_seconds
    some = universe[:PEER_ASSETS]
    share = PEER_ASSETS / len(universe)
    frames = [_frame(one) for one in some]
    whole = pl.concat([pl.from_pandas(frame).with_columns(asset=pl.lit(str(n))) for n, frame in enumerate(frames)])
    expected = sum(len(screen(one, screener).found) for one in some)
    assert sum(len(_by_pandas(frame, screener)) for frame in frames) == expected
    assert len(_by_polars(whole, screener)) == expected
    by_pandas = best_of(3, lambda: [_by_pandas(frame, screener) for frame in frames]).cpu_seconds / share
    by_polars = best_of(3, lambda: _by_polars(whole, screener)).cpu_seconds / share
    return {
        "rows": rows,
        "candidates": found,
        "ours, million rows per CPU second": rows / ours / 1e6,
        "pandas, million rows per CPU second": rows / by_pandas / 1e6,
        "polars, million rows per CPU second": rows / by_polars / 1e6,
        "ours over pandas (goal: at least 40)": by_pandas / ours,
        "ours over polars (goal: at least 40)": by_polars / ours,
        "times reading the columns once (goal: at most 4)": ours / floor,
        "peak memory, MB": peak_memory_mb(),
    }


def _read(bars: Bars) -> float:
    return float(bars.high.sum() + bars.low.sum() + bars.close.sum()) + float(bars.opens_at.sum())


def _frame(bars: Bars) -> pd.DataFrame:
    return pd.DataFrame({name: getattr(bars, name) for name in ("opens_at", "high", "low", "close")})


def _by_pandas(frame: pd.DataFrame, screener: Screener) -> pd.DataFrame:
    close, n = frame["close"], screener.regime.n
    trend = np.sign(close.rolling(screener.fast).mean() - close.rolling(screener.slow).mean())
    before = close.shift()
    ranges = np.maximum(frame["high"], before) - np.minimum(frame["low"], before)
    # Wilder's smoothing begins with the mean of the first n ranges.
    ranges.iloc[n] = ranges.iloc[1 : n + 1].mean()
    ranges.iloc[:n] = np.nan
    atr = ranges.ewm(alpha=1 / n, adjust=False).mean()
    ratio = atr / atr.rolling(screener.regime.usual).mean()
    regime = (ratio >= screener.regime.high).astype(float) - (ratio <= screener.regime.low)
    regime = regime.where(ratio.notna())
    session = frame["opens_at"] // screener.session_seconds
    levels = frame.groupby(session).agg(top=("high", "max"), bottom=("low", "min")).shift()
    levels.iloc[1] = np.nan
    top, bottom = session.map(levels["top"]), session.map(levels["bottom"])
    broken = ((close > top).astype(float) - (close < bottom)).where(top.notna())
    score = (
        screener.cross_weight * trend.where(trend != trend.shift(), 0.0)
        + screener.regime_weight * trend.where(regime != regime.shift(), 0.0)
        + screener.session_weight * broken.where(broken != broken.shift(), 0.0)
    )
    known = trend.shift().notna() & regime.shift().notna() & broken.shift().notna()
    return frame[known & (score.abs() >= screener.threshold - 1e-12)]


def _by_polars(frame: pl.DataFrame, screener: Screener) -> pl.DataFrame:
    n, regime = screener.regime.n, screener.regime
    close, before = pl.col("close"), pl.col("close").shift()
    place = pl.int_range(pl.len())
    ranges = pl.max_horizontal("high", before) - pl.min_horizontal("low", before)
    seeded = pl.when(place == n).then(ranges.slice(1, n).mean()).when(place > n).then(ranges)
    steps = (
        {
            "trend": (close.rolling_mean(screener.fast) - close.rolling_mean(screener.slow)).sign().over("asset"),
            "atr": seeded.ewm_mean(alpha=1 / n, adjust=False, ignore_nulls=True).over("asset"),
            "session": pl.col("opens_at") // screener.session_seconds,
        },
        {
            "ratio": (pl.col("atr") / pl.col("atr").rolling_mean(regime.usual)).over("asset"),
        },
    )
    for step in steps:
        frame = frame.with_columns(**step)
    levels = frame.group_by("asset", "session", maintain_order=True).agg(
        top=pl.col("high").max(), bottom=pl.col("low").min()
    )
    levels = levels.with_columns(
        pl.when(pl.int_range(pl.len()) > 1).then(pl.col(name).shift()).over("asset").alias(name)
        for name in ("top", "bottom")
    )
    frame = frame.join(levels, on=["asset", "session"], how="left", maintain_order="left")
    ratio = pl.col("ratio")
    frame = frame.with_columns(
        regime=(ratio >= regime.high).cast(pl.Int8) - (ratio <= regime.low).cast(pl.Int8),
        broken=(close > pl.col("top")).cast(pl.Int8) - (close < pl.col("bottom")).cast(pl.Int8),
    )
    trend, broken = pl.col("trend"), pl.col("broken")
    score = (
        screener.cross_weight * pl.when(_changed("trend")).then(trend).otherwise(0.0)
        + screener.regime_weight * pl.when(_changed("regime")).then(trend).otherwise(0.0)
        + screener.session_weight * pl.when(_changed("broken")).then(broken).otherwise(0.0)
    )
    known = pl.all_horizontal(
        pl.col(name).shift().over("asset").is_not_null() for name in ("trend", "regime", "broken")
    )
    return frame.filter(known & (score.abs() >= screener.threshold - 1e-12))


def _changed(name: str) -> pl.Expr:
    return pl.col(name) != pl.col(name).shift().over("asset")


FEE = 0.001
CROSS_SETUP = ReplaySetup(costs=Costs(fee=ProportionalFee(rate=FEE), half_spread=0.0, slippage=0.0))
NEVER = 1e6


def event_loop(bars: str) -> Figures:
    """A cross of two means, in at one and out at the next: the protocol, a bare Python loop, backtrader."""
    data = walk(int(bars), 7)
    strategy = CrossFollower(stop_ranges=NEVER, trail_ranges=NEVER)
    replay = full_replay(data, strategy, CROSS_SETUP)
    ours = best_of(3, lambda: full_replay(data, strategy, CROSS_SETUP)).cpu_seconds
    columns = best_of(3, lambda: focused_replay(data, strategy, [(0, len(data))], CROSS_SETUP)).cpu_seconds
    idle = best_of(3, lambda: full_replay(data, _Idle(), CROSS_SETUP)).cpu_seconds
    ended, equity = _bare_loop(data, strategy)
    bare = best_of(3, lambda: _bare_loop(data, strategy)).cpu_seconds
    assert ended == len(replay.trades)
    assert abs(equity / replay.equity[-1] - 1.0) < 1e-9
    outcome: list[tuple[int, float]] = []
    theirs = best_of(3, lambda: outcome.append(_by_backtrader(data, strategy))).cpu_seconds
    assert outcome[0][0] == len(replay.trades)
    assert abs(outcome[0][1] / replay.equity[-1] - 1.0) < 1e-6
    count = len(data)
    long = walk(25 * count, 8)
    known = indicator_columns(long, strategy)
    compiled = compiled_replay(data, strategy, CROSS_SETUP)
    assert (compiled.trades, compiled.equity.tobytes()) == (replay.trades, replay.equity.tobytes())
    alone = best_of(5, lambda: compiled_replay(long, strategy, CROSS_SETUP, known)).cpu_seconds
    whole = best_of(5, lambda: compiled_replay(long, strategy, CROSS_SETUP)).cpu_seconds
    return {
        "bars": count,
        "trades, the same in all": len(replay.trades),
        "ours live, bars per CPU second (goal: at least 200,000)": count / ours,
        "ours live, a strategy that reads and wants nothing, bars per CPU second": count / idle,
        "ours over columns, bars per CPU second": count / columns,
        "ours compiled, bars per CPU second (goal: at least 20 million)": len(long) / alone,
        "ours compiled with its indicators, bars per CPU second": len(long) / whole,
        "bare Python loop, bars per CPU second": count / bare,
        "backtrader, bars per CPU second": count / theirs,
        "ours live over backtrader (goal: at least 70)": theirs / ours,
        "a strategy that reads and wants nothing over backtrader with the cross": theirs / idle,
        "ours live over the bare loop": bare / ours,
    }


class _Idle:
    """Reads no indicator and wants nothing: what is left is handing out bars and asking."""

    name = "idle"
    lookback = 1
    indicators: Mapping[str, Indicator] = {}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:  # noqa: ARG002 - the protocol
        return NO_ORDERS


def _bare_loop(data: Bars, strategy: CrossFollower) -> tuple[int, float]:
    """The same with nothing that could be left out: running sums, no checks, no list of trades."""
    closes, opens = data.close.tolist(), data.open.tolist()
    fast, slow = strategy.fast, strategy.slow
    fast_sum = slow_sum = 0.0
    cash, held, ended, before, order = 10_000.0, 0.0, 0, 0, 0.0
    leaves = False
    for i, close in enumerate(closes):
        price = opens[i]
        if leaves:
            cash += held * price - abs(held) * price * FEE
            held, leaves, ended = 0.0, False, ended + 1
        elif order:
            cash -= order * price + abs(order) * price * FEE
            held, order = order, 0.0
        fast_sum += close - (closes[i - fast] if i >= fast else 0.0)
        slow_sum += close - (closes[i - slow] if i >= slow else 0.0)
        if i < slow - 1:
            continue
        gap = fast_sum / fast - slow_sum / slow
        trend = (gap > 0.0) - (gap < 0.0)
        if i >= slow and trend and trend != before:
            if held:
                leaves = held * trend < 0.0
            else:
                order = trend * strategy.fraction * cash / close
        before = trend
    return ended, cash + held * closes[-1]


def _by_backtrader(data: Bars, strategy: CrossFollower) -> tuple[int, float]:
    import backtrader as bt

    class Cross(bt.Strategy):  # type: ignore[misc]
        def __init__(self) -> None:
            self.fast = bt.indicators.SMA(period=strategy.fast)
            self.slow = bt.indicators.SMA(period=strategy.slow)
            self.ended = 0

        def notify_trade(self, trade: Any) -> None:
            self.ended += trade.isclosed

        def next(self) -> None:
            if len(self) <= strategy.slow:
                return
            gap, before = self.fast[0] - self.slow[0], self.fast[-1] - self.slow[-1]
            trend = (gap > 0.0 >= before) - (gap < 0.0 <= before)
            if self.position and self.position.size * trend < 0:
                self.close()
            elif trend and not self.position:
                size = strategy.fraction * self.broker.getvalue() / self.data.close[0]
                (self.buy if trend > 0 else self.sell)(size=size)

    frame = pd.DataFrame(
        {name: getattr(data, name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(data.opens_at, unit="s"),
    )
    engine = bt.Cerebro(stdstats=False)
    engine.adddata(bt.feeds.PandasData(dataname=frame))
    engine.addstrategy(Cross)
    engine.broker.setcash(10_000.0)
    engine.broker.setcommission(commission=FEE)
    (run,) = engine.run()
    return run.ended, engine.broker.getvalue()


def focused(which: str) -> Figures:
    """The strategy that fuses domains: every bar live, against screening and windows; the same to the last bit."""
    data = _recorded(which)
    strategy = Fusion()

    def screened() -> object:
        return focused_replay(data, strategy, windows_around(screen(data, strategy.screener)))

    windows = windows_around(screen(data, strategy.screener))
    short, full = focused_replay(data, strategy, windows), full_replay(data, strategy)
    assert first_divergence(full, short) is None
    # A short run is disturbed by one neighbour, a long one by many: what is short is tried more often.
    times = 15 if len(data) < 10_000 else 5
    live = best_of(times, lambda: full_replay(data, strategy)).cpu_seconds
    columns = best_of(30, lambda: indicator_columns(data, strategy)).cpu_seconds
    everywhere = best_of(times, lambda: focused_replay(data, strategy, [(0, len(data))])).cpu_seconds
    around = best_of(30, screened).cpu_seconds
    return {
        "bars": len(data),
        "candidates": len(screen(data, strategy.screener).found),
        "trades": len(full.trades),
        "share of bars looked at, %": 100 * short.seen / len(data),
        "full replay, ms": 1e3 * live,
        "full replay over columns, ms": 1e3 * everywhere,
        "columns of the indicators alone, ms": 1e3 * columns,
        "screener and focused replay, ms": 1e3 * around,
        f"full over screener and focused (goal: at least {15 if which == 'window' else 20})": live / around,
    }


def sweep(trials: str) -> Figures:
    """So many settings over six years against one full replay."""
    data = _recorded("six years")
    count = int(trials)
    strategies = grid(
        Fusion(),
        {
            "threshold": [0.3, 0.35, 0.4, 0.45, 0.5],
            "stop_ranges": [1.5, 2.0, 2.5, 3.0, 3.5],
            "hold_seconds": [43_200, 86_400, 129_600, 172_800],
        },
    )[:count]
    run_trials(data, strategies[:1])
    one = best_of(3, lambda: full_replay(data, Fusion())).cpu_seconds
    outcome = []
    many = best_of(3, lambda: outcome.append(judge(run_trials(data, strategies)))).cpu_seconds
    assert len(outcome[0].trials) == count
    return {
        "trials": count,
        "one full replay, s": one,
        "all trials with their verdict, s": many,
        "sweep over one full replay (goal: at most 5)": many / one,
    }


def _recorded(which: str) -> Bars:
    """Recorded hours of Ether where there are some, else a walk as long."""
    folder = os.environ.get("EDGEWORTH_RECORDINGS")
    counts = {"window": 2_592, "six years": 51_816}
    if not folder:
        return walk(counts[which], 3)
    table = pl.read_csv(Path(folder) / "ohlcv" / "ETHUSDT_1h_2019_2025.csv.gz", try_parse_dates=True)
    names = ["open", "high", "low", "close", "volume"]
    data = Bars(
        asset="ETH",
        unit="USDT",
        interval_seconds=HOUR,
        opens_at=table.to_series(0).dt.epoch("s").to_numpy().astype(np.int64),
        **{name: table.to_series(place).cast(pl.Float64).to_numpy().copy() for place, name in enumerate(names, 1)},
    )
    if which == "six years":
        return data
    return data.between(instant(1_749_945_600), instant(1_759_276_800))


def compile_time() -> Figures:
    """What a first process pays for kernels, and a later one."""
    data = walk(2_000, 1)
    with timed() as timing:
        screen(data, Screener())
        indicator_columns(data, Fusion())
    return {"kernels ready in a fresh process, CPU s": timing.cpu_seconds}
