"""Which events and markets a Gamma listing holds, and in which order. Filters only; no paging, no payload keys.

Filters that the synthetic world has nothing for (``cyom``, ``live``, ``recurrence``, ...) are accepted and ignored, as
unknown parameters are at the real API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final, TypeVar

from msgspec import Struct

from edgeworth.adapters.synthetic.books import depth_dollars
from edgeworth.adapters.synthetic.events import Stage, SyntheticEvent
from edgeworth.adapters.synthetic.gamma_payloads import TAGS, is_closed, number
from edgeworth.adapters.synthetic.instants import to_seconds
from edgeworth.adapters.synthetic.snapshots import Snapshot
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

T = TypeVar("T")
VENUE: Final = Venue.SYNTHETIC_POLYMARKET
Item = tuple[SyntheticEvent, tuple[Snapshot, ...]]
"""An event with those of its markets that are meant: all for an event listing, one for a market listing."""


class Filters(Struct, frozen=True, kw_only=True):
    """The filters of one request, parsed; ``None`` means not asked for.

    Attributes:
        closed: Gamma shows open ones only unless this is stated (keyset); the legacy listings show all.
    """

    closed: bool | None = None
    active: bool | None = None
    ids: tuple[str, ...] = ()
    slugs: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    needs_all_tags: bool = False
    without_tags: tuple[str, ...] = ()
    featured: bool | None = None
    title: str | None = None
    uma_status: str | None = None
    sports_types: tuple[str, ...] = ()
    volume: tuple[float | None, float | None] = (None, None)
    liquidity: tuple[float | None, float | None] = (None, None)
    starts: tuple[int | None, int | None] = (None, None)
    ends: tuple[int | None, int | None] = (None, None)


class BadFilterError(ValueError):
    """A filter that cannot be read."""


def parse_filters(params: Iterable[tuple[str, str]], *, implied_closed: bool | None) -> Filters:
    """The filters of a query string; both spellings (``volume_min``, ``volume_num_min``) are understood.

    Raises:
        BadFilterError: A number or date cannot be read.
    """
    many: dict[str, list[str]] = {}
    for name, value in params:
        many.setdefault(name, []).append(value)
    one = {name: values[-1] for name, values in many.items()}
    slugs = tuple(many.get("tag_slug", ()))
    return Filters(
        closed=_boolean(one.get("closed")) if "closed" in one else implied_closed,
        active=_boolean(one.get("active")),
        ids=tuple(many.get("id", ())),
        slugs=tuple(many.get("slug", ())),
        tokens=tuple(many.get("clob_token_ids", ())),
        conditions=tuple(many.get("condition_ids", ())),
        tags=tuple(many.get("tag_id", ())) + tuple(TAGS[slug][0] if slug in TAGS else "-1" for slug in slugs),
        needs_all_tags=one.get("tag_match") == "all",
        without_tags=tuple(many.get("exclude_tag_id", ())),
        featured=_boolean(one.get("featured")),
        title=one.get("title_search"),
        uma_status=one.get("uma_resolution_status"),
        sports_types=tuple(many.get("sports_market_types", ())),
        volume=_bounds(one, "volume_num", _number) if _has(one, "volume_num") else _bounds(one, "volume", _number),
        liquidity=(
            _bounds(one, "liquidity_num", _number) if _has(one, "liquidity_num") else _bounds(one, "liquidity", _number)
        ),
        starts=_bounds(one, "start_date", _second),
        ends=_bounds(one, "end_date", _second),
    )


def _has(one: dict[str, str], name: str) -> bool:
    return f"{name}_min" in one or f"{name}_max" in one


def _boolean(text: str | None) -> bool | None:
    return None if text is None else text.lower() == "true"


def _number(text: str) -> float:
    return float(text)


def _second(text: str) -> int:
    return to_seconds(datetime.fromisoformat(text))


def _bounds(one: dict[str, str], name: str, read: Callable[[str], T]) -> tuple[T | None, T | None]:
    found: list[T | None] = []
    for end in ("min", "max"):
        text = one.get(f"{name}_{end}")
        try:
            found.append(None if text is None else read(text))
        except ValueError as error:
            raise BadFilterError(f"invalid {name}_{end}") from error
    return found[0], found[1]


def _inside(value: float, bounds: tuple[float | None, float | None]) -> bool:
    low, high = bounds
    return (low is None or value >= low) and (high is None or value <= high)


def matching_events(world: World, filters: Filters, first: int = 0) -> Iterator[Item]:
    """Events that pass, by number from ``first`` on."""
    for event in _candidate_events(world, filters, first):
        seen = world.snapshots(event, VENUE)
        closed = all(is_closed(one) for one in seen)
        world.note_closed(event.index, is_closed=closed)
        if filters.closed is not None and closed != filters.closed:
            continue
        if _event_passes(event, filters) and _numbers_pass(seen, filters, event.opens_at, event.closes_at):
            yield event, seen


def _candidate_events(world: World, filters: Filters, first: int) -> Iterator[SyntheticEvent]:
    if not filters.ids and not filters.slugs:
        wanted = filters.closed
        yield from world.listed(
            VENUE, first, skip=lambda index: wanted is not None and world.is_known_closed(index) is (not wanted)
        )
        return
    named = [world.by_gamma_event(name) for name in filters.ids] + [world.by_event_slug(name) for name in filters.slugs]
    found = {event.index: event for event in named if event is not None and event.index >= first}
    yield from (found[index] for index in sorted(found))


def _event_passes(event: SyntheticEvent, filters: Filters) -> bool:
    if filters.title is not None and filters.title.casefold() not in event.title.casefold():
        return False
    if filters.featured is not None and filters.featured != (event.key % 20 == 0):
        return False
    tags = {TAGS[slug][0] for _, slug in event.tags}
    if filters.without_tags and not tags.isdisjoint(filters.without_tags):
        return False
    if not filters.tags:
        return True
    return tags.issuperset(filters.tags) if filters.needs_all_tags else not tags.isdisjoint(filters.tags)


def _numbers_pass(seen: tuple[Snapshot, ...], filters: Filters, starts: int, ends: int) -> bool:
    return (
        _inside(starts, filters.starts)
        and _inside(ends, filters.ends)
        and _inside(sum(one.volume_cents[0] for one in seen) / 100, filters.volume)
        and _inside(sum(liquidity_of(one) for one in seen), filters.liquidity)
    )


def liquidity_of(seen: Snapshot) -> float:
    """Dollars that rest in the book."""
    return depth_dollars(seen.market, seen.bid, seen.ask) if seen.stage is Stage.OPEN else 0.0


def matching_markets(world: World, filters: Filters, first: int = 0) -> Iterator[Item]:
    """Markets that pass, one at a time, by event from number ``first`` on."""
    named = _named_places(world, filters)
    indices = sorted({index for index, _ in named if index >= first}) if named is not None else None
    is_over = lambda index: filters.closed is False and world.is_known_closed(index) is True  # noqa: E731
    events = world.listed(VENUE, first, skip=is_over) if indices is None else _events_at(world, indices)
    for event in events:
        if not _event_passes(event, filters):
            continue
        for one in world.snapshots(event, VENUE):
            is_named = named is None or (event.index, one.market.position) in named
            if is_named and _market_passes(one, filters):
                yield event, (one,)


def _events_at(world: World, indices: list[int]) -> Iterator[SyntheticEvent]:
    for index in indices:
        event = world.event(index)
        if event is not None:
            yield event


def _named_places(world: World, filters: Filters) -> set[tuple[int, int]] | None:
    """The markets that are asked for by name; ``None`` when none is."""
    if not (filters.ids or filters.slugs or filters.tokens or filters.conditions):
        return None
    found = [world.by_gamma_market(name) for name in filters.ids]
    found += [world.by_market_slug(name) for name in filters.slugs]
    found += [world.by_condition(name) for name in filters.conditions]
    claims = [world.by_token(name) for name in filters.tokens]
    found += [claim[:2] for claim in claims if claim is not None]
    return {(one[0].index, one[1].position) for one in found if one is not None}


def _market_passes(seen: Snapshot, filters: Filters) -> bool:
    if filters.closed is not None and is_closed(seen) != filters.closed:
        return False
    if filters.sports_types and seen.market.sports_type not in filters.sports_types:
        return False
    return _numbers_pass((seen,), filters, seen.market.opens_at, seen.market.deadline)


# --- order ------------------------------------------------------------------------------------------------------------

Key = Callable[[Item], float | str]


def _volume(span: int) -> Key:
    return lambda item: sum(one.volume_cents[span] for one in item[1]) / 100


def _change(span: int) -> Key:
    return lambda item: item[1][0].changes[span] or 0.0


def _text(key: Key) -> Key:
    """A market's ``volume`` and ``liquidity`` are text columns: they sort as text, "9" after "10"."""
    return lambda item: str(number(float(key(item))))


def _closed_at(seen: Snapshot) -> int:
    """When it was resolved; 0 while that is not known."""
    return seen.market.ending.resolved_at if seen.stage is Stage.RESOLVED else 0


_LIQUIDITY: Final[Key] = lambda item: sum(liquidity_of(one) for one in item[1])  # noqa: E731
_COMMON: Final[dict[str, Key]] = {
    "id": lambda item: item[0].index * 32 + item[1][0].market.position,
    "volume24hr": _volume(1),
    "volume1wk": _volume(2),
    "volume1mo": _volume(3),
    "volume1yr": _volume(0),
    "startDate": lambda item: item[0].opens_at,
    "endDate": lambda item: item[1][0].market.deadline,
    "createdAt": lambda item: item[0].created_at,
    "updatedAt": lambda item: item[0].created_at,
    "closedTime": lambda item: _closed_at(item[1][0]),
    "competitive": lambda item: -abs((item[1][0].shown or 0.0) - 500.0),
    "slug": lambda item: item[0].slug,
}
EVENT_ORDERS: Final[dict[str, Key]] = _COMMON | {
    "volume": _volume(0),
    "liquidity": _LIQUIDITY,
    "openInterest": _volume(0),
    "title": lambda item: item[0].title,
    "featuredOrder": lambda item: item[0].index,
}
"""Field that events may be ordered by -> what it sorts by."""

MARKET_ORDERS: Final[dict[str, Key]] = _COMMON | {
    "volumeNum": _volume(0),
    "liquidityNum": _LIQUIDITY,
    "volume": _text(_volume(0)),
    "liquidity": _text(_LIQUIDITY),
    "question": lambda item: item[1][0].market.question,
    "oneHourPriceChange": _change(0),
    "oneDayPriceChange": _change(1),
    "oneWeekPriceChange": _change(2),
    "oneMonthPriceChange": _change(3),
    "lastTradePrice": lambda item: item[1][0].last or 0,
    "bestBid": lambda item: item[1][0].bid,
    "bestAsk": lambda item: item[1][0].ask,
    "spread": lambda item: item[1][0].ask - item[1][0].bid,
}
"""Field that markets may be ordered by -> what it sorts by."""
