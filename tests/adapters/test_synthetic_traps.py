"""The faults that can be switched on strike exactly the requests that were declared."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgeworth.adapters.synthetic.server import running_venue
from edgeworth.adapters.synthetic.traps import RetryAfter, Traps
from edgeworth.adapters.synthetic.world import World

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)


@contextmanager
def trapped(**traps: Any) -> Iterator[Any]:
    """A function that asks for the first page of events, and its address."""
    with running_venue(World(as_of=AS_OF, event_count=40), Traps(**traps)) as venue, httpx.Client() as http:
        yield lambda path="/events/keyset", **params: http.get(venue.gamma_url + path, params=params)


def statuses(ask: Any, count: int) -> list[int]:
    return [ask("/tags").status_code for _ in range(count)]


def test_every_third_request_is_limited_and_says_when_to_come_back() -> None:
    with trapped(rate_limit_every=3, retry_after_seconds=2) as ask:
        assert statuses(ask, 7) == [200, 200, 429, 200, 200, 429, 200]
        assert statuses(ask, 1) == [200]
        assert ask("/tags").headers["retry-after"] == "2"


def test_a_limit_may_come_with_a_date_or_without_a_word() -> None:
    with trapped(
        rate_limit_every=1, rate_limit_style=RetryAfter.HTTP_DATE, rate_limit_date=1_795_262_400, retry_after_seconds=5
    ) as ask:
        assert parsedate_to_datetime(ask().headers["retry-after"]).timestamp() == 1_795_262_405
    with trapped(rate_limit_every=1, rate_limit_style=RetryAfter.ABSENT) as ask:
        assert "retry-after" not in ask().headers


def test_server_errors_come_in_bursts() -> None:
    with trapped(server_error_every=3, server_error_burst=2, server_error_status=500) as ask:
        assert statuses(ask, 8) == [200, 200, 500, 500, 200, 500, 500, 200]


def test_an_html_page_comes_with_status_200() -> None:
    with trapped(html_page_every=2) as ask:
        assert ask().headers["content-type"] == "application/json"
        struck = ask()
        assert struck.status_code == 200
        assert struck.text.startswith("<!DOCTYPE html>")
        assert struck.headers["x-edgeworth-synthetic"] == "seed=7"


def test_a_truncated_body_is_not_json() -> None:
    with trapped(truncated_body_every=1) as ask, pytest.raises(json.JSONDecodeError):
        ask().json()


def test_only_the_named_paths_are_counted_and_struck() -> None:
    with trapped(rate_limit_every=2, paths=("/events",)) as ask:
        assert statuses(ask, 4) == [200] * 4
        assert [ask().status_code, ask().status_code] == [200, 429]


def test_a_repeated_cursor_leads_nowhere_new() -> None:
    with trapped(repeat_cursor=True) as ask:
        first = ask(limit=3).json()["next_cursor"]
        assert ask(limit=3, after_cursor=first).json()["next_cursor"] == first


def test_one_market_of_a_page_is_broken() -> None:
    with trapped(has_broken_market=True) as ask:
        for path in ("/markets/keyset", "/events/keyset"):
            page = ask(path, limit=20).json()
            markets = page.get("markets") or [market for event in page["events"] for market in event["markets"]]
            assert sum(market["conditionId"] is None for market in markets) == 1


def test_ids_change_their_type() -> None:
    with trapped(ids_change_type=True) as ask:
        assert {type(event["id"]) for event in ask().json()["events"]} == {int, str}


def test_a_slow_answer_waits() -> None:
    with trapped(slow_every=2, slow_seconds=0.3) as ask:
        ask("/tags")
        started = time.monotonic()
        ask("/tags")
        assert time.monotonic() - started >= 0.3


def test_the_traps_are_off_unless_declared() -> None:
    with trapped() as ask:
        assert statuses(ask, 20) == [200] * 20


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_served_venue_ends_cleanly_when_it_is_told_to(stop: signal.Signals, unused_port: int) -> None:
    code = (
        "from datetime import UTC, datetime\n"
        "from edgeworth.adapters.synthetic.server import serve\n"
        "from edgeworth.adapters.synthetic.world import World\n"
        f"serve(World(as_of=datetime(2026, 11, 21, tzinfo=UTC), event_count=5), port={unused_port})\n"
    )
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root)
    try:
        wait_for(f"http://127.0.0.1:{unused_port}/gamma/ok")
        process.send_signal(stop)
        printed, complained = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, printed, complained) == (0, b"", b"")


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("expected the venue to answer")


def test_kalshi_listings_have_the_same_traps() -> None:
    traps = Traps(repeat_cursor=True, has_broken_market=True)
    with running_venue(World(as_of=AS_OF, event_count=40), traps) as venue, httpx.Client() as http:
        params = {"limit": 3, "with_nested_markets": "true"}
        first = http.get(venue.kalshi_url + "/events", params=params).json()
        assert sum("close_time" not in market for event in first["events"] for market in event["markets"]) == 1
        second = http.get(venue.kalshi_url + "/events", params=params | {"cursor": first["cursor"]}).json()
        assert second["cursor"] == first["cursor"]
