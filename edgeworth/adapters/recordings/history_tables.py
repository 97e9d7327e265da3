"""Rows of recorded tables that are prices, trades or on-chain fills. Pure; see ``tables`` for the layouts."""

from __future__ import annotations

from edgeworth.adapters.polymarket import values
from edgeworth.adapters.recordings.cells import Cells, RowContext
from edgeworth.errors import ParseError
from edgeworth.markets.history import PricePoint, Side, Trade
from edgeworth.markets.listing import ParsedItem
from edgeworth.units import MICROS, PriceMicros, ShareMicros


def price_row(cells: Cells, context: RowContext) -> ParsedItem:
    """A price of one token at one instant."""
    native_id, index = _token_owner(cells["token_id"], context)
    at = values.instant(cells["timestamp"], "timestamp")
    price = values.price(cells["price"], "price")
    if at is None or price is None:
        raise ParseError("no_price", "expected a timestamp and a price, found an empty cell")
    point = PricePoint(
        venue=context.venue,
        market_native_id=native_id,
        outcome_index=index,
        at=at,
        interval_seconds=0,
        price=price,
    )
    return ParsedItem(prices=[point])


def trade_row(cells: Cells, context: RowContext) -> ParsedItem:
    """A row of ``processed/trades.csv``: poly_data v2 names the market by condition id, v1 by Gamma's number."""
    market = cells["market_id"]
    if not market.startswith("0x"):
        raise ParseError(
            "no_condition_id", f"expected the market's condition id in market_id, found {market[:40]!r}: Gamma's number"
        )
    index = {"token1": 0, "yes": 0, "token2": 1, "no": 1}.get(cells["nonusdc_side"].lower())
    side = {"buy": Side.BUY, "sell": Side.SELL}.get(cells["taker_direction"].lower())
    at = values.instant(cells["timestamp"], "timestamp")
    price = values.price(cells["price"], "price")
    size = values.shares(cells["token_amount"], "token_amount")
    if index is None or at is None or price is None or size is None:
        raise ParseError("incomplete_trade", "expected side, timestamp, price and token_amount, found one missing")
    trade = Trade(
        venue=context.venue,
        market_native_id=values.checked_id(market, "market", "market_id"),
        trade_id=":".join([cells["transactionHash"], cells["maker"], cells["nonusdc_side"], cells["token_amount"]]),
        outcome_index=index,
        at=at,
        price=price,
        size=size,
        side=side,
        wallet=cells["taker"] or None,
    )
    return ParsedItem(trades=[trade])


def fill_row(cells: Cells, context: RowContext) -> ParsedItem:
    """An on-chain fill seen from the taker. Asset ``0`` is USDC; whole numbers are millionths."""
    maker_pays = cells["makerAssetId"] == "0"
    token = cells["takerAssetId"] if maker_pays else cells["makerAssetId"]
    native_id, index = _token_owner(token, context)
    amounts = [_amount(cells[column], column) for column in ("makerAmountFilled", "takerAmountFilled")]
    cash, shares = amounts if maker_pays else reversed(amounts)
    at = values.instant(cells["timestamp"], "timestamp")
    if at is None or shares <= 0 or not 0 <= cash <= shares:
        raise ParseError("incomplete_trade", "expected a timestamp, shares and at most a dollar for each, found others")
    trade = Trade(
        venue=context.venue,
        market_native_id=native_id,
        trade_id=":".join([cells["transactionHash"], cells["maker"], token[:12], str(shares)]),
        outcome_index=index,
        at=at,
        price=PriceMicros(round(cash * MICROS / shares)),
        size=ShareMicros(shares),
        side=Side.SELL if maker_pays else Side.BUY,
        wallet=cells["taker"] or None,
    )
    return ParsedItem(trades=[trade])


def _amount(text: str, column: str) -> int:
    """Millionths: a whole number is them, a decimal one counts units."""
    if text.isdigit():
        return int(text)
    amount = values.shares(text, column)
    if amount is None:
        raise ParseError("incomplete_trade", f"expected an amount in {column}, found an empty cell")
    return amount


def _token_owner(token: str, context: RowContext) -> tuple[str, int]:
    owner = context.tokens.get(token)
    if owner is None:
        raise ParseError(
            "unknown_token",
            f"expected a token of a known market, found {token[:12]}...: ingest the markets first, this table does not "
            "name them by condition id",
        )
    return owner
