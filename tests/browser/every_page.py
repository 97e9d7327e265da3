"""One page of each type, plain and hostile, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from edgeworth.ports import IngestCounts
from edgeworth.reports.batch import RunSummary
from edgeworth.reports.batch_page import render_batch
from edgeworth.reports.discovery import render_page as render_discovery
from edgeworth.reports.index_page import render_index
from edgeworth.reports.ingest import IngestReport, SourceReport, render_pages
from edgeworth.reports.market_page import OpportunityLine, render_market
from edgeworth.simulation.context import KnownEvent, MatchedMarket, Sibling, Snippet
from edgeworth.simulation.record import MarketSimulation
from edgeworth.units import UsdMicros
from tests.batches import NASTY, a_failed_record, a_mixed_batch, a_model, a_record, a_skipped_record
from tests.browser.replay_pages import REPLAY_PAGES
from tests.browser.replay_pages import hostile_pages as hostile_replay_pages
from tests.builders import a_market
from tests.contexts import AS_OF, above, spot
from tests.findings import a_report
from tests.unit.test_batch_pages import hostile_pages  # the same hostile values, in a browser

LONG = "x" * 10_000
RIGHT_TO_LEFT = "\u202eWill it rain? \u05d4\u05d0\u05dd \u05d9\u05e8\u05d3 \u05d2\u05e9\u05dd"
FOREIGN = {"tags": NASTY, "long": LONG, "right to left": RIGHT_TO_LEFT, "empty": ""}


def full_record(question: str = "Will it rain in Oslo?") -> MarketSimulation:
    """A market with every section that the page knows."""
    event = KnownEvent(
        title=question,
        is_exclusive=True,
        is_complete=True,
        siblings=(
            Sibling(market_id="kalshi:B", question=question, label=question, observed_at=AS_OF, bid=0.2, ask=0.3),
        ),
    )
    from edgeworth.markets.relation import Relation

    matched = MatchedMarket(
        market_id="polymarket:0xb", question=question, relation=Relation.INVERSE, confidence=0.9, observed_at=AS_OF
    )
    document = Snippet(
        source="a paper", title=question, text=question * 3, published_at=AS_OF, url="https://example.org/"
    )
    given = {
        "event": event,
        "matched": (matched,),
        "research": (document,),
        "spot": spot([100.0, 105.0, 103.0]),
        "claim": above(110.0),
        "rules": "rules " * 50,
        "closes_at": AS_OF + timedelta(days=3),
    }
    return a_record("rain", question=question, given=given, models=(a_model(), a_model(number=1)), is_synthetic=True)


def batch(question: str | None = None) -> str:
    report = a_mixed_batch(recorded="As of last week.", replaced=("This instead of that.",))
    if question is not None:
        from msgspec.structs import replace

        report = replace(report, records=tuple(replace(one, question=question) for one in report.records))
    return render_batch(report, [("Code", "0.1.0")], index="../index.html")


def market(record: MarketSimulation) -> str:
    lines = (OpportunityLine(kind="complete_set", profit=3_000_000, cost=97_000_000, legs=2, is_alive=True),)
    return render_market(record, batch="top_volume", files=("model.py",), opportunities=lines)


def index() -> str:
    runs = [
        RunSummary(
            run_id=f"r{number}",
            kind="batch",
            name="top_volume",
            state="failed" if number == 1 else "completed",
            started_at=AS_OF + timedelta(days=number),
            finished_at=AS_OF + timedelta(days=number, seconds=30),
            page=f"r{number}/summary.html",
            markets=10,
            succeeded=10 - number,
            failed=number,
            skipped=0,
            beyond_noise=1,
            cost=UsdMicros(number * 100_000),
        )
        for number in range(4)
    ]
    return render_index(runs)


def ingest(question: str = "Will it rain?") -> str:
    source = SourceReport(source="kalshi", counts=IngestCounts())
    report = IngestReport(run_id="r", started_at=AS_OF, finished_at=AS_OF, sources=[source])
    markets = [a_market(native_id=f"M{number}", question=question) for number in range(3)]
    ((_, page),) = render_pages(report, markets, len(markets), [("Code", "0.1.0")], index="../index.html")
    return page


PAGES: dict[str, Callable[[], str]] = {
    "batch": batch,
    "market": lambda: market(full_record()),
    "failed market": lambda: market(a_failed_record()),
    "skipped market": lambda: market(a_skipped_record()),
    "index": index,
    "discovery": lambda: render_discovery(a_report(), [("Code", "0.1.0")], index="../index.html"),
    "ingest": ingest,
    **REPLAY_PAGES,
}

HOSTILE: dict[str, Callable[[], str]] = {
    **{f"batch, {name}": lambda text=text: batch(text) for name, text in FOREIGN.items()},
    **{f"market, {name}": lambda text=text: market(full_record(text)) for name, text in FOREIGN.items()},
    **{f"{name}, everything": lambda page=page: page for name, page in hostile_pages()},
    **hostile_replay_pages(FOREIGN),
}
