"""Which asset's price a question is about, by the symbol under which its bars are stored.

Conservative: only wordings in which the asset itself is the subject and its price what is asked. A company that buys a
coin, a ratio of two, a coin with a longer name, a share of a market: ``None``. A wrong past is worse than none.
"""

from __future__ import annotations

import re
from typing import Final

from edgeworth.markets.market import Event, Market

_NAMES: Final = {
    "BTC": ("bitcoin", "btc"),
    "ETH": ("ethereum", "ether", "eth"),
    "SOL": ("solana", "sol"),
    "XRP": ("xrp",),
    "BNB": ("bnb",),
    # "DOGE" alone is an office of the United States as often as a coin, "Avalanche" a hockey team.
    "DOGE": ("dogecoin",),
    "ADA": ("cardano",),
    "LTC": ("litecoin",),
    "AVAX": ("avax",),
    "LINK": ("chainlink",),
    "HYPE": ("hyperliquid",),
}
_SYMBOLS: Final = {name: symbol for symbol, names in _NAMES.items() for name in names}
_ANY: Final = "|".join(sorted(map(re.escape, _SYMBOLS), key=len, reverse=True))

_MONEY: Final = (
    r"\$\s?\d[\d,.]*\s?(?:k|m|b)?\b|\d[\d,.]*\s?(?:k|m)?\b(?!\s?(?:%|percent|gwei|days?|weeks?|months?|years?|times?))"
)
_LEVEL: Final = (
    r"(?:reach|hit|touch|top|exceed|surpass|rise to|climb to|surge to|(?:break|cross)(?: above| below)?|"
    r"(?:dip|fall|drop|go|rise|climb|crash|sink|trade|close|finish|end|settle|stay|be|open)? ?"
    r"(?:to|above|over|below|under|at or above|at or below|between|(?:higher|lower|greater|less|more) than))"
)
_ASSET: Final = rf"\$?(?P<asset>{_ANY})(?:\s?\((?P<symbol>[a-z]{{2,5}})\))?(?:['\u2019]s)?(?: price)?"
_QUESTIONS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:will )?(?:the )?(?:price of )?{_ASSET} {_LEVEL} (?:{_MONEY})",
        rf"^(?:will )?(?:the )?(?:price of )?{_ASSET} (?:{_MONEY}) (?:in|by|on|before)\b",
        rf"^(?:will )?(?:the )?(?:price of )?{_ASSET} (?:reach |hit |make |set )?(?:a )?(?:new )?all[- ]time high\b",
        rf"^{_ASSET} up or down\b",
    )
)
_FOREIGN: Final = re.compile(
    r"[\u20ac\u00a3\u00a5]|\b(?:eur|gbp|jpy|dominance|ratio|hash ?rate|gas|fees?|etf|market cap|marketcap|fdv|supply|"
    r"volume|tvl|holdings?|reserves?|shares?|inflows?|staking|yield|mentions?|followers|futures|premium|options?)\b",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(
    r"\bbefore\b(?!\s+(?:the end of\s+)?(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|20\d\d|q[1-4]|\d|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|midnight|noon|year))",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(rf"(?<![a-z0-9])(?:{_ANY})(?![a-z0-9])", re.IGNORECASE)


def spot_asset(market: Market, event: Event | None) -> str | None:
    """Under which name the past of the quantity that ``market`` asks about is stored, if it is stored.

    Of an invented market it is the event: each has a quantity of its own, whatever real name it bears.
    """
    if market.venue.is_synthetic:
        return market.event_id
    return asset_of(market.question, "" if event is None else event.title, market.rules)


def asset_of(question: str, event_title: str, rules: str) -> str | None:
    """The symbol of the one asset whose price ``question`` asks about, or ``None``.

    Args:
        question: Decides.
        event_title: Must not name another asset.
        rules: Must name the asset, where there are any.
    """
    text = " ".join(question.split())
    found = next((match for pattern in _QUESTIONS if (match := pattern.search(text))), None)
    if found is None or _FOREIGN.search(text) or _BEFORE.search(text):
        return None
    symbol = _SYMBOLS[found["asset"].lower()]
    if (found["symbol"] or symbol).upper() != symbol:
        return None
    named = named_assets(text) | named_assets(event_title)
    if named != {symbol} or (rules and symbol not in named_assets(rules)):
        return None
    return symbol


def named_assets(text: str) -> set[str]:
    """Symbols of all assets that ``text`` names."""
    return {_SYMBOLS[match[0].lower()] for match in _WORDS.finditer(text)}
