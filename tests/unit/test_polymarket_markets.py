"""Gamma and exchange records to markets and events: what is read, what is refused, what stays unknown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeworth.adapters.polymarket.parse import parse_item, parse_tags, split_listing
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.market import Market, MarketStatus, RecordDetail
from edgeworth.markets.resolution import ResolutionShape
from edgeworth.markets.venue import Venue

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CONDITION = "0x" + "ab" * 32


def market(**changes: Any) -> dict[str, Any]:
    """A complete record; a change to ``...`` takes the key out."""
    record = {
        "id": "517310",
        "conditionId": CONDITION,
        "slug": "will-it-rain",
        "question": "Will it rain?",
        "description": "Resolves by the rain gauge.",
        "resolutionSource": "",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.045", "0.955"]',
        "clobTokenIds": '["111", "222"]',
        "volume": "1000.5",
        "volumeNum": 1000.5,
        "volume24hr": 12,
        "liquidity": "77",
        "bestBid": 0.04,
        "bestAsk": 0.05,
        "lastTradePrice": 0.05,
        "oneDayPriceChange": -0.0115,
        "orderPriceMinTickSize": 0.001,
        "orderMinSize": 5,
        "active": True,
        "closed": False,
        "acceptingOrders": True,
        "negRisk": True,
        "startDate": "2025-01-05T18:49:12.543209Z",
        "endDate": "2025-12-31T12:00:00Z",
        "createdAt": "2025-01-05T00:51:12.215249Z",
        "updatedAt": "2026-02-07T20:57:04.974481Z",
        "feesEnabled": False,
        "events": [{"id": "16282", "slug": "rain-2025", "title": "Rain in 2025", "negRisk": True}],
        **changes,
    }
    return {key: value for key, value in record.items() if value is not ...}


def event(*markets: Any, **changes: Any) -> dict[str, Any]:
    record = {
        "id": "7",
        "slug": "rain-2025",
        "title": "Rain in 2025",
        "closed": False,
        "tags": [
            {"id": "1", "label": "Weather", "slug": "weather"},
            {"label": "Hide From New", "slug": "hide-from-new"},
        ],
        "markets": list(markets),
        **changes,
    }
    return {key: value for key, value in record.items() if value is not ...}


def exchange_market(**changes: Any) -> dict[str, Any]:
    record = {
        "condition_id": CONDITION,
        "question": "Will it rain?",
        "description": "By the gauge.",
        "market_slug": "will-it-rain",
        "end_date_iso": "2023-03-15T00:00:00Z",
        "active": True,
        "closed": True,
        "accepting_orders": False,
        "minimum_order_size": 15,
        "minimum_tick_size": 0.01,
        "neg_risk": False,
        "is_50_50_outcome": False,
        "tokens": [
            {"token_id": "111", "outcome": "Yes", "price": 1, "winner": True},
            {"token_id": "222", "outcome": "No", "price": 0, "winner": False},
        ],
        "tags": ["All", "Politics"],
        **changes,
    }
    return {key: value for key, value in record.items() if value is not ...}


def parsed(kind: str, *records: Any, venue: Venue = Venue.POLYMARKET) -> ParsedItem:
    """All items of a page as one; every row of it is accounted for."""
    whole = ParsedItem()
    for item in split_listing(json.dumps(records).encode(), kind).items:
        one = parse_item(item, venue=venue, as_of=NOW)
        for name in ("rows", "event_rows", "events", "markets", "refusals"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
    assert whole.rows == whole.parsed + len(whole.refusals)
    return whole


def only(record: dict[str, Any], kind: str = "markets") -> Market:
    (found,) = parsed(kind, record).markets
    return found


def refusal_code(record: Any, kind: str = "markets") -> str:
    (found,) = parsed(kind, record).refusals
    assert len(found.reason) > 10
    return found.code


def test_a_gamma_market_is_read_field_by_field() -> None:
    found = only(market())
    assert found.market_id == f"polymarket:{CONDITION}"
    assert (found.listing_id, found.event_native_id) == ("517310", "16282")
    assert (found.question, found.rules) == ("Will it rain?", "Resolves by the rain gauge.")
    assert [(each.label, each.token_id, each.price) for each in found.outcomes] == [
        ("Yes", "111", 45_000),
        ("No", "222", 955_000),
    ]
    assert (found.status, found.detail, found.as_of) == (MarketStatus.OPEN, RecordDetail.LISTING, NOW)
    assert (found.volume_usd, found.volume_24h_usd, found.liquidity_usd) == (1000.5, 12.0, 77.0)
    assert (found.best_bid, found.best_ask, found.last_price) == (40_000, 50_000, 50_000)
    assert (found.price_change_24h, found.tick_size, found.min_order_size) == (-11_500, 1_000, 5_000_000)
    assert found.opens_at == datetime(2025, 1, 5, 18, 49, 12, 543209, tzinfo=UTC)
    assert found.closes_at == datetime(2025, 12, 31, 12, tzinfo=UTC)
    assert (found.is_neg_risk, found.is_accepting_orders, found.resolution) == (True, True, None)
    assert found.resolution_source is None
    assert found.url == "https://polymarket.com/event/rain-2025"


def test_a_listed_market_brings_its_event_as_a_stub() -> None:
    (stub,) = parsed("markets", market()).events
    assert (stub.native_id, stub.title, stub.is_stub, stub.market_count) == ("16282", "Rain in 2025", True, None)
    assert stub.is_neg_risk
    assert stub.is_mutually_exclusive


def test_what_gamma_leaves_out_stays_unknown() -> None:
    keys = ("bestBid", "volume", "volumeNum", "volume24hr", "liquidity", "endDate", "negRisk", "outcomePrices",
            "clobTokenIds", "feesEnabled", "acceptingOrders", "lastTradePrice", "events", "description")  # fmt: skip
    found = only(market(**dict.fromkeys(keys, ...)))
    assert found.best_bid is found.volume_usd is found.volume_24h_usd is found.liquidity_usd is None
    assert found.closes_at is found.fee_terms is found.is_accepting_orders is found.last_price is None
    assert found.event_native_id is None
    assert not found.is_neg_risk
    assert found.rules == ""
    assert [(each.token_id, each.price) for each in found.outcomes] == [(None, None), (None, None)]
    assert found.url == "https://polymarket.com/event/will-it-rain"


def test_fillers_of_an_empty_side_are_no_quotes() -> None:
    """No order can rest at 0 or 1; a last price of 0 means that nothing traded."""
    found = only(market(bestBid=0, bestAsk=1, lastTradePrice=0, outcomePrices='["0", "0"]'))
    assert found.best_bid is found.best_ask is found.last_price is None
    assert [each.price for each in found.outcomes] == [None, None]


def test_ids_and_numbers_may_change_their_type() -> None:
    found = only(
        market(
            id=517310, volumeNum=..., volume=1000, bestBid="0.04", outcomes=["Yes", "No"], outcomePrices=[0.5, "0.5"]
        )
    )
    assert (found.listing_id, found.volume_usd, found.best_bid) == ("517310", 1000.0, 40_000)
    assert [each.price for each in found.outcomes] == [500_000, 500_000]


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({"feesEnabled": False}, FeeTerms(kind=FeeKind.NONE)),
        ({"feesEnabled": ...}, None),
        ({"feesEnabled": True}, None),
        (
            {"feesEnabled": True, "feeSchedule": {"rate": 0.07, "exponent": 1, "takerOnly": True, "rebateRate": 0.2}},
            FeeTerms(kind=FeeKind.CURVE, rate_ppm=70_000, exponent_ppm=1_000_000, is_taker_only=True),
        ),
        ({"feesEnabled": True, "feeSchedule": {"rate": 0.07}}, None),
    ],
)
def test_fees_are_what_the_market_states_or_unknown(changes: dict[str, Any], terms: FeeTerms | None) -> None:
    assert only(market(**changes)).fee_terms == terms


@pytest.mark.parametrize(
    ("changes", "status", "shape"),
    [
        ({"outcomePrices": '["0.999", "0.001"]'}, MarketStatus.OPEN, None),
        ({"active": False}, MarketStatus.UNOPENED, None),
        ({"closed": True, "outcomePrices": '["1", "0"]'}, MarketStatus.RESOLVED, ResolutionShape.DECIDED),
        ({"closed": True, "outcomePrices": '["0", "0"]'}, MarketStatus.CLOSED, ResolutionShape.ZERO_ZERO),
        ({"closed": True, "outcomePrices": '["0.58", "0.42"]'}, MarketStatus.RESOLVED, ResolutionShape.SCALAR),
        (
            {"closed": True, "outcomePrices": '["0.5", "0.5"]', "umaResolutionStatus": "resolved"},
            MarketStatus.RESOLVED,
            ResolutionShape.VOID,
        ),
        ({"closed": True, "outcomePrices": ...}, MarketStatus.CLOSED, ResolutionShape.PENDING),
    ],
)
def test_the_closed_flag_comes_before_the_prices(
    changes: dict[str, Any], status: MarketStatus, shape: ResolutionShape | None
) -> None:
    found = only(market(**changes))
    assert found.status is status
    assert (found.resolution.shape if found.resolution else None) is shape


def test_a_resolution_carries_the_time_of_closing() -> None:
    found = only(market(closed=True, outcomePrices='["0", "1"]', closedTime="2026-07-24 00:00:16+00"))
    assert found.resolution is not None
    assert found.closed_at == found.resolution.resolved_at == datetime(2026, 7, 24, 0, 0, 16, tzinfo=UTC)
    assert found.resolution.winner == 1


def test_more_than_two_outcomes_are_kept_when_all_lists_are_parallel() -> None:
    found = only(market(outcomes='["A","B","C"]', outcomePrices='["0.2","0.3","0.5"]', clobTokenIds='["1","2","3"]'))
    assert [each.label for each in found.outcomes] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"conditionId": ""}, "no_condition_id"),
        ({"conditionId": ...}, "no_condition_id"),
        ({"conditionId": "0x/../../etc"}, "bad_id"),
        ({"conditionId": "a" * 101}, "bad_id"),
        ({"slug": "s" * 501}, "bad_slug"),
        ({"orderMinSize": 1e13}, "bad_number"),
        ({"question": ...}, "no_question"),
        ({"question": "  "}, "no_question"),
        ({"question": 5}, "wrong_type"),
        ({"outcomes": ...}, "no_outcomes"),
        ({"outcomes": '["Yes", ""]'}, "no_outcomes"),
        ({"outcomes": '["Yes", "No"'}, "bad_list"),
        ({"outcomePrices": '["0.5"]'}, "outcomes_mismatch"),
        ({"clobTokenIds": '["1", "2", "3"]'}, "outcomes_mismatch"),
        ({"clobTokenIds": '["1", "0x2"]'}, "bad_token_id"),
        ({"outcomePrices": '["1.5", "-0.5"]'}, "bad_price"),
        ({"bestBid": 4}, "bad_price"),
        ({"volumeNum": "lots"}, "bad_number"),
        ({"endDate": "soon"}, "bad_date"),
        ({"closed": ..., "active": ...}, "no_status"),
        ({"question": "a\x00b"}, "nul_character"),
        ({"description": "a\x00b"}, "nul_character"),
        ({"outcomes": '["Yes", "N\\u0000o"]'}, "nul_character"),
    ],
)
def test_a_market_that_cannot_be_read_is_refused_with_a_stable_word(changes: dict[str, Any], code: str) -> None:
    assert refusal_code(market(**changes)) == code


@pytest.mark.parametrize("record", [None, 3, "text", [], True])
def test_an_item_that_is_no_object_is_refused(record: Any) -> None:
    assert refusal_code(record) == "wrong_type"
    assert refusal_code(record, "events") == "wrong_type"
    assert refusal_code(record, "clob_markets") == "wrong_type"


def test_one_broken_market_among_a_hundred_is_one_refusal() -> None:
    hundred = [market(id=str(number), conditionId=f"0x{number:064x}") for number in range(1, 101)]
    hundred[41]["outcomes"] = 7
    for kind, records, name in (("markets", hundred, "42"), ("events", [event(*hundred)], f"0x{42:064x}")):
        found = parsed(kind, *records)
        assert (len(found.markets), len(found.refusals)) == (99, 1)
        assert found.refusals[0].native_id == name


def test_text_that_is_not_utf8_costs_one_market() -> None:
    body = json.dumps([event(market(), market(conditionId="0x02", question="Q?"))]).encode().replace(b"Q?", b"\xff")
    (item,) = split_listing(body, "events").items
    found = parse_item(item, venue=Venue.POLYMARKET, as_of=NOW)
    assert [each.native_id for each in found.markets] == [CONDITION]
    assert [each.code for each in found.refusals] == ["unreadable"]


def test_markets_take_tags_and_category_from_their_event() -> None:
    found = parsed("events", event(market(), market(conditionId="0x02")))
    assert [each.tags for each in found.markets] == [("weather",)] * 2
    assert [each.category for each in found.markets] == ["world"] * 2
    assert [each.event_native_id for each in found.markets] == ["7", "7"]
    (parent,) = found.events
    assert (parent.market_count, parent.tags, parent.is_stub, found.event_rows) == (2, ("weather",), False, 0)


@pytest.mark.parametrize(("listed", "count"), [([], 0), (None, None), (..., None)])
def test_an_event_without_markets_is_a_row_of_its_own(listed: Any, count: int | None) -> None:
    found = parsed("events", event(markets=listed))
    assert (found.rows, found.event_rows, found.events[0].market_count) == (1, 1, count)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": ...}, "no_id"),
        ({"title": ...}, "no_title"),
        ({"title": 5}, "wrong_type"),
        ({"endDate": "soon"}, "bad_date"),
        ({"tags": "weather"}, "wrong_type"),
    ],
)
def test_a_bad_event_still_yields_its_good_markets(changes: dict[str, Any], code: str) -> None:
    found = parsed("events", event(market(), market(conditionId="0x02", outcomes=7), **changes))
    assert [each.native_id for each in found.markets] == [CONDITION]
    assert found.markets[0].event_native_id is None
    assert sorted((each.kind, each.code) for each in found.refusals) == [("event", code), ("market", "wrong_type")]
    assert found.events == []


def test_an_event_whose_markets_are_no_list_is_refused_as_a_row() -> None:
    found = parsed("events", event(markets="many"))
    assert [(each.kind, each.code) for each in found.refusals] == [("event", "wrong_type")]


def test_an_unreadable_stub_refuses_the_event_and_keeps_the_market() -> None:
    found = parsed("markets", market(events=[{"id": "1", "title": None}]))
    assert [each.code for each in found.refusals] == ["no_title"]
    assert len(found.markets) == 1


def test_invented_markets_have_no_address_at_the_real_venue() -> None:
    found = parsed("markets", market(), venue=Venue.SYNTHETIC_POLYMARKET)
    assert found.markets[0].market_id == f"synthetic-polymarket:{CONDITION}"
    assert found.markets[0].url is found.events[0].url is None


def test_an_exchange_market_is_thin() -> None:
    found = only(exchange_market(), "clob_markets")
    assert (found.detail, found.event_native_id, found.volume_usd) == (RecordDetail.EXCHANGE, None, None)
    assert (found.tags, found.category) == (("politics",), "politics")
    assert (found.tick_size, found.min_order_size) == (10_000, 15_000_000)
    assert found.fee_terms is None
    assert found.status is MarketStatus.RESOLVED
    assert found.resolution is not None
    assert found.resolution.winner == 0


def test_an_exchange_market_that_was_never_launched_is_not_resolved() -> None:
    tokens = [{"token_id": "1", "outcome": "Yes", "price": 0}, {"token_id": "2", "outcome": "No", "price": 0}]
    found = only(
        exchange_market(closed=False, active=False, tokens=tokens, tags=None, end_date_iso=None), "clob_markets"
    )
    assert (found.status, found.resolution, found.closes_at) == (MarketStatus.UNOPENED, None, None)
    assert [each.price for each in found.outcomes] == [None, None]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"condition_id": ""}, "no_condition_id"),
        ({"tokens": []}, "no_outcomes"),
        ({"tokens": [{"token_id": "", "outcome": ""}] * 2}, "no_outcomes"),
        ({"tokens": 3}, "wrong_type"),
    ],
)
def test_an_exchange_market_that_cannot_be_read_is_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal_code(exchange_market(**changes), "clob_markets") == code


def test_tags_without_words_are_left_out() -> None:
    body = json.dumps(
        [{"id": "2", "label": "Politics", "slug": "politics"}, {"id": 3, "label": "U.S. Politics"}, {"id": "4"}]
    )
    assert [(tag.native_id, tag.label, tag.slug) for tag in parse_tags(body.encode())] == [
        ("2", "Politics", "politics"),
        ("3", "U.S. Politics", "us-politics"),
    ]
    with pytest.raises(UnreadableInputError):
        parse_tags(b'{"error":"no"}')
