"""Kalshi's markets, events and series as domain values, through three generations of its numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeworth.adapters.kalshi.pages import split_listing
from edgeworth.adapters.kalshi.parse import fee_terms, parse_event_item, parse_market_item, parse_series_item
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.listing import ParsedItem, Refusal, Series
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.resolution import OutcomeResult, Resolution, ResolutionShape
from edgeworth.markets.venue import Venue

AS_OF = datetime(2026, 10, 6, 12, tzinfo=UTC)

MARKET: dict[str, Any] = {
    "ticker": "KXFED-26DEC-T4",
    "event_ticker": "KXFED-26DEC",
    "title": "Will the Fed cut in December?",
    "yes_sub_title": "",
    "status": "active",
    "result": "",
    "close_time": "2026-12-16T19:00:00Z",
    "rules_primary": "If the Fed cuts, then the market resolves to Yes.",
    "rules_secondary": "A cut is a lower upper bound.",
}

EVENT: dict[str, Any] = {
    "event_ticker": "KXFED-26DEC",
    "series_ticker": "KXFED",
    "title": "Fed in December",
    "sub_title": "Dec 16",
    "category": "Economics",
    "mutually_exclusive": True,
}

SERIES = Series(
    venue=Venue.KALSHI,
    native_id="KXFED",
    title="Fed decision",
    as_of=AS_OF,
    category="finance",
    tags=("economics", "fed"),
    fee_type="quadratic_with_maker_fees",
    fee_multiplier_ppm=500_000,
)


def parse_markets(*markets: object, **options: Any) -> list[ParsedItem]:
    page = split_listing(json.dumps({"markets": markets, "cursor": ""}).encode(), "markets")
    return [parse_market_item(item, venue=Venue.KALSHI, as_of=AS_OF, **options) for item in page.items]


def market(**changes: Any) -> Market:
    (parsed,) = parse_markets(MARKET | changes)
    assert parsed.refusals == []
    return parsed.markets[0]


def refusal(**changes: Any) -> Refusal:
    (parsed,) = parse_markets(MARKET | changes)
    assert (parsed.rows, parsed.parsed) == (1, 0)
    return parsed.refusals[0]


def parse_event(event: dict[str, Any], **options: Any) -> ParsedItem:
    page = split_listing(json.dumps({"events": [event], "cursor": ""}).encode(), "events")
    return parse_event_item(page.items[0], venue=Venue.KALSHI, as_of=AS_OF, **options)


# --- numbers --------------------------------------------------------------------------------------------------------

CENTS = {"yes_bid": 6, "yes_ask": 7, "last_price": 6, "previous_price": 8, "volume": 35001, "open_interest": 13679}
DOLLARS = {
    "yes_bid_dollars": "0.0600",
    "yes_ask_dollars": "0.0700",
    "last_price_dollars": "0.0600",
    "previous_price_dollars": "0.0800",
    "volume_fp": "35001.00",
    "open_interest_fp": "13679.00",
}


@pytest.mark.parametrize("numbers", [CENTS, CENTS | DOLLARS, DOLLARS], ids=["cents", "both", "strings"])
def test_every_generation_of_numbers_reads_the_same(numbers: dict[str, Any]) -> None:
    read = market(**numbers)
    assert (read.best_bid, read.best_ask, read.last_price) == (60_000, 70_000, 60_000)
    assert read.price_change_24h == -20_000
    assert (read.volume_shares, read.open_interest_shares) == (35_001.0, 13_679.0)
    assert read.volume_usd is None
    assert [outcome.price for outcome in read.outcomes] == [60_000, 940_000]


def test_prices_finer_than_a_cent_and_fractions_of_contracts_are_exact() -> None:
    read = market(yes_bid_dollars="0.565000", volume_fp="271926.68")
    assert read.best_bid == 565_000
    assert read.volume_shares == 271_926.68


@pytest.mark.parametrize("ask", [0, 100])
def test_a_bid_of_nothing_against_an_ask_of_nothing_or_all_is_no_quote(ask: int) -> None:
    read = market(yes_bid=0, yes_ask=ask, yes_bid_dollars="0.0000", yes_ask_dollars=f"{ask / 100:.4f}")
    assert (read.best_bid, read.best_ask, read.mid) == (None, None, None)


def test_one_side_may_be_missing() -> None:
    read = market(yes_bid_dollars="0.0000", yes_ask_dollars="0.5100")
    assert (read.best_bid, read.best_ask) == (None, 510_000)


def test_what_was_never_traded_has_no_price() -> None:
    read = market(last_price_dollars="0.0000", previous_price_dollars="0.1000")
    assert read.last_price is None
    assert read.price_change_24h is None
    assert [outcome.price for outcome in read.outcomes] == [None, None]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"yes_bid_dollars": "1.2000"}, "bad_price"),
        ({"yes_bid": 101}, "bad_price"),
        ({"yes_ask_dollars": "-0.1"}, "bad_price"),
        ({"volume_fp": "many"}, "bad_number"),
        ({"volume_fp": "nan"}, "bad_number"),
        ({"volume_fp": "9999999999999.00"}, "bad_number"),
        ({"yes_bid_dollars": ["0.5"]}, "wrong_type"),
        ({"close_time": "soon"}, "bad_time"),
        ({"ticker": None}, "no_ticker"),
        ({"ticker": "../../etc/passwd"}, "bad_ticker"),
        ({"title": "", "yes_sub_title": " "}, "no_question"),
        ({"title": "Will it\u0000?"}, "nul_character"),
        ({"status": "on holiday"}, "unknown_status"),
        ({"status": "finalized", "result": "maybe"}, "unknown_result"),
        ({"status": "finalized", "result": "yes", "settlement_value_dollars": "0.3000"}, "contradicting_result"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(changes: dict[str, Any], code: str) -> None:
    refused = refusal(**changes)
    assert refused.code == code
    assert refused.reason.startswith("expected") or ": expected" in refused.reason


@pytest.mark.parametrize(
    ("stated", "liquidity"),
    [
        ({"liquidity": 6_814_806, "liquidity_dollars": "68148.0600"}, 68_148.06),
        ({"liquidity": 6_814_806}, 68_148.06),
        ({"liquidity": 0, "liquidity_dollars": "0.0000"}, None),  # what newer answers always say
        ({"liquidity": -3820}, None),  # seen on a settled market
    ],
)
def test_liquidity_of_zero_or_less_says_nothing(stated: dict[str, Any], liquidity: float | None) -> None:
    assert market(**stated).liquidity_usd == liquidity


def test_the_tick_is_the_step_of_the_price_ranges_not_the_rounded_cent() -> None:
    fine = [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}]
    assert market(tick_size=1, price_ranges=fine).tick_size == 1_000
    tapered = [{"step": "0.0010"}, {"step": "0.0100"}, {"step": "0.0010"}]
    assert market(tick_size=1, price_ranges=tapered).tick_size is None
    assert market(tick_size=1).tick_size == 10_000


# --- time and text --------------------------------------------------------------------------------------------------


def test_instants_are_utc_and_year_one_is_unknown() -> None:
    read = market(created_time="0001-01-01T00:00:00Z", open_time="2026-09-29T04:01:07.17746Z")
    assert read.created_at is None
    assert read.opens_at == datetime(2026, 9, 29, 4, 1, 7, 177460, tzinfo=UTC)
    assert read.closes_at == datetime(2026, 12, 16, 19, tzinfo=UTC)


def test_rules_are_both_parts() -> None:
    assert market().rules == "If the Fed cuts, then the market resolves to Yes.\n\nA cut is a lower upper bound."


def test_outcomes_are_yes_and_no_without_tokens() -> None:
    assert [(outcome.label, outcome.token_id) for outcome in market().outcomes] == [("Yes", None), ("No", None)]


# --- status and ending ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status", "takes_orders"),
    [
        ("initialized", MarketStatus.UNOPENED, False),
        ("unopened", MarketStatus.UNOPENED, False),
        ("active", MarketStatus.OPEN, True),
        ("open", MarketStatus.OPEN, True),
        ("inactive", MarketStatus.OPEN, False),
    ],
)
def test_a_market_that_has_not_closed_has_no_ending(word: str, status: MarketStatus, takes_orders: bool) -> None:
    read = market(status=word, result="yes")
    assert (read.status, read.resolution, read.is_accepting_orders) == (status, None, takes_orders)


@pytest.mark.parametrize("word", ["closed", "determined", "disputed", "amended"])
def test_before_it_is_finalized_an_ending_is_pending_even_if_a_result_is_shown(word: str) -> None:
    read = market(status=word, result="yes")
    assert read.status is MarketStatus.CLOSED
    assert read.resolution == Resolution(shape=ResolutionShape.PENDING)


@pytest.mark.parametrize(
    ("result", "value", "shape", "payouts", "yes"),
    [
        ("yes", None, ResolutionShape.DECIDED, (1_000_000, 0), OutcomeResult.WON),
        ("yes", "1.0000", ResolutionShape.DECIDED, (1_000_000, 0), OutcomeResult.WON),
        ("no", "0.0000", ResolutionShape.DECIDED, (0, 1_000_000), OutcomeResult.LOST),
        ("scalar", "0.6400", ResolutionShape.SCALAR, (640_000, 360_000), OutcomeResult.SCALAR),
        ("void", "0.5000", ResolutionShape.VOID, (500_000, 500_000), OutcomeResult.VOID),
    ],
)
def test_a_finalized_market_pays_what_the_venue_says(
    result: str, value: str | None, shape: ResolutionShape, payouts: tuple[int, int], yes: OutcomeResult
) -> None:
    read = market(
        status="finalized", result=result, settlement_value_dollars=value, settlement_ts="2026-10-05T00:00:00Z"
    )
    assert read.status is MarketStatus.RESOLVED
    assert read.resolution is not None
    assert (read.resolution.shape, read.resolution.payouts) == (shape, payouts)
    assert read.resolution.resolved_at == datetime(2026, 10, 5, tzinfo=UTC)
    assert read.resolution.for_outcome(0) is yes


@pytest.mark.parametrize(("result", "shape"), [("scalar", ResolutionShape.SCALAR), ("", ResolutionShape.PENDING)])
def test_without_a_value_nothing_is_paid_and_the_market_is_only_closed(result: str, shape: ResolutionShape) -> None:
    read = market(status="finalized", result=result)
    assert read.status is MarketStatus.CLOSED
    assert read.resolution == Resolution(shape=shape)


def test_a_closed_market_closed_when_its_close_time_says() -> None:
    read = market(status="finalized", result="yes", close_time="2026-10-01T00:00:00Z")
    assert read.closed_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert market(status="closed", close_time="2026-12-01T00:00:00Z").closed_at is None


# --- combos ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sign",
    [
        {"ticker": "KXMVESPORTS-S1-ABC"},
        {"mve_collection_ticker": "KXMVENFLSINGLEGAME-26JAN12HOUPIT"},
        {"mve_selected_legs": [{"market_ticker": "A", "side": "yes"}, {"market_ticker": "B", "side": "no"}]},
    ],
)
def test_a_combo_is_recognised_by_each_of_its_signs_and_left_out_unless_asked_for(sign: dict[str, Any]) -> None:
    assert refusal(**sign).code == "combo"
    (kept,) = parse_markets(MARKET | sign, include_combos=True)
    assert len(kept.markets) == 1


def test_an_event_of_combos_is_left_out_with_them() -> None:
    event = EVENT | {"event_ticker": "KXMVESPORTS-S1"}
    assert [each.code for each in parse_event(event).refusals] == ["combo"]
    nested = parse_event(event | {"markets": [MARKET | {"ticker": "KXMVESPORTS-S1-A"}]})
    assert (nested.rows, nested.events, [each.code for each in nested.refusals]) == (1, [], ["combo"])


# --- events ---------------------------------------------------------------------------------------------------------


def test_an_event_gives_its_markets_and_says_what_they_belong_to() -> None:
    parsed = parse_event(EVENT | {"markets": [MARKET, MARKET | {"ticker": "KXFED-26DEC-T5"}]})
    assert (parsed.rows, parsed.parsed, parsed.event_rows) == (2, 2, 0)
    (event,) = parsed.events
    assert (event.event_id, event.title, event.series_native_id) == ("kalshi:KXFED-26DEC", "Fed in December", "KXFED")
    assert (event.market_count, event.is_mutually_exclusive, event.is_closed) == (2, True, False)
    assert event.url == "https://kalshi.com/markets/kxfed/kxfed-26dec"
    for read in parsed.markets:
        assert (read.event_id, read.category, read.tags, read.url) == (
            event.event_id,
            "finance",
            ("economics",),
            event.url,
        )


def test_an_event_without_markets_is_a_row_of_its_own() -> None:
    for event in (EVENT, EVENT | {"markets": []}, EVENT | {"markets": None}):
        parsed = parse_event(event)
        assert (parsed.rows, parsed.event_rows, parsed.parsed) == (1, 1, 1)
        assert parsed.events[0].market_count is None


def test_one_broken_market_among_a_hundred_costs_only_itself() -> None:
    markets = [MARKET | {"ticker": f"KXFED-26DEC-T{number}"} for number in range(100)]
    markets[41]["volume_fp"] = {"oops": 1}
    parsed = parse_event(EVENT | {"markets": markets})
    assert (parsed.rows, len(parsed.markets)) == (100, 99)
    assert [(each.native_id, each.code) for each in parsed.refusals] == [("KXFED-26DEC-T41", "wrong_type")]


def test_the_answer_for_a_single_event_has_its_markets_beside_it_or_inside_it() -> None:
    for answer in ({"event": EVENT, "markets": [MARKET]}, {"event": EVENT | {"markets": [MARKET]}}):
        page = split_listing(json.dumps(answer).encode(), "events")
        assert page.items[0].native_id == "KXFED-26DEC"
        parsed = parse_event_item(page.items[0], venue=Venue.KALSHI, as_of=AS_OF)
        assert [each.native_id for each in parsed.markets] == ["KXFED-26DEC-T4"]


def test_a_market_is_the_same_whether_it_came_with_its_event_or_alone() -> None:
    """A question, rule or close time that depends on the listing would look like a changed bet."""
    (nested,) = parse_event(EVENT | {"markets": [MARKET]}, series={"KXFED": SERIES}).markets
    ((alone,),) = [each.markets for each in parse_markets(MARKET, series={"KXFED": SERIES})]
    assert alone == nested


def test_an_invented_market_has_no_page_at_the_real_venue() -> None:
    page = split_listing(json.dumps({"events": [EVENT | {"markets": [MARKET]}]}).encode(), "events")
    parsed = parse_event_item(page.items[0], venue=Venue.SYNTHETIC_KALSHI, as_of=AS_OF)
    assert parsed.events[0].url is None
    assert parsed.markets[0].market_id == "synthetic-kalshi:KXFED-26DEC-T4"


def test_an_event_without_a_ticker_is_refused() -> None:
    parsed = parse_event({key: value for key, value in EVENT.items() if key != "event_ticker"})
    assert [(each.kind, each.code) for each in parsed.refusals] == [("event", "no_event_ticker")]


# --- series and fees ------------------------------------------------------------------------------------------------


def test_fees_come_from_the_series_and_are_unknown_without_it() -> None:
    nested = EVENT | {"markets": [MARKET]}
    assert parse_event(nested).markets[0].fee_terms is None
    assert parse_event(nested, series={"KXFED": SERIES}).markets[0].fee_terms == FeeTerms(
        kind=FeeKind.QUADRATIC_WITH_MAKER_FEES, multiplier_ppm=500_000
    )


def fee_terms_of_type(fee_type: str) -> FeeTerms | None:
    body = json.dumps({"series": [{"ticker": "KXA", "fee_type": fee_type, "fee_multiplier": 1}]})
    (item,) = split_listing(body.encode(), "series").items
    (series,) = parse_series_item(item, venue=Venue.KALSHI, as_of=AS_OF).series
    return fee_terms(series)


@pytest.mark.parametrize("fee_type", ["flat", ""])
def test_a_fee_without_a_formula_is_unknown(fee_type: str) -> None:
    assert fee_terms_of_type(fee_type) is None


@pytest.mark.parametrize(
    ("fee_type", "kind"),
    [
        ("quadratic", FeeKind.QUADRATIC),
        ("quadratic_with_maker_fees", FeeKind.QUADRATIC_WITH_MAKER_FEES),
        ("quadratic_with_combo_maker_fees", FeeKind.QUADRATIC_WITH_COMBO_MAKER_FEES),
    ],
)
def test_each_type_with_a_formula_is_known(fee_type: str, kind: FeeKind) -> None:
    assert fee_terms_of_type(fee_type) == FeeTerms(kind=kind, multiplier_ppm=1_000_000)


def test_a_series_states_category_tags_and_fees() -> None:
    body = json.dumps(
        {
            "series": {
                "ticker": "CO2",
                "title": "US CO2 totals",
                "category": "Climate and Weather",
                "tags": ["Climate change"],
                "fee_type": "quadratic",
                "fee_multiplier": 0.5,
            }
        }
    )
    (item,) = split_listing(body.encode(), "series").items
    (series,) = parse_series_item(item, venue=Venue.KALSHI, as_of=AS_OF).series
    assert series.series_id == "kalshi:CO2"
    assert (series.category, series.tags) == ("world", ("climate-and-weather", "climate-change"))
    assert fee_terms(series) == FeeTerms(kind=FeeKind.QUADRATIC, multiplier_ppm=500_000)


def test_a_market_listed_alone_finds_the_series_of_an_old_event_without_kx() -> None:
    """EVSHARE-30JAN belongs to the series KXEVSHARE (recorded 2026-02-13)."""
    series = Series(venue=Venue.KALSHI, native_id="KXEVSHARE", title="", as_of=AS_OF, tags=("climate",))
    old = MARKET | {"ticker": "EVSHARE-30JAN-10", "event_ticker": "EVSHARE-30JAN"}
    (parsed,) = parse_markets(old, series={"KXEVSHARE": series})
    assert parsed.markets[0].url == "https://kalshi.com/markets/kxevshare/evshare-30jan"
