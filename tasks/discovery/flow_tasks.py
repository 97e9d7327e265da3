"""The Prefect tasks of a discovery: each calls one of ``steps``, logs what it did, returns little."""

from __future__ import annotations

from contextlib import ExitStack

from msgspec import Struct
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from edgeworth.reports.discovery import DiscoveryReport, Stage
from tasks.discovery import artifacts
from tasks.discovery.pairs import EmbedStep, MatchStep, embed_markets, match_markets
from tasks.discovery.plan import BegunDiscovery, DiscoverPlan
from tasks.discovery.search import FindStep, find_in_books, services_asked
from tasks.discovery.second_reader import ReadStep, read_again
from tasks.discovery.steps import begin_discovery, publish_discovery
from tasks.orchestration.prefect_server import hear_library
from tasks.orchestration.slots import service_slot
from tasks.settings import load_settings


class PublishedDiscovery(Struct, frozen=True):
    """Where the report is, and what it says in one line."""

    folder: str | None
    sentence: str
    has_failed: bool


@task(name="begin-discovery", task_run_name="begin-discovery", cache_policy=NO_CACHE)
def begin(plan: DiscoverPlan) -> BegunDiscovery:
    """Check the plan and note the run."""
    hear_library()
    return begin_discovery(load_settings(), plan)


@task(name="embed-markets", task_run_name="embed-new-and-changed", cache_policy=NO_CACHE)
def embed(run: BegunDiscovery, plan: DiscoverPlan) -> EmbedStep:
    """Embed what is new or changed; a failure stands in the report and does not end the run."""
    step = embed_markets(load_settings(), run, plan)
    _log(step.stage)
    return step


@task(name="match-markets", task_run_name="propose-and-decide", cache_policy=NO_CACHE)
def match(run: BegunDiscovery, plan: DiscoverPlan) -> MatchStep:
    """Propose pairs, decide and store them."""
    step = match_markets(load_settings(), run, plan)
    _log(step.stage)
    return step


@task(name="second-reader", task_run_name="read-pairs-again", cache_policy=NO_CACHE)
def read(run: BegunDiscovery, plan: DiscoverPlan) -> ReadStep:
    """Have some pairs read by a language model, where that is asked for."""
    step = read_again(load_settings(), run, plan)
    _log(step.stage)
    return step


@task(name="find-opportunities", task_run_name="search-the-books", cache_policy=NO_CACHE)
def find(run: BegunDiscovery, plan: DiscoverPlan) -> FindStep:
    """Read the books, find and store opportunities; one run at a time asks a venue."""
    settings = load_settings()
    with ExitStack() as slots:
        for service in services_asked(settings, plan):
            slots.enter_context(service_slot(service))
        step = find_in_books(settings, run, plan)
    _log(step.stage)
    return step


@task(name="publish-discovery", task_run_name="publish-discovery", cache_policy=NO_CACHE)
def publish(
    run: BegunDiscovery,
    plan: DiscoverPlan,
    embedded: EmbedStep,
    matched: MatchStep,
    again: ReadStep,
    found: FindStep,
) -> PublishedDiscovery:
    """Write the run's folder and the artifacts."""
    report = publish_discovery(load_settings(), run, plan, embedded, matched, again, found)
    artifacts.publish(report)
    return PublishedDiscovery(report.folder, summary(report), report.has_failed)


def summary(report: DiscoveryReport) -> str:
    """The run in one line, failures first."""
    failed = [stage.name for stage in report.stages if stage.error is not None]
    told = (
        f"{len(report.alive)} of {len(report.opportunities)} opportunities alive at size, "
        f"{report.pair_total} pairs related among {report.markets} markets"
    )
    return f"{', '.join(failed)} stopped early; {told}" if failed else told


def _log(stage: Stage) -> None:
    log = get_run_logger()
    log.info("%s: %s", stage.name, stage.did)
    if stage.error is not None:
        log.error("%s: %s", stage.name, stage.error)
