"""What a page of a listing does to the catalogue: pure, given what the catalogue holds of the rows on it.

The rules, in order. A record with the signature of the stored one changes nothing. A thinner record (``detail``; an
event's stub) never replaces a fuller one. An older record (``as_of``) never replaces a newer one of the same detail.
Every other record replaces the stored one; of two records of the same instant the later in the listing stands. So the
result does not depend on the order in which pages of different instants arrive.

The stored ``as_of`` is the instant at which the present content was first seen: to note every later sighting would cost
a write for each unchanged row.

A revision is noted when terms change between two records of the same detail. A thinner table that leaves the rules out
has not changed them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Generic, TypeVar

import msgspec
import xxhash
from msgspec import Struct

from edgeworth.adapters.storage.rows import RefusalNote, Revision, stored_terms
from edgeworth.errors import DataError
from edgeworth.markets.change import Terms, revised_fields, signature, terms
from edgeworth.markets.listing import ListingItem, ParsedItem, Refusal, Series
from edgeworth.markets.market import Event, Market
from edgeworth.ports import IngestCounts, KnownItem, PageWrite

Record = TypeVar("Record", Event, Market, Series)

_key_encoder = msgspec.msgpack.Encoder()


class Verdict(Enum):
    """What a record does to what is stored under its key."""

    CREATED = auto()
    CHANGED = auto()
    UNCHANGED = auto()
    THINNER = auto()
    OLDER = auto()


class Stored(Struct, kw_only=True):
    """What must be known of a stored record to judge another one.

    Attributes:
        rank: How full it is: ``detail`` of a market, 0 or 1 for an event's stub or the event.
        revision_count: Of a market, so far. terms: Of a market, when they may be about to change.
    """

    signature: str
    rank: int
    as_of: datetime
    first_seen_at: datetime
    revision_count: int = 0
    terms: Terms | None = None


class Signed(Struct, Generic[Record], frozen=True):
    """A record with its key, signature and rank, computed once and before the write lock is taken."""

    key: str
    record: Record
    signature: str
    rank: int


class SignedItem(Struct, frozen=True, kw_only=True):
    """One parsed listing item, ready to be judged."""

    item: ListingItem
    parsed: ParsedItem
    events: list[Signed[Event]]
    markets: list[Signed[Market]]
    series: list[Signed[Series]]


def sign(parsed: Sequence[tuple[ListingItem, ParsedItem]]) -> list[SignedItem]:
    """``parsed`` with keys and signatures.

    Raises:
        DataError: An item's rows do not add up.
    """
    for item, rows in parsed:
        _check_rows(item, rows)
    return [
        SignedItem(
            item=item,
            parsed=rows,
            events=[Signed(row.event_id, row, signature(row), int(not row.is_stub)) for row in rows.events],
            markets=[Signed(row.market_id, row, signature(row), int(row.detail)) for row in rows.markets],
            series=[Signed(row.series_id, row, signature(row), 0) for row in rows.series],
        )
        for item, rows in parsed
    ]


def _check_rows(item: ListingItem, rows: ParsedItem) -> None:
    if rows.rows != rows.parsed + len(rows.refusals):
        raise DataError(
            f"{item.kind} {item.native_id or item.digest}: expected every row to be parsed or refused, found "
            f"{rows.rows} rows of which {rows.parsed} parsed and {len(rows.refusals)} refused"
        )


def judge(stored: Stored | None, record: Signed[Record]) -> Verdict:
    """What ``record`` does to ``stored``; see the module's rules."""
    if stored is None:
        return Verdict.CREATED
    if stored.signature == record.signature:
        return Verdict.UNCHANGED
    if record.rank < stored.rank:
        return Verdict.THINNER
    if record.rank == stored.rank and record.record.as_of < stored.as_of:
        return Verdict.OLDER
    return Verdict.CHANGED


class PageFold:
    """Judges the records of one page one after the other and remembers what is to be written.

    Args:
        events, markets, series: What is stored, by key. Updated as the page is read, so that a record that stands
            twice on a page is compared with its first copy.
    """

    def __init__(self, events: dict[str, Stored], markets: dict[str, Stored], series: dict[str, Stored]) -> None:
        self._stored_events = events
        self._stored_markets = markets
        self._stored_series = series
        self.counts = IngestCounts(pages=1)
        self.events: dict[str, Signed[Event]] = {}
        self.markets: dict[str, Signed[Market]] = {}
        self.series: dict[str, Signed[Series]] = {}
        self.fewer_outcomes: dict[str, int] = {}
        self.revisions: list[Revision] = []
        self.refusals: dict[str, RefusalNote] = {}
        self.items: dict[tuple[str, str], KnownItem] = {}

    def add_known(self, known: KnownItem) -> None:
        """Count an item that was not parsed because it is the one already seen."""
        counts, parsed = self.counts, known.rows - known.refused
        counts.fetched += known.rows
        counts.refused += known.refused
        counts.parsed += parsed
        counts.unchanged += parsed
        counts.events += known.events
        for code, number in known.refusals.items():
            counts.refusals[code] = counts.refusals.get(code, 0) + number

    def add(self, signed: SignedItem, write: PageWrite) -> None:
        """Judge every record of an item."""
        counts, parsed = self.counts, signed.parsed
        counts.fetched += parsed.rows
        counts.parsed += parsed.parsed
        counts.refused += len(parsed.refusals)
        verdicts = [self._judge_event(event, is_row=n < parsed.event_rows) for n, event in enumerate(signed.events)]
        verdicts += [self._judge_market(market) for market in signed.markets]
        verdicts += [self._judge_series(series) for series in signed.series]
        codes = self._note_refusals(signed, write)
        # An older record would be news again after the next change, and history is stored elsewhere: parse them again.
        is_settled = Verdict.OLDER not in verdicts and not (parsed.trades or parsed.books or parsed.prices)
        if signed.item.native_id and is_settled:
            self.items[signed.item.kind, signed.item.native_id] = KnownItem(
                digest=signed.item.digest,
                rows=parsed.rows,
                refused=len(parsed.refusals),
                refusals=codes,
                events=len(parsed.events),
            )

    def event_state(self, key: str) -> Stored:
        """What is now known of an event on the page."""
        return self._stored_events[key]

    def market_state(self, key: str) -> Stored:
        """What is now known of a market on the page."""
        return self._stored_markets[key]

    def series_state(self, key: str) -> Stored:
        """What is now known of a series on the page."""
        return self._stored_series[key]

    def _judge_event(self, event: Signed[Event], *, is_row: bool) -> Verdict:
        verdict = _take(self._stored_events, self.events, event)
        self.counts.events += 1
        self.counts.events_created += verdict is Verdict.CREATED
        self.counts.events_changed += verdict is Verdict.CHANGED
        if is_row:
            self._count(verdict)
        return verdict

    def _judge_series(self, series: Signed[Series]) -> Verdict:
        verdict = _take(self._stored_series, self.series, series)
        self._count(verdict)
        return verdict

    def _judge_market(self, market: Signed[Market]) -> Verdict:
        before = self._stored_markets.get(market.key)
        verdict = _take(self._stored_markets, self.markets, market)
        self._count(verdict)
        if _is_written(verdict):
            after = stored_terms(terms(market.record))
            self._stored_markets[market.key].terms = after
            if before is not None:
                self._compare_terms(market, before, after)
        return verdict

    def _compare_terms(self, market: Signed[Market], before: Stored, after: Terms) -> None:
        assert before.terms is not None
        if len(after.outcomes) < len(before.terms.outcomes):
            self.fewer_outcomes[market.key] = len(after.outcomes)
        state = self._stored_markets[market.key]
        state.revision_count = before.revision_count
        changed = revised_fields(before.terms, after) if before.rank == market.rank else ()
        if not changed:
            return
        state.revision_count += 1
        self.counts.revisions += 1
        self.revisions.append(
            Revision(
                market_id=market.key,
                revision=state.revision_count,
                seen_at=market.record.as_of,
                changed=changed,
                before=before.terms,
                after=after,
            )
        )

    def _note_refusals(self, signed: SignedItem, write: PageWrite) -> dict[str, int]:
        codes: dict[str, int] = {}
        for refusal in signed.parsed.refusals:
            codes[refusal.code] = codes.get(refusal.code, 0) + 1
            key = _refusal_key(refusal, signed.item.digest, codes[refusal.code], write)
            if key in self.refusals:
                self.refusals[key].times += 1
            else:
                self.refusals[key] = RefusalNote(refusal=refusal, item_digest=signed.item.digest)
        for code, number in codes.items():
            self.counts.refusals[code] = self.counts.refusals.get(code, 0) + number
        return codes

    def _count(self, verdict: Verdict) -> None:
        self.counts.created += verdict is Verdict.CREATED
        self.counts.changed += verdict is Verdict.CHANGED
        self.counts.unchanged += verdict is Verdict.UNCHANGED
        self.counts.superseded += verdict is Verdict.THINNER or verdict is Verdict.OLDER


def _is_written(verdict: Verdict) -> bool:
    """Whether the record becomes the stored one."""
    # By identity: a set of members would hash them, at every row.
    return verdict is Verdict.CREATED or verdict is Verdict.CHANGED


def _take(stored: dict[str, Stored], written: dict[str, Signed[Record]], record: Signed[Record]) -> Verdict:
    before = stored.get(record.key)
    verdict = judge(before, record)
    if _is_written(verdict):
        as_of = record.record.as_of
        stored[record.key] = Stored(
            signature=record.signature,
            rank=record.rank,
            as_of=as_of,
            first_seen_at=as_of if before is None else before.first_seen_at,
        )
        written[record.key] = record
    return verdict


def changing_markets(stored: Mapping[str, Stored], items: Sequence[SignedItem]) -> list[str]:
    """Keys of stored markets whose terms must be read, because a record on the page may replace them."""
    return sorted(
        {
            market.key
            for item in items
            for market in item.markets
            if (before := stored.get(market.key)) is not None and judge(before, market) is not Verdict.UNCHANGED
        }
    )


def _refusal_key(refusal: Refusal, digest: str, ordinal: int, write: PageWrite) -> str:
    """The same for the same row refused again, wherever it stands then.

    A row without a key of its own is known by its item's bytes and by how many of its kind stand before it there.
    """
    row = ["id", refusal.native_id] if refusal.native_id else ["digest", digest, ordinal]
    return xxhash.xxh3_128_hexdigest(_key_encoder.encode([write.venue.value, refusal.kind, refusal.code, row]))
