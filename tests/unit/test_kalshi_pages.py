"""Pages of Kalshi's listings cut into items."""

from __future__ import annotations

import json

import pytest

from edgeworth.adapters.kalshi.pages import split_listing
from edgeworth.errors import UnreadableInputError


def test_items_keep_their_bytes_key_and_place() -> None:
    body = b'{"events":[{"event_ticker":"A" },{"event_ticker":"B","x":1.10}],"cursor":"CgYI"}'
    page = split_listing(body, "events")
    assert page.next_cursor == "CgYI"
    assert [(item.kind, item.native_id, item.index) for item in page.items] == [("event", "A", 0), ("event", "B", 1)]
    assert [item.raw for item in page.items] == [b'{"event_ticker":"A" }', b'{"event_ticker":"B","x":1.10}']


@pytest.mark.parametrize("cursor", ['""', "null"])
def test_an_empty_cursor_ends_the_listing(cursor: str) -> None:
    assert split_listing(f'{{"events":[],"cursor":{cursor}}}'.encode(), "events").next_cursor is None
    assert split_listing(b'{"events":null}', "events").items == ()


def test_digests_differ_exactly_when_the_bytes_or_the_reading_differ() -> None:
    def digests(body: str, seed: int) -> list[str]:
        return [item.digest for item in split_listing(body.encode(), "markets", seed=seed).items]

    one, two = digests('{"markets":[{"ticker":"A"},{"ticker":"A","volume":1}]}', 1)
    assert one != two
    assert digests('{"cursor":"later","markets":[{"ticker":"A"}]}', 1) == [one]
    assert digests('{"markets":[{"ticker":"A"}]}', 2) != [one]


def test_an_id_that_became_a_number_is_read_as_text_and_a_broken_one_as_none() -> None:
    page = split_listing(b'{"markets":[{"ticker":7},{"ticker":["A"]},3]}', "markets")
    assert [item.native_id for item in page.items] == ["7", None, None]


def test_a_batch_of_candles_is_one_item_a_market() -> None:
    body = {"markets": [{"market_ticker": "A", "candlesticks": []}, {"market_ticker": "B", "candlesticks": []}]}
    items = split_listing(json.dumps(body).encode(), "candles").items
    assert [(item.kind, item.native_id) for item in items] == [("candles", "A"), ("candles", "B")]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "it is empty"),
        (b"<html><title>502</title></html>", "HTML"),
        ("[]".encode("utf-16"), "UTF-16"),
        (b'{"events":[{"event_ticker":"A"', "truncated"),
        (b'{"events":[1,\n2,,3]}', "line 2, byte 3"),
        (b'{"markets":[]}', "without it"),
        (b"[1]", "another shape"),
    ],
)
def test_a_body_that_is_no_such_page_is_refused_as_a_whole(body: bytes, found: str) -> None:
    with pytest.raises(UnreadableInputError, match="expected a page of Kalshi events") as refused:
        split_listing(body, "events")
    assert found in str(refused.value)
