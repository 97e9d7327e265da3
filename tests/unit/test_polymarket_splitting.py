"""Cutting a page into items: which wrappers are accepted, where the next page is, which bodies are refused."""

from __future__ import annotations

import json

import pytest
import xxhash

from edgeworth.adapters.polymarket.parse import PARSER_VERSION, split_listing
from edgeworth.errors import UnreadableInputError

ROWS = [{"id": "1"}, {"id": 2}, {"x": 1}, 5]


@pytest.mark.parametrize(
    ("kind", "body", "cursor"),
    [
        ("markets", ROWS, None),
        ("markets", {"markets": ROWS, "next_cursor": "CUR1"}, "CUR1"),
        ("markets", {"markets": ROWS, "next_cursor": None}, None),
        ("markets", {"markets": ROWS, "next_cursor": ""}, None),
        ("markets", {"fetched_at": "x", "summary": {}, "markets": ROWS}, None),
        ("events", {"events": ROWS, "tags": None, "pagination": {"hasMore": False}}, None),
        ("clob_markets", {"data": ROWS, "next_cursor": "MTAwMA==", "limit": 1000}, "MTAwMA=="),
        ("clob_markets", {"data": ROWS, "next_cursor": "LTE="}, None),
        ("trades", {"data": ROWS, "pagination": {"has_more": True, "next_cursor": "c2"}}, "c2"),
        ("trades", {"data": ROWS, "pagination": {"has_more": False, "next_cursor": None}}, None),
    ],
)
def test_bare_arrays_and_wrappers_give_the_same_items(kind: str, body: object, cursor: str | None) -> None:
    page = split_listing(json.dumps(body).encode(), kind)
    assert [json.loads(item.raw) for item in page.items] == ROWS
    assert [item.index for item in page.items] == [0, 1, 2, 3]
    assert page.next_cursor == cursor


def test_an_item_has_its_own_bytes_its_key_and_a_digest_of_this_parser() -> None:
    body = '[ {"question":"é","id": 12, "events":[{"id":"99"}]},\n {"a":1} ]'.encode()
    first, second = split_listing(body, "markets").items
    assert first.raw == '{"question":"é","id": 12, "events":[{"id":"99"}]}'.encode()
    assert (first.kind, first.native_id, second.native_id) == ("market", "12", None)
    assert first.digest == xxhash.xxh3_128_hexdigest(first.raw, seed=PARSER_VERSION)
    assert first.digest != xxhash.xxh3_128_hexdigest(first.raw, seed=PARSER_VERSION + 1)
    assert len(first.digest) == 32


@pytest.mark.parametrize(
    ("raw", "native_id"),
    [
        (b'{"id":"12","question":"Q"}', "12"),
        (b'{ "id" : "12" }', "12"),
        (b'{"question":"Q","id":"12"}', "12"),
        (b'{"events":[{"id":"99"}],"id":12}', "12"),
        (b'{"id":"a-1"}', "a-1"),
        (b'{"id":""}', None),
        (b'{"id":null}', None),
        (b'{"id":[1]}', None),
    ],
)
def test_the_key_is_found_wherever_it_stands(raw: bytes, native_id: str | None) -> None:
    (item,) = split_listing(b"[" + raw + b"]", "markets").items
    assert item.native_id == native_id


def test_the_exchange_names_markets_by_condition_id() -> None:
    body = b'{"data":[{"condition_id":"0xaa"},{"condition_id":""}],"next_cursor":"LTE="}'
    items = split_listing(body, "clob_markets").items
    assert [(item.kind, item.native_id) for item in items] == [("exchange_market", "0xaa"), ("exchange_market", None)]


def test_an_item_with_an_endless_key_is_kept_without_one() -> None:
    """It is parsed, and refused there with a reason; as a key it would break an index of the database."""
    body = json.dumps([{"id": "7" * 256}, {"id": "7" * 257}]).encode()
    assert [item.native_id for item in split_listing(body, "markets").items] == ["7" * 256, None]


@pytest.mark.parametrize("body", [b"[]", b'{"events":[]}', b'{"events":null}', b"\xef\xbb\xbf[]", b" \n[]"])
def test_an_empty_page_is_a_page(body: bytes) -> None:
    assert split_listing(body, "events").items == ()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><title>Just a moment...</title>", "HTML"),
        ('[{"id":"1"}]'.encode("utf-16"), "UTF-16"),
        (b'[{"id":"1"},{"id":"2"', r"ends at line 1, byte 22"),
        (b'[{"id":"1"}, oops]', r"byte 13"),
        (b'{"error":"rate limited"}', "an object without it"),
        (b'{"events":"none"}', "another shape"),
        (b'"text"', "another shape"),
        (b"\x1f\x8b\x08\x00", "gzip"),
    ],
)
def test_a_body_that_is_no_page_is_refused_as_a_whole(body: bytes, found: str) -> None:
    with pytest.raises(UnreadableInputError, match="expected a page of Polymarket events") as caught:
        split_listing(body, "events")
    assert caught.match(found)
