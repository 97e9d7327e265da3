"""Every recorded file of both venues: rows in = parsed + refused, each refusal with a reason, and the known counts.

The numbers of rows are counted here with the standard library or stand in the recordings' own README; none of them
comes from the code under test.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeworth.adapters.recordings.listing import KIND, RecordedFile, open_recordings
from edgeworth.markets.change import Terms, revised_fields, terms
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.market import Market, MarketStatus, RecordDetail
from edgeworth.markets.resolution import ResolutionShape
from edgeworth.markets.venue import Venue

ROOT = Path(os.environ.get("EDGEWORTH_RECORDINGS", "/nonexistent"))
FOLDERS = ("gamma", "clob", "dataapi", "kalshi")

pytestmark = pytest.mark.skipif(
    "EDGEWORTH_RECORDINGS" not in os.environ,
    reason="EDGEWORTH_RECORDINGS does not point to the folder of recorded answers",
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def files() -> list[str]:
    return sorted(
        str(path.relative_to(ROOT)) for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()
    )


def walk(name: str, **options: Any) -> list[ParsedItem]:
    """Every item of the file, read page by page as an ingest does; completeness is checked for each item."""
    file = RecordedFile(ROOT / name, now=NOW, **options)
    return list(_walk(file))


def _walk(file: RecordedFile) -> Iterator[ParsedItem]:
    cursor = None
    while True:
        page = asyncio.run(file.fetch(cursor))
        assert (page.kind, page.venue, page.fetched_at) == (KIND, file.venue, file.as_of)
        assert str(ROOT) not in page.url
        split = file.split(page)
        for item in split.items:
            parsed = file.parse(item, page)
            assert parsed.rows == parsed.parsed + len(parsed.refusals), item.raw[:200]
            for refusal in parsed.refusals:
                assert refusal.code
                assert len(refusal.reason.split()) >= 3, refusal
            yield parsed
        cursor = split.next_cursor
        if cursor is None:
            return


def rows(parsed: list[ParsedItem]) -> tuple[int, int, int]:
    return (
        sum(each.rows for each in parsed),
        sum(each.parsed for each in parsed),
        sum(len(each.refusals) for each in parsed),
    )


def markets(parsed: list[ParsedItem]) -> list[Market]:
    return [market for each in parsed for market in each.markets]


def codes(parsed: list[ParsedItem]) -> Counter[str]:
    return Counter(refusal.code for each in parsed for refusal in each.refusals)


# --- counting without our parsers -----------------------------------------------------------------------------------


def text_of(name: str) -> str:
    body = (ROOT / name).read_bytes()
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode("utf-8-sig")


def counted_rows(name: str) -> int:
    """Rows of a file by the recording's own structure, read with the standard library only."""
    text = text_of(name)
    if ".csv" in name:
        return sum(1 for _ in csv.DictReader(io.StringIO(text, newline="")))
    if ".jsonl" in name:
        return sum(1 for line in text.splitlines() if line.strip())
    return _rows_of(json.loads(text))


def _rows_of(document: Any) -> int:
    """A market, trade, book, series or candle is a row; an event is one when it has no markets; all else is one."""
    if isinstance(document, list):
        return sum(_rows_of_object(each) for each in document)
    if "response" in document:
        document = document["response"]
    if "0" in document:
        return len(document)
    if "event" in document:
        return len(document["markets"])
    if "market_candlesticks" in document:
        return sum(map(len, document["market_candlesticks"]))
    if not {"question", "title"} & document.keys():
        for name in ("events", "markets", "data", "trades", "series", "multivariate_contracts"):
            if isinstance(document.get(name), list):
                beside = sum(len(document.get(side) or ()) for side in ("milestones", "tags", "profiles"))
                return beside + sum(_rows_of_object(each) for each in document[name])
    return _rows_of_object(document)


def _rows_of_object(each: dict[str, Any]) -> int:
    if "candlesticks" in each:
        return len(each["candlesticks"])
    return len(each["markets"]) if each.get("markets") else 1


# --- all files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", files())
def test_every_row_of_every_file_is_parsed_or_refused_with_a_reason(name: str) -> None:
    read = walk(name)
    assert rows(read)[0] == counted_rows(name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_whole_folders_are_taken(folder: str) -> None:
    found = open_recordings(ROOT / folder, now=NOW)
    assert found.failures == []
    assert len(found.files) == sum(1 for path in (ROOT / folder).rglob("*") if path.is_file())


# --- Polymarket -----------------------------------------------------------------------------------------------------


def test_500_open_markets_of_which_438_are_neg_risk() -> None:
    read = markets(walk("gamma/gamma_markets_active_20260207.json.gz"))
    assert len(read) == 500
    assert sum(market.is_neg_risk for market in read) == 438
    assert sum(market.closes_at is None for market in read) == 1
    assert {tuple(outcome.label for outcome in market.outcomes) for market in read} == {("Yes", "No")}
    assert {market.status for market in read} == {MarketStatus.OPEN}
    fetched = datetime(2026, 2, 7, 20, 57, tzinfo=UTC)
    assert sum(market.closes_at is not None and market.closes_at < fetched for market in read) == 26


def test_50_events_with_738_markets_of_which_218_are_closed() -> None:
    read = walk("gamma/gamma_events_nba_20260109.json.gz")
    assert len({event.native_id for each in read for event in each.events}) == 50
    closed = [m for m in markets(read) if m.status in {MarketStatus.CLOSED, MarketStatus.RESOLVED}]
    assert (len(markets(read)), len(closed)) == (738, 218)
    assert len({tuple(outcome.label for outcome in market.outcomes) for market in markets(read)}) == 58


def test_292_five_minute_markets_resolved_as_140_up_and_152_down() -> None:
    read = markets(walk("gamma/gamma_btc_updown_5m_resolved_20260724.jsonl.gz"))
    winners = Counter(
        market.outcomes[market.resolution.winner].label
        for market in read
        if market.resolution is not None and market.resolution.winner is not None
    )
    assert winners == {"Up": 140, "Down": 152}


def test_three_snapshots_of_the_same_markets_differ_in_terms_only_where_the_texts_do() -> None:
    """Which terms changed is counted on the raw JSON: question, description, outcomes, endDate."""
    names = ["active_20260207", "active_20260213_n100", "active_20260213_n200"]
    raw_terms, our_terms = [], []
    for name in names:
        document = json.loads(text_of(f"gamma/gamma_markets_{name}.json.gz"))
        listed = document["markets"] if isinstance(document, dict) else document
        raw_terms.append(
            {
                each["conditionId"]: (each["question"], each["description"], each["outcomes"], each.get("endDate"))
                for each in listed
            }
        )
        our_terms.append({m.native_id: terms(m) for m in markets(walk(f"gamma/gamma_markets_{name}.json.gz"))})
    for earlier, later in ((0, 1), (1, 2), (0, 2)):
        both = raw_terms[earlier].keys() & raw_terms[later].keys()
        assert len(both) >= 90
        changed = {key for key in both if raw_terms[earlier][key] != raw_terms[later][key]}
        revised = {key for key in both if revised_fields(_of(our_terms[earlier], key), _of(our_terms[later], key))}
        assert revised == changed


def _of(by_key: dict[str, Terms], key: str) -> Terms:
    return by_key[key]


def test_the_first_page_of_the_exchange_refuses_what_has_no_condition_id() -> None:
    read = walk("clob/clob_markets_page0_20260213.json.gz")
    assert rows(read)[0] == 1000
    assert codes(read)["no_condition_id"] == 54


def test_6521_flat_media_markets_of_which_6125_are_resolved() -> None:
    read = walk("gamma/flat_media_markets_202605.csv.gz")
    # One row in the middle of the table has an empty condition id.
    assert (rows(read), codes(read)) == ((6521, 6520, 1), {"no_id": 1})
    statuses = Counter(market.status for market in markets(read))
    unresolved = sum(row["resolved_outcome"] == "" for row in media_rows())
    assert (len(media_rows()), unresolved) == (6521, 396)
    without_id = [row for row in media_rows() if not row["condition_id"]]
    expected = Counter("resolved" if row["resolved_outcome"] else "open" for row in media_rows())
    expected["resolved" if without_id[0]["resolved_outcome"] else "open"] -= 1
    assert {status.value: number for status, number in statuses.items()} == dict(expected)
    assert {market.detail for market in markets(read)} == {RecordDetail.FLAT}
    winners = Counter(m.outcomes[m.resolution.winner or 0].label for m in markets(read) if m.resolution)
    assert (winners["No"], winners["Yes"]) == (5644, 467)


def media_rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of("gamma/flat_media_markets_202605.csv.gz"), newline="")))


def test_475_flat_geopolitics_markets_with_line_breaks_in_their_rules() -> None:
    read = markets(walk("gamma/flat_geopolitics_markets_202604.csv.gz"))
    assert len(read) == 475
    assert any("\n" in market.rules for market in read)
    assert {market.status for market in read} == {MarketStatus.CLOSED}


def test_daily_prices_find_their_markets_by_token() -> None:
    """92 markets, 184 tokens, 14,184 points; the tokens stand in the table of the same collection."""
    table = walk("gamma/flat_geopolitics_markets_202604.csv.gz")
    tokens = {
        outcome.token_id: (market.native_id, index)
        for market in markets(table)
        for index, outcome in enumerate(market.outcomes)
        if outcome.token_id
    }
    read = walk("clob/prices_daily_2022_2023.csv.gz", tokens=tokens)
    points = [point for each in read for point in each.prices]
    assert (len(points), sum(point.price == 500_000 for point in points)) == (14_184, 10_482)
    assert len({point.market_id for point in points}) == 92
    assert len({(point.market_id, point.outcome_index) for point in points}) == 184


def test_the_derived_tables_of_polymkt() -> None:
    read = walk("dataapi/polymkt_layout/markets.csv.gz")
    assert rows(read) == (1530, 1530, 0)
    assert not any(market.is_neg_risk for market in markets(read))
    events = [event for each in walk("dataapi/polymkt_layout/events.csv.gz") for event in each.events]
    assert (len(events), sum(bool(event.tags) for event in events)) == (97, 50)


# --- Kalshi ---------------------------------------------------------------------------------------------------------


def test_200_combos_are_recognised_and_can_be_asked_for() -> None:
    name = "kalshi/v2_markets_mve_20260213.json.gz"
    assert codes(walk(name)) == {"combo": 200}
    kept = markets(walk(name, include_combos=True))
    assert len(kept) == 200
    assert sum(market.best_bid is None and market.best_ask is None for market in kept) == 178


def test_v1_gives_100_events_548_markets_and_the_ends_of_148() -> None:
    read = walk("kalshi/v1_events_nested_20260213.json.gz")
    assert rows(read) == (548, 548, 0)
    assert len([event for each in read for event in each.events]) == 100
    resolved = [market.resolution for market in markets(read) if market.status is MarketStatus.RESOLVED]
    endings = Counter((each.shape, each.winner) for each in resolved if each is not None)
    assert endings == {
        (ResolutionShape.DECIDED, 1): 128,
        (ResolutionShape.DECIDED, 0): 18,
        (ResolutionShape.SCALAR, None): 2,
    }
    # settlement_value_centicents of the two: 6400 and 8000 hundredths of a cent of 10,000.
    scalars = {each.payouts for each in resolved if each is not None and each.shape is ResolutionShape.SCALAR}
    assert scalars == {(640_000, 360_000), (800_000, 200_000)}
    assert max(market.closes_at.year for market in markets(read) if market.closes_at) == 2099


def test_questions_are_unique_in_their_event_where_the_venues_own_words_are() -> None:
    """KXNYKCOACH-25 lists Jason Kidd twice, under two tickers, with the same texts."""
    for name in ("kalshi/v1_events_nested_20260213.json.gz", "kalshi/v2_markets_fomc_mention_202603.json"):
        asked = Counter((market.event_id, market.question) for market in markets(walk(name)))
        repeated = [question for (_, question), number in asked.items() if number > 1]
        assert repeated in ([], ["Who will be the head next coach of New York Pro Men's Basketball? - Jason Kidd"])


def test_the_same_market_in_v1_and_v2_is_one_market_with_one_question_and_rule() -> None:
    """KXELONMARS-99 was recorded from v2 on 2026-01-12 and from v1 on 2026-02-13."""
    (v2,) = markets(walk("kalshi/golden_202601/event_single_response.json"))
    (v1,) = [m for m in markets(walk("kalshi/v1_events_nested_20260213.json.gz")) if m.native_id == v2.native_id]
    assert (v1.market_id, v1.event_id) == (v2.market_id, v2.event_id)
    assert revised_fields(terms(v1), terms(v2)) == ()
    assert v1.url == v2.url == "https://kalshi.com/markets/kxelonmars/kxelonmars-99"


def test_46_markets_in_an_object_with_numbers_as_keys() -> None:
    read = markets(walk("kalshi/v2_markets_fomc_mention_202603.json"))
    assert len(read) == 46
    by_ticker = {
        each["ticker"]: each for each in json.loads(text_of("kalshi/v2_markets_fomc_mention_202603.json")).values()
    }
    for market in read:
        raw = by_ticker[market.native_id]
        assert market.best_bid == (raw["yes_bid"] * 10_000 or None)
        assert market.best_ask == (raw["yes_ask"] * 10_000 if 0 < raw["yes_ask"] < 100 else None)
        assert market.volume_shares == raw["volume"]


def test_october_2026_states_dollars_and_fractions_only() -> None:
    dallas, tampa = markets(walk("kalshi/v2_markets_nfl_20261006.json"))
    assert (dallas.best_bid, dallas.best_ask, dallas.last_price) == (800_000, 810_000, 810_000)
    assert (tampa.volume_shares, tampa.volume_24h_shares) == (444_468.26, 293_060.43)
    trades = [trade for each in walk("kalshi/v2_trades_nfl_20261006.json") for trade in each.trades]
    assert [(trade.outcome_index, trade.price, trade.size) for trade in trades] == [
        (0, 810_000, 1_000_000),
        (1, 200_000, 14_180_000),
        (1, 200_000, 24_360_000),
    ]


def test_the_golden_answers_of_january_2026() -> None:
    golden = "kalshi/golden_202601/"
    for name in ("series_candlesticks", "candlesticks_batch", "event_candlesticks"):
        points = [point for each in walk(f"{golden}{name}_response.json") for point in each.prices]
        assert len(points) == 90
        assert {point.interval_seconds for point in points} == {86_400}
    assert len([each for item in walk(f"{golden}series_list_response.json") for each in item.series]) == 241
    (book,) = [book for each in walk(f"{golden}orderbook_response.json") for book in each.books]
    assert (book.bids, book.asks) == ((), ())
    assert len([trade for each in walk(f"{golden}trades_list_response.json") for trade in each.trades]) == 5


def test_every_kalshi_file_is_told_to_be_kalshis() -> None:
    found = open_recordings(ROOT / "kalshi", now=NOW)
    assert {file.venue for file in found.files} == {Venue.KALSHI}


def test_a_page_can_be_parsed_again_from_its_raw_form_alone() -> None:
    """What the raw store keeps of a page is enough: no file is needed to parse it again."""
    file = RecordedFile(ROOT / "kalshi/v1_events_nested_20260213.json.gz", now=NOW)
    page = asyncio.run(file.fetch(None))
    stored = msgspec.json.decode(msgspec.json.encode(page), type=type(page))
    other = RecordedFile(ROOT / "kalshi/v2_markets_nfl_20261006.json", now=NOW)
    again = [other.parse(item, stored) for item in other.split(stored).items]
    assert again == [file.parse(item, page) for item in file.split(page).items]
