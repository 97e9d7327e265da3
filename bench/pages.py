"""Pages of a batch: how heavy they are, what making them costs, and how long a browser takes to show them."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median

from bench.synthetic_contexts import AS_OF, cases
from edgeworth.adapters.synthetic.world import World
from edgeworth.reports.batch import BatchReport
from edgeworth.reports.batch_page import render_batch
from edgeworth.reports.market_page import render_market
from edgeworth.simulation.builtin import author, choose, render
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.contract import RunOptions, run_here
from edgeworth.simulation.estimate import estimate
from edgeworth.simulation.record import AuthorKind, MarketSimulation, MarketStatus, ModelRun, ResearchUse
from edgeworth.simulation.result import SimulationStatus, read_result
from tests.browser.devtools import Browser

Figures = dict[str, float]

OPTIONS = RunOptions(runs=100)
LOADS = 5
MARKET_PAGES = 10
"""Pages of markets that are weighed; the others are like them."""


def weight(markets: str) -> Figures:
    """Bytes, CPU and load time of the pages of a batch of so many markets."""
    records = _records(int(markets))
    report = BatchReport(
        run_id="bench",
        name="bench",
        as_of=AS_OF,
        started_at=AS_OF,
        finished_at=AS_OF + timedelta(minutes=1),
        records=tuple(records),
        author="builtin",
        sandbox="none",
    )
    render_batch(report, [])  # the templates are compiled once
    began = time.process_time()
    page = render_batch(report, [])
    making = time.process_time() - began
    began = time.process_time()
    pages = [len(render_market(record, batch="bench").encode()) for record in records[:MARKET_PAGES]]
    of_markets = (time.process_time() - began) / len(pages)
    size = len(page.encode())
    return {
        "markets": len(records),
        "summary page, kB": size / 1_000,
        "of that beyond 20 kB, a market, kB": (size / 1_000 - 20) / len(records),
        "page of a market, kB (mean of ten)": sum(pages) / len(pages) / 1_000,
        "making the summary page, CPU ms": making * 1_000,
        "making the page of a market, CPU ms": of_markets * 1_000,
        "loading the summary page in Chromium, ms (median of five)": _load_ms(page),
    }


def _records(count: int) -> list[MarketSimulation]:
    """Markets of synthetic worlds, each with what the built-in model that fits it says."""
    found: list[MarketSimulation] = []
    for seed in range(7, 12):
        for case in cases(World(seed=seed, as_of=AS_OF)):
            record = _record(case.context, len(found))
            if record is not None:
                found.append(record)
            if len(found) == count:
                return found
    return found


def _record(context: SimulationContext, number: int) -> MarketSimulation | None:
    choice = choose(context)
    if choice.model is None:
        return None
    source = render(choice.model)
    result = read_result(run_here(source, context, OPTIONS), len(context.outcomes))
    if result.status is not SimulationStatus.OK:
        return None
    run = ModelRun(
        number=0, author=author(choice.model), kind=AuthorKind.BUILTIN, why=choice.why, source=source, result=result
    )
    return MarketSimulation(
        market_id=context.market_id,
        venue="synthetic-kalshi",
        is_synthetic=True,
        question=context.question,
        url=None,
        slug=f"market_{number}",
        status=MarketStatus.SUCCEEDED,
        context=context,
        left_out={},
        research=ResearchUse(),
        models=(run,),
        estimate=estimate(context, [result]),
        problem=None,
        started_at=AS_OF,
        finished_at=AS_OF + timedelta(seconds=3),
    )


def _load_ms(page: str) -> float:
    """From the request of the page to the end of its load event, as the browser tells it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "summary.html"
        file.write_text(page, encoding="utf-8")
        browser = Browser(Path(folder))
        try:
            return median(_load_once(browser, file) for _ in range(LOADS))
        finally:
            browser.close()


def _load_once(browser: Browser, file: Path) -> float:
    with browser.tab() as tab:
        tab.open(file)
        return float(tab.run("performance.getEntriesByType('navigation')[0].loadEventEnd"))
