"""The synthetic venue: the world of a data folder, which goes on from day to day, served on loopback."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from filelock import FileLock
from msgspec import Struct

from edgeworth.adapters.storage.disk import storage_error, write_whole
from edgeworth.errors import ConfigurationError
from tasks.clock import utc_now
from tasks.settings import Settings

if TYPE_CHECKING:
    from edgeworth.adapters.synthetic.world import World

SYNTHETIC_STEP_SECONDS = 900
"""The synthetic world moves in quarters of an hour, so that two ingests in a row see the same markets."""


class _Birth(Struct, frozen=True):
    """When the synthetic world of a data folder began; kept, so that later looks are looks at the same world."""

    start: datetime


def synthetic_world(settings: Settings, *, market_count: int | None = None) -> World:
    """The world of this data folder as it stands now.

    Its beginning is noted in the data folder the first time, so that the same markets go on from day to day.
    """
    seconds = int(utc_now().timestamp()) // SYNTHETIC_STEP_SECONDS * SYNTHETIC_STEP_SECONDS
    now = datetime.fromtimestamp(seconds, UTC)
    began = _birth(_world_note(settings, market_count), now)
    world = _world(settings.synthetic_seed, began, market_count)
    return world if began == now else world.at(now)


def _world_note(settings: Settings, market_count: int | None) -> Path:
    """Where it is noted when the world of this seed and size began."""
    size = "" if market_count is None else f"_{market_count}"
    return settings.data_dir / "synthetic" / f"world_{settings.synthetic_seed}{size}.json"


def has_synthetic_world(settings: Settings) -> bool:
    """Whether the world of usual size of this data folder has ever been looked at."""
    return _world_note(settings, None).exists()


def _birth(note: Path, now: datetime) -> datetime:
    """The beginning that stands in ``note``; ``now`` is written there by the first of all processes that ask."""
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(note.with_suffix(".lock")):
            if not note.exists():
                write_whole(note, msgspec.json.encode(_Birth(start=now)))
            return msgspec.json.decode(note.read_bytes(), type=_Birth).start
    except OSError as error:
        raise storage_error(error, note) from error


def _world(seed: int, as_of: datetime, market_count: int | None) -> World:
    # Here and below: half of the wiring's time to import, and needed by those who look at the synthetic world alone.
    from edgeworth.adapters.synthetic.world import World

    if market_count is None:
        return World(seed=seed, as_of=as_of)
    return World.with_market_count(market_count, seed=seed, as_of=as_of)


@contextmanager
def synthetic_settings(settings: Settings) -> Iterator[Settings]:
    """``settings`` aimed at a synthetic venue that is served on loopback for the time of the block."""
    from edgeworth.adapters.synthetic.server import running_venue

    with running_venue(synthetic_world(settings)) as venue:
        yield _aimed_at(settings, venue.origin)


def serve_synthetic(
    settings: Settings, *, port: int, market_count: int | None, announce: Callable[[Settings], None]
) -> None:
    """Serve the synthetic venue on ``port`` until it is interrupted; ``announce`` is told the addresses.

    Raises:
        ConfigurationError: The port is taken.
    """
    from edgeworth.adapters.synthetic.server import serve

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"--port: expected a free port on 127.0.0.1, found {port} not to be had ({error.strerror}); "
                "try another, such as --port 8766"
            ) from error
    announce(_aimed_at(settings, f"http://127.0.0.1:{port}"))
    serve(synthetic_world(settings, market_count=market_count), port=port)


def _aimed_at(settings: Settings, origin: str) -> Settings:
    from edgeworth.adapters.synthetic.server import CLOB_PATH, DATA_PATH, GAMMA_PATH, KALSHI_PATH, STREAM_PATH

    return settings.model_copy(
        update={
            "gamma_url": origin + GAMMA_PATH,
            "clob_url": origin + CLOB_PATH,
            "data_api_url": origin + DATA_PATH,
            "kalshi_url": origin + KALSHI_PATH,
            "market_stream_url": origin.replace("http", "ws", 1) + STREAM_PATH,
        }
    )
