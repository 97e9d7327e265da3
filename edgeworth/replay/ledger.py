"""The trial ledger as a port: every trial that was ever made, so that none is made twice and none is forgotten.

It outlives the sweep that made a trial. What is known of a setting is found by the digests of bars and configuration
and by the version of the code, since any of the three decides what a trial comes to.

For the deflation a setting counts once, whichever version of Edgeworth tried it: the newest trial of it stands. A
strategy of one's own is another with every change of its source, for a change is a new attempt: its version is that of
Edgeworth, a stroke, and the digest of the source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from edgeworth.replay.sweep import Trial


def version_of(code_version: str, source_digest: str | None = None) -> str:
    """The version under which a trial is kept: of Edgeworth and, of a strategy of one's own, of its source."""
    return code_version if source_digest is None else f"{code_version}/{source_digest}"


def tried(configuration: str, version: str) -> str:
    """What a trial tried, whichever version of Edgeworth did: the configuration, and the source of one's own."""
    _, stroke, source_digest = version.partition("/")
    return f"{configuration}{stroke}{source_digest}"


def sharpes_digest(sharpes: Iterable[float]) -> str:
    """SHA-256 of Sharpe ratios, whatever their order: of each a line with all its digits, the smallest first."""
    return hashlib.sha256("".join(f"{sharpe!r}\n" for sharpe in sorted(sharpes)).encode()).hexdigest()


class TrialLedger(Protocol):
    """Trials of all sweeps."""

    def save(
        self, trials: Sequence[Trial], *, is_synthetic: bool, code_version: str, run_id: str, made_at: datetime
    ) -> None:
        """Store ``trials``, all or none; one that is known under the same digests and version is replaced.

        Args:
            trials: Of one set of bars.
            is_synthetic: Whether the bars are invented.
            code_version: ``version_of`` what made them.
            run_id: The sweep that made them.
            made_at: When.

        Raises:
            DataError: A figure of a trial is no finite number. Nothing was stored.
            StorageError: Nothing was stored.
        """

    def known(self, dataset: str, configurations: Collection[str], code_version: str) -> Mapping[str, Trial]:
        """Those of ``configurations`` that this version has tried on the bars ``dataset``, by configuration."""

    def sharpes(self, dataset: str) -> Mapping[str, float]:
        """The Sharpe ratio, of one bar, of everything ever tried on the bars ``dataset``, by ``tried``.

        Of what several versions of Edgeworth tried, the newest trial.
        """
