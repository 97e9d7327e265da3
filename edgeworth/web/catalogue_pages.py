"""The catalogue: search, and everything that is known of one market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from edgeworth.discovery.ports import StoredMatch
from edgeworth.markets.categories import CATEGORIES
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.venue import Venue
from edgeworth.reports import charts
from edgeworth.reports.market_page import RELATION_WORDS
from edgeworth.simulation.context import Series
from edgeworth.web.forecast_rows import forecast_rows
from edgeworth.web.parameters import LONGEST_SEARCH, Parameters
from edgeworth.web.ports import ForecastFilter, MarketFilter, MatchFilter, OpportunityFilter, Site, SiteStore
from edgeworth.web.rendering import Paging, market_address, message_page, page

MARKETS_ON_PAGE = 50
MOST_ROWS = 50
"""Matches, opportunities, forecasts and markets of the same event on the page of a market; the page says of more."""

MOST_PRICES = 20_000
ORDERS = {
    "volume": "most traded",
    "volume_24h": "most traded in a day",
    "closes": "closing first",
    "seen": "changed last",
}
TRADING_VENUES = tuple(venue.value for venue in Venue if venue.exchange is not Venue.SPOT)


def search(site: Site, request: Request) -> Response:
    """``/markets``: markets that fit."""
    asked = Parameters(request.query_params, ("q", "venue", "status", "category", "event", "order", "page"))
    wanted = MarketFilter(
        venue=asked.choice("venue", Venue),
        status=asked.choice("status", MarketStatus),
        category=asked.word("category", CATEGORIES),
        search=asked.text("q"),
        event_id=asked.text("event"),
        order=asked.word("order", ORDERS) or "volume",
    )
    offset = (asked.page - 1) * MARKETS_ON_PAGE
    store = site.open_store()
    found = None if store is None else store.find_markets(wanted, limit=MARKETS_ON_PAGE, offset=offset)
    markets = () if found is None else found.rows
    return page(
        "markets.html.j2",
        place="/markets",
        asked=asked,
        is_stored=found is not None,
        is_filtered=any(asked[name] for name in ("q", "venue", "status", "category", "event")),
        markets=markets,
        paging=Paging(asked, "/markets", rows=MARKETS_ON_PAGE, total=0 if found is None else found.total),
        has_synthetic=any(market.venue.is_synthetic for market in markets),
        orders=ORDERS,
        venues=TRADING_VENUES,
        states=[status.value for status in MarketStatus],
        categories=CATEGORIES,
        longest=LONGEST_SEARCH,
    )


def show(site: Site, request: Request) -> Response:
    """``/markets/<id>``: one market. Its venue key and its slug lead there too."""
    Parameters(request.query_params, ())
    name = request.path_params["market_id"]
    store = site.open_store()
    if store is None or len(name) > 300 or not name.isprintable():
        return _unknown(name)
    market = store.get_market(name)
    if market is None:
        return _unknown(name)
    if market.market_id != name:
        return RedirectResponse(market_address(market.market_id), status_code=307)
    return _market_page(site, store, market)


def _unknown(name: str) -> Response:
    told = f"The catalogue holds no market with the id, venue key or slug “{name[:80]}”. Search it under Markets."
    return message_page("Not found", told, status=404)


def _market_page(site: Site, store: SiteStore, market: Market) -> Response:
    event = None if market.event_id is None else store.get_event(market.event_id)
    siblings = store.find_markets(MarketFilter(event_id=market.event_id), limit=MOST_ROWS) if market.event_id else None
    matches = store.find_matches(MatchFilter(market_id=market.market_id), limit=MOST_ROWS)
    forecasts = store.find_forecasts(ForecastFilter(market_id=market.market_id), limit=MOST_ROWS)
    series = store.prices(market.market_id, most=MOST_PRICES)
    others = store.get_markets({_other(one, market.market_id) for one in matches.rows})
    return page(
        "catalogue_market.html.j2",
        place="/markets",
        market=market,
        event=event,
        facts=facts_of(market),
        chart=price_chart(series),
        points=0 if series is None else len(series.values),
        siblings=_likeliest_first(() if siblings is None else siblings.rows, without=market.market_id),
        sibling_total=0 if siblings is None else siblings.total,
        matches=_match_lines(matches.rows, market.market_id, others),
        match_total=matches.total,
        opportunities=store.find_opportunities(OpportunityFilter(market_id=market.market_id), limit=MOST_ROWS),
        forecasts=forecast_rows(site, store, forecasts.rows, {market.market_id: market}),
        forecast_total=forecasts.total,
        changes=store.term_changes(market.market_id)[-MOST_ROWS:],
        most=MOST_ROWS,
    )


def _likeliest_first(markets: Sequence[Market], *, without: str) -> list[Market]:
    """The other markets of an event by the price of their first outcome; those without a price last."""

    def place(one: Market) -> tuple[bool, int, str]:
        price = one.outcomes[0].price if one.outcomes else None
        return price is None, -(price or 0), one.market_id

    return sorted((one for one in markets if one.market_id != without), key=place)


class MatchLine(NamedTuple):
    """A match seen from one of its markets; ``other`` is ``None`` when the catalogue has lost it."""

    stored: StoredMatch
    other_id: str
    other: Market | None
    relation: str
    price: int | None


def _other(stored: StoredMatch, market_id: str) -> str:
    return stored.match.market_b if stored.match.market_a == market_id else stored.match.market_a


def _match_lines(matches: Sequence[StoredMatch], market_id: str, others: Mapping[str, Market]) -> list[MatchLine]:
    lines = []
    for stored in matches:
        is_a = stored.match.market_a == market_id
        relation = stored.match.verdict.relation
        other = others.get(_other(stored, market_id))
        price = None if other is None or not other.outcomes else other.outcomes[0].price
        words = RELATION_WORDS[relation if is_a else relation.swapped]
        lines.append(MatchLine(stored, _other(stored, market_id), other, words, price))
    return lines


def facts_of(market: Market) -> list[tuple[str, str | datetime | None]]:
    """What the venue says besides question, rules and outcomes: label and text or instant; only what is known."""
    told: list[tuple[str, str | datetime | None]] = [
        ("State", market.status.value),
        ("How it ended", ending_of(market)),
        ("Category", ", ".join(dict.fromkeys(filter(None, [market.category, *market.tags])))),
        ("Volume", _volume(market.volume_usd, market.volume_shares)),
        ("Volume in a day", _volume(market.volume_24h_usd, market.volume_24h_shares)),
        ("Liquidity", _volume(market.liquidity_usd, None)),
        ("Opened", market.opens_at),
        ("Closes", market.closes_at),
        ("Closed", market.closed_at),
        ("Decided by", market.resolution_source or ""),
        ("Seen at the venue", market.as_of),
    ]
    return [(label, value) for label, value in told if value]


def ending_of(market: Market) -> str:
    """How a market ended, in words; empty while it trades."""
    if market.resolution is None:
        return ""
    winner = market.resolution.winner
    shape = market.resolution.shape.value.replace("_", " ")
    return f"{shape}: {market.outcomes[winner].label}" if winner is not None else shape


def _volume(usd: float | None, shares: float | None) -> str:
    if usd is not None:
        return f"${usd:,.0f}"
    return "" if shares is None else f"{shares:,.0f} contracts"


def price_chart(series: Series | None) -> Markup:
    """The price of outcome 0 over time; empty without any."""
    if series is None:
        return Markup("")
    first, last = (f"{value:.1%}".replace("%", " %") for value in (series.values[0], series.values[-1]))
    low, high = (f"{value:.1%}".replace("%", " %") for value in (min(series.values), max(series.values)))
    span = f"{_day(series.at_seconds[0])} to {_day(series.at_seconds[-1])}"
    return charts.line_chart(
        series,
        label=f"Price of the first outcome, {span}: from {first} to {last}, lowest {low}, highest {high}.",
        tick_text=lambda value: f"{value * 100:.4g} %",
        day_text=_day,
        bounds=(0.0, 1.0),
        least_height=0.1,
    )


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
