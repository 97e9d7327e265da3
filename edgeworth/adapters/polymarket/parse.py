"""Payload to domain, for every Polymarket payload: the one face of the parsers. All of them are pure.

``split_listing`` cuts a page into items; ``parse_*_item`` reads one item; the other ``parse_*`` read a whole body.
"""

from __future__ import annotations

from datetime import datetime

from edgeworth.adapters.polymarket.books import Tokens, parse_book, parse_books, parse_midpoints, parse_price_history
from edgeworth.adapters.polymarket.exchange import parse_exchange_market_item
from edgeworth.adapters.polymarket.gamma import Tag, parse_event_item, parse_market_item, parse_tags
from edgeworth.adapters.polymarket.splitting import PARSER_VERSION, split_listing
from edgeworth.adapters.polymarket.trades import Occurrences, parse_trade_item, parse_trades
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.venue import Venue

__all__ = [
    "PARSER_VERSION",
    "Occurrences",
    "Tag",
    "Tokens",
    "parse_book",
    "parse_books",
    "parse_event_item",
    "parse_exchange_market_item",
    "parse_item",
    "parse_market_item",
    "parse_midpoints",
    "parse_price_history",
    "parse_tags",
    "parse_trade_item",
    "parse_trades",
    "split_listing",
]


def parse_item(item: ListingItem, *, venue: Venue, as_of: datetime) -> ParsedItem:
    """``item`` by its kind (``event``, ``market``, ``exchange_market``, ``trade``); never raises for bad data."""
    match item.kind:
        case "event":
            return parse_event_item(item, venue=venue, as_of=as_of)
        case "market":
            return parse_market_item(item, venue=venue, as_of=as_of)
        case "exchange_market":
            return parse_exchange_market_item(item, venue=venue, as_of=as_of)
        case "trade":
            return parse_trade_item(item, venue=venue)
        case other:
            raise ValueError(f"expected an event, a market, an exchange market or a trade, found kind {other!r}")
