"""What proves a replay catches what it is there for: a hidden memory, a screener that misses entries, a peek ahead."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from msgspec import Struct
from msgspec.structs import replace

from edgeworth.errors import ConfigurationError, DataError, LookAheadError
from edgeworth.replay.bars import Bars, Floats
from edgeworth.replay.broker import Settlement
from edgeworth.replay.candidates import candidates_text, places, read_candidates
from edgeworth.replay.indicators import Indicator, Row, Sma, State, VolatilityRegime, first_difference
from edgeworth.replay.loop import ReplaySetup, focused_replay, full_replay
from edgeworth.replay.orders import Direction, Enter, Leave, Order
from edgeworth.replay.parity import (
    Certificate,
    certify,
    configuration_digest,
    first_divergence,
    require_declared_lookback,
)
from edgeworth.replay.screener import Screener, screen
from edgeworth.replay.strategies import CrossFollower, LongHolder
from edgeworth.replay.strategy import Account, Past, Strategy
from edgeworth.replay.truncation import (
    by_indicator,
    by_strategy,
    cut_places,
    look_ahead,
    past_changes,
    require_no_look_ahead,
)
from edgeworth.replay.windows import windows_around, windows_at
from tests.replaying import HOUR, flat_bars, walked_bars

BARS = walked_bars(11, 600)
QUICK = Screener(fast=5, slow=20, regime=VolatilityRegime(n=5, usual=20, high=1.3, low=0.75))


def certified(strategy: Strategy, screener: Screener = QUICK, bars: Bars = BARS, reach: int = 8) -> Certificate:
    ticks = itertools.count()
    return certify(
        bars, strategy, screener, ReplaySetup(), code_version="test", timer=lambda: float(next(ticks)), reach=reach
    )


def test_a_certificate_names_what_it_is_about():
    certificate = certified(LongHolder(screener=QUICK, hold_seconds=5 * 86_400))
    assert certificate.equal
    assert certificate.first_divergence is None
    assert certificate.soundness.is_sound
    assert (certificate.bars, certificate.dataset, certificate.code_version) == (600, BARS.digest, "test")
    assert (certificate.seconds_screen, certificate.seconds_focused, certificate.seconds_full) == (1.0, 1.0, 1.0)
    assert certificate.speedup == 0.5
    assert certificate.trades > 0
    assert certificate.seen < 600


class Counting:
    """Buys at every fortieth bar that it is shown: it counts for itself, which no replay that leaves bars out can give."""

    name = "counting"
    lookback = 1
    indicators: Mapping[str, Indicator] = {}

    def __init__(self) -> None:
        self.shown = 0

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        self.shown += 1
        if account.position is not None:
            return (Leave(),)
        return (Enter(side=Direction.LONG, quantity=1.0),) if self.shown % 40 == 0 else ()


def test_a_strategy_with_a_memory_of_its_own_is_no_value_to_certify():
    with pytest.raises(DataError, match="settings that are plain values"):
        configuration_digest(Counting())


def test_a_screener_that_misses_entries_is_told_with_the_first_bar_that_differs():
    """A screener that wants all three sentinels at once is not sound for a strategy of crosses."""
    strategy = CrossFollower(fast=5, slow=20, ranges=7)
    assert certified(strategy, strategy.screener).equal
    certificate = certified(strategy, replace(QUICK, threshold=1.0))
    assert not certificate.equal
    assert not certificate.soundness.is_sound
    divergence = certificate.first_divergence
    assert divergence is not None
    missed = certificate.soundness.outside[0]
    assert divergence.opens_at >= missed
    assert divergence.full.holds != divergence.focused.holds
    assert certificate.soundness.entries == certificate.soundness.inside + len(certificate.soundness.outside)


def test_a_digest_of_the_configuration_knows_every_setting():
    strategy = LongHolder()
    assert configuration_digest(strategy, ReplaySetup()) == configuration_digest(LongHolder(), ReplaySetup())
    assert configuration_digest(strategy, ReplaySetup()) != configuration_digest(
        replace(strategy, fraction=0.7), ReplaySetup()
    )
    assert configuration_digest(strategy, ReplaySetup()) != configuration_digest(strategy, ReplaySetup(cash=1.0))


def test_two_strategies_of_equal_settings_have_digests_of_their_own():
    class Mine(Struct):
        days: int = 3

    class Other(Struct):
        days: int = 3

    assert configuration_digest(Mine()) != configuration_digest(Other())


class Reaching:
    """Buys where the close is the highest of so many bars and sells where it is the lowest; says what it likes."""

    name = "reaching"
    indicators: Mapping[str, Indicator] = {}

    def __init__(self, reads: int, lookback: int) -> None:
        self._reads = reads
        self.lookback = lookback

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        closes = past.close[-self._reads :]
        if account.position is not None:
            return (Leave(),) if closes[-1] == min(closes) else ()
        if past.ended < self._reads or closes[-1] < max(closes):
            return ()
        return (Enter(side=Direction.LONG, quantity=0.1),)


class ReachingByPlace(Reaching):
    """Buys where the close is above that of so many bars before."""

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        if account.position is not None or past.ended < self._reads:
            return ()
        return (Enter(side=Direction.LONG, quantity=0.1),) if past.close[-1] > past.close[-self._reads] else ()


def test_a_lookback_that_is_declared_as_it_is_read_is_kept():
    require_declared_lookback(BARS, Reaching(30, 30))
    require_declared_lookback(BARS, Reaching(30, 31))
    require_declared_lookback(BARS, ReachingByPlace(30, 30))
    require_declared_lookback(BARS, CrossFollower(fast=5, slow=20, ranges=7))


def test_a_lookback_that_is_declared_too_small_is_told_with_the_first_bar_that_differs():
    """Bar 29 is 45, and the 50 of bar 0 stands thirty back: out of sight for one that is handed 29, so it buys."""
    bars = flat_bars([50.0, 40.0, *[30.0 + index / 10 for index in range(27)], 45.0, 46.0, 46.0])
    assert full_replay(bars, Reaching(30, 30)).decided_at == [bars.ends_at(30)]
    with pytest.raises(ConfigurationError) as told:
        require_declared_lookback(bars, Reaching(30, 29))
    assert "'reaching' to read back at most 29 bars" in str(told.value)
    assert f"in the bar of {bars.at(30)}: long 0.1 at" in str(told.value)
    assert "instead of nothing held and 10000.00 dollars" in str(told.value)


def test_a_place_that_the_lookback_leaves_out_is_named():
    with pytest.raises(ConfigurationError, match=r"no more than 29 bars.* IndexError.* where it was handed 29"):
        require_declared_lookback(BARS, ReachingByPlace(30, 29))


class Stumbling(Reaching):
    """Divides by zero at a bar that is none too early, whatever it was handed."""

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        return () if past.ended < 100 else (Enter(side=Direction.LONG, quantity=1 / 0),)


def test_a_mistake_that_every_replay_makes_is_none_of_the_lookback():
    for run in (
        lambda: require_declared_lookback(BARS, Stumbling(1, 1)),
        lambda: full_replay(BARS, Stumbling(1, 1)),
        lambda: focused_replay(BARS, Stumbling(1, 1), [(90, 200)], is_cut=True),
    ):
        with pytest.raises(ZeroDivisionError) as told:
            run()
        assert told.value.__notes__ == [f"in the bar of {BARS.at(99):%Y-%m-%d %H:%M} UTC"]


class Tripping(Sma, frozen=True):
    """A mean that cannot go on from its fifth bar."""

    def start(self) -> State:
        return _Trips()


class _Trips:
    def __init__(self) -> None:
        self._count = 0

    def push(self, row: Row) -> float:
        self._count += 1
        if self._count == 5:
            raise KeyError("fifth")
        return 0.0


def test_what_an_indicator_raises_is_told_with_its_bar():
    class Reads(ReachingValue, frozen=True):
        @property
        def indicators(self) -> Mapping[str, Indicator]:
            return {"trips": Tripping(3)}

    with pytest.raises(KeyError) as told:
        full_replay(BARS, Reads())
    assert told.value.__notes__ == [f"in the bar of {BARS.at(4):%Y-%m-%d %H:%M} UTC"]


class ReachingValue(Struct, frozen=True):
    """As ``Reaching``, a value."""

    reads: int = 30
    lookback: int = 2
    name: str = "reaching"

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        return {}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        return Reaching(self.reads, self.lookback).on_bar(past, account)


def test_a_certificate_finds_a_lookback_that_is_too_small_even_where_both_replays_are_the_same():
    """One window over all bars holds everything in its lists, so the strategy finds there what it has not asked for."""
    honest, other = ReachingValue(lookback=30), ReachingValue(lookback=2)
    everywhere = certified(honest, reach=len(BARS))
    assert everywhere.equal
    assert everywhere.keeps_lookback
    assert everywhere.trades > 3
    certificate = certified(other, reach=len(BARS))
    windows = windows_around(screen(BARS, QUICK), len(BARS))
    full, focused = full_replay(BARS, other), focused_replay(BARS, other, windows)
    assert first_divergence(full, focused) is None
    assert not certificate.equal
    assert not certificate.keeps_lookback
    divergence = certificate.first_divergence
    assert divergence is not None
    # Of two bars the later is the highest when it is not below the one before: it buys as soon as it may.
    bought = next(bar for bar in range(29, 600) if BARS.close[bar] >= BARS.close[bar - 1])
    meant = next(bar for bar in range(29, 600) if BARS.close[bar] == max(BARS.close[bar - 29 : bar + 1]))
    assert bought < meant
    assert divergence.bar == bought + 1
    assert divergence.full.holds is None
    assert divergence.focused.holds is not None


def test_a_lookback_of_no_bar_is_refused():
    with pytest.raises(ConfigurationError, match="'reaching' to read back one bar or more, found a lookback of 0"):
        focused_replay(BARS, Reaching(5, 0), [(0, 20)])


class Peek:
    """The close of the next bar: one bar too early."""

    def column(self, bars: Bars) -> Floats:
        return np.concatenate([bars.close[1:], [np.nan]])

    def start(self) -> State:
        return _Nothing()


class _Nothing:
    def push(self, row: Row) -> float:
        return float("nan")


class Centred:
    """A strategy fitted to all bars it is given: it knows their mean, which holds the future."""

    name = "centred"
    lookback = 1

    def __init__(self, mean: float) -> None:
        self._mean = mean
        self.indicators: Mapping[str, Indicator] = {}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        is_cheap = past.close[-1] < self._mean
        if account.position is None:
            return (Enter(side=Direction.LONG, quantity=0.1),) if is_cheap else ()
        return () if is_cheap else (Leave(),)


class PeekFollower:
    """Buys before a rise and sells before a fall."""

    name = "peek"
    lookback = 1
    indicators: Mapping[str, Indicator] = {"next": Peek()}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        rises = past["next"][-1] > past.close[-1]
        if account.position is None:
            return (Enter(side=Direction.LONG, quantity=0.1),) if rises else ()
        return () if rises else (Leave(),)


def test_a_peek_of_one_bar_is_caught_in_an_indicator():
    changes = past_changes(BARS, by_indicator(Peek()), np.random.default_rng(1))
    assert changes
    assert all(change.bar == change.cut - 1 for change in changes)
    with pytest.raises(LookAheadError, match=r"with all bars, None with the first \d+"):
        require_no_look_ahead(BARS, by_indicator(Peek()), np.random.default_rng(1))
    assert "the column says" in (first_difference(BARS, Peek()) or "")


def test_a_peek_of_one_bar_is_caught_in_a_strategy():
    assert past_changes(BARS, by_strategy(lambda _: PeekFollower()), np.random.default_rng(1))


def test_a_strategy_that_is_fitted_to_all_bars_is_caught():
    assert past_changes(BARS, by_strategy(lambda bars: Centred(float(bars.close.mean()))), np.random.default_rng(1))


def test_what_looks_back_only_passes():
    require_no_look_ahead(BARS, by_indicator(Sma(9)), np.random.default_rng(1))


class HoldsAll(Struct, frozen=True):
    """Buys ten at the second bar and keeps them."""

    name: str = "holds all"
    lookback: int = 1

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        return {}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        return (Enter(side=Direction.LONG, quantity=10.0),) if past.ended == 1 else ()


@pytest.mark.parametrize("seconds", [0, 1, -1, HOUR // 2])
def test_a_settlement_at_the_end_of_a_bar_is_no_sight_of_the_future(seconds):
    """A market that resolves on the hour: the bar that ends then does not hold the settlement, the one behind it does."""
    bars = flat_bars([0.6] * 10, is_market=True, volume=np.full(10, np.nan))
    setup = ReplaySetup(settlement=Settlement(at=int(bars.opens_at[6]) + seconds, value=1.0))
    assert full_replay(bars, HoldsAll(), setup).trades[0].exit_reason == "settled"
    said = by_strategy(lambda _: HoldsAll(), setup)
    assert past_changes(bars, said, np.random.default_rng(0), cuts=200) == []


def test_every_place_at_which_bars_can_be_cut_is_another_one():
    bars = flat_bars([100.0] * 10)
    assert cut_places(bars, np.random.default_rng(0), 200) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert len(set(cut_places(bars, np.random.default_rng(0), 5))) == 5


def test_bars_that_begin_quietly_are_cut_behind_the_first_that_traded():
    """Three hundred hours without a trade: what is left by a cut among them would be no bars to ask anybody about."""
    bars = flat_bars([100.0] * 300 + [100.0 + index for index in range(100)], volume=np.repeat([0.0, 5.0], [300, 100]))
    assert min(cut_places(bars, np.random.default_rng(0), 1_000)) == 301
    found = look_ahead(bars, HoldsAll(), QUICK, ReplaySetup(), np.random.default_rng(0), cuts=20)
    assert (found.is_clean, found.cuts) == (True, 20)


def test_bars_that_are_too_few_to_be_cut_are_told():
    with pytest.raises(
        ConfigurationError, match="expected 3 bars of ETH or more, so that they can be cut short, found 2"
    ):
        cut_places(flat_bars([100.0] * 2), np.random.default_rng(0), 4)
    quiet = flat_bars([100.0] * 4, volume=np.array([0.0, 0.0, 0.0, 5.0]))
    with pytest.raises(ConfigurationError, match="expected 5 bars of ETH or more"):
        cut_places(quiet, np.random.default_rng(0), 4)


def test_all_that_is_looked_at_is_looked_at_with_the_same_cuts_and_their_number_is_true():
    """Eight bars can be cut at six places, however often one asks."""
    found = look_ahead(BARS.part(0, 8), PeekFollower(), QUICK, ReplaySetup(), np.random.default_rng(0), cuts=50)
    assert found.cuts == 6
    assert found.looked_at == ("strategy", "screener", "next")
    assert (found.changes["next"].bar, found.changes["next"].cut) == (1, 2)


LOTS = np.random.default_rng(1)


class DrawsLots(Struct, frozen=True):
    """In and out by lot: nothing that depends on the bars."""

    name: str = "lots"
    lookback: int = 1
    indicators: dict[str, Indicator] = {}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        if LOTS.random() < 0.5:
            return ()
        held = account.position is not None
        return (Leave(),) if held else (Enter(side=Direction.LONG, quantity=1.0),)


def test_a_strategy_that_draws_lots_is_not_blamed_for_its_lookback():
    certificate = certified(DrawsLots())
    assert not certificate.equal
    assert not certificate.repeats
    assert certificate.keeps_lookback


def test_a_strategy_that_draws_lots_is_not_blamed_for_looking_ahead():
    found = look_ahead(BARS, DrawsLots(), QUICK, ReplaySetup(), np.random.default_rng(0), cuts=3)
    assert found.unrepeatable == ("strategy",)
    assert found.changes == {}
    assert not found.is_clean


class Forgets(Struct, frozen=True):
    """Has no `return`."""

    name: str = "forgets"
    lookback: int = 1
    indicators: dict[str, Indicator] = {}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        (Leave(),)  # type: ignore[return]


def test_a_forgotten_return_is_an_error_and_no_order():
    with pytest.raises(TypeError, match="on_bar gave None"):
        full_replay(BARS, Forgets())


def test_candidates_are_lines_of_text_and_come_back():
    candidates = screen(BARS, QUICK).candidates()
    assert len(candidates) > 5
    text = candidates_text(candidates)
    assert read_candidates(text) == candidates
    assert places(candidates, BARS).tolist() == screen(BARS, QUICK).found.tolist()
    assert '"timestamp":' in text.splitlines()[0]


def test_a_candidate_says_why_it_is_one():
    """Down for thirty hours, then up: the fast mean crosses the slow one."""
    closes = [200.0 - hour for hour in range(60)] + [140.0 + 3 * hour for hour in range(20)]
    screener = Screener(
        fast=2, slow=6, regime=VolatilityRegime(n=2, usual=4), cross_weight=1.0, regime_weight=0.0, session_weight=0.0
    )
    candidates = screen(flat_bars(closes), screener).candidates()
    assert [candidate.side for candidate in candidates] == [Direction.LONG]
    assert candidates[0].reason.startswith("mean of 2 closes crossed above that of 6")
    assert candidates[0].score == 1.0
    assert candidates[0].sentinels["sma_cross"] == 1


def test_candidates_of_another_asset_or_of_other_bars_are_refused():
    candidates = screen(BARS, QUICK).candidates()
    with pytest.raises(DataError, match="expected candidates of ETH, found one of 'BTC'"):
        places([replace(candidates[0], asset="BTC")], BARS)
    with pytest.raises(DataError, match=r"found one of other bars of ETH .* screen these bars again"):
        places(candidates, walked_bars(12, 600))


def test_a_line_that_is_no_candidate_is_named():
    with pytest.raises(DataError, match="line 2: expected a candidate"):
        read_candidates(candidates_text(screen(BARS, QUICK).candidates()[:1]) + '{"asset": "ETH"}\n')


@pytest.mark.parametrize(("side", "score"), [("short", 0.8), ("long", -0.8), ("long", 0.0), ("long", 99.0)])
def test_a_candidate_whose_score_is_not_of_its_side_is_refused(side, score):
    one = replace(screen(BARS, QUICK).candidates()[0], side=Direction(side), score=score)
    with pytest.raises(DataError, match=f"line 1: expected a score of up to 1 .* found {score:g} for {side}"):
        read_candidates(candidates_text([one]))


def test_a_candidate_that_stands_there_twice_is_refused():
    candidates = screen(BARS, QUICK).candidates()
    with pytest.raises(DataError, match=r"expected each candidate once, found that of .* twice"):
        places([*candidates, candidates[3]], BARS)


def test_a_candidate_without_a_zone_is_refused():
    """It would be read as the time of whoever reads it."""
    (line, *_) = candidates_text(screen(BARS, QUICK).candidates()).split("\n")
    with pytest.raises(DataError, match="line 1: expected a candidate"):
        read_candidates(line.replace('Z","side"', '","side"'))


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085"])
def test_only_a_line_feed_ends_a_line(sign):
    """Others may stand within a reason, as JSON has it; a file of Windows ends its lines with both."""
    (first, second, *_) = screen(BARS, QUICK).candidates()
    odd = replace(first, reason=f"one{sign}two")
    text = candidates_text([odd, second])
    assert read_candidates(text) == [odd, second]
    assert read_candidates(text.replace("\n", "\r\n")) == [odd, second]


def test_a_screener_is_blind_before_its_warm_up_so_all_of_that_is_looked_at():
    screening = screen(BARS, QUICK)
    first = windows_around(screening, 3)[0]
    assert first[0] == 0
    assert (screening.codes[: first[1] - 4] < 0).sum() > 20


def test_windows_that_touch_are_one():
    screening = screen(flat_bars([float(100 + index % 7) for index in range(200)]), QUICK)
    merged = dataclasses.replace(screening, found=np.array([100, 104, 150]))
    assert windows_around(merged, 2)[1:] == [(98, 107), (148, 153)]
    assert windows_around(merged, 1)[1:] == [(99, 102), (103, 106), (149, 152)]


@pytest.mark.parametrize(
    "settings",
    [
        {"fast": 96, "slow": 24},
        {"threshold": 0.0},
        {"threshold": 1.5},
        {"cross_weight": -1.0},
        {"cross_weight": 0.0, "regime_weight": 0.0, "session_weight": 0.0},
        {"session_seconds": 0},
    ],
)
def test_a_screener_that_makes_no_sense_is_refused(settings):
    with pytest.raises(ConfigurationError, match="expected"):
        Screener(**settings)


def test_candidates_that_were_read_give_the_windows_they_were_written_from():
    screening = screen(BARS, QUICK)
    read = places(read_candidates(candidates_text(screening.candidates())), BARS)
    assert windows_at(read, screening.codes < 0, 8) == windows_around(screening, 8)


def test_no_candidate_and_nobody_blind_is_no_window():
    assert windows_at(np.array([], dtype=np.int64), np.zeros(5, dtype=bool)) == []
