"""Resting orders of a leg, and what taking so many shares of them costs: exact, in millionths, rounded against us.

A book for one outcome is also one for the other: a bid for Yes at 0.10 *is* an offer of No at 0.90. ``Books`` answers
for both; which orders a leg takes is named by ``orders_taken``, so that nobody counts them twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from edgeworth.discovery.opportunity import Leg, LegAction, LegFill
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.fees import FeeTerms, taker_fee
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros, ShareMicros, UsdMicros

LOTS: Final = {Venue.POLYMARKET: ShareMicros(10_000), Venue.KALSHI: ShareMicros(MICROS)}
"""Sizes of orders go in steps of this: 0.01 shares; whole contracts (fractions trade in some Kalshi markets only)."""

_KALSHI_DAY: Final = ZoneInfo("America/New_York")
_UNLIMITED: Final = ShareMicros(10**18)


class Takeable(Protocol):
    """A leg that can be traded in any size up to ``depth``."""

    @property
    def depth(self) -> int:
        """Shares that can be had."""

    @property
    def ends(self) -> Sequence[int]:
        """Sizes at which a price level is used up, ascending."""

    @property
    def top(self) -> int:
        """Millionths of a dollar paid for the first share (negative: received), without fees."""

    def fill(self, shares: int) -> LegFill:
        """What ``shares`` cost or bring."""


class Orders:
    """Orders of one side of one book, best first, with the fees that taking them costs.

    Args:
        is_sale: We sell into bids; the money is rounded down, that of a purchase up.

    Raises:
        UnknownFeeError: What the trade costs is not known.
    """

    def __init__(
        self, levels: Sequence[BookLevel], *, venue: Venue, terms: FeeTerms | None, on: date, is_sale: bool
    ) -> None:
        self._levels = levels
        self._venue, self._terms, self._on, self._is_sale = venue, terms, on, is_sale
        self.ends: list[int] = []
        self._amounts, self._fees = [0], [0]
        reached = 0
        for level in levels:
            reached += level.size
            self.ends.append(reached)
            self._amounts.append(self._amounts[-1] + self._amount(level.price, level.size))
            self._fees.append(self._fees[-1] + self._fee(level.price, level.size))

    @property
    def depth(self) -> int:
        return self.ends[-1] if self.ends else 0

    @property
    def top(self) -> int:
        return -self._levels[0].price if self._is_sale else self._levels[0].price

    def fill(self, shares: int) -> LegFill:
        """What ``shares`` (0 to ``depth``) cost or bring, level by level."""
        whole = bisect_left(self.ends, shares)
        amount, fees = self._amounts[whole], self._fees[whole]
        rest = shares - (self.ends[whole - 1] if whole else 0)
        worst = self._levels[whole].price
        if rest:
            amount += self._amount(worst, rest)
            fees += self._fee(worst, rest)
        return LegFill(
            average_price=PriceMicros(self._average(amount, shares)), worst_price=worst, shares=ShareMicros(shares),
            amount=UsdMicros(amount), fees=UsdMicros(fees),
        )  # fmt: skip

    def _average(self, amount: int, shares: int) -> int:
        if not shares:
            return self._levels[0].price
        return amount * MICROS // shares if self._is_sale else -(-amount * MICROS // shares)

    def _amount(self, price: int, shares: int) -> int:
        return price * shares // MICROS if self._is_sale else -(-price * shares // MICROS)

    def _fee(self, price: PriceMicros, shares: int) -> int:
        return taker_fee(self._venue, self._terms, price, ShareMicros(shares), self._on)


class Mint:
    """A dollar for one share of each outcome, as often as wanted, free of charge."""

    depth: int = _UNLIMITED
    ends: Sequence[int] = ()
    top: int = MICROS

    def fill(self, shares: int) -> LegFill:
        price = PriceMicros(MICROS)
        return LegFill(
            average_price=price, worst_price=price, shares=ShareMicros(shares), amount=UsdMicros(shares),
            fees=UsdMicros(0),
        )  # fmt: skip


class Conversion:
    """``count`` No shares of different markets become ``count - 1`` dollars (and Yes shares of the other markets)."""

    depth: int = _UNLIMITED
    ends: Sequence[int] = ()

    def __init__(self, count: int) -> None:
        self._count = count
        self.top = -(MICROS * (count - 1) // count)

    def fill(self, shares: int) -> LegFill:
        price = PriceMicros(-self.top)
        return LegFill(
            average_price=price, worst_price=price, shares=ShareMicros(shares),
            amount=UsdMicros(shares // self._count * (self._count - 1)), fees=UsdMicros(0),
        )  # fmt: skip


class Books:
    """Books by market and outcome; where one outcome has none, the mirror image of the other's."""

    def __init__(self, books: Iterable[OrderBook]) -> None:
        self._books: dict[tuple[str, int], OrderBook] = {}
        for book in books:
            held = self._books.get((book.market_id, book.outcome_index))
            if held is None or held.observed_at < book.observed_at:
                self._books[book.market_id, book.outcome_index] = book

    def book(self, market_id: str, outcome: int) -> OrderBook | None:
        """The book that a trade of ``outcome`` is priced by; it may be the other outcome's."""
        return self._books.get((market_id, outcome)) or self._books.get((market_id, 1 - outcome))

    def levels(self, leg: Leg) -> tuple[BookLevel, ...] | None:
        """What a purchase or a sale can take, best first; ``None`` without any book."""
        book = self.book(leg.market_id, leg.outcome_index)
        if book is None:
            return None
        is_own = book.outcome_index == leg.outcome_index
        wants_asks = leg.action is LegAction.BUY
        side = book.asks if wants_asks == is_own else book.bids
        levels = side if is_own else [BookLevel(PriceMicros(MICROS - one.price), one.size) for one in side]
        return tuple(one for one in levels if one.size > 0)


def orders_taken(leg: Leg) -> tuple[str, bool] | None:
    """Which resting orders the leg takes: market, and whether they are offers of outcome 0 (else bids for it)."""
    if leg.action not in {LegAction.BUY, LegAction.SELL}:
        return None
    return leg.market_id, (leg.action is LegAction.BUY) == (leg.outcome_index == 0)


def trading_day(venue: Venue, at: datetime) -> date:
    """The day of ``at`` in the calendar in which the venue dates its fees."""
    return at.astimezone(_KALSHI_DAY).date() if venue.exchange is Venue.KALSHI else at.date()
