"""Fills orders against bars: at the next open, at a price no better than the bar allows, at the costs there are.

Within one bar: first what is due at its open (settlement, time, what the strategy asked for), then limits, then stops
and targets. Of a stop and a target in one bar the stop is taken, for nobody knows which came first; a stop that the
open has jumped over fills at the open; a position filled by a limit within the bar takes no target in that bar. In a
bar of volume zero nothing fills. One position at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from edgeworth.errors import UnknownFeeError
from edgeworth.replay.bars import instant
from edgeworth.replay.costs import Costs
from edgeworth.replay.indicators import Row
from edgeworth.replay.orders import Enter, ExitReason, Leave, OpenPosition, Order, Refusal, Trade
from edgeworth.replay.strategy import Account, Position


class Settlement(Struct, frozen=True, kw_only=True):
    """How the market of these bars was resolved.

    Attributes:
        at: In seconds since 1970 UTC. From the bar on in which it lies, nothing fills any more.
        value: What a share of the outcome pays, 0 to 1; ``None`` when the market is void and stakes are returned.
    """

    at: int
    value: float | None

    def __post_init__(self) -> None:
        if self.value is not None and not 0.0 <= self.value <= 1.0:
            raise ValueError(f"expected a settlement from 0 to 1, found {self.value:g}")


class Broker:
    """The account's only hand.

    Attributes:
        account: What strategies are shown.
        is_busy: Whether something is held or waits, so that the next bar must be looked at.
        is_over: Whether the strategy is asked no more: the market is settled, or the money is gone.
    """

    def __init__(
        self, cash: float, costs: Costs, *, interval_seconds: int, is_market: bool, settlement: Settlement | None = None
    ) -> None:
        self.account = Account(cash)
        self.is_busy = False
        self.is_over = False
        self.trades: list[Trade] = []
        self.refusals: list[Refusal] = []
        self._costs = costs
        self._interval = interval_seconds
        self._is_market = is_market
        self._settlement = settlement
        self._leave: ExitReason | None = None
        self._waiting: Enter | None = None
        self._waited = 0
        self._decided_at = 0

    def accept(self, orders: Sequence[Order], row: Row) -> None:
        """Take what the strategy wants at the end of ``row``."""
        for order in orders:
            if isinstance(order, Leave):
                self._waiting = None
                self._leave = ExitReason.ASKED if self.account.position else None
            elif (reason := self._refused(order)) is not None:
                self._refuse(row.opens_at + self._interval, reason)
            else:
                self._waiting, self._waited, self._decided_at = order, 0, row.opens_at + self._interval
        self._note_state()

    def run(self, row: Row) -> float:
        """Let ``row`` happen to what is held and what waits; equity at its close."""
        account = self.account
        if self._is_settled_in(row):
            self._settle(row)
        elif row.volume != 0.0:
            self._fill(row)
        position = account.position
        equity = account.cash
        if position is not None:
            equity += position.sign * position.quantity * row.close
            if equity <= 0.0:
                self._leave, self.is_over = ExitReason.RUIN, True
        account.equity = equity
        self._note_state()
        return equity

    def open_position(self) -> OpenPosition | None:
        """What is still held."""
        position = self.account.position
        if position is None:
            return None
        return OpenPosition(
            side=position.side,
            quantity=position.quantity,
            decided_at=instant(position.decided_at),
            entered_at=instant(position.entered_at),
            entry_price=position.price,
            fees=position.fees,
            note=position.order.note,
        )

    def finish(self, ended_at: int) -> None:
        """The bars have ended; a market that was resolved by then settles what is held."""
        if self._settlement is not None and self._settlement.at <= ended_at and self.account.position is not None:
            self._settle_position(ended_at)

    def _note_state(self) -> None:
        self.account.waits = self._waiting is not None
        self.is_busy = self._waiting is not None or self.account.position is not None

    def _refused(self, order: Enter) -> str | None:
        if (reason := _unusable(order)) is not None:
            return reason
        if self._waiting is not None:
            return "another order waits already"
        if self.account.position is not None and self._leave is None:
            return "a position is open already"
        return None

    def _refuse(self, at: int, reason: str) -> None:
        self.refusals.append(Refusal(at=instant(at), reason=reason))

    def _is_settled_in(self, row: Row) -> bool:
        return self._settlement is not None and row.opens_at + self._interval > self._settlement.at

    def _settle(self, row: Row) -> None:
        self.is_over = True
        if self._waiting is not None:
            self._refuse(row.opens_at, "the market is settled")
            self._waiting = None
        if self.account.position is not None:
            self._settle_position(row.opens_at)

    def _settle_position(self, at: int) -> None:
        position, settlement = self.account.position, self._settlement
        assert position is not None
        assert settlement is not None
        if settlement.value is None:
            self._close(at, position.price, 0.0, ExitReason.VOID)
        else:
            self._close(at, settlement.value, 0.0, ExitReason.SETTLED)

    def _fill(self, row: Row) -> None:
        position = self.account.position
        if position is not None and self._is_left_at_open(position, row):
            position = None
        is_fresh = False
        if position is None and self._waiting is not None:
            is_fresh = self._enter(self._waiting, row)
            position = self.account.position
        if position is not None and not self._is_left_within(position, row, is_fresh=is_fresh):
            # The high of a bar that was entered in its midst may lie before the entry.
            reached = row.close if is_fresh else (row.high if position.sign > 0 else row.low)
            if (reached - position.best) * position.sign > 0.0:
                position.best = reached

    def _is_left_at_open(self, position: Position, row: Row) -> bool:
        hold = position.order.exits.hold_seconds
        reason = self._leave
        if reason is None and hold is not None and row.opens_at >= position.entered_at + hold:
            reason = ExitReason.TIME
        return reason is not None and self._sell_at_market(position, row, row.open, reason)

    def _is_left_within(self, position: Position, row: Row, *, is_fresh: bool) -> bool:
        """Stop before target; ``is_fresh`` when the entry lies somewhere within the bar."""
        exits, sign = position.order.exits, position.sign
        stop, reason = _stop(position)
        if stop is not None:
            if not is_fresh and (row.open - stop) * sign <= 0.0:
                return self._sell_at_market(position, row, row.open, reason)
            if ((row.low if sign > 0 else row.high) - stop) * sign <= 0.0:
                return self._sell_at_market(position, row, stop, reason)
        if exits.target is None or is_fresh:
            return False
        target = position.price + sign * exits.target
        if ((row.high if sign > 0 else row.low) - target) * sign < 0.0:
            return False
        price = row.open if (row.open - target) * sign > 0.0 else target
        return self._sell(position, row, price, ExitReason.TARGET)

    def _sell_at_market(self, position: Position, row: Row, price: float, reason: ExitReason) -> bool:
        return self._sell(position, row, self._costs.filled(price, -position.sign, is_market=self._is_market), reason)

    def _sell(self, position: Position, row: Row, price: float, reason: ExitReason) -> bool:
        try:
            fee = self._costs.fee.of(price, position.quantity, row.opens_at)
        except UnknownFeeError as error:
            self._refuse(row.opens_at, f"the position stays open: {error}")
            return False
        self._close(row.opens_at, price, fee, reason)
        return True

    def _close(self, at: int, price: float, fee: float, reason: ExitReason) -> None:
        position = self.account.position
        assert position is not None
        self.account.cash += position.sign * position.quantity * price - fee
        self.account.position = None
        self.account.left_at = at
        self._leave = None
        self.trades.append(_trade(position, at, price, position.fees + fee, reason))

    def _enter(self, order: Enter, row: Row) -> bool:
        """Fill ``order`` if this bar allows it; whether that was somewhere within the bar."""
        sign = order.side.sign
        if order.limit is None:
            self._waiting = None
            self._buy(order, self._costs.filled(row.open, sign, is_market=self._is_market), row)
            return False
        self._waited += 1
        if (row.open - order.limit) * sign <= 0.0:
            self._waiting = None
            self._buy(order, row.open, row)
            return False
        if ((row.low if sign > 0 else row.high) - order.limit) * sign <= 0.0:
            self._waiting = None
            self._buy(order, order.limit, row)
            return True
        if self._waited >= order.good_for_bars:
            self._waiting = None
        return False

    def _buy(self, order: Enter, price: float, row: Row) -> None:
        account, sign = self.account, order.side.sign
        try:
            fee = self._costs.fee.of(price, order.quantity, row.opens_at)
        except UnknownFeeError as error:
            self._refuse(row.opens_at, str(error))
            return
        at_risk = (1.0 - price) if self._is_market and sign < 0 else price
        if (needed := order.quantity * at_risk + fee) > account.cash:
            self._refuse(row.opens_at, f"expected {needed:.2f} dollars for the order, found {account.cash:.2f}")
            return
        account.cash -= sign * order.quantity * price + fee
        account.position = Position(order, price=price, fees=fee, decided_at=self._decided_at, entered_at=row.opens_at)


def _unusable(order: Enter) -> str | None:
    """What of ``order`` cannot be meant. An indicator in its warm-up is NaN, and so is what is reckoned from it."""
    if not (order.quantity > 0.0 and math.isfinite(order.quantity)):
        return f"expected a quantity above zero, found {order.quantity:g}"
    exits = order.exits
    amounts = (("limit", order.limit), ("stop", exits.stop), ("target", exits.target), ("trail", exits.trail))
    for name, amount in amounts:
        if amount is not None and not (amount >= 0.0 and math.isfinite(amount)):
            return f"expected a {name} of zero or more, found {amount:g}"
    if exits.hold_seconds is not None and not exits.hold_seconds >= 0:
        return f"expected a holding time of zero seconds or more, found {exits.hold_seconds}"
    return None


def _stop(position: Position) -> tuple[float | None, ExitReason]:
    """The nearer of the stop and the trailing stop."""
    exits, sign = position.order.exits, position.sign
    fixed = None if exits.stop is None else position.price - sign * exits.stop
    if exits.trail is None:
        return fixed, ExitReason.STOP
    trailing = position.best - sign * exits.trail
    if fixed is not None and (fixed - trailing) * sign >= 0.0:
        return fixed, ExitReason.STOP
    return trailing, ExitReason.TRAIL


def _trade(position: Position, at: int, price: float, fees: float, reason: ExitReason) -> Trade:
    return Trade(
        side=position.side,
        quantity=position.quantity,
        decided_at=instant(position.decided_at),
        entered_at=instant(position.entered_at),
        entry_price=position.price,
        exited_at=instant(at),
        exit_price=price,
        exit_reason=reason,
        fees=fees,
        profit=position.sign * position.quantity * (price - position.price) - fees,
        note=position.order.note,
    )
