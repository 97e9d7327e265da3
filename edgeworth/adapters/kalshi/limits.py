"""What Kalshi allows, as dated constants; no requests.

As seen on 2026-11-21 (docs.kalshi.com/getting_started/rate_limits, the models of the official client 3.34):

- Requests are paid from a bucket of tokens: 10 tokens each, 200 tokens a second at the Basic tier. No figure is
  published for callers without a key, so half of Basic is assumed. A 429 does not say how long to wait.
- ``/events`` gives at most 200 a page and leaves combos out; ``/markets`` at most 1,000 and is flooded by them unless
  ``mve_filter=exclude``. A cursor of ``""`` ends a listing.
- Query filters say ``open``, ``settled``; bodies say ``active``, ``finalized``.
- ``tickers`` of ``/markets/orderbooks`` is repeated, at most 100: a comma would make one unknown ticker with an empty
  book. ``market_tickers`` of ``/markets/candlesticks`` is a comma list, at most 100, and 10,000 candles in all.
- Markets settled before a cutoff, and their candles, are under ``/historical`` only; trades likewise by their own time.
"""

from __future__ import annotations

from typing import Final

from edgeworth.adapters.http import RateLimit

KALSHI_URL: Final = "https://external-api.kalshi.com/trade-api/v2"

TOKENS_PER_REQUEST: Final = 10
TOKENS_PER_SECOND: Final = 200
"""Basic tier."""

KALSHI_LIMITS: Final = (RateLimit(requests=TOKENS_PER_SECOND // TOKENS_PER_REQUEST // 2, per_seconds=1),)

EVENTS_PAGE: Final = 200
MARKETS_PAGE: Final = 1000
TRADES_PAGE: Final = 1000
TICKERS_PER_REQUEST: Final = 100
CANDLES_PER_REQUEST: Final = 10_000
CANDLE_MINUTES: Final = (1, 60, 1440)

STATUSES: Final = frozenset({"unopened", "open", "closed", "settled"})
"""What the ``status`` filter of events and markets takes."""

Params = tuple[tuple[str, str], ...]
"""Names and values of a query; a name may come several times."""
