"""What discovery found and what has become of it: matches and opportunities, with filters."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from edgeworth.discovery.opportunity import OpportunityKind
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.reports.market_page import RELATION_WORDS
from edgeworth.web.catalogue_pages import TRADING_VENUES
from edgeworth.web.parameters import Parameters
from edgeworth.web.ports import Life, MatchFilter, OpportunityFilter, Site, SiteStore
from edgeworth.web.rendering import Paging, page

ROWS_ON_PAGE = 50

SHOWN = ("opportunities", "matches")
RELATIONS = tuple(relation.value for relation in Relation if relation is not Relation.UNRELATED)
KNOWN = ("show", "kind", "life", "relation", "venue", "between", "confidence", "page")


def discovery(site: Site, request: Request) -> Response:
    """``/discovery``: opportunities, or with ``show=matches`` pairs of markets."""
    asked = Parameters(request.query_params, KNOWN)
    show = asked.word("show", SHOWN) or SHOWN[0]
    opportunities = OpportunityFilter(kind=asked.choice("kind", OpportunityKind), life=asked.choice("life", Life))
    between = asked.word("between", ("across", "within"))
    matches = MatchFilter(
        relation=asked.choice("relation", Relation),
        venue=asked.choice("venue", Venue),
        across=None if between is None else between == "across",
        least_confidence=asked.share("confidence") or 0.0,
    )
    offset = (asked.page - 1) * ROWS_ON_PAGE
    store = site.open_store()
    if store is None:
        return page("discovery_page.html.j2", place="/discovery", is_stored=False)
    if show == "matches":
        return _matches(asked, store, matches, offset)
    return _opportunities(asked, store, opportunities, offset)


def _opportunities(asked: Parameters, store: SiteStore, wanted: OpportunityFilter, offset: int) -> Response:
    found = store.find_opportunities(wanted, limit=ROWS_ON_PAGE, offset=offset)
    markets = store.get_markets({name for one in found.rows for name in one.opportunity.market_ids})
    return page(
        "discovery_page.html.j2",
        place="/discovery",
        is_stored=True,
        show="opportunities",
        asked=asked,
        rows=found.rows,
        markets=markets,
        paging=Paging(asked, "/discovery", rows=ROWS_ON_PAGE, total=found.total),
        has_synthetic=any(market.venue.is_synthetic for market in markets.values()),
        kinds=[kind.value for kind in OpportunityKind],
        lives=[life.value for life in Life],
        is_filtered=bool(asked["kind"] or asked["life"]),
    )


def _matches(asked: Parameters, store: SiteStore, wanted: MatchFilter, offset: int) -> Response:
    found = store.find_matches(wanted, limit=ROWS_ON_PAGE, offset=offset)
    markets = store.get_markets({name for one in found.rows for name in (one.match.market_a, one.match.market_b)})
    return page(
        "discovery_page.html.j2",
        place="/discovery",
        is_stored=True,
        show="matches",
        asked=asked,
        rows=found.rows,
        markets=markets,
        paging=Paging(asked, "/discovery", rows=ROWS_ON_PAGE, total=found.total),
        has_synthetic=any(market.venue.is_synthetic for market in markets.values()),
        relations=RELATIONS,
        relation_words=RELATION_WORDS,
        venues=TRADING_VENUES,
        is_filtered=any(asked[name] for name in ("relation", "venue", "between", "confidence")),
    )
