"""A walk may be killed anywhere, any number of times: the end is that of an uninterrupted one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from edgeworth.markets.ingestion import ingest_listing
from tests.builders import NOON
from tests.fakes import FakeCatalogue, FakeListing, FakeRawStore, Fuse, ProcessDiedError, item


@st.composite
def items(draw):
    rows = draw(st.integers(0, 3))
    native_id = draw(st.sampled_from([None, *"abcdefgh"]))
    return item(native_id, rows=rows, refused=draw(st.integers(0, rows)), version=draw(st.integers(1, 2)))


page_lists = st.lists(st.lists(items(), max_size=3), min_size=1, max_size=4)


class House:
    """One machine's stores and the names of its walks."""

    def __init__(self):
        self.raw = FakeRawStore()
        self.catalogue = FakeCatalogue()
        self.names = (f"pass{number}" for number in count(1))

    def walk(self, pages, fuse):
        """One process: everything it touches goes with ``fuse``."""
        self.raw.fuse = self.catalogue.fuse = fuse
        # The lock of a process that is gone is gone too.
        self.raw.held.clear()
        return asyncio.run(
            ingest_listing(
                FakeListing.of(*pages, fuse=fuse),
                raw=self.raw,
                catalogue=self.catalogue,
                run_id="run",
                new_pass_id=lambda: next(self.names),
                clock=lambda: NOON,
            )
        )


def counted(counts):
    """Everything but which process fetched a page."""
    return {name: value for name, value in asdict(counts).items() if name != "resumed_pages"}


@given(page_lists, st.lists(st.integers(0, 40), max_size=4))
def test_any_number_of_kills_changes_neither_the_catalogue_nor_the_counts(pages, kills):
    whole, killed = House(), House()
    expected = counted(whole.walk(pages, Fuse()))
    for steps in [*kills, None]:
        with suppress(ProcessDiedError):
            killed.walk(pages, Fuse(steps))
        # A process may die right after it finished the walk: then there is nothing left to take up.
        if killed.catalogue.finished:
            break
    assert killed.catalogue.markets == whole.catalogue.markets
    assert killed.catalogue.items == whole.catalogue.items
    assert [refusal for _, refusal in killed.catalogue.refusals] == [r for _, r in whole.catalogue.refusals]
    assert counted(killed.catalogue.totals[killed.catalogue.finished[0]]) == expected
    assert len(killed.raw.stored_cursors) == len(set(killed.raw.stored_cursors)) == len(pages)


@given(page_lists)
def test_rows_are_parsed_or_refused_and_every_parsed_row_went_somewhere(pages):
    counts = House().walk(pages, Fuse())
    assert counts.fetched == sum(found["rows"] for page in pages for found in page)
    assert counts.fetched == counts.parsed + counts.refused
    assert counts.parsed == counts.created + counts.changed + counts.unchanged + counts.superseded
    assert counts.refused >= sum(counts.refusals.values())


@given(page_lists)
def test_a_second_walk_over_the_same_pages_writes_nothing(pages):
    house = House()
    first = house.walk(pages, Fuse())
    before = dict(house.catalogue.markets)
    second = house.walk(pages, Fuse())
    assert (second.fetched, second.parsed, second.refused) == (first.fetched, first.parsed, first.refused)
    if len({found["id"] for page in pages for found in page}) == sum(map(len, pages)):
        assert (second.created, second.changed) == (0, 0)
        assert house.catalogue.markets == before
