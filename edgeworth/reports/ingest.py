"""The report of an ingest: what was fetched, parsed, refused and changed, and every market that is now known.

The page works without a server and without a script: the script only adds search and sorting. Above
``MARKETS_PER_PAGE`` the markets go on further pages, so that no page grows without bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct, field

from edgeworth.markets.market import Market
from edgeworth.ports import IngestCounts
from edgeworth.reports.rendering import environment

MARKETS_PER_PAGE = 2_000
"""Rows of one page: about 1 MB, which a browser shows within a second."""


class HistoryCounts(Struct, kw_only=True):
    """Rows that an ingest added to the history; rows that were there already are not counted.

    Attributes:
        contradicting_bars: Bars that are stored with other values, which stand. contradictions: The first few of them.
    """

    prices: int = 0
    books: int = 0
    trades: int = 0
    bars: int = 0
    contradicting_bars: int = 0
    contradictions: list[str] = []
    refused: int = 0
    markets: int = 0


class SourceReport(Struct, kw_only=True):
    """What became of one source of an ingest.

    Attributes:
        source: As the user named it (``polymarket``, ``file:…`` with the file's name only).
        venue: Whose markets it held; ``None`` when it could not be read at all.
        error: Why it stopped before its end, in words for the user; what was read before is kept.
        note: What a reader should know (where the instant of a recording was taken from, what was left out).
    """

    source: str
    venue: str | None = None
    counts: IngestCounts = field(default_factory=IngestCounts)
    history: HistoryCounts = field(default_factory=HistoryCounts)
    seconds: float = 0.0
    error: str | None = None
    note: str | None = None


class IngestReport(Struct, kw_only=True):
    """Everything that the page, the JSON and the terminal say about one ingest."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    sources: list[SourceReport]
    reasons: dict[str, str] = {}
    folder: str | None = None

    @property
    def totals(self) -> IngestCounts:
        """Counts over all sources."""
        totals = IngestCounts(refusals={})
        for source in self.sources:
            totals.add(source.counts)
        return totals

    @property
    def has_failed(self) -> bool:
        """Whether any source stopped before its end."""
        return any(source.error is not None for source in self.sources)


def report_json(report: IngestReport) -> dict[str, object]:
    """The report as one object for machines: totals at the top level, then the sources.

    ``fetched``, ``parsed``, ``refused``, ``created``, ``changed``, ``unchanged``, ``superseded`` count rows;
    ``refusals`` counts refused rows by reason code and ``refusal_reasons`` holds an example sentence for each.
    """
    totals = report.totals
    return {
        "run_id": report.run_id,
        "started_at": report.started_at.isoformat(),
        "finished_at": report.finished_at.isoformat(),
        **_counts_json(totals),
        "refusal_reasons": report.reasons,
        "failed": [source.source for source in report.sources if source.error is not None],
        "sources": [
            {
                "source": source.source,
                "venue": source.venue,
                "seconds": round(source.seconds, 3),
                "error": source.error,
                "note": source.note,
                **_counts_json(source.counts),
                "history": {name: getattr(source.history, name) for name in HistoryCounts.__struct_fields__},
            }
            for source in report.sources
        ],
        "folder": report.folder,
    }


def _counts_json(counts: IngestCounts) -> dict[str, object]:
    return {name: getattr(counts, name) for name in IngestCounts.__struct_fields__}


def render_pages(
    report: IngestReport,
    markets: Iterable[Market],
    market_total: int,
    manifest: Sequence[tuple[str, str]],
    *,
    markets_per_page: int = MARKETS_PER_PAGE,
    index: str | None = None,
) -> Iterator[tuple[str, str]]:
    """The pages of the report as (file name, HTML), the first being ``summary.html``.

    Args:
        report: What the first page tells of the run.
        markets: Every market of the catalogue in the order to be shown; read once, a page's worth at a time.
        market_total: Their number.
        manifest: What the reader should know of the run, as (label, value).
        markets_per_page: Rows after which another page begins.
        index: Address of the index of all runs, relative to the page, if there is one.
    """
    template = environment().get_template("ingest.html.j2")
    page_total = max(1, -(-market_total // markets_per_page))
    names = ["summary.html", *(f"markets_{number:03d}.html" for number in range(2, page_total + 1))]
    rows = iter(markets)
    for number, name in enumerate(names, start=1):
        shown = [market for _, market in zip(range(markets_per_page), rows, strict=False)]
        yield (
            name,
            template.render(
                report=report,
                totals=report.totals,
                markets=shown,
                market_total=market_total,
                names=names,
                number=number,
                manifest=manifest,
                index=index,
                has_synthetic=any(market.venue.is_synthetic for market in shown)
                or any((source.venue or "").startswith("synthetic") for source in report.sources),
            ),
        )
