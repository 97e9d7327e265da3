"""What the main job is asked to do: from which venues, with which searches, and which batch of simulations."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from tasks.discovery.plan import DiscoverPlan
from tasks.ingestion.steps import IngestPlan
from tasks.simulation.plan import SimulatePlan

DEFAULT_SOURCES = ("polymarket", "kalshi")


class RunPlan(Struct, frozen=True, kw_only=True):
    """The main job.

    Attributes:
        sources: ``polymarket``, ``kalshi``, ``synthetic`` or ``file:PATH``.
        limit: Stop each listing after this many rows.
        full: The full universe, closed and settled markets included.
        history: Also read books, prices and trades of the busiest open markets.
        second_reader: Pairs that a language model may read again at most.
        batch: The markets to simulate, and how.
    """

    sources: tuple[str, ...] = DEFAULT_SOURCES
    limit: int | None = None
    full: bool = False
    history: bool = True
    second_reader: int = 0
    batch: SimulatePlan = SimulatePlan()

    @property
    def ingest(self) -> IngestPlan:
        """Its first part."""
        return IngestPlan(sources=self.sources, limit=self.limit, full=self.full, history=self.history)

    @property
    def discover(self) -> DiscoverPlan:
        """Its second part."""
        return DiscoverPlan(fetch_books=self.batch.fetch_books, second_reader=self.second_reader)

    def flow_parameters(self) -> dict[str, Any]:
        """The plan as plain parameters of the flow ``run``."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values
