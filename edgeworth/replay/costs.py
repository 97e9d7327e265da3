"""What a fill costs: fee, half of the spread, slippage. A fee that is not known refuses the fill."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.markets.fees import FeeTerms, taker_fee
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros, ShareMicros

_EASTERN = "America/New_York"


class ProportionalFee(Struct, frozen=True, kw_only=True, tag=True):
    """A share of what changes hands, as on spot exchanges: 0.001 is ten basis points."""

    rate: float = 0.001

    def of(self, price: float, quantity: float, opens_at: int) -> float:  # noqa: ARG002 - the same at all times
        """Dollars for ``quantity`` at ``price``."""
        return self.rate * (price * quantity)


class VenueFee(Struct, frozen=True, kw_only=True, tag=True):
    """What a prediction market takes from takers, by its dated schedule."""

    venue: Venue
    terms: FeeTerms | None

    def of(self, price: float, quantity: float, opens_at: int) -> float:
        """Dollars for ``quantity`` shares at ``price``; size and price in millionths, as the venue counts.

        Raises:
            UnknownFeeError: No schedule says it.
        """
        day = _day(self.venue.exchange, opens_at)
        shares, at = ShareMicros(round(quantity * MICROS)), PriceMicros(round(price * MICROS))
        return taker_fee(self.venue, self.terms, at, shares, day) / MICROS


Fee = ProportionalFee | VenueFee


class Costs(Struct, frozen=True, kw_only=True):
    """What stands between the price of a bar and the price of a fill.

    Attributes:
        half_spread, slippage: Added to what is bought and taken from what is sold at the market. A share of the price
            (0.0002 is two basis points); of a prediction market dollars (0.005 is half a cent).
    """

    fee: Fee = ProportionalFee()
    half_spread: float = 0.0002
    slippage: float = 0.0003

    def __post_init__(self) -> None:
        if not 0.0 <= self.half_spread < 1.0 or not 0.0 <= self.slippage < 1.0:
            raise ConfigurationError(
                f"expected spread and slippage from 0 to 1, found {self.half_spread:g} and {self.slippage:g}"
            )
        if isinstance(self.fee, ProportionalFee) and not 0.0 <= self.fee.rate < 1.0:
            raise ConfigurationError(f"expected a fee from 0 to 1 of what changes hands, found {self.fee.rate:g}")

    def filled(self, price: float, sign: int, *, is_market: bool) -> float:
        """What is paid (``sign`` 1) or received (-1) for one at the market, where bars say ``price``."""
        worse = self.half_spread + self.slippage
        if is_market:
            return min(1.0, max(0.0, price + sign * worse))
        return price * (1.0 + sign * worse)


def _day(exchange: Venue, opens_at: int) -> date:
    """The day in the calendar of the venue."""
    zone = _eastern() if exchange is Venue.KALSHI else UTC
    return datetime.fromtimestamp(opens_at, tz=zone).date()


@cache
def _eastern() -> ZoneInfo:
    return ZoneInfo(_EASTERN)
