"""A site over stores on disk, filled with a few values, for tests of what it shows."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from starlette.testclient import TestClient

from edgeworth.markets.history import PricePoint
from edgeworth.markets.market import MarketStatus, Outcome
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.reports.batch_page import render_batch
from edgeworth.reports.market_page import render_market
from edgeworth.web.app import create_app
from edgeworth.web.ports import Site
from tasks import wiring
from tasks.wiring.site import build_site
from tests.batches import a_mixed_batch, a_record
from tests.builders import NOON, a_market, an_event
from tests.contexts import AS_OF
from tests.findings import RAIN_A, a_match, an_opportunity
from tests.simulations import a_forecast
from tests.simulations import a_record as a_simulation
from tests.stored import open_stores, save_markets, settings_at

ORIGIN = "http://127.0.0.1:8787"
BATCH = "top_volume_20261101_120000"
RUN = "20261101T120000-batch"

PAGES = ["/", "/markets", "/discovery", "/discovery?show=matches", "/forecasts", "/status", f"/markets/{RAIN_A}"]
"""Of the site."""

WRITTEN = [f"/results/{BATCH}/summary.html", f"/results/{BATCH}/rain/result.html"]
"""By the run, and handed on."""


def text_of(page: str) -> str:
    """What a reader sees."""
    body = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def a_site(folder: Path, *, now: datetime = NOON, **changes: Any) -> Site:
    """The site over the data and results in ``folder``, at noon; ``changes`` are its other parts."""
    return replace(build_site(settings_at(folder)), now=lambda: now, **changes)


def a_client(site: Site, **given: Any) -> TestClient:
    """A browser's view of ``site``; redirects are not followed, defects are answers."""
    app = create_app(site, **given)
    return TestClient(app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False)


def fill(folder: Path, *, question: str = "Will it rain in Oslo on 2 November?", rules: str = "Rain is rain.") -> None:
    """Two markets that are the same bet, one that has ended, a batch with its pages, findings and forecasts."""
    text = {"question": question, "rules": rules}
    prices = {"outcomes": (Outcome(label="Yes", price=520_000), Outcome(label="No", price=480_000))}
    markets = [
        a_market("RAIN-A", venue=Venue.KALSHI, event_native_id="OSLO", category="world", **text, **prices),
        a_market("0xb", slug="oslo-rain", **text, **prices),
        a_market(
            "0xc",
            question="Will it snow in Bergen?",
            status=MarketStatus.RESOLVED,
            resolution=Resolution(
                shape=ResolutionShape.DECIDED, payouts=(0, 1_000_000), resolved_at=AS_OF + timedelta(days=1)
            ),
            volume_usd=5_000.0,
            category="crypto",
        ),
    ]
    with open_stores(folder) as storage:
        save_markets(storage, markets, [an_event("OSLO", venue=Venue.KALSHI)])
        storage.history.save_prices([_price(hour) for hour in range(48)])
        storage.matches.save([a_match()], examined=None, run_id="d", at=NOON)
        storage.opportunities.save([an_opportunity()], examined=None, run_id="d", at=NOON)
        note_run(storage, RUN, kind="simulate", counts={"folder": f"elsewhere/{BATCH}", **COUNTS})
        for market_id in (RAIN_A, "polymarket:0xc"):
            record = a_simulation(market_id)
            storage.simulations.register(RUN, record, a_forecast(record, RUN))
    write_batch(folder / "results" / BATCH, question)


COUNTS = {
    "markets": 10,
    "succeeded": 8,
    "failed": 1,
    "skipped": 1,
    "verdicts": {"strong": 1, "worth_a_look": 2, "inside_noise": 5},
    "usage": {"cost": 1_250_000},
}


def note_run(
    storage: wiring.Storage,
    run_id: str,
    *,
    kind: str = "ingest",
    status: str = "complete",
    counts: dict[str, Any] | None = None,
    started_at: datetime = NOON,
    sources: Sequence[str] = ("kalshi",),
) -> None:
    """A run in the store; with the status ``running`` it has no end."""
    storage.catalogue.start_run(
        run_id, kind=kind, parameters={"sources": list(sources)}, started_at=started_at, code_version="1"
    )
    if status != "running":
        storage.catalogue.finish_run(
            run_id, finished_at=started_at + timedelta(seconds=90), status=status, counts=counts or {}
        )


def write_batch(place: Path, question: str = "Will it happen?") -> None:
    """The folder of a batch, with the page of one market."""
    (place / "rain").mkdir(parents=True)
    report = a_mixed_batch()
    report = replace(report, records=tuple(replace(one, question=question) for one in report.records))
    (place / "summary.html").write_text(render_batch(report, [("Code", "1")]), encoding="utf-8")
    (place / "manifest.json").write_text(f'{{"run_id": "{RUN}"}}')
    (place / "batch_report.json").write_text(f'{{"simulations": [{{"market_id": "{RAIN_A}", "folder": "rain"}}]}}')
    record = a_record("rain", question=question)
    page = render_market(record, batch="top_volume", files=("context.json", "log.txt", "model.py"))
    (place / "rain" / "result.html").write_text(page, encoding="utf-8")
    for name, text in (("context.json", "{}"), ("log.txt", "<b>all went well</b>"), ("model.py", "import numpy\n")):
        (place / "rain" / name).write_text(text)


def _price(hour: int) -> PricePoint:
    return PricePoint(
        venue=Venue.KALSHI,
        market_native_id="RAIN-A",
        outcome_index=0,
        at=NOON - timedelta(hours=hour),
        interval_seconds=3600,
        price=400_000 + 1_000 * hour if hour != 7 else None,
    )
