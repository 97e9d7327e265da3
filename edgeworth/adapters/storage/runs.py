"""The book of runs: which run did what, with which parameters, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct

from edgeworth.adapters.storage.connection import reading, writing
from edgeworth.adapters.storage.schema import run
from edgeworth.errors import StorageError


class Run(Struct, frozen=True, kw_only=True):
    """One execution of a flow.

    Attributes:
        parameters: What to compute. counts: What came of it; ``None`` while it runs.
        status: ``running``, or what ``finish_run`` was told (``complete``, ``failed``).
        finished_at: ``None`` while it runs, and for ever when it was killed.
    """

    run_id: str
    kind: str
    parameters: dict[str, Any]
    code_version: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    counts: dict[str, Any] | None


class RunBook:
    """Notes runs. ``SqlCatalogue`` is one; this class exists to keep the two ideas apart."""

    _engine: sa.Engine

    def start_run(
        self, run_id: str, *, kind: str, parameters: Mapping[str, Any], started_at: datetime, code_version: str
    ) -> None:
        """Note that a run begins. A run that is taken up again under its id stays as it began."""
        row = {
            "run_id": run_id,
            "kind": kind,
            "parameters": dict(parameters),
            "code_version": code_version,
            "started_at": started_at,
            "status": "running",
        }
        with writing(self._engine) as connection:
            known = connection.execute(sa.select(run.c.run_id).where(run.c.run_id == run_id)).scalar()
            if known is None:
                connection.execute(sa.insert(run).values(row))
            else:
                again = {"status": "running", "finished_at": None, "counts": None}
                connection.execute(sa.update(run).where(run.c.run_id == run_id).values(again))

    def finish_run(self, run_id: str, *, finished_at: datetime, status: str, counts: Mapping[str, Any]) -> None:
        """Note how a run ended.

        Raises:
            StorageError: No run of that id was started.
        """
        values = {"finished_at": finished_at, "status": status, "counts": dict(counts)}
        with writing(self._engine) as connection:
            updated = connection.execute(sa.update(run).where(run.c.run_id == run_id).values(values))
            if updated.rowcount != 1:
                raise StorageError(f"run {run_id}: expected it among the started runs, found nothing")

    def list_runs(self, *, kind: str | None = None, limit: int = 100) -> list[Run]:
        """Runs, newest first."""
        query = sa.select(run).order_by(run.c.started_at.desc(), run.c.run_id).limit(limit)
        if kind is not None:
            query = query.where(run.c.kind == kind)
        with reading(self._engine) as connection:
            return [
                Run(**{name: getattr(row, name) for name in Run.__struct_fields__}) for row in connection.execute(query)
            ]
