"""Events, markets and tags in the words of Polymarket's Gamma API, with its habits.

Lists travel as JSON inside strings, volumes of markets as text and of events as numbers, keys without a value vanish
(``bestBid`` without bids, ``volume24hr`` without trades, a change of zero), closing times are not ISO 8601. Keys as
recorded in 2026. Pure; no request is read here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec

from edgeworth.adapters.synthetic.books import depth_dollars
from edgeworth.adapters.synthetic.events import Stage, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.families import FAMILIES, HOUSEKEEPING
from edgeworth.adapters.synthetic.identity import gamma_event_id, gamma_market_id
from edgeworth.adapters.synthetic.instants import STEP, gamma_time, iso, iso_fraction
from edgeworth.adapters.synthetic.names import LEAGUES
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.snapshots import Snapshot
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

Payload = dict[str, Any]

FEE_RATES: Final = {"crypto": 0.07, "sports": 0.05, "finance": 0.04, "politics": 0.04}
"""Category -> taker rate; a category that is not here is free."""

_CHANGE_KEYS: Final = ("oneHourPriceChange", "oneDayPriceChange", "oneWeekPriceChange", "oneMonthPriceChange")
_VOLUME_KEYS: Final = ("volume24hr", "volume1wk", "volume1mo")
_RESOLVER: Final = "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7"
_TEXT: Final = msgspec.json.Encoder()


@lru_cache(maxsize=8_192)
def dollars_text(mills: float) -> str:
    """Mills as a decimal string without trailing zeros: 455 -> ``0.455``, 1000 -> ``1``."""
    return f"{mills / MILLS:.4f}".rstrip("0").rstrip(".")


def number(value: float) -> float:
    """``value`` as Gamma's encoder writes it: a whole number comes without a fraction."""
    return int(value) if value == int(value) else value


def json_text(value: object) -> str:
    """JSON with a blank after each comma, as it stands inside Gamma's strings."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join([_TEXT.encode(item).decode() for item in value]) + "]"
    return _TEXT.encode(value).decode()


def gamma_event(world: World, event: SyntheticEvent, *, with_markets: bool = True) -> Payload:
    """One event; ``with_markets=False`` gives the form that is embedded in a market."""
    seen = world.snapshots(event, Venue.SYNTHETIC_POLYMARKET)
    payload = _event_texts(world, event) | _event_state(seen) | _event_numbers(seen)
    if event.is_exclusive:
        payload["negRiskMarketID"] = world.identity.hexadecimal(4, "neg risk", event.index)
    if with_markets:
        payload["markets"] = [gamma_market(world, event, one, with_event=False) for one in seen]
        payload["tags"] = [gamma_tag(label, slug) for label, slug in event.tags]
    return payload


def _event_texts(world: World, event: SyntheticEvent) -> Payload:
    image = f"https://images.synthetic.invalid/{event.index}.png"
    micro = event.key % 1_000_000
    return {
        "id": gamma_event_id(event.index),
        "ticker": event.slug,
        "slug": event.slug,
        "title": event.title,
        "description": event.description,
        "resolutionSource": "",
        "startDate": iso_fraction(event.opens_at, micro),
        "creationDate": iso_fraction(event.created_at, micro),
        "endDate": iso(event.closes_at),
        "image": image,
        "icon": image,
        "archived": False,
        "new": False,
        "featured": event.key % 20 == 0,
        "restricted": True,
        "createdAt": iso_fraction(event.created_at, micro),
        "updatedAt": iso(_updated_at(world, event.created_at)),
        "enableOrderBook": True,
        "negRisk": event.is_exclusive,
        "enableNegRisk": event.is_exclusive,
        "negRiskAugmented": event.is_augmented,
        "commentCount": event.key % 500,
        "cyom": False,
        "showAllOutcomes": True,
        "showMarketImages": False,
        "automaticallyActive": True,
        "gmpChartMode": "default",
        "sortBy": "price",
        "cumulativeMarkets": False,
        "pendingDeployment": False,
        "deploying": False,
        "requiresTranslation": False,
    }


def _updated_at(world: World, created_at: int) -> int:
    return max(world.now // STEP * STEP, created_at)


def _event_state(seen: tuple[Snapshot, ...]) -> Payload:
    closed = bool(seen) and all(is_closed(one) for one in seen)
    state: Payload = {"active": True, "closed": closed}
    if closed:
        state["closedTime"] = iso(max(one.market.ending.resolved_at for one in seen))
    return state


def _event_numbers(seen: tuple[Snapshot, ...]) -> Payload:
    volumes = [number(sum(one.volume_cents[span] for one in seen) / 100) for span in range(4)]
    numbers: Payload = {
        "volume": volumes[0],
        "volume1yr": volumes[0],
        "liquidity": number(round(sum(_liquidity(one) for one in seen), 5)),
        "openInterest": number(round(volumes[0] * 0.1, 2)),
        "competitive": _competitive(seen),
    }
    numbers["liquidityClob"] = numbers["liquidity"]
    numbers |= {key: volume for key, volume in zip(_VOLUME_KEYS, volumes[1:], strict=True) if volume}
    return numbers


def _competitive(seen: tuple[Snapshot, ...]) -> float:
    """Gamma's measure of how open the leading price is: 1 / (1 + (p - 0.5)^2)."""
    prices = [one.shown / MILLS for one in seen if one.shown is not None]
    return max((1.0 / (1.0 + (price - 0.5) ** 2) for price in prices), default=0.0)


def is_closed(seen: Snapshot) -> bool:
    """Gamma's closed flag, which may come before the answer."""
    if seen.stage is Stage.PENDING:
        return seen.market.ending.is_closed_early
    return seen.stage is Stage.RESOLVED


def gamma_market(
    world: World, event: SyntheticEvent, seen: Snapshot, *, with_event: bool = True, with_tags: bool = False
) -> Payload:
    """One market."""
    market = seen.market
    payload = _market_texts(world, event, market)
    payload |= _market_terms(world, event, seen)
    payload |= _market_state(seen)
    payload |= _market_prices(seen)
    payload |= _market_volumes(seen)
    if market.sports_type:
        payload |= _game_keys(market)
    if with_event:
        payload["events"] = [gamma_event(world, event, with_markets=False)]
    if with_tags:
        payload["tags"] = [gamma_tag(label, slug) for label, slug in event.tags]
    return payload


def _market_texts(world: World, event: SyntheticEvent, market: SyntheticMarket) -> Payload:
    micro = market.key % 1_000_000
    image = f"https://images.synthetic.invalid/{event.index}.png"
    payload: Payload = {
        "id": gamma_market_id(market),
        "question": market.question,
        "conditionId": world.identity.condition_id(market),
        "slug": market.slug,
        "resolutionSource": "",
        "endDate": iso(market.deadline),
        "startDate": iso_fraction(market.opens_at, micro),
        "image": image,
        "icon": image,
        "description": market.rules,
        "outcomes": json_text(market.outcomes),
        "marketMakerAddress": "",
        "createdAt": iso_fraction(event.created_at, micro),
        "updatedAt": iso_fraction(_updated_at(world, event.created_at), micro),
        "new": False,
        "featured": False,
        "submitted_by": "0x91430CaD2d3975766499717fA0D66A78D814E5c5",
        "archived": False,
        "resolvedBy": _RESOLVER,
        "restricted": True,
        "groupItemTitle": market.label,
        "groupItemThreshold": str(market.position),
        "questionID": world.identity.question_id(market),
        "endDateIso": iso(market.deadline)[:10],
        "startDateIso": iso(market.opens_at)[:10],
        "hasReviewedDates": True,
        "clobTokenIds": json_text(world.identity.token_ids(market)),
    }
    if market.key % 400 == 0:
        del payload["endDate"], payload["endDateIso"]
    return payload


def _market_terms(world: World, event: SyntheticEvent, seen: Snapshot) -> Payload:
    rate = FEE_RATES.get(event.family.category)
    payload: Payload = {
        "enableOrderBook": True,
        "orderPriceMinTickSize": seen.tick / MILLS,
        "orderMinSize": 5,
        "umaBond": "500",
        "umaReward": "5",
        "customLiveness": 0,
        "negRisk": event.is_exclusive,
        "negRiskRequestID": "",
        "negRiskOther": False,
        "cyom": False,
        "ready": False,
        "funded": False,
        "approved": True,
        "pagerDutyNotificationEnabled": False,
        "automaticallyActive": True,
        "clearBookOnStart": True,
        "manualActivation": False,
        "pendingDeployment": False,
        "deploying": False,
        "deployingTimestamp": iso(event.created_at),
        "comboStatus": "disabled",
        "rfqEnabled": False,
        "holdingRewardsEnabled": False,
        "rewardsMinSize": 50,
        "rewardsMaxSpread": 4.5,
        "makerBaseFee": 1000,
        "takerBaseFee": 1000,
        "feesEnabled": rate is not None,
        "requiresTranslation": False,
    }
    if event.is_exclusive:
        payload["negRiskMarketID"] = world.identity.hexadecimal(4, "neg risk", event.index)
    elif seen.market.key % 300 == 0:
        del payload["negRisk"]
    if rate is not None:
        payload["feeType"] = f"{event.family.category}_fees_v2"
        payload["feeSchedule"] = {"exponent": 1, "rate": rate, "takerOnly": True, "rebateRate": 0.25}
    return payload


def _market_state(seen: Snapshot) -> Payload:
    ending, stage = seen.market.ending, seen.stage
    closed = is_closed(seen)
    state: Payload = {"active": True, "closed": closed, "umaResolutionStatuses": "[]"}
    if stage is not Stage.CREATED:
        state["acceptingOrders"] = stage is Stage.OPEN or ending.keeps_accepting
        state["acceptingOrdersTimestamp"] = iso(seen.market.opens_at)
    if stage in {Stage.PENDING, Stage.RESOLVED}:
        history = ["proposed", "disputed"] if ending.is_disputed else ["proposed"]
        if stage is Stage.RESOLVED:
            history.append("resolved")
        state["umaResolutionStatus"] = history[-1]
        state["umaResolutionStatuses"] = json_text(history)
    if closed:
        state["closedTime"] = gamma_time(ending.resolved_at if stage is Stage.RESOLVED else ending.ends_at)
        state["umaEndDate"] = iso(ending.ends_at)
    return state


def _market_prices(seen: Snapshot) -> Payload:
    payload: Payload = {}
    if seen.stage is Stage.CREATED or seen.shown is None:
        return payload
    payload["outcomePrices"] = json_text(_outcome_prices(seen))
    if seen.stage is Stage.OPEN:
        if seen.bid > 0:
            payload["bestBid"] = seen.bid / MILLS
        payload["bestAsk"] = number(seen.ask / MILLS)
        payload["spread"] = number((seen.ask - seen.bid) / MILLS)
        payload |= {
            key: round(change / MILLS, 4) for key, change in zip(_CHANGE_KEYS, seen.changes, strict=True) if change
        }
    if seen.last is not None:
        payload["lastTradePrice"] = seen.last / MILLS
    return payload


def _outcome_prices(seen: Snapshot) -> tuple[str, str]:
    """The two prices; payouts once it is resolved, ``0`` and ``0`` for a legacy record."""
    shown = seen.shown or 0.0
    if seen.stage is not Stage.RESOLVED:
        return dollars_text(shown), dollars_text(MILLS - shown)
    first, second = seen.market.ending.payouts or (0.0, 0.0)
    return dollars_text(first * MILLS), dollars_text(second * MILLS)


def _liquidity(seen: Snapshot) -> float:
    return depth_dollars(seen.market, seen.bid, seen.ask) if seen.stage is Stage.OPEN else 0.0


def _market_volumes(seen: Snapshot) -> Payload:
    ever = number(seen.volume_cents[0] / 100)
    payload: Payload = {}
    if ever or not seen.market.sports_type:
        payload |= {"volume": str(ever), "volumeNum": ever, "volumeClob": ever}
        payload |= {"volume1yr": ever, "volume1yrClob": ever}
    liquidity = number(_liquidity(seen))
    payload |= {
        "liquidity": str(liquidity),
        "liquidityNum": liquidity,
        "liquidityClob": liquidity,
    }
    for key, cents in zip(_VOLUME_KEYS, seen.volume_cents[1:], strict=True):
        if cents:
            payload[key] = payload[key + "Clob"] = number(cents / 100)
    if seen.shown is not None:
        price = seen.shown / MILLS
        payload["competitive"] = 1.0 / (1.0 + (price - 0.5) ** 2)
    return payload


def _game_keys(market: SyntheticMarket) -> Payload:
    payload: Payload = {
        "sportsMarketType": market.sports_type,
        "gameStartTime": gamma_time(market.deadline - 3 * 3_600),
        "secondsDelay": 3,
    }
    if market.strike is not None:
        payload["line"] = market.strike
    return payload


def _all_tags() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    pairs = [pair for family in FAMILIES for pair in family.tags]
    pairs += [pair for label, slug, sport in LEAGUES for pair in ((label, slug), (sport.title(), sport))]
    for label, slug in (*pairs, *HOUSEKEEPING):
        found.setdefault(slug, (str(len(found) + 1), label))
    return found


TAGS: Final = _all_tags()
"""Slug -> (id, label), of every tag there is."""


@lru_cache(maxsize=256)
def gamma_tag(label: str, slug: str) -> Payload:
    """One tag."""
    return {
        "id": TAGS[slug][0],
        "label": label,
        "slug": slug,
        "forceShow": False,
        "publishedAt": "2023-10-24 22:37:50.296+00",
        "createdAt": "2023-10-24T22:37:50.31Z",
        "updatedAt": "2025-12-18T02:44:02.245397Z",
        "requiresTranslation": False,
    }
