"""Recorded files as a listing: what is taken from which wrapper, in pages, under which instant.

``walk`` does what an ingest does: fetch, split, parse, go on at the cursor.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edgeworth.adapters.recordings.listing import (
    PAGE_ROWS,
    AsOfSource,
    RecordedFile,
    open_recordings,
)
from edgeworth.errors import FatalSourceError
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.market import MarketStatus, RecordDetail
from edgeworth.markets.venue import Venue
from edgeworth.ports import Listing, RawPage

NOW = datetime(2026, 11, 21, tzinfo=UTC)

GAMMA = {
    "id": "517310",
    "question": "Will it rain?",
    "conditionId": "0x" + "ab" * 32,
    "slug": "will-it-rain",
    "outcomes": '["Yes", "No"]',
    "outcomePrices": '["0.4", "0.6"]',
    "clobTokenIds": '["111", "222"]',
    "active": True,
    "closed": False,
}
KALSHI = {"ticker": "KXRAIN-26", "event_ticker": "KXRAIN-26", "title": "Will it rain?", "status": "active"}


class Walked:
    """A file walked to its end."""

    def __init__(self, file: RecordedFile) -> None:
        self.pages: list[RawPage] = []
        self.items: list[ListingItem] = []
        self.parsed: list[ParsedItem] = []
        asyncio.run(self._walk(file))

    async def _walk(self, file: Listing) -> None:
        cursor = None
        while True:
            page = await file.fetch(cursor)
            split = file.split(page)
            self.pages.append(page)
            self.items += split.items
            self.parsed += [file.parse(item, page) for item in split.items]
            cursor = split.next_cursor
            if cursor is None:
                return

    @property
    def rows(self) -> tuple[int, int, int]:
        """Rows, parsed, refused."""
        return (
            sum(each.rows for each in self.parsed),
            sum(each.parsed for each in self.parsed),
            sum(len(each.refusals) for each in self.parsed),
        )

    @property
    def codes(self) -> list[str]:
        return [refusal.code for each in self.parsed for refusal in each.refusals]


def recorded(folder: Path, content: object, *, name: str = "recording", **options: Any) -> RecordedFile:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return RecordedFile(path, now=NOW, **options)


# --- wrappers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        [GAMMA],
        GAMMA,
        {"markets": [GAMMA], "next_cursor": "x"},
        {"fetched_at": "2026-02-13T19:26:13+00:00", "markets": [GAMMA], "summary": {"count": 1}},
        {"_metadata": {"recorded_at": "2026-01-12T22:08:10+00:00"}, "response": [GAMMA]},
        {"0": GAMMA},
        {"slug": "will-it-rain", "raw": GAMMA, "strike_value": None},
        json.dumps([GAMMA], indent=2).encode("utf-8-sig"),
        gzip.compress(json.dumps([GAMMA]).encode()),
        gzip.compress(json.dumps(GAMMA).encode("utf-8-sig")),
    ],
    ids=["array", "object", "page", "fetched_at", "metadata", "numbered", "raw", "bom", "gzip", "gzip+bom"],
)
def test_a_market_is_found_in_every_wrapper(tmp_path: Path, content: object) -> None:
    file = recorded(tmp_path, content)
    walked = Walked(file)
    assert walked.rows == (1, 1, 0)
    assert file.venue is Venue.POLYMARKET
    assert walked.parsed[0].markets[0].native_id == GAMMA["conditionId"]


def test_json_lines_may_hold_the_venues_object_under_raw(tmp_path: Path) -> None:
    lines = [json.dumps(GAMMA), "", json.dumps({"slug": "x", "raw": GAMMA})]
    walked = Walked(recorded(tmp_path, "\n".join(lines).encode()))
    assert walked.rows == (2, 2, 0)
    assert [json.loads(item.raw) for item in walked.items] == [GAMMA, GAMMA]


def test_items_are_the_bytes_of_the_file_and_pages_name_it_without_its_folder(tmp_path: Path) -> None:
    body = b'[{"ticker" : "A",  "event_ticker":"A", "title":"Q?", "status":"active", "volume":1.50}]'
    walked = Walked(recorded(tmp_path, body, name="some.json"))
    assert walked.items[0].raw == body[1:-1]
    assert [page.url for page in walked.pages] == ["file:some.json"]
    assert str(tmp_path) not in repr(walked.pages)


def test_an_unchanged_object_has_the_digest_that_the_live_listing_gave(tmp_path: Path) -> None:
    from edgeworth.adapters.polymarket.parse import split_listing

    live = split_listing(json.dumps({"markets": [GAMMA]}).encode(), "markets").items[0]
    walked = Walked(recorded(tmp_path, json.dumps([GAMMA]).encode()))
    assert (walked.items[0].kind, walked.items[0].native_id, walked.items[0].digest) == (
        live.kind,
        live.native_id,
        live.digest,
    )


def test_the_parameters_in_the_wrapper_say_what_the_answer_does_not(tmp_path: Path) -> None:
    metadata = {"recorded_at": "2026-01-12T22:08:10+00:00", "ticker": "KXA-1", "period_interval": 1440}
    candles = {"candlesticks": [{"end_period_ts": 1760500800, "volume": 0}], "ticker": "KXA-1"}
    walked = Walked(recorded(tmp_path, {"_metadata": metadata, "response": candles}))
    assert walked.parsed[0].prices[0].interval_seconds == 86_400
    book = {"orderbook": {"yes": None, "no": None}}
    walked = Walked(recorded(tmp_path, {"_metadata": metadata, "response": book}))
    assert walked.parsed[0].books[0].market_native_id == "KXA-1"
    walked = Walked(recorded(tmp_path, book))
    assert walked.codes == ["no_ticker"]


def test_objects_beside_the_listed_ones_are_rows_too(tmp_path: Path) -> None:
    event = {"event_ticker": "KXA", "series_ticker": "KXA", "title": "A"}
    milestone = {"id": "m", "primary_event_tickers": ["KXA"], "title": "Indiana at New York"}
    walked = Walked(recorded(tmp_path, {"events": [event], "milestones": [milestone, milestone], "cursor": ""}))
    assert walked.rows == (3, 1, 2)
    assert walked.codes == ["not_market_data"] * 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"exchange_active": True, "trading_active": True}, "the exchange's status: not market data"),
        ({"schedule": {"standard_hours": []}}, "the exchange's schedule: not market data"),
        ([{"id": "2", "label": "Politics", "slug": "politics"}], "a tag: not market data"),
        ({"mid": "0.0215"}, "a midpoint without its token: not market data"),
        (
            {"event_type": "price_change", "asset_id": "1"},
            "a message of the market stream (price_change): not market data",
        ),
    ],
)
def test_what_holds_no_market_data_is_one_row_refused_as_what_it_is(
    tmp_path: Path, content: object, reason: str
) -> None:
    walked = Walked(recorded(tmp_path, content))
    assert [refusal.reason for each in walked.parsed for refusal in each.refusals] == [reason]
    assert walked.rows == (1, 0, 1)


def test_unknown_objects_and_those_of_another_venue_are_refused_among_known_ones(tmp_path: Path) -> None:
    walked = Walked(recorded(tmp_path, [GAMMA, {"surprise": 1}, 7, KALSHI, GAMMA]))
    assert walked.rows == (5, 2, 3)
    assert sorted(walked.codes) == ["other_venue", "unknown_object", "unknown_object"]


def test_a_broken_line_among_good_ones_costs_only_itself(tmp_path: Path) -> None:
    text = "\n".join([json.dumps(GAMMA), '{"question": "cut o', json.dumps(GAMMA)])
    walked = Walked(recorded(tmp_path, text.encode()))
    assert walked.rows == (3, 2, 1)
    assert "line 2" in walked.parsed[1].refusals[0].reason


def test_an_empty_list_is_a_file_without_rows(tmp_path: Path) -> None:
    assert Walked(recorded(tmp_path, b"[]")).rows == (0, 0, 0)


# --- pages ----------------------------------------------------------------------------------------------------------


def many(count: int) -> list[dict[str, Any]]:
    return [KALSHI | {"ticker": f"KXRAIN-{number}"} for number in range(count)]


@pytest.mark.parametrize("as_lines", [False, True], ids=["document", "lines"])
def test_pages_hold_at_most_so_many_rows_and_any_page_can_be_read_alone(tmp_path: Path, as_lines: bool) -> None:
    objects = many(2 * PAGE_ROWS + 3)
    text = "\n".join(map(json.dumps, objects)) if as_lines else json.dumps(objects)
    file = recorded(tmp_path, text.encode())
    walked = Walked(file)
    assert [len(file.split(page).items) for page in walked.pages] == [PAGE_ROWS, PAGE_ROWS, 3]
    assert [item.native_id for item in walked.items] == [each["ticker"] for each in objects]
    again = RecordedFile(tmp_path / "recording", now=NOW)
    assert again.page_at(PAGE_ROWS) == walked.pages[1]
    assert again.page_at(0) == walked.pages[0]


def test_pages_hold_rows_of_one_kind_in_the_order_of_the_file(tmp_path: Path) -> None:
    mixed = [KALSHI, {"ticker": "KXA", "fee_type": "quadratic", "fee_multiplier": 1}, KALSHI | {"ticker": "KXRAIN-27"}]
    walked = Walked(recorded(tmp_path, mixed))
    assert [item.kind for item in walked.items] == ["market", "series", "market"]
    assert len(walked.pages) == 3


@pytest.mark.anyio
async def test_a_cursor_that_is_no_place_in_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FatalSourceError, match="expected the number of a record"):
        await recorded(tmp_path, [GAMMA]).fetch("MTAw")


def test_the_key_names_the_content_not_the_path(tmp_path: Path) -> None:
    text = json.dumps([GAMMA]).encode()
    one = recorded(tmp_path, text, name="one.json")
    two = recorded(tmp_path, gzip.compress(text), name="two.json.gz")
    other = recorded(tmp_path, [KALSHI], name="other.json")
    assert one.key == two.key != other.key
    assert recorded(tmp_path, text, as_of=NOW).key != one.key


def test_combos_that_were_refused_are_parsed_again_once_they_are_asked_for(tmp_path: Path) -> None:
    """An item with a known digest is not parsed, so the digest has to differ."""
    combo = KALSHI | {"ticker": "KXMVE-1"}
    refused = Walked(recorded(tmp_path, [combo]))
    kept = Walked(recorded(tmp_path, [combo], include_combos=True))
    assert (refused.rows, kept.rows) == ((1, 0, 1), (1, 1, 0))
    assert refused.items[0].digest != kept.items[0].digest


# --- as of ----------------------------------------------------------------------------------------------------------


def test_the_instant_of_a_recording_comes_from_the_best_source_there_is(tmp_path: Path) -> None:
    dated = [GAMMA | {"updatedAt": "2026-02-07T20:56:27.123456Z"}, GAMMA | {"updatedAt": "2026-02-07T20:57:00Z"}]
    wrapped = {"fetched_at": "2026-02-13T19:26:13+00:00", "markets": dated}
    told = datetime(2026, 3, 1, tzinfo=UTC)
    for content, as_of, expected in (
        (wrapped, told, (told, AsOfSource.ARGUMENT)),
        (wrapped, None, (datetime(2026, 2, 13, 19, 26, 13, tzinfo=UTC), AsOfSource.WRAPPER)),
        (dated, None, (datetime(2026, 2, 7, 20, 57, tzinfo=UTC), AsOfSource.NEWEST_RECORD)),
        ([GAMMA], None, (NOW, AsOfSource.INGEST)),
    ):
        file = recorded(tmp_path, content, as_of=as_of)
        assert (file.as_of, file.as_of_source) == expected
        assert all(market.as_of == file.as_of for each in Walked(file).parsed for market in each.markets)


# --- tables ---------------------------------------------------------------------------------------------------------

PIPED = (
    "event_id,event_title,event_slug,market_id,market_question,condition_id,tag_labels,closed,closed_time,"
    "outcomes,resolved_outcome,unknown\n"
)
CONDITION = "0x" + "cd" * 32


def test_a_table_with_a_resolved_outcome_gives_the_ending(tmp_path: Path) -> None:
    rows = [
        f'9,Fight,the-fight,1,"Who, in the end?\nPaul or Joshua",{CONDITION}a,boxing|sports,True,2025-12-20 04:10:00+00,Paul|Joshua,Joshua,x',
        f"9,Fight,the-fight,2,Still open?,{CONDITION}b,,false,,Yes|No,,x",
        f"9,Fight,the-fight,3,Closed how?,{CONDITION}c,,TRUE,,Yes|No,,x",
        f"9,Fight,the-fight,4,Who?,{CONDITION}d,,True,,Yes|No,Maybe,x",
        "9,Fight,the-fight,5,Which?,,,True,,Yes|No,No,x",
    ]
    walked = Walked(recorded(tmp_path, (PIPED + "\n".join(rows) + "\n").encode()))
    assert walked.rows == (5, 3, 2)
    assert walked.codes == ["unknown_winner", "no_id"]
    decided, still_open, pending = [market for each in walked.parsed for market in each.markets]
    assert decided.question == "Who, in the end? Paul or Joshua"
    assert decided.detail is RecordDetail.FLAT
    assert decided.resolution is not None
    assert (decided.resolution.winner, decided.resolution.payouts) == (1, (0, 1_000_000))
    assert decided.closed_at == datetime(2025, 12, 20, 4, 10, tzinfo=UTC)
    assert (decided.category, decided.tags) == ("sports", ("boxing", "sports"))
    assert [market.status for market in (decided, still_open, pending)] == [
        MarketStatus.RESOLVED,
        MarketStatus.OPEN,
        MarketStatus.CLOSED,
    ]
    assert walked.parsed[0].events[0].is_stub


def test_rows_with_too_few_or_too_many_cells_are_refused_alone(tmp_path: Path) -> None:
    good = f"9,F,f,1,Q?,{CONDITION}a,,False,,Yes|No,,x"
    text = PIPED + "\n".join([good, "9,F,f", good, good + ",more"]) + "\n"
    walked = Walked(recorded(tmp_path, text.encode("utf-8-sig")))
    assert walked.rows == (4, 2, 2)
    assert walked.codes == ["short_row", "long_row"]
    assert "line 3: expected 12 cells, found 3" in [r.reason for each in walked.parsed for r in each.refusals]


def test_the_layout_of_poly_data_and_polymkt(tmp_path: Path) -> None:
    """``neg_risk`` there means "augmented or other": it must not become ours."""
    text = (
        "createdAt,id,question,answer1,answer2,neg_risk,market_slug,token1,token2,condition_id,volume,ticker,closedTime\n"
        f"2025-01-05T00:51:12.215249Z,517310,Up or down?,Up,Down,True,up-or-down,111,222,{CONDITION},1067832.94,btc,\n"
        f"2025-01-05T00:51:12Z,517311,Done?,Yes,No,False,done,333,444,{CONDITION}a,,btc,2026-01-05 09:13:19+00\n"
    )
    walked = Walked(recorded(tmp_path, text.encode()))
    assert walked.rows == (2, 2, 0)
    up, done = [market for each in walked.parsed for market in each.markets]
    assert [(outcome.label, outcome.token_id) for outcome in up.outcomes] == [("Up", "111"), ("Down", "222")]
    assert (up.is_neg_risk, up.volume_usd, up.status, up.resolution) == (False, 1_067_832.94, MarketStatus.OPEN, None)
    assert (done.status, done.closed_at) == (MarketStatus.CLOSED, datetime(2026, 1, 5, 9, 13, 19, tzinfo=UTC))


def test_poly_data_v2_holds_the_exchanges_own_record(tmp_path: Path) -> None:
    """There ``id`` is the condition id, and nested values are JSON in a cell."""
    tokens = json.dumps(
        [
            {"token_id": "111", "outcome": "Yes", "price": 1, "winner": True},
            {"token_id": "222", "outcome": "No", "price": 0, "winner": False},
        ]
    ).replace('"', '""')
    text = (
        "id,clobTokenIds,condition_id,question,tokens,closed,active,neg_risk,minimum_tick_size,end_date_iso\n"
        f'{CONDITION},"[""111"", ""222""]",{CONDITION},Done?,"{tokens}",True,True,False,0.01,2024-09-10T00:00:00Z\n'
        f"{CONDITION},,,Which?,[],True,True,False,0.01,\n"
        f"{CONDITION},,{CONDITION}a,Broken?,[,True,True,False,0.01,\n"
    )
    walked = Walked(recorded(tmp_path, text.encode()))
    assert walked.rows == (3, 1, 2)
    (market,) = walked.parsed[0].markets
    assert (market.native_id, market.detail, market.status) == (CONDITION, RecordDetail.EXCHANGE, MarketStatus.RESOLVED)
    assert market.resolution is not None
    assert market.resolution.winner == 0
    assert market.tick_size == 10_000


def test_prices_of_known_tokens_are_taken_and_of_others_refused(tmp_path: Path) -> None:
    text = (
        "market_id,token_id,outcome,question,timestamp,price\n"
        "246069,111,Yes,Who?,2023-02-22 00:00:19,0.5\n"
        "246069,999,No,Who?,2023-02-22 00:00:19,0.5\n"
    )
    walked = Walked(recorded(tmp_path, text.encode(), tokens={"111": (CONDITION, 0)}))
    assert walked.rows == (2, 1, 1)
    assert walked.codes == ["unknown_token"]
    (point,) = walked.parsed[0].prices
    assert (point.market_native_id, point.at, point.price) == (
        CONDITION,
        datetime(2023, 2, 22, 0, 0, 19, tzinfo=UTC),
        500_000,
    )


def test_an_on_chain_fill_is_a_trade_seen_from_the_taker(tmp_path: Path) -> None:
    """The maker pays 2 USDC (asset 0) for 5 shares of token 111: the taker sold them at 0.40."""
    text = (
        "timestamp,maker,makerAssetId,makerAmountFilled,taker,takerAssetId,takerAmountFilled,transactionHash\n"
        "1700000000,0xaa,0,2000000,0xbb,111,5000000,0xcc\n"
        "1700000000,0xaa,111,5.0,0xbb,0,2.0,0xdd\n"
    )
    walked = Walked(recorded(tmp_path, text.encode(), tokens={"111": (CONDITION, 1)}))
    assert walked.rows == (2, 2, 0)
    sold, bought = [trade for each in walked.parsed for trade in each.trades]
    assert (sold.side, sold.price, sold.size, sold.wallet, sold.outcome_index) == (
        "sell",
        400_000,
        5_000_000,
        "0xbb",
        1,
    )
    assert (bought.side, bought.price, bought.size) == ("buy", 400_000, 5_000_000)


# --- folders --------------------------------------------------------------------------------------------------------


def test_a_folder_gives_its_recordings_and_names_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    recorded(tmp_path, [GAMMA], name="b.json")
    recorded(tmp_path / "deep", [KALSHI], name="a.json")
    (tmp_path / "page.json").write_text("<html>")
    (tmp_path / ".hidden").write_text("not looked at")
    found = open_recordings(tmp_path, now=NOW)
    assert [file.name for file in found.files] == ["b.json", "a.json"]
    assert [(name, "HTML" in str(error)) for name, error in found.failures] == [("page.json", True)]
