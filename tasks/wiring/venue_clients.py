"""The HTTP clients of the venues, not yet connected: what is read through them is decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from edgeworth.adapters.http import RateLimit, VenueHttp
from edgeworth.adapters.kalshi.client import KALSHI_LIMITS
from edgeworth.adapters.polymarket.client import CLOB_LIMITS, DATA_API_LIMITS, GAMMA_LIMITS
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.markets.venue import Venue
from tasks.clock import utc_now
from tasks.settings import Settings
from tasks.wiring.jitter import retry_jitter


def gamma_client(settings: Settings, *, world: str | None = None) -> VenueHttp:
    """Polymarket's listings. ``world`` names the synthetic world that answers; ``None`` is the venue itself."""
    return _http(
        settings, settings.gamma_url, name="Polymarket Gamma", venue=Venue.POLYMARKET, limits=GAMMA_LIMITS, world=world
    )


def clob_client(settings: Settings, *, world: str | None = None) -> VenueHttp:
    """Polymarket's books and prices."""
    return _http(
        settings, settings.clob_url, name="Polymarket CLOB", venue=Venue.POLYMARKET, limits=CLOB_LIMITS, world=world
    )


def data_api_client(settings: Settings, *, world: str | None = None) -> VenueHttp:
    """Polymarket's trades."""
    return _http(
        settings,
        settings.data_api_url,
        name="Polymarket Data API",
        venue=Venue.POLYMARKET,
        limits=DATA_API_LIMITS,
        world=world,
    )


def kalshi_client(settings: Settings, *, world: str | None = None) -> VenueHttp:
    """All that Kalshi has."""
    return _http(settings, settings.kalshi_url, name="Kalshi", venue=Venue.KALSHI, limits=KALSHI_LIMITS, world=world)


def _http(
    settings: Settings, url: str, *, name: str, venue: Venue, limits: Sequence[RateLimit], world: str | None
) -> VenueHttp:
    # The documented limits protect real venues; our own loopback server needs none. Its port differs every time, so an
    # interrupted walk is found again by the name of its world.
    return VenueHttp(
        url,
        name=name,
        venue=venue,
        limits=limits if world is None else (),
        clock=utc_now,
        retry=RetryPolicy(attempts=settings.venue_attempts),
        jitter=retry_jitter(),
        known_as=None if world is None else world + urlsplit(url).path,
    )
