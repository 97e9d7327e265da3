"""``edgeworth ingest`` as a user starts it: a whole synthetic universe, recorded files, a death and a second life."""

from __future__ import annotations

import gzip
import html
import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from edgeworth.adapters.storage.raw import ZstdRawStore
from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.kalshi_payloads import is_archived
from edgeworth.adapters.synthetic.server import RunningVenue, running_venue
from edgeworth.adapters.synthetic.snapshots import Snapshot
from edgeworth.adapters.synthetic.traps import Traps
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue
from tests.edgeworth_command import SECRET, catalogue, check_sums, end, ingest, ingested, leaked, start

STEP = timedelta(minutes=15)
"""The synthetic world stands still for a quarter of an hour."""

COUNTS = ("fetched", "parsed", "refused", "created", "changed", "unchanged", "superseded", "revisions")


class Synthetic:
    """Two ingests of the synthetic venue, one after the other, while its world stood still."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first = ingested(folder, "--source", "synthetic", "--full", EDGEWORTH_HISTORY_MARKETS="3")
        self.second = ingested(folder, "--source", "synthetic", "--full", "--no-history")

    @property
    def is_of_one_instant(self) -> bool:
        begun = datetime.fromisoformat(self.first["started_at"])
        return (datetime.fromisoformat(self.second["finished_at"]) - _quarter(begun)) < STEP

    @property
    def results(self) -> Path:
        return self.folder / self.first["folder"]

    def world(self) -> World:
        note = json.loads((self.folder / "data" / "synthetic" / "world_7.json").read_text())
        return World(seed=7, as_of=datetime.fromisoformat(note["start"]))


def _quarter(instant: datetime) -> datetime:
    seconds = int(instant.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(STEP.total_seconds()), UTC)


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Synthetic:
    """When the world moves on between the two ingests (once in a hundred times), two others take their place."""
    for _ in range(3):
        both = Synthetic(tmp_path_factory.mktemp("synthetic"))
        if both.is_of_one_instant:
            break
    return both


def listed_in(world: World) -> dict[tuple[str, str], str]:
    """Question of every market that the world lists, by venue and key."""
    return {
        (venue.value, world.native_id(event, market)): market.question
        for venue in (Venue.SYNTHETIC_POLYMARKET, Venue.SYNTHETIC_KALSHI)
        for event in world.listed(venue)
        for market in (event.kalshi if venue is Venue.SYNTHETIC_KALSHI else event.polymarket)
    }


class Texts(HTMLParser):
    """The texts of a page as a browser shows them, and the tags that it is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: Counter[str] = Counter()
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1


def listed_again(markets: Sequence[Snapshot], world: World) -> int:
    """Rows by which an event's markets are listed more than once; what is archived is no longer among them."""
    listings = {seen.stage for seen in markets} & {Stage.OPEN, Stage.PENDING, Stage.RESOLVED}
    return (len(listings) - 1) * sum(not is_archived(world, seen) for seen in markets)


# --- a whole synthetic universe -----------------------------------------------------------------------------------------


def test_every_market_of_the_synthetic_world_is_in_the_catalogue_and_none_besides(synthetic):
    expected = listed_in(synthetic.world())
    assert len(expected) > 500
    found = catalogue(synthetic.folder)
    assert {(market["venue"], market["native_id"]) for market in found} == expected.keys()
    assert all(market["is_synthetic"] for market in found)
    first = synthetic.first
    # Kalshi lists the events of its archive without their markets, so each of them is a row of its own.
    world = synthetic.world()
    on_kalshi = list(world.listed(Venue.SYNTHETIC_KALSHI))
    bare = sum(
        all(is_archived(world, seen) for seen in world.snapshots(event, Venue.SYNTHETIC_KALSHI)) for event in on_kalshi
    )
    assert bare > 0
    rows = len(expected) + bare
    # An event is listed under every state that one of its markets is in, each time with all of its markets.
    again = sum(listed_again(world.snapshots(event, Venue.SYNTHETIC_KALSHI), world) for event in on_kalshi)
    assert (first["fetched"], first["created"], first["refused"]) == (rows + again, rows, 0)
    exchanges = {"synthetic-polymarket", "synthetic-kalshi"}
    assert {source["venue"] for source in first["sources"]} == {*exchanges, "synthetic-spot"}


def test_every_market_of_the_synthetic_world_is_on_the_page(synthetic):
    pages = [path.read_text() for path in sorted(synthetic.results.glob("*.html"))]
    shown = {text for page in pages for text in Texts(page).texts}
    assert {market["question"] for market in catalogue(synthetic.folder)} <= shown
    assert {f"{venue}:{native_id}" for venue, native_id in listed_in(synthetic.world())} <= shown
    assert all("Synthetic markets." in Texts(page).texts for page in pages)


def test_a_second_ingest_of_an_unchanged_world_changes_nothing(synthetic):
    total = synthetic.first["fetched"]
    expected = {"fetched": total, "parsed": total, "unchanged": total}
    assert {name: synthetic.second[name] for name in COUNTS} == {name: expected.get(name, 0) for name in COUNTS}


def test_the_folder_of_a_run_holds_its_page_report_and_manifest_and_no_key(synthetic):
    assert {path.name for path in synthetic.results.iterdir()} == {
        "summary.html",
        "batch_report.json",
        "manifest.json",
    }
    assert json.loads((synthetic.results / "batch_report.json").read_text()) == synthetic.first
    manifest = json.loads((synthetic.results / "manifest.json").read_text())
    assert manifest["run_id"] == synthetic.first["run_id"]
    assert manifest["synthetic_seed"] == 7
    asked = {"sources": ["synthetic"], "full": True, "history": True, "limit": None, "include_combos": False}
    assert asked.items() <= manifest["parameters"].items()
    assert manifest["code_version"]
    assert leaked(synthetic.folder, SECRET) == []


def test_books_prices_and_trades_of_the_busiest_markets_are_stored(synthetic):
    exchanges = [source for source in synthetic.first["sources"] if source["venue"] != "synthetic-spot"]
    for source in exchanges:
        assert source["history"]["markets"] == 3
        assert min(source["history"][name] for name in ("books", "prices", "trades")) > 0
        assert source["history"]["refused"] == 0


# --- recorded files -----------------------------------------------------------------------------------------------------


def gamma(number: int, **changes: Any) -> dict[str, Any]:
    """A market as Polymarket's listing gives it."""
    return {
        "id": str(number),
        "conditionId": f"0x{number:064x}",
        "slug": f"market-{number}",
        "question": f"Will it rain on day {number}?",
        "description": "Yes if it rains.",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.25", "0.75"]',
        "clobTokenIds": f'["{number}1", "{number}2"]',
        "active": True,
        "closed": False,
        "endDate": "2026-12-31T00:00:00Z",
        "updatedAt": "2026-11-01T00:00:00Z",
        **changes,
    }


THREE = [gamma(number) for number in (1, 2, 3)]
KALSHI_EVENT = {
    "event_ticker": "KXRAIN-26",
    "series_ticker": "KXRAIN",
    "title": "Rain in 2026",
    "mutually_exclusive": False,
    "markets": [
        {
            "ticker": f"KXRAIN-26-{name}",
            "event_ticker": "KXRAIN-26",
            "title": f"Will it rain in {name}?",
            "status": "active",
            "close_time": "2026-12-31T00:00:00Z",
            "rules_primary": "Yes if it rains.",
        }
        for name in ("MAY", "JUNE", "JULY")
    ],
}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("array.json", json.dumps(THREE).encode()),
        ("wrapper.json", json.dumps({"fetched_at": "2026-11-02T00:00:00Z", "markets": THREE}).encode()),
        ("lines.jsonl", b"\n".join(json.dumps(each).encode() for each in THREE)),
        ("array.json.gz", gzip.compress(json.dumps(THREE).encode())),
        ("kalshi.json", b"\xef\xbb\xbf" + json.dumps({"events": [KALSHI_EVENT], "cursor": ""}).encode()),
    ],
)
def test_a_recorded_file_is_taken_in_every_wrapping(tmp_path, name, body):
    (tmp_path / name).write_bytes(body)
    report = ingested(tmp_path, "--source", f"file:{name}")
    assert (report["fetched"], report["created"], report["refused"]) == (3, 3, 0)
    rain = [market["question"] for market in catalogue(tmp_path)]
    assert len(rain) == 3
    assert all("rain" in question for question in rain)


def test_a_row_that_cannot_be_read_is_refused_with_a_reason_and_its_neighbours_are_taken(tmp_path):
    """A condition id that is missing, a price of 1.2 dollars, a tag among the markets."""
    rows = [
        gamma(1),
        gamma(2, conditionId=""),
        gamma(3, outcomePrices='["1.2", "-0.2"]'),
        {"id": "9", "label": "Rain", "slug": "rain"},
    ]
    (tmp_path / "mixed.json").write_text(json.dumps(rows))
    report = ingested(tmp_path, "--source", "file:mixed.json")
    assert (report["fetched"], report["created"], report["refused"]) == (4, 1, 3)
    assert all(len(reason.split()) >= 3 for reason in report["refusal_reasons"].values())
    table = ingest(tmp_path, "--source", "file:mixed.json")
    assert table.code == 0
    assert all(reason in " ".join(table.out.split()) for reason in report["refusal_reasons"].values())
    page = Texts((tmp_path / report["folder"] / "summary.html").read_text()).texts
    assert set(report["refusal_reasons"].values()) <= set(page)


def test_snapshots_in_time_order_revise_terms_and_older_ones_are_superseded(tmp_path):
    """The second snapshot asks another question of market 1, has another price for 2, and does not know 3."""
    later = {"updatedAt": "2026-11-05T00:00:00Z"}
    changed = [gamma(1, question="Will it pour on day 1?", **later), gamma(2, outcomePrices='["0.5", "0.5"]', **later)]
    (tmp_path / "1.json").write_text(json.dumps(THREE))
    (tmp_path / "2.json").write_text(json.dumps(changed))
    states = []
    for name, order in (("forward", ("1", "2")), ("backward", ("2", "1"))):
        folder = tmp_path / name
        folder.mkdir()
        reports = [ingested(folder, "--source", f"file:{tmp_path}/{number}.json") for number in order]
        seen = [(one["created"], one["changed"], one["superseded"], one["revisions"]) for one in reports]
        assert seen == ([(3, 0, 0, 0), (0, 2, 0, 1)] if name == "forward" else [(2, 0, 0, 0), (1, 0, 2, 0)])
        states.append(sorted(catalogue(folder), key=lambda market: market["market_id"]))
    assert states[0][0]["question"] == "Will it pour on day 1?"
    assert states[0] == states[1]


def test_a_folder_is_taken_file_by_file_and_what_is_none_is_named(tmp_path):
    """The files that can be read are taken; the one that cannot makes the exit code 1 and is named, without its folder."""
    recordings = tmp_path / "recordings"
    (recordings / "deeper").mkdir(parents=True)
    (recordings / "a.json").write_text(json.dumps(THREE[:2]))
    (recordings / "deeper" / "b.jsonl").write_text(json.dumps(THREE[2]))
    (recordings / "c.html").write_text("<html><body>Just a moment</body></html>")
    (recordings / ".hidden").write_text("passed over")
    done = ingest(tmp_path, "--source", f"file:{recordings}", "--json")
    done.says(1, "file:c.html: expected a recording", "found an HTML or XML page")
    report = done.json
    check_sums(report)
    assert {one["source"]: one["created"] for one in report["sources"]} == {
        "file:a.json": 2,
        "file:b.jsonl": 1,
        "file:c.html": 0,
    }
    assert report["failed"] == ["file:c.html"]
    assert len(catalogue(tmp_path)) == 3
    assert leaked(tmp_path / "results", str(recordings)) == []


def test_a_limit_is_kept_and_the_rest_is_read_another_time(tmp_path):
    (tmp_path / "many.json").write_text(json.dumps([gamma(number) for number in range(1, 1201)]))
    some = ingested(tmp_path, "--source", "file:many.json", "--limit", "10")
    assert 10 <= some["fetched"] < 1200
    ingested(tmp_path, "--source", "file:many.json")
    assert len(catalogue(tmp_path)) == 1200


def test_the_text_of_a_market_is_text_on_the_page(tmp_path):
    hostile = '<script>alert("1")</script><img src=x onerror=alert(2)> {{ 7*7 }} &amp; <b>'
    (tmp_path / "one.json").write_text(json.dumps([gamma(1, question=hostile, outcomes='["<i>Yes</i>", "No"]')]))
    page = (tmp_path / ingested(tmp_path, "--source", "file:one.json")["folder"] / "summary.html").read_text()
    parsed = Texts(page)
    assert hostile in parsed.texts
    assert not {"img", "b", "i"} & parsed.tags.keys()
    assert parsed.tags["script"] == 1
    assert hostile not in page
    assert hostile in html.unescape(page)


# --- a venue on loopback ------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def aimed_at(venue: RunningVenue) -> dict[str, str]:
    names = ("gamma_url", "clob_url", "data_api_url", "kalshi_url", "market_stream_url")
    return {f"EDGEWORTH_{name.upper()}": getattr(venue, name) for name in names}


@pytest.fixture(scope="module")
def slow_venue() -> Iterator[RunningVenue]:
    """About 2,000 markets; every answer takes long enough to stop a command in the middle of its walk."""
    with running_venue(
        World.with_market_count(2_000, seed=7, as_of=NOW), Traps(slow_every=1, slow_seconds=0.15)
    ) as running:
        yield running


def listing_requests(venue: RunningVenue, since: int) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Pages of events that were asked for, from request number ``since`` on."""
    return [
        (seen.path, tuple(sorted(seen.params)))
        for seen in venue.requests[since:]
        if seen.path.endswith("/events") or seen.path.endswith("/keyset")
    ]


def stored_pages(folder: Path) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    raw = ZstdRawStore(folder / "data")
    return [
        ("/" + page.url.split("/", 3)[3], tuple(sorted(page.params)))
        for path in raw.paths()
        for page, _ in raw.read_pages(path)
    ]


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_an_ingest_that_was_stopped_goes_on_and_asks_for_no_stored_page_again(slow_venue, tmp_path, ending, code):
    arguments = ("ingest", "--no-prefect", "--source", "polymarket", "--full", "--no-history", "--json")
    first_life = len(slow_venue.requests)
    process = start(tmp_path, *arguments, **aimed_at(slow_venue))
    asked = threading.Event()
    while len(listing_requests(slow_venue, first_life)) < 3:
        assert process.poll() is None, process.communicate()
        asked.wait(0.02)
    process.send_signal(ending)
    stopped = end(process)
    assert stopped.code == code
    assert "Traceback" not in stopped.err
    if ending == signal.SIGINT:
        assert stopped.err == "Interrupted. What was done is kept; the same command goes on from there.\n"
    before = stored_pages(tmp_path)
    assert before
    assert set(before) <= set(listing_requests(slow_venue, first_life))

    second_life = len(slow_venue.requests)
    again = end(start(tmp_path, *arguments, **aimed_at(slow_venue)))
    assert (again.code, again.err) == (0, "")
    assert not set(before) & set(listing_requests(slow_venue, second_life))
    assert max(Counter(stored_pages(tmp_path)).values()) == 1
    world = slow_venue.world
    expected = {key for venue, key in listed_in(world) if venue == "synthetic-polymarket"}
    assert {market["native_id"] for market in catalogue(tmp_path)} == expected


def test_with_the_market_stream_its_books_are_stored_too(tmp_path):
    """Two seconds of the stream of three markets, whose books change all the while; each has two books by request."""
    with running_venue(World(seed=7, as_of=NOW)) as venue:
        process = start(
            tmp_path, "ingest", "--no-prefect", "--source", "polymarket", "--json",
            ENABLE_WS_INGEST="1", EDGEWORTH_WS_INGEST_SECONDS="2", EDGEWORTH_HISTORY_MARKETS="3", **aimed_at(venue),
        )  # fmt: skip
        pause = threading.Event()
        while process.poll() is None:
            venue.emit(1)
            pause.wait(0.05)
        done = end(process)
    assert (done.code, done.err) == (0, "")
    (source,) = done.json["sources"]
    assert source["history"]["markets"] == 3
    assert source["history"]["books"] > 3 * 2
    streamed = [path for path in (tmp_path / "data" / "raw").rglob("*") if path.is_file() and "stream" in path.parts]
    assert streamed
