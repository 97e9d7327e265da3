"""Model against market: which doubts count, what is shown, and what never is."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from edgeworth.errors import ConfigurationError, DataError
from edgeworth.probability.devig import power
from edgeworth.simulation.context import KnownEvent, Sibling
from edgeworth.simulation.estimate import EstimateRule, Verdict, between_models, estimate, in_order, market_view
from edgeworth.simulation.result import (
    Anchoring,
    Belief,
    OutcomeChance,
    Problem,
    SimulationResult,
    SimulationStatus,
)
from tests.contexts import AS_OF, changed, context, quote

QUOTED = context(quote=quote(0.39, 0.41, age_seconds=60))
QUIET = EstimateRule(market_noise=0.0)


def result(probability: float, error: float = 0.01, label=Anchoring.INDEPENDENT, belief: float | None = None):
    outcomes = tuple(
        OutcomeChance(label=name, probability=p, standard_error=error, low=0.0, high=1.0)
        for name, p in (("Yes", probability), ("No", 1 - probability))
    )
    doubt = None if belief is None else Belief(
        confidence=0.9, low=probability - belief, high=probability + belief, mean=probability, deviation=belief, draws=100
    )  # fmt: skip
    return SimulationResult(
        contract=1, status=SimulationStatus.OK, seed=0, runs=100, label=label, outcomes=outcomes, belief=doubt
    )


FAILED = SimulationResult(
    contract=1, status=SimulationStatus.INVALID, seed=0, problem=Problem(code="raised", message="x")
)


# --- the market -------------------------------------------------------------------------------------------------------


def test_the_market_is_its_mid_with_age_spread_and_error():
    """Anywhere within a spread of 0.02 deviates by 0.02 / sqrt 12; noise of 0.1 in log-odds is 0.024 at 0.4."""
    found = market_view(QUOTED)
    assert found is not None
    assert (found.probability, found.method, found.age_seconds) == (pytest.approx(0.4), "mid", 60.0)
    assert found.spread == pytest.approx(0.02)
    assert found.standard_error == pytest.approx(math.hypot(0.02 / math.sqrt(12), 0.1 * 0.24))


@pytest.mark.parametrize("given", [context(), context(quote=quote(0.4, None)), context(quote=quote(None, 0.4))])
def test_a_missing_side_has_no_mid(given):
    assert market_view(given) is None


def test_a_bid_above_the_ask_has_no_mid_and_shows_no_discrepancy():
    """One of the two is of another moment: 0.5 between 0.6 and 0.4 is what nobody bids and nobody asks."""
    crossed = context(quote=quote(0.60, 0.40))
    assert market_view(crossed) is None
    assert estimate(crossed, [result(0.02)]).verdict is Verdict.NOT_COMPARABLE
    locked = market_view(context(quote=quote(0.40, 0.40)))
    assert locked is not None
    assert (locked.probability, locked.spread) == (0.40, 0.0)


def test_a_complete_event_is_freed_of_its_margin():
    def event(**more):
        sibling = Sibling(market_id="s", question="", label="", observed_at=AS_OF, bid=0.64, ask=0.66)
        return KnownEvent(**({"title": "", "is_exclusive": True, "is_complete": True, "siblings": (sibling,)} | more))

    freed = market_view(changed(QUOTED, event=event()))
    assert freed is not None
    assert (freed.probability, freed.method) == (pytest.approx(power([0.4, 0.65])[0]), "mid, power")
    crossed = Sibling(market_id="s", question="", label="", observed_at=AS_OF, bid=0.66, ask=0.64)
    old = Sibling(market_id="s", question="", label="", observed_at=AS_OF - timedelta(hours=25), bid=0.64, ask=0.66)
    for left_alone in (
        event(siblings=(old,)),
        event(is_complete=False),
        event(is_exclusive=False),
        event(siblings=()),
        event(siblings=(crossed,)),
    ):
        found = market_view(changed(QUOTED, event=left_alone))
        assert found is not None
        assert found.method == "mid"


# --- the difference ---------------------------------------------------------------------------------------------------


def test_the_error_of_the_difference_holds_every_doubt():
    """sampling 0.03, belief 0.04, spread 0.02 / sqrt 12; market noise left out by the rule."""
    found = estimate(QUOTED, [result(0.5, 0.03, belief=0.04)], QUIET)
    assert found.difference == pytest.approx(0.1)
    assert found.difference_error == pytest.approx(math.sqrt(0.03**2 + 0.04**2 + 0.02**2 / 12))


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(0.06, Verdict.INSIDE_NOISE), (0.04, Verdict.WORTH_A_LOOK), (0.02, Verdict.STRONG)],
)
def test_verdicts_count_standard_errors(error, verdict):
    assert estimate(QUOTED, [result(0.5, error)], QUIET).verdict is verdict


@pytest.mark.parametrize("label", [Anchoring.ANCHORED, None])
def test_an_anchored_or_untested_model_never_shows_a_discrepancy(label):
    found = estimate(QUOTED, [result(0.9, 0.001, label=label)])
    assert (found.difference, found.difference_error, found.verdict) == (None, None, Verdict.NOT_COMPARABLE)
    assert found.combined == pytest.approx(0.4)
    assert found.sure_difference == 0.0


@pytest.mark.parametrize(("hours", "verdict"), [(23, Verdict.STRONG), (25, Verdict.NOT_COMPARABLE)])
def test_a_price_of_days_ago_shows_no_discrepancy(hours, verdict):
    given = context(quote=quote(0.39, 0.41, age_seconds=hours * 3600.0))
    found = estimate(given, [result(0.8)], QUIET)
    assert found.verdict is verdict
    assert found.market is not None, "it is shown with its age"
    assert (found.difference is None) is (verdict is Verdict.NOT_COMPARABLE)


def test_one_anchored_model_among_many_anchors_them_all():
    found = estimate(QUOTED, [result(0.9), result(0.9, label=Anchoring.ANCHORED)])
    assert found.verdict is Verdict.NOT_COMPARABLE


def test_without_a_market_price_the_model_stands_alone():
    found = estimate(context(), [result(0.7)])
    assert (found.market, found.verdict) == (None, Verdict.NOT_COMPARABLE)
    assert (found.combined, found.model_weight) == (pytest.approx(0.7), 1.0)


def test_the_combination_is_a_mean_in_log_odds_by_the_documented_weight():
    """A quarter of log-odds 2 (0.8808) and three quarters of log-odds -0.4055 (0.4)."""
    found = estimate(QUOTED, [result(1 / (1 + math.exp(-2)))])
    assert found.combined == pytest.approx(1 / (1 + math.exp(-(0.25 * 2 + 0.75 * math.log(0.4 / 0.6)))))


# --- several models ---------------------------------------------------------------------------------------------------


def test_the_spread_between_models_is_what_sampling_does_not_explain():
    """0.4, 0.5, 0.6 have variance 0.01; errors of 0.06 explain 0.0036 of it."""
    assert between_models([0.4, 0.5, 0.6], [0.06] * 3) == pytest.approx(0.08)
    assert between_models([0.50, 0.51], [0.05] * 2) == 0.0
    assert between_models([0.5], [0.01]) is None


def test_several_models_are_averaged_and_failures_passed_over():
    found = estimate(QUOTED, [result(0.4, 0.03, belief=0.1), FAILED, result(0.6, 0.04, belief=0.1)], QUIET)
    assert (found.models, found.model_probability) == (2, pytest.approx(0.5))
    assert found.sampling_error == pytest.approx(0.025)
    assert (found.low, found.high) == (pytest.approx(0.3), pytest.approx(0.7))
    assert found.between_models == pytest.approx(math.sqrt(0.02 - (0.03**2 + 0.04**2) / 2))


def test_a_model_without_beliefs_claims_no_interval():
    assert estimate(QUOTED, [result(0.5)]).low is None
    assert estimate(QUOTED, [result(0.5), result(0.5, belief=0.1)]).low is None


def test_no_model_no_estimate():
    with pytest.raises(DataError, match="at least one model"):
        estimate(QUOTED, [FAILED])


@pytest.mark.parametrize(
    "bad", [{"model_weight": 1.5}, {"market_noise": -0.1}, {"worth_a_look": 4.0}, {"worth_a_look": 0.0}]
)
def test_a_rule_that_contradicts_itself_is_refused(bad):
    with pytest.raises(ConfigurationError):
        EstimateRule(**bad)


# --- order ------------------------------------------------------------------------------------------------------------


def test_a_large_noisy_difference_never_comes_before_a_sure_one():
    noisy = estimate(changed(QUOTED, market_id="noisy"), [result(0.8, 0.3)], QUIET)
    sure = estimate(changed(QUOTED, market_id="sure"), [result(0.5, 0.01)], QUIET)
    surer = estimate(changed(QUOTED, market_id="surer"), [result(0.55, 0.01)], QUIET)
    look = estimate(changed(QUOTED, market_id="look"), [result(0.6, 0.08)], QUIET)
    anchored = estimate(changed(QUOTED, market_id="anchored"), [result(0.9, label=Anchoring.ANCHORED)], QUIET)
    given = [anchored, noisy, sure, look, surer]
    assert [one.market_id for one in in_order(given)] == ["surer", "sure", "look", "noisy", "anchored"]
    assert noisy.sure_difference == 0.0
    assert sure.sure_difference == pytest.approx(0.1 - 1.6449 * sure.difference_error, abs=1e-4)


def test_no_difference_without_any_error_is_inside_noise():
    flat = context(quote=quote(0.4, 0.4))
    assert estimate(flat, [result(0.4, 0.0)], QUIET).verdict is Verdict.INSIDE_NOISE
    assert estimate(flat, [result(0.5, 0.0)], QUIET).verdict is Verdict.STRONG
