"""Where present books can be asked for, of markets that are stored already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import Struct

from edgeworth.adapters.kalshi.client import KalshiHistory
from edgeworth.adapters.polymarket.client import PolymarketHistory
from edgeworth.errors import ConfigurationError, EdgeworthError
from edgeworth.markets.venue import Venue
from edgeworth.ports import HistorySource
from tasks.settings import Settings
from tasks.wiring.synthetic import has_synthetic_world, synthetic_settings
from tasks.wiring.venue_clients import clob_client, data_api_client, kalshi_client


class BookSources(Struct, frozen=True, kw_only=True):
    """Where present books can be asked for.

    Attributes:
        sources: By venue. unavailable: Venues that cannot be asked, with the reason.
    """

    sources: dict[Venue, HistorySource]
    unavailable: dict[Venue, str]


@asynccontextmanager
async def open_book_sources(settings: Settings, venues: Collection[Venue]) -> AsyncIterator[BookSources]:
    """The venues that can be asked for their present books, connected for the time of the block.

    Invented venues are served on loopback unless the addresses of a stand-in are set, and a server whose markets are
    not those of the venue is not asked.
    """
    sources: dict[Venue, HistorySource] = {}
    unavailable: dict[Venue, str] = {}
    async with AsyncExitStack() as stack:
        aimed: Settings | None = None
        for venue in sorted(venues):
            try:
                if venue.is_synthetic and aimed is None:
                    aimed = _at_synthetic(stack, settings)
                history = await _history_of(stack, venue, aimed if venue.is_synthetic and aimed else settings)
            except EdgeworthError as error:
                unavailable[venue] = str(error)
                continue
            if history.venue is venue:
                sources[venue] = history
            else:
                unavailable[venue] = f"the server that is set up holds markets of {history.venue.value}"
        yield BookSources(sources=sources, unavailable=unavailable)


def _at_synthetic(stack: AsyncExitStack, settings: Settings) -> Settings:
    """Settings aimed at the stand-in that is set up, or at the world of this data folder."""
    if settings.gamma_url != Settings.model_fields["gamma_url"].default:
        return settings
    if not has_synthetic_world(settings):
        raise ConfigurationError("the synthetic world that these markets come from is not that of this data folder")
    return stack.enter_context(synthetic_settings(settings))


async def _history_of(stack: AsyncExitStack, venue: Venue, settings: Settings) -> HistorySource:
    """The client of ``venue``; it has asked once and knows whose markets the server holds."""
    if venue.exchange is Venue.KALSHI:
        http = await stack.enter_async_context(kalshi_client(settings))
        await http.identify("/exchange/status")
        return KalshiHistory(http)
    clob = await stack.enter_async_context(clob_client(settings))
    data_api = await stack.enter_async_context(data_api_client(settings))
    await clob.identify("/time")
    return PolymarketHistory(clob=clob, data_api=data_api)
