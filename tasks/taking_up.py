"""Beginning a run in the store, or taking up one that was interrupted: the same plan, and its process is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from tasks import run_claims, wiring
from tasks.clock import new_id, utc_now
from tasks.code_version import code_version
from tasks.settings import Settings


class BegunRun(Struct, frozen=True):
    """A run that is noted in the store and claimed by this process.

    Attributes:
        started_at: When it first began; earlier than this process when it was taken up.
        turn: Names this process's turn at it; another one when it is taken up again.
        turn_began_at: When this process began with it; the same as ``started_at`` unless it was taken up.
    """

    run_id: str
    started_at: datetime
    turn_began_at: datetime
    is_taken_up: bool = False
    turn: str = ""


def begin_run(
    storage: wiring.Storage, settings: Settings, *, kind: str, parameters: Mapping[str, Any], within: timedelta
) -> BegunRun:
    """The newest interrupted run of ``kind`` with these parameters, or a new one.

    Args:
        storage: Holds the book of runs.
        settings: Where claims are kept.
        kind: Of run.
        parameters: What the run computes; compared as JSON.
        within: A run that began longer ago is left as it is: what it would find has changed.

    Raises:
        StorageError: The database or the data folder cannot be used.
    """
    run = _interrupted(storage, settings, kind, parameters, within)
    if run is None:
        now = utc_now()
        run = BegunRun(new_id(), now, now, turn=new_id())
        run_claims.claim(settings.data_dir, run.run_id)
    storage.catalogue.start_run(
        run.run_id, kind=kind, parameters=parameters, started_at=run.started_at, code_version=code_version()
    )
    return run


def _interrupted(
    storage: wiring.Storage, settings: Settings, kind: str, parameters: Mapping[str, Any], within: timedelta
) -> BegunRun | None:
    wanted = msgspec.json.decode(msgspec.json.encode(parameters))
    earliest = utc_now() - within

    def still_open() -> dict[str, datetime]:
        runs = storage.catalogue.list_runs(kind=kind)
        return {
            run.run_id: run.started_at
            for run in runs
            if run.status == "running" and run.started_at >= earliest and run.parameters == wanted
        }

    for run_id, started_at in still_open().items():
        if run_claims.try_take_up(settings.data_dir, run_id):
            # Its process may have ended well between the look and the claim.
            if run_id in still_open():
                return BegunRun(run_id, started_at, utc_now(), is_taken_up=True, turn=new_id())
            run_claims.let_go(settings.data_dir, run_id)
    return None
