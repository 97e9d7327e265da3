"""A process that ingests a made-up listing into a real store, and can be killed with signal 9 at any step.

Run as ``python -m tests.ingest_process URL DATA_DIR NAME [--kill-at STEP] [--version N] [--late SECONDS] [--pages N]``.
Steps are fetches, raw appends, SQL statements and commits. Each fetch is written to ``DATA_DIR/fetches.txt``, each
finished ingest prints its counts as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from edgeworth.adapters.storage.database import SqlCatalogue, open_database
from edgeworth.adapters.storage.raw import RawFile, ZstdRawStore
from edgeworth.markets.ingestion import ingest_listing
from tests.builders import NOON
from tests.fakes import FakeListing, item


class Kill:
    """Kills this process with signal 9 at the given step."""

    def __init__(self, at: int | None) -> None:
        self.left = at

    def step(self, *_: Any) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


class SteppedFile:
    """A raw file that may be the last thing the process touches."""

    def __init__(self, file: RawFile, kill: Kill) -> None:
        self.file = file
        self.kill = kill

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def append(self, page):
        self.kill.step()
        position = self.file.append(page)
        self.kill.step()
        return position


class SteppedStore:
    def __init__(self, store: ZstdRawStore, kill: Kill) -> None:
        self.store = store
        self.kill = kill

    def create(self, *given):
        return SteppedFile(self.store.create(*given), self.kill)

    def try_open(self, path):
        file = self.store.try_open(path)
        return None if file is None else SteppedFile(file, self.kill)


class LateListing(FakeListing):
    """A fake listing read so many seconds after noon."""

    late = 0

    async def fetch(self, cursor):
        page = await super().fetch(cursor)
        return replace(page, fetched_at=page.fetched_at + timedelta(seconds=self.late))


def pages_of(number: int, version: int) -> list[list[dict]]:
    """``number`` pages of three items with two markets and a refused row each; the last page repeats the first item."""
    pages = [
        [item(f"p{page}i{index}", rows=3, refused=1, version=version) for index in range(3)] for page in range(number)
    ]
    pages[-1].append(pages[0][0])
    return pages


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("name")
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--late", type=int, default=0)
    parser.add_argument("--pages", type=int, default=4)
    given = parser.parse_args()
    kill = Kill(given.kill_at)
    engine = open_database(given.url)
    for event in ("before_cursor_execute", "after_cursor_execute", "commit"):
        sa.event.listen(engine, event, kill.step)
    listing = LateListing.of(*pages_of(given.pages, given.version))
    listing.late = given.late

    def note_fetch(cursor):
        kill.step()
        with (given.data_dir / "fetches.txt").open("a") as file:
            file.write(f"{cursor}\n")

    listing.on_fetch = note_fetch
    # Named for the process that began the walk, as a run names its walks.
    names = (f"{given.name}-{number}" for number in range(10))
    counts = asyncio.run(
        ingest_listing(
            listing,
            raw=SteppedStore(ZstdRawStore(given.data_dir), kill),
            catalogue=SqlCatalogue(engine),
            run_id=given.name,
            new_pass_id=lambda: next(names),
            clock=lambda: NOON,
        )
    )
    engine.dispose()
    print(json.dumps(msgspec.to_builtins(counts)))  # noqa: T201


if __name__ == "__main__":
    main()
