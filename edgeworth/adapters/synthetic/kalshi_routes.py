"""Kalshi's trade API v2: routes, filters, paging and the archive split.

As at the real API (seen 2026): ``cursor`` pages and ends as an empty string; the default market listing begins with
the combos (``mve_filter=exclude`` leaves them out, event listings have none); the status filter has other words than
the bodies; ``category`` on events is ignored; markets settled before the cutoff, and trades made before it, are served
under ``/historical`` only. A 429 never carries ``Retry-After`` here unless a trap says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgeworth.adapters.synthetic.combos import Combos
from edgeworth.adapters.synthetic.events import Stage, SyntheticEvent
from edgeworth.adapters.synthetic.families import FAMILIES, FAMILY_BY_SERIES
from edgeworth.adapters.synthetic.instants import iso
from edgeworth.adapters.synthetic.kalshi_payloads import (
    VENUE,
    Payload,
    candle_ends,
    is_archived,
    kalshi_book,
    kalshi_candles,
    kalshi_event,
    kalshi_market,
    kalshi_series,
    kalshi_trade,
    live_markets,
)
from edgeworth.adapters.synthetic.paging import decode_cursor, encode_cursor, fingerprint
from edgeworth.adapters.synthetic.service import Service, encode, middle, ok, whole_number
from edgeworth.adapters.synthetic.snapshots import Snapshot
from edgeworth.adapters.synthetic.tapes import Place, Tape, parse_place
from edgeworth.adapters.synthetic.world import Found

STATUS_STAGES: Final = {
    "unopened": Stage.CREATED,
    "open": Stage.OPEN,
    "closed": Stage.PENDING,
    "settled": Stage.RESOLVED,
}
"""The words of the status filter."""

PERIODS: Final = (1, 60, 1440)
MOST_CANDLES: Final = 5_000
MOST_CANDLES_IN_BATCH: Final = 10_000
Listed = tuple[str, Payload]
"""A rendered row and its place in the listing."""


def kalshi_routes(service: Service) -> list[Route]:
    """Every route of the API, to be mounted under its base URL."""
    kalshi = _Kalshi(service)
    return [
        Route("/markets", kalshi.markets),
        Route("/markets/trades", kalshi.trades),
        Route("/markets/orderbooks", kalshi.books),
        Route("/markets/candlesticks", kalshi.many_candles),
        Route("/markets/{ticker}", kalshi.market),
        Route("/markets/{ticker}/orderbook", kalshi.book),
        Route("/events", kalshi.events),
        Route("/events/multivariate", kalshi.multivariate),
        Route("/events/{ticker}", kalshi.event),
        Route("/series", kalshi.all_series),
        Route("/series/{ticker}", kalshi.series),
        Route("/series/{series}/markets/{ticker}/candlesticks", kalshi.candles),
        Route("/historical/cutoff", kalshi.cutoff),
        Route("/historical/markets", kalshi.archived_markets),
        Route("/historical/markets/{ticker}", kalshi.archived_market),
        Route("/historical/markets/{ticker}/candlesticks", kalshi.archived_candles),
        Route("/historical/trades", kalshi.archived_trades),
        Route("/exchange/status", kalshi.exchange_status),
        Route("/exchange/schedule", kalshi.exchange_schedule),
    ]


class _Kalshi:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._combos: tuple[object, Combos] | None = None

    # --- listings -----------------------------------------------------------------------------------------------------

    async def markets(self, request: Request) -> Response:
        return self._page(request, "markets", 100, 1_000, self._market_rows)

    async def archived_markets(self, request: Request) -> Response:
        return self._page(request, "markets", 100, 1_000, self._archived_rows)

    async def events(self, request: Request) -> Response:
        return self._page(request, "events", 200, 200, self._event_rows)

    async def multivariate(self, _: Request) -> Response:
        return ok({"events": [], "cursor": ""})

    def _page(
        self, request: Request, name: str, usual: int, most: int, rows: Callable[[Request, str], Iterator[Listed]]
    ) -> Response:
        params = request.query_params
        status = params.get("status")
        if status is not None and not set(status.split(",")) <= STATUS_STAGES.keys():
            return _refused(400, "bad_request", f"invalid status filter: {status}")
        limit = whole_number(params.get("limit"), usual, most) or usual
        listing = request.url.path
        place = ""
        if params.get("cursor"):
            found = decode_cursor(params["cursor"], listing, fingerprint(params.multi_items()))
            if found is None:
                return _refused(400, "bad_request", "invalid cursor")
            place = found

        def render() -> bytes:
            following = rows(request, place)
            shown = list(islice(following, limit))
            after = next(following, None)
            cursor = encode_cursor(listing, fingerprint(params.multi_items()), after[0]) if after else ""
            if self._service.traps.repeat_cursor and place:
                cursor = params["cursor"]
            return encode({name: self._trapped(name, [row for _, row in shown]), "cursor": cursor})

        return self._service.cached(request, render)

    def _trapped(self, name: str, rows: list[Payload]) -> list[Payload]:
        if not self._service.traps.has_broken_market:
            return rows
        markets = rows if name == "markets" else [one for row in rows for one in row.get("markets", ())]
        if markets:
            broken = markets[middle(len(markets))]
            broken["yes_bid_dollars"] = "n/a"
            del broken["close_time"]
        return rows

    def _market_rows(self, request: Request, place: str) -> Iterator[Listed]:
        """Combos first, then the markets of the events, unless filters say otherwise."""
        params = request.query_params
        is_narrow = any(name in params for name in ("event_ticker", "series_ticker", "tickers"))
        combos = self._all_combos()
        combo_filter = params.get("mve_filter")
        begins_with_combos = combo_filter != "exclude" and not is_narrow and params.get("status", "open") == "open"
        if begins_with_combos and (not place or place.startswith("c")):
            for number in range(int(place[1:] or 0), combos.count):
                yield f"c{number}", combos.payload(number)
            place = ""
        if combo_filter != "only":
            yield from self._plain_rows(request, place, is_archive=False)

    def _archived_rows(self, request: Request, place: str) -> Iterator[Listed]:
        yield from self._plain_rows(request, place, is_archive=True)

    def _plain_rows(self, request: Request, place: str, *, is_archive: bool) -> Iterator[Listed]:
        world = self._service.world
        first, _, position = place.partition(".")
        begin = (int(first or 0), int(position or 0))
        for event in self._events(request, begin[0]):
            for seen in world.snapshots(event, VENUE):
                at = (event.index, seen.market.position)
                if (
                    at >= begin
                    and is_archived(world, seen) == is_archive
                    and _market_passes(request, event, seen, self._service)
                ):
                    yield f"{at[0]}.{at[1]}", kalshi_market(world, event, seen)

    def _event_rows(self, request: Request, place: str) -> Iterator[Listed]:
        world = self._service.world
        with_markets = request.query_params.get("with_nested_markets", "").lower() == "true"
        stage = STATUS_STAGES.get(request.query_params.get("status", ""))
        for event in self._events(request, int(place or 0)):
            if stage is None or any(seen.stage is stage for seen in world.snapshots(event, VENUE)):
                yield str(event.index), kalshi_event(world, event, with_markets=with_markets)

    def _events(self, request: Request, first: int) -> Iterator[SyntheticEvent]:
        """Listed events from number ``first`` on that the ticker filters leave."""
        params, world = request.query_params, self._service.world
        named = [params["event_ticker"]] if "event_ticker" in params else []
        named += [ticker for ticker in params.get("tickers", "").split(",") if ticker]
        if named:
            found = {event.index: event for event in map(world.by_event_ticker, named) if event is not None}
            events: Iterator[SyntheticEvent] = iter([found[index] for index in sorted(found) if index >= first])
        else:
            events = world.listed(VENUE, first)
        series = params.get("series_ticker")
        return (event for event in events if series is None or event.family.series == series)

    def _all_combos(self) -> Combos:
        world = self._service.world
        if self._combos is None or self._combos[0] is not world:
            self._combos = (world, Combos(world))
        return self._combos[1]

    # --- single things ------------------------------------------------------------------------------------------------

    async def market(self, request: Request) -> Response:
        return self._one_market(request, is_archive=False)

    async def archived_market(self, request: Request) -> Response:
        return self._one_market(request, is_archive=True)

    def _one_market(self, request: Request, *, is_archive: bool) -> Response:
        found = self._found(request, is_archive=is_archive)
        if found is None:
            return _refused(404, "not_found", "market not found")
        seen = self._service.world.snapshot(*found)
        return ok({"market": kalshi_market(self._service.world, found[0], seen)})

    def _found(self, request: Request, *, is_archive: bool | None) -> Found | None:
        world = self._service.world
        found = world.by_ticker(request.path_params["ticker"])
        if found is None or is_archive is None:
            return found
        return found if is_archived(world, world.snapshot(*found)) == is_archive else None

    async def event(self, request: Request) -> Response:
        world = self._service.world
        event = world.by_event_ticker(request.path_params["ticker"])
        if event is None:
            return _refused(404, "not_found", "event not found")
        if request.query_params.get("with_nested_markets", "").lower() == "true":
            return ok({"event": kalshi_event(world, event, with_markets=True), "markets": []})
        return ok({"event": kalshi_event(world, event, with_markets=False), "markets": live_markets(world, event)})

    async def all_series(self, request: Request) -> Response:
        category, tags = request.query_params.get("category"), request.query_params.get("tags")
        rows = [kalshi_series(family) for family in FAMILIES]
        if category is not None:
            rows = [row for row in rows if row["category"] == category]
        if tags is not None:
            rows = [row for row in rows if set(tags.split(",")) & set(row["tags"] or ())]
        return ok({"series": rows})

    async def series(self, request: Request) -> Response:
        family = FAMILY_BY_SERIES.get(request.path_params["ticker"])
        return ok({"series": kalshi_series(family)}) if family else _refused(404, "not_found", "series not found")

    async def book(self, request: Request) -> Response:
        found = self._found(request, is_archive=False)
        if found is None:
            return _refused(404, "not_found", "market not found")
        depth = whole_number(request.query_params.get("depth"), 0, 100)
        return ok({"orderbook_fp": self._book(found, depth)})

    async def books(self, request: Request) -> Response:
        world = self._service.world
        tickers = [one for text in request.query_params.getlist("tickers") for one in text.split(",") if one]
        found = [(ticker, world.by_ticker(ticker)) for ticker in tickers[:100]]
        rows = [{"ticker": ticker, "orderbook_fp": self._book(one, 0)} for ticker, one in found if one is not None]
        return ok({"orderbooks": rows})

    def _book(self, found: Found, depth: int) -> Payload:
        book = self._service.books.peek(*found)
        return kalshi_book(book.ladder if book else None, depth)

    # --- trades and candles -------------------------------------------------------------------------------------------

    async def trades(self, request: Request) -> Response:
        return self._tape(request, is_archive=False)

    async def archived_trades(self, request: Request) -> Response:
        return self._tape(request, is_archive=True)

    def _tape(self, request: Request, *, is_archive: bool) -> Response:
        params, world = request.query_params, self._service.world
        limit = whole_number(params.get("limit"), 100, 1_000) or 100
        cutoff = world.archive_cutoff()
        since, until = (
            whole_number(params.get("min_ts"), 0, 1 << 40),
            whole_number(params.get("max_ts"), 1 << 40, 1 << 40),
        )
        since, until = (since, min(until, cutoff - 1)) if is_archive else (max(since, cutoff), until)
        before: Place | None = None
        if params.get("cursor"):
            text = decode_cursor(params["cursor"], request.url.path, fingerprint(params.multi_items()))
            if text is None:
                return _refused(400, "bad_request", "invalid cursor")
            before = parse_place(text)
        found = world.by_ticker(params["ticker"]) if "ticker" in params else None
        every = ((event, market) for event in world.listed(VENUE) for market in event.kalshi)
        chosen = ([found] if found else []) if "ticker" in params else every
        page, more = Tape(world, chosen, since=since, until=until).page(limit, before)
        cursor = encode_cursor(request.url.path, fingerprint(params.multi_items()), more.text()) if more else ""
        return ok({"trades": [kalshi_trade(world, *one, fill) for one, fill in page], "cursor": cursor})

    async def candles(self, request: Request) -> Response:
        found = self._found(request, is_archive=False)
        return self._candle_answer(request, found, is_archive=False)

    async def archived_candles(self, request: Request) -> Response:
        found = self._found(request, is_archive=True)
        return self._candle_answer(request, found, is_archive=True)

    def _candle_answer(self, request: Request, found: Found | None, *, is_archive: bool) -> Response:
        window = _candle_window(request)
        if isinstance(window, Response):
            return window
        if found is None:
            return _refused(404, "not_found", "market not found")
        ends = candle_ends(self._service.world, found[1], *window)
        if len(ends) > MOST_CANDLES:
            return _refused(400, "bad_request", f"requested {len(ends)} candlesticks, maximum is {MOST_CANDLES}")
        rows = kalshi_candles(self._service.world, *found, ends, window[2], is_archive=is_archive)
        return ok({"ticker": request.path_params["ticker"], "candlesticks": rows})

    async def many_candles(self, request: Request) -> Response:
        window = _candle_window(request)
        if isinstance(window, Response):
            return window
        world = self._service.world
        tickers = [one for one in request.query_params.get("market_tickers", "").split(",") if one]
        found = [(ticker, one) for ticker in tickers[:100] if (one := world.by_ticker(ticker)) is not None]
        live = [(ticker, one) for ticker, one in found if not is_archived(world, world.snapshot(*one))]
        ends = {ticker: candle_ends(world, one[1], *window) for ticker, one in live}
        if sum(map(len, ends.values())) > MOST_CANDLES_IN_BATCH:
            return _refused(400, "bad_request", f"maximum is {MOST_CANDLES_IN_BATCH} candlesticks")
        rows = [
            {
                "market_ticker": ticker,
                "candlesticks": kalshi_candles(world, *one, ends[ticker], window[2], is_archive=False),
            }
            for ticker, one in live
        ]
        return ok({"markets": rows})

    # --- the exchange -------------------------------------------------------------------------------------------------

    async def cutoff(self, _: Request) -> Response:
        at = iso(self._service.world.archive_cutoff())
        return ok({"market_settled_ts": at, "trades_created_ts": at, "orders_updated_ts": at})

    async def exchange_status(self, _: Request) -> Response:
        return ok({"exchange_active": True, "trading_active": True, "exchange_estimated_resume_time": None})

    async def exchange_schedule(self, _: Request) -> Response:
        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        always: dict[str, Any] = {day: [{"open_time": "00:00", "close_time": "00:00"}] for day in days}
        hours = always | {"start_time": "2024-12-01T00:00:00Z", "end_time": "2200-12-01T00:00:00Z"}
        return ok({"schedule": {"standard_hours": [hours], "maintenance_windows": []}})


def _refused(status: int, code: str, message: str) -> Response:
    """An error in Kalshi's flat form."""
    return Response(encode({"code": code, "message": message}), status_code=status, media_type="application/json")


def _market_passes(request: Request, event: SyntheticEvent, seen: Snapshot, service: Service) -> bool:
    params = request.query_params
    if "status" in params and all(seen.stage is not STATUS_STAGES[word] for word in params["status"].split(",")):
        return False
    if params.get("tickers") and service.world.native_id(event, seen.market) not in params["tickers"].split(","):
        return False
    moments = (
        ("created", event.created_at),
        ("close", seen.market.deadline),
        ("settled", seen.market.ending.resolved_at),
    )
    return all(
        whole_number(params.get(f"min_{name}_ts"), 0, 1 << 40)
        <= at
        <= whole_number(params.get(f"max_{name}_ts"), 1 << 40, 1 << 40)
        for name, at in moments
        if name != "settled" or seen.stage is Stage.RESOLVED or not any("settled_ts" in key for key in params)
    ) and (seen.stage is Stage.RESOLVED or not any("settled_ts" in key for key in params))


def _candle_window(request: Request) -> tuple[int, int, int] | Response:
    """Start, end and period; all are required."""
    params = request.query_params
    values = [params.get(name, "") for name in ("start_ts", "end_ts", "period_interval")]
    if not all(value.isdecimal() for value in values):
        return _refused(400, "bad_request", "start_ts, end_ts and period_interval are required")
    start, end, minutes = (int(value) for value in values)
    if minutes not in PERIODS or end < start:
        return _refused(400, "bad_request", "period_interval must be 1, 60 or 1440 and end_ts not before start_ts")
    return start, end, minutes
