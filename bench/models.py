"""Cases of single models: how soon a program runs in a sandbox, and how fast the built-in models draw.

Peers are a bare interpreter that imports numpy, and the same models as a plain Python loop over runs and steps.
"""

from __future__ import annotations

import asyncio
import math
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import numpy as np

from bench.measure import best_of
from edgeworth.adapters.sandbox.local import LocalSandboxProvider
from edgeworth.simulation.authoring.running import SandboxRunner
from edgeworth.simulation.builtin import BuiltinModel, render
from edgeworth.simulation.context import (
    KnownOutcome,
    KnownQuote,
    PriceClaim,
    Series,
    SimulationContext,
    SpotHistory,
    SpotScale,
    Timing,
    context_values,
)
from edgeworth.simulation.contract import RunOptions, draws_a_call, run_here

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = 3600.0
TIMES = 7
RUNS = 20_000
PLAIN_RUNS = 400
PLAIN_SECONDS_SCALE = RUNS / PLAIN_RUNS

Figures = dict[str, float]

TRIVIAL = """
def simulate(context, runs, rng):
    return {"outcomes": [0] * runs}
"""


def starting() -> Figures:
    """From nothing to a result, and from a provider that is open to a result."""
    bare = _median_ms(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True))
    context = SimulationContext(
        market_id="m", question="Will it?", outcomes=(KnownOutcome(label="Yes"), KnownOutcome(label="No")), as_of=AS_OF
    )
    options = RunOptions(runs=1, validate=False)

    async def run(provider: LocalSandboxProvider) -> None:
        ran = await SandboxRunner(provider, run="bench").run(TRIVIAL, context, options, own_code=False)
        assert ran.outcome.result is not None, ran

    async def from_nothing() -> None:
        async with LocalSandboxProvider() as provider:
            await run(provider)

    async def each_run() -> float:
        async with LocalSandboxProvider() as provider:
            await run(provider)
            return await _median_ms_of(lambda: run(provider))

    first = _median_ms(lambda: asyncio.run(from_nothing()))
    further = asyncio.run(each_run())
    return {
        "a bare interpreter with numpy, ms": bare,
        "opening the sandboxes of a batch and the first run, ms": first,
        "a further run (sandbox, harness, model), ms": further,
        "opening and first run / bare interpreter": first / bare,
        "further run / bare interpreter": further / bare,
    }


def _median_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1_000 * statistics.median(times)


async def _median_ms_of(work: Callable[[], Awaitable[None]]) -> float:
    times = []
    for _ in range(5 * TIMES):
        began = time.perf_counter()
        await work()
        times.append(time.perf_counter() - began)
    return 1_000 * statistics.median(times)


def drawing(model: str) -> Figures:
    """Draws a CPU second of a built-in model, beside a plain loop that does the same for each run."""
    kind = BuiltinModel(model)
    context, source = _context(), render(kind)
    values = context_values(context)
    module = ModuleType("model")
    exec(source, module.__dict__)  # our own template
    plain = {BuiltinModel.BELIEF_WALK: _plain_walk, BuiltinModel.PRICE_THRESHOLD: _plain_ways}[kind]
    ours = best_of(5, lambda: module.simulate(values, RUNS, np.random.default_rng(7))).cpu_seconds
    work = plain(module, values)
    theirs = best_of(3, work).cpu_seconds
    options = RunOptions(runs=RUNS, batch=draws_a_call(RUNS, may_stop_early=False), validate=False)
    harnessed = best_of(3, lambda: run_here(source, context, options)).cpu_seconds
    return {
        "runs": float(RUNS),
        "the model, CPU ms": 1_000 * ours,
        "plain Python loop (a sample, scaled), CPU ms": 1_000 * theirs * PLAIN_SECONDS_SCALE,
        "plain Python loop / the model": theirs * PLAIN_SECONDS_SCALE / ours,
        "the model called by the harness, CPU ms": 1_000 * harnessed,
        "plain Python loop / as called by the harness": theirs * PLAIN_SECONDS_SCALE / harnessed,
    }


def _context() -> SimulationContext:
    """A market with ten days of prices, about a quantity with twenty days of values, and thirty days to go."""
    chance = np.random.default_rng(7)
    prices = 1 / (1 + np.exp(-np.cumsum(0.05 * chance.standard_normal(240))))
    values = 100 * np.exp(np.cumsum(0.01 * chance.standard_normal(480)))
    return SimulationContext(
        market_id="m",
        question="Will it be above 110 by then?",
        outcomes=(KnownOutcome(label="Yes"), KnownOutcome(label="No")),
        as_of=AS_OF,
        closes_at=AS_OF + timedelta(days=30),
        quote=KnownQuote(bid=0.49, ask=0.51, observed_at=AS_OF, age_seconds=0.0),
        history=_hourly(prices),
        spot=SpotHistory(name="Coin", unit="USD", source="bench", scale=SpotScale.LOG, series=_hourly(values)),
        claim=PriceClaim(threshold=110.0, is_above=True, timing=Timing.BY),
    )


def _hourly(values: np.ndarray) -> Series:
    first = AS_OF.timestamp() - (len(values) - 1) * HOUR
    return Series(
        at_seconds=tuple(first + number * HOUR for number in range(len(values))), values=tuple(map(float, values))
    )


def _plain_walk(module: ModuleType, values: dict[str, Any]) -> Callable[[], object]:
    """The belief walk, run by run and step by step; what is the same for all runs is taken from the model."""
    rows, _ = module.observations(values)
    weight, mean, deviation, walk, _ = module.filter_belief(rows, module.seconds(values["as_of"]))
    settings = list(range(len(weight)))
    weights, means, deviations, walks = weight.tolist(), mean.tolist(), deviation.tolist(), walk.tolist()
    hours, steps, rounding = module.hours_left(values), module.STEPS, float(rows[-1, 2])

    def run() -> list[tuple[float, float, float]]:
        chance = random.Random(7)
        found = []
        for _ in range(PLAIN_RUNS):
            setting = chance.choices(settings, weights)[0]
            lasting = 0.0
            if chance.random() < module.LASTING_SHARE:
                lasting = chance.gauss(module.LASTING_SIZE, module.LASTING_SPREAD) * chance.choice((-1.0, 1.0))
            odds = means[setting] + math.hypot(deviations[setting], rounding) * chance.gauss(0.0, 1.0) - lasting
            probability = 1 / (1 + math.exp(-odds))
            truth = 1.0 if chance.random() < probability else -1.0
            variance = walks[setting] ** 2 * hours / 24 / steps
            end = highest = lowest = odds
            for _ in range(steps):
                step = truth * variance / 2 + math.sqrt(variance) * chance.gauss(0.0, 1.0)
                begin, end = end, end + step
                up = (begin + end + math.sqrt(step * step + 2 * variance * chance.expovariate(1.0))) / 2
                down = (begin + end - math.sqrt(step * step + 2 * variance * chance.expovariate(1.0))) / 2
                highest, lowest = max(highest, up), min(lowest, down)
            found.append((probability, 1 / (1 + math.exp(-highest)), 1 / (1 + math.exp(-lowest))))
        return found

    return run


def _plain_ways(module: ModuleType, values: dict[str, Any]) -> Callable[[], object]:
    """Ways of the quantity for each run, block by block, as a run-by-run simulation would lay them out."""
    moves, step_hours, last, _ = module.moves_of(values["spot"])
    hours = module.hours_left(values)
    block, blocks = module.cut(moves, step_hours, hours)
    sums = np.concatenate([[0.0], np.cumsum(moves)]).tolist()
    freedom, scale = module.effective_count(moves), math.sqrt(hours / (blocks * block))
    variance = float(moves.var()) * hours / blocks
    level = math.log(values["claim"]["threshold"]) - last

    def run() -> list[tuple[bool, float]]:
        chance = random.Random(7)
        found = []
        for _ in range(PLAIN_RUNS):
            volatility = math.sqrt(freedom / chance.gammavariate(freedom / 2, 2.0))
            end = highest = lowest = 0.0
            for _ in range(blocks):
                start = chance.randrange(len(moves) - block + 1)
                step = (sums[start + block] - sums[start]) * scale
                begin, end = end, end + step
                up = (begin + end + math.sqrt(step * step + 2 * variance * chance.expovariate(1.0))) / 2
                down = (begin + end - math.sqrt(step * step + 2 * variance * chance.expovariate(1.0))) / 2
                highest, lowest = max(highest, up), min(lowest, down)
            found.append((highest * volatility >= level, math.exp(last + end * volatility)))
        return found

    return run
