"""The Prefect tasks of the freshness check: read the instants, say what was missed. The verdict is the library's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prefect import get_run_logger, task
from prefect.events import emit_event

from edgeworth.markets.freshness import MISSED_EVENT, VenueFreshness, check_freshness
from edgeworth.markets.venue import Venue
from tasks import artifacts, wiring
from tasks.clock import utc_now
from tasks.settings import load_settings


@task(name="judge-freshness", task_run_name="judge-freshness")
def judge(venues: Sequence[Venue], target_minutes: int) -> tuple[VenueFreshness, ...]:
    """The verdict on each venue now."""
    settings = load_settings()
    with wiring.open_storage(settings) as storage:
        read_at = storage.catalogue.latest_finished_pass
        finished_at = {venue: read_at(venue, enough_rows=settings.gamma_limit) for venue in venues}
    return check_freshness(finished_at, now=utc_now(), target=timedelta(minutes=target_minutes))


@task(name="publish-freshness", task_run_name="publish-freshness")
def publish(verdicts: Sequence[VenueFreshness], target_minutes: int) -> None:
    """Show the verdicts on the run's page; say each stale venue in the log and as an event."""
    artifacts.publish_freshness_artifact(verdicts, target_minutes=target_minutes)
    log = get_run_logger()
    for verdict in verdicts:
        if verdict.is_fresh:
            log.info(sentence(verdict))
        else:
            log.warning(sentence(verdict))
            emit_event(MISSED_EVENT, resource=event_resource(verdict), payload=event_payload(verdict, target_minutes))


def sentence(verdict: VenueFreshness) -> str:
    """A verdict in words."""
    venue = verdict.venue.value
    if verdict.age is None:
        return f"{venue} is stale: its markets were never read to the end"
    age = f"its markets are {_minutes(verdict.age)} old"
    return (
        f"{venue} is fresh: {age}"
        if verdict.late_by is None
        else (f"{venue} is stale: {age}, {_minutes(verdict.late_by)} more than the target")
    )


def event_resource(verdict: VenueFreshness) -> dict[str, str]:
    """What the event is about: the venue."""
    venue = verdict.venue.value
    return {"prefect.resource.id": f"edgeworth.venue.{venue}", "prefect.resource.name": venue}


def event_payload(verdict: VenueFreshness, target_minutes: int) -> dict[str, object]:
    """The numbers behind the event; what is not known is ``None``."""
    return {
        "target_seconds": target_minutes * 60,
        "finished_at": verdict.finished_at.isoformat() if verdict.finished_at else None,
        "age_seconds": _seconds(verdict.age),
        "late_by_seconds": _seconds(verdict.late_by),
    }


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.1f} min"


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
