"""Matches and opportunities in SQL (``MatchStore``, ``OpportunityStore``): what was found, since when, what is gone.

Both follow one rule. What is found with the same content only gets a new sighting; other content replaces the old;
what was looked for and not found is marked gone, and comes back when it is found again. No row is ever removed.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import sqlalchemy as sa
import xxhash
from msgspec import Struct

from edgeworth.adapters.storage.connection import reading, writing
from edgeworth.adapters.storage.rows import Row, instant, json, optional_text, text
from edgeworth.adapters.storage.schema import match, opportunity
from edgeworth.adapters.storage.selection import among, pair_among
from edgeworth.adapters.storage.upsert import upsert
from edgeworth.discovery.opportunity import Opportunity
from edgeworth.discovery.ports import FoundMatch, SavedCounts, StoredMatch, StoredOpportunity
from edgeworth.errors import DataError
from edgeworth.markets.relation import Clause, Relation, Verdict
from edgeworth.markets.venue import Venue

Key = TypeVar("Key", str, tuple[str, str])


class _Before(NamedTuple):
    """What is stored under a key."""

    signature: str
    is_gone: bool


class _Plan(Struct, Generic[Key]):
    """Which keys have to be written how. ``returned`` counts those of ``changed`` and ``unchanged`` that were gone."""

    created: list[Key]
    changed: list[Key]
    unchanged: list[Key]
    gone: list[Key]
    returned: int

    @property
    def written(self) -> set[Key]:
        """Rows to be stored in full."""
        return set(self.created + self.changed)

    @property
    def counts(self) -> SavedCounts:
        return SavedCounts(
            created=len(self.created),
            changed=len(self.changed),
            unchanged=len(self.unchanged),
            returned=self.returned,
            gone=len(self.gone),
        )


def _plan(found: Mapping[Key, str], before: Mapping[Key, _Before]) -> _Plan[Key]:
    """Compare signatures found with those stored; ``before`` holds every key that would be missed."""
    known = [key for key in found if key in before]
    changed = [key for key in known if found[key] != before[key].signature]
    unchanged = [key for key in known if found[key] == before[key].signature]
    return _Plan(
        created=[key for key in found if key not in before],
        changed=changed,
        unchanged=unchanged,
        gone=sorted(key for key, row in before.items() if key not in found and not row.is_gone),
        returned=sum(before[key].is_gone for key in known),
    )


class SqlMatches:
    """Pairs in the database of ``engine``; what ``open_database`` gives."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def save(
        self, found: Sequence[FoundMatch], *, examined: Collection[str] | None, run_id: str, at: datetime
    ) -> SavedCounts:
        """Store what a run found; all or nothing. A verdict that has not changed only gets a new ``last_seen_at``.

        Raises:
            DataError: A pair stands in the wrong order, or twice.
            StorageError: Nothing was stored; the kind says what to do.
        """
        pairs = {_pair(one): one for one in found}
        _check_unique(len(pairs), len(found), "pair")
        signatures = {pair: _verdict_signature(one.verdict) for pair, one in pairs.items()}
        with writing(self._engine) as connection:
            plan = _plan(signatures, _stored_pairs(connection, list(pairs), examined))
            rows = [_match_row(pairs[pair], signatures[pair], run_id, at) for pair in sorted(plan.written)]
            upsert(connection, match, rows)
            _see_again(connection, match, _is_pair(connection, plan.unchanged), plan.unchanged, run_id, at)
            _mark_gone(connection, match, _is_pair(connection, plan.gone), plan.gone, at)
        return plan.counts

    def list_matches(
        self,
        *,
        market_id: str | None = None,
        market_ids: Collection[str] | None = None,
        relations: Collection[Relation] | None = None,
        run_id: str | None = None,
        by_two_readers: bool = False,
        with_gone: bool = False,
        limit: int | None = 1_000,
    ) -> Sequence[StoredMatch]:
        """Matches that fit every filter given: those from which most follows first, then the surest."""
        table = match.c
        order = (CONSEQUENCE, table.confidence.desc(), table.market_a, table.market_b)
        query = sa.select(match).order_by(*order).limit(limit)
        if market_id is not None:
            query = query.where(sa.or_(table.market_a == market_id, table.market_b == market_id))
        if market_ids is not None:
            sides = (table.market_a, table.market_b)
            query = query.where(sa.or_(*(among(self._engine, side, sorted(market_ids)) for side in sides)))
        if relations is not None:
            query = query.where(table.relation.in_([relation.value for relation in relations]))
        if run_id is not None:
            query = query.where(table.run_id == run_id)
        if by_two_readers:
            query = query.where(table.reader.contains("+"))
        if not with_gone:
            query = query.where(table.gone_at.is_(None))
        with reading(self._engine) as connection:
            return [match_of(row) for row in connection.execute(query)]


class SqlOpportunities:
    """Opportunities in the database of ``engine``; what ``open_database`` gives."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def save(
        self, found: Sequence[Opportunity], *, examined: Collection[str] | None, run_id: str, at: datetime
    ) -> SavedCounts:
        """Store what a run found; all or nothing. One that is the same but for ``as_of`` only gets a new sighting.

        Raises:
            DataError: A key stands twice.
            StorageError: Nothing was stored; the kind says what to do.
        """
        by_key = {one.key: one for one in found}
        _check_unique(len(by_key), len(found), "opportunity")
        details = {key: _detail(one) for key, one in by_key.items()}
        signatures = {key: xxhash.xxh3_128_hexdigest(detail) for key, detail in details.items()}
        with writing(self._engine) as connection:
            plan = _plan(signatures, _stored_opportunities(connection, by_key, examined))
            rows = [
                _opportunity_row(by_key[key], details[key], signatures[key], run_id, at) for key in sorted(plan.written)
            ]
            upsert(connection, opportunity, rows)
            key = opportunity.c.opportunity_id
            _see_again(connection, opportunity, among(connection, key, plan.unchanged), plan.unchanged, run_id, at)
            _mark_gone(connection, opportunity, among(connection, key, plan.gone), plan.gone, at)
        return plan.counts

    def list_opportunities(
        self,
        *,
        market_id: str | None = None,
        run_id: str | None = None,
        with_gone: bool = False,
        limit: int | None = 1_000,
    ) -> Sequence[StoredOpportunity]:
        """Opportunities that fit every filter given, the largest profit first."""
        table = opportunity.c
        query = sa.select(opportunity).order_by(table.best_profit_micros.desc(), table.opportunity_id)
        if run_id is not None:
            query = query.where(table.run_id == run_id)
        if not with_gone:
            query = query.where(table.gone_at.is_(None))
        if market_id is None:
            query = query.limit(limit)
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            fitting = (row for row in rows if market_id is None or market_id in row.market_ids)
            return [opportunity_of(row) for row in itertools.islice(fitting, limit)]


def _check_unique(distinct: int, given: int, what: str) -> None:
    if distinct != given:
        raise DataError(f"expected every {what} once, found {given - distinct} of {given} repeated")


def _see_again(
    connection: sa.Connection,
    table: sa.Table,
    which: sa.ColumnElement[bool],
    keys: Collection[Any],
    run_id: str,
    at: datetime,
) -> None:
    if keys:
        connection.execute(sa.update(table).where(which).values(last_seen_at=at, gone_at=None, run_id=text(run_id)))


def _mark_gone(
    connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool], keys: Collection[Any], at: datetime
) -> None:
    if keys:
        connection.execute(sa.update(table).where(which).values(gone_at=at))


# --- matches ----------------------------------------------------------------------------------------------------------


CONSEQUENCE = sa.case(
    {
        Relation.EQUIVALENT.value: 0,
        Relation.INVERSE.value: 0,
        Relation.A_IMPLIES_B.value: 1,
        Relation.B_IMPLIES_A.value: 1,
        Relation.EXCLUSIVE.value: 2,
        Relation.UNDETERMINED.value: 3,
    },
    value=match.c.relation,
    else_=4,
)
"""How much follows from a relation; the page shows its beginning."""


def _pair(found: FoundMatch) -> tuple[str, str]:
    if found.market_a >= found.market_b:
        raise DataError(f"expected the smaller id first, found {found.market_a} before {found.market_b}")
    return text(found.market_a), text(found.market_b)


def _verdict_signature(verdict: Verdict) -> str:
    return xxhash.xxh3_128_hexdigest(msgspec.json.encode(verdict))


def _is_pair(connection: sa.Connection, pairs: Sequence[tuple[str, str]]) -> sa.ColumnElement[bool]:
    return pair_among(connection, (match.c.market_a, match.c.market_b), pairs)


def _stored_pairs(
    connection: sa.Connection, found: Sequence[tuple[str, str]], examined: Collection[str] | None
) -> dict[tuple[str, str], _Before]:
    """Those found, and all of which both markets were examined."""
    table = match.c
    query = sa.select(table.market_a, table.market_b, table.signature, table.gone_at.is_not(None))
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if examined is not None:
        ids = sorted(examined)
        both = sa.and_(among(connection, table.market_a, ids), among(connection, table.market_b, ids))
        conditions = [_is_pair(connection, found), both]
    return {
        (market_a, market_b): _Before(signature, is_gone)
        for condition in conditions
        for market_a, market_b, signature, is_gone in connection.execute(query.where(condition))
    }


def _match_row(found: FoundMatch, signature: str, run_id: str, at: datetime) -> Row:
    seen_at, (market_a, market_b), verdict = instant(at), _pair(found), found.verdict
    return (
        market_a,
        market_b,
        _is_synthetic((market_a, market_b)),
        verdict.relation.value,
        verdict.confidence,
        text(verdict.reader),
        optional_text(found.space_id),
        found.similarity,
        found.lexical,
        found.price_a,
        found.price_b,
        signature,
        seen_at,
        seen_at,
        seen_at,
        None,
        text(run_id),
        json(verdict.clauses),
    )


def match_of(row: sa.Row[Any]) -> StoredMatch:
    """A row of ``match`` with all its columns."""
    verdict = Verdict(
        relation=Relation(row.relation),
        confidence=row.confidence,
        clauses=msgspec.convert(row.clauses, tuple[Clause, ...]),
        reader=row.reader,
    )
    found = FoundMatch(
        market_a=row.market_a,
        market_b=row.market_b,
        verdict=verdict,
        space_id=row.space_id,
        similarity=row.similarity,
        lexical=row.lexical,
        price_a=row.price_a_micros,
        price_b=row.price_b_micros,
    )
    return StoredMatch(
        match=found,
        decided_at=row.decided_at,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        gone_at=row.gone_at,
        run_id=row.run_id,
    )


def _is_synthetic(market_ids: Iterable[str]) -> bool:
    return any(Venue(market_id.partition(":")[0]).is_synthetic for market_id in market_ids)


# --- opportunities ----------------------------------------------------------------------------------------------------


def _detail(found: Opportunity) -> bytes:
    """All of it but its instant, which is a column of its own."""
    values = msgspec.to_builtins(found)
    del values["as_of"]
    return json(values).encode()


def _stored_opportunities(
    connection: sa.Connection, found: Mapping[str, Opportunity], examined: Collection[str] | None
) -> dict[str, _Before]:
    """Those found, and all of which every market was examined."""
    table = opportunity.c
    query = sa.select(table.opportunity_id, table.market_ids, table.signature, table.gone_at.is_not(None))
    looked_at = None if examined is None else set(examined)
    return {
        key: _Before(signature, is_gone)
        for key, market_ids, signature, is_gone in connection.execute(query)
        if looked_at is None or key in found or looked_at.issuperset(market_ids)
    }


def _opportunity_row(found: Opportunity, detail: bytes, signature: str, run_id: str, at: datetime) -> Row:
    seen_at = instant(at)
    return (
        found.key,
        found.kind.value,
        found.certainty.value,
        any(leg.venue.is_synthetic for leg in found.legs),
        json(found.market_ids),
        found.best.profit,
        found.best.cost,
        found.dies_at,
        found.is_dead_at_size,
        found.passes,
        found.days_locked,
        found.annualised_return,
        instant(found.as_of),
        signature,
        seen_at,
        seen_at,
        None,
        text(run_id),
        detail.decode(),
    )


def opportunity_of(row: sa.Row[Any]) -> StoredOpportunity:
    """A row of ``opportunity`` with all its columns."""
    return StoredOpportunity(
        opportunity=msgspec.convert(row.detail | {"as_of": row.as_of}, Opportunity),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        gone_at=row.gone_at,
        run_id=row.run_id,
    )
