"""How fresh what is stored is, what was refused, and which runs failed lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from edgeworth.markets.freshness import MARKETS_TARGET, VenueFreshness, check_freshness
from edgeworth.markets.venue import Venue
from edgeworth.reports.figures import duration
from edgeworth.web.parameters import Parameters
from edgeworth.web.ports import MarketCount, Site, SiteStore
from edgeworth.web.rendering import page
from edgeworth.web.run_files import RunFolders
from edgeworth.web.run_index import summary_of

LOOKED_BACK = 200
"""Newest runs among which failures are looked for."""
MOST_FAILURES = 25
MOST_REASONS = 50
UNWELL = ("failed", "interrupted", "cancelled")


def status(site: Site, request: Request) -> Response:
    """``/status``."""
    Parameters(request.query_params, ())
    store = site.open_store()
    if store is None:
        return page("status.html.j2", place="/status", is_stored=False)
    counts = store.market_counts()
    folders = RunFolders(site.results_dir)
    runs = [
        summary_of(run, folders=folders, is_going_on=site.is_going_on, synthetic=()) for run in store.runs(LOOKED_BACK)
    ]
    verdicts = freshness(store, counts, now=site.now(), enough_rows=site.enough_rows)
    return page(
        "status.html.j2",
        place="/status",
        is_stored=True,
        description=store.description,
        venues=[(verdict, _age(verdict), _states(counts, verdict.venue)) for verdict in verdicts],
        target=duration(MARKETS_TARGET.total_seconds()),
        refusals=store.refusals(MOST_REASONS),
        most_reasons=MOST_REASONS,
        going_on=[run for run in runs if run.state == "running"],
        unwell=[run for run in runs if run.state in UNWELL or run.failed][:MOST_FAILURES],
        looked_back=len(runs),
        now=site.now(),
    )


def freshness(
    store: SiteStore, counts: Sequence[MarketCount], *, now: datetime, enough_rows: int | None
) -> tuple[VenueFreshness, ...]:
    """The verdict on each venue of which there are markets."""
    venues = [venue for venue in Venue if any(count.venue == venue.value for count in counts)]
    finished = {venue: store.latest_finished_pass(venue, enough_rows=enough_rows) for venue in venues}
    return check_freshness(finished, now=now)


def _age(verdict: VenueFreshness) -> str:
    return "" if verdict.age is None else duration(verdict.age.total_seconds())


def _states(counts: Sequence[MarketCount], venue: Venue) -> str:
    own = [count for count in counts if count.venue == venue.value]
    return ", ".join(f"{count.number:,} {count.status}" for count in sorted(own, key=lambda one: -one.number))
