"""Asking Kalshi for its listings and its series. Requests only; ``parse`` reads the answers.

Books, candles and trades are asked for in ``history_client``; what the venue allows stands in ``limits``.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from edgeworth.adapters.http import VenueHttp
from edgeworth.adapters.kalshi.history_client import KalshiHistory, add_rows
from edgeworth.adapters.kalshi.limits import EVENTS_PAGE, KALSHI_LIMITS, KALSHI_URL, MARKETS_PAGE, STATUSES, Params
from edgeworth.adapters.kalshi.pages import digest_seed, split_listing
from edgeworth.adapters.kalshi.parse import parse_event_item, parse_market_item, parse_series_item
from edgeworth.markets.listing import ListingItem, ListingPage, ParsedItem, Series
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows, RawPage

__all__ = [
    "KALSHI_LIMITS",
    "KALSHI_URL",
    "KalshiEventsListing",
    "KalshiHistoricalMarketsListing",
    "KalshiHistory",
    "KalshiMarketsListing",
    "KalshiSeriesListing",
    "fetch_series",
    "series_by_ticker",
]


class _Listing:
    """A listing that is walked by cursor. Implements the port ``Listing``.

    Args:
        http: The venue.
        path: Of the listing.
        kind: Raw folder of the pages.
        page_kind: What ``split_listing`` calls them.
        filters: Sent with every page; a cursor belongs to its filters.
        include_combos: Keep combos instead of refusing them.
        series: Known series by ticker: fees and more tags.
    """

    def __init__(
        self,
        http: VenueHttp,
        *,
        path: str,
        kind: str,
        page_kind: str,
        filters: Params,
        include_combos: bool,
        series: Mapping[str, Series] | None,
    ) -> None:
        self._http = http
        self._path = path
        self._kind = kind
        self._page_kind = page_kind
        self._filters = filters
        self._include_combos = include_combos
        self._series = series or {}
        self._seed = digest_seed(self._series, include_combos=include_combos)

    @property
    def venue(self) -> Venue:
        """The synthetic twin once the server has declared itself a stand-in."""
        return self._http.venue

    @property
    def kind(self) -> str:
        """Raw folder of the pages."""
        return self._kind

    @property
    def key(self) -> str:
        """Host, path and filters."""
        return f"{self._http.known_as}{self._path}?{urlencode(self._filters)}"

    async def fetch(self, cursor: str | None) -> RawPage:
        """The page at ``cursor``, with the same filters as every other page."""
        at: Params = () if cursor is None else (("cursor", cursor),)
        return await self._http.get(self._path, self._filters + at, kind=self._kind)

    def split(self, page: RawPage) -> ListingPage:
        """The items of ``page``."""
        return split_listing(page.body, self._page_kind, seed=self._seed)

    def parse(self, item: ListingItem, page: RawPage) -> ParsedItem:
        """Everything that ``item`` holds."""
        parse_item = parse_event_item if item.kind == "event" else parse_market_item
        return parse_item(
            item,
            venue=page.venue,
            as_of=page.fetched_at,
            include_combos=self._include_combos,
            series=self._series,
        )


class KalshiEventsListing(_Listing):
    """Events with their markets: the richest listing, without combos.

    Args:
        http: The venue.
        status: ``unopened``, ``open``, ``closed`` or ``settled``; ``None`` lists all that are not archived.
        series: Known series by ticker (``fetch_series``): fees and more tags.
        include_combos: Keep combos, should there be any.
        page_size: At most ``EVENTS_PAGE``.
        filters: More of the venue's parameters (``("series_ticker", "KXFED")``), sent as they are.
    """

    def __init__(
        self,
        http: VenueHttp,
        *,
        status: str | None = None,
        series: Mapping[str, Series] | None = None,
        include_combos: bool = False,
        page_size: int = EVENTS_PAGE,
        filters: Params = (),
    ) -> None:
        super().__init__(
            http,
            path="/events",
            kind="events",
            page_kind="events",
            filters=(
                ("limit", str(min(page_size, EVENTS_PAGE))),
                ("with_nested_markets", "true"),
                *_status_filter(status),
                *filters,
            ),
            include_combos=include_combos,
            series=series,
        )


class KalshiMarketsListing(_Listing):
    """Markets without their events; for filters that events do not have, and for combos.

    Args:
        http: The venue.
        status: As for events.
        series: Known series by ticker: the only source of category, tags and fees here.
        include_combos: List combos too, and keep them.
        page_size: At most ``MARKETS_PAGE``.
        filters: More of the venue's parameters, sent as they are.
    """

    def __init__(
        self,
        http: VenueHttp,
        *,
        status: str | None = None,
        series: Mapping[str, Series] | None = None,
        include_combos: bool = False,
        page_size: int = MARKETS_PAGE,
        filters: Params = (),
    ) -> None:
        super().__init__(
            http,
            path="/markets",
            kind="markets",
            page_kind="markets",
            filters=_market_filters(page_size, (*_status_filter(status), *filters), include_combos=include_combos),
            include_combos=include_combos,
            series=series,
        )


class KalshiHistoricalMarketsListing(_Listing):
    """Archived markets: those settled before the cutoff. Their events are not listed with them.

    Args:
        http: The venue.
        series: Known series by ticker: the only source of category, tags and fees here.
        include_combos: List combos too, and keep them.
        page_size: At most ``MARKETS_PAGE``.
        filters: More of the venue's parameters (``("series_ticker", "KXFED")``), sent as they are.
    """

    def __init__(
        self,
        http: VenueHttp,
        *,
        series: Mapping[str, Series] | None = None,
        include_combos: bool = False,
        page_size: int = MARKETS_PAGE,
        filters: Params = (),
    ) -> None:
        super().__init__(
            http,
            path="/historical/markets",
            kind="historical_markets",
            page_kind="markets",
            filters=_market_filters(page_size, filters, include_combos=include_combos),
            include_combos=include_combos,
            series=series,
        )


class KalshiSeriesListing(_Listing):
    """All series on one page; walked before the events, because series decide their fees and tags.

    Args:
        http: The venue.
        filters: Of the venue (``("category", "Politics")``).
    """

    def __init__(self, http: VenueHttp, filters: Params = ()) -> None:
        super().__init__(
            http, path="/series", kind="series", page_kind="series", filters=filters, include_combos=False, series=None
        )

    def parse(self, item: ListingItem, page: RawPage) -> ParsedItem:
        """The series that ``item`` holds."""
        return parse_series_item(item, venue=page.venue, as_of=page.fetched_at)


async def fetch_series(http: VenueHttp, filters: Params = ()) -> FetchedRows:
    """All series in one answer (13,000 of them in August 2026), which give fees, categories and tags.

    Args:
        http: The venue.
        filters: Of the venue (``("category", "Politics")``).
    """
    page = await http.get("/series", filters, kind="series")
    parsed = ParsedItem()
    for item in split_listing(page.body, "series").items:
        add_rows(parsed, parse_series_item(item, venue=page.venue, as_of=page.fetched_at))
    return FetchedRows(page=page, parsed=parsed)


def series_by_ticker(parsed: ParsedItem) -> dict[str, Series]:
    """The series of ``parsed`` by ticker, as the listings want them."""
    return {series.native_id: series for series in parsed.series}


def _status_filter(status: str | None) -> Params:
    if status is None:
        return ()
    if status not in STATUSES:
        raise ValueError(f"expected a status out of {', '.join(sorted(STATUSES))}, found {status!r}")
    return (("status", status),)


def _market_filters(page_size: int, filters: Params, *, include_combos: bool) -> Params:
    without_combos: Params = () if include_combos else (("mve_filter", "exclude"),)
    return (("limit", str(min(page_size, MARKETS_PAGE))), *without_combos, *filters)
