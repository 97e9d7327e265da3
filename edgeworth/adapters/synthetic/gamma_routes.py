"""Polymarket's Gamma API: routes, paging and refusals.

As at the real API (seen 2026): keyset listings page by ``after_cursor`` only and end without ``next_cursor``;
``cursor`` is ignored; ``offset`` there is refused; without ``closed`` they show open ones only. The legacy
listings give a bare array, show closed ones too, cap ``limit`` at 100 without a word and refuse deep offsets with 422.
An unknown ``order`` is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgeworth.adapters.synthetic.events import SyntheticEvent
from edgeworth.adapters.synthetic.families import FAMILIES
from edgeworth.adapters.synthetic.gamma_listings import (
    EVENT_ORDERS,
    MARKET_ORDERS,
    BadFilterError,
    Filters,
    Item,
    Key,
    matching_events,
    matching_markets,
    parse_filters,
)
from edgeworth.adapters.synthetic.gamma_payloads import TAGS, Payload, gamma_event, gamma_market, gamma_tag
from edgeworth.adapters.synthetic.paging import decode_cursor, encode_cursor, fingerprint
from edgeworth.adapters.synthetic.service import Service, encode, middle, ok, refused, whole_number
from edgeworth.adapters.synthetic.world import World

DEEPEST_OFFSET: Final = 2_100
LEGACY_CAP: Final = 100


class Listing(Struct, frozen=True, kw_only=True):
    """What distinguishes the listing of events from that of markets."""

    name: str
    cap: int
    orders: dict[str, Key]
    matching: Callable[[World, Filters, int], Iterator[Item]]
    render: Callable[[Service, Item, bool], Payload]


def _render_event(service: Service, item: Item, _: bool) -> Payload:  # noqa: FBT001
    return gamma_event(service.world, item[0])


def _render_market(service: Service, item: Item, with_tags: bool) -> Payload:  # noqa: FBT001
    return gamma_market(service.world, item[0], item[1][0], with_tags=with_tags)


EVENTS: Final = Listing(name="events", cap=500, orders=EVENT_ORDERS, matching=matching_events, render=_render_event)
MARKETS: Final = Listing(
    name="markets", cap=100, orders=MARKET_ORDERS, matching=matching_markets, render=_render_market
)


def gamma_routes(service: Service) -> list[Route]:
    """Every route of the API, to be mounted under its base URL."""
    gamma = _Gamma(service)
    return [
        Route("/events/keyset", gamma.keyset(EVENTS)),
        Route("/markets/keyset", gamma.keyset(MARKETS)),
        Route("/events", gamma.legacy(EVENTS)),
        Route("/markets", gamma.legacy(MARKETS)),
        Route("/events/slug/{slug}", gamma.event),
        Route("/events/{id}", gamma.event),
        Route("/events/{id}/tags", gamma.event_tags),
        Route("/markets/slug/{slug}", gamma.market),
        Route("/markets/{id}", gamma.market),
        Route("/markets/{id}/tags", gamma.market_tags),
        Route("/tags", gamma.tags),
        Route("/tags/slug/{slug}", gamma.tag),
        Route("/tags/{id}", gamma.tag),
        Route("/series", gamma.series),
        Route("/sports", gamma.sports),
        Route("/public-search", gamma.search),
        Route("/ok", gamma.healthy),
    ]


class _Gamma:
    def __init__(self, service: Service) -> None:
        self._service = service

    # --- listings ---------------------------------------------------------------------------------------------------

    def keyset(self, listing: Listing) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if "offset" in request.query_params:
                return refused(
                    422, "offset is not supported on keyset endpoints, use after_cursor", type="validation error"
                )
            try:
                filters = parse_filters(request.query_params.multi_items(), implied_closed=False)
            except BadFilterError as error:
                return refused(422, str(error), type="validation error")
            if not _order_is_known(request, listing):
                return refused(422, "order fields are not valid", type="validation error")
            position = self._position(request, listing)
            if position is None:
                return refused(400, "invalid cursor", type="validation error")
            return self._service.cached(request, lambda: self._keyset_page(request, listing, filters, position))

        return answer

    def _position(self, request: Request, listing: Listing) -> tuple[int, int] | None:
        """Where the page begins: (event number or rank, position in that event); ``None`` for a foreign cursor."""
        cursor = request.query_params.get("after_cursor")
        if not cursor:
            return 0, 0
        place = decode_cursor(cursor, listing.name, fingerprint(request.query_params.multi_items()))
        if place is None:
            return None
        first, _, second = place.partition(".")
        return int(first), int(second or 0)

    def _keyset_page(self, request: Request, listing: Listing, filters: Filters, position: tuple[int, int]) -> bytes:
        limit = whole_number(request.query_params.get("limit"), 20, listing.cap) or 1
        if "order" in request.query_params:
            ranked = self._ranked(request, listing, filters)
            items = ranked[position[0] : position[0] + limit]
            after = f"{position[0] + limit}" if position[0] + limit < len(ranked) else None
        else:
            items, after = _page_by_number(self._service.world, listing, filters, position, limit)
        payloads = [listing.render(self._service, item, "include_tag" in request.query_params) for item in items]
        rest = {}
        if after is not None:
            rest["next_cursor"] = self._cursor(request, listing, after)
        return encode({listing.name: self._trapped(listing, payloads), **rest})

    def _cursor(self, request: Request, listing: Listing, after: str) -> str:
        asked = request.query_params.get("after_cursor")
        if asked and self._service.traps.repeat_cursor:
            return asked
        return encode_cursor(listing.name, fingerprint(request.query_params.multi_items()), after)

    def _ranked(self, request: Request, listing: Listing, filters: Filters) -> list[Item]:
        """Everything that matches, in the order asked for; made once for each set of filters and instant."""
        key = f"{listing.name}|{fingerprint(request.query_params.multi_items())}"
        ranked = self._service.orders.get(key)
        if ranked is None:
            by = listing.orders[request.query_params.get("order", "id")]
            descending = request.query_params.get("ascending", "true").lower() == "false"
            ranked = sorted(listing.matching(self._service.world, filters, 0), key=by, reverse=descending)
            self._service.orders[key] = ranked
        return ranked

    def legacy(self, listing: Listing) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            params = request.query_params
            offset = whole_number(params.get("offset"), 0, 1 << 40)
            if offset > DEEPEST_OFFSET:
                return refused(422, "offset exceeds maximum allowed", type="validation error")
            try:
                filters = parse_filters(params.multi_items(), implied_closed=None)
            except BadFilterError as error:
                return refused(422, str(error), type="validation error")
            if not _order_is_known(request, listing):
                return refused(422, "order fields are not valid", type="validation error")
            limit = whole_number(params.get("limit"), 20, LEGACY_CAP)
            return self._service.cached(request, lambda: self._legacy_page(request, listing, filters, offset, limit))

        return answer

    def _legacy_page(self, request: Request, listing: Listing, filters: Filters, offset: int, limit: int) -> bytes:
        if "order" in request.query_params:
            items = self._ranked(request, listing, filters)[offset : offset + limit]
        else:
            items = list(islice(listing.matching(self._service.world, filters, 0), offset, offset + limit))
        with_tags = "include_tag" in request.query_params
        return encode(self._trapped(listing, [listing.render(self._service, item, with_tags) for item in items]))

    def _trapped(self, listing: Listing, payloads: list[Payload]) -> list[Payload]:
        traps = self._service.traps
        if traps.ids_change_type and listing is EVENTS:
            payloads = [one | {"id": int(one["id"])} if number % 2 else one for number, one in enumerate(payloads)]
        if traps.has_broken_market:
            payloads = _with_broken_market(listing, payloads)
        return payloads

    # --- single things ----------------------------------------------------------------------------------------------

    async def event(self, request: Request) -> Response:
        event = self._event_of(request)
        return ok(gamma_event(self._service.world, event)) if event else _missing()

    async def event_tags(self, request: Request) -> Response:
        event = self._event_of(request)
        return ok([gamma_tag(label, slug) for label, slug in event.tags]) if event else _missing()

    async def market(self, request: Request) -> Response:
        found = self._market_of(request)
        if found is None:
            return _missing()
        seen = self._service.world.snapshot(*found)
        return ok(gamma_market(self._service.world, found[0], seen, with_tags="include_tag" in request.query_params))

    async def market_tags(self, request: Request) -> Response:
        found = self._market_of(request)
        return ok([gamma_tag(label, slug) for label, slug in found[0].tags]) if found else _missing()

    async def tags(self, request: Request) -> Response:
        limit = whole_number(request.query_params.get("limit"), 100, 100)
        offset = whole_number(request.query_params.get("offset"), 0, 1 << 40)
        every = [gamma_tag(label, slug) for slug, (_, label) in TAGS.items()]
        return ok(every[offset : offset + limit])

    async def tag(self, request: Request) -> Response:
        wanted = request.path_params
        for slug, (number, label) in TAGS.items():
            if slug == wanted.get("slug") or number == wanted.get("id"):
                return ok(gamma_tag(label, slug))
        return _missing()

    async def series(self, request: Request) -> Response:
        limit = whole_number(request.query_params.get("limit"), 50, 50)
        offset = whole_number(request.query_params.get("offset"), 0, 1 << 40)
        every = [
            {"id": str(number + 1), "ticker": family.series.lower(), "slug": family.series.lower(),
             "title": family.series,
             "seriesType": "single", "recurrence": "monthly", "active": True, "closed": False}
            for number, family in enumerate(FAMILIES)
        ]  # fmt: skip
        return ok(every[offset : offset + limit])

    async def sports(self, _: Request) -> Response:
        tag = TAGS["sports"][0]
        return ok(
            [{"id": 1, "sport": "nba", "image": "", "resolution": "", "ordering": "home", "tags": tag, "series": "1"}]
        )

    async def search(self, request: Request) -> Response:
        text = request.query_params.get("q")
        if not text:
            return refused(422, "q is required", type="validation error")
        limit = whole_number(request.query_params.get("limit_per_type"), 10, 50)
        page = max(1, whole_number(request.query_params.get("page"), 1, 1 << 20))
        found = [event for event, _ in matching_events(self._service.world, Filters(title=text))]
        shown = found[(page - 1) * limit : page * limit]
        events = [gamma_event(self._service.world, event) for event in shown] or None
        more = len(found) > page * limit
        return ok({"events": events, "pagination": {"hasMore": more, "totalResults": len(found)}})

    async def healthy(self, _: Request) -> Response:
        return ok("OK")

    def _event_of(self, request: Request) -> SyntheticEvent | None:
        wanted = request.path_params
        world = self._service.world
        return world.by_event_slug(wanted["slug"]) if "slug" in wanted else world.by_gamma_event(wanted["id"])

    def _market_of(self, request: Request) -> Any:
        wanted = request.path_params
        world = self._service.world
        return world.by_market_slug(wanted["slug"]) if "slug" in wanted else world.by_gamma_market(wanted["id"])


def _missing() -> Response:
    return refused(404, "not found", type="not found error")


def _order_is_known(request: Request, listing: Listing) -> bool:
    order = request.query_params.get("order")
    return order is None or order in listing.orders


def _page_by_number(
    world: World, listing: Listing, filters: Filters, position: tuple[int, int], limit: int
) -> tuple[list[Item], str | None]:
    """The next ``limit`` items, and where the page after it begins (``None`` at the end)."""
    matching = listing.matching(world, filters, position[0])
    rest = (item for item in matching if listing is EVENTS or _place(item) >= position)
    items = list(islice(rest, limit))
    following = next(rest, None)
    if following is None:
        return items, None
    return items, f"{following[0].index}.{following[1][0].market.position}"


def _place(item: Item) -> tuple[int, int]:
    return item[0].index, item[1][0].market.position


def _with_broken_market(listing: Listing, payloads: list[Payload]) -> list[Payload]:
    """The market in the middle of the page with its list of outcomes cut off and no condition."""
    broken = {"outcomes": '["Yes", ', "conditionId": None}
    if listing is MARKETS:
        at = middle(len(payloads))
        return [one | broken if number == at else one for number, one in enumerate(payloads)]
    counts = [len(one["markets"]) for one in payloads]
    at = middle(sum(counts))
    for number, payload in enumerate(payloads):
        if at < counts[number]:
            markets = [one | broken if place == at else one for place, one in enumerate(payload["markets"])]
            return [*payloads[:number], payload | {"markets": markets}, *payloads[number + 1 :]]
        at -= counts[number]
    return payloads
