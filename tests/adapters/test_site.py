"""The site as a browser meets it: what each page shows, what it never does, and what it says when it cannot."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from edgeworth.markets.listing import Refusal
from edgeworth.markets.market import Outcome
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS
from tests.batches import NASTY
from tests.builders import NOON, a_market
from tests.findings import RAIN_A, a_match, a_verdict, an_opportunity
from tests.pages import Walk, of_markets
from tests.sites import BATCH, RUN, a_client, a_site, fill, note_run
from tests.stored import open_stores, save_markets, settings_at

PAGES = ["/", "/markets", "/discovery", "/discovery?show=matches", "/forecasts", "/status", f"/markets/{RAIN_A}"]
WRITTEN = [f"/results/{BATCH}/summary.html", f"/results/{BATCH}/rain/result.html"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> TestClient:
    return a_client(a_site(folder))


@pytest.fixture
def empty(tmp_path: Path) -> TestClient:
    return a_client(a_site(tmp_path))


def text_of(page: str) -> str:
    """What a reader sees."""
    body = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


# --- safety -----------------------------------------------------------------------------------------------------------


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


# --- hostile text -----------------------------------------------------------------------------------------------------


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


# --- runs -------------------------------------------------------------------------------------------------------------


def test_the_index_tells_a_batch_by_what_came_of_it(client):
    page = client.get("/").text
    assert f'<a href="/results/{BATCH}/"><bdi>top volume</bdi></a>' in page
    told = text_of(page)
    assert "2026-11-01 12:00 UTC top volume batch completed 8 of 10 1 1 3 $1.25 90.0 s" in told
    assert "Coverage 80 %" in told


def test_a_run_that_goes_on_one_that_died_and_one_of_another_machine_are_told_apart(tmp_path):
    with open_stores(tmp_path) as storage:
        for number, name in enumerate(["alive", "dead", "elsewhere"]):
            note_run(storage, name, status="running", started_at=NOON + timedelta(hours=number), sources=[name])
        note_run(storage, "bad", status="failed", started_at=NOON - timedelta(hours=1), sources=["bad"])
    going_on = {"alive": True, "dead": False, "elsewhere": None}
    client = a_client(a_site(tmp_path, is_going_on=going_on.get))
    told = text_of(client.get("/").text)
    assert "elsewhere ingest running" in told
    assert "dead ingest interrupted" in told
    assert "alive ingest running" in told
    assert "bad ingest failed" in told
    assert (
        told.index("elsewhere ingest") < told.index("dead ingest") < told.index("alive ingest") < told.index("bad ing")
    )
    status = text_of(client.get("/status").text)
    assert "Going on elsewhere ingest" in status
    assert "dead ingest interrupted" in status
    assert "bad ingest failed" in status


def test_a_claim_tells_a_living_run_from_a_dead_one_and_looking_changes_nothing(tmp_path):
    from tasks import run_claims

    settings, is_held = settings_at(tmp_path), run_claims.is_held
    assert is_held(settings.data_dir, "r") is None
    run_claims.claim(settings.data_dir, "r")
    (file,) = (settings.data_dir / "runs").iterdir()
    before = file.stat()
    assert a_site(tmp_path).is_going_on("r") is True
    run_claims.leave("r")
    assert is_held(settings.data_dir, "r") is False
    assert (file.stat().st_mtime_ns, file.stat().st_size) == (before.st_mtime_ns, before.st_size)
    assert run_claims.try_take_up(settings.data_dir, "r"), "a look leaves nothing behind that keeps others off"
    run_claims.let_go(settings.data_dir, "r")
    assert is_held(settings.data_dir, "r") is None


def test_a_page_of_a_run_is_sent_as_it_was_written(client, folder):
    for path in WRITTEN:
        answer = client.get(path)
        assert answer.content == (folder / path.removeprefix("/")).read_bytes()
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "sandbox allow-scripts" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("context.json", "application/json"), ("log.txt", "text/plain"), ("model.py", "text/plain")],
)
def test_files_of_a_market_are_shown_and_never_run(client, name, kind):
    answer = client.get(f"/results/{BATCH}/rain/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-security-policy"].endswith("sandbox")


def test_a_folder_leads_to_its_page(client):
    assert client.get(f"/results/{BATCH}").headers["location"] == f"/results/{BATCH}/summary.html"
    assert client.get(f"/results/{BATCH}/").headers["location"] == f"/results/{BATCH}/summary.html"
    assert client.get(f"/results/{BATCH}/rain/").headers["location"] == f"/results/{BATCH}/rain/result.html"
    assert client.get("/results/").headers["location"] == "/"


def test_a_batch_without_its_page_yet_shows_the_markets_that_are_done(tmp_path):
    place = tmp_path / "results" / "daily_20261101_120000"
    for name in ("done", ".half.partial", "empty"):
        (place / name).mkdir(parents=True)
    (place / "done" / "result.html").write_text("<p>done</p>")
    (place / "manifest.json").write_text("{}")
    page = a_client(a_site(tmp_path)).get("/results/daily_20261101_120000/").text
    assert '<a href="/results/daily_20261101_120000/done/result.html">done</a>' in page
    assert "half" not in page
    assert "empty" not in text_of(page)
    assert "manifest.json" in page


def test_folders_of_no_known_run_are_told(tmp_path):
    fill(tmp_path)
    (tmp_path / "results" / "older_20250101_000000").mkdir()
    told = text_of(a_client(a_site(tmp_path)).get("/").text)
    assert "Other folders" in told
    assert "older_20250101_000000" in told
    assert f"Other folders In the results, but of no run in this store: {BATCH}" not in told


@pytest.mark.parametrize(
    "path",
    [
        "../data/edgeworth.db",
        "%2e%2e/data/edgeworth.db",
        "%2e%2e%2fdata%2fedgeworth.db",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%252e%252e%252fdata",
        "..%5cdata%5cedgeworth.db",
        "%5c%5cserver%5cshare",
        "C:%5cwindows%5cwin.ini",
        "C:/windows/win.ini",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        f"{BATCH}/summary.html%00",
        f"{BATCH}/..%00/summary.html",
        "%c0%ae%c0%ae/data",
        "%ff%fe",
        f"{BATCH}/.summary.html.partial",
        "out/secret.txt",
        "secret.txt",
    ],
)
def test_no_address_leaves_the_results(tmp_path, path):
    (tmp_path / "results" / BATCH).mkdir(parents=True)
    (tmp_path / "results" / BATCH / "summary.html").write_text("secret, but for its own address")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "results" / "out").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "results" / "secret.txt").symlink_to(tmp_path / "secret.txt")
    answer = a_client(a_site(tmp_path)).get(f"http://127.0.0.1/results/{path}")
    assert answer.status_code in (404, 400)
    assert "secret" not in answer.text


# --- the catalogue ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 3),
        ("q=rain", 2),
        ("q=RAIN+oslo", 2),
        ("q=rain+bergen", 0),
        ("q=100%25", 0),
        ("q=_", 0),
        ("venue=kalshi", 1),
        ("venue=polymarket&status=resolved", 1),
        ("category=crypto", 1),
        ("event=kalshi%3AOSLO", 1),
        ("status=open&q=", 2),
        ("order=closes", 3),
    ],
)
def test_a_search_finds_the_markets_that_fit(client, query, total):
    told = text_of(client.get(f"/markets?{query}").text)
    assert f"{total} market{'' if total == 1 else 's'}" in told
    assert ("No market fits" in told) is (total == 0)


@pytest.mark.parametrize(
    "query",
    ["venue=nasdaq", "status=ajar", "category=music", "order=name", "page=0", "page=x", "q=%00", "sort=up", "q=a&q=b"],
)
def test_a_search_that_cannot_be_meant_is_told_so(client, query):
    answer = client.get(f"/markets?{query}")
    assert answer.status_code == 400
    assert "expected" in text_of(answer.text)


def test_a_long_list_goes_on_further_pages_and_a_page_beyond_says_so(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(
            storage, [a_market(f"0x{n:03}", question=f"Question {n:03}?", volume_usd=float(n)) for n in range(120)]
        )
    client = a_client(a_site(tmp_path))
    first, last = client.get("/markets").text, client.get("/markets?page=3").text
    assert "1 to 50 of 120 markets" in text_of(first)
    assert first.index("Question 119?") < first.index("Question 118?")
    assert 'href="/markets?page=2" rel="next"' in first
    assert "101 to 120 of 120 markets" in text_of(last)
    assert 'rel="next"' not in last
    assert 'href="/markets?page=2" rel="prev"' in last
    assert "There is no page 9: 120 markets are on 3." in text_of(client.get("/markets?page=9").text)


def test_the_page_of_a_market_holds_what_is_known_of_it(client):
    page = client.get(f"/markets/{RAIN_A}").text
    told = text_of(page)
    assert "Will it rain in Oslo on 2 November?" in told
    assert "Yes 52¢" in told
    assert "47 points" in told, "one of the 48 hours has no price and none is made up for it"
    assert (
        'aria-label="Price of the first outcome, 2026-10-30 13:00 UTC to 2026-11-01 12:00 UTC: from 44.7 % to 40.0 %'
        in page
    )
    assert "50 % 25 to 75 % 40 %" in told
    assert "2026-11-21" in told
    assert "the same bet" in told
    assert "$3.00 on $97.00" in told
    assert f'href="/results/{BATCH}/rain/"' in page


def test_a_market_is_found_by_its_key_and_its_slug_and_led_to_its_address(client):
    for name in ("0xb", "oslo-rain"):
        answer = client.get(f"/markets/{name}")
        assert (answer.status_code, answer.headers["location"]) == (307, "/markets/polymarket:0xb")


def test_a_market_that_has_ended_says_how_and_is_of_the_past(client):
    told = text_of(client.get("/markets/polymarket:0xc").text)
    assert "decided: No" in told
    assert "Yes \N{EN DASH} \N{EN DASH} \N{EN DASH} 0¢" in told


def test_the_other_markets_of_an_event_stand_likeliest_first(tmp_path):
    prices = {"A": 100_000, "B": None, "C": 700_000, "D": 0}
    markets = [
        a_market(name, event_native_id="E", question=f"Is it {name}?", outcomes=(Outcome(label="Yes", price=price),))
        for name, price in {**prices, "SELF": 500_000}.items()
    ]
    with open_stores(tmp_path) as storage:
        save_markets(storage, markets)
    page = a_client(a_site(tmp_path)).get("/markets/polymarket:SELF").text
    found = re.findall(r"<bdi>Is it (\w+)\?</bdi></a>", page.partition("The same event")[2])
    assert found == ["C", "A", "D", "B"]


# --- discovery --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> TestClient:
    """Opportunities alive, dead and gone; matches of several relations within and across venues."""
    folder = tmp_path_factory.mktemp("found")
    names = [RAIN_A, "kalshi:RAIN-B", "polymarket:0xb", "polymarket:0xc", "synthetic-kalshi:S"]
    with open_stores(folder) as storage:
        save_markets(
            storage,
            [
                a_market(name.partition(":")[2], venue=Venue(name.partition(":")[0]), question=f"Is it {name}?")
                for name in names
            ],
        )
        storage.opportunities.save([an_opportunity("kalshi:OLD")], examined=None, run_id="r", at=NOON)
        storage.opportunities.save(
            [an_opportunity(), an_opportunity("kalshi:RAIN-B", is_dead_at_size=True)],
            examined=None,
            run_id="r",
            at=NOON + timedelta(hours=1),
        )
        storage.matches.save(
            [
                a_match(),
                a_match(RAIN_A, "kalshi:RAIN-B", verdict=a_verdict(Relation.EXCLUSIVE, confidence=0.5)),
                a_match("kalshi:RAIN-B", "polymarket:0xc", verdict=a_verdict(Relation.RELATED, confidence=0.25)),
                a_match(RAIN_A, "synthetic-kalshi:S", verdict=a_verdict(Relation.UNRELATED, confidence=1.0)),
            ],
            examined=None,
            run_id="r",
            at=NOON,
        )
    return a_client(a_site(folder))


@pytest.mark.parametrize(
    ("query", "total"),
    [("", 3), ("life=alive", 1), ("life=dead", 1), ("life=gone", 1), ("kind=pair&life=alive", 1), ("kind=basket", 0)],
)
def test_opportunities_by_kind_and_what_is_left_of_them(found, query, total):
    told = text_of(found.get(f"/discovery?{query}").text)
    assert (f"{total} of {total} opportunities" in told) is (total > 0)
    assert ("None fits" in told) is (total == 0)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 3),
        ("relation=equivalent", 1),
        ("relation=unrelated", 1),
        ("between=across", 2),
        ("between=within", 1),
        ("venue=polymarket", 2),
        ("venue=synthetic-kalshi", 0),
        ("confidence=0.5", 2),
        ("confidence=0.98", 0),
        ("venue=kalshi&between=within&confidence=0.1", 1),
    ],
)
def test_matches_by_relation_venue_and_confidence(found, query, total):
    told = text_of(found.get(f"/discovery?show=matches&{query}").text)
    assert (f"{total} of {total} matches" in told) is (total > 0)
    assert ("None fits" in told) is (total == 0)


@pytest.mark.parametrize(
    "query", ["show=all", "kind=free_money", "life=undead", "relation=x", "confidence=2", "between=x"]
)
def test_a_filter_that_cannot_be_meant_is_told_so(found, query):
    assert found.get(f"/discovery?{query}").status_code == 400


def test_matches_from_which_most_follows_come_first(found):
    page = found.get("/discovery?show=matches").text
    order = [page.index(f"<strong>{relation}</strong>") for relation in ("equivalent", "exclusive", "related")]
    assert order == sorted(order)


# --- forecasts --------------------------------------------------------------------------------------------------------


def test_forecasts_stand_with_what_came_out_and_the_chain_that_holds_them(client):
    told = text_of(client.get("/forecasts").text)
    assert "The chain holds: all 2 registered forecasts are as written." in told
    assert "1 to 2 of 2 forecasts" in told
    assert "paid 0 %" in told
    assert "open" in told


def test_the_track_record_is_that_of_the_forecasts_whose_market_has_ended(tmp_path):
    """Said 0.5 and 0.5 of what then paid nothing: (0.5 - 0)² = 0.25; the market said 0.4: 0.16."""
    fill(tmp_path)
    told = text_of(a_client(a_site(tmp_path)).get("/forecasts").text)
    assert "written model 2 1 0.250 0.160" in told
    assert "1 unresolved" in told


def test_filters_leave_the_forecasts_that_fit(client):
    assert "None fits" in text_of(client.get("/forecasts?kind=builtin").text)
    assert "1 to 2 of 2" in text_of(client.get("/forecasts?kind=written").text)
    assert "None was registered" in text_of(client.get("/forecasts?world=synthetic").text)
    assert client.get("/forecasts?world=fictional").status_code == 400


def test_a_chain_that_was_tampered_with_is_an_alarm(tmp_path):
    fill(tmp_path)
    with sqlite3.connect(tmp_path / "data" / "edgeworth.db") as database:
        triggers = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE forecast SET probability = 0.99 WHERE position = 1")
    database.close()
    page = a_client(a_site(tmp_path)).get("/forecasts").text
    assert "The chain does not hold at position 1" in text_of(page)
    assert 'role="alert"' in page


# --- status -----------------------------------------------------------------------------------------------------------


def test_freshness_is_the_age_of_the_last_whole_walk(tmp_path):
    with open_stores(tmp_path) as storage:
        for name, market in (("p", a_market()), ("k", a_market("B", venue=Venue.KALSHI))):
            walk = Walk(storage.catalogue, name)
            walk.page(of_markets(market), last=True, venue=market.venue)
            storage.catalogue.finish_pass(name, NOON)
        save_markets(storage, [a_market("S", venue=Venue.SYNTHETIC_KALSHI)], at=NOON)
    fresh = text_of(a_client(a_site(tmp_path, now=NOON + timedelta(minutes=5))).get("/status").text)
    assert "polymarket fresh 2026-11-01 12:00 UTC 5 min 00 s 1 open" in fresh
    assert "synthetic-kalshi stale never" in fresh, "its only walk was cut off"
    stale = text_of(a_client(a_site(tmp_path, now=NOON + timedelta(hours=3))).get("/status").text)
    assert "kalshi stale 2026-11-01 12:00 UTC 3 h 00 min 1 open" in stale


def test_the_store_is_named_without_its_place_on_this_machine(tmp_path):
    fill(tmp_path)
    page = a_client(a_site(tmp_path)).get("/status").text
    assert "Store: SQLite, edgeworth.db" in text_of(page)
    assert str(tmp_path) not in page


def test_refused_rows_stand_by_reason_with_the_last_as_an_example(tmp_path):
    with open_stores(tmp_path) as storage:
        refusals = [
            Refusal(kind="market", native_id=str(n), code="no_outcomes", reason=f"<b>row {n}</b>", item_index=n)
            for n in range(3)
        ]
        Walk(storage.catalogue).page(of_markets(a_market(), refusals=refusals), last=True)
    page = a_client(a_site(tmp_path)).get("/status").text
    assert "polymarket no outcomes 3" in text_of(page)
    assert "&lt;b&gt;row" in page
    assert "<b>row" not in page


# --- no store, another store ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/markets", "/discovery", "/discovery?show=matches", "/forecasts", "/status"])
def test_without_a_store_each_page_says_what_to_run(empty, path, tmp_path):
    answer = empty.get(path)
    assert answer.status_code == 200
    assert "edgeworth run" in answer.text
    assert not (tmp_path / "data").exists(), "looking makes nothing"
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("path", ["/", "/markets", "/discovery", "/discovery?show=matches", "/forecasts", "/status"])
def test_an_empty_store_says_what_to_run_too(tmp_path, path):
    with open_stores(tmp_path):
        pass
    answer = a_client(a_site(tmp_path)).get(path)
    assert answer.status_code == 200
    assert re.search(r"<code>edgeworth \w+", answer.text)


def test_a_store_that_comes_or_is_replaced_while_the_site_runs_is_shown(tmp_path):
    client = a_client(a_site(tmp_path))
    assert "Nothing is stored" in client.get("/markets").text
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_market(question="Is it the first?")])
    assert "Is it the first?" in client.get("/markets").text
    for file in (tmp_path / "data").glob("edgeworth.db*"):
        file.rename(tmp_path / file.name)
    assert "Nothing is stored" in client.get("/markets").text
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_market(question="Is it the second?")])
    assert "Is it the second?" in client.get("/markets").text


@pytest.mark.parametrize(("version", "words"), [("0001", "older Edgeworth"), ("9999", "newer Edgeworth")])
def test_a_store_of_another_schema_is_left_as_it_is(tmp_path, version, words):
    with open_stores(tmp_path):
        pass
    file = tmp_path / "data" / "edgeworth.db"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))
    database.close()
    answer = a_client(a_site(tmp_path)).get("/markets")
    assert answer.status_code == 503
    assert words in text_of(answer.text)
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (version,)
    database.close()


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "edgeworth.db").write_bytes(b"not a database" * 1000)
    answer = a_client(a_site(tmp_path)).get("/markets")
    assert answer.status_code == 503
    assert "not an SQLite database" in text_of(answer.text)


def test_every_page_leaves_the_store_as_it_was(tmp_path):
    fill(tmp_path)
    before = contents(tmp_path)
    client = a_client(a_site(tmp_path))
    for path in PAGES + WRITTEN:
        assert client.get(path).status_code == 200
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the index of SQLite's log, which readers share."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".db-shm", ".db-wal"}]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_amounts_are_in_dollars(client):
    """3,000,000 millionths are three dollars."""
    assert MICROS == 1_000_000
    assert "$3.00" in client.get("/discovery").text
    assert RUN not in client.get("/discovery").text
