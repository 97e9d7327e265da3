"""What comes out of a sandbox is hostile until it has been checked."""

from __future__ import annotations

import copy

import pytest

from edgeworth.errors import DataError
from edgeworth.simulation.contract import RunOptions, run_here
from edgeworth.simulation.result import read_result
from tests.contexts import context

MODEL = "def simulate(context, runs, rng):\n    return {'outcomes': rng.integers(0, 2, runs), 'drivers': {'x': rng.random(runs)}}\n"


@pytest.fixture(scope="module")
def honest():
    return run_here(MODEL, context(), RunOptions())


def test_an_honest_result_is_read(honest):
    assert read_result(honest, 2).runs == 200


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("outcomes", 0, "probability"), 1.2),
        (("outcomes", 0, "probability"), float("nan")),
        (("outcomes", 0, "probability"), 0.99),
        (("outcomes", 0, "probability"), "0.5"),
        (("outcomes", 0, "standard_error"), -1.0),
        (("outcomes", 0, "low"), 0.9),
        (("outcomes",), []),
        (("drivers", 0, "p50"), float("inf")),
        (("drivers", 0, "name"), "x" * 1000),
        (("status",), "fine"),
        (("status",), "invalid"),
        (("label",), "trustworthy"),
        (("runs",), -5),
        (("runs",), 0),
        (("timing",), {"run_seconds": float("nan")}),
    ],
)
def test_a_doctored_result_is_refused(honest, path, value):
    doctored = copy.deepcopy(honest)
    place = doctored
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(DataError):
        read_result(doctored, 2)


@pytest.mark.parametrize("nothing", [None, [], "ok", {}, 5])
def test_what_is_no_result_is_refused(nothing):
    with pytest.raises(DataError):
        read_result(nothing, 2)


def test_a_result_for_another_number_of_outcomes_is_refused(honest):
    with pytest.raises(DataError, match="expected 3 outcomes"):
        read_result(honest, 3)
