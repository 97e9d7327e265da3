"""The trial ledger in SQL (``TrialLedger``): a row a trial, found by bars, configuration and version of the code.

What makes two trials the same, and which count in a deflation, is ``edgeworth.replay.ledger``; here stand rows.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from edgeworth.adapters.storage.connection import reading, writing
from edgeworth.adapters.storage.rows import any_text, instant, json
from edgeworth.adapters.storage.schema import trial as table
from edgeworth.adapters.storage.selection import among
from edgeworth.adapters.storage.upsert import upsert
from edgeworth.errors import DataError
from edgeworth.replay.ledger import tried
from edgeworth.replay.sweep import Trial, check_finite


class SqlTrials:
    """Trials in the database of ``engine``; what ``open_database`` gives."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def save(
        self, trials: Sequence[Trial], *, is_synthetic: bool, code_version: str, run_id: str, made_at: datetime
    ) -> None:
        """Store ``trials``, all or none; see ``TrialLedger.save``.

        Raises:
            DataError: A figure is no finite number, which could not be read again. Nothing was stored.
            StorageError: Nothing was stored; the kind says what to do.
        """
        for trial in trials:
            check_finite(trial)
        by_configuration = {(trial.dataset, trial.configuration): trial for trial in trials}
        rows = [
            (
                trial.dataset,
                trial.configuration,
                any_text(code_version),
                any_text(trial.strategy),
                json(trial.settings),
                any_text(trial.asset),
                is_synthetic,
                trial.bars,
                trial.sharpe,
                trial.skewness,
                trial.kurtosis,
                json(_finite(trial)),
                json(trial.blocks),
                any_text(run_id),
                instant(made_at),
            )
            for _, trial in sorted(by_configuration.items())
        ]
        with writing(self._engine) as connection:
            upsert(connection, table, rows)

    def known(self, dataset: str, configurations: Collection[str], code_version: str) -> Mapping[str, Trial]:
        """Those of ``configurations`` that this version has tried on the bars ``dataset``.

        Raises:
            DataError: A row is no trial: it was changed by other means.
            StorageError: The database failed; the kind says what to do.
        """
        of_code = table.c.code_version == any_text(code_version)
        wanted = among(self._engine, table.c.configuration, sorted(set(configurations)))
        query = sa.select(table).where(table.c.dataset == dataset, of_code, wanted)
        with reading(self._engine) as connection:
            return {row.configuration: _trial_of(row) for row in connection.execute(query)}

    def sharpes(self, dataset: str) -> Mapping[str, float]:
        """The Sharpe ratio, of one bar, of everything ever tried on the bars ``dataset``; see ``TrialLedger``.

        Raises:
            StorageError: The database failed; the kind says what to do.
        """
        query = (
            sa.select(table.c.configuration, table.c.code_version, table.c.sharpe)
            .where(table.c.dataset == dataset)
            .order_by(table.c.made_at, table.c.code_version)
        )
        with reading(self._engine) as connection:
            return {tried(row.configuration, row.code_version): row.sharpe for row in connection.execute(query)}


def _finite(trial: Trial) -> dict[str, Any]:
    """The metrics as JSON can say them, which knows no infinity: none but a turnover can be that."""
    found = msgspec.structs.asdict(trial.metrics)
    return found if math.isfinite(trial.metrics.turnover) else {**found, "turnover": None}


def _trial_of(row: sa.Row[Any]) -> Trial:
    values = {name: getattr(row, name) for name in Trial.__struct_fields__}
    turnover = row.metrics.get("turnover")
    values["metrics"] = {**row.metrics, "turnover": math.inf if turnover is None else turnover}
    try:
        return msgspec.convert(values, Trial)
    except msgspec.ValidationError as error:
        raise DataError(f"trial {row.configuration} of bars {row.dataset}: expected a trial, found: {error}") from error
