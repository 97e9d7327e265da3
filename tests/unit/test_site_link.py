"""Where a page in Prefect leads: to the site that was named, or to one of ours that answers, and else nowhere."""

from __future__ import annotations

import socket

import pytest
from starlette.responses import PlainTextResponse

from edgeworth.web.app import create_app
from tasks.settings import Settings
from tasks.site_link import address_on, page_address, site_answers
from tests.serving import served
from tests.sites import a_site

FOLDER = "results/top_volume_20261101_120000"


@pytest.fixture
def nobody() -> str:
    """An address at which nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("url", ["https://research.example/edge", "https://research.example/edge/"])
def test_a_site_that_was_named_is_linked_without_asking_it(monkeypatch, url):
    monkeypatch.setenv("EDGEWORTH_SITE_URL", url)
    settings = Settings(_env_file=None)
    assert page_address(settings, FOLDER) == "https://research.example/edge/results/top_volume_20261101_120000/"


def test_without_a_name_there_is_a_link_only_while_a_site_answers(tmp_path, nobody):
    assert address_on(nobody, FOLDER, is_named=False) is None
    with served(create_app(a_site(tmp_path))) as origin:
        assert address_on(origin, FOLDER, is_named=False) == f"{origin}/results/top_volume_20261101_120000/"


def test_something_else_that_answers_is_no_site_of_ours():
    with served(PlainTextResponse("hello")) as origin:
        assert not site_answers(origin)
        assert address_on(origin, FOLDER, is_named=False) is None


def test_something_that_takes_calls_and_says_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not site_answers(f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_a_run_without_a_folder_has_no_page():
    assert page_address(Settings(_env_file=None, site_url="https://research.example"), None) is None
