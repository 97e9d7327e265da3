"""Families of events: the words of each kind of question, in the manner of both exchanges.

A family says what is asked and under which tags; it knows no probability, no price and no identifier. ``{...}`` fields
are filled by ``texts``: ``subject``, ``object``, ``place`` (the event's own), ``date`` (its deadline) and ``label``
(the market's own outcome, level or deadline).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Kind(StrEnum):
    """The shapes an event can have."""

    SINGLE = "single"
    GROUP = "group"
    LEVELS = "levels"
    DEADLINES = "deadlines"
    GAME = "game"


class Family(Struct, frozen=True, kw_only=True):
    """One kind of question.

    Attributes:
        series: Kalshi's series ticker.
        category: One of the five categories; ``kalshi_category`` is Kalshi's own word for it.
        tags: Gamma tags as (label, slug), the most general first.
        title: Of the event. question, opposite: Of a market at Polymarket, and its negation.
        kalshi_title, kalshi_question, kalshi_opposite: The same in Kalshi's manner.
        rule: What decides, without the clauses that every market has.
        source: Who publishes the answer.
        unit: Words after a level (``"°F"``), where levels are asked.
    """

    series: str
    kind: Kind
    category: str
    kalshi_category: str
    tags: tuple[tuple[str, str], ...]
    title: str
    question: str
    kalshi_title: str
    kalshi_question: str
    rule: str
    source: str
    opposite: str = ""
    kalshi_opposite: str = ""
    unit: str = ""


_POLITICS: Final = (("Politics", "politics"), ("World Elections", "world-elections"))
_WORLD: Final = (("World", "world"), ("Geopolitics", "geopolitics"))
_SPORTS: Final = (("Sports", "sports"), ("Games", "games"))
_CRYPTO: Final = (("Crypto", "crypto"), ("Crypto Prices", "crypto-prices"))
_FINANCE: Final = (("Finance", "finance"), ("Economy", "economy"))

FAMILIES: Final[tuple[Family, ...]] = (
    Family(
        series="KXCONFIRM",
        kind=Kind.SINGLE,
        category="politics",
        kalshi_category="Politics",
        tags=_POLITICS,
        title="Will {subject} be confirmed as {object} of {place} by {date}?",
        question="Will {subject} be confirmed as {object} of {place} by {date}?",
        opposite="Will {place} be without {subject} as confirmed {object} on {date}?",
        kalshi_title="{subject} confirmed as {place} {object}?",
        kalshi_question="Will the legislature of {place} confirm {subject} as {object} before the end of {date}?",
        kalshi_opposite="Will the legislature of {place} fail to confirm {subject} as {object} before {date} ends?",
        rule="the legislature of {place} votes to confirm {subject} as {object}",
        source="Official Gazette",
    ),
    Family(
        series="KXCEASEFIRE",
        kind=Kind.SINGLE,
        category="world",
        kalshi_category="World",
        tags=_WORLD,
        title="{place} x {object} ceasefire by {date}?",
        question="{place} x {object} ceasefire by {date}?",
        opposite="No ceasefire between {place} and {object} through {date}?",
        kalshi_title="Ceasefire between {place} and {object}?",
        kalshi_question="Will {place} and {object} announce a ceasefire on or before {date}?",
        kalshi_opposite="Will {place} and {object} still be without a ceasefire after {date}?",
        rule="the governments of {place} and {object} both announce a mutually agreed halt to military engagement",
        source="Meridian Wire",
    ),
    Family(
        series="KXCUPWIN",
        kind=Kind.SINGLE,
        category="sports",
        kalshi_category="Sports",
        tags=(("Sports", "sports"), ("Tennis", "tennis")),
        title="Will {subject} win the {object}?",
        question="Will {subject} win the {object} on {date}?",
        opposite="Will anyone but {subject} win the {object} on {date}?",
        kalshi_title="{object} winner: {subject}?",
        kalshi_question="Will {subject} win the {object} final on {date}?",
        kalshi_opposite="Will {subject} not win the {object} final on {date}?",
        rule="{subject} is declared winner of the {object}",
        source="Tournament organiser",
    ),
    Family(
        series="KXTOKEN",
        kind=Kind.SINGLE,
        category="crypto",
        kalshi_category="Crypto",
        tags=(("Crypto", "crypto"), ("Airdrops", "airdrops")),
        title="Will {subject} launch a token by {date}?",
        question="Will {subject} launch a token by {date}?",
        opposite="Will {subject} have no token on {date}?",
        kalshi_title="{subject} token launch?",
        kalshi_question="Will {subject} issue a freely transferable token by {date}?",
        kalshi_opposite="Will {subject} still have issued no transferable token by {date}?",
        rule="{subject} issues a freely transferable token on a public chain",
        source="Project announcement",
    ),
    Family(
        series="KXMERGER",
        kind=Kind.SINGLE,
        category="finance",
        kalshi_category="Companies",
        tags=(("Finance", "finance"), ("Business", "business")),
        title="Will {subject} close its acquisition of {object} by {date}?",
        question="Will {subject} close its acquisition of {object} by {date}?",
        opposite="Will {object} remain independent of {subject} through {date}?",
        kalshi_title="{subject} acquires {object}?",
        kalshi_question="Will {subject}'s purchase of {object} be completed by {date}?",
        kalshi_opposite="Will {subject}'s purchase of {object} be incomplete after {date}?",
        rule="{subject} completes the purchase of a majority of the shares of {object}",
        source="Company filings",
    ),
    Family(
        series="KXPRES",
        kind=Kind.GROUP,
        category="politics",
        kalshi_category="Elections",
        tags=(*_POLITICS, ("Elections", "elections")),
        title="{place} Presidential Election Winner",
        question="Will {label} win the next {place} presidential election?",
        kalshi_title="Who will win the {place} presidential election?",
        kalshi_question="Will {label} be the next President of {place}?",
        rule="{label} wins the presidential election in {place}",
        source="National Electoral Commission",
    ),
    Family(
        series="KXHOST",
        kind=Kind.GROUP,
        category="world",
        kalshi_category="World",
        tags=_WORLD,
        title="Where will the next summit of {object} be held?",
        question="Will the next summit of {object} be held in {label}?",
        kalshi_title="Host of the next summit of {object}?",
        kalshi_question="Will {label} host the next summit of {object}?",
        rule="the next summit of {object} is officially awarded to {label}",
        source="Summit secretariat",
    ),
    Family(
        series="KXCHAMP",
        kind=Kind.GROUP,
        category="sports",
        kalshi_category="Sports",
        tags=(("Sports", "sports"),),
        title="{object} Champion",
        question="Will the {label} win the {object}?",
        kalshi_title="{object} champion?",
        kalshi_question="Will {label} be champions of the {object}?",
        rule="the {label} win the {object}",
        source="League office",
    ),
    Family(
        series="KXTVL",
        kind=Kind.GROUP,
        category="crypto",
        kalshi_category="Crypto",
        tags=(("Crypto", "crypto"), ("DeFi", "defi")),
        title="Largest {object} chain by TVL on {date}?",
        question="Will {label} have the largest TVL of the {object} chains on {date}?",
        kalshi_title="Top {object} chain by value locked",
        kalshi_question="Will {label} rank first of the {object} chains by total value locked on {date}?",
        rule="{label} ranks first by total value locked among the {object} chains",
        source="Chain statistics board",
    ),
    Family(
        series="KXRATE",
        kind=Kind.GROUP,
        category="finance",
        kalshi_category="Economics",
        tags=(("Finance", "finance"), ("Interest Rates", "interest-rates")),
        title="Bank of {place} decision in {date}?",
        question='Will the Bank of {place} decide "{label}" at its meeting before {date}?',
        kalshi_title="Bank of {place} rate decision",
        kalshi_question="Will the Bank of {place} announce: {label}?",
        rule='the rate decision of the Bank of {place} corresponds to "{label}"',
        source="Bank of {place}",
    ),
    Family(
        series="KXSEATS",
        kind=Kind.LEVELS,
        category="politics",
        kalshi_category="Politics",
        tags=_POLITICS,
        title="How many seats will the {subject} win in {place}?",
        question="Will the {subject} win more than {label} seats in {place}?",
        opposite="Will the {subject} win {label} seats or fewer in {place}?",
        kalshi_title="{subject} seats in {place}",
        kalshi_question="Will the {subject} hold above {label} seats in {place} after the count?",
        kalshi_opposite="Will the {subject} hold at most {label} seats in {place} after the count?",
        rule="the {subject} win more than {label} seats in the parliament of {place}",
        source="National Electoral Commission",
        unit=" seats",
    ),
    Family(
        series="KXHIGHTEMP",
        kind=Kind.LEVELS,
        category="world",
        kalshi_category="Climate and Weather",
        tags=(("Weather", "weather"), ("Daily Temperature", "daily-temperature")),
        title="Highest temperature in {place} on {date}?",
        question="Will the highest temperature in {place} be above {label}°F on {date}?",
        opposite="Will the highest temperature in {place} be {label}°F or lower on {date}?",
        kalshi_title="Highest temperature in {place}",
        kalshi_question="Will the maximum temperature in {place} exceed {label}°F on {date}?",
        kalshi_opposite="Will the maximum temperature in {place} stay at or below {label}°F on {date}?",
        rule="the highest temperature recorded in {place} is above {label}°F",
        source="National Weather Service, {place} station",
        unit="°F",
    ),
    Family(
        series="KXCOIND",
        kind=Kind.LEVELS,
        category="crypto",
        kalshi_category="Crypto",
        tags=_CRYPTO,
        title="{subject} above ___ on {date}?",
        question="Will the price of {subject} be above ${label} on {date}?",
        opposite="Will the price of {subject} be ${label} or less on {date}?",
        kalshi_title="{subject} price on {date}",
        kalshi_question="{subject} price above ${label} at noon ET on {date}?",
        kalshi_opposite="{subject} price at or below ${label} at noon ET on {date}?",
        rule="the one-minute candle of {subject}/USD at 12:00 ET closes above ${label}",
        source="Reference rate feed",
        unit="",
    ),
    Family(
        series="KXINDEX",
        kind=Kind.LEVELS,
        category="finance",
        kalshi_category="Financials",
        tags=_FINANCE,
        title="{subject} close above ___ on {date}?",
        question="Will {subject} close above {label} on {date}?",
        opposite="Will {subject} close at {label} or lower on {date}?",
        kalshi_title="{subject} close on {date}",
        kalshi_question="Will {subject} finish {date} higher than {label}?",
        kalshi_opposite="Will {subject} finish {date} no higher than {label}?",
        rule="the official close of {subject} is above {label}",
        source="Exchange closing auction",
    ),
    Family(
        series="KXOUT",
        kind=Kind.DEADLINES,
        category="politics",
        kalshi_category="Politics",
        tags=_POLITICS,
        title="{subject} out as {object} of {place} by...?",
        question="{subject} out as {object} of {place} by {label}?",
        kalshi_title="When will {subject} leave office?",
        kalshi_question="Will {subject} cease to be {object} of {place} before the end of {label}?",
        rule="{subject} ceases to be {object} of {place} for any length of time",
        source="Official Gazette",
    ),
    Family(
        series="KXJOIN",
        kind=Kind.DEADLINES,
        category="world",
        kalshi_category="World",
        tags=_WORLD,
        title="Will {place} join {object} by...?",
        question="Will {place} join {object} by {label}?",
        kalshi_title="{place} accession to {object}",
        kalshi_question="Will {place} become a member of {object} by {label}?",
        rule="{place} deposits its instrument of accession to {object}",
        source="Treaty depositary",
    ),
    Family(
        series="KXMAINNET",
        kind=Kind.DEADLINES,
        category="crypto",
        kalshi_category="Crypto",
        tags=(("Crypto", "crypto"), ("Blockchain", "blockchain")),
        title="{subject} mainnet launch by...?",
        question="Will {subject} launch its mainnet by {label}?",
        kalshi_title="{subject} mainnet date",
        kalshi_question="Will {subject}'s main network be live on or before {label}?",
        rule="the main network of {subject} produces a public block",
        source="Block explorer",
    ),
    Family(
        series="KXIPO",
        kind=Kind.DEADLINES,
        category="finance",
        kalshi_category="Companies",
        tags=(("Finance", "finance"), ("IPOs", "ipos")),
        title="{subject} IPO by...?",
        question="Will {subject} IPO by {label}?",
        kalshi_title="When will {subject} go public?",
        kalshi_question="Will shares of {subject} trade on a public exchange by {label}?",
        rule="shares of {subject} trade on a public stock exchange",
        source="Exchange notices",
    ),
    Family(
        series="KXGAME",
        kind=Kind.GAME,
        category="sports",
        kalshi_category="Sports",
        tags=_SPORTS,
        title="{subject} vs. {object}",
        question="{subject} vs. {object}",
        kalshi_title="{subject} at {object}",
        kalshi_question="{label} wins",
        rule="{label} wins the game between {subject} and {object}",
        source="Official box score",
    ),
)

FAMILIES_BY_KIND: Final = {kind: tuple(family for family in FAMILIES if family.kind is kind) for kind in Kind}
FAMILY_BY_SERIES: Final = {family.series: family for family in FAMILIES}

HOUSEKEEPING: Final = (
    ("Hide From New", "hide-from-new"),
    ("Recurring", "recurring"),
    ("Rewards 20, 4.5, 50", "rewards-20-4pt5-50"),
    ("All", "all"),
)
"""Tags that steer the exchange's own pages and say nothing of the question."""

RATE_DECISIONS: Final = ("No change", "25 bps decrease", "50+ bps decrease", "25+ bps increase", "Emergency meeting")
"""What a central bank can do; exhaustive."""
