"""What a batch of simulations needs from outside besides ``edgeworth.ports`` and ``sandbox``: memory and a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from edgeworth.simulation.chain import ChainEnd, ChainFault
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.record import MarketSimulation


class UnitStore(Protocol):
    """Finished pieces of work, each found by the hash of everything that decided it, so that none is done twice."""

    def recall(self, kind: str, key: str) -> bytes | None:
        """What was remembered, or ``None``.

        Args:
            kind: A word of ours (``reply``, ``run``, ``market``).
            key: Hexadecimal digest; see ``unit_key``.
        """

    def remember(self, kind: str, key: str, body: bytes) -> None:
        """Keep ``body``; whole or not at all, and the same again is harmless.

        Raises:
            StorageError: It cannot be written.
        """


class SimulationStore(Protocol):
    """Simulations and forecasts of batches."""

    def register(self, run_id: str, record: MarketSimulation, forecast: Forecast) -> bool:
        """Store a market's simulations with its forecast, in one transaction; ``False`` when it was registered before.

        A registered forecast is never changed: it is the next link of a chain of digests. The same again, written down
        later or by another version, changes nothing.

        Raises:
            DataError: Another forecast stands under its id, or the three do not belong together.
            StorageError: Nothing was stored.
        """

    def forecasts(
        self,
        *,
        run_id: str | None = None,
        market_id: str | None = None,
        is_synthetic: bool | None = None,
        limit: int | None = None,
    ) -> Sequence[Forecast]:
        """Forecasts in the order in which they were registered; with ``limit`` the last so many of them."""

    def chain_end(self) -> ChainEnd | None:
        """The last link, to be noted elsewhere (in the manifest of a batch); ``None`` without any forecast."""

    def check_chain(self, end: ChainEnd | None = None) -> ChainFault | None:
        """The first forecast that is not as it was registered; ``None`` when all are.

        Args:
            end: As noted earlier. Without one, the removal of the last forecasts cannot be seen.
        """
