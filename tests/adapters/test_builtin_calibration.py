"""On a synthetic world of known truth the built-in models know what they do not know.

A small world in a few seconds; ``make eval-builtin`` does the same over thousands of markets and writes the page.
"""

from __future__ import annotations

import numpy as np
import pytest

from bench.eval_builtin import QUICK, Row, Runner, coverage, rows
from bench.synthetic_contexts import AS_OF, cases
from edgeworth.adapters.synthetic.world import World
from edgeworth.probability.scoring import brier_score
from edgeworth.simulation.builtin import BuiltinModel


@pytest.fixture(scope="module")
def found() -> list[Row]:
    runner = Runner()
    given = list(rows(runner, cases(World(seed=301, as_of=AS_OF, event_count=100)), QUICK))
    assert not runner.refused
    return given


def test_enough_markets_and_every_model(found):
    assert len(found) > 200
    assert {row.model for row in found} == {model.value for model in BuiltinModel}


def test_ninety_percent_intervals_hold_the_true_probability_about_that_often(found):
    """Within five hundredths of 90 %: this few events (standard error about 0.015) cannot say more."""
    share, error = coverage(found)
    assert error < 0.02
    assert 0.85 < share < 0.95


def test_intervals_are_not_simply_wide(found):
    """Half as far from the truth as a market's lasting error at even odds, and narrow where a quantity's past is known."""
    widths = [row.high - row.low for row in found if row.model == "price_threshold"]
    assert np.mean(widths) < 0.05


def test_models_come_nearer_to_the_truth_than_the_price(found):
    model = np.mean([(row.probability - row.truth) ** 2 for row in found])
    price = np.mean([(row.price - row.truth) ** 2 for row in found])
    assert model < price


def test_models_beat_the_naive_forecasts(found):
    decided = [row for row in found if row.outcome is not None]
    outcomes = [row.outcome for row in decided]
    base = [float(np.mean(outcomes))] * len(decided)
    score = brier_score([row.probability for row in decided], outcomes)
    assert score < brier_score(base, outcomes) < brier_score([0.5] * len(decided), outcomes)
