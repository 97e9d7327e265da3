"""What the library needs from outside, as protocols: venues, raw store, catalogue, history, models, research, clock.

``edgeworth.adapters`` implements them, ``tasks/wiring/`` builds them, tests fake them. Values that cross the border
are defined here or in ``edgeworth.markets``; wire payloads and SQL rows never cross it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct

from edgeworth.markets.bars import Bar, SavedBars
from edgeworth.markets.book import OrderBook
from edgeworth.markets.history import PricePoint, Trade
from edgeworth.markets.listing import ListingItem, ListingPage, ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.units import UsdMicros

Clock = Callable[[], datetime]
"""Gives the present instant in UTC. The library asks for it; only ``tasks/`` knows the wall clock."""


class RawPage(Struct, frozen=True, kw_only=True):
    """One response exactly as received.

    Attributes:
        kind: The listing or table it belongs to (``events``, ``markets``, ``books``, ...): a folder of the raw store.
        url: Without parameters and without credentials. params: As sent, in order.
        fetched_at: When the last byte arrived.
        body: Undecoded.
    """

    venue: Venue
    kind: str
    url: str
    params: tuple[tuple[str, str], ...]
    fetched_at: datetime
    status: int
    body: bytes


class RawPosition(Struct, frozen=True, kw_only=True):
    """Where a page stands in the raw store.

    Attributes:
        path: File, relative to the raw folder, with forward slashes.
        offset: First byte of the page's frame. end: First byte after it.
    """

    path: str
    offset: int
    end: int


class RawLog(Protocol):
    """One raw file that this process alone may extend; the lock goes with the process, also when it is killed."""

    @property
    def path(self) -> str:
        """The file, relative to the raw folder."""

    def append(self, page: RawPage) -> RawPosition:
        """Store ``page`` durably; it is on disk when this returns."""

    def read_from(self, offset: int) -> Iterator[tuple[RawPage, RawPosition]]:
        """Pages stored at ``offset`` and after; a torn last frame is cut off, not an error."""

    def close(self) -> None:
        """Release the file."""


class RawStore(Protocol):
    """Everything ever received, append only."""

    def create(self, venue: Venue, kind: str, name: str, at: datetime) -> RawLog:
        """A new file ``<venue>/<kind>/YYYY/MM/DD/<name>.jsonl.zst``, held by this process."""

    def try_open(self, path: str) -> RawLog | None:
        """The file at ``path`` to go on with; ``None`` when another process holds it or it is gone."""


class Listing(Protocol):
    """One listing of one venue that can be walked page by page, forward only."""

    @property
    def venue(self) -> Venue:
        """Whose markets these are (the synthetic twin when the server says that it is a stand-in)."""

    @property
    def kind(self) -> str:
        """Raw folder of the pages, for instance ``events``."""

    @property
    def key(self) -> str:
        """Names this walk: host, listing and filters. Two walks with one key see the same pages."""

    async def fetch(self, cursor: str | None) -> RawPage:
        """The page at ``cursor`` (the first for ``None``), after limits and retries.

        Raises:
            SourceError: The venue did not answer as agreed.
        """

    def split(self, page: RawPage) -> ListingPage:
        """The items of ``page``, not yet parsed. Pure.

        Raises:
            UnreadableInputError: The body is not a page of this listing (HTML, cut off, other encoding).
        """

    def parse(self, item: ListingItem, page: RawPage) -> ParsedItem:
        """Everything that ``item`` holds; every row is parsed or refused. Pure; never raises for bad data."""


class KnownItem(Struct, frozen=True, kw_only=True):
    """What a listing item gave when it was last parsed.

    Attributes:
        refusals: Its refused rows by code. events: Events it holds, rows or not.
    """

    digest: str
    rows: int
    refused: int
    refusals: dict[str, int] = {}
    events: int = 0


class PassProgress(Struct, frozen=True, kw_only=True):
    """How far a walk through a listing has come, as stored with the last page.

    Attributes:
        pass_id: Names this walk for ever. key: See ``Listing.key``.
        next_cursor: Where it goes on; ``None`` before the first page.
        pages: Pages applied to the catalogue. fetched: Rows on them.
        raw_path: Its raw file, or ``None`` before the first page. raw_end: First byte not yet applied.
    """

    pass_id: str
    key: str
    started_at: datetime
    next_cursor: str | None = None
    pages: int = 0
    fetched: int = 0
    raw_path: str | None = None
    raw_end: int = 0


class IngestCounts(Struct, kw_only=True):
    """What an ingest did, in rows.

    ``fetched == parsed + refused``, and for catalogue rows ``parsed == created + changed + unchanged + superseded``.

    Attributes:
        superseded: Rows older or thinner than what the catalogue already holds; nothing was written.
        revisions: Markets whose terms changed (``market_revision`` rows).
        events, events_created, events_changed: Events seen, new, changed. Not rows, unless listed without markets.
        refusals: Refused rows by code.
        pages: Pages read. resumed_pages: Of them, pages an earlier, killed process had already fetched.
    """

    fetched: int = 0
    parsed: int = 0
    refused: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    superseded: int = 0
    revisions: int = 0
    events: int = 0
    events_created: int = 0
    events_changed: int = 0
    pages: int = 0
    resumed_pages: int = 0
    refusals: dict[str, int] = {}

    def add(self, other: IngestCounts) -> None:
        """Add ``other`` to these counts, in place."""
        for name in self.__struct_fields__:
            if name != "refusals":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        for code, number in other.refusals.items():
            self.refusals[code] = self.refusals.get(code, 0) + number


class PageWrite(Struct, frozen=True, kw_only=True):
    """One page's outcome, to be applied in one transaction.

    Attributes:
        parsed: Items that were parsed now, with the item they came from.
        unchanged: Items whose digest was known: not parsed, counted from what is known of them.
        position: Where the page is stored, for refusals. next_cursor: ``None`` when it was the last page.
        resumed: Whether the page had been fetched by an earlier process.
    """

    venue: Venue
    fetched_at: datetime
    parsed: Sequence[tuple[ListingItem, ParsedItem]]
    unchanged: Sequence[KnownItem]
    position: RawPosition
    next_cursor: str | None
    resumed: bool = False


class Catalogue(Protocol):
    """Events, markets, refusals and how far each walk has come."""

    def unfinished_passes(self, key: str, since: datetime) -> Sequence[PassProgress]:
        """Walks with ``key`` started at or after ``since`` that have not finished, newest first."""

    def finished_pass(self, key: str, run_id: str, since: datetime, before: datetime) -> IngestCounts | None:
        """Counts of the walk with ``key`` that ``run_id`` finished from ``since`` until before ``before``, if any."""

    def start_pass(self, progress: PassProgress, run_id: str) -> None:
        """Note that a walk begins."""

    def known_items(self, venue: Venue, items: Sequence[ListingItem]) -> Mapping[tuple[str, str], KnownItem]:
        """What is known of ``items`` by (kind, native id)."""

    def apply_page(self, progress: PassProgress, run_id: str, write: PageWrite) -> IngestCounts:
        """Store everything of one page, and that the walk has come that far, or nothing of it.

        A row thinner (``detail``) than the stored one, or as full but older (``as_of``), changes nothing
        (``superseded``). A row with an equal signature costs no write. Counts of the page are returned, and added to
        the walk's.
        """

    def finish_pass(self, pass_id: str, at: datetime) -> IngestCounts:
        """Mark the walk as complete; counts over all of its pages, those of killed processes included."""


class HistoryStore(Protocol):
    """Prices, books, trades and bars as Parquet. Saving the same rows twice stores them once."""

    def save_prices(self, points: Sequence[PricePoint]) -> int:
        """Store points that are not stored yet; their number."""

    def save_books(self, books: Sequence[OrderBook]) -> int:
        """Store books that are not stored yet; their number."""

    def save_trades(self, trades: Sequence[Trade]) -> int:
        """Store trades that are not stored yet; their number."""

    def save_bars(self, bars: Sequence[Bar]) -> SavedBars:
        """Store bars that are not stored yet; of two that contradict each other the first stands and it is said."""

    def last_price_at(self, market_ids: Sequence[str]) -> Mapping[tuple[str, int], datetime]:
        """Latest stored price point by (market id, outcome index)."""

    def last_trade_at(self, market_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Latest stored trade by market id."""


class HistoryReader(Protocol):
    """What was stored of books; prices and trades are read as tables (``ParquetHistory.scan_*``)."""

    def latest_books(self, market_ids: Sequence[str]) -> Sequence[OrderBook]:
        """The newest stored book of each outcome of these markets; markets without one are left out."""


class TradedMarket(Struct, frozen=True, kw_only=True):
    """What a venue needs to be asked for a market's books, prices and trades."""

    venue: Venue
    native_id: str
    token_ids: tuple[str | None, ...]
    series_native_id: str | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    @property
    def market_id(self) -> str:
        """The market's key, unique over all venues."""
        return f"{self.venue.value}:{self.native_id}"


class FetchedRows(Struct, frozen=True, kw_only=True):
    """One raw response and the rows read from it."""

    page: RawPage
    parsed: ParsedItem


class HistorySource(Protocol):
    """A venue's books, prices and trades. Each method asks in the largest batches the venue allows."""

    @property
    def venue(self) -> Venue:
        """Whose markets these are."""

    def fetch_books(self, markets: Sequence[TradedMarket]) -> AsyncIterator[FetchedRows]:
        """The present books. A market without a book is not an error."""

    def fetch_prices(
        self, market: TradedMarket, *, start: datetime, end: datetime, interval_seconds: int
    ) -> AsyncIterator[FetchedRows]:
        """Price points from ``start`` to ``end`` (exclusive), oldest window first, in the windows the venue allows."""

    def fetch_trades(self, market: TradedMarket, *, start: datetime, end: datetime) -> AsyncIterator[FetchedRows]:
        """Trades from ``start`` to ``end`` (exclusive)."""


class IngestProgress(Protocol):
    """Told about every page, so that long work can be watched."""

    def page_done(self, key: str, counts: IngestCounts) -> None:
        """``counts`` are those of the walk so far, without pages that an earlier process had already applied."""


class Prompt(Struct, frozen=True, kw_only=True):
    """What a language model is asked.

    Attributes:
        prompt_id: Template and version, such as ``second_reader_v1``; recorded with whatever the answer decides.
        system: What always holds. Ours alone: text from outside never stands here.
        text: The question; text from outside stands in it between fences only (``edgeworth.prompting.delimited``).
    """

    prompt_id: str
    system: str
    text: str


class Finish(StrEnum):
    """How an answer of a language model ended."""

    COMPLETE = "complete"
    """``value`` is what was asked for."""
    REFUSED = "refused"
    """The model, or a filter of its service, would not answer."""
    TRUNCATED = "truncated"
    """The allowed tokens were used up; what came is not used."""
    MALFORMED = "malformed"
    """It ended of its own accord, but is not JSON or not as the schema says."""


class Reply(Struct, frozen=True, kw_only=True):
    """One answer of a language model, paid for whatever came of it.

    Attributes:
        value: Valid against the schema that was asked for; ``None`` unless ``finish`` is ``COMPLETE``.
        problem: Why there is no value, for a person and for a repair; may quote the model, so it is untrusted.
        model: As the service names it. text: What the model wrote; untrusted.
        input_tokens, output_tokens: As the service counts them, thinking included; 0 where it does not say.
        cost: Never less than the bill; ``None`` when the price of the model is not known.
    """

    finish: Finish
    model: str
    input_tokens: int
    output_tokens: int
    cost: UsdMicros | None
    value: dict[str, Any] | None = None
    problem: str | None = None
    text: str = ""


class PaidService(Protocol):
    """Something outside that may charge for what it answers."""

    @property
    def name(self) -> str:
        """Who is asked, with its model where it has several, such as ``anthropic/claude-sonnet-5-5``; for reports."""

    @property
    def has_known_price(self) -> bool:
        """Whether answers come with their cost; without it no budget of money can be kept."""


class LanguageModel(PaidService, Protocol):
    """Something that reads a prompt and answers with JSON. Attempts are bounded inside; callers do not retry."""

    async def ask(self, question: Prompt, *, schema: Mapping[str, Any], max_tokens: int) -> Reply:
        """The answer to ``question``.

        Args:
            question: Recorded by its ``prompt_id``; the whole of what the model sees.
            schema: JSON Schema (draft 2020-12) of an object whose properties are all required.
            max_tokens: Most tokens of the answer, thinking included.

        Raises:
            ConfigurationError: The key is refused.
            RetriableSourceError: It failed on every attempt in a way that may pass.
            FatalSourceError: The same request would fail again.
        """


class ResearchSnippet(Struct, frozen=True, kw_only=True):
    """Something published, as a search found it; untrusted text.

    Attributes:
        source: Host of the page. published_at: As the service states it; the first instant of the day where it
            states only a day.
    """

    source: str
    url: str
    title: str
    text: str
    published_at: datetime


class ResearchAnswer(Struct, frozen=True, kw_only=True):
    """What was known of a question at an instant. ``len(snippets) + sum(rejected.values())`` results came back.

    Attributes:
        service: Who was asked. rejected: Results left out, by reason (``undated``, ``later``, ``venue_page``, ...).
        cost: Of this call; 0 when it was remembered, ``None`` when the service does not say and has no known price.
    """

    service: str
    query: str
    as_of: datetime
    snippets: tuple[ResearchSnippet, ...]
    rejected: dict[str, int] = {}
    cost: UsdMicros | None = None


class Research(PaidService, Protocol):
    """A search over what was published until an instant. Attempts are bounded inside; callers do not retry."""

    async def search(self, query: str, as_of: datetime, limit: int) -> ResearchAnswer:
        """At most ``limit`` snippets published at or before ``as_of``, in the service's order.

        Raises:
            ConfigurationError: The key is refused.
            RetriableSourceError: It failed on every attempt in a way that may pass.
            FatalSourceError: The same request would fail again.
        """


class ResearchMemory(Protocol):
    """Answers already paid for."""

    def recall(self, service: str, query: str, as_of: datetime, limit: int) -> ResearchAnswer | None:
        """The answer to exactly this question, or ``None``."""

    def remember(self, answer: ResearchAnswer, limit: int) -> None:
        """Keep ``answer``; whole or not at all."""
