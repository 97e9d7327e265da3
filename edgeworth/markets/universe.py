"""Choosing markets, and saying of every other one why it was left out.

Pure and one pass: markets come in one after the other, only as many as are asked for are held, and each of the rest
leaves an ``Exclusion``. The choice does not depend on the order in which the markets come. What is chosen *for* never
enters here, nor does any wall clock: the instant of the decision is an argument, and nothing seen after it is used.

Two venues in one ranking: Polymarket states volume in dollars, Kalshi in contracts. The two sides of a contract put up
one dollar together, so a side puts up half a dollar on average, whatever the price; Kalshi's own ``dollar_volume`` is
half of ``volume`` in each of the 548 markets recorded from its v1 API on 2026-02-13. A contract therefore counts as
``CONTRACT_USD``. Valuing it at the present price instead would rank a market by how it is about to end.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.markets.categories import CATEGORIES
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS

CONTRACT_USD: Final = 0.5
"""Dollars that one Kalshi contract counts for in a ranking by volume."""

LEAST_OUTCOMES: Final = 2
"""Of a market that asks something."""

COMBO_PREFIX: Final = "KXMVE"
"""Kalshi tickers of machine-made multi-leg markets begin so."""


class UniverseMode(StrEnum):
    """By what the markets are ranked, or that they are named."""

    TOP_VOLUME = "top_volume"
    """Dollars traded since the market began."""
    TRENDING = "trending"
    """Dollars traded in the last 24 hours."""
    BREAKING = "breaking"
    """Size of the price change over the last 24 hours, up or down."""
    CATEGORY = "category"
    """Dollars traded since the market began, within one category."""
    CUSTOM = "custom"
    """Named one by one; kept in that order, whatever their number and volume."""


class UniverseRule(Struct, frozen=True, kw_only=True):
    """What is wanted.

    Attributes:
        count: How many markets at most; not used by ``custom``.
        category: Only markets of this category. ``category`` mode needs it, every mode but ``custom`` may have it.
        picks: For ``custom``: market ids (``kalshi:KXFED-26``), the venue's own ids, or slugs.
        volume_floor_usd: Fewer dollars traded leave a market out; not used by ``custom``.
        is_open_only: Only markets that can be traded.
        min_time_to_close: Planned close at least so long after the instant of choosing; zero leaves out what is past
            its planned close though still open; ``None`` does not look. A market without a planned close passes only
            when no time is asked for.
        include_combos: Also Kalshi's machine-made multi-leg markets; a combo that is picked by name always passes.
        venues: Only markets of these; empty means all.
    """

    mode: UniverseMode
    count: int = 10
    category: str | None = None
    picks: tuple[str, ...] = ()
    volume_floor_usd: float = 10_000.0
    is_open_only: bool = True
    min_time_to_close: timedelta | None = timedelta(0)
    include_combos: bool = False
    venues: tuple[Venue, ...] = ()


class ExclusionCode(StrEnum):
    """Why a market was left out, as a stable word to count by."""

    SEEN_LATER = "seen_later"
    OTHER_VENUE = "other_venue"
    NOT_OPEN = "not_open"
    CLOSES_TOO_SOON = "closes_too_soon"
    CLOSE_UNKNOWN = "close_unknown"
    COMBO = "combo"
    OTHER_CATEGORY = "other_category"
    VOLUME_UNKNOWN = "volume_unknown"
    BELOW_FLOOR = "below_floor"
    RANK_UNKNOWN = "rank_unknown"
    DID_NOT_MOVE = "did_not_move"
    BEYOND_COUNT = "beyond_count"
    DUPLICATE = "duplicate"
    NOT_PICKED = "not_picked"
    NOT_IN_CATALOGUE = "not_in_catalogue"
    AMBIGUOUS = "ambiguous"
    TOO_FEW_OUTCOMES = "too_few_outcomes"


class Exclusion(Struct, frozen=True, kw_only=True):
    """A market that was not chosen, and why.

    Attributes:
        market_id: The market, or the pick itself when no market has it.
        reason: A sentence for a person: what was expected, what was found.
    """

    market_id: str
    reason_code: ExclusionCode
    reason: str


class Selection(Struct, frozen=True, kw_only=True):
    """A universe: what was chosen by ``rule`` at ``as_of``, best first, and everything that was not.

    Every record that was looked at stands in exactly one of the two.
    """

    rule: UniverseRule
    as_of: datetime
    chosen: tuple[Market, ...]
    excluded: tuple[Exclusion, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """How many were left out, by reason code."""
        return dict(sorted(Counter(exclusion.reason_code.value for exclusion in self.excluded).items()))


def with_full(selection: Selection, full: Mapping[str, Market]) -> Selection:
    """``selection`` with its markets as in ``full``, by id, where they were chosen by outlines without outcomes.

    A market that has fewer than two outcomes is no question: it is left out like any other, with its reason.
    """
    chosen: list[Market] = []
    excluded = list(selection.excluded)
    for outline in selection.chosen:
        market = full.get(outline.market_id, outline)
        if len(market.outcomes) < LEAST_OUTCOMES:
            reason = f"expected at least two outcomes, found {len(market.outcomes)}"
            excluded.append(_left_out(market, ExclusionCode.TOO_FEW_OUTCOMES, reason))
        else:
            chosen.append(market)
    return _selection(selection.rule, selection.as_of, chosen, excluded)


def volume_usd(market: Market) -> float | None:
    """Dollars traded since the market began, a contract at ``CONTRACT_USD``; ``None`` when the venue does not say."""
    return _dollars(market.volume_usd, market.volume_shares)


def volume_24h_usd(market: Market) -> float | None:
    """Dollars traded in the last 24 hours, a contract at ``CONTRACT_USD``; ``None`` when the venue does not say."""
    return _dollars(market.volume_24h_usd, market.volume_24h_shares)


def select_universe(markets: Iterable[Market], rule: UniverseRule, as_of: datetime) -> Selection:
    """Choose from ``markets`` by ``rule``, knowing only what had been seen at ``as_of``.

    Equal ranks go to the larger total volume, then to the smaller market id. A pick that is unknown or that names
    several markets is an exclusion, not an error: the other picks stand.

    Raises:
        ConfigurationError: The rule contradicts itself.
    """
    check_rule(rule, as_of)
    if rule.mode is UniverseMode.CUSTOM:
        return _select_picks(markets, rule, as_of)
    ranked: list[_Ranked] = []
    excluded: list[Exclusion] = []
    seen: set[str] = set()
    for market in markets:
        found = _duplicate(market, seen) or _unfit(market, rule, as_of) or _rank(market, rule)
        if isinstance(found, Exclusion):
            excluded.append(found)
            continue
        insort(ranked, found)
        if len(ranked) > rule.count:
            excluded.append(_beyond_count(ranked.pop().market, rule))
    return _selection(rule, as_of, [entry.market for entry in ranked], excluded)


def check_rule(rule: UniverseRule, as_of: datetime) -> None:
    """Refuse a rule that contradicts itself.

    Raises:
        ConfigurationError: Says what was expected and what was found.
    """
    is_custom = rule.mode is UniverseMode.CUSTOM
    if as_of.tzinfo is None:
        raise ConfigurationError(f"expected an instant with a time zone, found {as_of.isoformat()}")
    if rule.count < 1:
        raise ConfigurationError(f"expected a count of at least 1, found {rule.count}")
    if not (math.isfinite(rule.volume_floor_usd) and rule.volume_floor_usd >= 0):
        raise ConfigurationError(f"expected a volume floor of zero or more dollars, found {rule.volume_floor_usd}")
    if rule.category is not None and rule.category not in CATEGORIES:
        raise ConfigurationError(f"expected a category out of {', '.join(CATEGORIES)}, found {rule.category!r}")
    if rule.mode is UniverseMode.CATEGORY and rule.category is None:
        raise ConfigurationError(f"expected a category out of {', '.join(CATEGORIES)}, found none")
    if is_custom and (rule.category is not None or not rule.picks or not all(rule.picks)):
        raise ConfigurationError("expected market ids or slugs, none empty, and no category for a custom universe")
    if not is_custom and rule.picks:
        raise ConfigurationError(f"expected no picks for a universe by {rule.mode.value}, found {len(rule.picks)}")


class _Ranked(NamedTuple):
    """Sorts best first. ``market_id`` differs always, so that two markets are never compared."""

    minus_value: float
    minus_volume: float
    market_id: str
    market: Market


def _rank(market: Market, rule: UniverseRule) -> _Ranked | Exclusion:
    volume = volume_usd(market)
    if volume is None:
        return _left_out(market, ExclusionCode.VOLUME_UNKNOWN, "expected a traded volume, but the venue states none")
    if volume < rule.volume_floor_usd:
        reason = f"expected at least ${rule.volume_floor_usd:,.0f} traded, found ${volume:,.2f}"
        return _left_out(market, ExclusionCode.BELOW_FLOOR, reason)
    value, what = _rank_value(market, rule.mode, volume)
    if value is None:
        return _left_out(market, ExclusionCode.RANK_UNKNOWN, f"expected {what}, but the venue states none")
    if value == 0 and rule.mode in {UniverseMode.TRENDING, UniverseMode.BREAKING}:
        return _left_out(market, ExclusionCode.DID_NOT_MOVE, f"expected {what}, found zero")
    return _Ranked(-value, -volume, market.market_id, market)


def _rank_value(market: Market, mode: UniverseMode, volume: float) -> tuple[float | None, str]:
    """What ``mode`` ranks by, and its name."""
    if mode is UniverseMode.TRENDING:
        return volume_24h_usd(market), "a volume over 24 hours"
    if mode is UniverseMode.BREAKING:
        change = market.price_change_24h
        return None if change is None else abs(change) / MICROS, "a price change over 24 hours"
    return volume, "a traded volume"


def _unfit(market: Market, rule: UniverseRule, as_of: datetime) -> Exclusion | None:
    """Why ``market`` cannot be ranked at all, if it cannot."""
    if rule.venues and market.venue not in rule.venues:
        names = ", ".join(venue.value for venue in rule.venues)
        return _left_out(market, ExclusionCode.OTHER_VENUE, f"expected a market of {names}, found {market.venue.value}")
    if market.venue.exchange is Venue.KALSHI and market.native_id.startswith(COMBO_PREFIX) and not rule.include_combos:
        return _left_out(market, ExclusionCode.COMBO, "a machine-made combination of several markets")
    if rule.category is not None and market.category != rule.category:
        found = market.category or "none of the five"
        return _left_out(market, ExclusionCode.OTHER_CATEGORY, f"expected the category {rule.category}, found {found}")
    return _unusable(market, rule, as_of)


def _unusable(market: Market, rule: UniverseRule, as_of: datetime) -> Exclusion | None:
    """Why ``market`` cannot be used at ``as_of``, however it was found."""
    if market.as_of > as_of:
        reason = f"expected a record seen by {as_of.isoformat()}, found one of {market.as_of.isoformat()}"
        return _left_out(market, ExclusionCode.SEEN_LATER, reason)
    if rule.is_open_only and market.status is not MarketStatus.OPEN:
        reason = f"expected an open market, found one that is {market.status.value}"
        return _left_out(market, ExclusionCode.NOT_OPEN, reason)
    if rule.min_time_to_close is None:
        return None
    return _closes_too_soon(market, rule.min_time_to_close, as_of)


def _closes_too_soon(market: Market, needed: timedelta, as_of: datetime) -> Exclusion | None:
    if market.closes_at is None:
        if not needed:
            return None
        return _left_out(market, ExclusionCode.CLOSE_UNKNOWN, "expected a planned close, but the venue states none")
    if market.closes_at - as_of <= needed:
        reason = f"expected a close more than {needed} after {as_of.isoformat()}, found {market.closes_at.isoformat()}"
        return _left_out(market, ExclusionCode.CLOSES_TOO_SOON, reason)
    return None


def _duplicate(market: Market, seen: set[str]) -> Exclusion | None:
    if market.market_id in seen:
        return _left_out(market, ExclusionCode.DUPLICATE, "the same market came up before; the first record counts")
    seen.add(market.market_id)
    return None


def _beyond_count(market: Market, rule: UniverseRule) -> Exclusion:
    reason = f"{rule.count} markets rank higher by {rule.mode.value}"
    return _left_out(market, ExclusionCode.BEYOND_COUNT, reason)


def _select_picks(markets: Iterable[Market], rule: UniverseRule, as_of: datetime) -> Selection:
    """The markets that ``rule.picks`` name; a market named twice is chosen once."""
    found: dict[str, list[Market]] = {pick: [] for pick in rule.picks}
    excluded: list[Exclusion] = []
    seen: set[str] = set()
    for market in markets:
        if duplicate := _duplicate(market, seen):
            excluded.append(duplicate)
            continue
        names = {name for name in (market.market_id, market.native_id, market.slug or "") if name in found}
        for name in names:
            found[name].append(market)
        if not names:
            excluded.append(_left_out(market, ExclusionCode.NOT_PICKED, "it was not asked for"))
    chosen: dict[str, Market] = {}
    refused: dict[str, Exclusion] = {}
    for pick, candidates in found.items():
        if len(candidates) == 1:
            _take_pick(candidates[0], rule, as_of, chosen, refused)
        else:
            _refuse_pick(pick, candidates, refused)
    excluded.extend(exclusion for name, exclusion in refused.items() if name not in chosen)
    return _selection(rule, as_of, list(chosen.values()), excluded)


def _take_pick(
    market: Market, rule: UniverseRule, as_of: datetime, chosen: dict[str, Market], refused: dict[str, Exclusion]
) -> None:
    exclusion = _unusable(market, rule, as_of)
    if exclusion is None:
        chosen[market.market_id] = market
    else:
        refused[market.market_id] = exclusion


def _refuse_pick(pick: str, candidates: list[Market], refused: dict[str, Exclusion]) -> None:
    """``pick`` names no market or several; each of several is left out unless another pick names it alone."""
    if not candidates:
        reason = "no market in the catalogue has this id or slug"
        refused[pick] = Exclusion(market_id=pick, reason_code=ExclusionCode.NOT_IN_CATALOGUE, reason=reason)
    names = ", ".join(sorted(market.market_id for market in candidates))
    for market in candidates:
        reason = f"{pick!r} names several markets ({names}); name it by its market id"
        refused.setdefault(market.market_id, _left_out(market, ExclusionCode.AMBIGUOUS, reason))


def _selection(rule: UniverseRule, as_of: datetime, chosen: list[Market], excluded: list[Exclusion]) -> Selection:
    """Exclusions are sorted, so that the order of the input leaves no trace."""
    excluded.sort(key=lambda exclusion: (exclusion.market_id, exclusion.reason_code))
    return Selection(rule=rule, as_of=as_of, chosen=tuple(chosen), excluded=tuple(excluded))


def _left_out(market: Market, code: ExclusionCode, reason: str) -> Exclusion:
    return Exclusion(market_id=market.market_id, reason_code=code, reason=reason)


def _dollars(dollars: float | None, contracts: float | None) -> float | None:
    """Dollars as stated, else contracts at ``CONTRACT_USD``; what is not a finite number is not stated."""
    if dollars is not None and math.isfinite(dollars):
        return dollars
    if contracts is not None and math.isfinite(contracts):
        return contracts * CONTRACT_USD
    return None
