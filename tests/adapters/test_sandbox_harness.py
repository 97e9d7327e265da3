"""Models under the harness, in the sandbox of this machine: the same answers as here, and hostile ones held."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from edgeworth.adapters.sandbox.local import LocalSandboxProvider
from edgeworth.simulation.builtin.rendering import BuiltinModel, render
from edgeworth.simulation.contract import RunOptions, harness_inputs, harness_source, run_here
from edgeworth.simulation.sandbox import Limits, RunStatus, open_sandbox
from tests.contexts import above, context, hourly, quote, spot

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the local sandbox needs Linux"),
]

LIMITS = Limits(wall_seconds=30, cpu_seconds=20, memory_mb=1024)
OPTIONS = RunOptions(runs=200, seed=5)
WALK = 100 + np.random.default_rng(3).normal(size=400).cumsum() * 0.3
KNOWN = context(
    quote=quote(0.4, 0.44), history=hourly(np.linspace(0.35, 0.42, 200)), spot=spot(WALK), claim=above(104.0)
)


@pytest.fixture
async def sandbox():
    async with LocalSandboxProvider(concurrency=1) as provider:
        if provider.level == "none":
            pytest.skip(f"nothing on this machine can confine a program: {provider.findings}")
        async with open_sandbox(provider, run="r", market="m") as sandbox:
            yield sandbox


async def run(sandbox, model: str):
    return await sandbox.run(harness_source(), inputs=harness_inputs(model, KNOWN, OPTIONS), limits=LIMITS)


@pytest.mark.parametrize("model", BuiltinModel)
async def test_a_built_in_model_answers_inside_as_it_does_outside(sandbox, model):
    outcome = await run(sandbox, render(model))
    assert outcome.status is RunStatus.OK, outcome
    outside = run_here(render(model), KNOWN, OPTIONS)
    assert outcome.result.pop("timing").keys() == outside.pop("timing").keys()
    assert outcome.result == outside


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("while True: pass", "timeout", "processor time"),
        ("np.zeros(10**10)", "memory", "more memory"),
        ("return {'outcomes': range(10**9)}", "memory", "more memory"),
        ("import os; os.fork()", "refused", "Operation not permitted"),
        ("import os; os.kill(os.getppid(), 0)", "refused", "Operation not permitted"),
        ("import socket; socket.socket()", "refused", "Operation not permitted"),
        ("import ctypes; ctypes.string_at(0)", "killed", "SIGSEGV"),
        ("while True: print('x' * 1000)", "killed", "to standard output"),
    ],
)
async def test_a_hostile_model_ends_with_what_stopped_it(sandbox, body, status, reason):
    model = f"import numpy as np\n\ndef simulate(context, runs, rng):\n    {body}\n"
    limits = Limits(wall_seconds=30, cpu_seconds=1, memory_mb=1024)
    outcome = await sandbox.run(harness_source(), inputs=harness_inputs(model, KNOWN, OPTIONS), limits=limits)
    assert outcome.status == status
    assert reason in outcome.what_stopped_it
    if status == "refused":
        assert 'File "model.py", line 4' in outcome.traceback


@pytest.mark.parametrize(
    "answer",
    [
        "np.full(runs, np.nan)",
        "['yes'] * runs",
        "np.broadcast_to(0, (10**9,))",
        "'0.5'",
        "np.zeros(runs)",
    ],
)
async def test_an_answer_that_is_none_is_told_by_the_harness(sandbox, answer):
    outcome = await run(
        sandbox, f'import numpy as np\n\ndef simulate(context, runs, rng):\n    return {{"outcomes": {answer}}}\n'
    )
    assert outcome.status is RunStatus.OK
    assert outcome.result["status"] == "invalid"
    assert outcome.result["problem"]["message"]
