"""The one place where adapters are built, from settings, for the time of a block.

Everything else receives ports. Nothing is built at import.
"""

from __future__ import annotations

import logging
import random
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import msgspec
from filelock import FileLock
from msgspec import Struct
from pydantic import SecretStr

from edgeworth.adapters.embeddings.lexical_only import LexicalOnly
from edgeworth.adapters.embeddings.local import LocalEmbedder
from edgeworth.adapters.embeddings.openai import OpenAIEmbedder
from edgeworth.adapters.http import RateLimit, VenueHttp
from edgeworth.adapters.kalshi.client import (
    KALSHI_LIMITS,
    KalshiEventsListing,
    KalshiHistoricalMarketsListing,
    KalshiHistory,
    KalshiMarketsListing,
    KalshiSeriesListing,
)
from edgeworth.adapters.language_models import anthropic, openai
from edgeworth.adapters.polymarket.client import (
    CLOB_LIMITS,
    DATA_API_LIMITS,
    GAMMA_LIMITS,
    GammaEventsListing,
    PolymarketHistory,
)
from edgeworth.adapters.polymarket.stream import MarketStream
from edgeworth.adapters.recordings.listing import RecordedFile, open_recordings
from edgeworth.adapters.research.exa import ExaResearch
from edgeworth.adapters.research.memory import FileResearchMemory, RememberedResearch
from edgeworth.adapters.research.perplexity import PerplexityResearch
from edgeworth.adapters.sandbox.daytona_options import DaytonaOptions, SandboxWish
from edgeworth.adapters.sandbox.levels import CONFINED, UNSAFE
from edgeworth.adapters.sandbox.local import LocalSandboxProvider
from edgeworth.adapters.storage.database import (
    SqlCatalogue,
    SqlEmbeddings,
    SqlMatches,
    SqlOpportunities,
    open_database,
)
from edgeworth.adapters.storage.disk import storage_error, write_whole
from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.adapters.storage.raw import ZstdRawStore
from edgeworth.discovery.ports import Embedder
from edgeworth.errors import ConfigurationError, EdgeworthError
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows, HistorySource, LanguageModel, Listing, Research, TradedMarket
from edgeworth.simulation.sandbox import SandboxProvider
from tasks.clock import utc_now
from tasks.settings import Settings

if TYPE_CHECKING:
    from edgeworth.adapters.synthetic.world import World

FILE_PREFIX = "file:"
NETWORK_SOURCES = ("polymarket", "kalshi", "synthetic")


class SourceOptions(Protocol):
    """The part of a plan that decides which listings are read."""

    @property
    def full(self) -> bool:
        """The full universe, closed markets included."""

    @property
    def include_combos(self) -> bool:
        """Kalshi's multi-leg combos too."""

    @property
    def as_of(self) -> datetime | None:
        """When recorded files were recorded, where they do not say."""


class OpenVenue(Struct, kw_only=True):
    """One venue, ready to be read.

    Attributes:
        source: What to call it in the report; ``None`` for the name the user gave.
        listings: To be walked one after the other, each taken only when the one before is done.
        history: Books, prices and trades; ``None`` for recorded files.
        follow: Makes the market channel of chosen markets, where the venue has one.
        default_limit: Rows after which a listing is left when the plan does not say; ``None`` reads to the end.
        note: What a reader of the report should know.
        error: Why it could not be opened at all.
    """

    venue: Venue | None
    listings: Iterable[Listing] = ()
    source: str | None = None
    history: HistorySource | None = None
    follow: Callable[[Sequence[TradedMarket], Callable[[FetchedRows], None]], MarketStream] | None = None
    default_limit: int | None = None
    note: str | None = None
    error: str | None = None


class Storage(Struct):
    """Our own stores, open."""

    catalogue: SqlCatalogue
    raw: ZstdRawStore
    history: ParquetHistory
    embeddings: SqlEmbeddings
    matches: SqlMatches
    opportunities: SqlOpportunities


@contextmanager
def open_storage(settings: Settings) -> Iterator[Storage]:
    """Catalogue, raw store and history of ``settings``, made and migrated on first use.

    Raises:
        ConfigurationError: The database's URL cannot be meant, or the data folder cannot be made.
        StorageError: The data folder or the database cannot be used.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"EDGEWORTH_DATA_DIR: expected a folder that can be made at {settings.data_dir}, found: {error.strerror}"
        ) from error
    try:
        engine = open_database(settings.database)
    except ConfigurationError as error:
        raise ConfigurationError(f"EDGEWORTH_DATABASE_URL: {str(error).removeprefix('database URL: ')}") from None
    try:
        yield Storage(
            catalogue=SqlCatalogue(engine),
            raw=ZstdRawStore(settings.data_dir),
            history=ParquetHistory(settings.data_dir),
            embeddings=SqlEmbeddings(engine),
            matches=SqlMatches(engine),
            opportunities=SqlOpportunities(engine),
        )
    finally:
        engine.dispose()


def public_name(source: str) -> str:
    """A source as it may be shown: a file by its name, without its folder."""
    return f"{FILE_PREFIX}{Path(source.removeprefix(FILE_PREFIX)).name}" if source.startswith(FILE_PREFIX) else source


def check_sources(sources: Sequence[str]) -> None:
    """Refuse a source that nothing can read, before any work starts.

    Raises:
        ConfigurationError: Names the source and what is accepted.
    """
    if not sources:
        raise ConfigurationError("expected at least one source, found none; for example --source synthetic")
    for source in sources:
        if source in NETWORK_SOURCES:
            continue
        if not source.startswith(FILE_PREFIX) or source == FILE_PREFIX:
            raise ConfigurationError(
                f"expected a source out of {', '.join(NETWORK_SOURCES)} or file:PATH, found {source!r}"
            )
        path = Path(source.removeprefix(FILE_PREFIX))
        if not path.exists():
            raise ConfigurationError(f"expected a file or folder at {path}, found nothing there")


@asynccontextmanager
async def open_source(
    source: str, settings: Settings, storage: Storage, options: SourceOptions
) -> AsyncIterator[list[OpenVenue]]:
    """The venues behind ``source``, connected for the time of the block.

    Raises:
        SourceError: The venue cannot be reached.
        UnreadableInputError: A recorded file cannot be read.
    """
    async with AsyncExitStack() as stack:
        world = None
        if source == "synthetic":
            world = f"synthetic:{settings.synthetic_seed}"
            settings = stack.enter_context(synthetic_settings(settings))
        if source.startswith(FILE_PREFIX):
            yield _recordings(Path(source.removeprefix(FILE_PREFIX)), storage, options)
            return
        venues = []
        if source in {"polymarket", "synthetic"}:
            venues.append(await _polymarket(stack, settings, options, world=world))
        if source in {"kalshi", "synthetic"}:
            venues.append(await _kalshi(stack, settings, storage, options, world=world))
        yield venues


def _http(url: str, *, name: str, venue: Venue, limits: Sequence[RateLimit], world: str | None) -> VenueHttp:
    # The documented limits protect real venues; our own loopback server needs none. Its port differs every time, so an
    # interrupted walk is found again by the name of its world.
    return VenueHttp(
        url,
        name=name,
        venue=venue,
        limits=limits if world is None else (),
        clock=utc_now,
        jitter=random.Random(),  # noqa: S311  the spread of retries must differ between two processes: not seeded
        known_as=None if world is None else world + urlsplit(url).path,
    )


def _gamma(settings: Settings, *, world: str | None = None) -> VenueHttp:
    return _http(settings.gamma_url, name="Polymarket Gamma", venue=Venue.POLYMARKET, limits=GAMMA_LIMITS, world=world)


def _clob(settings: Settings, *, world: str | None = None) -> VenueHttp:
    return _http(settings.clob_url, name="Polymarket CLOB", venue=Venue.POLYMARKET, limits=CLOB_LIMITS, world=world)


def _data_api(settings: Settings, *, world: str | None = None) -> VenueHttp:
    return _http(
        settings.data_api_url, name="Polymarket Data API", venue=Venue.POLYMARKET, limits=DATA_API_LIMITS, world=world
    )


def _kalshi_http(settings: Settings, *, world: str | None = None) -> VenueHttp:
    return _http(settings.kalshi_url, name="Kalshi", venue=Venue.KALSHI, limits=KALSHI_LIMITS, world=world)


async def _polymarket(
    stack: AsyncExitStack, settings: Settings, options: SourceOptions, *, world: str | None
) -> OpenVenue:
    gamma = await stack.enter_async_context(_gamma(settings, world=world))
    clob = await stack.enter_async_context(_clob(settings, world=world))
    data_api = await stack.enter_async_context(_data_api(settings, world=world))
    # Each client learns from its first answer whether it speaks to a stand-in; rows must not be stored before.
    await gamma.identify("/tags", (("limit", "1"),))
    if gamma.venue.is_synthetic:
        await clob.identify("/time")
        await data_api.identify("/v2/trades", (("limit", "1"),))
    if options.full:
        listings = [GammaEventsListing(gamma, closed=False), GammaEventsListing(gamma, closed=True)]
    else:
        listings = [GammaEventsListing(gamma, closed=False, order="volume24hr", ascending=False)]

    def follow(markets: Sequence[TradedMarket], on_batch: Callable[[FetchedRows], None]) -> MarketStream:
        tokens = {
            token: (market.native_id, index)
            for market in markets
            for index, token in enumerate(market.token_ids)
            if token is not None
        }
        return MarketStream(
            settings.market_stream_url,
            tokens,
            venue=gamma.venue,
            clock=utc_now,
            on_batch=on_batch,
            jitter=random.Random(),  # noqa: S311  as above
        )

    return OpenVenue(
        venue=gamma.venue,
        listings=listings,
        history=PolymarketHistory(clob=clob, data_api=data_api),
        follow=follow,
        default_limit=None if options.full else settings.gamma_limit,
        note=None if options.full else "the active set: the busiest open events of the day; --full reads everything",
    )


async def _kalshi(
    stack: AsyncExitStack, settings: Settings, storage: Storage, options: SourceOptions, *, world: str | None
) -> OpenVenue:
    http = await stack.enter_async_context(_kalshi_http(settings, world=world))
    await http.identify("/exchange/status")
    return OpenVenue(
        venue=http.venue,
        listings=_kalshi_listings(http, storage, options),
        history=KalshiHistory(http),
        note=None if options.full else "every open event: the venue cannot list the busiest; --full reads settled too",
    )


def _kalshi_listings(http: VenueHttp, storage: Storage, options: SourceOptions) -> Iterator[Listing]:
    """Series first, because they decide fees and tags of the markets that follow."""
    yield KalshiSeriesListing(http)
    series = {one.native_id: one for one in storage.catalogue.list_series(http.venue)}
    combos = options.include_combos
    for status in ("open", "unopened", "closed", "settled") if options.full else ("open",):
        yield KalshiEventsListing(http, status=status, series=series, include_combos=combos)
    if combos:
        yield KalshiMarketsListing(http, status="open", series=series, include_combos=True)
    if options.full:
        yield KalshiHistoricalMarketsListing(http, series=series, include_combos=combos)


def _recordings(path: Path, storage: Storage, options: SourceOptions) -> list[OpenVenue]:
    found = open_recordings(
        path,
        now=options.as_of or utc_now(),
        include_combos=options.include_combos,
        series={one.native_id: one for one in storage.catalogue.list_series(Venue.KALSHI)},
        tokens=storage.catalogue.tokens(Venue.POLYMARKET),
    )
    readable = [
        OpenVenue(venue=file.venue, listings=[file], source=f"{FILE_PREFIX}{file.name}", note=_recorded_note(file))
        for file in found.files
    ]
    failed = [OpenVenue(venue=None, source=f"{FILE_PREFIX}{name}", error=str(error)) for name, error in found.failures]
    return readable + failed


def recorded_items(path: Path) -> Iterator[ParsedItem]:
    """Everything in the recording at ``path``, without a catalogue; rows that cannot be taken are refusals in it.

    Raises:
        UnreadableInputError: It is no recording; nothing was given.
    """
    for file in open_recordings(path, now=utc_now()).files:
        cursor: str | None = "0"
        while cursor is not None:
            page = file.page_at(int(cursor))
            split = file.split(page)
            yield from (file.parse(item, page) for item in split.items)
            cursor = split.next_cursor


def _recorded_note(file: RecordedFile) -> str:
    return f"recorded {file.as_of:%Y-%m-%d %H:%M} UTC, according to: {file.as_of_source.value}"


# --- the synthetic venue ----------------------------------------------------------------------------------------------

SYNTHETIC_STEP_SECONDS = 900
"""The synthetic world moves in quarters of an hour, so that two ingests in a row see the same markets."""


class _Birth(Struct, frozen=True):
    """When the synthetic world of a data folder began; kept, so that later looks are looks at the same world."""

    start: datetime


def synthetic_world(settings: Settings, *, market_count: int | None = None) -> World:
    """The world of this data folder as it stands now.

    Its beginning is noted in the data folder the first time, so that the same markets go on from day to day.
    """
    seconds = int(utc_now().timestamp()) // SYNTHETIC_STEP_SECONDS * SYNTHETIC_STEP_SECONDS
    now = datetime.fromtimestamp(seconds, UTC)
    began = _birth(_world_note(settings, market_count), now)
    world = _world(settings.synthetic_seed, began, market_count)
    return world if began == now else world.at(now)


def _world_note(settings: Settings, market_count: int | None) -> Path:
    """Where it is noted when the world of this seed and size began."""
    size = "" if market_count is None else f"_{market_count}"
    return settings.data_dir / "synthetic" / f"world_{settings.synthetic_seed}{size}.json"


def _birth(note: Path, now: datetime) -> datetime:
    """The beginning that stands in ``note``; ``now`` is written there by the first of all processes that ask."""
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(note.with_suffix(".lock")):
            if not note.exists():
                write_whole(note, msgspec.json.encode(_Birth(start=now)))
            return msgspec.json.decode(note.read_bytes(), type=_Birth).start
    except OSError as error:
        raise storage_error(error, note) from error


def _world(seed: int, as_of: datetime, market_count: int | None) -> World:
    # Here and below: half of this module's time to import, and needed by those who look at the synthetic world alone.
    from edgeworth.adapters.synthetic.world import World

    if market_count is None:
        return World(seed=seed, as_of=as_of)
    return World.with_market_count(market_count, seed=seed, as_of=as_of)


@contextmanager
def synthetic_settings(settings: Settings) -> Iterator[Settings]:
    """``settings`` aimed at a synthetic venue that is served on loopback for the time of the block."""
    from edgeworth.adapters.synthetic.server import running_venue

    with running_venue(synthetic_world(settings)) as venue:
        yield _aimed_at(settings, venue.origin)


def serve_synthetic(
    settings: Settings, *, port: int, market_count: int | None, announce: Callable[[Settings], None]
) -> None:
    """Serve the synthetic venue on ``port`` until it is interrupted; ``announce`` is told the addresses.

    Raises:
        ConfigurationError: The port is taken.
    """
    from edgeworth.adapters.synthetic.server import serve

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"--port: expected a free port on 127.0.0.1, found {port} not to be had ({error.strerror}); "
                "try another, such as --port 8766"
            ) from error
    announce(_aimed_at(settings, f"http://127.0.0.1:{port}"))
    serve(synthetic_world(settings, market_count=market_count), port=port)


def _aimed_at(settings: Settings, origin: str) -> Settings:
    from edgeworth.adapters.synthetic.server import CLOB_PATH, DATA_PATH, GAMMA_PATH, KALSHI_PATH, STREAM_PATH

    return settings.model_copy(
        update={
            "gamma_url": origin + GAMMA_PATH,
            "clob_url": origin + CLOB_PATH,
            "data_api_url": origin + DATA_PATH,
            "kalshi_url": origin + KALSHI_PATH,
            "market_stream_url": origin.replace("http", "ws", 1) + STREAM_PATH,
        }
    )


# --- present books ----------------------------------------------------------------------------------------------------


class BookSources(Struct, frozen=True, kw_only=True):
    """Where present books can be asked for.

    Attributes:
        sources: By venue. unavailable: Venues that cannot be asked, with the reason.
    """

    sources: dict[Venue, HistorySource]
    unavailable: dict[Venue, str]


@asynccontextmanager
async def open_book_sources(settings: Settings, venues: Collection[Venue]) -> AsyncIterator[BookSources]:
    """The venues that can be asked for their present books, connected for the time of the block.

    Invented venues are served on loopback unless the addresses of a stand-in are set, and a server whose markets are
    not those of the venue is not asked.
    """
    sources: dict[Venue, HistorySource] = {}
    unavailable: dict[Venue, str] = {}
    async with AsyncExitStack() as stack:
        aimed: Settings | None = None
        for venue in sorted(venues):
            try:
                if venue.is_synthetic and aimed is None:
                    aimed = _at_synthetic(stack, settings)
                history = await _history_of(stack, venue, aimed if venue.is_synthetic and aimed else settings)
            except EdgeworthError as error:
                unavailable[venue] = str(error)
                continue
            if history.venue is venue:
                sources[venue] = history
            else:
                unavailable[venue] = f"the server that is set up holds markets of {history.venue.value}"
        yield BookSources(sources=sources, unavailable=unavailable)


def _at_synthetic(stack: AsyncExitStack, settings: Settings) -> Settings:
    """Settings aimed at the stand-in that is set up, or at the world of this data folder."""
    if settings.gamma_url != Settings.model_fields["gamma_url"].default:
        return settings
    if not _world_note(settings, None).exists():
        raise ConfigurationError("the synthetic world that these markets come from is not that of this data folder")
    return stack.enter_context(synthetic_settings(settings))


async def _history_of(stack: AsyncExitStack, venue: Venue, settings: Settings) -> HistorySource:
    """The client of ``venue``; it has asked once and knows whose markets the server holds."""
    if venue.exchange is Venue.KALSHI:
        http = await stack.enter_async_context(_kalshi_http(settings))
        await http.identify("/exchange/status")
        return KalshiHistory(http)
    clob = await stack.enter_async_context(_clob(settings))
    data_api = await stack.enter_async_context(_data_api(settings))
    await clob.identify("/time")
    return PolymarketHistory(clob=clob, data_api=data_api)


# --- embedders --------------------------------------------------------------------------------------------------------

LOCAL_MODELS = ("minilm", "all-MiniLM-L6-v2", "all-MiniLM-L6-v2-int8")
"""Names under which the embedder on this machine may be asked for."""

NO_MODEL = "lexical"


class ChosenEmbedder(Struct, frozen=True, kw_only=True):
    """An embedder and why it was chosen.

    Attributes:
        reason: A sentence for the doctor and the report. is_fallback: Something that should work did not.
    """

    embedder: Embedder
    reason: str
    is_fallback: bool = False


def choose_embedder(settings: Settings) -> ChosenEmbedder:
    """OpenAI with a key, else MiniLM on this machine, else words alone. Asks no service.

    Raises:
        ConfigurationError: ``EMBEDDING_MODEL`` names a model whose dimensions are not known, or
            ``EDGEWORTH_EMBED_MODEL_PATH`` names a file that cannot be used.
    """
    if settings.embedding_model == NO_MODEL:
        return ChosenEmbedder(embedder=LexicalOnly(), reason="EMBEDDING_MODEL asks for words alone")
    if settings.embedding_model in LOCAL_MODELS:
        return _local(settings, "EMBEDDING_MODEL asks for it")
    if settings.openai_api_key is None:
        return _local(settings, "on this machine, because OPENAI_API_KEY is not set")
    embedder = OpenAIEmbedder(
        api_key=settings.openai_api_key.get_secret_value(),
        model=settings.embedding_model,
        base_url=settings.openai_base_url,
        dimensions=settings.embedding_dimensions,
        batch_size=settings.embedding_batch_size,
        clock=utc_now,
        jitter=random.Random(),  # noqa: S311  as above
    )
    return ChosenEmbedder(embedder=embedder, reason="through OpenAI, because OPENAI_API_KEY is set")


def _local(settings: Settings, reason: str) -> ChosenEmbedder:
    """MiniLM; what the user asked for by name must work, what is only the default may be done without."""
    try:
        embedder = LocalEmbedder(model_path=settings.embed_model_path, threads=settings.embed_threads)
    except ConfigurationError as error:
        if settings.embed_model_path is not None or settings.embedding_model in LOCAL_MODELS:
            raise
        why = f"neighbours are found by their words alone, because the local embedder cannot be used: {error}"
        return ChosenEmbedder(embedder=LexicalOnly(), reason=why, is_fallback=True)
    return ChosenEmbedder(embedder=embedder, reason=reason)


def build_embedder(settings: Settings) -> Embedder:
    """The embedder that ``settings`` ask for; warns once when it is not what it should be.

    Raises:
        ConfigurationError: See ``choose_embedder``.
    """
    chosen = choose_embedder(settings)
    if chosen.is_fallback:
        logging.getLogger(__name__).warning("%s", chosen.reason)
    return chosen.embedder


# --- sandboxes --------------------------------------------------------------------------------------------------------


SANDBOXES = ("auto", "local", "daytona", "unsafe")
"""What may be asked for."""


def build_sandbox_provider(settings: Settings, *, kind: str | None = None) -> SandboxProvider:
    """Where generated programs run; to be entered, which decides the level.

    Args:
        settings: Where, and the weakest level that will do.
        kind: In place of ``settings.sandbox``, for an option of a command.

    Raises:
        ConfigurationError: Daytona is asked for and its key is missing, or the kind is none that there is.
    """
    chosen = choose_sandbox(settings, kind=kind)
    if chosen == "daytona":
        # Its SDK takes seconds to import: only who uses it waits for it.
        from edgeworth.adapters.sandbox.daytona import DaytonaSandboxProvider

        return DaytonaSandboxProvider(
            api_key=_daytona_key(settings),
            options=_daytona_options(settings),
            leases=_leases(settings),
            lease_id=uuid.uuid4().hex,
            clock=utc_now,
        )
    levels = (UNSAFE,) if chosen == "unsafe" else CONFINED
    return LocalSandboxProvider(levels=levels, require=settings.sandbox_require)


def choose_sandbox(settings: Settings, *, kind: str | None = None) -> str:
    """``daytona``, ``local`` or ``unsafe``; see ``build_sandbox_provider``."""
    wanted = kind or settings.sandbox
    if wanted not in SANDBOXES:
        raise ConfigurationError(f"sandbox: expected one of {', '.join(SANDBOXES)}, found {wanted!r}")
    if wanted == "daytona" and settings.daytona_api_key is None:
        raise ConfigurationError(
            "sandbox: daytona is asked for and DAYTONA_API_KEY is not set; set it, or use --sandbox local"
        )
    if wanted == "auto":
        return "local" if settings.daytona_api_key is None else "daytona"
    return wanted


async def reap_sandboxes(settings: Settings) -> tuple[int, int]:
    """Delete what crashed runs left at Daytona: sandboxes deleted, and leases that stay noted for a later look.

    Raises:
        ConfigurationError: ``DAYTONA_API_KEY`` is not set or not accepted.
        SourceError: Daytona did not answer as agreed.
    """
    choose_sandbox(settings, kind="daytona")
    from edgeworth.adapters.sandbox.daytona import reap_sandboxes as reap

    reaped = await reap(
        api_key=_daytona_key(settings), options=_daytona_options(settings), leases=_leases(settings), clock=utc_now
    )
    return reaped.deleted, reaped.left


def _daytona_options(settings: Settings) -> DaytonaOptions:
    return DaytonaOptions(
        api_url=settings.daytona_url,
        sandboxes=settings.daytona_sandboxes,
        is_reused=settings.daytona_reuse,
        wish=SandboxWish(snapshot=settings.daytona_snapshot),
    )


def _daytona_key(settings: Settings) -> str:
    assert settings.daytona_api_key is not None
    return settings.daytona_api_key.get_secret_value()


def _leases(settings: Settings) -> Path:
    """Who holds sandboxes of a service is noted here."""
    return settings.data_dir / "sandboxes"


# --- language models and research -------------------------------------------------------------------------------------

RESEARCH_FOLDER = "research"


def build_language_model(settings: Settings) -> LanguageModel | None:
    """The model that is asked, or ``None`` when there is no key or none is wanted.

    Raises:
        ConfigurationError: A service is named and its key is missing.
    """
    service = _chosen(settings, "EDGEWORTH_LANGUAGE_MODEL_SERVICE", settings.language_model_service, MODEL_KEYS)
    if service is None:
        return None
    key = _key(settings, service)
    jitter = random.Random()  # noqa: S311  as above
    if service == "anthropic":
        return anthropic.AnthropicModel(
            api_key=key,
            clock=utc_now,
            model=settings.language_model or anthropic.DEFAULT_MODEL,
            base_url=settings.anthropic_base_url,
            jitter=jitter,
        )
    if service == "openai":
        there, usual = openai.openai_at(settings.openai_base_url), openai.DEFAULT_MODEL
    else:
        there, usual = openai.openrouter_at(settings.openrouter_base_url), openai.OPENROUTER_DEFAULT_MODEL
    return openai.OpenAIModel(
        api_key=key, clock=utc_now, model=settings.language_model or usual, service=there, jitter=jitter
    )


def build_research(settings: Settings) -> Research | None:
    """Who is searched, remembering answers in the data folder; ``None`` when there is no key or none is wanted.

    Raises:
        ConfigurationError: A service is named and its key is missing.
    """
    service = _chosen(settings, "EDGEWORTH_RESEARCH_SERVICE", settings.research_service, RESEARCH_KEYS)
    if service is None:
        return None
    key = _key(settings, service)
    jitter = random.Random()  # noqa: S311  as above
    research: Research
    if service == "exa":
        research = ExaResearch(api_key=key, clock=utc_now, base_url=settings.exa_base_url, jitter=jitter)
    else:
        research = PerplexityResearch(api_key=key, clock=utc_now, base_url=settings.perplexity_base_url, jitter=jitter)
    return RememberedResearch(research, FileResearchMemory(settings.data_dir / RESEARCH_FOLDER))


MODEL_KEYS = ("anthropic", "openai", "openrouter")
RESEARCH_KEYS = ("exa", "perplexity")
"""In the order in which they are preferred; the key of each is ``<service>_api_key``."""


def _chosen(settings: Settings, setting: str, wanted: str, services: Sequence[str]) -> str | None:
    """The service to use; ``None`` for none."""
    if wanted == "none":
        return None
    has_key = [service for service in services if getattr(settings, f"{service}_api_key") is not None]
    if wanted == "auto":
        return has_key[0] if has_key else None
    if wanted not in has_key:
        raise ConfigurationError(f"{setting} is {wanted}: expected a key in {wanted.upper()}_API_KEY, found none")
    return wanted


def _key(settings: Settings, service: str) -> str:
    secret: SecretStr = getattr(settings, f"{service}_api_key")
    return secret.get_secret_value()


# --- doctor -----------------------------------------------------------------------------------------------------------


def service_probes(settings: Settings) -> dict[str, Callable[[], Awaitable[str]]]:
    """One cheap question for each service, by name; the answer is a sentence, or a ``SourceError`` is raised."""
    questions: dict[str, tuple[VenueHttp, str, tuple[tuple[str, str], ...]]] = {
        "Polymarket Gamma": (_gamma(settings), "/tags", (("limit", "1"),)),
        "Polymarket CLOB": (_clob(settings), "/time", ()),
        "Polymarket Data API": (_data_api(settings), "/v2/trades", (("limit", "1"),)),
        "Kalshi": (_kalshi_http(settings), "/exchange/status", ()),
    }

    def probe(http: VenueHttp, path: str, params: tuple[tuple[str, str], ...]) -> Callable[[], Awaitable[str]]:
        async def ask() -> str:
            async with http:
                is_synthetic = await http.identify(path, params)
            return f"{http.base_url} answers" + (", a synthetic stand-in" if is_synthetic else "")

        return ask

    return {name: probe(*question) for name, question in questions.items()}
