"""A model runs in a sandbox of its own; one that fails as such is replaced twice at most, and all are given back."""

from __future__ import annotations

import pytest

from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.simulation.authoring import SandboxRunner
from edgeworth.simulation.authoring.running import judge
from edgeworth.simulation.contract import RunOptions, harness_source, run_here
from edgeworth.simulation.result import SimulationStatus
from edgeworth.simulation.sandbox import Limits, Outcome, RunStatus
from tests.authoring import ABSTAINING, BROKEN, QUARTER
from tests.contexts import context

GOOD = Outcome(status=RunStatus.OK, seconds=0.1, result=1)
LOST = Outcome(status=RunStatus.INFRASTRUCTURE, seconds=0.1, what_stopped_it="the connection was lost")
WRONG = Outcome(status=RunStatus.CODE_ERROR, seconds=0.1, what_stopped_it="it raised")


class Place:
    level = "test"

    def __init__(self, provider):
        self.provider = provider

    async def run(self, code, *, inputs, limits):
        self.provider.programs.append((code, inputs, limits))
        return self.provider.script.pop(0)

    async def close(self):
        self.provider.closed += 1


class Provider:
    """Gives places whose programs end as scripted; an error in the script is raised in place of one."""

    level = "test"
    explanation = ""

    def __init__(self, *script):
        self.script = list(script)
        self.made, self.closed, self.programs = [], 0, []

    async def create(self, *, run, market, own_code=False):
        if isinstance(self.script[0], Exception):
            raise self.script.pop(0)
        self.made.append((run, market, own_code))
        return Place(self)


async def ran(provider, *, own_code=False):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    runner = SandboxRunner(provider, run="batch-1", limits=Limits(wall_seconds=5.0), sleep=sleep)
    assert runner.level == "test"
    got = await runner.run(QUARTER, context(), RunOptions(seed=3), own_code=own_code)
    assert provider.closed == len(provider.made)
    return got, waits


@pytest.mark.anyio
@pytest.mark.parametrize("own_code", [True, False])
async def test_the_harness_runs_the_model_under_the_limits_in_a_sandbox_labelled_with_run_and_market(own_code):
    provider = Provider(GOOD)
    got, _ = await ran(provider, own_code=own_code)
    assert (got.outcome, got.level) == (GOOD, "test")
    assert provider.made == [("batch-1", "kalshi:KXTEST", own_code)]
    [(code, inputs, limits)] = provider.programs
    assert (code, limits.wall_seconds) == (harness_source(), 5.0)
    assert (inputs["model"], inputs["options"]["seed"], inputs["context"]["market_id"]) == (QUARTER, 3, "kalshi:KXTEST")


@pytest.mark.anyio
async def test_what_the_program_did_wrong_is_not_tried_again():
    provider = Provider(WRONG, GOOD)
    got, _ = await ran(provider)
    assert (got.outcome, len(provider.made)) == (WRONG, 1)


@pytest.mark.anyio
async def test_a_sandbox_that_fails_is_replaced_twice_at_most():
    got, _ = await ran(Provider(LOST, LOST, GOOD))
    assert got.outcome == GOOD
    provider = Provider(LOST, LOST, LOST, GOOD)
    got, _ = await ran(provider)
    assert (got.outcome, len(provider.made), len(provider.script)) == (LOST, 3, 1)


@pytest.mark.anyio
async def test_a_sandbox_that_is_not_given_counts_as_one_that_failed_and_a_wait_asked_for_is_kept():
    got, waits = await ran(
        Provider(RetriableSourceError("429", retry_after_seconds=7.0), RetriableSourceError("x"), GOOD)
    )
    assert (got.outcome, waits) == (GOOD, [7.0, 1.0])


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error", [FatalSourceError("no such snapshot"), RetriableSourceError("busy", retry_after_seconds=3600.0)]
)
async def test_what_will_not_help_is_not_tried(error):
    provider = Provider(error, GOOD)
    got, waits = await ran(provider)
    assert (got.outcome.status, got.outcome.what_stopped_it) == (RunStatus.INFRASTRUCTURE, str(error))
    assert (waits, provider.made, got.level) == ([], [], "")


@pytest.mark.anyio
async def test_a_refused_key_is_for_the_user():
    with pytest.raises(ConfigurationError):
        await ran(Provider(ConfigurationError("look at DAYTONA_API_KEY")))


def outcome_of(model):
    return Outcome(status=RunStatus.OK, seconds=0.1, result=run_here(model, context(), RunOptions(runs=100)))


def test_a_result_is_taken_an_abstention_too():
    assert judge(outcome_of(QUARTER), 2).result.status is SimulationStatus.OK
    judged = judge(outcome_of(ABSTAINING), 2)
    assert (judged.result.status, judged.problem) == (SimulationStatus.ABSTAINED, None)


def test_an_invalid_model_is_a_problem_with_the_failing_lines():
    judged = judge(outcome_of(BROKEN), 2)
    assert judged.problem == "IndexError: list index out of range (raised)"
    assert 'return {"outcomes": numbers[7]}' in judged.trace


def test_a_result_for_another_number_of_outcomes_is_none():
    judged = judge(outcome_of(QUARTER), 3)
    assert (judged.result, judged.problem) == (None, "expected 3 outcomes of at least one run, found 2")


def test_what_a_sandbox_stopped_is_told_by_the_sandbox():
    stopped = Outcome(status=RunStatus.MEMORY, seconds=1.0, what_stopped_it="no memory", traceback="line 3")
    assert (judge(stopped, 2).problem, judge(stopped, 2).trace) == ("no memory", "line 3")
    assert judge(Outcome(status=RunStatus.KILLED, seconds=1.0), 2).problem == "the run ended as killed"
