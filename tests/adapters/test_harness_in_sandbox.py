"""The harness and the built-in models give the same answer in the local sandbox as here, to the last bit."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from edgeworth.adapters.sandbox.local import LocalSandboxProvider
from edgeworth.simulation.builtin import BuiltinModel, render
from edgeworth.simulation.contract import RunOptions, harness_inputs, harness_source, run_here
from edgeworth.simulation.result import SimulationStatus, read_result
from edgeworth.simulation.sandbox import Limits, RunStatus, open_sandbox
from tests.contexts import AS_OF, above, context, hourly, quote, spot

pytestmark = pytest.mark.anyio

GIVEN = context(
    closes_at=AS_OF + timedelta(days=30),
    quote=quote(0.4, 0.42),
    history=hourly([0.4 + 0.01 * math.sin(number) for number in range(60)]),
    spot=spot([10 * math.sin(number) for number in range(60)]),
    claim=above(5.0),
)


@pytest.fixture
async def provider():
    async with LocalSandboxProvider() as entered:
        if entered.level == "none":
            pytest.skip(f"nothing on this machine confines a program: {entered.explanation}")
        yield entered


@pytest.mark.parametrize("model", [BuiltinModel.PRICE_THRESHOLD, BuiltinModel.BELIEF_WALK])
async def test_inside_and_outside_agree(provider, model):
    inputs = harness_inputs(render(model), GIVEN, RunOptions())
    async with open_sandbox(provider, run="r", market="m") as sandbox:
        outcome = await sandbox.run(harness_source(), inputs=inputs, limits=Limits())
    assert outcome.status is RunStatus.OK, outcome
    assert read_result(outcome.result, 2).status is SimulationStatus.OK
    here = run_here(render(model), GIVEN, RunOptions())
    assert {**outcome.result, "timing": None} == {**here, "timing": None}


@pytest.mark.parametrize(
    ("line", "status"),
    [("bytearray(10**11)", RunStatus.MEMORY), ("while True: pass", RunStatus.TIMEOUT)],
)
async def test_what_the_sandbox_stops_is_told_by_the_sandbox(provider, line, status):
    model = f"def simulate(context, runs, rng):\n    {line}\n"
    inputs = harness_inputs(model, GIVEN, RunOptions())
    async with open_sandbox(provider, run="r", market="m") as sandbox:
        limits = Limits(wall_seconds=1.0 if status is RunStatus.TIMEOUT else 30.0)
        outcome = await sandbox.run(harness_source(), inputs=inputs, limits=limits)
    assert outcome.status is status
    assert "model.py" in outcome.traceback or status is RunStatus.TIMEOUT
