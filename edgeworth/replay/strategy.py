"""What a strategy is, and what it is shown: the bars that have ended, its account, nothing else.

A strategy says which indicators it reads, and at the end of each bar what it wants at the next. It keeps nothing of its
own between two bars: what it remembers must stand in the bars, the indicators or the account, or a replay that leaves
bars out could not be equal. ``parity`` finds one that does not keep to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from edgeworth.replay.indicators import Indicator
from edgeworth.replay.orders import Direction, Enter, Order

NO_ORDERS: tuple[Order, ...] = ()


class Past(dict[str, list[float]]):
    """The bars that have ended, and the indicators at their ends by name; ``[-1]`` is the bar that has just ended.

    The lists are filled bar by bar: the future is not hidden in them, it is not there. They go back at least as far as
    the strategy says that it reads (``lookback``), so read them from their end.

    Attributes:
        ended: How many bars have ended.
        opens_at: Beginning of each bar, in seconds since 1970 UTC.
        volume: NaN where it is not stated.

    An indicator is NaN where it is not known.
    """

    # A dictionary, since every look at an indicator would cost a call in Python otherwise.
    __slots__ = ("close", "ended", "high", "low", "open", "opens_at", "volume")

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__({name: [] for name in names})
        self.ended = 0
        self.opens_at: list[int] = []
        self.open: list[float] = []
        self.high: list[float] = []
        self.low: list[float] = []
        self.close: list[float] = []
        self.volume: list[float] = []

    @property
    def columns(self) -> list[list[Any]]:
        """All lists: first those of bars, in the order of ``indicators.Row``, then those of indicators."""
        return [self.opens_at, self.open, self.high, self.low, self.close, self.volume, *self.values()]


class Position:
    """What is held.

    Attributes:
        quantity: Above zero, whichever side.
        best: The best price of the bars it has seen to their end, from its own price on.
    """

    __slots__ = ("best", "decided_at", "entered_at", "fees", "order", "price", "quantity", "side", "sign")

    def __init__(self, order: Enter, *, price: float, fees: float, decided_at: int, entered_at: int) -> None:
        self.order = order
        self.side: Direction = order.side
        self.sign = order.side.sign
        self.quantity = order.quantity
        self.price = self.best = price
        self.fees = fees
        self.decided_at = decided_at
        self.entered_at = entered_at


class Account:
    """What a strategy knows of its own money, at the end of the bar.

    Attributes:
        cash: Dollars.
        equity: Cash and what is held, at the close.
        position: What is held, if anything.
        waits: Whether a limit waits to be filled.
        left_at: Beginning of the bar in which the last position ended, in seconds since 1970; ``None`` before.
    """

    __slots__ = ("cash", "equity", "left_at", "position", "waits")

    def __init__(self, cash: float) -> None:
        self.cash = cash
        self.equity = cash
        self.position: Position | None = None
        self.waits = False
        self.left_at: int | None = None


class Strategy(Protocol):
    """Decides at the end of each bar what to do at the next."""

    @property
    def name(self) -> str:
        """For reports."""
        ...

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        """What it reads, by the name under which ``Past`` gives it."""
        ...

    @property
    def lookback(self) -> int:
        """How many bars it reads back, the last one included; ``parity`` finds one that reads further."""
        ...

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        """What it wants at the next bar; empty for nothing."""
        ...
