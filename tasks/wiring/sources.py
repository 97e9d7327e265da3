"""What an ingest may be asked to read: a venue on the network, the synthetic one, or a recorded file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from edgeworth.errors import ConfigurationError
from tasks.settings import Settings
from tasks.wiring.feed import open_feed
from tasks.wiring.recordings import FILE_PREFIX, recorded_venues
from tasks.wiring.storage import Storage
from tasks.wiring.synthetic import synthetic_settings
from tasks.wiring.venues import OpenVenue, SourceOptions, open_kalshi, open_polymarket

NETWORK_SOURCES = ("polymarket", "kalshi", "synthetic")


def public_name(source: str) -> str:
    """A source as it may be shown: a file by its name, without its folder."""
    return f"{FILE_PREFIX}{Path(source.removeprefix(FILE_PREFIX)).name}" if source.startswith(FILE_PREFIX) else source


def check_sources(sources: Sequence[str]) -> None:
    """Refuse a source that nothing can read, before any work starts.

    Raises:
        ConfigurationError: Names the source and what is accepted.
    """
    if not sources:
        raise ConfigurationError("expected at least one source, found none; for example --source synthetic")
    for source in sources:
        if source in NETWORK_SOURCES:
            continue
        if not source.startswith(FILE_PREFIX) or source == FILE_PREFIX:
            raise ConfigurationError(
                f"expected a source out of {', '.join(NETWORK_SOURCES)} or file:PATH, found {source!r}"
            )
        path = Path(source.removeprefix(FILE_PREFIX))
        if not path.exists():
            raise ConfigurationError(f"expected a file or folder at {path}, found nothing there")


@asynccontextmanager
async def open_source(
    source: str, settings: Settings, storage: Storage, options: SourceOptions
) -> AsyncIterator[list[OpenVenue]]:
    """The venues behind ``source``, connected for the time of the block.

    Raises:
        SourceError: The venue cannot be reached.
        UnreadableInputError: A recorded file cannot be read.
    """
    async with AsyncExitStack() as stack:
        world = None
        if source == "synthetic":
            world = f"synthetic:{settings.synthetic_seed}"
            settings = stack.enter_context(synthetic_settings(settings))
        if source.startswith(FILE_PREFIX):
            yield recorded_venues(Path(source.removeprefix(FILE_PREFIX)), storage, options)
            return
        venues = []
        if source in {"polymarket", "synthetic"}:
            venues.append(await open_polymarket(stack, settings, options, world=world))
        if source in {"kalshi", "synthetic"}:
            venues.append(await open_kalshi(stack, settings, storage, options, world=world))
        if world is not None and options.history:
            venues.append(await open_feed(stack, settings, world=world))
        yield venues
