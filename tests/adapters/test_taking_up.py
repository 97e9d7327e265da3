"""A run whose process is gone is taken up under its own name by the next one with the same plan, and by no other."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tasks import run_claims, wiring
from tasks.clock import utc_now
from tasks.settings import Settings, load_settings
from tasks.taking_up import begin_run
from tests.warm import WarmProcess

HOUR = timedelta(hours=1)
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("EDGEWORTH_DATA_DIR", str(tmp_path / "data"))
    return load_settings()


def left_behind() -> str:
    """The id of a run whose process ended in the middle."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    code, out, err = WarmProcess("tests.left_behind_process", [], cwd=Path.cwd(), environment=environment).end()
    assert code == 0, err
    return out.strip()


def begun(settings: Settings, *, count: int = 10, kind: str = "batch", within: timedelta = HOUR) -> tuple[str, bool]:
    with wiring.open_storage(settings) as storage:
        run = begin_run(storage, settings, kind=kind, parameters={"count": count}, within=within)
    return run.run_id, run.is_taken_up


def test_the_same_plan_goes_on_under_the_name_of_the_run_that_lost_its_process(settings):
    first = left_behind()
    assert begun(settings) == (first, True)
    with wiring.open_storage(settings) as storage:
        assert [run.run_id for run in storage.catalogue.list_runs()] == [first]


def test_a_run_that_is_held_is_left_to_its_holder(settings):
    first = left_behind()
    begun(settings)
    again, is_taken_up = begun(settings)
    assert (again != first, is_taken_up) == (True, False)


@pytest.mark.parametrize("other", [{"count": 11}, {"kind": "ingest"}, {"within": timedelta(0)}])
def test_another_plan_another_kind_or_a_run_of_long_ago_is_not_taken_up(settings, other):
    first = left_behind()
    run_id, is_taken_up = begun(settings, **other)
    assert (run_id != first, is_taken_up) == (True, False)


def test_a_run_that_ended_is_not_taken_up(settings):
    first = left_behind()
    begun(settings)
    with wiring.open_storage(settings) as storage:
        storage.catalogue.finish_run(first, finished_at=utc_now(), status="complete", counts={})
    run_claims.let_go(settings.data_dir, first)
    assert begun(settings)[1] is False
