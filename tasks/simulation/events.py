"""What a batch tells the rest of the house, as Prefect events: that it is done, what failed, what stands out.

Said when the report is written, each fact once; automations answer them. Names of markets are ids of venues (they are
in addresses of resources), and texts of venues stay out of the payload.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from edgeworth.reports.batch import BatchReport
from edgeworth.simulation.estimate import Verdict
from edgeworth.simulation.record import MarketSimulation, MarketStatus

FINISHED: Final = "edgeworth.batch.finished"
MARKET_FAILED: Final = "edgeworth.market.failed"
STRONG: Final = "edgeworth.discrepancy.strong"

MOST_OF_A_KIND: Final = 100
"""Of one batch; the event of the batch counts all."""


class BatchEvent(NamedTuple):
    """An event as Prefect takes it."""

    event: str
    resource: dict[str, str]
    related: list[dict[str, str]]
    payload: dict[str, Any]


def emit(report: BatchReport) -> None:
    """Emit the events of ``report``; needs a Prefect API."""
    from prefect.events import emit_event

    for one in batch_events(report):
        emit_event(one.event, resource=one.resource, related=one.related, payload=one.payload)


def batch_events(report: BatchReport) -> Iterator[BatchEvent]:
    """The events of ``report``: one of the batch, one for each market that failed, one for each strong discrepancy."""
    batch = {"prefect.resource.id": f"edgeworth.batch.{report.run_id}", "prefect.resource.name": report.name}
    verdicts = {verdict.value: number for verdict, number in report.verdicts().items()}
    counts = {
        "markets": len(report.records),
        "succeeded": report.succeeded,
        "failed": report.failed,
        "skipped": report.skipped,
    }
    yield BatchEvent(FINISHED, batch, [], {**counts, "verdicts": verdicts, "results_dir": report.folder})
    about_batch = [{**batch, "prefect.resource.role": "batch"}]
    for record in _failed(report)[:MOST_OF_A_KIND]:
        yield BatchEvent(MARKET_FAILED, _resource(record), about_batch, {"is_synthetic": record.is_synthetic})
    for record in _strong(report)[:MOST_OF_A_KIND]:
        told = record.estimate
        assert told is not None
        payload = {
            "is_synthetic": record.is_synthetic,
            "difference": told.difference,
            "difference_error": told.difference_error,
            "model_probability": told.model_probability,
            "market_probability": None if told.market is None else told.market.probability,
        }
        yield BatchEvent(STRONG, _resource(record), about_batch, payload)


def _failed(report: BatchReport) -> list[MarketSimulation]:
    return [one for one in report.records if one.status is MarketStatus.FAILED]


def _strong(report: BatchReport) -> list[MarketSimulation]:
    return [one for one in report.records if one.estimate is not None and one.estimate.verdict is Verdict.STRONG]


def _resource(record: MarketSimulation) -> dict[str, str]:
    return {"prefect.resource.id": f"edgeworth.market.{record.market_id}", "edgeworth.venue": record.venue}
