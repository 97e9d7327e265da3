"""Where contracts trade or prices come from, and whether the place is real."""

from __future__ import annotations

from enum import StrEnum


class Venue(StrEnum):
    """A place where contracts trade, or where the prices come from that questions are about (``SPOT``: no markets).

    The synthetic venue imitates both exchanges; its rows carry names of their own, so that an invented market can
    never be taken for a real one nor overwrite it.
    """

    POLYMARKET = "polymarket"
    KALSHI = "kalshi"
    SYNTHETIC_POLYMARKET = "synthetic-polymarket"
    SYNTHETIC_KALSHI = "synthetic-kalshi"
    SPOT = "spot"
    SYNTHETIC_SPOT = "synthetic-spot"

    @property
    def is_synthetic(self) -> bool:
        """Whether the markets of this venue are invented."""
        return self in {Venue.SYNTHETIC_POLYMARKET, Venue.SYNTHETIC_KALSHI, Venue.SYNTHETIC_SPOT}

    @property
    def exchange(self) -> Venue:
        """The real exchange whose rules (fees, ticks, settlement) apply here."""
        return Venue(self.value.removeprefix("synthetic-"))

    @property
    def synthetic(self) -> Venue:
        """The invented twin of this venue."""
        return Venue(f"synthetic-{self.exchange.value}")
