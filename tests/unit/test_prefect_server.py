"""Which Prefect API a command uses. Servers here are stand-ins of a few lines; the real one is in tests/flow_runs."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from edgeworth.errors import ConfigurationError
from tasks.orchestration.prefect_server import ApiChoice, find_server, prefect_api, running_api


@contextmanager
def standing_in(answers: dict[str, object]) -> Iterator[str]:
    """A server that answers each path with a JSON value and everything else with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path in answers
            body = json.dumps(answers.get(self.path)).encode()
            self.send_response(200 if found else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


PREFECT = {"/api/health": True, "/api/admin/version": "3.8.8"}


@pytest.fixture
def closed_url() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/api"


def test_a_configured_server_is_used(monkeypatch, closed_url):
    with standing_in(PREFECT) as url:
        monkeypatch.setenv("PREFECT_API_URL", url)
        assert find_server(default_url=closed_url) == url


def test_a_server_configured_in_the_users_profile_is_used(monkeypatch, tmp_path, closed_url):
    with standing_in(PREFECT) as url:
        (tmp_path / "profiles.toml").write_text(f'active = "mine"\n[profiles.mine]\nPREFECT_API_URL = "{url}"\n')
        monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
        assert find_server(default_url=closed_url) == url


def test_a_configured_server_that_does_not_answer_is_an_error_that_says_what_to_do(monkeypatch, closed_url):
    monkeypatch.setenv("PREFECT_API_URL", closed_url)
    with standing_in(PREFECT) as default, pytest.raises(ConfigurationError, match="prefect server start") as caught:
        find_server(default_url=default)
    assert closed_url in str(caught.value)


def test_a_password_in_the_address_is_not_shown(monkeypatch, closed_url):
    monkeypatch.setenv("PREFECT_API_URL", closed_url.replace("//", "//ann:s3cret@"))
    with pytest.raises(ConfigurationError) as caught:
        find_server(default_url=closed_url)
    assert "s3cret" not in str(caught.value)


def test_without_configuration_a_server_at_the_usual_address_is_used(closed_url):
    with standing_in(PREFECT) as url:
        assert find_server(default_url=url) == url
    assert find_server(default_url=closed_url) is None


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"/api/health": True},
        {"/api/health": {"status": "ok"}, "/api/admin/version": "3.8.8"},
        {"/api/health": True, "/api/admin/version": {"name": "another program"}},
        {"/api/health": True, "/api/admin/version": "welcome"},
    ],
    ids=["404", "no version", "another health", "another version", "a word for a version"],
)
def test_another_program_at_the_usual_address_is_not_taken_for_prefect(answers):
    with standing_in(answers) as url:
        assert find_server(default_url=url) is None


def test_where_nobody_listens_no_patience_is_needed(closed_url, monkeypatch):
    """With patience for a day, whoever waited would wait until the runner of the tests ends him."""
    monkeypatch.setattr("tasks.orchestration.prefect_server.ANSWER_SECONDS", 86_400.0)
    assert find_server(default_url=closed_url) is None


def test_a_program_that_never_answers_is_not_taken_for_prefect(monkeypatch):
    monkeypatch.setattr("tasks.orchestration.prefect_server.ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert find_server(default_url=f"http://127.0.0.1:{deaf.getsockname()[1]}/api") is None


def test_prefect_is_told_by_the_environment_and_only_inside(tmp_path):
    from prefect.settings import get_current_settings

    before = dict(os.environ)
    with standing_in(PREFECT) as url, prefect_api(tmp_path, default_url=url) as choice:
        assert choice == ApiChoice(kind="running", url=url)
        assert os.environ["PREFECT_API_URL"] == url
        settings = get_current_settings()
        assert (settings.api.url, settings.flows.heartbeat_frequency) == (url, 30)
    assert dict(os.environ) == before
    assert get_current_settings().api.url is None


def test_a_value_that_the_user_set_wins(monkeypatch, tmp_path):
    from prefect.settings import get_current_settings

    monkeypatch.setenv("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "45")
    with standing_in(PREFECT) as url, prefect_api(tmp_path, default_url=url):
        assert get_current_settings().flows.heartbeat_frequency == 45


def test_runs_inside_carry_our_tag_and_the_librarys_log_lines_are_let_through(tmp_path):
    from prefect.context import TagsContext

    with standing_in(PREFECT) as url, prefect_api(tmp_path, default_url=url):
        assert TagsContext.get().current_tags == {"edgeworth"}
        assert logging.getLogger("edgeworth.markets").isEnabledFor(logging.INFO)


def test_what_needs_a_server_that_stays_says_how_to_start_one(tmp_path, closed_url):
    with pytest.raises(ConfigurationError, match="prefect server start"), running_api(tmp_path, default_url=closed_url):
        pytest.fail("there is no server to be used")


def test_a_server_that_is_still_starting_is_waited_for(monkeypatch, tmp_path):
    monkeypatch.setattr("tasks.orchestration.prefect_server.LOOK_AGAIN_SECONDS", 0.0)
    said: list[str] = []
    answers: dict[str, object] = {}

    def answer_at_last() -> None:
        said.append("waiting")
        answers.update(PREFECT)

    with (
        standing_in(answers) as url,
        running_api(tmp_path, default_url=url, patience_seconds=30, on_wait=answer_at_last) as choice,
    ):
        assert choice == ApiChoice(kind="running", url=url)
    assert said == ["waiting"]


@pytest.mark.parametrize(
    ("logger", "line", "is_said"),
    [
        ("prefect.flow_runs", "View at http://127.0.0.1:1/runs/flow-run/x", False),
        ("prefect.flow_runs", "Beginning flow run", True),
        ("prefect.flow_runs", "Finished in state Completed('10 of 10 markets simulated')", True),
        ("prefect.task_runs", "Finished in state Completed()", False),
        ("prefect.task_runs", "Finished in state Failed('no')", True),
    ],
)
def test_what_tells_nothing_is_not_said(monkeypatch, tmp_path, closed_url, logger, line, is_said):
    @contextmanager
    def no_server(home: Path) -> Iterator[str]:
        yield closed_url

    record = logging.makeLogRecord({"name": logger, "msg": line})
    monkeypatch.setattr("tasks.orchestration.prefect_server.private_server", no_server)
    with prefect_api(tmp_path, default_url=closed_url):
        assert bool(logging.getLogger(logger).filter(record)) is is_said
    assert logging.getLogger(logger).filter(record)


def test_no_default_of_ours_is_unknown_to_prefect():
    """Prefect ignores an unknown variable without a word."""
    from prefect.settings import Settings

    from tasks.orchestration.prefect_server import CLIENT_SETTINGS, SERVER_SETTINGS

    known = set(Settings().to_environment_variables())
    assert {*CLIENT_SETTINGS, *SERVER_SETTINGS} <= known


def test_prefect_toml_says_the_same_as_the_code(monkeypatch):
    import tomllib

    from prefect.settings import Settings

    from tasks.orchestration.prefect_server import CLIENT_SETTINGS, SERVER_SETTINGS

    project = Path(__file__).parents[2]
    monkeypatch.delenv("PREFECT_SERVER_ANALYTICS_ENABLED", raising=False)
    loaded = Settings.model_validate(tomllib.loads((project / "prefect.toml").read_text()))
    as_variables = loaded.to_environment_variables()
    wanted = {**CLIENT_SETTINGS, **SERVER_SETTINGS}
    assert {name: as_variables[name].lower() for name in wanted} == {
        name: text.lower() for name, text in wanted.items()
    }
