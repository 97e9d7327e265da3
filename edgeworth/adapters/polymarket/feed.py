"""Messages of the market channel to books and trades. Pure: bytes in, state and rows out; ``stream`` does the I/O.

A message is one object or an array of them, told apart by ``event_type``. ``price_change`` comes in three spellings:
flat (one change), ``changes`` and ``price_changes`` (several, for several tokens). A message may pass through a crossed
book, so that books are checked when all of a message is applied. The venue's stated best prices are the check; its
hashes are not, because they cover fields and spellings that the messages do not repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from edgeworth.adapters.polymarket import wire
from edgeworth.adapters.polymarket.book_state import BookState
from edgeworth.adapters.polymarket.books import Tokens, levels
from edgeworth.adapters.polymarket.trades import Occurrences, derived_trade_id, trade_side
from edgeworth.adapters.polymarket.values import decode_failure, instant, price, refusal, shares, token_id
from edgeworth.errors import ParseError
from edgeworth.markets.history import Trade
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros

NOT_BOOKS = frozenset({"best_bid_ask", "new_market", "market_resolved"})
"""Events that are counted only: none of them changes a book, and listings carry what they say."""

_one = msgspec.json.Decoder(wire.StreamEvent)
_several = msgspec.json.Decoder(list[msgspec.Raw])


class FeedCounts(Struct, kw_only=True):
    """What came in.

    Attributes:
        events: Objects received. snapshots, changes, trades, others: Of them, by kind.
        ignored: Changes of tokens that were not asked for, or before their first snapshot.
        resyncs: How often a book was found to differ from what the venue says.
        refused: Objects that could not be read.
    """

    events: int = 0
    snapshots: int = 0
    changes: int = 0
    trades: int = 0
    others: int = 0
    ignored: int = 0
    resyncs: int = 0
    refused: int = 0


class MarketFeed:
    """Books of chosen tokens, kept by messages, and what has not been taken yet.

    Args:
        tokens: Token id -> market and outcome.
        venue: Whose markets.
    """

    def __init__(self, tokens: Tokens, *, venue: Venue) -> None:
        self._tokens = tokens
        self._venue = venue
        self._states = {token: BookState() for token in tokens}
        self._changed: dict[str, None] = {}
        self._pending = ParsedItem()
        self._occurrences: Occurrences = {}
        self.counts = FeedCounts()

    @property
    def pending_rows(self) -> int:
        """Rows that ``drain`` would give."""
        return len(self._changed) + self._pending.rows

    def state(self, token: str) -> BookState:
        """The book of ``token``."""
        return self._states[token]

    def receive(self, message: str | bytes) -> list[str]:
        """Apply ``message``.

        Returns:
            Tokens whose book differs from what the venue says, or is crossed: they need a new snapshot. Until it
            comes they give no book.
        """
        body = message.encode() if isinstance(message, str) else message
        try:
            events = _several.decode(body) if body.lstrip()[:1] == b"[" else [msgspec.Raw(body)]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._refuse(None, decode_failure(error, "a message"))
            return []
        return [token for raw in events for token in self._receive_event(raw)]

    def drain(self) -> ParsedItem | None:
        """Everything since the last call: the present book of each token that changed, and all trades.

        Returns:
            ``None`` when nothing happened.
        """
        parsed, self._pending = self._pending, ParsedItem()
        changed, self._changed = self._changed, {}
        # Equal fills of one transaction come together; remembering all of them for ever would grow without end.
        self._occurrences = {}
        for token in changed:
            native_id, outcome_index = self._tokens[token]
            book = self._states[token].book(
                venue=self._venue, market_native_id=native_id, outcome_index=outcome_index, token_id=token
            )
            if book is not None:
                parsed.books.append(book)
                parsed.rows += 1
        return parsed if parsed.rows else None

    def forget(self) -> None:
        """Hold every book for unknown, after a connection was lost."""
        for state in self._states.values():
            state.forget()

    def _receive_event(self, raw: msgspec.Raw) -> list[str]:
        self.counts.events += 1
        try:
            event = _one.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._refuse(None, decode_failure(error, "a message"))
            return []
        try:
            return self._apply(event)
        except ParseError as error:
            self._refuse(str(event.asset_id or "")[:100] or None, error)
            # A book that missed a message is no longer the venue's.
            return self._lost([str(event.asset_id), *(str(change.asset_id) for change in event.price_changes or ())])

    def _apply(self, event: wire.StreamEvent) -> list[str]:
        match event.event_type or _kind_by_shape(event):
            case "book":
                return self._apply_snapshot(event)
            case "price_change":
                return self._apply_changes(event)
            case "last_trade_price":
                self._apply_trade(event)
            case "tick_size_change":
                self._apply_tick_size(event)
            case kind if kind in NOT_BOOKS:
                self.counts.others += 1
            case kind:
                raise ParseError("unknown_event", f"expected a message of the market channel, found event {kind!r:.60}")
        return []

    def _apply_snapshot(self, event: wire.StreamEvent) -> list[str]:
        token = self._known_token(event.asset_id)
        if token is None:
            return []
        state = self._states[token]
        at = _time(event.timestamp)
        state.snapshot(levels(event.bids, "bids"), levels(event.asks, "asks"), at=at, book_hash=event.hash or None)
        state.tick_size = price(event.tick_size, "tick_size") or state.tick_size
        self.counts.snapshots += 1
        self._changed[token] = None
        return self._lost([token]) if state.is_crossed else []

    def _apply_changes(self, event: wire.StreamEvent) -> list[str]:
        at = _time(event.timestamp)
        stated: dict[str, wire.StreamChange] = {}
        for change in _changes(event):
            self.counts.changes += 1
            token = self._known_token(change.asset_id)
            if token is None:
                continue
            if not self._states[token].is_known:
                self.counts.ignored += 1
                continue
            side, total = trade_side(change.side), shares(change.size, "size")
            level = price(change.price, "price")
            if side is None or total is None or level is None:
                raise ParseError(
                    "incomplete_change", "expected side, price and size in a price change, found one missing"
                )
            self._states[token].change(side, level, total, at=at)
            self._changed[token] = None
            stated[token] = change
        return self._lost([token for token, change in stated.items() if not self._agrees(token, change)])

    def _agrees(self, token: str, stated: wire.StreamChange) -> bool:
        state = self._states[token]
        return (
            not state.is_crossed
            and _same_best(stated.best_bid, "best_bid", state.best_bid)
            and _same_best(stated.best_ask, "best_ask", state.best_ask)
        )

    def _apply_trade(self, event: wire.StreamEvent) -> None:
        token = self._known_token(event.asset_id)
        if token is None:
            return
        paid, size, side = price(event.price, "price"), shares(event.size, "size"), trade_side(event.side)
        if paid is None or size is None:
            raise ParseError("incomplete_trade", "expected price and size in a trade, found one missing")
        native_id, outcome_index = self._tokens[token]
        at = _time(event.timestamp)
        trade = Trade(
            venue=self._venue,
            market_native_id=native_id,
            trade_id=derived_trade_id(
                event.transaction_hash, token, side, paid, size, at, None, seen=self._occurrences
            ),
            outcome_index=outcome_index,
            at=at,
            price=paid,
            size=size,
            side=side,
        )
        self.counts.trades += 1
        self._pending.trades.append(trade)
        self._pending.rows += 1

    def _apply_tick_size(self, event: wire.StreamEvent) -> None:
        token = self._known_token(event.asset_id)
        if token is not None:
            self._states[token].tick_size = price(event.new_tick_size, "new_tick_size")
            self.counts.others += 1

    def _known_token(self, asset_id: wire.Id) -> str | None:
        token = token_id(asset_id)
        if token in self._states:
            return token
        self.counts.ignored += 1
        return None

    def _lost(self, tokens: Sequence[str]) -> list[str]:
        lost = [token for token in dict.fromkeys(tokens) if token in self._states and self._states[token].is_known]
        for token in lost:
            self._states[token].forget()
            self._changed.pop(token, None)
            self.counts.resyncs += 1
        return lost

    def _refuse(self, native_id: str | None, error: ParseError) -> None:
        self.counts.refused += 1
        self._pending.rows += 1
        self._pending.refusals.append(refusal("stream", native_id, error, self.counts.events))


def _kind_by_shape(event: wire.StreamEvent) -> str | None:
    if event.price_changes is not None or event.changes is not None:
        return "price_change"
    return "book" if event.bids is not None or event.asks is not None else None


def _changes(event: wire.StreamEvent) -> list[wire.StreamChange]:
    """The changes of a message in any of its spellings, each with its token."""
    if event.price_changes is not None:
        return event.price_changes
    if event.changes is not None:
        for change in event.changes:
            change.asset_id = change.asset_id or event.asset_id
        return event.changes
    return [wire.StreamChange(asset_id=event.asset_id, price=event.price, size=event.size, side=event.side)]


def _same_best(stated: wire.Number, field: str, ours: PriceMicros | None) -> bool:
    """Whether the venue's best price is ours; an empty side is stated as nothing, 0 or 1."""
    if stated is None or stated == "":
        return True
    best = price(stated, field)
    return (best if best is not None and 0 < best < MICROS else None) == ours


def _time(stamp: wire.Number) -> datetime:
    at = instant(stamp, "timestamp")
    if at is None:
        raise ParseError("no_time", "expected a message to carry its time, found none")
    return at
