"""Whatever bytes a venue sends, and wherever a process dies, whole pages come back as they were."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edgeworth.adapters.storage.raw import ZstdRawStore
from edgeworth.markets.venue import Venue
from edgeworth.ports import RawPage
from tests.builders import NOON

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
pages = st.builds(
    RawPage,
    venue=st.sampled_from(Venue),
    kind=st.just("events"),
    url=texts,
    params=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    fetched_at=st.just(NOON),
    status=st.integers(100, 599),
    body=st.one_of(st.binary(max_size=300), texts.map(str.encode), texts.map(lambda text: text.encode("utf-16"))),
)


@given(st.lists(pages, max_size=5))
def test_pages_come_back_in_their_order_as_they_were_received(given_pages):
    with tempfile.TemporaryDirectory() as folder:
        log = ZstdRawStore(Path(folder)).create(Venue.KALSHI, "events", "p", NOON)
        positions = [log.append(page) for page in given_pages]
        assert list(log.read_from(0)) == list(zip(given_pages, positions, strict=True))
        log.close()


@given(st.lists(pages, min_size=1, max_size=4), st.data())
def test_a_file_cut_anywhere_gives_exactly_its_whole_pages_and_takes_more(given_pages, data):
    with tempfile.TemporaryDirectory() as folder:
        store = ZstdRawStore(Path(folder))
        log = store.create(Venue.KALSHI, "events", "p", NOON)
        ends = [log.append(page).end for page in given_pages]
        log.close()
        cut = data.draw(st.integers(0, ends[-1]), label="cut")
        os.truncate(Path(folder) / "raw" / log.path, cut)
        again = store.try_open(log.path)
        whole = [page for page, end in zip(given_pages, ends, strict=True) if end <= cut]
        assert [page for page, _ in again.read_from(0)] == whole
        again.append(given_pages[0])
        assert [page for page, _ in again.read_from(0)] == [*whole, given_pages[0]]
        again.close()
