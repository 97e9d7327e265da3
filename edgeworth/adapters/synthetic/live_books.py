"""The order books of a running venue: what the world says, moved on by the messages of the market stream.

A book that nobody streams is the world's. Once messages were sent about it, ``/book`` answers with the book that those
messages lead to, so that a client that applied them can be checked.
"""

from __future__ import annotations

from msgspec import Struct

from edgeworth.adapters.synthetic.books import Ladder
from edgeworth.adapters.synthetic.draws import derive
from edgeworth.adapters.synthetic.events import SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.world import World


class LevelChange(Struct, frozen=True):
    """The new total at one price of outcome 0; size 0 removes it."""

    is_bid: bool
    price: int
    cents: int


class LiveBook(Struct):
    """One market's orders and what was said about them so far.

    Attributes:
        version: How many changes were made. last: Price of outcome 0 in the last streamed trade.
    """

    event: SyntheticEvent
    market: SyntheticMarket
    ladder: Ladder
    version: int = 0
    last: int | None = None


class LiveBooks:
    """Books by (event, position); made from the world when first asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._books: dict[tuple[int, int, str], LiveBook] = {}

    def restart(self, world: World) -> None:
        """Begin again with the books of ``world``."""
        self._world = world
        self._books.clear()

    def peek(self, event: SyntheticEvent, market: SyntheticMarket) -> LiveBook | None:
        """The book of ``market`` as it stands; ``None`` when it does not trade."""
        held = self._books.get(_key(market))
        if held is not None:
            return held
        ladder = self._world.ladder(event, market)
        return (
            None if ladder is None else LiveBook(event, market, ladder, last=self._world.snapshot(event, market).last)
        )

    def hold(self, event: SyntheticEvent, market: SyntheticMarket) -> LiveBook | None:
        """As ``peek``, and keep it, because it is about to be changed."""
        book = self.peek(event, market)
        if book is not None:
            self._books[_key(market)] = book
        return book

    @staticmethod
    def touch(book: LiveBook) -> LevelChange:
        """Make the next change to ``book``: grow, shrink or remove a level, or add one inside the spread."""
        word = derive(book.market.key, "stream", book.version)
        book.version += 1
        is_bid = bool(word & 1)
        levels = book.ladder.bids if is_bid else book.ladder.asks
        choice = (word >> 8) % 4
        prices = sorted(levels, reverse=is_bid)
        if choice == 0 and len(prices) > 1:
            change = LevelChange(is_bid, prices[0], 0)
        elif choice == 1 and (better := _better(book.ladder, is_bid=is_bid)) is not None:
            change = LevelChange(is_bid, better, 1_000 + (word >> 16) % 50_000)
        elif prices:
            change = LevelChange(is_bid, prices[(word >> 16) % len(prices)], 500 + (word >> 24) % 90_000)
        else:
            change = LevelChange(is_bid, book.ladder.tick if is_bid else MILLS - book.ladder.tick, 1_000)
        _apply(levels, change)
        return change


def _key(market: SyntheticMarket) -> tuple[int, int, str]:
    return market.event_index, market.position, market.venue.value


def _better(ladder: Ladder, *, is_bid: bool) -> int | None:
    """A price inside the spread, if there is room."""
    bid, ask = ladder.best_bid or 0, ladder.best_ask or MILLS
    price = bid + ladder.tick if is_bid else ask - ladder.tick
    return price if bid < price < ask and 0 < price < MILLS else None


def _apply(levels: dict[int, int], change: LevelChange) -> None:
    if change.cents:
        levels[change.price] = change.cents
    else:
        levels.pop(change.price, None)
