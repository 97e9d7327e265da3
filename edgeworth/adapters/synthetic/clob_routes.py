"""Polymarket's CLOB: books, prices, histories and the list of markets.

As at the real service (seen 2026): a market that does not trade has no book (404); ``market`` of ``/prices-history`` is
a token id; windows longer than 15 days are refused; a resolved market has a history at finer than twelve hours only
when it is asked for by window; ``/markets`` pages by base64 of an offset and ends with ``LTE=``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgeworth.adapters.synthetic.clob_payloads import (
    Payload,
    best_text,
    clob_book,
    clob_market,
    last_price_text,
    side_of,
)
from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.gamma_listings import VENUE
from edgeworth.adapters.synthetic.gamma_payloads import dollars_text
from edgeworth.adapters.synthetic.histories import INTERVALS, LONGEST_WINDOW, price_points, window_of
from edgeworth.adapters.synthetic.instants import MINUTE
from edgeworth.adapters.synthetic.live_books import LiveBook
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.service import Service, encode, ok, refused, whole_number

MOST_TOKENS: Final = 500
MOST_HISTORIES: Final = 20
PAGE: Final = 1_000
_END: Final = "LTE="
_NO_BOOK: Final = "No orderbook exists for the requested token id"
_FINE_FIDELITY: Final = 720

Answer = Callable[[LiveBook, int, str], Any]


def clob_routes(service: Service) -> list[Route]:
    """Every route of the service, to be mounted under its base URL."""
    clob = _Clob(service)
    return [
        Route("/book", clob.one(clob.say_book)),
        Route("/books", clob.books, methods=["POST"]),
        Route("/price", clob.one(lambda book, outcome, side: {"price": _price(book, outcome, side)})),
        Route("/prices", clob.prices, methods=["POST"]),
        Route("/midpoint", clob.one(lambda book, outcome, _: {"mid": _mid(book, outcome)})),
        Route("/midpoints", clob.many(lambda book, outcome, _: _mid(book, outcome)), methods=["POST"]),
        Route("/spread", clob.one(lambda book, outcome, _: {"spread": _spread(book, outcome)})),
        Route("/spreads", clob.many(lambda book, outcome, _: _spread(book, outcome)), methods=["POST"]),
        Route("/last-trade-price", clob.one(clob.say_last)),
        Route("/last-trades-prices", clob.last_trades, methods=["POST"]),
        Route("/tick-size", clob.one(lambda book, _, __: {"minimum_tick_size": book.ladder.tick / MILLS})),
        Route("/neg-risk", clob.one(lambda book, _, __: {"neg_risk": book.event.is_exclusive})),
        Route("/markets-by-token/{token_id}", clob.condition),
        Route("/clob-markets/{condition_id}", clob.terms),
        Route("/prices-history", clob.history),
        Route("/batch-prices-history", clob.histories, methods=["POST"]),
        Route("/markets", clob.markets),
        Route("/simplified-markets", clob.markets),
        Route("/sampling-markets", clob.markets),
        Route("/markets/{condition_id}", clob.market),
        Route("/time", clob.time),
        Route("/ok", clob.healthy),
    ]


class _Histories(msgspec.Struct):
    """Body of ``POST /batch-prices-history``."""

    markets: list[str] = []
    start_ts: int | None = None
    end_ts: int | None = None
    interval: str | None = None
    fidelity: int = 1


class _Clob:
    def __init__(self, service: Service) -> None:
        self._service = service

    # --- books and prices ---------------------------------------------------------------------------------------------

    def _book(self, token: str) -> tuple[LiveBook, int] | None:
        claim = self._service.world.by_token(token)
        book = self._service.books.peek(claim[0], claim[1]) if claim else None
        return (book, claim[2]) if book and claim else None

    def one(self, answer: Answer) -> Callable[[Request], Any]:
        async def respond(request: Request) -> Response:
            token = request.query_params.get("token_id")
            if not token:
                return refused(400, "Invalid token id")
            side = request.query_params.get("side", "").upper()
            if request.url.path.endswith("/price") and side not in {"BUY", "SELL"}:
                return refused(400, "Invalid side")
            found = self._book(token)
            return refused(404, _NO_BOOK) if found is None else ok(answer(*found, side))

        return respond

    def many(self, answer: Answer) -> Callable[[Request], Any]:
        async def respond(request: Request) -> Response:
            wanted = await _wanted(request)
            if isinstance(wanted, Response):
                return wanted
            found = {one["token_id"]: self._book(one["token_id"]) for one in wanted}
            return ok({token: answer(*book, "") for token, book in found.items() if book is not None})

        return respond

    def say_book(self, book: LiveBook, outcome: int, _: str) -> Payload:
        return clob_book(self._service.world, book, outcome)

    def say_last(self, book: LiveBook, outcome: int, _: str) -> Payload:
        price = last_price_text(book, outcome)
        return {"price": price or "0.5", "side": "BUY" if price else ""}

    async def books(self, request: Request) -> Response:
        wanted = await _wanted(request)
        if isinstance(wanted, Response):
            return wanted
        found = [self._book(one["token_id"]) for one in wanted]
        return ok([clob_book(self._service.world, *book) for book in found if book is not None])

    async def prices(self, request: Request) -> Response:
        wanted = await _wanted(request)
        if isinstance(wanted, Response):
            return wanted
        prices: dict[str, dict[str, str]] = {}
        for one in wanted:
            found = self._book(one["token_id"])
            side = one.get("side", "").upper()
            if found is not None and side in {"BUY", "SELL"}:
                prices.setdefault(one["token_id"], {})[side] = _price(*found, side)
        return ok(prices)

    async def last_trades(self, request: Request) -> Response:
        wanted = await _wanted(request)
        if isinstance(wanted, Response):
            return wanted
        found = [(one["token_id"], self._book(one["token_id"])) for one in wanted]
        return ok([{"token_id": token, **self.say_last(*book, "")} for token, book in found if book is not None])

    # --- histories ----------------------------------------------------------------------------------------------------

    async def history(self, request: Request) -> Response:
        params = request.query_params
        start, end, interval = params.get("startTs"), params.get("endTs"), params.get("interval")
        fidelity = whole_number(params.get("fidelity"), 1, 100_000)
        points = self._points(params.get("market", ""), start, end, interval, fidelity)
        return points if isinstance(points, Response) else ok({"history": points})

    async def histories(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body(), type=_Histories)
        tokens = asked.markets
        if not tokens or len(tokens) > MOST_HISTORIES:
            return refused(400, f"invalid filters: 1 to {MOST_HISTORIES} markets are allowed")
        start, end = (None if one is None else str(one) for one in (asked.start_ts, asked.end_ts))
        found: dict[str, Any] = {}
        for token in tokens:
            points = self._points(token, start, end, asked.interval, asked.fidelity)
            if isinstance(points, Response):
                return points
            found[token] = points
        return ok({"history": found})

    def _points(
        self, token: str, start: str | None, end: str | None, interval: str | None, fidelity: int
    ) -> list[Payload] | Response:
        if not token:
            return refused(400, "invalid filters: 'market' is required")
        has_window = start is not None or end is not None
        if has_window == (interval is not None) or (interval is not None and interval not in INTERVALS):
            return refused(400, "invalid filters: either 'interval' or 'startTs' and 'endTs' are required")
        world = self._service.world
        first, last = whole_number(start, 0, 1 << 40), whole_number(end, world.now, 1 << 40)
        if has_window and last - first > LONGEST_WINDOW:
            return refused(400, "invalid filters: 'startTs' and 'endTs' interval is too long")
        claim = world.by_token(token)
        if claim is None:
            return []
        event, market, outcome = claim
        if interval is not None:
            if market.stage(world.now, event.created_at) is Stage.RESOLVED and fidelity < _FINE_FIDELITY:
                return []
            first, last = window_of(world, market, interval)
        points = price_points(world, event, market, outcome, first, last, max(fidelity, 1) * MINUTE)
        return [{"t": at, "p": price} for at, price in points]

    # --- markets ------------------------------------------------------------------------------------------------------

    async def condition(self, request: Request) -> Response:
        claim = self._service.world.by_token(request.path_params["token_id"])
        if claim is None:
            return refused(404, "market not found")
        return ok({"condition_id": self._service.world.identity.condition_id(claim[1])})

    async def terms(self, request: Request) -> Response:
        world = self._service.world
        found = world.by_condition(request.path_params["condition_id"])
        if found is None:
            return refused(404, "market not found")
        tokens = [
            {"t": token, "o": label}
            for token, label in zip(world.identity.token_ids(found[1]), found[1].outcomes, strict=True)
        ]
        return ok(
            {
                "t": tokens,
                "mts": world.snapshot(*found).tick / MILLS,
                "nr": found[0].is_exclusive,
                "fd": {"r": 0, "e": 1},
            }
        )

    async def market(self, request: Request) -> Response:
        found = self._service.world.by_condition(request.path_params["condition_id"])
        if found is None:
            return refused(404, "market not found")
        return ok(clob_market(self._service.world, found[0], self._service.world.snapshot(*found)))

    async def markets(self, request: Request) -> Response:
        offset = _offset(request.query_params.get("next_cursor", ""))
        if offset is None:
            return refused(400, "invalid next_cursor")

        def render() -> bytes:
            world = self._service.world
            places = self._places()
            shown = places[offset : offset + PAGE]
            rows = []
            for index, position in shown:
                event = world.event(index)
                if event is not None:
                    rows.append(clob_market(world, event, world.snapshots(event, VENUE)[position]))
            after = offset + PAGE
            cursor = base64.b64encode(str(after).encode()).decode() if after < len(places) else _END
            return encode({"data": rows, "next_cursor": cursor, "limit": PAGE, "count": len(rows)})

        return self._service.cached(request, render)

    def _places(self) -> list[tuple[int, int]]:
        places: list[tuple[int, int]] | None = self._service.orders.get("clob")
        if places is None:
            listed = self._service.world.listed(VENUE)
            places = [(event.index, market.position) for event in listed for market in event.polymarket]
            self._service.orders["clob"] = places
        return places

    async def time(self, _: Request) -> Response:
        return ok(self._service.world.now)

    async def healthy(self, _: Request) -> Response:
        return ok("OK")


def _price(book: LiveBook, outcome: int, side: str) -> str:
    """BUY is what buyers are willing to pay (the best bid), SELL the best ask."""
    ladder = side_of(book, outcome)
    return best_text(ladder.best_bid if side == "BUY" else ladder.best_ask)


def _mid(book: LiveBook, outcome: int) -> str:
    ladder = side_of(book, outcome)
    bid, ask = ladder.best_bid or 0, ladder.best_ask or MILLS
    return dollars_text((bid + ask) / 2)


def _spread(book: LiveBook, outcome: int) -> str:
    ladder = side_of(book, outcome)
    return dollars_text((ladder.best_ask or MILLS) - (ladder.best_bid or 0))


async def _wanted(request: Request) -> list[dict[str, str]] | Response:
    try:
        wanted = msgspec.json.decode(await request.body(), type=list[dict[str, str]])
    except msgspec.DecodeError:
        return refused(400, "Invalid payload")
    if len(wanted) > MOST_TOKENS:
        return refused(400, "Payload exceeds the limit")
    return [one for one in wanted if one.get("token_id")]


def _offset(cursor: str) -> int | None:
    if not cursor:
        return 0
    try:
        offset = int(base64.b64decode(cursor))
    except (binascii.Error, ValueError):
        return None
    return offset if offset >= 0 else None
