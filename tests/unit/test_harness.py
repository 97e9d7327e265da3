"""The harness: what it asks of a model, what it tests, when it stops, and what it reports."""

from __future__ import annotations

import ast
import json
import sys

import pytest

from edgeworth.errors import ConfigurationError
from edgeworth.probability.intervals import wilson
from edgeworth.simulation import harness
from edgeworth.simulation.context import KnownOutcome, context_values
from edgeworth.simulation.contract import RunOptions, draws_a_call, harness_inputs, harness_source, run_here
from edgeworth.simulation.result import Anchoring, SimulationStatus, read_result
from tests.contexts import context, hourly, quote

COIN = """
import numpy as np

def simulate(context, runs, rng):
    return {"outcomes": rng.integers(0, 2, runs)}
"""

SHARES = """
import numpy as np

def simulate(context, runs, rng):
    rate = rng.uniform(0.2, 0.4, runs)
    return {"payouts": np.stack([rate, 1 - rate], axis=1), "drivers": {"rate": rate, "fixed": np.ones(runs)},
            "quantities": {"days": rng.exponential(10, runs)}, "beliefs": rng.uniform(0.2, 0.4, 1000)}
"""


def run(model: str, given=None, **options):
    return run_here(model, given or context(quote=quote(0.4, 0.5)), RunOptions(**options))


def problem(body: str, given=None):
    """What is wrong with a model whose ``simulate`` has this body."""
    found = run(f"import numpy as np\n\ndef simulate(context, runs, rng):\n    {body}\n", given)
    assert found["status"] == "invalid", found
    return found["problem"]


# --- the file itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "early", "expected"),
    [
        (1, False, 100),
        (100, False, 100),
        (200, False, 200),
        (1_000_000, False, 5_000),
        (200, True, 100),
        (20_000, True, 1_000),
        (1_000_000, True, 5_000),
    ],
)
def test_many_draws_are_asked_for_in_few_calls_of_bounded_size(runs, early, expected):
    assert draws_a_call(runs, may_stop_early=early) == expected


def test_the_harness_travels_alone():
    """Standard library and numpy; what can pickle or open files by itself stays out."""
    tree = ast.parse(harness_source())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} - {"numpy"} <= sys.stdlib_module_names | {"__future__"}
    assert not names & {"pickle", "marshal", "shelve", "ctypes", "os", "subprocess", "socket"}
    assert "open(" not in harness_source()


def test_it_runs_from_its_source_as_a_sandbox_runs_it():
    namespace: dict = {}
    exec(compile(harness_source(), "program.py", "exec"), namespace)
    found = namespace["main"](harness_inputs(COIN, context(), RunOptions(runs=50)))
    assert found["status"] == "ok"
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_options_are_those_of_the_harness():
    assert set(RunOptions().__struct_fields__) < set(harness.DEFAULTS)
    assert {
        name: getattr(RunOptions(), name) for name in RunOptions().__struct_fields__
    }.items() <= harness.DEFAULTS.items()


@pytest.mark.parametrize(
    "bad", [{"runs": 0}, {"batch": 0}, {"seed": -1}, {"standard_error": float("nan")}, {"confidence": 1.0}]
)
def test_options_that_cannot_be_meant_are_refused(bad):
    with pytest.raises(ConfigurationError):
        RunOptions(**bad)


# --- the answer -------------------------------------------------------------------------------------------------------


def test_a_fair_coin_comes_out_fair_with_its_errors():
    found = read_result(run(COIN, runs=10_000, batch=2_500), 2)
    first, second = found.outcomes
    assert (found.runs, found.batches, found.stopped_early) == (10_000, 4, False)
    assert first.probability == pytest.approx(0.5, abs=4 * 0.005)
    assert first.probability + second.probability == pytest.approx(1.0)
    assert first.standard_error == pytest.approx(0.005, rel=0.01)
    assert (first.low, first.high) == pytest.approx(tuple(wilson(first.probability, 10_000)))
    assert [first.label, second.label] == ["Yes", "No"]


def test_payouts_beliefs_drivers_and_quantities():
    """Rates uniform on 0.2 to 0.4: mean 0.3, deviation 0.0577, central 90 % from 0.21 to 0.39."""
    found = read_result(run(SHARES, runs=4_000, batch=4_000), 2)
    assert found.outcomes[0].probability == pytest.approx(0.3, abs=0.004)
    assert found.outcomes[0].standard_error == pytest.approx(0.0577 / 4_000**0.5, rel=0.05)
    assert found.belief is not None
    assert (found.belief.low, found.belief.high) == pytest.approx((0.21, 0.39), abs=0.01)
    fixed, rate = found.drivers
    assert rate.p50 == pytest.approx(0.3, abs=0.01)
    assert rate.correlation == pytest.approx(1.0)
    assert rate.swing == pytest.approx(0.16, abs=0.005)
    assert (fixed.correlation, fixed.swing) == (None, None)
    assert [one.name for one in found.quantities] == ["days"]
    assert found.quantities[0].swing is None


def test_it_stops_once_the_error_is_small_enough_and_counts_what_was_drawn():
    found = read_result(run(COIN, runs=100_000, batch=100, standard_error=0.02), 2)
    assert found.stopped_early
    assert found.runs < 1_000
    assert found.runs == found.batches * 100
    assert found.outcomes[0].standard_error <= 0.02


def test_never_seen_is_not_certain():
    """Zero of fifty: one imagined run each way keeps the error above zero, so there is no early stop on nothing."""
    never = "import numpy as np\ndef simulate(context, runs, rng):\n    rng.random(runs)\n    return {'outcomes': np.ones(runs, int), 'drivers': {'x': rng.random(runs)}}\n"
    found = read_result(run(never, runs=1_000, batch=50, standard_error=0.005), 2)
    assert found.outcomes[0].probability == 0.0
    assert found.outcomes[0].standard_error > 0
    assert found.runs > 50
    assert found.outcomes[0].high > 0


def test_everything_but_the_timing_is_a_function_of_the_inputs():
    def untimed(seed):
        found = run(SHARES, seed=seed)
        del found["timing"]
        return json.dumps(found, sort_keys=True)

    assert untimed(5) == untimed(5)
    assert untimed(5) != untimed(6)


def test_three_outcomes():
    model = "def simulate(context, runs, rng):\n    return {'outcomes': rng.choice(3, runs, p=[0.5, 0.3, 0.2])}\n"
    three = context(outcomes=tuple(KnownOutcome(label=label) for label in "abc"))
    found = read_result(run(model, three, runs=20_000, batch=20_000), 3)
    assert [one.probability for one in found.outcomes] == pytest.approx([0.5, 0.3, 0.2], abs=0.015)


def test_a_model_may_abstain():
    found = read_result(run("def simulate(context, runs, rng):\n    return {'abstain': 'no spot history'}\n"), 2)
    assert found.status is SimulationStatus.ABSTAINED
    assert found.problem is not None
    assert found.problem.message == "no spot history"


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return [0.5]", "not_a_dict"),
        ("return {}", "outcomes"),
        ("return {'outcomes': rng.integers(0, 2, runs), 'payouts': 1}", "outcomes"),
        ("return {'outcomes': rng.integers(0, 2, runs), 'note': 'x'}", "unknown_keys"),
        ("return {'outcomes': rng.random(runs) < 0.5}", "kind"),
        ("return {'outcomes': rng.random(runs)}", "kind"),
        ("return {'outcomes': ['yes'] * runs}", "kind"),
        ("return {'outcomes': rng.integers(0, 2, runs - 1)}", "shape"),
        ("return {'outcomes': rng.integers(0, 3, runs)}", "bounds"),
        ("return {'outcomes': -rng.integers(0, 2, runs)}", "bounds"),
        ("return {'payouts': rng.random((runs, 3))}", "shape"),
        ("return {'payouts': rng.random((runs, 2))}", "bounds"),
        ("return {'payouts': np.full((runs, 2), np.nan)}", "bounds"),
        ("return {'payouts': np.tile([1.5, -0.5], (runs, 1))}", "bounds"),
        ("return {'outcomes': rng.integers(0, 2, runs), 'drivers': {'x': rng.random(3)}}", "drivers"),
        ("return {'outcomes': rng.integers(0, 2, runs), 'drivers': {'x': np.full(runs, np.inf)}}", "drivers"),
        ("return {'outcomes': rng.integers(0, 2, runs), 'beliefs': rng.random(3)}", "beliefs"),
        ("return {'outcomes': rng.integers(0, 2, runs), 'beliefs': 2 * np.ones(100)}", "bounds"),
        ("return {'outcomes': np.random.default_rng().integers(0, 2, runs)}", "not_repeatable"),
        ("return {'outcomes': np.arange(runs) % 2}", "ignores_seed"),
        ("return 1 / 0", "raised"),
        ("return {'outcomes': rng.integers(0, 2, runs) + 0 * int(context['quote']['bid'])}", "missing_field"),
    ],
)
def test_a_model_that_breaks_the_contract_is_told_how(body, code):
    assert problem(body)["code"] == code


def test_the_failing_lines_of_the_model_come_back():
    model = "def helper(x):\n    return x['missing']\n\ndef simulate(context, runs, rng):\n    return helper(context)\n"
    found = run(model)["problem"]
    assert found["message"] == "KeyError: 'missing'"
    assert 'model.py", line 5, in simulate' in found["trace"]
    assert "return x['missing']" in found["trace"]
    assert "harness" not in found["trace"]


def test_what_does_not_compile_is_told_with_its_line():
    found = run("def simulate(:\n    pass\n")["problem"]
    assert found["code"] == "does_not_load"
    assert 'File "model.py", line 1' in found["trace"]
    assert run("x = 1\n")["problem"]["code"] == "no_simulate"


@pytest.mark.parametrize("raised", ["MemoryError", "PermissionError"])
def test_what_the_sandbox_forbids_is_left_to_the_sandbox(raised):
    with pytest.raises(eval(raised)):
        run(f"def simulate(context, runs, rng):\n    raise {raised}()\n")


def test_a_model_that_scribbles_on_its_context_spoils_nothing():
    model = COIN.replace("    return", "    context.clear()\n    return")
    assert run(model)["status"] == "ok"


def test_a_model_may_have_data_classes():
    model = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: float\n"
        + COIN
    )
    assert run(model)["status"] == "ok"


# --- price echo -------------------------------------------------------------------------------------------------------

QUOTED = """
import numpy as np

def simulate(context, runs, rng):
    quote = context.get("quote") or {"bid": 0.5, "ask": 0.5}
    p = np.full(runs, (quote["bid"] + quote["ask"]) / 2)
    return {"outcomes": np.where(rng.random(runs) < p, 0, 1)}
"""
PAST = QUOTED.replace(
    'context.get("quote") or {"bid": 0.5, "ask": 0.5}',
    'dict.fromkeys(("bid", "ask"), ((context.get("history") or {}).get("values") or [0.5])[-1])',
)
LISTED = QUOTED.replace(
    'context.get("quote") or {"bid": 0.5, "ask": 0.5}',
    'dict.fromkeys(("bid", "ask"), 1 - (context["outcomes"][1]["price"] or 0.5))',
)


@pytest.mark.parametrize("model", [QUOTED, PAST, LISTED], ids=["quote", "history", "other outcome"])
@pytest.mark.parametrize("price", [0.03, 0.5, 0.9])
def test_a_model_that_restates_the_price_is_anchored_wherever_it_reads_it(model, price):
    given = context(
        quote=quote(price - 0.01, price + 0.01),
        history=hourly([price] * 3),
        outcomes=(KnownOutcome(label="Yes", price=price), KnownOutcome(label="No", price=1 - price)),
    )
    found = read_result(run(model, given), 2)
    assert found.label is Anchoring.ANCHORED
    assert found.price_response == pytest.approx(1.0, abs=0.25)


def test_a_model_that_never_looks_is_independent_to_the_last_bit():
    found = read_result(run(SHARES), 2)
    assert (found.label, found.price_response) == (Anchoring.INDEPENDENT, 0.0)


def test_without_a_price_there_is_nothing_to_echo():
    found = read_result(run(COIN, context()), 2)
    assert (found.label, found.price_response) == (Anchoring.INDEPENDENT, None)


def test_without_tests_there_is_no_label():
    assert read_result(run(COIN, validate=False), 2).label is None


def test_a_field_without_which_a_model_abstains_is_named():
    model = COIN.replace(
        "    return", "    if not context.get('history'):\n        return {'abstain': 'x'}\n    return"
    )
    found = run(model, context(history=hourly([0.5, 0.6])))
    assert found["status"] == "ok"
    detail = next(check["detail"] for check in found["checks"] if check["name"] == "survives missing fields")
    assert detail == "no answer without history, all of these"


def test_every_field_that_a_market_may_lack_is_tried():
    always = {"market_id", "question", "outcomes", "as_of", "format", "is_by_date"}
    assert set(context_values(context())) - always == set(harness.OPTIONAL)


def test_the_normal_quantile_of_any_confidence():
    """Abramowitz and Stegun, table 26.1: 90 % one-sided is 1.2816, 99 % two-sided 2.5758."""
    assert harness.normal_quantile(0.90) == pytest.approx(1.281552, abs=1e-6)
    assert harness.normal_quantile(0.995) == pytest.approx(2.575829, abs=1e-6)
