"""The catalogue in SQL (``Catalogue``): one page, one transaction, and how far each walk has come.

The rules by which a record replaces another stand in ``page_fold.py``; what can be asked for stands in ``queries.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from edgeworth.adapters.storage import rows
from edgeworth.adapters.storage.connection import reading, writing
from edgeworth.adapters.storage.page_fold import (
    PageFold,
    Record,
    Signed,
    SignedItem,
    Stored,
    changing_markets,
    sign,
)
from edgeworth.adapters.storage.queries import CatalogueReader
from edgeworth.adapters.storage.runs import RunBook
from edgeworth.adapters.storage.schema import (
    listing_item,
    listing_pass,
    market,
    market_revision,
    outcome,
    refusal,
    series,
    venue_event,
)
from edgeworth.adapters.storage.selection import among
from edgeworth.adapters.storage.trading import TradingReader
from edgeworth.adapters.storage.upsert import delete_surplus_outcomes, upsert
from edgeworth.errors import StorageError
from edgeworth.markets.change import Terms
from edgeworth.markets.listing import ListingItem
from edgeworth.markets.market import Market
from edgeworth.markets.venue import Venue
from edgeworth.ports import IngestCounts, KnownItem, PageWrite, PassProgress


class SqlCatalogue(CatalogueReader, TradingReader, RunBook):
    """The catalogue in the database of ``engine``; what ``open_database`` gives."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def unfinished_passes(self, key: str, since: datetime) -> Sequence[PassProgress]:
        """Walks with ``key`` started at or after ``since`` that have not finished, newest first."""
        query = (
            sa.select(listing_pass)
            .where(
                listing_pass.c.key == key,
                listing_pass.c.started_at >= since,
                listing_pass.c.finished_at.is_(None),
            )
            .order_by(listing_pass.c.started_at.desc(), listing_pass.c.pass_id)
        )
        with reading(self._engine) as connection:
            return [
                PassProgress(**{name: getattr(row, name) for name in PassProgress.__struct_fields__})
                for row in connection.execute(query)
            ]

    def finished_pass(self, key: str, run_id: str, since: datetime, before: datetime) -> IngestCounts | None:
        """Counts of the walk with ``key`` that ``run_id`` finished from ``since`` until before ``before``, if any."""
        query = (
            sa.select(listing_pass.c.counts)
            .where(
                listing_pass.c.key == key,
                listing_pass.c.run_id == run_id,
                listing_pass.c.finished_at >= since,
                listing_pass.c.finished_at < before,
            )
            .order_by(listing_pass.c.finished_at.desc(), listing_pass.c.pass_id)
            .limit(1)
        )
        with reading(self._engine) as connection:
            counts = connection.execute(query).scalar()
        return None if counts is None else msgspec.convert(counts, IngestCounts)

    def start_pass(self, progress: PassProgress, run_id: str) -> None:
        """Note that a walk begins."""
        # The raw store's layout is <venue>/<kind>/...; a walk without a file yet learns its venue with its first page.
        parts = (progress.raw_path or "").split("/")
        venue = Venue(parts[0]) if parts[0] else None
        row = {
            **msgspec.structs.asdict(progress),
            "venue": None if venue is None else venue.value,
            "is_synthetic": None if venue is None else venue.is_synthetic,
            "kind": parts[1] if len(parts) > 1 else None,
            "run_id": run_id,
            "counts": msgspec.to_builtins(IngestCounts()),
        }
        with writing(self._engine) as connection:
            connection.execute(sa.insert(listing_pass).values(row))

    def known_items(self, venue: Venue, items: Sequence[ListingItem]) -> Mapping[tuple[str, str], KnownItem]:
        """What is known of ``items`` by (kind, native id)."""
        wanted = {(item.kind, rows.text(item.native_id)): item.native_id for item in items if item.native_id}
        table = listing_item.c
        query = sa.select(listing_item).where(
            table.venue == venue.value,
            table.kind.in_(sorted({kind for kind, _ in wanted})),
            among(self._engine, table.native_id, sorted({native_id for _, native_id in wanted})),
        )
        with reading(self._engine) as connection:
            return {
                (row.kind, wanted[row.kind, row.native_id]): KnownItem(
                    digest=row.digest,
                    rows=row.rows,
                    refused=row.refused,
                    refusals=row.refusals or {},
                    events=row.events,
                )
                for row in connection.execute(query)
                if (row.kind, row.native_id) in wanted
            }

    def forget_items(self, venue: Venue) -> None:
        """Have every item of ``venue`` parsed again when it is next seen, as after a change of its parser."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(listing_item).where(listing_item.c.venue == venue.value))

    def apply_page(self, progress: PassProgress, run_id: str, write: PageWrite) -> IngestCounts:
        """Store everything of one page, and that the walk has come that far, or nothing of it.

        Returns:
            Counts of this page alone.

        Raises:
            DataError: The page's rows do not add up.
            StorageError: The database failed, or someone else has gone on with this walk; nothing was stored.
        """
        items = sign(write.parsed)
        with writing(self._engine) as connection:
            fold = PageFold(
                _stored_events(connection, (event.key for item in items for event in item.events)),
                _stored_markets(connection, items),
                _stored_series(connection, (one.key for item in items for one in item.series)),
            )
            fold.counts.resumed_pages = int(write.resumed)
            for known in write.unchanged:
                fold.add_known(known)
            for item in items:
                fold.add(item, write)
            _save_records(connection, fold, run_id)
            _save_refusals_and_items(connection, fold, run_id, write)
            _advance(connection, progress, write, fold.counts)
        return fold.counts

    def finish_pass(self, pass_id: str, at: datetime) -> IngestCounts:
        """Mark the walk as complete; counts over all of its pages, those of killed processes included."""
        with writing(self._engine) as connection:
            is_it = listing_pass.c.pass_id == pass_id
            counts = connection.execute(sa.select(listing_pass.c.counts).where(is_it)).scalar()
            if counts is None:
                raise StorageError(f"walk {pass_id}: expected it among the started walks, found nothing")
            connection.execute(sa.update(listing_pass).where(is_it).values(finished_at=at))
        return msgspec.convert(counts, IngestCounts)


def _stored_events(connection: sa.Connection, keys: Iterable[str]) -> dict[str, Stored]:
    table = venue_event.c
    columns = (table.event_id, table.signature, table.is_stub, table.as_of, table.first_seen_at)
    return {
        key: Stored(signature=signature, rank=int(not is_stub), as_of=as_of, first_seen_at=first_seen_at)
        for key, signature, is_stub, as_of, first_seen_at in _by_key(connection, columns, keys)
    }


def _stored_series(connection: sa.Connection, keys: Iterable[str]) -> dict[str, Stored]:
    table = series.c
    columns = (table.series_id, table.signature, table.as_of, table.first_seen_at)
    return {
        key: Stored(signature=signature, rank=0, as_of=as_of, first_seen_at=first_seen_at)
        for key, signature, as_of, first_seen_at in _by_key(connection, columns, keys)
    }


def _stored_markets(connection: sa.Connection, items: Sequence[SignedItem]) -> dict[str, Stored]:
    table = market.c
    columns = (
        table.market_id,
        table.signature,
        table.detail,
        table.as_of,
        table.first_seen_at,
        table.revision_count,
    )
    keys = (one.key for item in items for one in item.markets)
    stored = {
        key: Stored(
            signature=signature,
            rank=detail,
            as_of=as_of,
            first_seen_at=first_seen_at,
            revision_count=revision_count,
        )
        for key, signature, detail, as_of, first_seen_at, revision_count in _by_key(connection, columns, keys)
    }
    for key, terms in _terms(connection, changing_markets(stored, items)).items():
        stored[key].terms = terms
    return stored


def _terms(connection: sa.Connection, keys: Sequence[str]) -> dict[str, Terms]:
    """The stored terms of ``keys``: long texts, so only those of markets that are about to change."""
    if not keys:
        return {}
    labels: dict[str, list[str]] = {}
    query = sa.select(outcome.c.market_id, outcome.c.label).where(among(connection, outcome.c.market_id, keys))
    for key, label in connection.execute(query.order_by(outcome.c.market_id, outcome.c.outcome_index)):
        labels.setdefault(key, []).append(label)
    columns = (market.c.market_id, market.c.question, market.c.rules, market.c.closes_at)
    return {
        key: Terms(question=question, rules=rules_text, outcomes=tuple(labels.get(key, ())), closes_at=closes_at)
        for key, question, rules_text, closes_at in _by_key(connection, columns, keys)
    }


def _by_key(connection: sa.Connection, columns: Sequence[sa.Column[Any]], keys: Iterable[str]) -> Iterable[sa.Row[Any]]:
    wanted = sorted(set(keys))
    if not wanted:
        return []
    return connection.execute(sa.select(*columns).where(among(connection, columns[0], wanted)))


def _save_records(connection: sa.Connection, fold: PageFold, run_id: str) -> None:
    # In the order of the keys: neighbours share a page of the database's index.
    upsert(
        connection,
        venue_event,
        [
            rows.event_row(event.record, event.signature, fold.event_state(event.key).first_seen_at)
            for event in _sorted(fold.events)
        ],
    )
    upsert(
        connection,
        series,
        [
            rows.series_row(one.record, one.signature, fold.series_state(one.key).first_seen_at)
            for one in _sorted(fold.series)
        ],
    )
    markets = _sorted(fold.markets)
    upsert(connection, market, [_market_row(one, fold.market_state(one.key)) for one in markets])
    upsert(connection, outcome, [row for one in markets for row in rows.outcome_rows(one.record)])
    delete_surplus_outcomes(connection, fold.fewer_outcomes.items())
    upsert(connection, market_revision, [rows.revision_row(one, run_id) for one in fold.revisions])


def _save_refusals_and_items(connection: sa.Connection, fold: PageFold, run_id: str, write: PageWrite) -> None:
    notes = sorted(fold.refusals.items())
    upsert(connection, refusal, [rows.refusal_row(note, key, run_id, write) for key, note in notes])
    items = sorted(fold.items.items())
    upsert(
        connection,
        listing_item,
        [rows.item_row(write.venue, kind, native_id, known) for (kind, native_id), known in items],
    )


def _advance(connection: sa.Connection, progress: PassProgress, write: PageWrite, counts: IngestCounts) -> None:
    """Note that the walk has come past this page, unless someone else has gone on with it meanwhile."""
    is_where_we_left = sa.and_(
        listing_pass.c.pass_id == progress.pass_id,
        listing_pass.c.pages == progress.pages,
        listing_pass.c.finished_at.is_(None),
    )
    before = connection.execute(sa.select(listing_pass.c.counts).where(is_where_we_left)).scalar()
    if before is None:
        raise StorageError(
            f"walk {progress.pass_id}: expected it unfinished after {progress.pages} pages, found it gone, finished or "
            "taken up by another process; this page was not applied"
        )
    total = msgspec.convert(before, IngestCounts)
    total.add(counts)
    values = {
        "venue": write.venue.value,
        "is_synthetic": write.venue.is_synthetic,
        "next_cursor": write.next_cursor,
        "pages": progress.pages + 1,
        "fetched": progress.fetched + counts.fetched,
        "raw_path": write.position.path,
        "raw_end": write.position.end,
        "counts": msgspec.to_builtins(total),
    }
    connection.execute(sa.update(listing_pass).where(listing_pass.c.pass_id == progress.pass_id).values(values))


def _market_row(one: Signed[Market], state: Stored) -> rows.Row:
    return rows.market_row(one.record, one.signature, state.first_seen_at, state.revision_count)


def _sorted(records: Mapping[str, Signed[Record]]) -> list[Signed[Record]]:
    return [records[key] for key in sorted(records)]
