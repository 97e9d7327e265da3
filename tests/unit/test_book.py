"""Books, quotes, trades and price points."""

from __future__ import annotations

import pytest

from edgeworth.markets.book import BookLevel, OrderBook, Quote
from edgeworth.markets.history import PricePoint, Trade
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros
from tests.builders import NOON


def level(cents, shares=1) -> BookLevel:
    return BookLevel(price=PriceMicros(cents * 10_000), size=ShareMicros(shares * 1_000_000))


def book(bids, asks) -> OrderBook:
    return OrderBook(
        venue=Venue.KALSHI, market_native_id="KXFED-26", outcome_index=0, bids=bids, asks=asks, observed_at=NOON
    )


def test_the_quote_is_the_first_level_of_each_side():
    quote = book((level(48), level(47)), (level(51), level(52))).quote
    assert quote == Quote(best_bid=level(48), best_ask=level(51))
    assert (quote.mid, quote.spread) == (495_000, 30_000)


@pytest.mark.parametrize(("bids", "asks"), [((), ()), ((level(48),), ()), ((), (level(51),))])
def test_a_missing_side_has_no_mid_and_no_spread(bids, asks):
    quote = book(bids, asks).quote
    assert (quote.mid, quote.spread) == (None, None)


def test_a_crossed_book_shows_a_negative_spread_and_is_not_mended():
    assert book((level(60),), (level(55),)).quote.spread == -50_000


def test_a_mid_between_two_millionths_is_rounded_down():
    quote = Quote(
        best_bid=BookLevel(price=PriceMicros(1), size=ShareMicros(1)),
        best_ask=BookLevel(price=PriceMicros(2), size=ShareMicros(1)),
    )
    assert quote.mid == 1


def test_books_points_and_trades_name_their_market_in_one_way():
    point = PricePoint(
        venue=Venue.KALSHI, market_native_id="KXFED-26", outcome_index=0, at=NOON, interval_seconds=60, price=None
    )
    trade = Trade(
        venue=Venue.KALSHI,
        market_native_id="KXFED-26",
        trade_id="t",
        outcome_index=1,
        at=NOON,
        price=PriceMicros(10),
        size=ShareMicros(1),
    )
    assert {book((), ()).market_id, point.market_id, trade.market_id} == {"kalshi:KXFED-26"}
    assert (trade.side, trade.wallet, point.bid, point.volume) == (None, None, None, None)
