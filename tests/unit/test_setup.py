"""What ``prefect.yaml`` and ``deployments/`` say, held against the flows. No server is asked."""

from __future__ import annotations

import re
import shutil
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from prefect.flows import load_flow_from_entrypoint
from prefect.schedules import Cron

from edgeworth.errors import ConfigurationError
from tasks.orchestration.deploying import load_planned_deployments
from tasks.orchestration.setup import load_limits

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def planned():
    return {each.full_name: each for each in load_planned_deployments(PROJECT)}


def test_the_deployments_and_when_they_run(planned):
    assert {name: [(s.cron, s.timezone) for s in each.schedules] for name, each in planned.items()} == {
        "ingest/active": [("*/15 * * * *", "UTC")],
        "ingest/full": [("7 3 * * *", "UTC")],
        "freshness/hourly": [("25 * * * *", "UTC")],
        "discover/hourly": [("35 * * * *", "UTC")],
        "main-job/daily": [("45 6 * * *", "UTC")],
        "simulate-batch/daily": [("45 7 * * *", "UTC")],
        "simulate-batch/trending": [("50 * * * *", "UTC")],
        "simulate-batch/manual": [],
        "screen/manual": [],
        "replay/manual": [],
        "parity/manual": [],
        "sweep/manual": [],
        "reap-sandboxes/hourly": [("5 * * * *", "UTC")],
    }


def test_the_quarter_hourly_run_takes_the_active_set_and_the_nightly_one_everything(planned):
    assert planned["ingest/active"].parameters["full"] is False
    assert planned["ingest/full"].parameters["full"] is True


def test_parameters_are_what_the_flow_takes(planned):
    for each in planned.values():
        flow = load_flow_from_entrypoint(str(PROJECT / each.entrypoint), use_placeholder_flow=False)
        assert set(each.parameters) <= set(flow.parameters.properties)
        flow.validate_parameters(each.parameters)


def test_the_form_of_a_batch_shows_choices_bounds_and_a_sentence_a_field(planned):
    schema = planned["simulate-batch/manual"].parameter_openapi_schema
    form = schema["definitions"]["BatchForm"]["properties"]
    assert form["count"]["minimum"] == 1
    assert schema["definitions"]["UniverseMode"]["enum"] == ["top_volume", "trending", "breaking", "category", "custom"]
    assert all("description" in field for field in form.values())


def test_the_form_of_a_sweep_shows_bounds_and_a_sentence_a_field(planned):
    schema = planned["sweep/manual"].parameter_openapi_schema
    form = schema["definitions"]["SweepForm"]["properties"]
    assert form["bars"]["minItems"] == 1
    assert form["cash"]["exclusiveMinimum"] == 0
    assert all("description" in field for field in form.values())
    assert all("description" in field for field in schema["definitions"]["BarsForm"]["properties"].values())


def test_each_deployment_can_be_told_apart_limited_and_watched(planned):
    for each in planned.values():
        assert each.description
        if each.schedules:
            assert (each.concurrency_limit, each.collision_strategy) == (1, "CANCEL_NEW")
        assert each.work_pool_name == "edgeworth"
        assert "edgeworth" in each.tags, "the automation that ends dead runs looks at this tag"
        assert each.job_variables["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30"


def test_a_worker_in_any_folder_finds_the_code(planned, monkeypatch):
    step = {"prefect.deployments.steps.set_working_directory": {"directory": str(PROJECT.resolve())}}
    assert planned["ingest/active"].pull_steps == [step]
    monkeypatch.setenv("EDGEWORTH_ROOT", "/srv/edgeworth")
    (elsewhere, *_) = load_planned_deployments(PROJECT)
    assert elsewhere.pull_steps == [{next(iter(step)): {"directory": "/srv/edgeworth"}}]


def test_cron_lines_are_ones_that_prefect_takes(planned):
    for each in planned.values():
        for schedule in each.schedules:
            Cron(schedule.cron, timezone=schedule.timezone)


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = (PROJECT / "prefect.yaml").read_text()
    assert old in text
    (tmp_path / "prefect.yaml").write_text(text.replace(old, new, 1))
    shutil.copytree(PROJECT / "flows", tmp_path / "flows")
    return tmp_path


def test_a_key_that_is_not_understood_is_an_error_not_ignored(tmp_path):
    with pytest.raises(ConfigurationError, match=r"'active'.*found triggers"):
        load_planned_deployments(edited(tmp_path, "    tags: [edgeworth, ingest]", "    triggers: []\n    tags: [x]"))


def test_another_variable_than_the_projects_folder_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match=r"EDGEWORTH_ROOT.*HOME"):
        load_planned_deployments(edited(tmp_path, "$EDGEWORTH_ROOT", "$HOME"))


def test_a_folder_without_the_files_is_said(tmp_path):
    with pytest.raises(ConfigurationError, match=r"prefect\.yaml, found none"):
        load_planned_deployments(tmp_path)
    with pytest.raises(ConfigurationError, match=r"limits\.yaml, found none"):
        load_limits(tmp_path)


def test_every_limit_has_slots_and_a_reason():
    limits = {limit.name: limit for limit in load_limits(PROJECT)}
    assert (limits["polymarket"].slots, limits["kalshi"].slots) == (1, 1)
    undated = [limit.name for limit in limits.values() if not re.search(r"(Seen|chosen) 20\d\d-", limit.reason)]
    assert undated == [], "a number without a day, of its source or of our choice, ages unseen"


def test_a_limit_of_nothing_is_refused(tmp_path):
    (tmp_path / "deployments").mkdir()
    (tmp_path / "deployments" / "limits.yaml").write_text("limits: [{name: kalshi, slots: 0, reason: none}]")
    with pytest.raises(ConfigurationError, match="slots"):
        load_limits(tmp_path)


@pytest.mark.parametrize("package", ["prefect", "fastapi", "sqlalchemy"])
def test_the_pinned_versions_are_the_ones_installed(package):
    """Newer ones of each break the server, one of them without a word; see pyproject.toml."""
    listed = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    (pin,) = [need for text in listed if (need := Requirement(text)).name == package]
    assert pin.specifier.contains(version(package))
    locks = [(PROJECT / "requirements" / name).read_text() for name in ("run.lock", "dev.lock")]
    assert all(f"\n{package}=={version(package)} " in f"\n{lock}" for lock in locks)


def test_the_page_on_scheduling_names_every_deployment_and_limit_file(planned):
    page = (PROJECT / "docs" / "scheduling.md").read_text()
    assert all(f"| `{name}` |" in page for name in planned)
    assert "deployments/limits.yaml" in page
