"""The beginning of a batch: which markets, and for each the context that may be known of it, without research.

Everything comes out of our stores in one query a kind, whatever the number of markets; only present books are asked
for outside. The instant of the contexts is decided when those have answered. What comes out is a value that can be
kept, so that a batch that was killed goes on with the same contexts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.ports import StoredMatch
from edgeworth.errors import DataError
from edgeworth.markets.book import OrderBook
from edgeworth.markets.market import Event, Market, MarketStatus
from edgeworth.markets.universe import Selection, UniverseMode, UniverseRule, check_rule, select_universe, with_full
from edgeworth.reports.discovery import BookUse
from edgeworth.simulation.assets import spot_asset
from edgeworth.simulation.gathering import BoundMarket, Gathered, build_context
from tasks import wiring
from tasks.clock import utc_now
from tasks.fresh_books import BookCount, BookShelf
from tasks.settings import Settings
from tasks.simulation.past import PastMaterial, Spot, price_histories, spot_histories
from tasks.simulation.plan import SimulatePlan


class ContextFailure(Struct, frozen=True, kw_only=True):
    """A chosen market of which no context could be made, and why."""

    market_id: str
    problem: str


class Gathering(Struct, frozen=True, kw_only=True):
    """The frozen beginning of a batch. Each chosen market stands in exactly one of ``contexts`` and ``failures``.

    Attributes:
        as_of: Nothing later is known; the books had answered by then.
        selection: The chosen markets in full, best first, and every market that was looked at and left out.
        passed_over: Markets of the catalogue that were not looked at, by status: only open ones are asked for.
        contexts: In the order of the selection. books: Which books were used, by venue, and why not present ones.
    """

    as_of: datetime
    selection: Selection
    passed_over: dict[str, int]
    contexts: tuple[Gathered, ...]
    failures: tuple[ContextFailure, ...]
    books: tuple[BookUse, ...] = ()


async def gather(
    settings: Settings, plan: SimulatePlan, as_of: datetime | None, storage: wiring.Storage, *, name: str = "simulate"
) -> Gathering:
    """Choose the markets of ``plan`` and put their contexts together.

    Args:
        settings: Where venues are asked.
        plan: What is wanted.
        as_of: ``None`` for now: venues are asked for present books, and the instant is that of their last answer. An
            earlier instant is looked at through the stores alone, for no venue can be asked what it showed then.
        storage: Our stores, open.
        name: Of the raw files with the books that were asked for, such as the run's id.

    Raises:
        ConfigurationError: The plan's choice contradicts itself.
        StorageError: A store cannot be read.
    """
    selection, passed_over = choose(storage, plan.rule, as_of or utc_now())
    if as_of is None and plan.fetch_books:
        books, uses = await _present_books(settings, storage, selection.chosen, name)
        as_of = utc_now()
    else:
        why = "present books were not asked for" if as_of is None else "no venue can be asked for books of the past"
        as_of = as_of or utc_now()
        books, uses = _stored_books(storage, selection.chosen, as_of, why)
    contexts, failures = _contexts(storage, selection.chosen, books, as_of)
    return Gathering(
        as_of=as_of,
        selection=selection,
        passed_over=passed_over,
        contexts=tuple(contexts),
        failures=tuple(failures),
        books=tuple(uses),
    )


def choose(storage: wiring.Storage, rule: UniverseRule, as_of: datetime) -> tuple[Selection, dict[str, int]]:
    """The markets of ``rule``, in full, and how many of each status were not looked at.

    Raises:
        ConfigurationError: The rule contradicts itself.
    """
    check_rule(rule, as_of)
    catalogue = storage.catalogue
    passed_over: dict[str, int] = {}
    if rule.mode is UniverseMode.CUSTOM:
        outlines = catalogue.iter_outlines(names=rule.picks)
    else:
        status = MarketStatus.OPEN if rule.is_open_only else None
        outlines = catalogue.iter_outlines(status=status)
        if status is not None:
            counts = catalogue.count_by("status")
            passed_over = {str(name): count for name, count in sorted(counts.items(), key=str) if name != status.value}
    selection = select_universe(outlines, rule, as_of)
    full = catalogue.get_markets([market.market_id for market in selection.chosen])
    return with_full(selection, full), passed_over


async def _present_books(
    settings: Settings, storage: wiring.Storage, markets: Sequence[Market], name: str
) -> tuple[list[OrderBook], list[BookUse]]:
    """Books that the venues give now, else the latest stored ones."""
    async with wiring.open_book_sources(settings, {market.venue for market in markets}) as sources:
        with BookShelf(
            sources=sources.sources,
            unavailable=sources.unavailable,
            raw=storage.raw,
            history=storage.history,
            name=name,
            clock=utc_now,
        ) as shelf:
            books = await shelf.books_of(storage.catalogue.traded_markets(_ids(markets)))
            return books, shelf.uses


def _stored_books(
    storage: wiring.Storage, markets: Sequence[Market], as_of: datetime, why: str
) -> tuple[list[OrderBook], list[BookUse]]:
    books = list(storage.history.latest_books(_ids(markets), until=as_of))
    uses = []
    for venue in sorted({market.venue for market in markets}):
        count = BookCount()
        count.add(
            (market.market_id for market in markets if market.venue is venue),
            stored=[book for book in books if book.venue is venue],
        )
        uses.append(count.use(venue, why))
    return books, uses


def _contexts(
    storage: wiring.Storage, chosen: Sequence[Market], books: Sequence[OrderBook], as_of: datetime
) -> tuple[list[Gathered], list[ContextFailure]]:
    material = _read(storage, chosen, books, as_of)
    contexts: list[Gathered] = []
    failures: list[ContextFailure] = []
    for market in chosen:
        try:
            contexts.append(_context(market, material, as_of))
        except DataError as error:
            failures.append(ContextFailure(market_id=market.market_id, problem=str(error)))
    return contexts, failures


class _Material(Struct, frozen=True, kw_only=True):
    """What the stores hold of all chosen markets, by market or by event; ``matched_later`` counts what stays out."""

    events: Mapping[str, Event]
    siblings: Mapping[str, Sequence[Market]]
    books: Mapping[str, OrderBook]
    bound: Mapping[str, Sequence[BoundMarket]]
    matched_later: Mapping[str, int]
    past: PastMaterial


def _read(storage: wiring.Storage, chosen: Sequence[Market], books: Sequence[OrderBook], as_of: datetime) -> _Material:
    event_ids = {market.event_id for market in chosen if market.event_id is not None}
    events = storage.catalogue.get_events(event_ids)
    siblings: dict[str, list[Market]] = {}
    for market in storage.catalogue.markets_of_events(event_ids):
        siblings.setdefault(market.event_id or "", []).append(market)
    matches, matched_later = _matches(storage, chosen, as_of)
    assets = {market.market_id: spot_asset(market, events.get(market.event_id or "")) for market in chosen}
    return _Material(
        events=events,
        siblings=siblings,
        books={book.market_id: book for book in books if book.outcome_index == 0},
        bound=_bound(storage, chosen, matches),
        matched_later=matched_later,
        past=PastMaterial(
            prices=price_histories(storage.history, _ids(chosen), as_of),
            spots=spot_histories(storage.history, assets, as_of),
        ),
    )


def _matches(
    storage: wiring.Storage, chosen: Sequence[Market], as_of: datetime
) -> tuple[list[StoredMatch], Counter[str]]:
    """Binding matches of the chosen markets that stood at ``as_of``; and by market how many were found only later."""
    known: list[StoredMatch] = []
    later: Counter[str] = Counter()
    for one in storage.matches.list_matches(market_ids=_ids(chosen), with_gone=True, limit=None):
        if not one.match.verdict.relation.is_binding or (one.gone_at is not None and one.gone_at <= as_of):
            continue
        if max(one.first_seen_at, one.decided_at) <= as_of:
            known.append(one)
        else:
            later.update((one.match.market_a, one.match.market_b))
    return known, later


def _bound(
    storage: wiring.Storage, chosen: Sequence[Market], stored: Sequence[StoredMatch]
) -> dict[str, list[BoundMarket]]:
    """The markets at the other ends of ``stored``; each chosen one is the relation's A."""
    others = storage.catalogue.get_markets(
        {side for one in stored for side in (one.match.market_a, one.match.market_b)}
    )
    wanted = set(_ids(chosen))
    found: dict[str, list[BoundMarket]] = {}
    for one in stored:
        relation, confidence = one.match.verdict.relation, one.match.verdict.confidence
        sides = (
            (one.match.market_a, one.match.market_b, relation),
            (one.match.market_b, one.match.market_a, relation.swapped),
        )
        for own, other, turned in sides:
            if own in wanted and other in others:
                bound = BoundMarket(market=others[other], relation=turned, confidence=confidence)
                found.setdefault(own, []).append(bound)
    for bounds in found.values():
        bounds.sort(key=lambda bound: bound.market.market_id)
    return found


def _context(market: Market, material: _Material, as_of: datetime) -> Gathered:
    """The context of one market out of what was read for all."""
    left_out: dict[str, int] = {}
    event = material.events.get(market.event_id or "")
    if event is not None and event.as_of > as_of:
        event, left_out["event_later"] = None, 1
    book = material.books.get(market.market_id)
    spot = material.past.spots.get(market.market_id, Spot())
    gathered = build_context(
        market,
        as_of,
        event=event,
        siblings=material.siblings.get(market.event_id or "", ()),
        quote=None if book is None else book.quote,
        quoted_at=None if book is None else book.observed_at,
        history=material.past.prices.get(market.market_id, ()),
        matched=material.bound.get(market.market_id, ()),
        spot=spot.history,
    )
    if spot.problem is not None:
        left_out[spot.problem] = 1
    if found_later := material.matched_later.get(market.market_id):
        left_out["match_found_later"] = found_later
    return replace(gathered, rejected=dict(sorted({**gathered.rejected, **left_out}.items())))


def _ids(markets: Iterable[Market]) -> list[str]:
    return [market.market_id for market in markets]
