"""Embedding what is new or changed: which text, which markets, and what stays when something fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pytest
from msgspec.structs import replace

from edgeworth.discovery.embedding import EmbeddingCounts, embed_changed, signature, text_to_embed
from edgeworth.discovery.ports import EmbeddedBatch, EmbeddingRow, EmbeddingSpace, VectorTable
from edgeworth.discovery.texts import QuestionText
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.units import UsdMicros
from tests.builders import NOON

pytestmark = pytest.mark.anyio

PRICE = UsdMicros(3)
SPACE = EmbeddingSpace(space_id="letters:2", model="letters", dimensions=2, similarity_floor=0.5)


class FakeEmbedder:
    """Counts letters; fails at the calls that it is told to fail at."""

    def __init__(self, space: EmbeddingSpace = SPACE, *, cost: UsdMicros | None = PRICE, failures=None) -> None:
        self.space = space
        self.cost = cost
        self.failures = failures or {}
        self.calls: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> EmbeddedBatch:
        self.calls.append(list(texts))
        if error := self.failures.get(len(self.calls)):
            raise error
        rows = np.array([[len(text), 1.0] for text in texts], dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return EmbeddedBatch(vectors=rows, tokens=10 * len(texts), cost=self.cost)


class FakeStore:
    """Vectors in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], EmbeddingRow] = {}
        self.saves: list[tuple[list[str], datetime]] = []

    def signatures(self, space_id: str) -> dict[str, str]:
        return {market: row.signature for (space, market), row in self.kept.items() if space == space_id}

    def save(self, space: EmbeddingSpace, rows: Sequence[EmbeddingRow], at: datetime) -> None:
        self.saves.append(([row.market_id for row in rows], at))
        self.kept |= {(space.space_id, row.market_id): row for row in rows}

    def load(self, space_id: str, market_ids: Sequence[str] | None = None) -> VectorTable:
        raise NotImplementedError


def questions(**by_id: str) -> dict[str, QuestionText]:
    return {market_id: QuestionText(question=question) for market_id, question in by_id.items()}


async def embed(markets, embedder, store, **options) -> EmbeddingCounts:
    return await embed_changed(
        markets, embedder=embedder, store=store, clock=lambda: NOON, **({"batch_size": 2} | options)
    )


FOUR = questions(a="One?", b="Two?", c="Three?", d="Four?")


class TestText:
    def test_a_yes_or_no_market_is_its_question(self):
        text = QuestionText(question="  Will it\nrain? ", outcomes=("Yes", "No"), rules="Long rules.", event="Weather")
        assert text_to_embed(text) == "Will it rain?"

    def test_outcomes_that_say_something_are_part_of_it(self):
        assert text_to_embed(QuestionText(question="Bulls at Heat", outcomes=("Bulls", "Heat"))) == (
            "Bulls at Heat (Bulls / Heat)"
        )

    def test_a_market_without_a_question_is_known_by_its_event(self):
        assert text_to_embed(QuestionText(question=" ", event="Rain in Oslo")) == "Rain in Oslo"

    def test_the_signature_changes_with_question_and_outcomes_and_with_nothing_else(self):
        text = QuestionText(question="Bulls at Heat", outcomes=("Bulls", "Heat"))
        assert signature(replace(text, rules="New rules", event="NBA", closes_at=NOON)) == signature(text)
        assert signature(replace(text, question="Bulls at Heat tonight")) != signature(text)
        assert signature(replace(text, outcomes=("Heat", "Bulls"))) != signature(text)

    def test_half_characters_are_no_error(self):
        assert len(signature(QuestionText(question="\ud83d"))) == 64


class TestNewAndChanged:
    async def test_everything_is_embedded_once_and_then_nothing(self):
        store = FakeStore()
        first = await embed(FOUR, FakeEmbedder(), store)
        assert first == EmbeddingCounts(embedded=4, tokens=40, cost=UsdMicros(6))
        again = FakeEmbedder()
        assert await embed(FOUR, again, store) == EmbeddingCounts(unchanged=4)
        assert again.calls == []

    async def test_a_changed_question_alone_is_embedded_again(self):
        store, embedder = FakeStore(), FakeEmbedder()
        await embed(FOUR, FakeEmbedder(), store)
        counts = await embed(FOUR | questions(c="Thirteen?"), embedder, store)
        assert (counts.embedded, counts.unchanged) == (1, 3)
        assert embedder.calls == [["Thirteen?"]]

    async def test_another_space_is_embedded_anew_and_leaves_the_first_alone(self):
        store = FakeStore()
        await embed(FOUR, FakeEmbedder(), store)
        other = replace(SPACE, space_id="letters:2b")
        assert (await embed(FOUR, FakeEmbedder(other), store)).embedded == 4
        assert len(store.signatures(SPACE.space_id)) == len(store.signatures(other.space_id)) == 4

    async def test_equal_texts_are_embedded_once_for_all_their_markets(self):
        embedder, store = FakeEmbedder(), FakeStore()
        counts = await embed(questions(a="Same?", b="Other?", c="Same?"), embedder, store)
        assert embedder.calls == [["Same?", "Other?"]]
        assert counts.embedded == 3
        assert (store.kept[SPACE.space_id, "a"].vector == store.kept[SPACE.space_id, "c"].vector).all()

    async def test_without_an_embedder_nothing_is_stored(self):
        none = FakeEmbedder(EmbeddingSpace(space_id="lexical", model="none", dimensions=0, similarity_floor=1.0))
        store = FakeStore()
        assert await embed(FOUR, none, store) == EmbeddingCounts(unchanged=4)
        assert (none.calls, store.saves) == ([], [])

    async def test_no_markets_is_no_work(self):
        assert await embed({}, FakeEmbedder(), FakeStore()) == EmbeddingCounts()


class TestBatches:
    async def test_each_batch_is_saved_with_its_instant_before_the_next_is_asked_for(self):
        store = FakeStore()
        await embed(FOUR, FakeEmbedder(), store)
        assert store.saves == [(["a", "b"], NOON), (["c", "d"], NOON)]

    async def test_there_is_a_pause_between_batches_and_none_after_the_last(self):
        pauses = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        await embed(FOUR, FakeEmbedder(), FakeStore(), pause_seconds=1.5, sleep=sleep)
        assert pauses == [1.5]

    async def test_progress_is_told_after_each_batch(self):
        seen = []
        await embed(FOUR, FakeEmbedder(), FakeStore(), progress=lambda counts: seen.append(counts.embedded))
        assert seen == [2, 4]

    async def test_a_price_that_is_not_known_once_is_not_known_in_sum(self):
        assert (await embed(FOUR, FakeEmbedder(cost=None), FakeStore())).cost is None


class TestFailure:
    async def test_a_failed_batch_costs_only_itself_and_the_next_run_does_just_that(self):
        store = FakeStore()
        counts = await embed(FOUR, FakeEmbedder(failures={1: FatalSourceError("bad text")}), store)
        assert counts == EmbeddingCounts(embedded=2, failed=2, tokens=20, cost=UsdMicros(3), problem="bad text")
        later = FakeEmbedder()
        assert (await embed(FOUR, later, store)).embedded == 2
        assert later.calls == [["One?", "Two?"]]

    async def test_a_service_that_is_down_is_left_alone_after_two_batches(self):
        down = {call: RetriableSourceError("HTTP 503") for call in range(1, 9)}
        embedder = FakeEmbedder(failures=down)
        counts = await embed(FOUR, embedder, FakeStore(), batch_size=1)
        assert counts == EmbeddingCounts(failed=4, problem="HTTP 503")
        assert len(embedder.calls) == 2

    async def test_a_refused_key_ends_the_run_and_keeps_what_was_embedded(self):
        store = FakeStore()
        with pytest.raises(ConfigurationError):
            await embed(FOUR, FakeEmbedder(failures={2: ConfigurationError("key refused")}), store)
        assert set(store.signatures(SPACE.space_id)) == {"a", "b"}

    async def test_a_killed_run_is_taken_up_where_it_ended(self):
        store = FakeStore()

        class KilledError(BaseException):
            pass

        with pytest.raises(KilledError):
            await embed(FOUR, FakeEmbedder(failures={2: KilledError()}), store)
        later = FakeEmbedder()
        counts = await embed(FOUR, later, store)
        assert (counts.embedded, counts.unchanged) == (2, 2)
        assert later.calls == [["Three?", "Four?"]]

    async def test_vectors_of_another_shape_are_never_stored(self):
        store = FakeStore()
        wrong = FakeEmbedder(replace(SPACE, dimensions=3))
        with pytest.raises(FatalSourceError, match=r"expected \(2, 3\) numbers, found \(2, 2\)"):
            await embed(FOUR, wrong, store)
        assert store.saves == []
