"""Walking a listing: nothing twice, nothing lost, and a clear end whatever the venue does."""

from __future__ import annotations

import asyncio
import gc
import threading
from datetime import timedelta
from itertools import count

import pytest

from edgeworth.errors import FatalSourceError, RetriableSourceError, StorageBusyError, UnreadableInputError
from edgeworth.markets.ingestion import KEEP_FINISHED_FOR, RESUME_WITHIN, ingest_listing
from tests.builders import NOON
from tests.fakes import FakeCatalogue, FakeListing, FakeProgress, FakeRawStore, Fuse, ProcessDiedError, body, item

pytestmark = pytest.mark.anyio


class House:
    """The stores of one machine, and walks over them; ``now`` is what the clock says."""

    def __init__(self):
        self.raw = FakeRawStore()
        self.catalogue = FakeCatalogue()
        self.now = NOON
        self.names = (f"pass{number}" for number in count(1))

    async def walk(self, listing, *, limit=None, progress=None, run_id="run", process_began=None):
        return await ingest_listing(
            listing,
            raw=self.raw,
            catalogue=self.catalogue,
            run_id=run_id,
            new_pass_id=lambda: next(self.names),
            clock=lambda: self.now,
            limit=limit,
            progress=progress,
            process_began=process_began,
        )

    async def walk_killed(self, listing, *, store_steps=None, catalogue_steps=None):
        """Walk until the raw store or the catalogue has made so many steps, then be gone."""
        self.raw.fuse, self.catalogue.fuse = Fuse(store_steps), Fuse(catalogue_steps)
        with pytest.raises(ProcessDiedError):
            await self.walk(listing)
        self.raw.fuse, self.catalogue.fuse = Fuse(), Fuse()


@pytest.fixture
def house():
    return House()


def three_pages(**changes):
    return FakeListing.of(
        [item("a", rows=3), item("b", rows=2, refused=1)],
        [item("c", **changes)],
        [item("d"), item("e", rows=2, refused=2)],
    )


async def test_every_page_is_read_once_and_the_counts_add_up(house):
    listing = three_pages()
    counts = await house.walk(listing)
    assert listing.fetched == [None, "c1", "c2"]
    assert (counts.fetched, counts.parsed, counts.refused) == (9, 6, 3)
    assert (counts.created, counts.changed, counts.unchanged, counts.superseded) == (6, 0, 0, 0)
    assert (counts.pages, counts.resumed_pages) == (3, 0)
    assert counts.refusals == {"bad": 3}
    assert sorted(house.catalogue.markets) == [
        f"polymarket:{name}" for name in ("a-0", "a-1", "a-2", "b-0", "c-0", "d-0")
    ]
    assert house.raw.held == set()


async def test_every_refusal_knows_where_its_page_is_stored(house):
    await house.walk(three_pages())
    places = [(position.path, position.offset, refusal.item_index) for position, refusal in house.catalogue.refusals]
    assert places == [
        ("polymarket/events/pass1", 0, 1),
        ("polymarket/events/pass1", 2, 1),
        ("polymarket/events/pass1", 2, 1),
    ]


async def test_a_listing_without_items_is_a_finished_walk(house):
    counts = await house.walk(FakeListing.of([]))
    assert (counts.fetched, counts.pages) == (0, 1)
    assert house.catalogue.finished == ["pass1"]


async def test_an_empty_page_in_the_middle_is_not_the_end(house):
    counts = await house.walk(FakeListing.of([item("a")], [], [item("b")]))
    assert (counts.fetched, counts.pages) == (2, 3)


async def test_unchanged_items_are_counted_and_not_parsed(house):
    await house.walk(three_pages())
    listing = three_pages()
    counts = await house.walk(listing)
    assert listing.parsed.total() == 0
    assert (counts.fetched, counts.parsed, counts.refused, counts.unchanged) == (9, 6, 3, 6)


async def test_only_the_item_that_changed_is_parsed(house):
    await house.walk(three_pages())
    listing = three_pages(version=2)
    counts = await house.walk(listing)
    assert listing.parsed == {"c": 1}
    assert (counts.changed, counts.unchanged, counts.created) == (1, 5, 0)


async def test_an_item_without_an_id_is_parsed_every_time(house):
    for _ in range(2):
        listing = FakeListing.of([item(None, refused=1)])
        counts = await house.walk(listing)
        assert listing.parsed == {None: 1}
        assert (counts.fetched, counts.refused) == (1, 1)


async def test_a_stored_page_that_was_not_applied_is_applied_and_not_fetched_again(house):
    # Steps of the raw store: create, then two a page. It dies on the second page, after that is on disk.
    await house.walk_killed(three_pages(), store_steps=4)
    assert house.raw.stored_cursors == ["", "c1"]
    assert house.catalogue.passes["pass1"].pages == 1
    listing = three_pages()
    counts = await house.walk(listing)
    assert listing.fetched == ["c2"]
    assert house.raw.stored_cursors == ["", "c1", "c2"]
    assert (counts.fetched, counts.created, counts.pages, counts.resumed_pages) == (9, 6, 3, 1)


async def test_a_page_that_was_not_stored_is_fetched_again(house):
    await house.walk_killed(three_pages(), store_steps=3)
    assert house.raw.stored_cursors == [""]
    listing = three_pages()
    await house.walk(listing)
    assert listing.fetched == ["c1", "c2"]


async def test_a_walk_killed_after_its_last_page_only_has_to_be_finished(house):
    # Steps of the catalogue: two to start, three a page, then the finish.
    await house.walk_killed(three_pages(), catalogue_steps=2 + 3 * 3)
    listing = three_pages()
    counts = await house.walk(listing)
    assert listing.fetched == []
    assert (counts.fetched, counts.pages) == (9, 3)
    assert house.catalogue.finished == ["pass1"]


async def test_a_finished_walk_is_not_taken_up(house):
    await house.walk(three_pages())
    listing = three_pages()
    await house.walk(listing)
    assert listing.fetched == [None, "c1", "c2"]
    assert house.catalogue.finished == ["pass1", "pass2"]


async def test_a_run_that_was_killed_later_does_not_walk_again_what_it_had_finished(house):
    counts = await house.walk(three_pages())
    again = three_pages()
    house.now = NOON + KEEP_FINISHED_FOR
    assert await house.walk(again, process_began=house.now) == counts
    assert again.fetched == []


@pytest.mark.parametrize(
    ("run_id", "later"),
    [("another", timedelta(minutes=1)), ("run", KEEP_FINISHED_FOR + timedelta(seconds=1)), ("run", timedelta(0))],
    ids=["of another run", "too old", "by this very process"],
)
async def test_a_finished_listing_is_walked_again(house, run_id, later):
    await house.walk(three_pages())
    again = three_pages()
    house.now = NOON + later
    await house.walk(again, run_id=run_id, process_began=house.now)
    assert again.fetched == [None, "c1", "c2"]


async def test_a_walk_that_is_too_old_starts_anew(house):
    await house.walk_killed(three_pages(), store_steps=4)
    house.now = NOON + RESUME_WITHIN + timedelta(seconds=1)
    listing = three_pages()
    await house.walk(listing)
    assert listing.fetched == [None, "c1", "c2"]


async def test_a_walk_that_another_process_holds_is_left_to_it(house):
    await house.walk_killed(three_pages(), store_steps=4)
    house.raw.held.add("polymarket/events/pass1")
    listing = three_pages()
    counts = await house.walk(listing)
    assert listing.fetched == [None, "c1", "c2"]
    assert (counts.fetched, counts.parsed) == (9, 6)
    assert house.catalogue.finished == ["pass2"]


async def test_a_repeated_cursor_ends_the_walk_and_everything_read_is_kept(house):
    listing = FakeListing({None: body([item("a")], "x"), "x": body([item("b")], "y"), "y": body([item("c")], "x")})
    with pytest.raises(FatalSourceError, match=r"fake/events: expected a new cursor after page 3.*repeated 'x'"):
        await house.walk(listing)
    assert listing.fetched == [None, "x", "y"]
    assert sorted(house.catalogue.markets) == ["polymarket:a-0", "polymarket:b-0", "polymarket:c-0"]
    assert house.catalogue.finished == []
    assert house.raw.held == set()


async def test_a_venue_that_ignores_the_cursor_is_noticed_on_its_second_page(house):
    first = body([item("a")], "x")
    requests = []
    for _ in range(2):
        listing = FakeListing({None: first, "x": first})
        with pytest.raises(FatalSourceError, match="repeated 'x'"):
            await house.walk(listing)
        requests.append(listing.fetched)
    assert requests == [[None, "x"], ["x"]]


async def test_a_walk_goes_on_once_the_venue_has_mended_its_cursor(house):
    listing = FakeListing({None: body([item("a")], "x"), "x": body([item("b")], "x")})
    with pytest.raises(FatalSourceError):
        await house.walk(listing)
    mended = FakeListing({"x": body([item("b"), item("c")], None)})
    await house.walk(mended)
    assert sorted(house.catalogue.markets) == ["polymarket:a-0", "polymarket:b-0", "polymarket:c-0"]


async def test_a_limit_ends_the_walk_after_the_page_that_reaches_it(house):
    listing = three_pages()
    counts = await house.walk(listing, limit=6)
    assert listing.fetched == [None, "c1"]
    assert counts.fetched == 6
    assert house.catalogue.finished == ["pass1"]


async def test_rows_count_towards_the_limit_and_not_items(house):
    """Two items of together five rows: no second request, not even one that nobody waits for."""
    listing = three_pages()
    counts = await house.walk(listing, limit=4)
    assert listing.fetched == [None]
    assert counts.fetched == 5


async def test_a_limited_walk_does_not_end_an_interrupted_full_one(house):
    await house.walk_killed(three_pages(), store_steps=4)
    await house.walk(three_pages(), limit=1)
    listing = three_pages()
    counts = await house.walk(listing)
    assert listing.fetched == ["c2"]
    assert (counts.fetched, counts.pages) == (9, 3)


async def test_a_failure_while_fetching_ahead_keeps_the_pages_before_it(house):
    listing = three_pages()
    listing.failures["c2"] = RetriableSourceError("503 from the venue", retry_after_seconds=1)
    with pytest.raises(RetriableSourceError, match="503"):
        await house.walk(listing)
    assert len(house.catalogue.markets) == 5
    again = three_pages()
    counts = await house.walk(again)
    assert again.fetched == ["c2"]
    assert (counts.fetched, counts.created) == (9, 6)


async def test_the_next_page_is_fetched_while_one_is_being_applied(house):
    """Applying the first page waits for the request of the second: it ends only if they overlap."""
    asked = threading.Event()
    listing = three_pages()
    listing.on_fetch = lambda cursor: asked.set() if cursor == "c1" else None

    def wait_for_the_next_request():
        assert asked.wait(timeout=30)

    house.catalogue.while_applying = wait_for_the_next_request
    assert (await house.walk(listing)).pages == 3


async def test_a_page_that_cannot_be_read_is_kept_raw_and_asked_for_again(house):
    listing = three_pages()
    good = listing.pages["c1"]
    listing.pages["c1"] = "<html>Service unavailable</html>"
    with pytest.raises(UnreadableInputError, match="<html>"):
        await house.walk(listing)
    assert house.raw.stored_cursors == ["", "c1"]
    assert house.catalogue.passes["pass1"].pages == 1
    listing = three_pages()
    assert listing.pages["c1"] == good
    counts = await house.walk(listing)
    assert listing.fetched == ["c1", "c2"]
    assert (counts.fetched, counts.pages) == (9, 3)


async def test_an_unreadable_page_that_was_stored_is_passed_over_with_a_warning(house, caplog):
    listing = three_pages()
    listing.pages["c1"] = "<html>"
    with pytest.raises(UnreadableInputError):
        await house.walk(listing)
    await house.walk(three_pages())
    assert "passing over a stored page that cannot be read" in caplog.text


async def test_a_storage_failure_ends_the_walk_and_lets_go_of_everything(house):
    """Also of a request under way that fails too: no error is left that nobody takes notice of."""
    unnoticed = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: unnoticed.append(context))
    listing = three_pages()
    listing.failures["c1"] = RetriableSourceError("503")
    failed = threading.Event()

    def watch(cursor):
        if cursor == "c1":
            asyncio.current_task().add_done_callback(lambda _: failed.set())

    listing.on_fetch = watch

    def fail():
        assert failed.wait(timeout=30)
        raise StorageBusyError("the database is locked")

    house.catalogue.while_applying = fail
    with pytest.raises(StorageBusyError):
        await house.walk(listing)
    gc.collect()
    await asyncio.sleep(0)
    assert unnoticed == []
    assert house.raw.held == set()


async def test_a_request_under_way_has_ended_when_a_failed_walk_ends(house):
    """Were it still closing its connection, it would do so on a client that is already closed."""
    asked, ended = threading.Event(), []

    class SlowListing(FakeListing):
        async def fetch(self, cursor):
            if cursor is None:
                return await super().fetch(cursor)
            try:
                asked.set()
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append(cursor)

    def fail():
        assert asked.wait(timeout=30)
        raise StorageBusyError("the database is locked")

    house.catalogue.while_applying = fail
    with pytest.raises(StorageBusyError):
        await house.walk(SlowListing.of([item("a")], [item("b")]))
    assert ended == ["c1"]


async def test_a_walk_that_cannot_even_start_lets_go_of_its_file(house):
    await house.walk_killed(three_pages(), catalogue_steps=0)
    assert house.raw.held == set()


async def test_a_cancelled_walk_lets_go_of_its_file_and_goes_on_later(house):
    listing = three_pages()
    started = asyncio.Event()
    listing.on_fetch = lambda cursor: started.set() if cursor == "c2" else None
    walk = asyncio.create_task(house.walk(listing))
    await started.wait()
    walk.cancel()
    with pytest.raises(asyncio.CancelledError):
        await walk
    assert house.raw.held == set()
    counts = await house.walk(three_pages())
    assert (counts.fetched, counts.created, counts.pages) == (9, 6, 3)
    assert len(house.raw.stored_cursors) == len(set(house.raw.stored_cursors)) == 3


async def test_a_walk_cancelled_while_a_page_is_applied_waits_for_the_page(house):
    """A thread cannot be stopped: were the walk to end before it, it would write to a closed store."""
    begun, release = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold():
        loop.call_soon_threadsafe(begun.set)
        assert release.wait(timeout=30)

    house.catalogue.while_applying = hold
    walk = asyncio.create_task(house.walk(three_pages()))
    await begun.wait()
    walk.cancel()
    loop.call_soon(loop.call_soon, release.set)
    with pytest.raises(asyncio.CancelledError):
        await walk
    assert house.catalogue.passes["pass1"].pages == 1
    assert house.raw.held == set()


async def test_progress_is_told_after_every_page(house):
    progress = FakeProgress()
    await house.walk(three_pages(), progress=progress)
    assert progress.fetched == [5, 6, 9]
