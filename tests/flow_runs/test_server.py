"""The server itself: it answers, it is the version that is pinned, and it took the settings it was given."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pytest

from tests.flow_runs.processes import Server


def test_it_answers(server: Server):
    assert server.get("/health") is True
    assert server.get("/admin/version") == version("prefect") == "3.8.8"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("server.analytics_enabled", False),
        ("server.ui.show_promotional_content", False),
        ("server.ui.v2_enabled", False),
        ("server.ephemeral.startup_timeout_seconds", 120),
        ("server.concurrency.lease_storage", "prefect.server.concurrency.lease_storage.filesystem"),
        ("flows.heartbeat_frequency", 30),
        ("logging.extra_loggers", ["edgeworth"]),
        ("logging.to_api.when_missing_flow", "ignore"),
    ],
)
def test_each_setting_was_taken(server: Server, path: str, value: Any):
    """Prefect ignores a misspelt setting without a word, so what it says it has loaded is what counts."""
    loaded = server.get("/admin/settings")
    for key in path.split("."):
        loaded = loaded[key]
    assert loaded == value


def test_its_home_is_the_one_it_was_given(server: Server):
    assert server.get("/admin/settings")["home"] == str(server.home)
    assert (server.home / "prefect.db").exists()
