"""What the truth of a synthetic world promises: calibrated, known from the start, never ahead of its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from edgeworth.adapters.synthetic.beliefs import Exclusive, Level, Motion, Waiting
from edgeworth.adapters.synthetic.building import build_event
from edgeworth.adapters.synthetic.clob_payloads import clob_market
from edgeworth.adapters.synthetic.draws import derive
from edgeworth.adapters.synthetic.events import Relation, Shape, Stage, SyntheticEvent
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.gamma_payloads import gamma_event, gamma_market, is_closed
from edgeworth.adapters.synthetic.instants import DAY, HOUR
from edgeworth.adapters.synthetic.kalshi_payloads import candle_ends, kalshi_candles, kalshi_market
from edgeworth.adapters.synthetic.prices import quotes
from edgeworth.adapters.synthetic.truth import true_probabilities, truth_document, truth_of, truths
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

POLYMARKET, KALSHI = Venue.SYNTHETIC_POLYMARKET, Venue.SYNTHETIC_KALSHI
AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
START = datetime(2026, 6, 24, tzinfo=UTC)
indices = st.integers(0, 400)


def world_at(instant: datetime, seed: int = 7) -> World:
    return World(seed=seed, as_of=instant, event_count=401, start=START)


WORLD = world_at(AS_OF)


# --- truth is calibrated ----------------------------------------------------------------------------------------------


def calibration_gaps(chances: np.ndarray, outcomes: np.ndarray) -> list[float]:
    """For ten bins of equal width: (observed - stated) in standard errors of a calibrated forecaster."""
    gaps = []
    for low in np.arange(0.0, 1.0, 0.1):
        inside = (chances >= low) & (chances < low + 0.1)
        if inside.sum() >= 50:
            error = np.sqrt((chances[inside] * (1 - chances[inside])).sum()) / inside.sum()
            gaps.append(float((outcomes[inside].mean() - chances[inside].mean()) / error))
    return gaps


@pytest.fixture(scope="module")
def many_events() -> list[SyntheticEvent]:
    return [build_event(11, int(START.timestamp()), index) for index in range(3_000)]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_of_all_claims_that_stand_at_p_a_share_p_comes_true(many_events: list[SyntheticEvent], share: float) -> None:
    """One market an event (markets of one event are not independent), voids left out, at three moments of its life."""
    chances, outcomes = [], []
    for index, event in enumerate(many_events):
        market = (event.polymarket or event.kalshi)[index % len(event.polymarket or event.kalshi)]
        if market.ending.shape is not Shape.DECIDED or market.ending.payouts is None:
            continue
        instant = int(event.opens_at + share * (market.deadline - event.opens_at))
        chances.append(event.probabilities((market,), np.array([instant]))[0, 0])
        outcomes.append(market.ending.payouts[0])
    gaps = calibration_gaps(np.array(chances), np.array(outcomes))
    assert len(gaps) >= 8
    assert max(map(abs, gaps)) < 4.0
    assert np.square(gaps).mean() < 2.5


def test_the_posterior_of_an_exclusive_outcome_is_the_likelihood_ratio_worked_out_by_hand() -> None:
    """p_1/p_0 = prior_1/prior_0 * exp(a (Y_1 - Y_0)), with Y = B + a t for the winner and Y = B for the others."""
    belief = Exclusive(5, np.array([0.2, 0.5, 0.3]), 1.3, 0, 40 * DAY)
    motion = Motion(derive(5, "motion"), 3, 40 * 96)
    evidence = motion.at(np.array([10 * 96]))[:, 0]
    evidence[belief.winner] += 1.3 * 0.25
    weights = np.array([0.2, 0.5, 0.3]) * np.exp(1.3 * evidence)
    chances = belief.probabilities(np.array([0.0, 1.0, 2.0]), np.array([10 * DAY]))[:, 0]
    assert chances == pytest.approx(weights / weights.sum(), abs=1e-12)


def test_before_any_evidence_the_truth_is_the_prior() -> None:
    belief = Exclusive(5, np.array([0.2, 0.5, 0.3]), 1.3, 0, 40 * DAY)
    assert belief.probabilities(np.array([0.0, 1.0, 2.0]), np.array([0]))[:, 0] == pytest.approx([0.2, 0.5, 0.3])


def test_a_level_stands_where_the_normal_table_says() -> None:
    """P(W(1) > 1.96) = 0.025 at the start."""
    assert Level(3, 0, 10 * DAY).probabilities(np.array([1.959964]), np.array([0]))[0, 0] == pytest.approx(
        0.025, abs=1e-6
    )


def test_waiting_decays_as_the_exponential_says() -> None:
    """Rate 0.01 a day, 100 days left: 1 - 1/e."""
    belief = Waiting(3, 0.01 / DAY, 0, 200 * DAY)
    assert belief.happens_at > 0
    assert belief.probabilities(np.array([100.0 * DAY]), np.array([0]))[0, 0] == pytest.approx(0.6321205588, abs=1e-9)


def test_motion_has_independent_increments_of_the_right_variance() -> None:
    """2,000 paths over 300 steps: variance of W at a third is 1/3, and the next third is not correlated with it."""
    paths = np.array([Motion(key, 1, 300).at(np.array([100, 200]))[0] for key in range(2_000)])
    assert paths[:, 0].var() == pytest.approx(1 / 3, rel=0.1)
    assert (paths[:, 1] - paths[:, 0]).var() == pytest.approx(1 / 3, rel=0.1)
    assert np.corrcoef(paths[:, 0], paths[:, 1] - paths[:, 0])[0, 1] == pytest.approx(0.0, abs=0.07)


# --- nothing is known before its time ---------------------------------------------------------------------------------


@given(indices, st.floats(0.0, 1.0), st.floats(0.0, 40.0))
@settings(max_examples=60)
def test_what_was_known_before_does_not_change_when_time_goes_on(index: int, share: float, days: float) -> None:
    """Prices, trades and news up to an instant are the same, seen then or later."""
    then = START + timedelta(days=160 * share)
    early, late = world_at(then), world_at(then + timedelta(days=days))
    event, same = early.event(index), late.event(index)
    assert event is not None
    assert same is not None
    assert [item for item in late.news(same) if item.published_at <= early.now] == early.news(event)
    for market in (*event.polymarket, *event.kalshi):
        if early.now <= event.opens_at:
            continue
        count = early.trade_count(market)
        assert early.trades(event, market, count - 5, 5) == late.trades(same, market, count - 5, 5)
        end = min(early.now, market.ending.ends_at - 1)
        instants = list(range(max(event.opens_at, end - 2 * DAY), end + 1, HOUR))
        assert early.prices(event, market, instants) == late.prices(same, market, instants)


@given(indices, st.floats(0.0, 1.0))
@settings(max_examples=60)
def test_while_a_market_is_open_its_answer_changes_no_byte_that_is_served(index: int, share: float) -> None:
    world = world_at(START + timedelta(days=160 * share))
    event = world.event(index)
    assert event is not None
    for venue, render in ((POLYMARKET, gamma_market), (KALSHI, kalshi_market)):
        for seen in world.snapshots(event, venue):
            ending = seen.market.ending
            if seen.stage is not Stage.OPEN:
                continue
            other = structs.replace(
                ending,
                ends_at=seen.market.deadline - 1,
                resolved_at=ending.resolved_at + DAY,
                payouts=(0.5, 0.5),
                shape=Shape.VOID,
                is_disputed=not ending.is_disputed,
            )
            changed = structs.replace(seen, market=structs.replace(seen.market, ending=other))
            assert render(world, event, changed) == render(world, event, seen)


def test_an_event_does_not_depend_on_which_events_were_asked_for_before() -> None:
    forward = [gamma_event(WORLD, event) for event in WORLD.listed(POLYMARKET)]
    fresh = world_at(AS_OF)
    backward = [gamma_event(fresh, event) for event in fresh.listed(POLYMARKET, 400, backward=True)]
    assert forward == backward[::-1]


def test_an_event_in_outline_agrees_with_the_event_itself() -> None:
    for index in range(WORLD.event_count):
        sketch, event = WORLD.sketch(index), WORLD.event(index)
        assert event is not None
        assert (sketch.is_on_polymarket, sketch.is_on_kalshi) == (bool(event.polymarket), bool(event.kalshi))
        assert (sketch.family, sketch.timing.created_at) == (event.family, event.created_at)
        if event.created_at <= WORLD.now and event.polymarket:
            closed = all(is_closed(one) for one in WORLD.snapshots(event, POLYMARKET))
            assert sketch.is_surely_closed(WORLD.now) in {closed, None}


def test_another_seed_is_another_world() -> None:
    ids = [{truth.native_id for truth in truths(World(seed=seed, as_of=AS_OF, event_count=20))} for seed in (1, 2)]
    assert not ids[0] & ids[1]


# --- prices, books, trades --------------------------------------------------------------------------------------------


@given(indices)
@settings(max_examples=80)
def test_books_hold_sound_prices_and_the_other_outcome_mirrors_them(index: int) -> None:
    event = WORLD.event(index)
    assert event is not None
    for market in (*event.polymarket, *event.kalshi):
        if event.created_at > WORLD.now:
            continue
        ladder = WORLD.ladder(event, market)
        if ladder is None:
            assert WORLD.snapshot(event, market).stage is not Stage.OPEN
            continue
        assert all(0 < price < 1_000 and price % ladder.tick == 0 for price in (*ladder.bids, *ladder.asks))
        assert all(size > 0 for size in (*ladder.bids.values(), *ladder.asks.values()))
        assert ladder.best_bid is None or ladder.best_ask is None or ladder.best_bid < ladder.best_ask
        mirror = ladder.mirrored()
        assert mirror.mirrored() == ladder
        assert mirror.best_bid == (None if ladder.best_ask is None else 1_000 - ladder.best_ask)


@given(indices)
@settings(max_examples=60)
def test_the_volume_is_the_sum_of_the_trades_and_candles_hold_each_trade_once(index: int) -> None:
    event = WORLD.event(index)
    assert event is not None
    for market in event.kalshi if event.created_at <= WORLD.now else ():
        count = WORLD.trade_count(market)
        trades = WORLD.trades(event, market, 0, count)
        seen = WORLD.snapshot(event, market)
        assert sum(trade.cents for trade in trades) == seen.volume_cents[0]
        assert seen.last == (trades[-1].yes_mills if trades else None)
        assert [trade.at for trade in trades] == sorted(trade.at for trade in trades)
        ends = candle_ends(WORLD, market, 0, WORLD.now + DAY, 60)
        whole_hours = [trade for trade in trades if ends and trade.at <= ends[-1]]
        candles = kalshi_candles(WORLD, event, market, ends, 60, is_archive=False)
        assert sum(round(float(one["volume_fp"]) * 100) for one in candles) == sum(one.cents for one in whole_hours)


def test_a_skilled_wallet_takes_the_underpriced_side_as_often_as_its_skill_says() -> None:
    """Right side with probability (1 + s) / 2: 0.95, 0.75, 0.6 and 0.5."""
    right: dict[float, list[bool]] = {}
    for event, market in WORLD.markets():
        count = min(WORLD.trade_count(market), 300)
        if event.created_at > WORLD.now or not count:
            continue
        trades = WORLD.trades(event, market, 0, count)
        seen = quotes(event, (market,), np.array([trade.at for trade in trades]))
        for trade, truth, price in zip(trades, seen.truth[0], seen.price[0], strict=True):
            right.setdefault(WORLD.wallets()[trade.wallet].skill, []).append(trade.toward_yes == (truth > price))
        if sum(map(len, right.values())) > 20_000:
            break
    for skill, hits in right.items():
        assert np.mean(hits) == pytest.approx((1 + skill) / 2, abs=5 * 0.5 / np.sqrt(len(hits)))


# --- relations --------------------------------------------------------------------------------------------------------


def test_outcomes_of_a_complete_group_add_up_and_exactly_one_wins() -> None:
    for event in WORLD.listed(POLYMARKET):
        if not event.is_exclusive or event.is_augmented or event.polymarket[0].ending.shape is not Shape.DECIDED:
            continue
        instants = np.linspace(event.opens_at, event.closes_at, 9).astype(np.int64)
        assert event.probabilities(event.polymarket, instants).sum(axis=0) == pytest.approx(np.ones(9))
        assert sum(market.ending.payouts[0] for market in event.polymarket if market.ending.payouts) == 1.0


def test_true_ladders_are_monotone() -> None:
    """The higher the level the less likely, the later the deadline the more likely."""
    for event in WORLD.listed(POLYMARKET):
        instants = np.linspace(event.opens_at, event.closes_at, 9).astype(np.int64)
        steps = np.diff(event.probabilities(event.polymarket, instants), axis=0)
        if event.family.kind is Kind.LEVELS:
            assert (steps <= 1e-12).all()
        if event.family.kind is Kind.DEADLINES:
            assert (steps >= -1e-12).all()


def test_twins_are_paid_as_their_relation_says() -> None:
    found = dict.fromkeys(Relation, 0)
    for event in WORLD.listed(KALSHI):
        for twin in event.kalshi:
            if twin.relation is None or twin.twin is None:
                continue
            found[twin.relation] += 1
            other = event.polymarket[twin.twin]
            assert other.ending.payouts is not None
            assert twin.ending.payouts is not None
            if twin.relation is Relation.EQUIVALENT:
                assert twin.ending.payouts == other.ending.payouts
            if twin.relation is Relation.INVERSE:
                assert twin.ending.payouts == pytest.approx(other.ending.payouts[::-1])
            assert (twin.relation is Relation.NEAR) == (twin.difference is not None)
    assert min(found.values()) >= 10


def test_markets_of_a_group_are_mispriced_enough_for_their_prices_not_to_add_up() -> None:
    sums = []
    for event in WORLD.listed(POLYMARKET):
        shown = [one.shown for one in WORLD.snapshots(event, POLYMARKET) if one.stage is Stage.OPEN and one.shown]
        if event.is_exclusive and not event.is_augmented and len(shown) == len(event.polymarket):
            sums.append(sum(shown) / 1_000)
    assert any(abs(total - 1.0) > 0.03 for total in sums)
    assert np.mean(sums) == pytest.approx(1.0, abs=0.15)


# --- identity and truth -----------------------------------------------------------------------------------------------


def test_every_listed_market_is_found_by_each_of_its_names() -> None:
    for truth in truths(WORLD):
        found = WORLD.find(truth.venue, truth.native_id)
        assert found is not None
        assert WORLD.native_id(*found) == truth.native_id
        if truth.venue is POLYMARKET:
            assert WORLD.by_market_slug(found[1].slug) == found
            for outcome, token in enumerate(WORLD.identity.token_ids(found[1])):
                assert WORLD.by_token(token) == (*found, outcome)
                assert int(token) < 2**256
            row = clob_market(WORLD, found[0], WORLD.snapshot(*found))
            assert row["condition_id"] == truth.native_id


@pytest.mark.parametrize("name", ["", "0x", "0x" + "ab" * 32, "zz", "KXNO-26NOV30ZZZZ-Y", "KX", "123", "٣", "9" * 90])
def test_a_name_that_is_not_of_this_world_leads_nowhere(name: str) -> None:
    assert WORLD.by_condition(name) is None
    assert WORLD.by_token(name) is None
    assert WORLD.by_ticker(name) is None
    assert WORLD.by_gamma_event(name) is None
    assert WORLD.by_market_slug(name) is None


def test_the_truth_can_be_written_and_names_both_sides_of_a_twin() -> None:
    document = msgspec.json.decode(msgspec.json.encode(truth_document(WORLD)))
    by_id = {one["native_id"]: one for one in document["markets"]}
    assert len(by_id) == WORLD.listed_market_count()
    twinned = [one for one in by_id.values() if one["twins"]]
    assert twinned
    for one in twinned:
        for twin in one["twins"]:
            assert one["native_id"] in {back["native_id"] for back in by_id[twin["native_id"]]["twins"]}


def test_true_probabilities_end_at_the_answer() -> None:
    decided = next(
        one for one in truths(WORLD) if one.shape is Shape.DECIDED and one.resolved_at < AS_OF and one.payouts
    )
    assert truth_of(WORLD, decided.venue, decided.native_id) == decided
    assert true_probabilities(WORLD, decided.venue, decided.native_id, [decided.resolved_at]) == [decided.payouts[0]]


def test_a_world_of_fifty_thousand_markets_lists_that_many() -> None:
    assert World.with_market_count(50_000, as_of=AS_OF).event_count < 13_000
    assert World.with_market_count(2_000, as_of=AS_OF).listed_market_count() >= 2_000


def test_even_the_smallest_demo_shows_each_way_to_end() -> None:
    demo = World(as_of=AS_OF)
    stages = {
        (one.stage, one.market.ending.shape)
        for venue in (POLYMARKET, KALSHI)
        for event in demo.listed(venue)
        for one in demo.snapshots(event, venue)
    }
    assert {(Stage.RESOLVED, shape) for shape in Shape} <= stages
    assert {Stage.CREATED, Stage.OPEN, Stage.PENDING} <= {stage for stage, _ in stages}
    assert 400 <= demo.listed_market_count() <= 700


def test_a_kalshi_market_without_a_twin_asks_what_it_says() -> None:
    """Nothing in its words denies a claim or differs in a clause, so its truth must not either (teams of a game apart)."""
    alone = [
        market
        for index in range(401)
        if (event := WORLD.event(index)) is not None and not event.polymarket and event.family.kind is not Kind.GAME
        for market in event.kalshi
    ]
    assert len(alone) > 50
    assert not any(market.claim.is_negated or market.claim.flip_probability for market in alone)
