"""Polymarket's Data API: trades (v1 and v2), price histories and resolutions (v2).

As at the real service (seen 2026): v1 gives bare arrays, newest first, ignores an ``asset`` filter and stops at an
offset of 10,000; v2 wraps everything in ``data`` and pages by cursor, and without ``start`` it looks back 90 days only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.gamma_listings import VENUE
from edgeworth.adapters.synthetic.histories import INTERVALS, LONGEST_WINDOW, price_points, window_of
from edgeworth.adapters.synthetic.instants import DAY, MINUTE
from edgeworth.adapters.synthetic.paging import decode_cursor, encode_cursor, fingerprint
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.service import Service, UnreadableRequestError, ok, refused, whole_number
from edgeworth.adapters.synthetic.tapes import Place, Tape, parse_place
from edgeworth.adapters.synthetic.trading import Fill
from edgeworth.adapters.synthetic.world import Found, World

DEEPEST_OFFSET: Final = 10_000
MOST_TRADES: Final = 1_000
MOST_CONDITIONS: Final = 20
MOST_POINTS: Final = 10_000
LOOK_BACK: Final = 90 * DAY
_WHOLE: Final = 1_000_000

Payload = dict[str, Any]
Traded = tuple[Found, Fill, Place]


def data_routes(service: Service) -> list[Route]:
    """Every route of the service, to be mounted under its base URL."""
    data = _Data(service)
    return [
        Route("/trades", data.trades),
        Route("/v2/trades", data.trades_v2),
        Route("/v2/prices-history", data.history),
        Route("/v2/resolutions", data.resolutions),
        Route("/ok", data.healthy),
    ]


class _Data:
    def __init__(self, service: Service) -> None:
        self._service = service

    async def trades(self, request: Request) -> Response:
        params = request.query_params
        offset = whole_number(params.get("offset"), 0, 1 << 40)
        if offset > DEEPEST_OFFSET:
            return refused(400, "max historical activity offset of 10000 exceeded")
        limit = whole_number(params.get("limit"), 100, 10_000)
        chosen = self._chosen(params.get("market"), params.get("eventId"))
        keep = _keeper(
            self._service.world,
            params.get("user"),
            params.get("side"),
            params.get("filterType"),
            params.get("filterAmount"),
        )
        rows = _matching(self._service.world, chosen, keep, 0, 1 << 40, None)
        shown = islice(rows, offset, offset + limit)
        return ok([_trade_v1(self._service.world, found, fill) for found, fill, _ in shown])

    async def trades_v2(self, request: Request) -> Response:
        params, world = request.query_params, self._service.world
        limit = whole_number(params.get("limit"), 100, MOST_TRADES) or 100
        conditions = params.get("condition_id") or params.get("conditionId")
        events = params.get("event_id") or params.get("eventId")
        if conditions and (events or len(set(conditions.split(","))) > MOST_CONDITIONS):
            return refused(
                400, "condition_id and event_id exclude each other; at most 20 condition ids", code="invalid_request"
            )
        before: Place | None = None
        if params.get("cursor"):
            text = decode_cursor(params["cursor"], "trades", fingerprint(params.multi_items()))
            if text is None:
                return refused(400, "invalid cursor", code="invalid_cursor")
            before = parse_place(text)
        since = whole_number(params.get("start"), world.now - LOOK_BACK, 1 << 40)
        until = whole_number(params.get("end"), 1 << 40, 1 << 40)
        keep = _keeper(world, params.get("user"), params.get("side"),
                       params.get("filter_type") or params.get("filterType"),
                       params.get("filter_amount") or params.get("filterAmount"))  # fmt: skip
        rows = list(islice(_matching(world, self._chosen(conditions, events), keep, since, until, before), limit + 1))
        shown = rows[:limit]
        more = len(rows) > limit
        cursor = encode_cursor("trades", fingerprint(params.multi_items()), shown[-1][2].text()) if more else None
        return _enveloped([_trade_v2(world, found, fill) for found, fill, _ in shown], cursor)

    def _chosen(self, conditions: str | None, events: str | None) -> list[Found]:
        """The markets that are asked for; all listed ones when none is named."""
        world = self._service.world
        if conditions:
            found = [world.by_condition(name) for name in conditions.split(",")]
            return [one for one in found if one is not None]
        if events:
            named = [world.by_gamma_event(name) for name in events.split(",")]
            return [(event, market) for event in named if event is not None for market in event.polymarket]
        return [(event, market) for event in world.listed(VENUE) for market in event.polymarket]

    async def history(self, request: Request) -> Response:
        params, world = request.query_params, self._service.world
        claim = world.by_token(params.get("token_id") or params.get("tokenId") or "")
        if claim is None:
            return _enveloped([], None)
        event, market, outcome = claim
        if "as_of" in params:
            at = whole_number(params["as_of"], 0, 1 << 40)
            points = price_points(world, event, market, outcome, at - MINUTE, at, MINUTE)[-1:]
            return _enveloped([_point(second, price, 0) for second, price in points], None)
        bucket = whole_number(params.get("bucket_seconds"), MINUTE, DAY)
        interval = params.get("interval")
        if interval is not None and interval in INTERVALS:
            start, end = window_of(world, market, interval)
        else:
            start, end = (
                whole_number(params.get("start"), world.now - DAY, 1 << 40),
                whole_number(params.get("end"), world.now, 1 << 40),
            )
            if end < start or end - start > LONGEST_WINDOW:
                return refused(400, "window must not end before start or exceed 15 days", code="invalid_request")
        return self._history_page(request, [
            _point(second, price, bucket)
            for second, price in price_points(world, event, market, outcome, start, end - 1, bucket)
        ])  # fmt: skip

    def _history_page(self, request: Request, points: list[Payload]) -> Response:
        params = request.query_params
        limit = whole_number(params.get("limit"), MOST_POINTS, MOST_POINTS) or MOST_POINTS
        place = 0
        if params.get("cursor"):
            text = decode_cursor(params["cursor"], "history", fingerprint(params.multi_items()))
            if text is None:
                return refused(400, "invalid cursor", code="invalid_cursor")
            place = int(text)
        more = place + limit < len(points)
        cursor = encode_cursor("history", fingerprint(params.multi_items()), str(place + limit)) if more else None
        return _enveloped(points[place : place + limit], cursor)

    async def resolutions(self, request: Request) -> Response:
        conditions = request.query_params.get("condition_id") or ""
        events = request.query_params.get("event_id")
        chosen = self._chosen(conditions, events) if conditions or events else []
        return _enveloped([_resolution(self._service.world, found) for found in chosen], None)

    async def healthy(self, _: Request) -> Response:
        return ok({"data": "OK"})


def _enveloped(rows: list[Payload], cursor: str | None) -> Response:
    return ok({"data": rows, "pagination": {"has_more": cursor is not None, "next_cursor": cursor}})


def _keeper(
    world: World, user: str | None, side: str | None, kind: str | None, amount: str | None
) -> Callable[[Fill], bool] | None:
    """Which trades pass; ``None`` when all do."""
    if user is None and side is None and amount is None:
        return None
    wallet = world.population.by_address.get(user.lower()) if user else None
    try:
        least = float(amount) if amount is not None else 0.0
    except ValueError as error:
        raise UnreadableRequestError(f"filter amount {amount!r}") from error

    def keep(fill: Fill) -> bool:
        if user is not None and (wallet is None or fill.wallet != wallet.index):
            return False
        if side is not None and fill.is_buy != (side.upper() == "BUY"):
            return False
        size = fill.cents / 100 if (kind or "CASH").upper() == "CASH" else fill.shares_micros / _WHOLE
        return size >= least

    return keep


def _matching(
    world: World, chosen: list[Found], keep: Callable[[Fill], bool] | None, since: int, until: int, before: Place | None
) -> Iterator[Traded]:
    """Trades that pass, newest first."""
    tape = Tape(world, chosen, since=since, until=until)
    while True:
        page, more = tape.page(500, before)
        for found, fill in page:
            if keep is None or keep(fill):
                yield found, fill, Place(fill.at, found[0].index, found[1].position, fill.number)
        if more is None:
            return
        before = more


def _trade_v1(world: World, found: Found, fill: Fill) -> Payload:
    event, market = found
    wallet = world.population.wallets[fill.wallet]
    return {
        "proxyWallet": wallet.address,
        "side": "BUY" if fill.is_buy else "SELL",
        "asset": world.identity.token_ids(market)[fill.outcome],
        "conditionId": world.identity.condition_id(market),
        "size": fill.shares_micros / _WHOLE,
        "price": fill.price_mills / MILLS,
        "timestamp": fill.at,
        "title": market.question,
        "slug": market.slug,
        "icon": f"https://images.synthetic.invalid/{event.index}.png",
        "eventSlug": event.slug,
        "outcome": market.outcomes[fill.outcome],
        "outcomeIndex": fill.outcome,
        "name": wallet.name,
        "pseudonym": wallet.pseudonym,
        "bio": "",
        "profileImage": "",
        "profileImageOptimized": "",
        "transactionHash": world.identity.hexadecimal(4, "transaction", market.key, fill.number),
    }


_V2_NAMES: Final = {
    "proxyWallet": "proxy_wallet", "side": "side", "asset": "token_id", "conditionId": "condition_id", "size": "size",
    "price": "price", "timestamp": "timestamp", "title": "title", "slug": "slug", "icon": "icon",
    "eventSlug": "event_slug", "outcome": "outcome", "outcomeIndex": "outcome_index", "name": "name",
    "pseudonym": "pseudonym", "transactionHash": "transaction_hash",
}  # fmt: skip


def _trade_v2(world: World, found: Found, fill: Fill) -> Payload:
    row = _trade_v1(world, found, fill)
    return {name: row[old] for old, name in _V2_NAMES.items()}


def _point(second: int, price: float, resolution: int) -> Payload:
    return {"timestamp": second, "price": price, "resolution_seconds": resolution}


def _resolution(world: World, found: Found) -> Payload:
    event, market = found
    ending = market.ending
    is_resolved = market.stage(world.now, event.created_at) is Stage.RESOLVED
    payouts = [round(payout * _WHOLE) for payout in ending.payouts] if is_resolved and ending.payouts else None
    return {
        "condition_id": world.identity.condition_id(market),
        "question_id": world.identity.question_id(market),
        "status": "resolved" if is_resolved else "pending",
        "payouts": payouts,
        "resolved_at": ending.resolved_at if is_resolved else None,
        "was_disputed": is_resolved and ending.is_disputed,
    }
