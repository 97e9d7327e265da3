"""A batch tells what it came to as events, and the automations to start from answer just those."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from prefect.events.schemas.automations import AutomationCore

from edgeworth.markets.freshness import MISSED_EVENT
from tasks.simulation.events import FINISHED, MARKET_FAILED, STRONG, batch_events
from tests.batches import NASTY, a_batch, a_failed_record, a_mixed_batch

AUTOMATIONS = Path(__file__).parents[2] / "deployments" / "automations"
ANSWERED = {
    "batch_finished": FINISHED,
    "market_failed": MARKET_FAILED,
    "strong_discrepancy": STRONG,
    "data_stale": MISSED_EVENT,
}


def test_a_batch_says_that_it_is_done_and_counts_everything():
    first = next(batch_events(a_mixed_batch()))
    assert first.event == "edgeworth.batch.finished"
    payload = first.payload
    assert payload["markets"] == payload["succeeded"] + payload["failed"] + payload["skipped"] == 6
    assert payload["verdicts"]["strong"] == 1


def test_each_failed_market_and_each_strong_discrepancy_is_an_event_of_its_own_about_its_batch():
    report = a_mixed_batch()
    told = [(one.event, one.resource["prefect.resource.id"]) for one in batch_events(report)][1:]
    failed = [f"edgeworth.market.{one.market_id}" for one in report.records if one.status.value == "failed"]
    assert [event for event, _ in told] == [MARKET_FAILED] * len(failed) + [STRONG]
    assert [resource for event, resource in told if event == MARKET_FAILED] == failed
    related = {one.related[0]["prefect.resource.id"] for one in list(batch_events(report))[1:]}
    assert related == {f"edgeworth.batch.{report.run_id}"}


def test_no_text_of_a_venue_travels_in_an_event():
    report = a_batch(a_failed_record(question=NASTY))
    assert all(NASTY not in str(one) for one in batch_events(report))


def test_a_batch_of_nothing_but_failures_stays_short():
    report = a_batch(*(a_failed_record(f"f{number}") for number in range(150)))
    events = list(batch_events(report))
    assert len(events) == 101
    assert events[0].payload["failed"] == 150


@pytest.mark.parametrize(("name", "event"), ANSWERED.items())
def test_an_automation_to_start_from_is_one_that_prefect_takes(name, event):
    automation = AutomationCore.model_validate(yaml.safe_load((AUTOMATIONS / f"{name}.yaml").read_text()))
    assert automation.trigger.expect == {event}
    assert automation.actions[0].type == "send-notification"
    assert f"`{name}.yaml`" in (AUTOMATIONS / "README.md").read_text()


def test_every_automation_in_the_folder_answers_an_event_of_ours():
    assert {path.stem for path in AUTOMATIONS.glob("*.yaml")} == set(ANSWERED)
