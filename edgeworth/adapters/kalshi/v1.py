"""Events of Kalshi's own site (v1 API) rewritten as v2 records, so that one parser reads both. Pure.

Differences, as recorded on 2026-02-13: other key names, rules as a template with variables, settlement values in
hundredths of a cent. Tickers are the same in both, so a market read from either is the same market.
"""

from __future__ import annotations

import re

from edgeworth.adapters.kalshi.values import text
from edgeworth.adapters.kalshi.wire import EventWire, MarketWire, Number, Text, V1Market
from edgeworth.errors import ParseError

CENTICENTS_PER_DOLLAR = 10_000

_VARIABLE = re.compile(r"\|\|(.*?)\|\|", re.DOTALL)


def as_v2(market: V1Market, event: EventWire) -> MarketWire:
    """``market`` of ``event`` under the names of v2. What v1 does not state stays absent.

    Raises:
        ParseError: The settlement value is no number.
    """
    variables = market.rulebook_variables or {}
    return MarketWire(
        ticker=market.ticker_name,
        event_ticker=event.ticker,
        title=market.title,
        yes_sub_title=market.yes_sub_title,
        status=market.status,
        result=market.result,
        created_time=market.create_date,
        open_time=market.open_date,
        close_time=market.close_date,
        settlement_value_dollars=_centicents(market.settlement_value_centicents),
        yes_bid=market.yes_bid,
        yes_bid_dollars=market.yes_bid_dollars,
        yes_ask=market.yes_ask,
        yes_ask_dollars=market.yes_ask_dollars,
        last_price=market.last_price,
        last_price_dollars=market.last_price_dollars,
        previous_price=market.previous_day_price,
        previous_price_dollars=market.previous_day_price_dollars,
        volume=market.volume,
        volume_fp=market.volume_fp,
        open_interest=market.open_interest,
        open_interest_fp=market.open_interest_fp,
        liquidity=market.liquidity,
        rules_primary=filled_in(event.underlying or "", variables),
        rules_secondary=filled_in(event.settle_details or "", variables),
    )


def filled_in(template: str, variables: dict[str, Text]) -> str:
    """``template`` with each ``|| Name ||`` replaced by the variable of that name; an unknown one stays as it is.

    This is how Kalshi makes the rules that v2 shows: filled in, the template of KXELONMARS-99 is its ``rules_primary``.
    """

    def value(found: re.Match[str]) -> str:
        stated = text(variables.get(found.group(1).strip()))
        return found.group(0) if stated is None else stated

    return _VARIABLE.sub(value, template).strip()


def _centicents(value: Number) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(value) / CENTICENTS_PER_DOLLAR
    except ValueError:
        raise ParseError("bad_number", f"settlement_value_centicents: expected a number, found {value!r}") from None
