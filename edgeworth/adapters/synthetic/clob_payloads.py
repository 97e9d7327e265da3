"""Books, prices and markets in the words of Polymarket's CLOB.

All prices and sizes are decimal strings; bids ascend and asks descend, so that the best level of each side is the
last; instants are milliseconds in a string. The book of outcome 1 mirrors that of outcome 0.
"""

from __future__ import annotations

from typing import Any, Final

from edgeworth.adapters.synthetic.books import Ladder
from edgeworth.adapters.synthetic.draws import derive
from edgeworth.adapters.synthetic.events import Stage, SyntheticEvent
from edgeworth.adapters.synthetic.gamma_payloads import dollars_text, is_closed
from edgeworth.adapters.synthetic.instants import gamma_time, iso
from edgeworth.adapters.synthetic.live_books import LiveBook
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.snapshots import Snapshot
from edgeworth.adapters.synthetic.world import World

Payload = dict[str, Any]
MIN_ORDER: Final = "5"


def size_text(cents: int) -> str:
    """Hundredths of a share as a decimal string without trailing zeros: 1050 -> ``10.5``."""
    whole, rest = divmod(cents, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def side_of(book: LiveBook, outcome: int) -> Ladder:
    """The orders as an owner of ``outcome`` sees them."""
    return book.ladder if outcome == 0 else book.ladder.mirrored()


def timestamp(world: World, book: LiveBook) -> str:
    """Milliseconds of the book's last change, as a string."""
    return str(world.now * 1_000 + book.version)


def book_hash(book: LiveBook, outcome: int) -> str:
    """Forty hexadecimal digits that change with the book."""
    words = [derive(book.market.key, "hash", book.version, outcome, number) for number in range(3)]
    return "".join(f"{word:016x}" for word in words)[:40]


def clob_book(world: World, book: LiveBook, outcome: int) -> Payload:
    """One outcome's book, the worst prices first."""
    ladder = side_of(book, outcome)
    return {
        "market": world.identity.condition_id(book.market),
        "asset_id": world.identity.token_ids(book.market)[outcome],
        "timestamp": timestamp(world, book),
        "hash": book_hash(book, outcome),
        "bids": _levels(ladder.bids, reverse=False),
        "asks": _levels(ladder.asks, reverse=True),
        "min_order_size": MIN_ORDER,
        "tick_size": dollars_text(ladder.tick),
        "neg_risk": book.event.is_exclusive,
        "last_trade_price": last_price_text(book, outcome),
    }


def _levels(levels: dict[int, int], *, reverse: bool) -> list[Payload]:
    return [
        {"price": dollars_text(price), "size": size_text(levels[price])} for price in sorted(levels, reverse=reverse)
    ]


def last_price_text(book: LiveBook, outcome: int) -> str:
    """Price of the last trade; empty when there was none."""
    if book.last is None:
        return ""
    return dollars_text(book.last if outcome == 0 else MILLS - book.last)


def best_text(price: int | None) -> str:
    """A best price, or ``0`` where that side is empty."""
    return "0" if price is None else dollars_text(price)


def clob_market(world: World, event: SyntheticEvent, seen: Snapshot) -> Payload:
    """One row of the CLOB's own list of markets: tokens and winners, no volumes."""
    market = seen.market
    closed = is_closed(seen)
    is_open = seen.stage is Stage.OPEN
    return {
        "enable_order_book": not closed,
        "active": True,
        "closed": closed,
        "archived": False,
        "accepting_orders": is_open or (closed and market.ending.keeps_accepting),
        "accepting_order_timestamp": iso(market.opens_at) if seen.stage is not Stage.CREATED else None,
        "minimum_order_size": 5,
        "minimum_tick_size": seen.tick / MILLS,
        "condition_id": world.identity.condition_id(market),
        "question_id": world.identity.question_id(market),
        "question": market.question,
        "description": market.rules,
        "market_slug": market.slug,
        "end_date_iso": iso(market.deadline)[:10] + "T00:00:00Z",
        "game_start_time": gamma_time(market.deadline - 10_800) if market.sports_type else None,
        "seconds_delay": 3 if market.sports_type else 0,
        "fpmm": "",
        "maker_base_fee": 0,
        "taker_base_fee": 0,
        "notifications_enabled": True,
        "neg_risk": event.is_exclusive,
        "neg_risk_market_id": world.identity.hexadecimal(4, "neg risk", event.index) if event.is_exclusive else "",
        "neg_risk_request_id": "",
        "icon": f"https://images.synthetic.invalid/{event.index}.png",
        "image": f"https://images.synthetic.invalid/{event.index}.png",
        "rewards": {"rates": None, "min_size": 0, "max_spread": 0},
        "is_50_50_outcome": seen.stage is Stage.RESOLVED and market.ending.payouts == (0.5, 0.5),
        "tokens": _tokens(world, seen),
        "tags": [label for label, _ in event.tags] or None,
    }


def _tokens(world: World, seen: Snapshot) -> list[Payload]:
    prices = (seen.shown or 0.0, MILLS - seen.shown if seen.shown is not None else 0.0)
    if seen.stage is Stage.RESOLVED:
        payouts = seen.market.ending.payouts or (0.0, 0.0)
        prices = (payouts[0] * MILLS, payouts[1] * MILLS)
    return [
        {
            "token_id": token,
            "outcome": label,
            "price": _number(price / MILLS),
            "winner": seen.stage is Stage.RESOLVED and price == MILLS,
        }
        for token, label, price in zip(world.identity.token_ids(seen.market), seen.market.outcomes, prices, strict=True)
    ]


def _number(price: float) -> float:
    """Whole prices come as integers."""
    return int(price) if price in {0.0, 1.0} else round(price, 4)
