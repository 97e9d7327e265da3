"""What the site never does: write, answer for another machine, or let a text of the world be more than text."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from starlette.testclient import TestClient

from tests.batches import NASTY
from tests.sites import BATCH, PAGES, WRITTEN, a_client, a_site, fill


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "CONNECT"])
@pytest.mark.parametrize("path", ["/", "/markets", "/nowhere", f"/results/{BATCH}/summary.html"])
def test_nothing_but_reading_is_allowed(client, method, path):
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", PAGES + WRITTEN)
def test_a_head_says_what_a_get_would_and_sends_nothing(client, path):
    asked, told = client.head(path), client.get(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-security-policy"] == told.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8787", "localhost", "LOCALHOST:1", "[::1]:8787"])
def test_the_names_of_this_machine_are_answered(client, host):
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8787",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example#127.0.0.1",
        "127.0.0.1@evil.example",
        "127.0.0.1,evil.example",
        "0.0.0.0",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "",
        "localhost.",
        "127.0.0.1:x",
        "192.168.1.5",
    ],
)
def test_a_name_of_another_machine_is_turned_away_whatever_is_asked_for(client, host):
    for path in ("/", f"/results/{BATCH}/summary.html", "/nowhere"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 421
        assert "Oslo" not in answer.text


def test_a_public_site_answers_under_any_name(folder):
    public = a_client(a_site(folder), names=None)
    assert public.get("/", headers={"host": "research.example"}).status_code == 200


@pytest.mark.parametrize(
    "path", [*PAGES, *WRITTEN, "/nowhere", "/markets?page=0", f"/results/{BATCH}/rain/log.txt", "/results/"]
)
def test_every_answer_is_shut_in(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers
    assert "set-cookie" not in headers


def test_an_answer_to_a_refused_request_is_shut_in_too(client):
    for answer in (client.post("/"), client.get("/", headers={"host": "evil.example"})):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", [*PAGES, *WRITTEN, "/nowhere", "/markets?page=0"])
def test_the_policy_names_exactly_the_style_and_the_script_of_the_page(client, path):
    answer = client.get(path)
    for kind in ("style", "script"):
        found = re.findall(rf"<{kind}[^>]*>(.*?)</{kind}>", answer.text, flags=re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in found]
        (allowed,) = re.findall(rf"{kind}-src ([^;]*)", answer.headers["content-security-policy"])
        assert allowed.split() == ([f"'sha256-{one}'" for one in hashes] or ["'none'"])
    assert " style=" not in answer.text
    assert not re.search(r"<[^>]* on\w+=", answer.text)


def test_a_site_that_breaks_off_says_so_without_its_insides_and_still_shut_in(folder):
    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    answer = a_client(a_site(folder, open_store=broken)).get("/markets")
    assert answer.status_code == 500
    assert "A defect of Edgeworth" in answer.text
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


# --- hostile text ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[NASTY, "x" * 10_000, "\u202eWill it rain?", '"><svg onload=alert(1)>', ""])
def hostile(request, tmp_path_factory) -> TestClient:
    folder = tmp_path_factory.mktemp("hostile")
    fill(folder, question=request.param, rules=request.param)
    return a_client(a_site(folder))


@pytest.mark.parametrize("path", PAGES)
def test_text_of_a_venue_stays_text(hostile, path):
    page = hostile.get(path).text
    assert hostile.get(path).status_code == 200
    assert page.count("<script") == page.count("</script") == 1
    assert "<img" not in page
    assert "<svg onload" not in page
    assert not re.search(r"<[^>]* on\w+=", re.sub(r'"[^"]*"', '""', page))


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'\"><img src=x>", "{{7*7}}", "a" * 5_000, "%00", "\u202e", "../x"]
)
def test_an_address_that_names_nothing_is_told_so_and_repeated_as_text_alone(client, name):
    answer = client.get("/markets/" + name.replace("%", "%25").replace("?", "%3F"))
    assert answer.status_code == 404
    assert answer.text.count("<script") == 1
    assert "<img" not in answer.text
    assert len(answer.text) < 20_000


def test_what_was_searched_for_stands_in_the_form_as_text(client):
    page = client.get("/markets", params={"q": '"><script>alert(1)</script>'}).text
    assert page.count("<script") == 1
    assert "&#34;&gt;&lt;script&gt;" in page
