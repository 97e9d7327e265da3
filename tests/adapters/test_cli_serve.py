"""``edgeworth serve`` as a user starts it: the address it tells, the page behind it, its end, and what it refuses."""

from __future__ import annotations

import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from edgeworth.errors import ConfigurationError
from edgeworth.web import serving
from tests.edgeworth_command import end, run, start
from tests.sites import BATCH, fill


def test_the_site_tells_where_it_is_shows_what_is_stored_and_ends_well_on_ctrl_c(tmp_path: Path) -> None:
    fill(tmp_path)
    process = start(tmp_path, "serve", "--port", "0")
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        address = told.strip().rpartition(" ")[2]
        assert told.startswith("Edgeworth is shown on http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}/results/{BATCH}/summary.html", timeout=20) as answer:
            assert answer.read() == (tmp_path / "results" / BATCH / "summary.html").read_bytes()
        with urllib.request.urlopen(f"{address}/markets?q=snow", timeout=20) as answer:
            assert b"Will it snow in Bergen?" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="405"):
            urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=20)
        port = address.rpartition(":")[2]
        run(tmp_path, "serve", "--port", port).says(2, "--port", port, "--port 8788")
    finally:
        process.send_signal(signal.SIGINT)
        done = end(process)
    assert (done.code, done.err) == (0, "Ctrl-C stops it.\n")


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org"])
def test_another_address_than_this_machine_is_refused_with_what_it_would_mean(tmp_path: Path, host: str) -> None:
    run(tmp_path, "serve", "--host", host).says(2, "--host", "--public", "no password")


def test_an_address_of_no_machine_is_a_sentence(tmp_path: Path) -> None:
    run(tmp_path, "serve", "--host", "203.0.113.1", "--public", "--port", "0").says(2, "--host", "203.0.113.1")


def test_a_database_that_cannot_be_meant_is_a_sentence_before_anything_is_shown(tmp_path: Path) -> None:
    settings = {"EDGEWORTH_DATABASE_URL": "mysql://user:sk-never-to-be-shown@host/db"}
    run(tmp_path, "serve", "--port", "0", **settings).says(2, "EDGEWORTH_DATABASE_URL", "postgresql://")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_addresses_that_only_this_machine_can_reach(host: str) -> None:
    assert serving.is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "evil.example", "127.0.0.1.evil.example", ""])
def test_addresses_that_others_may_reach(host: str) -> None:
    assert not serving.is_loopback(host)


def test_an_address_for_a_browser_names_a_machine_also_when_every_one_is_answered() -> None:
    with serving.listen("0.0.0.0", 0) as listener:
        assert serving.address_of(listener).startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_not_shared() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigurationError, match="expected a free port"),
    ):
        serving.listen("127.0.0.1", taken.getsockname()[1])
