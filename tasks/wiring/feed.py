"""The feed beside the synthetic exchanges: the past of the quantities that their questions are about."""

from __future__ import annotations

from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from edgeworth.adapters.http import VenueHttp
from edgeworth.adapters.synthetic.feed import PATH, QuantitiesListing
from edgeworth.markets.venue import Venue
from tasks.clock import utc_now
from tasks.settings import Settings
from tasks.wiring.jitter import retry_jitter
from tasks.wiring.venues import OpenVenue


async def open_feed(stack: AsyncExitStack, settings: Settings, *, world: str) -> OpenVenue:
    """The feed of the synthetic venue that ``settings`` are aimed at, connected until ``stack`` is left.

    Raises:
        SourceError: It cannot be reached.
    """
    from edgeworth.adapters.synthetic.server import FEED_PATH, GAMMA_PATH

    url = settings.gamma_url.removesuffix(GAMMA_PATH) + FEED_PATH
    http = await stack.enter_async_context(
        VenueHttp(
            url,
            name="synthetic feed",
            venue=Venue.SPOT,
            limits=(),
            clock=utc_now,
            jitter=retry_jitter(),
            known_as=world + urlsplit(url).path,
        )
    )
    await http.identify(PATH, (("limit", "1"),))
    return OpenVenue(
        venue=http.venue,
        listings=[QuantitiesListing(http)],
        note="the past of the quantities that invented questions are about, as bars; these are no markets",
    )
