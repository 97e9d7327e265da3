"""Built-in models give what the closed forms say, run in the harness, and can be read."""

from __future__ import annotations

import ast
import math
from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import norm

from edgeworth.markets.relation import Relation
from edgeworth.probability import devig
from edgeworth.simulation.builtin import BuiltinModel, render
from edgeworth.simulation.context import KnownEvent, MatchedMarket, PriceClaim, Sibling, SpotScale, Timing
from edgeworth.simulation.contract import RunOptions, run_here
from edgeworth.simulation.departure import DEFAULT_DEPARTURE, Departure
from edgeworth.simulation.result import Anchoring, SimulationResult, SimulationStatus, read_result
from tests.contexts import AS_OF, above, changed, context, hourly, quote, spot

MONTH = AS_OF + timedelta(days=30)
HOURS = 720.0

EXACT = Departure(
    noise_sizes=(1e-3,), noise_shares=(1.0,), lasting_share=0.0, lasting_size=0.1, lasting_spread=0.1, rounding=1e-5
)
"""Prices that are the truth: what is left is the arithmetic of the model."""


def simulated(model: BuiltinModel, given, departure=DEFAULT_DEPARTURE, **options) -> SimulationResult:
    found = read_result(run_here(render(model, departure), given, RunOptions(**options)), 2)
    assert found.status is SimulationStatus.OK, found.problem
    return found


def probability(model: BuiltinModel, given, departure=DEFAULT_DEPARTURE) -> float:
    return simulated(model, given, departure, runs=1000, batch=1000, validate=False).outcomes[0].probability


def namespace(model: BuiltinModel) -> dict:
    """The functions of a model, to be tried one by one."""
    found: dict = {}
    exec(compile(render(model), "model.py", "exec"), found)
    return found


def steps(size: float, count: int = 2_000, seed: int = 5):
    """A walk from 0 back to 0 whose hourly steps are normal, of exactly this deviation, in random order."""
    normal = norm.ppf((np.arange(count) + 0.5) / count)
    moves = size * normal / normal.std()
    return np.concatenate([[0.0], np.cumsum(np.random.default_rng(seed).permutation(moves))])


# --- a level of a quantity --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", [0.0, 0.5, 1.0, 2.0, -1.5])
def test_at_the_close_it_is_the_normal_tail(distance):
    """After T hours a driftless walk of deviation s per root hour stands above k with chance 1 - Phi(k / (s sqrt T))."""
    level = distance * 2.0 * math.sqrt(HOURS)
    given = context(closes_at=MONTH, spot=spot(steps(2.0)), claim=above(level))
    assert probability(BuiltinModel.PRICE_THRESHOLD, given) == pytest.approx(norm.sf(distance), abs=0.02)


@pytest.mark.parametrize("distance", [0.25, 0.5, 1.0, 2.0])
def test_by_a_date_it_is_the_reflection_principle(distance):
    """Ever reaching k until T is twice as likely as ending above it: 2 (1 - Phi(k / (s sqrt T)))."""
    level = distance * 2.0 * math.sqrt(HOURS)
    given = context(closes_at=MONTH, spot=spot(steps(2.0)), claim=above(level, Timing.BY))
    assert probability(BuiltinModel.PRICE_THRESHOLD, given) == pytest.approx(2 * norm.sf(distance), abs=0.025)


def test_prices_move_in_logarithms():
    """From 100 to above 110: ln 1.1 against 1 % a root hour over 720 hours."""
    past = 100 * np.exp(steps(0.01))
    given = context(closes_at=MONTH, spot=spot(past, SpotScale.LOG), claim=above(110.0))
    expected = norm.sf(math.log(1.1) / (0.01 * math.sqrt(HOURS)))
    assert probability(BuiltinModel.PRICE_THRESHOLD, given) == pytest.approx(expected, abs=0.02)


def test_below_is_the_contrary_of_above_at_the_close():
    given = context(closes_at=MONTH, spot=spot(steps(2.0)), claim=above(30.0))
    below = changed(given, claim=PriceClaim(threshold=30.0, is_above=False, timing=Timing.AT))
    together = probability(BuiltinModel.PRICE_THRESHOLD, given) + probability(BuiltinModel.PRICE_THRESHOLD, below)
    assert together == pytest.approx(1.0, abs=0.005)


def test_a_level_that_is_passed_already_has_been_reached():
    given = context(closes_at=MONTH, spot=spot(steps(2.0)), claim=above(-1.0, Timing.BY))
    assert probability(BuiltinModel.PRICE_THRESHOLD, given) == pytest.approx(1.0, abs=0.001)


def test_a_trend_is_not_carried_on():
    given = context(closes_at=MONTH, spot=spot(steps(2.0) + 0.5 * np.arange(2_001)), claim=above(1000.0))
    assert probability(BuiltinModel.PRICE_THRESHOLD, given) == pytest.approx(0.5, abs=0.02)


def test_tails_are_as_fat_as_they_were():
    """One hour ahead, one move in a hundred was a jump: beyond it lies half a percent, where a normal has nothing."""
    moves = np.random.default_rng(3).permutation(
        np.concatenate([np.tile([0.1, -0.1], 990), np.tile([10.0, -10.0], 10)])
    )
    given = context(closes_at=AS_OF + timedelta(hours=1), spot=spot(np.cumsum(moves)), claim=None)
    last = given.spot.series.values[-1]
    found = probability(BuiltinModel.PRICE_THRESHOLD, changed(given, claim=above(last + 5.0)))
    assert 0.003 < found < 0.01
    assert norm.sf(5.0 / moves.std()) < 1e-5


def test_a_shorter_past_is_a_wider_belief():
    def width(count):
        given = context(closes_at=MONTH, spot=spot(steps(2.0, count)), claim=above(50.0))
        belief = simulated(BuiltinModel.PRICE_THRESHOLD, given, validate=False).belief
        return belief.high - belief.low

    assert width(60) > 2 * width(2_000)


# --- something by a date ----------------------------------------------------------------------------------------------


def dated(days: float, price: float | None, **more) -> Sibling:
    given = {"bid": price, "ask": price, "observed_at": AS_OF, "closes_at": AS_OF + timedelta(days=days), **more}
    return Sibling(market_id=f"d{days}", question="", label="Yes", **given)


def waiting(rate: float, days: float) -> float:
    return -math.expm1(-rate * days)


def ladder(*siblings: Sibling) -> KnownEvent:
    return KnownEvent(title="When?", is_exclusive=False, is_complete=False, siblings=siblings)


@pytest.mark.parametrize("rate", [0.002, 0.02, 0.1])
def test_other_dates_say_the_rate_and_the_rate_says_this_one(rate):
    """An exponential wait: until D days from now it happens with chance 1 - exp(-rate D)."""
    given = context(closes_at=MONTH, event=ladder(dated(10, waiting(rate, 10)), dated(60, waiting(rate, 60))))
    assert probability(BuiltinModel.HAZARD, given, EXACT) == pytest.approx(waiting(rate, 30), abs=0.005)


def test_its_own_prices_along_the_curve_say_the_rate():
    ahead = 30 + np.arange(100)[::-1] / 24
    past = hourly([waiting(0.03, days) for days in ahead])
    given = context(closes_at=MONTH, history=past)
    assert probability(BuiltinModel.HAZARD, given, EXACT) == pytest.approx(waiting(0.03, 30), abs=0.01)


def test_a_date_that_has_passed_or_has_no_price_says_nothing():
    event = ladder(dated(-1, 0.9), dated(5, None), dated(60, 0.9, is_open=False), dated(60, waiting(0.01, 60)))
    given = context(closes_at=MONTH, event=event)
    assert probability(BuiltinModel.HAZARD, given, EXACT) == pytest.approx(waiting(0.01, 30), abs=0.005)


def test_with_other_dates_the_model_does_not_look_at_its_own_price():
    given = context(closes_at=MONTH, quote=quote(0.7, 0.72), event=ladder(dated(10, 0.1), dated(60, 0.47)))
    found = simulated(BuiltinModel.HAZARD, given)
    assert (found.label, found.price_response) == (Anchoring.INDEPENDENT, 0.0)


# --- outcomes that exclude one another --------------------------------------------------------------------------------


def group(*mids: float | None, is_complete: bool = True) -> KnownEvent:
    siblings = tuple(dated(30, mid) for mid in mids)
    return KnownEvent(title="Who?", is_exclusive=True, is_complete=is_complete, siblings=siblings)


def test_margin_is_taken_off_as_the_library_takes_it_off():
    """The model's power and Shin against edgeworth.probability.devig, an implementation of its own."""
    model = namespace(BuiltinModel.EXCLUSIVE)
    books = np.array([[0.5, 0.4, 0.2], [0.7, 0.2, 0.15], [0.34, 0.34, 0.34]])
    for rows, method in ((model["power"](books), devig.power), (model["shin"](books), devig.shin)):
        np.testing.assert_allclose(rows, [method(book) for book in books], atol=1e-6)


def test_probabilities_of_all_outcomes_sum_to_one():
    mids = [0.5, 0.35, 0.25]
    total = 0.0
    for number, mid in enumerate(mids):
        others = mids[:number] + mids[number + 1 :]
        given = context(quote=quote(mid - 0.005, mid + 0.005), event=group(*others))
        total += probability(BuiltinModel.EXCLUSIVE, given)
    assert total == pytest.approx(1.0, abs=0.03)


def test_prices_that_sum_to_one_stay_where_they_are():
    given = context(quote=quote(0.5, 0.5), event=group(0.3, 0.2))
    assert probability(BuiltinModel.EXCLUSIVE, given, EXACT) == pytest.approx(0.5, abs=0.005)


def test_an_unlisted_answer_may_hold_the_rest():
    """0.5 + 0.2 leaves 0.3: if the set were complete the price would be far too low, otherwise there is no hurry."""
    complete = context(quote=quote(0.49, 0.51), event=group(0.2))
    open_ended = changed(complete, event=group(0.2, is_complete=False))
    with_unpriced = changed(complete, event=group(0.2, None))
    assert probability(BuiltinModel.EXCLUSIVE, complete) > 0.6
    assert probability(BuiltinModel.EXCLUSIVE, open_ended) == pytest.approx(0.5, abs=0.02)
    assert probability(BuiltinModel.EXCLUSIVE, with_unpriced) == pytest.approx(0.5, abs=0.02)


# --- markets elsewhere ------------------------------------------------------------------------------------------------


def elsewhere(relation: Relation, price: float, confidence: float = 1.0) -> MatchedMarket:
    return MatchedMarket(
        market_id="k", question="", relation=relation, confidence=confidence, observed_at=AS_OF, bid=price, ask=price
    )


@pytest.mark.parametrize(("relation", "expected"), [(Relation.EQUIVALENT, 0.62), (Relation.INVERSE, 0.38)])
def test_the_same_bet_elsewhere_says_the_price(relation, expected):
    given = context(quote=quote(0.2, 0.22), matched=(elsewhere(relation, 0.62),))
    assert probability(BuiltinModel.BOUNDS, given, EXACT) == pytest.approx(expected, abs=0.005)
    assert simulated(BuiltinModel.BOUNDS, given).label is Anchoring.INDEPENDENT


@pytest.mark.parametrize(
    ("relation", "other", "low", "high"),
    [
        (Relation.A_IMPLIES_B, 0.3, 0.2, 0.42),
        (Relation.B_IMPLIES_A, 0.7, 0.58, 0.8),
        (Relation.EXCLUSIVE, 0.7, 0.2, 0.42),
        (Relation.A_IMPLIES_B, 0.9, 0.45, 0.55),
        (Relation.RELATED, 0.1, 0.0, 1.0),
    ],
)
def test_bounds_move_a_price_that_breaks_them_and_no_other(relation, other, low, high):
    given = context(quote=quote(0.49, 0.51), matched=(elsewhere(relation, other),))
    if relation is Relation.RELATED:
        found = run_here(render(BuiltinModel.BOUNDS), given, RunOptions())
        assert found["status"] == "abstained"
    else:
        assert low < probability(BuiltinModel.BOUNDS, given) < high


def test_a_relation_that_is_half_sure_is_half_believed():
    """Half of the weight says 0.9, half says nothing (0.5 on average)."""
    given = context(matched=(elsewhere(Relation.EQUIVALENT, 0.9, confidence=0.5),))
    assert probability(BuiltinModel.BOUNDS, given, EXACT) == pytest.approx(0.7, abs=0.03)


# --- the market's own belief ------------------------------------------------------------------------------------------


def test_a_still_market_is_believed_and_anchored():
    given = context(closes_at=MONTH, quote=quote(0.29, 0.31), history=hourly([0.3] * 100))
    found = simulated(BuiltinModel.BELIEF_WALK, given, runs=1000)
    assert found.outcomes[0].probability == pytest.approx(0.3, abs=0.01)
    assert found.label is Anchoring.ANCHORED


def test_noise_around_a_level_is_filtered_out():
    """Ten days of a price that jitters around 0.5, and a last quote at the edge of the jitter: noise, mostly."""
    jitter = 0.5 + 0.06 * np.random.default_rng(2).standard_normal(240)
    given = context(quote=quote(0.61, 0.63), history=hourly(jitter))
    assert 0.49 < probability(BuiltinModel.BELIEF_WALK, given) < 0.57


def test_a_jittery_market_is_believed_less():
    def width(noise):
        values = 0.5 + noise * np.random.default_rng(2).standard_normal(240)
        belief = simulated(
            BuiltinModel.BELIEF_WALK, context(history=hourly(values)), EXACT_LASTING, validate=False
        ).belief
        return belief.high - belief.low

    assert width(0.06) > 1.2 * width(0.002)


EXACT_LASTING = Departure(
    noise_sizes=(0.03, 0.12, 0.35),
    noise_shares=(0.72, 0.24, 0.04),
    lasting_share=0.0,
    lasting_size=0.1,
    lasting_spread=0.1,
)


@pytest.mark.parametrize(("now", "level"), [(0.4, 0.8), (0.2, 0.5), (0.05, 0.25)])
def test_a_fair_belief_touches_a_level_as_often_as_optional_stopping_says(now, level):
    """A martingale that ends at 0 or 1 without jumping reaches b > p with chance p / b."""
    walk = namespace(BuiltinModel.BELIEF_WALK)["walk_to_close"]
    rng = np.random.default_rng(1)
    highest, lowest = walk(np.full(20_000, now), np.full(20_000, 1.5), 24.0 * 40, rng)
    assert (highest >= level).mean() == pytest.approx(now / level, abs=0.012)
    assert (lowest <= now).all()


# --- as files ---------------------------------------------------------------------------------------------------------

FULL = context(
    closes_at=MONTH,
    tick_size=0.01,
    quote=quote(0.4, 0.42),
    history=hourly(0.4 + 0.01 * np.random.default_rng(1).standard_normal(100)),
    spot=spot(steps(2.0, 200)),
    claim=above(10.0),
    event=KnownEvent(title="", is_exclusive=True, is_complete=True, siblings=(dated(10, 0.3), dated(60, 0.28))),
    matched=(elsewhere(Relation.EQUIVALENT, 0.45), elsewhere(Relation.A_IMPLIES_B, 0.6)),
)


@pytest.mark.parametrize("model", list(BuiltinModel))
def test_every_model_passes_the_tests_of_the_harness(model):
    found = simulated(model, FULL)
    assert found.belief is not None
    assert found.belief.low <= found.outcomes[0].probability <= found.belief.high
    assert found.drivers
    assert [check.name for check in found.checks] == [
        "shape and bounds",
        "same seed, same answer",
        "other seed, other draws",
        "survives missing fields",
        "price echo",
    ]


@pytest.mark.parametrize("model", list(BuiltinModel))
def test_every_model_abstains_when_it_knows_nothing(model):
    found = read_result(run_here(render(model), context(), RunOptions()), 2)
    assert found.status is SimulationStatus.ABSTAINED
    assert found.problem is not None
    assert len(found.problem.message) > 15


@pytest.mark.parametrize("model", list(BuiltinModel))
def test_every_model_is_a_file_that_a_person_can_read(model):
    source = render(model)
    tree = ast.parse(source)
    assert len(ast.get_docstring(tree) or "") > 200
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {getattr(node, "module", None) or node.names[0].name for node in imports} == {"datetime", "numpy"}
    assert max(map(len, source.splitlines())) <= 120
    assert "{{" not in source
    assert "{%" not in source
    assert source == render(model)
    assert source.endswith("\n")


def test_the_parameters_stand_in_the_source():
    assert "LASTING_SHARE, LASTING_SIZE, LASTING_SPREAD = 0.15, 0.46, 0.13" in render(BuiltinModel.BELIEF_WALK)
    assert "LASTING_SHARE, LASTING_SIZE, LASTING_SPREAD = 0.0, 0.1, 0.1" in render(BuiltinModel.BELIEF_WALK, EXACT)
