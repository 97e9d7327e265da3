"""Stores on disk for tests of what reads them: a catalogue, a history and matches filled with a few values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import xxhash

from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.market import Event, Market
from edgeworth.ports import PageWrite, PassProgress, RawPosition
from tasks import wiring
from tasks.settings import Settings
from tests.builders import NOON
from tests.databases import make_sqlite


def settings_at(folder: Path, **changes: object) -> Settings:
    """Settings whose data and results lie in ``folder``, whatever the environment says."""
    return Settings(_env_file=None, data_dir=folder / "data", results_dir=folder / "results", **changes)


@contextmanager
def open_stores(folder: Path) -> Iterator[wiring.Storage]:
    make_sqlite(folder / "data" / "edgeworth.db")
    with wiring.open_storage(settings_at(folder)) as storage:
        yield storage


def save_markets(
    storage: wiring.Storage, markets: Sequence[Market], events: Sequence[Event] = (), *, at: datetime = NOON
) -> None:
    """Bring ``markets`` and ``events`` into the catalogue as one page of a walk."""
    for venue in sorted({one.venue for one in (*markets, *events)}):
        own = [market for market in markets if market.venue is venue]
        raw = repr((venue, at, own)).encode()
        digest = xxhash.xxh3_128_hexdigest(raw)
        path = f"{venue.value}/events/{digest}"
        item = ListingItem(kind="event", native_id=digest, raw=raw, digest=digest, index=0)
        parsed = ParsedItem(rows=len(own), markets=own, events=[event for event in events if event.venue is venue])
        walk = PassProgress(pass_id=digest, key=digest, started_at=at, raw_path=path)
        storage.catalogue.start_pass(walk, "run")
        write = PageWrite(
            venue=venue,
            fetched_at=at,
            parsed=[(item, parsed)],
            unchanged=[],
            position=RawPosition(path=path, offset=0, end=1),
            next_cursor=None,
        )
        storage.catalogue.apply_page(walk, "run", write)
