"""Reads the synthetic venue's feed of quantities as a ``Listing`` of bars. Knows none of the worlds behind it.

Each bar is kept under the event that asks about it, once for each exchange that lists the event: a quantity has no name
of its own, and real assets of the same name are something else.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec import Raw, Struct

from edgeworth.adapters.http import VenueHttp
from edgeworth.adapters.listing_pages import decode_page, listing_items
from edgeworth.errors import DataError
from edgeworth.markets.bars import Bar
from edgeworth.markets.listing import ListingItem, ListingPage, ParsedItem, Refusal
from edgeworth.markets.venue import Venue
from edgeworth.ports import RawPage

PATH = "/quantities"
KIND = "quantities"


class _Page(Struct):
    quantities: list[Raw]
    next_cursor: str | None = None


class _Quantity(Struct):
    name: str
    unit: str
    source: str
    interval_seconds: int
    bars: list[tuple[int, float, float, float, float]]
    polymarket: str | None = None
    kalshi: str | None = None

    @property
    def assets(self) -> list[str]:
        """Ids of the events that ask about it."""
        named = ((Venue.SYNTHETIC_POLYMARKET, self.polymarket), (Venue.SYNTHETIC_KALSHI, self.kalshi))
        return [f"{venue.value}:{native_id}" for venue, native_id in named if native_id is not None]


_page_decoder = msgspec.json.Decoder(_Page)
_quantity_decoder = msgspec.json.Decoder(_Quantity)


class QuantitiesListing:
    """Every quantity of the synthetic world at its instant.

    Args:
        http: The feed; it has asked once and knows that the server is synthetic.
    """

    kind = KIND

    def __init__(self, http: VenueHttp) -> None:
        self._http = http

    def __repr__(self) -> str:
        return f"QuantitiesListing({self.key})"

    @property
    def venue(self) -> Venue:
        """The invented twin of ``Venue.SPOT``."""
        return self._http.venue

    @property
    def key(self) -> str:
        """Names the walk."""
        return f"{self._http.known_as}{PATH}"

    async def fetch(self, cursor: str | None) -> RawPage:
        """The page at ``cursor``.

        Raises:
            SourceError: The server did not answer as agreed.
        """
        return await self._http.get(PATH, () if cursor is None else (("cursor", cursor),), kind=KIND)

    def split(self, page: RawPage) -> ListingPage:
        """The quantities of ``page``; see ``Listing.split``."""
        decoded = decode_page(page.body, _page_decoder, expected="a page of quantities")
        items = listing_items(decoded.quantities, kind="quantity", native_id=lambda _: None)
        return ListingPage(items=items, next_cursor=decoded.next_cursor)

    def parse(self, item: ListingItem, page: RawPage) -> ParsedItem:
        """The bars of one quantity, a row each for every event that asks about it."""
        try:
            quantity = _quantity_decoder.decode(item.raw)
        except msgspec.MsgspecError as error:
            return ParsedItem(rows=1, refusals=[_refusal(item, "bad_quantity", f"expected a quantity: {error}")])
        parsed = ParsedItem()
        for asset in quantity.assets:
            for row in quantity.bars:
                parsed.rows += 1
                try:
                    parsed.bars.append(_bar(asset, quantity, row, page))
                except DataError as error:
                    parsed.refusals.append(_refusal(item, "bad_bar", str(error)))
        return parsed


def _bar(asset: str, quantity: _Quantity, row: tuple[int, float, float, float, float], page: RawPage) -> Bar:
    seconds, first, high, low, last = row
    bar = Bar(
        asset=asset,
        interval_seconds=quantity.interval_seconds,
        opens_at=datetime.fromtimestamp(seconds, UTC),
        open=first,
        high=high,
        low=low,
        close=last,
        volume=None,
        unit=quantity.unit,
        source=f"synthetic: {quantity.source}",
        is_synthetic=page.venue.is_synthetic,
    )
    if bar.ends_at > page.fetched_at:
        raise DataError(
            f"expected a bar that had ended by {page.fetched_at.isoformat()}, found {bar.ends_at.isoformat()}"
        )
    return bar


def _refusal(item: ListingItem, code: str, reason: str) -> Refusal:
    return Refusal(kind="bar", native_id=item.native_id, code=code, reason=reason, item_index=item.index)
