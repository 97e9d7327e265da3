"""Kalshi's machine-made combos: parlays over the markets of several events, which crowd the default market listing.

They have no quotes, no trades and no truth of their own; clients are meant to leave them out and to count them.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from edgeworth.adapters.synthetic.draws import Draws, derive
from edgeworth.adapters.synthetic.events import SyntheticEvent
from edgeworth.adapters.synthetic.identity import kalshi_event_ticker, kalshi_ticker
from edgeworth.adapters.synthetic.instants import DAY, iso
from edgeworth.adapters.synthetic.kalshi_payloads import VENUE
from edgeworth.adapters.synthetic.world import World

COLLECTION: Final = "KXMVESPORTSMULTIGAMEEXTENDED-R"
PER_EVENT: Final = 3
"""Combos for each event of the world."""

_POOL: Final = 40


class Combos:
    """All combos of a world, by number."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pool: list[SyntheticEvent] = list(islice(world.listed(VENUE), _POOL))
        self.count = world.event_count * PER_EVENT if len(self._pool) > 1 else 0

    def payload(self, number: int) -> dict[str, Any]:
        """Combo ``number``, as a market."""
        draws = Draws(derive(self._world.seed, "combo", number))
        events = draws.sample(self._pool, min(draws.integer(2, 6), len(self._pool)))
        legs = [(event, draws.choice(event.kalshi), draws.choice(("yes", "no"))) for event in events]
        title = ",".join(f"{side} {market.label or market.question}" for _, market, side in legs)
        event_ticker = f"KXMVESPORTSMULTIGAMEEXTENDED-S2026{draws.word() >> 24:010X}"
        return _without_quotes(self._world, draws, title) | {
            "ticker": f"{event_ticker}-{draws.word() >> 20:011X}",
            "event_ticker": event_ticker,
            "mve_collection_ticker": COLLECTION,
            "custom_strike": {
                "Associated Events": ",".join(kalshi_event_ticker(event) for event, _, _ in legs),
                "Associated Market Sides": ",".join(side for _, _, side in legs),
                "Associated Markets": ",".join(kalshi_ticker(event, market) for event, market, _ in legs),
                "Multivariate Event Ticker": event_ticker,
            },
            "mve_selected_legs": [
                {
                    "event_ticker": kalshi_event_ticker(event),
                    "market_ticker": kalshi_ticker(event, market),
                    "side": side,
                }
                for event, market, side in legs
            ],
        }


def _without_quotes(world: World, draws: Draws, title: str) -> dict[str, Any]:
    created = world.now // DAY * DAY - draws.integer(1, 20) * DAY
    prices = ("yes_bid", "yes_ask", "last_price", "previous_price", "previous_yes_bid", "previous_yes_ask")
    counts = ("volume", "volume_24h", "open_interest", "yes_bid_size", "yes_ask_size")
    return {
        "market_type": "binary",
        "title": title,
        "yes_sub_title": title,
        "no_sub_title": title,
        "created_time": iso(created),
        "updated_time": iso(created),
        "open_time": iso(created),
        "close_time": iso(created + 40 * DAY),
        "expected_expiration_time": iso(created + 40 * DAY),
        "expiration_time": iso(created + 40 * DAY),
        "latest_expiration_time": iso(created + 40 * DAY),
        "settlement_timer_seconds": 5,
        "status": "active",
        **{f"{name}_dollars": "0.0000" for name in prices},
        "no_bid_dollars": "1.0000",
        "no_ask_dollars": "1.0000",
        **{f"{name}_fp": "0.00" for name in counts},
        "notional_value_dollars": "1.0000",
        "liquidity_dollars": "0.0000",
        "result": "",
        "expiration_value": "",
        "settlement_bounds_type": "default",
        "can_close_early": True,
        "is_provisional": True,
        "rules_primary": "",
        "rules_secondary": "",
        "strike_type": "custom",
        "price_level_structure": "deci_cent",
        "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}],
    }
