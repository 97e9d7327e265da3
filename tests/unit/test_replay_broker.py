"""How orders are filled: at the next bar, no better than it allows, at the costs there are. All sums worked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pytest

from edgeworth.errors import ConfigurationError
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.venue import Venue
from edgeworth.replay.bars import Bars, instant
from edgeworth.replay.broker import Settlement
from edgeworth.replay.costs import Costs, ProportionalFee, VenueFee
from edgeworth.replay.indicators import Indicator
from edgeworth.replay.loop import Replay, ReplaySetup, full_replay
from edgeworth.replay.orders import Direction, Enter, ExitReason, Exits, Leave, Order
from edgeworth.replay.strategy import Account, Past
from tests.replaying import HOUR, START, flat_bars

FREE = Costs(fee=ProportionalFee(rate=0.0), half_spread=0.0, slippage=0.0)


class Scripted:
    """A strategy that orders what stands beside the number of the bar, from 0."""

    name = "scripted"
    lookback = 1
    indicators: Mapping[str, Indicator] = {}

    def __init__(self, script: Mapping[int, Sequence[Order]]) -> None:
        self.script = script
        self.shown: list[tuple[int, float]] = []

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        self.shown.append((past.ended, account.equity))
        return self.script.get(past.ended - 1, ())


def bars_of(*rows: tuple[float, float, float, float], **changes: object) -> Bars:
    """Bars of (open, high, low, close)."""
    open_, high, low, close = (np.array(column) for column in zip(*rows, strict=True))
    return flat_bars(close.tolist(), open=open_, high=high, low=low, **changes)


def replayed(bars: Bars, script: Mapping[int, Sequence[Order]], **terms: object) -> Replay:
    return full_replay(bars, Scripted(script), ReplaySetup(**({"cash": 1_000.0, "costs": FREE} | terms)))  # type: ignore[arg-type]


def buy(quantity: float = 1.0, **order: object) -> Enter:
    return Enter(side=Direction.LONG, quantity=quantity, **order)  # type: ignore[arg-type]


def sell(quantity: float = 1.0, **order: object) -> Enter:
    return Enter(side=Direction.SHORT, quantity=quantity, **order)  # type: ignore[arg-type]


FLAT = (100.0, 100.0, 100.0, 100.0)


def test_an_order_fills_at_the_open_of_the_next_bar():
    replay = replayed(
        bars_of(FLAT, (103.0, 110.0, 101.0, 108.0), (107.0, 107.0, 104.0, 105.0)), {0: [buy(2.0)], 1: [Leave()]}
    )
    (trade,) = replay.trades
    assert (trade.entry_price, trade.exit_price, trade.profit) == (103.0, 107.0, 8.0)
    assert (trade.decided_at, trade.entered_at) == (instant(START + HOUR), instant(START + HOUR))
    assert replay.equity.tolist() == [1_000.0, 1_010.0, 1_008.0]
    assert trade.exit_reason is ExitReason.ASKED


def test_a_short_position_gains_as_prices_fall():
    replay = replayed(bars_of(FLAT, FLAT, (90.0, 90.0, 90.0, 90.0)), {0: [sell(3.0)], 1: [Leave()]})
    assert replay.equity.tolist() == [1_000.0, 1_000.0, 1_030.0]


def test_fee_spread_and_slippage_are_paid_both_ways():
    """Bought at 100 * 1.003, sold at 100 * 0.997; a hundredth of each is the fee."""
    costs = Costs(fee=ProportionalFee(rate=0.01), half_spread=0.001, slippage=0.002)
    replay = replayed(bars_of(FLAT, FLAT, FLAT), {0: [buy(2.0)], 1: [Leave()]}, costs=costs)
    (trade,) = replay.trades
    assert trade.fees == pytest.approx(0.01 * 2 * (100.3 + 99.7))
    assert trade.profit == pytest.approx(-2 * 0.6 - 4.0)
    assert replay.equity[-1] == pytest.approx(1_000.0 + trade.profit)


@pytest.mark.parametrize(
    ("bar", "price", "reason"),
    [
        ((100.0, 104.0, 95.0, 103.0), 95.0, ExitReason.STOP),
        ((92.0, 99.0, 91.0, 98.0), 92.0, ExitReason.STOP),
        ((100.0, 111.0, 96.0, 104.0), 110.0, ExitReason.TARGET),
        ((112.0, 113.0, 111.0, 112.0), 112.0, ExitReason.TARGET),
        ((100.0, 115.0, 90.0, 100.0), 95.0, ExitReason.STOP),
    ],
    ids=["stop", "the open jumps over the stop", "target", "the open jumps over the target", "both: the worse"],
)
def test_stop_and_target(bar, price, reason):
    replay = replayed(bars_of(FLAT, FLAT, bar, FLAT), {0: [buy(exits=Exits(stop=5.0, target=10.0))]})
    (trade,) = replay.trades
    assert (trade.exit_price, trade.exit_reason) == (price, reason)


def test_a_stop_of_a_short_position_lies_above():
    replay = replayed(bars_of(FLAT, FLAT, (100.0, 106.0, 99.0, 100.0)), {0: [sell(exits=Exits(stop=5.0, target=10.0))]})
    assert (replay.trades[0].exit_price, replay.trades[0].exit_reason) == (105.0, ExitReason.STOP)


def test_the_bar_of_the_entry_counts_for_its_stop():
    replay = replayed(bars_of(FLAT, (100.0, 101.0, 94.0, 100.0)), {0: [buy(exits=Exits(stop=5.0))]})
    assert replay.trades[0].entered_at == replay.trades[0].exited_at


def test_a_trailing_stop_follows_the_bars_that_have_ended():
    """The high of 120 pulls the stop to 110 for the next bar, not within its own, whose low is 105."""
    bars = bars_of(FLAT, FLAT, (101.0, 120.0, 105.0 - 4, 118.0), (117.0, 118.0, 109.0, 112.0))
    replay = replayed(bars, {0: [buy(exits=Exits(trail=10.0))]})
    (trade,) = replay.trades
    assert (trade.exit_price, trade.exit_reason, trade.exited_at) == (110.0, ExitReason.TRAIL, bars.at(3))


def test_time_ends_a_position_at_the_first_open_from_then_on_also_behind_a_gap():
    bars = bars_of(*[FLAT] * 4, opens_at=START + HOUR * np.array([0, 1, 2, 9]))
    replay = replayed(bars, {0: [buy(exits=Exits(hold_seconds=2 * HOUR))]})
    assert (replay.trades[0].exit_reason, replay.trades[0].exited_at) == (ExitReason.TIME, bars.at(3))


def test_a_limit_waits_and_fills_at_its_price_or_at_a_better_open():
    within = replayed(bars_of(FLAT, FLAT, (100.0, 100.0, 96.0, 99.0)), {0: [buy(limit=97.0, good_for_bars=3)]})
    assert within.open_position is not None
    assert within.open_position.entry_price == 97.0
    at_open = replayed(bars_of(FLAT, FLAT, (95.0, 98.0, 94.0, 96.0)), {0: [buy(limit=97.0, good_for_bars=3)]})
    assert at_open.open_position is not None
    assert at_open.open_position.entry_price == 95.0


def test_a_limit_that_has_waited_long_enough_is_gone():
    replay = replayed(bars_of(FLAT, FLAT, FLAT, (90.0, 90.0, 90.0, 90.0)), {0: [buy(limit=97.0, good_for_bars=2)]})
    assert replay.open_position is None


def test_a_limit_filled_within_a_bar_may_be_stopped_there_but_takes_no_target():
    """The bar falls from 100 through the limit of 98; its high of 100 may lie before."""
    bars = bars_of(FLAT, (100.0, 100.0, 97.5, 99.5), FLAT)
    kept = replayed(bars, {0: [buy(limit=98.0, exits=Exits(stop=1.0, target=1.0))]})
    assert kept.trades[0].exited_at == bars.at(2)
    assert (kept.trades[0].exit_price, kept.trades[0].exit_reason) == (100.0, ExitReason.TARGET)
    stopped = replayed(
        bars_of(FLAT, (100.0, 100.0, 96.0, 99.5)), {0: [buy(limit=98.0, exits=Exits(stop=1.0, target=1.0))]}
    )
    assert (stopped.trades[0].exit_price, stopped.trades[0].exit_reason) == (97.0, ExitReason.STOP)


def test_in_a_bar_of_volume_zero_nothing_fills():
    bars = bars_of(FLAT, FLAT, (101.0, 101.0, 101.0, 101.0), volume=np.array([1.0, 0.0, 1.0]))
    assert replayed(bars, {0: [buy()]}).open_position.entered_at == bars.at(2)


def test_a_side_is_changed_by_leaving_and_entering_at_one_open():
    replay = replayed(bars_of(*[FLAT] * 4), {0: [buy()], 1: [Leave(), sell()]})
    assert len(replay.trades) == 1
    assert replay.open_position is not None
    assert (replay.open_position.side, replay.open_position.entered_at) == (Direction.SHORT, replay.bars.at(2))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({0: [buy(0.0)]}, "expected a quantity above zero, found 0"),
        ({0: [buy(float("nan"))]}, "expected a quantity above zero, found nan"),
        ({0: [buy(11.0)]}, "expected 1100.00 dollars for the order, found 1000.00"),
        ({0: [sell(11.0)]}, "expected 1100.00 dollars for the order, found 1000.00"),
        ({0: [buy(), buy()]}, "another order waits already"),
        ({0: [buy()], 1: [buy()]}, "a position is open already"),
    ],
)
def test_what_is_not_carried_out_is_told(script, reason):
    replay = replayed(bars_of(*[FLAT] * 4), script)
    assert [refusal.reason for refusal in replay.refusals] == [reason]


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"limit": NAN}, "expected a limit of zero or more, found nan"),
        ({"limit": -1.0}, "expected a limit of zero or more, found -1"),
        ({"exits": Exits(stop=NAN)}, "expected a stop of zero or more, found nan"),
        ({"exits": Exits(stop=INFINITE)}, "expected a stop of zero or more, found inf"),
        ({"exits": Exits(target=NAN)}, "expected a target of zero or more, found nan"),
        ({"exits": Exits(target=-0.5)}, "expected a target of zero or more, found -0.5"),
        ({"exits": Exits(trail=NAN)}, "expected a trail of zero or more, found nan"),
        ({"exits": Exits(hold_seconds=-1)}, "expected a holding time of zero seconds or more, found -1"),
    ],
)
@pytest.mark.parametrize("make", [buy, sell], ids=["long", "short"])
def test_an_order_whose_price_or_exit_is_no_number_is_refused(make, order, reason):
    """Five times an average range that is not known yet would be a target that every bar has reached, at no price."""
    replay = replayed(bars_of(*[FLAT] * 4), {0: [make(**order)]})
    assert [refusal.reason for refusal in replay.refusals] == [reason]
    assert (replay.trades, replay.open_position) == ((), None)
    assert replay.equity.tolist() == [1_000.0] * 4


def test_a_distance_of_zero_can_be_meant():
    """A stop at the price of the entry: out as soon as the open is no better."""
    replay = replayed(bars_of(*[FLAT] * 4), {0: [buy(exits=Exits(stop=0.0, hold_seconds=0))]})
    assert (replay.refusals, [trade.exit_reason for trade in replay.trades]) == ((), [ExitReason.STOP])


def test_when_the_money_is_gone_it_ends():
    """Ten sold short at 100 with 1,000 behind them: at 210 they have cost 1,100."""
    bars = bars_of(FLAT, FLAT, (210.0, 210.0, 210.0, 210.0), (215.0, 215.0, 215.0, 215.0), FLAT, FLAT)
    strategy = Scripted({0: [sell(10.0)], 4: [buy()]})
    replay = full_replay(bars, strategy, ReplaySetup(cash=1_000.0, costs=FREE))
    assert [(trade.exit_reason, trade.exit_price) for trade in replay.trades] == [(ExitReason.RUIN, 215.0)]
    assert replay.equity.tolist() == [1_000.0, 1_000.0, -100.0, -150.0, -150.0, -150.0]
    assert len(strategy.shown) == 2


def test_what_is_open_at_the_end_is_marked_and_not_closed():
    replay = replayed(bars_of(FLAT, FLAT, (100.0, 104.0, 100.0, 104.0)), {0: [buy(2.0)]})
    assert replay.trades == ()
    assert replay.equity[-1] == 1_008.0
    assert replay.open_position is not None


def test_a_strategy_is_shown_what_has_ended_and_nothing_else():
    strategy = Scripted({})
    full_replay(bars_of(*[FLAT] * 3), strategy, ReplaySetup(cash=1_000.0))
    assert strategy.shown == [(1, 1_000.0), (2, 1_000.0), (3, 1_000.0)]


HALF = (0.5, 0.5, 0.5, 0.5)
NO_VOLUME = {"is_market": True, "volume": np.full(4, np.nan)}


@pytest.mark.parametrize(
    ("value", "made", "reason"), [(1.0, 5.0, "settled"), (0.0, -5.0, "settled"), (None, 0.0, "void")]
)
def test_a_market_settles_in_the_bar_in_which_it_is_resolved(value, made, reason):
    """Ten shares at 0.50; the third bar holds the resolution, so its prices count no more."""
    bars = bars_of(HALF, HALF, (0.9, 0.9, 0.9, 0.9), HALF, **NO_VOLUME)
    settlement = Settlement(at=int(bars.opens_at[2]) + 60, value=value)
    replay = replayed(bars, {0: [buy(10.0)], 2: [buy()]}, settlement=settlement)
    (trade,) = replay.trades
    assert (trade.profit, trade.exit_reason, trade.exited_at) == (made, reason, bars.at(2))
    assert replay.equity.tolist() == [1_000.0, 1_000.0, 1_000.0 + made, 1_000.0 + made]


def test_a_market_resolved_as_its_bars_end_settles_there():
    bars = bars_of(*[HALF] * 4, **NO_VOLUME)
    settlement = Settlement(at=int(bars.opens_at[3]) + HOUR, value=1.0)
    replay = replayed(bars, {0: [buy(10.0)]}, settlement=settlement)
    assert replay.open_position is None
    assert replay.equity[-1] == 1_005.0


def test_an_order_into_a_settled_market_is_refused():
    bars = bars_of(*[HALF] * 4, **NO_VOLUME)
    replay = replayed(bars, {1: [buy()]}, settlement=Settlement(at=int(bars.opens_at[2]), value=1.0))
    assert [refusal.reason for refusal in replay.refusals] == ["the market is settled"]


def test_who_sells_a_share_short_risks_the_rest_to_a_dollar():
    """1,000 shares at 0.90: a hundred dollars are at risk, so they can be sold short with 1,000 dollars."""
    ninety = (0.9, 0.9, 0.9, 0.9)
    replay = replayed(bars_of(*[ninety] * 4, **NO_VOLUME), {0: [sell(1_000.0)]})
    assert replay.open_position is not None


def test_no_share_is_bought_above_a_dollar_nor_sold_below_nothing():
    costs = Costs(fee=ProportionalFee(rate=0.0), half_spread=0.02, slippage=0.0)
    assert costs.filled(0.99, 1, is_market=True) == 1.0
    assert costs.filled(0.01, -1, is_market=True) == 0.0
    assert costs.filled(0.5, 1, is_market=True) == pytest.approx(0.52)


def test_a_venue_takes_its_fee_by_the_day():
    """Polymarket since 2026-03-30: 100 shares at 0.50 at a rate of 0.05 are 100 * 0.05 * 0.25 = 1.25 dollars."""
    terms = FeeTerms(kind=FeeKind.CURVE, rate_ppm=50_000, exponent_ppm=1_000_000, is_taker_only=True)
    fee = VenueFee(venue=Venue.POLYMARKET, terms=terms)
    assert fee.of(0.5, 100.0, _seconds(date(2026, 6, 1))) == 1.25


def test_a_fee_that_is_not_known_refuses_the_order():
    bars = bars_of(*[HALF] * 4, **NO_VOLUME)
    costs = Costs(fee=VenueFee(venue=Venue.POLYMARKET, terms=None), half_spread=0.0, slippage=0.0)
    replay = replayed(bars, {0: [buy(10.0)]}, costs=costs)
    assert replay.open_position is None
    assert "fee terms of this polymarket market are not known" in replay.refusals[0].reason


def test_a_settlement_belongs_to_bars_of_a_market():
    with pytest.raises(ConfigurationError, match="bars of a market where there is a settlement, found those of ETH"):
        replayed(bars_of(FLAT, FLAT), {}, settlement=Settlement(at=0, value=1.0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Costs(half_spread=-0.1),
        lambda: Costs(slippage=1.0),
        lambda: Costs(fee=ProportionalFee(rate=float("nan"))),
        lambda: ReplaySetup(cash=0.0),
    ],
)
def test_terms_that_make_no_sense_are_refused(make):
    with pytest.raises(ConfigurationError, match="expected"):
        make()


def _seconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400
