"""The habits of the real APIs that the synthetic venue always has, seen from a plain HTTP client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.server import RunningVenue, running_venue
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLYMARKET, KALSHI = Venue.SYNTHETIC_POLYMARKET, Venue.SYNTHETIC_KALSHI


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with running_venue(World(as_of=AS_OF)) as running:
        yield running


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


class Asked:
    """GET with parameters; the answer must be a success."""

    def __init__(self, http: httpx.Client, base: str) -> None:
        self._http, self._base = http, base

    def __call__(self, path: str, **params: Any) -> Any:
        answer = self._http.get(self._base + path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, path: str, **params: Any) -> int:
        return self._http.get(self._base + path, params=params).status_code


@pytest.fixture
def gamma(http: httpx.Client, venue: RunningVenue) -> Asked:
    return Asked(http, venue.gamma_url)


@pytest.fixture
def clob(http: httpx.Client, venue: RunningVenue) -> Asked:
    return Asked(http, venue.clob_url)


@pytest.fixture
def data(http: httpx.Client, venue: RunningVenue) -> Asked:
    return Asked(http, venue.data_api_url)


@pytest.fixture
def kalshi(http: httpx.Client, venue: RunningVenue) -> Asked:
    return Asked(http, venue.kalshi_url)


def every_event(gamma: Asked, **params: Any) -> list[Any]:
    found: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = gamma("/events/keyset", limit=25, **params, **after)
        found += page["events"]
        if "next_cursor" not in page:
            return found
        after = {"after_cursor": page["next_cursor"]}


def every_market(gamma: Asked) -> list[Any]:
    events = every_event(gamma, closed="false") + every_event(gamma, closed="true")
    return [market for event in events for market in event["markets"]]


# --- every answer -----------------------------------------------------------------------------------------------------


def test_every_answer_says_that_it_is_synthetic(http: httpx.Client, venue: RunningVenue) -> None:
    for url in (venue.gamma_url + "/tags", venue.clob_url + "/nothing", venue.kalshi_url + "/exchange/status"):
        assert http.get(url).headers["x-edgeworth-synthetic"] == "seed=7"


def test_requests_are_logged_with_their_parameters(http: httpx.Client, venue: RunningVenue) -> None:
    http.get(venue.gamma_url + "/events/keyset", params=[("id", "1"), ("id", "2")])
    method, path, params = venue.requests[-1]
    assert (method, path, params) == ("GET", "/gamma/events/keyset", (("id", "1"), ("id", "2")))


# --- Gamma ------------------------------------------------------------------------------------------------------------


def test_lists_travel_as_json_inside_strings_and_are_parallel(gamma: Asked) -> None:
    for market in every_market(gamma):
        outcomes, tokens = json.loads(market["outcomes"]), json.loads(market["clobTokenIds"])
        assert len(outcomes) == len(tokens) == 2
        assert all(isinstance(token, str) and token.isdecimal() for token in tokens)
        if "outcomePrices" in market:
            assert all(isinstance(price, str) for price in json.loads(market["outcomePrices"]))


def test_keys_without_a_value_vanish_and_none_is_null(gamma: Asked) -> None:
    markets = every_market(gamma)
    assert not any(value is None for market in markets for value in market.values())
    open_ones = [market for market in markets if not market["closed"]]
    assert any("bestBid" not in market for market in open_ones)
    assert any("volume24hr" not in market for market in open_ones)
    assert any("outcomePrices" not in market and "acceptingOrders" not in market for market in open_ones)


def test_volume_is_text_on_markets_and_a_number_on_events(gamma: Asked) -> None:
    event = every_event(gamma)[0]
    assert isinstance(event["volume"], int | float)
    assert isinstance(event["markets"][0]["volume"], str)
    assert isinstance(event["markets"][0]["volumeNum"], int | float)


def test_order_by_volume_sorts_text_and_by_volume_num_numbers(gamma: Asked) -> None:
    text = [
        market.get("volume", "")
        for market in gamma("/markets/keyset", order="volume", ascending="false", limit=100)["markets"]
    ]
    shown = [value for value in text if value]
    assert shown == sorted(shown, reverse=True)
    assert [float(value) for value in shown] != sorted(map(float, shown), reverse=True)
    numbers = [
        market.get("volumeNum", 0)
        for market in gamma("/markets/keyset", order="volumeNum", ascending="false", limit=100)["markets"]
    ]
    assert numbers == sorted(numbers, reverse=True)


def test_cursor_is_ignored_and_only_after_cursor_pages(gamma: Asked) -> None:
    first = gamma("/events/keyset", limit=5)
    assert gamma("/events/keyset", limit=5, cursor=first["next_cursor"])["events"] == first["events"]
    second = gamma("/events/keyset", limit=5, after_cursor=first["next_cursor"])
    assert not {event["id"] for event in first["events"]} & {event["id"] for event in second["events"]}


def test_a_cursor_is_bound_to_its_filters(gamma: Asked) -> None:
    cursor = gamma("/events/keyset", limit=5)["next_cursor"]
    assert gamma.status("/events/keyset", limit=5, closed="true", after_cursor=cursor) == 400


def test_without_closed_only_open_ones_are_listed_even_when_asked_by_id(gamma: Asked) -> None:
    closed = every_event(gamma, closed="true")[0]
    assert gamma("/events/keyset", id=closed["id"])["events"] == []
    assert gamma("/events/keyset", id=closed["id"], closed="true")["events"][0]["id"] == closed["id"]
    assert all(not event["closed"] for event in every_event(gamma))


def test_offset_is_refused_on_keyset_and_beyond_the_cap_on_the_legacy_listing(gamma: Asked) -> None:
    assert gamma.status("/events/keyset", offset=10) == 422
    assert gamma.status("/events", offset=2_101) == 422
    assert gamma("/events", offset=2_100) == []


def test_the_legacy_listing_is_a_bare_array_capped_at_a_hundred_and_shows_closed_ones(gamma: Asked) -> None:
    markets = gamma("/markets", limit=500)
    assert len(markets) == 100
    assert {market["closed"] for market in markets} == {True, False}


def test_page_caps_of_the_keyset_listings(gamma: Asked) -> None:
    assert len(gamma("/markets/keyset", limit=1_000)["markets"]) == 100


@pytest.mark.parametrize("path", ["/events/keyset", "/markets/keyset", "/events", "/markets"])
def test_an_unknown_order_is_refused(gamma: Asked, path: str) -> None:
    assert gamma.status(path, order="volume_24hr") == 422


def test_events_of_a_tag_hold_that_tag(gamma: Asked) -> None:
    crypto = next(tag for tag in gamma("/tags") if tag["slug"] == "crypto")
    events = every_event(gamma, tag_id=crypto["id"])
    assert events
    assert events == every_event(gamma, tag_slug="crypto")
    assert all("crypto" in {tag["slug"] for tag in event["tags"]} for event in events)


def test_closing_times_are_not_iso(gamma: Asked) -> None:
    market = every_event(gamma, closed="true")[0]["markets"][0]
    assert market["closedTime"][10] == " "
    assert market["closedTime"].endswith("+00")


def test_each_way_to_end_is_shown_as_the_exchange_shows_it(gamma: Asked) -> None:
    prices = {market.get("outcomePrices") for market in every_market(gamma) if market["closed"]}
    assert {'["1", "0"]', '["0", "1"]', '["0.5", "0.5"]', '["0", "0"]'} <= prices
    statuses = {market.get("umaResolutionStatus") for market in every_market(gamma)}
    assert {None, "proposed", "disputed", "resolved"} <= statuses


# --- CLOB and Data API ------------------------------------------------------------------------------------------------


def market_at(venue: RunningVenue, stage: Stage) -> tuple[Any, Any]:
    return next(
        (event, seen.market)
        for event in venue.world.listed(POLYMARKET)
        for seen in venue.world.snapshots(event, POLYMARKET)
        if seen.stage is stage and (stage is not Stage.OPEN or (seen.bid > 100 and seen.ask < 900 and seen.tick == 10))
    )


def token_of(venue: RunningVenue, stage: Stage) -> str:
    return venue.world.identity.token_ids(market_at(venue, stage)[1])[0]


def test_the_best_price_of_each_side_is_the_last_and_numbers_are_text(clob: Asked, venue: RunningVenue) -> None:
    book = clob("/book", token_id=token_of(venue, Stage.OPEN))
    bids, asks = ([float(level["price"]) for level in book[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids)
    assert asks == sorted(asks, reverse=True)
    assert bids[-1] < asks[-1]
    assert book["timestamp"] == str(int(AS_OF.timestamp()) * 1_000)


def test_a_resolved_market_has_no_book(clob: Asked, venue: RunningVenue) -> None:
    assert clob.status("/book", token_id=token_of(venue, Stage.RESOLVED)) == 404


def test_books_are_fetched_in_batches_and_missing_ones_left_out(http: httpx.Client, venue: RunningVenue) -> None:
    wanted = [{"token_id": token_of(venue, stage)} for stage in (Stage.OPEN, Stage.RESOLVED)]
    books = http.post(venue.clob_url + "/books", json=wanted).json()
    assert [book["asset_id"] for book in books] == [wanted[0]["token_id"]]


def test_windows_longer_than_fifteen_days_are_refused(clob: Asked, venue: RunningVenue) -> None:
    now, token = venue.world.now, token_of(venue, Stage.OPEN)
    assert clob.status("/prices-history", market=token, startTs=now - 15 * 86_400 - 1, endTs=now) == 400
    assert clob.status("/prices-history", market=token, startTs=now - 15 * 86_400, endTs=now) == 200


def test_a_resolved_market_has_a_fine_history_only_by_window(clob: Asked, venue: RunningVenue) -> None:
    _, market = market_at(venue, Stage.RESOLVED)
    token = venue.world.identity.token_ids(market)[0]
    assert clob("/prices-history", market=token, interval="max", fidelity=60)["history"] == []
    end = market.ending.ends_at
    assert clob("/prices-history", market=token, startTs=end - 86_400, endTs=end, fidelity=60)["history"]


def test_the_clob_list_ends_with_its_marker_and_names_the_winner(clob: Asked) -> None:
    page = clob("/markets")
    assert page["next_cursor"] == "LTE="
    closed = [row for row in page["data"] if row["closed"]]
    assert all(row["tokens"][0]["winner"] + row["tokens"][1]["winner"] <= 1 for row in closed)
    assert any(token["winner"] for row in closed for token in row["tokens"])


def test_trades_v1_ignore_the_asset_and_stop_at_an_offset(data: Asked, venue: RunningVenue) -> None:
    _, market = market_at(venue, Stage.OPEN)
    condition = venue.world.identity.condition_id(market)
    rows = data("/trades", market=condition, limit=5)
    assert rows == data("/trades", market=condition, limit=5, asset="1")
    assert [row["timestamp"] for row in rows] == sorted((row["timestamp"] for row in rows), reverse=True)
    assert data.status("/trades", offset=10_001) == 400


def test_trades_of_one_wallet_are_its_own(data: Asked, venue: RunningVenue) -> None:
    wallet = venue.world.wallets()[0].address
    rows = data("/trades", user=wallet, limit=10)
    assert rows
    assert {row["proxyWallet"] for row in rows} == {wallet}


# --- Kalshi -----------------------------------------------------------------------------------------------------------


def test_kalshi_numbers_are_strings_and_books_hold_bids_of_both_sides(kalshi: Asked) -> None:
    markets = kalshi("/markets", mve_filter="exclude", status="open", limit=1_000)["markets"]
    quoted = next(one for one in markets if float(one["yes_bid_dollars"]) and float(one["yes_ask_dollars"]) < 1)
    book = kalshi(f"/markets/{quoted['ticker']}/orderbook")["orderbook_fp"]
    assert book["yes_dollars"][-1][0] == quoted["yes_bid_dollars"]
    assert float(book["no_dollars"][-1][0]) == pytest.approx(1 - float(quoted["yes_ask_dollars"]))
    assert not {"yes_bid", "last_price", "volume"} & quoted.keys()


@pytest.mark.parametrize(
    ("filter_word", "body_words"),
    [
        ("open", {"active"}),
        ("settled", {"finalized"}),
        ("closed", {"closed", "determined", "disputed"}),
        ("unopened", {"initialized"}),
    ],
)
def test_the_filter_and_the_bodies_have_two_vocabularies(kalshi: Asked, filter_word: str, body_words: set[str]) -> None:
    markets = kalshi("/markets", mve_filter="exclude", status=filter_word, limit=1_000)["markets"]
    assert {market["status"] for market in markets} <= body_words
    assert kalshi.status("/markets", status="active") == 400


def test_category_is_ignored_on_events_and_events_hold_no_combos(kalshi: Asked) -> None:
    events = kalshi("/events", category="Crypto", with_nested_markets="true")["events"]
    assert len({event["category"] for event in events}) > 1
    assert not any(event["event_ticker"].startswith("KXMVE") for event in events)


def test_series_are_filtered_by_the_exact_category(kalshi: Asked) -> None:
    assert {series["category"] for series in kalshi("/series", category="Crypto")["series"]} == {"Crypto"}
    assert kalshi("/series", category="crypto")["series"] == []


def test_the_archive_names_the_fields_of_candles_otherwise(kalshi: Asked) -> None:
    ticker = kalshi("/historical/markets", limit=1)["markets"][0]
    at = int(datetime.fromisoformat(ticker["close_time"]).timestamp())
    window = {"start_ts": at - 3 * 86_400, "end_ts": at, "period_interval": 1440}
    candle = kalshi(f"/historical/markets/{ticker['ticker']}/candlesticks", **window)["candlesticks"][0]
    assert {"volume", "open_interest"} <= candle.keys()
    assert set(candle["yes_bid"]) == {"open", "low", "high", "close"}
    series = ticker["event_ticker"].split("-")[0]
    assert kalshi.status(f"/series/{series}/markets/{ticker['ticker']}/candlesticks", **window) == 404


def test_trades_made_before_the_cutoff_are_in_the_archive_only(kalshi: Asked, venue: RunningVenue) -> None:
    cutoff = datetime.fromisoformat(kalshi("/historical/cutoff")["trades_created_ts"])
    live, old = kalshi("/markets/trades", limit=1_000)["trades"], kalshi("/historical/trades", limit=1_000)["trades"]
    assert min(datetime.fromisoformat(trade["created_time"]) for trade in live) >= cutoff
    assert old
    assert max(datetime.fromisoformat(trade["created_time"]) for trade in old) < cutoff


# --- time -------------------------------------------------------------------------------------------------------------


def test_the_world_goes_on_when_it_is_told_to() -> None:
    with running_venue(World(as_of=AS_OF)) as venue, httpx.Client() as http:
        gamma = Asked(http, venue.gamma_url)
        before = {market["id"]: market for market in every_market(gamma)}
        venue.advance(AS_OF + timedelta(days=30))
        after = {market["id"]: market for market in every_market(gamma)}
    assert before.keys() < after.keys()
    closed = [name for name, market in before.items() if not market["closed"] and after[name]["closed"]]
    assert closed
    assert all(before[name]["question"] == after[name]["question"] for name in before)
