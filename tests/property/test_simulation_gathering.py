"""Whatever is stored later, the contexts of an instant are the same to the byte."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.history import PricePoint
from edgeworth.markets.market import Outcome
from edgeworth.markets.venue import Venue
from edgeworth.simulation.context import encode_context
from tasks.simulation.gathering import gather
from tasks.simulation.plan import SimulatePlan
from tests.builders import NOON, a_bar, a_market, an_event
from tests.findings import a_match
from tests.stored import open_stores, save_markets, settings_at

HOUR = timedelta(hours=1)
AS_OF = NOON + 12 * HOUR
PLAN = SimulatePlan(count=5, volume_floor_usd=0.0, fetch_books=False)
LABELS = (Outcome(label="Yes", price=300_000), Outcome(label="No", price=700_000))
LATER = st.lists(st.integers(1, 400), max_size=4, unique=True)


def market(name: str, **changes):
    question = "Will Bitcoin reach $120,000 by November 30, 2026?"
    plain = {"question": question, "rules": "", "outcomes": LABELS, "volume_usd": 9.0, "event_native_id": "e"}
    return a_market(name, **(plain | changes))


def point(hours: float) -> PricePoint:
    return PricePoint(
        venue=Venue.POLYMARKET,
        market_native_id="0xa",
        outcome_index=0,
        at=NOON + hours * HOUR,
        interval_seconds=60,
        price=int(300_000 + hours),
    )


def book(hours: float) -> OrderBook:
    levels = (BookLevel(290_000, 1), BookLevel(310_000, 1))
    return OrderBook(
        venue=Venue.POLYMARKET,
        market_native_id="0xa",
        outcome_index=0,
        bids=levels[:1],
        asks=levels[1:],
        observed_at=NOON + hours * HOUR,
    )


def pair(name: str):
    return a_match("polymarket:0xa", f"polymarket:{name}")


@settings(max_examples=25, deadline=None)
@given(prices=LATER, books=LATER, bars=LATER, fine_bars=LATER, markets=LATER, is_gone=st.booleans())
def test_rows_later_than_the_instant_leave_no_trace(prices, books, bars, fine_bars, markets, is_gone):
    with tempfile.TemporaryDirectory() as name, open_stores(Path(name)) as storage:
        save_markets(storage, [market("0xa"), market("0xb")], [an_event("e", market_count=2)])
        storage.history.save_prices([point(hour) for hour in range(12)])
        storage.history.save_books([book(3)])
        storage.history.save_bars([a_bar(hour, interval_seconds=14_400) for hour in (-8, -4, 0, 4)])
        storage.matches.save([pair("0xb")], examined=None, run_id="r", at=NOON)

        def bytes_now() -> list[bytes]:
            found = asyncio.run(gather(settings_at(Path(name)), PLAN, AS_OF, storage))
            return [encode_context(one.context) for one in found.contexts if "0xlate" not in one.context.market_id]

        before = bytes_now()
        storage.history.save_prices([point(12 + minutes / 60) for minutes in prices])
        storage.history.save_books([book(12 + minutes / 60) for minutes in books])
        storage.history.save_bars([a_bar(8 + number, interval_seconds=14_400, close=9.0) for number in bars])
        storage.history.save_bars([a_bar(11 + number, close=7.0) for number in fine_bars])
        late = [market(f"0xlate{number}", as_of=AS_OF + number * HOUR) for number in markets]
        save_markets(storage, late, at=AS_OF + HOUR)
        found = [] if is_gone else [pair("0xb")]
        found += [pair(one.native_id) for one in late]
        storage.matches.save(found, examined=None, run_id="s", at=AS_OF + HOUR)
        assert bytes_now() == before
        assert len(before) == 2
