"""Five categories over the tags of two venues, and which tags a reader should see.

A category is a tag at Polymarket and a category name at Kalshi. Both are turned into slugs and looked up in one
declared table; a tag that is not in it says nothing, and a market whose tags all say nothing has no category. Names of
countries, people and clubs are left out on purpose: an Ireland tag stands on Eurovision and on elections alike.

No text of a question is read here: guessing a category from words is not a lookup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

CATEGORIES: Final = ("politics", "world", "sports", "crypto", "finance")
"""Every category there is."""

PRECEDENCE: Final = ("crypto", "sports", "finance", "politics", "world")
"""Which category wins when a market's tags name several: the narrower one.

Politics and world are put on anything that a government or a foreign country touches ("Will Congress pass the crypto
bill?", the World Cup, a rate decision), whereas crypto, sports and finance name what the answer is read off.
"""

_TAGS_BY_CATEGORY: Final[dict[str, tuple[str, ...]]] = {
    "politics": (
        "politics", "us-politics", "uspolitics", "elections", "election", "us-election", "us-elections",
        "us-presidential-election", "presidential-election", "global-elections", "world-elections", "2024-election",
        "2024-presidential-election", "primaries", "midterms", "us-midterms", "congress", "senate",
        "supreme-court", "scotus", "trump", "trump-presidency", "trump-agenda", "donald-trump", "biden", "joe-biden",
        "potus", "white-house", "us-government", "us-presidency", "republicans", "republican-party", "democrats",
        "democratic-party", "governors", "mayoral-elections", "first-100-days", "cabinet", "government-shutdown",
        "usa-election", "presidency", "attorney-general",
    ),
    "world": (
        "world", "world-affairs", "geopolitics", "global-politics", "foreign-policy", "international-relations",
        "middle-east", "ukraine-war", "russia-ukraine-war", "israel-hamas-war", "war", "military", "nuclear-weapons",
        "nato", "united-nations", "global-security", "trade-war", "climate-and-weather", "climate-change", "climate",
        "weather", "natural-disasters", "hurricanes", "earthquakes", "daily-temperature", "precipitation",
    ),
    "sports": (
        "sports", "nba", "nfl", "mlb", "nhl", "wnba", "mls", "ufc", "mma", "boxing", "basketball", "football",
        "american-football", "baseball", "hockey", "soccer", "tennis", "golf", "cricket", "rugby", "chess", "f1",
        "formula-1", "nascar", "olympics", "fifa-world-cup", "world-cup", "champions-league", "epl", "premier-league",
        "la-liga", "serie-a", "bundesliga", "super-bowl", "superbowl", "nfl-playoffs", "nba-finals", "march-madness",
        "ncaa", "ncaab", "cfb", "college-football", "esports", "league-of-legends", "counter-strike-2", "cs2", "dota-2",
        "valorant",
    ),
    "crypto": (
        "crypto", "crypto-prices", "cryptocurrency", "bitcoin", "btc", "ethereum", "eth", "solana", "sol", "xrp",
        "ripple", "dogecoin", "doge", "memecoins", "stablecoins", "defi", "nft", "nfts", "blockchain", "token-launch",
        "token-launches", "airdrops", "fdv", "opensea", "ftx", "hyperliquid", "microstrategy",
    ),
    "finance": (
        "finance", "financials", "business", "companies", "economy", "economics", "macro", "macro-economics",
        "economic-policy", "fed", "fed-rates", "federal-reserve", "interest-rates", "monetary-policy", "inflation",
        "cpi", "gdp", "jobs-report", "unemployment", "stocks", "equities", "indices", "indicies", "sp-500", "spx",
        "nasdaq", "earnings", "ipos", "ipo", "big-tech", "commodities", "oil", "gold", "forex", "treasuries",
        "derivatives",
    ),
}  # fmt: skip

CATEGORY_BY_TAG: Final[dict[str, str]] = {
    slug: category for category, slugs in _TAGS_BY_CATEGORY.items() for slug in slugs
}
"""The declared table: slug of a tag -> category."""

HOUSEKEEPING_TAGS: Final = frozenset(
    {"all", "hide-from-new", "recurring", "featured", "multi-strikes", "parlays", "breaking-news", "games", "other",
     "carousel", "homepage", "trending", "new"}
)  # fmt: skip
"""Tags that steer the venue's own pages and say nothing of the question."""

_HOUSEKEEPING_FORMS: Final = re.compile(r"rewards-\d.*|earn-\d.*|level-\d+")
"""Reward programmes (``rewards-20-4pt5-50``, ``Earn 4%``) and limits of the exchange (``Level 4``)."""

_INSIDE_A_WORD: Final = re.compile(r"(?<=\w)['\u2019](?=\w)|(?<=[a-z])\.(?![0-9])")
_NOT_A_WORD: Final = re.compile(r"[^\w]+|_+")


@lru_cache(maxsize=4096)
def tag_slug(tag: str) -> str:
    """``tag`` (a slug or a label) as a slug: ``"U.S. Politics"`` -> ``"us-politics"``; empty when no word is in it.

    Letters of every script are kept, so that a Chinese tag is not lost.
    """
    text = unicodedata.normalize("NFKC", tag).casefold()
    return _NOT_A_WORD.sub("-", _INSIDE_A_WORD.sub("", text)).strip("-")


def is_housekeeping(slug: str) -> bool:
    """Whether the tag with this slug steers the venue's own pages rather than describing the question."""
    return not slug or slug in HOUSEKEEPING_TAGS or _HOUSEKEEPING_FORMS.fullmatch(slug) is not None


def visible_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Slugs of ``tags`` without the housekeeping ones and without repeats, in the venue's order."""
    slugs = (tag_slug(tag) for tag in tags)
    return tuple(dict.fromkeys(slug for slug in slugs if not is_housekeeping(slug)))


def categorise(tags: Sequence[str]) -> str | None:
    """The category that ``tags`` (slugs or labels, or a Kalshi category) name; see ``PRECEDENCE`` for several.

    Returns:
        One of ``CATEGORIES``, or ``None`` when no tag is in the table.
    """
    named = {CATEGORY_BY_TAG.get(tag_slug(tag)) for tag in tags}
    return next((category for category in PRECEDENCE if category in named), None)
