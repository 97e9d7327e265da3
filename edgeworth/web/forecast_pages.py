"""What was said before outcomes were known, and whether it was right: registered forecasts, scores, the chain."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from edgeworth.simulation.estimate import Verdict
from edgeworth.simulation.record import AuthorKind
from edgeworth.web.forecast_rows import forecast_rows
from edgeworth.web.parameters import Parameters
from edgeworth.web.ports import ForecastFilter, Site, SiteStore
from edgeworth.web.rendering import Paging, page

ROWS_ON_PAGE = 50

WORLDS = ("real", "synthetic")
KNOWN = ("world", "kind", "verdict", "page")


def forecasts(site: Site, request: Request) -> Response:
    """``/forecasts``: of real markets, or with ``world=synthetic`` of invented ones; never both in one score."""
    # Scoring takes a second to import: whoever opens another page does not wait for it.
    from edgeworth.web.record_rows import MOST_SCORED, records

    asked = Parameters(request.query_params, KNOWN)
    world = asked.word("world", WORLDS)
    kind, verdict = asked.choice("kind", AuthorKind), asked.choice("verdict", Verdict)
    offset = (asked.page - 1) * ROWS_ON_PAGE
    store = site.open_store()
    if store is None:
        return page("forecasts.html.j2", place="/forecasts", is_stored=False)
    numbers = {name: _number(store, is_synthetic=name == "synthetic") for name in WORLDS}
    world = world or next((name for name in WORLDS if numbers[name]), WORLDS[0])
    wanted = ForecastFilter(is_synthetic=world == "synthetic", kind=kind, verdict=verdict)
    found = store.find_forecasts(wanted, limit=ROWS_ON_PAGE, offset=offset)
    markets = store.get_markets({one.market_id for one in found.rows})
    return page(
        "forecasts.html.j2",
        place="/forecasts",
        is_stored=True,
        asked=asked,
        world=world,
        numbers=numbers,
        rows=forecast_rows(site, store, found.rows, markets),
        paging=Paging(asked, "/forecasts", rows=ROWS_ON_PAGE, total=found.total),
        kinds=[one.value for one in AuthorKind],
        verdicts=[one.value for one in Verdict],
        is_filtered=bool(kind or verdict),
        records=records(store, is_synthetic=world == "synthetic"),
        most_scored=MOST_SCORED,
        chain=store.chain(),
    )


def _number(store: SiteStore, *, is_synthetic: bool) -> int:
    return store.find_forecasts(ForecastFilter(is_synthetic=is_synthetic), limit=0).total
