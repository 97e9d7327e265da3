"""Whatever pages arrive in whatever order: the newest record stands, counts add up, terms are never lost."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.adapters.storage.database import SqlCatalogue, open_database
from edgeworth.adapters.storage.schema import metadata
from edgeworth.markets.change import terms
from edgeworth.markets.market import RecordDetail
from tests.builders import NOON, a_market
from tests.pages import Walk, a_refusal, of_markets

names = (f"walk{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def catalogue() -> Iterator[SqlCatalogue]:
    """One database for all examples; ``emptied`` before each."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'x.db'}")
        yield SqlCatalogue(engine)
        engine.dispose()


def emptied(catalogue: SqlCatalogue) -> SqlCatalogue:
    with catalogue._engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
    return catalogue


def a_record(name: str, second: int, detail: RecordDetail):
    """What the venue shows of a market at an instant: other content at every instant, as prices never rest."""
    return a_market(
        name,
        as_of=NOON + timedelta(seconds=second),
        detail=detail,
        volume_usd=float(second),
        question=f"question {second // 3}",
    )


records = st.builds(a_record, st.sampled_from("abc"), st.integers(0, 9), st.sampled_from(RecordDetail))
items = st.builds(
    lambda markets, refused, name: of_markets(*markets, refusals=[a_refusal()] * refused, native_id=name),
    st.lists(records, max_size=3),
    st.integers(0, 2),
    st.sampled_from([None, "i", "j"]),
)
page_lists = st.lists(st.lists(items, max_size=3), min_size=1, max_size=4)


def newest(pages) -> dict:
    """The fullest record of each market and of those the newest, found without a catalogue."""
    best = {}
    for market in (market for page in pages for _, parsed in page for market in parsed.markets):
        found = best.get(market.native_id)
        if found is None or (market.detail, market.as_of) > (found.detail, found.as_of):
            best[market.native_id] = market
    return best


def apply(catalogue: SqlCatalogue, pages) -> list:
    walk = Walk(catalogue, next(names))
    return [walk.page(*page) for page in pages]


@given(page_lists, st.randoms(use_true_random=False))
def test_in_whatever_order_pages_arrive_the_newest_of_the_fullest_records_stand(catalogue, pages, random):
    emptied(catalogue)
    shuffled = random.sample(pages, len(pages))
    apply(catalogue, shuffled)
    assert {market.native_id: market for market in catalogue.iter_markets()} == newest(pages)


@given(page_lists)
def test_pages_applied_again_change_nothing(catalogue, pages):
    emptied(catalogue)
    apply(catalogue, pages)
    before = list(catalogue.iter_markets())
    again = apply(catalogue, pages)
    assert list(catalogue.iter_markets()) == before
    assert sum(counts.created + counts.changed + counts.revisions for counts in again) == 0


@given(page_lists)
def test_counts_add_up(catalogue, pages):
    emptied(catalogue)
    every = apply(catalogue, pages)
    for page, counts in zip(pages, every, strict=True):
        assert counts.fetched == counts.parsed + counts.refused == sum(parsed.rows for _, parsed in page)
        assert counts.parsed == counts.created + counts.changed + counts.unchanged + counts.superseded
        assert counts.refused == sum(counts.refusals.values())
    assert catalogue.count_markets() == sum(counts.created for counts in every)
    assert sum(one.times_seen for one in catalogue.list_refusals(limit=1000)) == sum(one.refused for one in every)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8, unique=True))
def test_the_terms_of_every_instant_can_be_read_back(catalogue, seconds):
    emptied(catalogue)
    shown = [a_record("a", second, RecordDetail.LISTING) for second in sorted(seconds)]
    apply(catalogue, [[of_markets(market)] for market in shown])
    revisions = catalogue.revisions("polymarket:a")
    for market in shown:
        later = [revision for revision in revisions if revision.seen_at > market.as_of]
        now = catalogue.get_market("polymarket:a")
        assert terms(market) == (later[0].before if later else terms(now))
    changes = sum(terms(one) != terms(two) for one, two in itertools.pairwise(shown))
    assert len(revisions) == changes
