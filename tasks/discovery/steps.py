"""A discovery from its beginning to its report, free of Prefect: begin, embed, match, read again, find, publish.

``flows/discover.py`` gives each step its own record, retry and line in the UI; ``edgeworth discover --no-prefect``
calls the same steps in the same order. Steps hand their findings on through the stores and only small values directly,
so a step that is repeated alone repeats nothing else. A step that fails says so in its ``Stage``; the others go on with
what is there.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from edgeworth.discovery.opportunity import Opportunity
from edgeworth.discovery.ports import FoundMatch
from edgeworth.errors import ConfigurationError
from edgeworth.markets.market import MarketStatus
from edgeworth.reports.discovery import (
    ROWS_IN_JSON,
    ROWS_ON_PAGE,
    DiscoveryReport,
    MarketView,
    market_view,
    render_page,
    report_json,
)
from tasks import run_claims, wiring
from tasks.clock import utc_now
from tasks.code_version import code_version
from tasks.discovery.pairs import EmbedStep, MatchStep, embed_markets, match_markets
from tasks.discovery.plan import BegunDiscovery, DiscoverPlan, price_of
from tasks.discovery.search import FindStep, find_in_books
from tasks.discovery.second_reader import ReadStep, read_again, reread
from tasks.results.folder import check_results_folder, json_text, make_run_folder
from tasks.results.index import ALL_RUNS, tell_of_runs
from tasks.settings import Settings
from tasks.taking_up import begin_run

TAKEN_UP_WITHIN = timedelta(hours=1)
"""A discovery that was killed longer ago looked at books that nobody would trade by now."""


def check_ready(settings: Settings, plan: DiscoverPlan) -> str | None:
    """See that there is something to look at and that everything has a place; the id of the market asked for.

    Raises:
        ConfigurationError: The catalogue holds no open market or not the one asked for, a setting cannot be used, or
            the results have no place to go.
        StorageError: The database or the data folder cannot be used.
    """
    check_results_folder(settings.results_dir)
    wiring.choose_embedder(settings)
    with wiring.open_storage(settings) as storage:
        if not storage.catalogue.count_markets(status=MarketStatus.OPEN):
            raise ConfigurationError("the catalogue holds no open market: run `edgeworth ingest` first")
        if plan.market is None:
            return None
        found = storage.catalogue.get_market(plan.market)
        if found is None:
            raise ConfigurationError(
                f"expected a market id, venue key or slug of the catalogue, found {plan.market!r}; "
                "`edgeworth markets list --search ...` finds it"
            )
        return found.market_id


def begin_discovery(settings: Settings, plan: DiscoverPlan) -> BegunDiscovery:
    """Note that a run begins, after the checks of ``check_ready``.

    A run with the same plan that was killed goes on under its name: what it embedded and stored is there already.
    """
    focus = check_ready(settings, plan)
    with wiring.open_storage(settings) as storage:
        run = begin_run(
            storage, settings, kind="discover", parameters=msgspec.to_builtins(plan), within=TAKEN_UP_WITHIN
        )
    return BegunDiscovery(run_id=run.run_id, started_at=run.started_at, focus=focus)


def publish_discovery(
    settings: Settings,
    begun: BegunDiscovery,
    plan: DiscoverPlan,
    embed: EmbedStep,
    match: MatchStep,
    read: ReadStep,
    find: FindStep,
) -> DiscoveryReport:
    """Write the run's folder (page, report, manifest), close the run in the store, and give the whole report.

    The folder appears complete or not at all.
    """
    with wiring.open_storage(settings) as storage:
        with make_run_folder(settings, "discovery", begun.started_at) as folder:
            report = _report(storage, begun, plan, embed, match, read, find)
            report.folder = folder.shown
            manifest = _manifest(settings, begun, plan, report)
            facts = [(label, str(value)) for label, value in manifest.items() if not isinstance(value, dict)]
            folder.write("summary.html", render_page(report, facts, index=ALL_RUNS))
            folder.write("discovery.json", json_text(report_json(report), is_compact=True))
            folder.write("manifest.json", json_text(manifest))
        # Only now that the report is in its place: a run that is killed before that is taken up again.
        storage.catalogue.finish_run(
            begun.run_id,
            finished_at=report.finished_at,
            status="failed" if report.has_failed else "complete",
            counts=_counts(report),
        )
    run_claims.let_go(settings.data_dir, begun.run_id)
    tell_of_runs(settings)
    return report


def discover_plainly(settings: Settings, plan: DiscoverPlan) -> DiscoveryReport:
    """The whole discovery in this process, without Prefect: the same steps in the same order."""
    begun = begin_discovery(settings, plan)
    embed = embed_markets(settings, begun, plan)
    match = match_markets(settings, begun, plan)
    read = read_again(settings, begun, plan)
    find = find_in_books(settings, begun, plan)
    return publish_discovery(settings, begun, plan, embed, match, read, find)


def _report(
    storage: wiring.Storage,
    begun: BegunDiscovery,
    plan: DiscoverPlan,
    embed: EmbedStep,
    match: MatchStep,
    read: ReadStep,
    find: FindStep,
) -> DiscoveryReport:
    if begun.focus is None:
        stored = storage.matches.list_matches(run_id=begun.run_id, limit=ROWS_IN_JSON)
        matches = [one.match for one in stored]
    else:
        stored = storage.matches.list_matches(market_id=begun.focus, run_id=begun.run_id)
        again = {(one.match.market_a, one.match.market_b): one.match for one in stored}
        matches = [reread(one, again.get((one.market_a, one.market_b))) for one in match.neighbours]
    opportunities = [
        one.opportunity for one in storage.opportunities.list_opportunities(run_id=begun.run_id, limit=None)
    ]
    kept = match.saved.created + match.saved.changed + match.saved.unchanged
    return DiscoveryReport(
        run_id=begun.run_id,
        started_at=begun.started_at,
        finished_at=utc_now(),
        markets=match.markets,
        events=match.events,
        stages=[embed.stage, match.stage, read.stage, find.stage],
        relations=_shifted(match.relations, read.shifts),
        matches=matches,
        match_total=max(kept, len(matches)),
        opportunities=opportunities,
        not_tradable=list(find.examples),
        refused=find.refused,
        considered=find.considered,
        unprofitable=find.unprofitable,
        views=_views(storage, matches[:ROWS_ON_PAGE], opportunities[:ROWS_ON_PAGE]),
        books=list(find.books),
        saved_matches=match.saved,
        saved_opportunities=find.saved,
        embedder=embed.embedder,
        embedded=embed.counts.embedded,
        tokens=embed.counts.tokens,
        cost=embed.counts.cost,
        focus=begun.focus,
        notes=_notes(plan),
    )


def _notes(plan: DiscoverPlan) -> list[str]:
    """What a reader should know of how the run was asked for."""
    said = {
        "No venue was asked for its books: the latest stored ones were used.": not plan.fetch_books,
        "Pairs were proposed by their words alone, without vectors.": not plan.embed,
        "Only pairs on two venues were compared.": plan.across_venues,
    }
    return [sentence for sentence, applies in said.items() if applies]


def _shifted(relations: dict[str, int], shifts: dict[str, int]) -> dict[str, int]:
    """Pairs by verdict after the second reader; relations without any are left out."""
    both = {name: relations.get(name, 0) + shifts.get(name, 0) for name in {**relations, **shifts}}
    return {name: number for name, number in both.items() if number}


def _views(
    storage: wiring.Storage, matches: list[FoundMatch], opportunities: list[Opportunity]
) -> dict[str, MarketView]:
    """The markets that the page shows, by id."""
    ids = {market_id for one in matches for market_id in (one.market_a, one.market_b)}
    ids.update(market_id for one in opportunities for market_id in one.market_ids)
    markets = storage.catalogue.get_markets(ids)
    events = storage.catalogue.get_events({one.event_id for one in markets.values() if one.event_id is not None})
    titles = {event_id: event.title for event_id, event in events.items()}
    return {
        market_id: market_view(market, titles.get(market.event_id or "", ""), price_of(market))
        for market_id, market in markets.items()
    }


def _manifest(
    settings: Settings, begun: BegunDiscovery, plan: DiscoverPlan, report: DiscoveryReport
) -> dict[str, object]:
    """Everything needed to say how this result came about, and what was not controlled."""
    return {
        "run_id": begun.run_id,
        "code_version": code_version(),
        "started_at": report.started_at.isoformat(),
        "finished_at": report.finished_at.isoformat(),
        "parameters": msgspec.to_builtins(plan),
        "embedder": report.embedder or "none: words alone proposed pairs",
        "similarity_threshold": settings.similarity_threshold,
        "max_matches_per_market": settings.max_matches_per_market,
        "embedding_cost": _cost(report),
        "not_controlled": "books as the venues gave them, and when; every answer is kept in the raw store",
    }


def _cost(report: DiscoveryReport) -> str:
    if report.cost is None:
        return f"{report.tokens:,} tokens; what they cost is not known for this model"
    return f"{report.tokens:,} tokens, ${report.cost / 1_000_000:.6f}".rstrip("0").rstrip(".")


def _counts(report: DiscoveryReport) -> dict[str, object]:
    """What the book of runs keeps."""
    return {
        "markets": report.markets,
        "embedded": report.embedded,
        "relations": report.relations,
        "opportunities": len(report.opportunities),
        "considered": report.considered,
        "refused": report.refused,
        "folder": report.folder,
    }
