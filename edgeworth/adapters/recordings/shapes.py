"""What a recorded JSON object is, told by its keys; and what is known but holds no market data.

The order of the rules matters: a position has a condition id too, a book of the stream an ``event_type``.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import msgspec
from msgspec import Struct

from edgeworth.adapters.recordings.documents import Fields
from edgeworth.markets.venue import Venue

_POLYMARKET, _KALSHI = Venue.POLYMARKET, Venue.KALSHI

REFUSED = "refused"
"""Kind of rows that are known not to be market data, and of rows that are not known at all."""

_fields_decoder = msgspec.json.Decoder(Fields)
_text_decoder = msgspec.json.Decoder(str)


class Shape(Struct, frozen=True, kw_only=True):
    """What an object is.

    Attributes:
        venue: Whose; ``None`` where it is not known what it is.
        kind: The venue's page kind (``events``, ``markets``, ...), or ``REFUSED``.
        code, what: Why it is refused: a short word, and what it is.
    """

    venue: Venue | None
    kind: str
    code: str = ""
    what: str = ""

    @property
    def reason(self) -> str:
        """The sentence of the refusal."""
        return f"{self.what}: not market data" if self.code == "not_market_data" else self.what


_READ: tuple[tuple[frozenset[str], frozenset[str], Venue, str], ...] = tuple(
    (frozenset(having.split()), frozenset(without.split()), venue, kind)
    for having, without, venue, kind in (
        # keys that must be there, keys that must not, venue, kind of page
        ("asset conditionId side size timestamp", "avgPrice", _POLYMARKET, "trades"),
        ("conditionId outcomes", "avgPrice", _POLYMARKET, "markets"),
        ("conditionId question", "avgPrice", _POLYMARKET, "markets"),
        ("condition_id tokens", "", _POLYMARKET, "clob_markets"),
        ("asset_id bids asks", "", _POLYMARKET, "books"),
        ("trade_id ticker", "", _KALSHI, "trades"),
        ("candlesticks", "", _KALSHI, "candles"),
        ("orderbook", "", _KALSHI, "books"),
        ("orderbook_fp", "", _KALSHI, "books"),
        ("event", "", _KALSHI, "events"),
        ("event_ticker series_ticker", "ticker", _KALSHI, "events"),
        ("ticker event_ticker", "", _KALSHI, "markets"),
        ("ticker series_ticker", "", _KALSHI, "events"),
        ("ticker fee_type", "", _KALSHI, "series"),
        ("ticker frequency", "", _KALSHI, "series"),
        ("slug title markets", "", _POLYMARKET, "events"),
        ("id slug title", "label", _POLYMARKET, "events"),
    )
)

_NOT_MARKET_DATA: tuple[tuple[frozenset[str], Venue, str], ...] = tuple(
    (frozenset(having.split()), venue, what)
    for having, venue, what in (
        # Polymarket
        ("conditionId avgPrice", _POLYMARKET, "a wallet's position"),
        ("label slug", _POLYMARKET, "a tag"),
        ("topic payload", _POLYMARKET, "a message of the price stream of coins and shares"),
        ("price_changes", _POLYMARKET, "a message of the market stream (price_change)"),
        ("asset_id new_tick_size", _POLYMARKET, "a message of the market stream (tick_size_change)"),
        ("asset_id fee_rate_bps", _POLYMARKET, "a message of the market stream (last_trade_price)"),
        # Kalshi
        ("announcements", _KALSHI, "the exchange's announcements"),
        ("schedule", _KALSHI, "the exchange's schedule"),
        ("exchange_active", _KALSHI, "the exchange's status"),
        ("filters_by_sports", _KALSHI, "filters of the site by sport"),
        ("tags_by_categories", _KALSHI, "tags of the site by category"),
        ("series_fee_change_arr", _KALSHI, "planned changes of fees"),
        ("live_data", _KALSHI, "the score of a game"),
        ("live_datas", _KALSHI, "scores of games"),
        ("milestone", _KALSHI, "a milestone (a date in the world)"),
        ("milestones", _KALSHI, "milestones (dates in the world)"),
        ("primary_event_tickers", _KALSHI, "a milestone (a date in the world)"),
        ("structured_target", _KALSHI, "a structured target (a person or club)"),
        ("structured_targets", _KALSHI, "structured targets (persons and clubs)"),
        ("multivariate_contract", _KALSHI, "a collection from which combos are made"),
        ("collection_ticker", _KALSHI, "a collection from which combos are made"),
        ("market_details settlement_sources", _KALSHI, "pictures and sources of an event"),
        ("event_ticker market_ticker", _KALSHI, "the tickers of one combo"),
    )
)

_LONE_NUMBERS = {
    "mid": "a midpoint without its token",
    "base_fee": "a fee rate without its token",
    "price": "a price without its token",
}
"""Answers of Polymarket's CLOB that are one number: of what is known to the request only."""


def shape_of(raw: bytes | msgspec.Raw) -> Shape:
    """What the object ``raw`` is; unknown objects and values that are no objects are ``REFUSED`` too."""
    try:
        fields = _fields_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Shape(
            venue=None, kind=REFUSED, code="unknown_object", what="expected a JSON object, found another value"
        )
    keys = fields.keys()
    for having, without, venue, kind in _READ:
        if having <= keys and not without & keys:
            return Shape(venue=venue, kind=kind)
    return _refused(fields, keys)


def _refused(fields: Fields, keys: AbstractSet[str]) -> Shape:
    if "event_type" in keys:
        try:
            name = _text_decoder.decode(fields["event_type"])
        except (msgspec.DecodeError, UnicodeDecodeError):
            name = "of a type that cannot be read"
        what = f"a message of the market stream ({name[:40]})"
        return Shape(venue=_POLYMARKET, kind=REFUSED, code="not_market_data", what=what)
    for having, venue, what in _NOT_MARKET_DATA:
        if having <= keys:
            return Shape(venue=venue, kind=REFUSED, code="not_market_data", what=what)
    if len(keys) == 1 and (lone := _LONE_NUMBERS.get(next(iter(keys)))) is not None:
        return Shape(venue=_POLYMARKET, kind=REFUSED, code="not_market_data", what=lone)
    names = ", ".join(sorted(keys)[:8]) or "none"
    what = f"expected an event, a market, a trade, a book, candles or a series, found an object with the keys {names}"
    return Shape(venue=None, kind=REFUSED, code="unknown_object", what=what)
