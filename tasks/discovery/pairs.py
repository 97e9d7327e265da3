"""The steps of a discovery that lead to pairs: embed what is new or changed, propose, decide, store."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from edgeworth.discovery import matching
from edgeworth.discovery.decision import decide
from edgeworth.discovery.embedding import EmbeddingCounts, embed_changed, signature, text_to_embed
from edgeworth.discovery.lexical import LexicalSimilarity
from edgeworth.discovery.neighbours import Candidate, propose
from edgeworth.discovery.ports import EmbeddingSpace, FoundMatch, SavedCounts
from edgeworth.discovery.reading import read_question
from edgeworth.discovery.reading.games import read_game
from edgeworth.discovery.same_game import game_keys, with_same_games
from edgeworth.discovery.structure import traits_of
from edgeworth.discovery.texts import QuestionText
from edgeworth.errors import ConfigurationError, DataError, SourceError
from edgeworth.reports.discovery import Stage
from tasks import wiring
from tasks.clock import utc_now
from tasks.discovery.plan import BegunDiscovery, DiscoverPlan, Scope, Stopwatch, price_of, scope_of
from tasks.discovery.second_reader import BOTH, reread
from tasks.progress import current_stages
from tasks.settings import Settings


class EmbedStep(Struct, frozen=True, kw_only=True):
    """What embedding did. ``embedder`` names model and reason; empty when words alone propose."""

    stage: Stage
    counts: EmbeddingCounts = EmbeddingCounts()
    embedder: str = ""


class MatchStep(Struct, frozen=True, kw_only=True):
    """What comparing gave. ``neighbours`` are those of the focus, unrelated ones included."""

    stage: Stage
    markets: int = 0
    events: int = 0
    relations: dict[str, int] = {}
    saved: SavedCounts = SavedCounts()
    neighbours: tuple[FoundMatch, ...] = ()


def embed_markets(settings: Settings, begun: BegunDiscovery, plan: DiscoverPlan) -> EmbedStep:
    """Give every market that is new or changed a vector. What was embedded before a failure is kept."""
    if not plan.embed:
        return EmbedStep(stage=Stage(name="embed", did="not asked for: words alone propose pairs"))
    watch = Stopwatch("embed")
    with wiring.open_storage(settings) as storage:
        chosen = wiring.choose_embedder(settings)
        name = f"{chosen.embedder.space.model} ({chosen.reason})"
        texts = scope_of(storage, plan, begun.focus).texts()
        counts = EmbeddingCounts()

        def told(so_far: EmbeddingCounts) -> None:
            nonlocal counts
            counts = so_far
            current_stages().advanced("embed", so_far.embedded + so_far.failed, len(texts) - so_far.unchanged)

        try:
            counts = asyncio.run(
                embed_changed(
                    texts,
                    embedder=chosen.embedder,
                    store=storage.embeddings,
                    clock=utc_now,
                    batch_size=settings.embedding_batch_size,
                    pause_seconds=settings.embedding_batch_sleep_sec,
                    progress=told,
                )
            )
        except (SourceError, DataError, ConfigurationError) as error:
            return EmbedStep(stage=watch.stage(_embedded(counts), str(error)), counts=counts, embedder=name)
    return EmbedStep(stage=watch.stage(_embedded(counts), counts.problem), counts=counts, embedder=name)


def _embedded(counts: EmbeddingCounts) -> str:
    failed = f", {counts.failed:,} failed" if counts.failed else ""
    return f"{counts.embedded:,} markets embedded, {counts.unchanged:,} unchanged{failed}"


# --- match ------------------------------------------------------------------------------------------------------------


def match_markets(settings: Settings, begun: BegunDiscovery, plan: DiscoverPlan) -> MatchStep:
    """Propose pairs, decide each, and store those of which the texts say something."""
    watch = Stopwatch("match")
    with wiring.open_storage(settings) as storage:
        scope = scope_of(storage, plan, begun.focus)
        texts = scope.texts()
        space = wiring.choose_embedder(settings).embedder.space if plan.embed else None
        candidates = _candidates(settings, storage, plan, begun, scope, texts, space)
        earlier = _read_before(storage)
        relations: Counter[str] = Counter()
        kept: list[FoundMatch] = []
        neighbours: list[FoundMatch] = []
        for first in _decided(candidates, scope, texts, space):
            found = reread(first, earlier.get((first.market_a, first.market_b)))
            relations[found.verdict.relation.value] += 1
            if begun.focus is not None:
                neighbours.append(found)
            if found.verdict.relation not in matching.SILENT:
                # What two readers said is kept whole: by our own part of it the next run knows that it need not ask.
                kept.append(found if BOTH in found.verdict.reader else matching.essential(found))
        saved = storage.matches.save(
            kept,
            examined=_examined(storage, begun, plan, scope, texts, space),
            run_id=begun.run_id,
            at=begun.started_at,
        )
    did = f"{len(candidates):,} pairs compared, {len(kept):,} have something to say about each other"
    return MatchStep(
        stage=watch.stage(did),
        markets=len(scope.markets),
        events=len(scope.titles),
        relations=dict(relations),
        saved=saved,
        neighbours=tuple(sorted(neighbours, key=_nearest_first)),
    )


def _read_before(storage: wiring.Storage) -> dict[tuple[str, str], FoundMatch]:
    """Matches that a second reader has read in an earlier run."""
    stored = storage.matches.list_matches(by_two_readers=True, limit=None)
    return {(one.match.market_a, one.match.market_b): one.match for one in stored}


def _nearest_first(found: FoundMatch) -> tuple[bool, float]:
    return found.verdict.relation in matching.SILENT, -max(found.similarity or 0.0, found.lexical or 0.0)


def _candidates(
    settings: Settings,
    storage: wiring.Storage,
    plan: DiscoverPlan,
    begun: BegunDiscovery,
    scope: Scope,
    texts: Mapping[str, QuestionText],
    space: EmbeddingSpace | None,
) -> list[Candidate]:
    ids = list(scope.markets)
    current_stages().advanced("propose", 0, None)
    has_vectors = space is not None and space.dimensions > 0
    floor = settings.similarity_threshold
    if floor is None:
        floor = space.similarity_floor if space is not None else 0.0
    traits = [traits_of(scope.markets[market_id]) for market_id in ids]
    changed = None if begun.focus is None else {begun.focus}
    alike = propose(
        traits,
        vectors=storage.embeddings.load(space.space_id, ids) if has_vectors and space is not None else None,
        lexical=LexicalSimilarity([text_to_embed(texts[market_id]) for market_id in ids]) if len(ids) > 1 else None,
        filters=plan.filters,
        similarity_floor=floor,
        per_market=settings.max_matches_per_market,
        changed=changed,
    )
    return with_same_games(
        alike,
        traits,
        [game_keys(read_game(texts[market_id])) for market_id in ids],
        filters=plan.filters,
        per_market=settings.max_matches_per_market,
        changed=changed,
    )


def _decided(
    candidates: Sequence[Candidate],
    scope: Scope,
    texts: Mapping[str, QuestionText],
    space: EmbeddingSpace | None,
) -> Iterator[FoundMatch]:
    wanted = {market_id for one in candidates for market_id in (one.market_a, one.market_b)}
    listed = {
        market_id: matching.Listed(reading=read_question(texts[market_id]), price=price_of(scope.markets[market_id]))
        for market_id in wanted
    }
    found = matching.compared(candidates, listed, decide, space_id=None if space is None else space.space_id)
    for number, one in enumerate(found, start=1):
        if number % 100 == 0 or number == len(candidates):
            current_stages().advanced("decide", number, len(candidates))
        yield one


def _examined(
    storage: wiring.Storage,
    begun: BegunDiscovery,
    plan: DiscoverPlan,
    scope: Scope,
    texts: Mapping[str, QuestionText],
    space: EmbeddingSpace | None,
) -> Collection[str] | None:
    """Markets whose earlier matches count as gone when they were not found again.

    Without the vectors of the present texts, or under narrower filters than usual, a pair may be missed although
    nothing about it has changed.
    """
    if plan.is_narrow:
        return []
    if begun.focus is not None:
        return [begun.focus]
    if space is None:
        return []
    if not space.dimensions:
        return None if scope.is_whole else list(scope.markets)
    stored = storage.embeddings.signatures(space.space_id)
    unsure = {market_id for market_id, text in texts.items() if stored.get(market_id) != signature(text)}
    if scope.is_whole and not unsure:
        return None
    return [market_id for market_id in scope.markets if market_id not in unsure]
