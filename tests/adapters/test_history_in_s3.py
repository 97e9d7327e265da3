"""History in S3 beside what holds everywhere: what is fetched, who writes at once, what a kill and a lost answer leave."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager, nullcontext

import polars as pl
import psycopg
import pytest

from edgeworth.adapters.storage import parts
from edgeworth.adapters.storage.history import PRICES, ParquetHistory
from edgeworth.adapters.storage.object_folder import ObjectFolder
from edgeworth.adapters.storage.objects import Objects
from edgeworth.adapters.storage.parts import PartFiles
from edgeworth.errors import StorageBusyError, StorageError, StorageGoneError
from tasks.settings import Settings
from tasks.wiring import open_storage
from tests.histories import a_point
from tests.object_stores import ENVIRONMENT


@pytest.fixture
def opened(bucket, tmp_path):
    """Opens the history of the bucket as a command does; with each a new connection."""
    with ExitStack() as stack:

        def history(database_url: str | None = None) -> ParquetHistory:
            settings = Settings(data_dir=tmp_path, history_url=f"{bucket.url}/h", database_url=database_url)
            return stack.enter_context(open_storage(settings)).history

        yield history


def names(bucket) -> list[str]:
    return [key.removeprefix("h/prices/") for key in bucket.keys("h/prices/")]


def at_first(method: str, act):
    """Call ``act`` at the first request for a part with this method, and once."""
    is_done = []

    def interfere(asked: str, path: str) -> str | None:
        if is_done or asked != method or not path.endswith(".parquet"):
            return None
        is_done.append(path)
        return act()

    return interfere


def test_of_one_market_among_many_little_is_fetched(opened, bucket):
    history = opened()
    rows = 400_000
    drawn = pl.int_range(rows, eager=True)
    # Hashes, so that the file does not shrink to nothing.
    told = {
        "market_id": (drawn // 1_000).cast(pl.String),
        "price_micros": (drawn.hash(1) % 1_000_000).cast(pl.Int64),
        "volume_micros": (drawn.hash(2) % 1_000_000_000).cast(pl.Int64),
    }
    missing = [pl.lit(None, kind).alias(name) for name, kind in PRICES.items() if name not in told]
    with history._prices.held() as turn:
        turn.add(pl.DataFrame(told).with_columns(missing).select(PRICES.names()))
    (stored,) = [one["Size"] for one in bucket.client.list_objects_v2(Bucket=bucket.name)["Contents"]]
    bucket.server.requests.clear()
    assert history.scan_prices(["123"]).collect().height == 1_000
    fetched = sum(one.sent for one in bucket.server.requests if one.path.endswith(".parquet"))
    assert stored > 3_000_000
    assert fetched < stored / 4


def test_two_processes_that_save_overlapping_rows_store_each_once(bucket, opened, tmp_path, postgresql_url):
    environment = {"EDGEWORTH_HISTORY_URL": f"{bucket.url}/h", "EDGEWORTH_DATABASE_URL": postgresql_url}
    opened(postgresql_url)
    # Folders of their own, as on two machines: only the database and the bucket are common.
    children = [a_writer(tmp_path / str(start), start, environment) for start in (0, 1500)]
    saved = []
    for child in children:
        out, err = child.communicate(timeout=60)
        assert out.strip().isdigit(), err
        saved.append(int(out))
    assert sum(saved) == 4500
    rows = opened(postgresql_url).scan_prices().collect()
    assert rows.height == 4500
    assert rows.select(pl.struct("market_id", "outcome_index", "at").n_unique()).item() == 4500


WRITER = """
import sys
from tasks.settings import load_settings
from tasks.wiring import open_storage
from tests.histories import a_point
start = int(sys.argv[1])
with open_storage(load_settings()) as storage:
    if start < 0:
        print(storage.history.compact()["prices"])
    else:
        points = [a_point(start + n) for n in range(3000)]
        print(sum(storage.history.save_prices(points[n : n + 1000]) for n in range(0, 3000, 1000)))
"""


def a_writer(data_dir, start: int, environment) -> subprocess.Popen:
    """A process that saves 3,000 points from ``start`` on, or compacts when it is negative."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(start)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(sys.path), "EDGEWORTH_DATA_DIR": str(data_dir)}
        | dict(environment),
        text=True,
    )


@pytest.mark.parametrize(
    ("when", "left"),
    [("before", 3), ("after", 4)],
    ids=["before the merged file is there", "when it is there and nobody has heard of it"],
)
def test_a_merge_that_is_killed_leaves_every_row_once_and_no_lock(bucket, opened, tmp_path, postgresql_url, when, left):
    history = opened(postgresql_url)
    for minute in range(3):
        history.save_prices([a_point(minute)])
    environment = {"EDGEWORTH_HISTORY_URL": f"{bucket.url}/h", "EDGEWORTH_DATABASE_URL": postgresql_url}

    def kill() -> str:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        return "500 Internal Server Error"

    setattr(bucket.server, when, at_first("PUT", kill))
    child = a_writer(tmp_path, -1, environment)
    child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert len(names(bucket)) == left
    assert history.save_prices([a_point(minute) for minute in range(4)]) == 1
    assert history.scan_prices().collect().height == 4
    assert history.compact()["prices"] == 1


def test_a_reader_whose_files_vanish_lists_again(bucket, opened):
    history = opened()
    for minute in range(3):
        history.save_prices([a_point(minute)])
    singles = names(bucket)
    history.compact()
    (merged,) = set(names(bucket)) - set(singles)
    body = bucket.body(f"h/prices/{merged}")
    bucket.client.delete_object(Bucket=bucket.name, Key=f"h/prices/{merged}")

    def merge_elsewhere() -> None:
        bucket.client.put_object(Bucket=bucket.name, Key=f"h/prices/{merged}", Body=body)
        for name in singles:
            bucket.client.delete_object(Bucket=bucket.name, Key=f"h/prices/{name}")

    bucket.server.before = at_first("GET", merge_elsewhere)
    assert history.scan_prices().collect().height == 3
    assert names(bucket) == [merged]


def test_a_reader_whose_files_go_on_vanishing_says_so(bucket, opened):
    history = opened()
    history.save_prices([a_point(1)])
    bucket.server.before = lambda method, path: "404 Not Found" if method == "GET" and ".parquet" in path else None
    with pytest.raises(StorageGoneError, match="vanished twice"):
        history.scan_prices().collect()


def test_an_answer_that_is_lost_stores_the_rows_once(bucket, opened):
    history = opened()
    bucket.server.after = at_first("PUT", lambda: "503 Service Unavailable")
    assert history.save_prices([a_point(1), a_point(2)]) == 2
    assert [one.status[:3] for one in bucket.server.requests if one.method == "PUT"] == ["503", "412"]
    assert history.scan_prices().collect().height == 2


NUMBERED = pl.Schema({"n": pl.Int64()})


def unlocked_table(bucket) -> PartFiles:
    """A table whose writers do not wait for one another, as if their lock had failed them."""

    @contextmanager
    def no_lock(_seconds):
        yield lambda: None

    return PartFiles(ObjectFolder(Objects(f"{bucket.url}/t"), no_lock), NUMBERED, ["n"])


def test_a_writer_whose_lock_failed_it_takes_no_name_of_another(bucket):
    table = unlocked_table(bucket)
    with table.held() as turn:
        with table.held() as other:
            other.add(pl.DataFrame({"n": [1]}))
        with pytest.raises(StorageBusyError, match="another process wrote"):
            turn.add(pl.DataFrame({"n": [2]}))
    assert table.scan().collect()["n"].to_list() == [1]


def test_of_two_merges_that_cross_one_takes_itself_back(bucket, monkeypatch):
    table = unlocked_table(bucket)
    for number in range(3):
        with table.held() as turn:
            turn.add(pl.DataFrame({"n": [number]}))
    with table.held() as turn:
        with table.held() as other:
            other.add(pl.DataFrame({"n": [3]}))
            # Room for the three newest files, not for the first.
            monkeypatch.setattr(
                parts,
                "MERGED_BYTES",
                int(3.5 * bucket.client.list_objects_v2(Bucket=bucket.name)["Contents"][0]["Size"]),
            )
            other.merge()
        turn.merge()
    assert "t/00000001-00000003.parquet" in bucket.keys("t/")
    assert "t/00000000-00000002.parquet" not in bucket.keys("t/")
    assert sorted(table.scan().collect()["n"]) == [0, 1, 2, 3]


def test_a_writer_whose_connection_is_lost_writes_nothing(bucket, opened, postgresql_url):
    prices = opened(postgresql_url)._prices
    with prices.held() as turn:
        with psycopg.connect(postgresql_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        with pytest.raises(StorageGoneError, match="holds the turn to write here, was lost"):
            turn.add(pl.DataFrame(schema=prices.schema))
    assert names(bucket) == []
    assert opened(postgresql_url).save_prices([a_point(1)]) == 1


def test_another_writer_of_the_database_is_waited_for_but_not_for_ever(opened, postgresql_url):
    folders = [opened(postgresql_url)._prices._folder for _ in range(2)]
    with (
        folders[0].held(1),
        pytest.raises(StorageBusyError, match=r"h/prices: another process writes here since 0.1 s"),
        folders[1].held(0.1),
    ):
        pass
    with folders[1].held(0.1):
        pass


@pytest.mark.parametrize("refused", ["GET", "PUT", "list"])
def test_a_store_that_refuses_is_told_without_a_secret(bucket, opened, refused):
    history = opened()
    history.save_prices([a_point(1)])

    def refuse(method: str, path: str) -> str | None:
        is_part = path.endswith(".parquet")
        asked = method if is_part else "list"
        return "403 Forbidden" if asked == refused else None

    bucket.server.before = refuse
    with pytest.raises(StorageError) as told:
        history.save_prices([a_point(2)])
    message = str(told.value)
    assert f"{bucket.url}/h/prices cannot be" in message
    assert not any(secret in message for secret in (ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], "AKIATESTS"))


def test_a_bucket_that_is_not_there_is_no_empty_history(bucket, opened):
    history = opened()
    bucket.client.delete_bucket(Bucket=bucket.name)
    with pytest.raises(StorageGoneError, match="there is no such bucket"):
        history.scan_prices().collect()


def test_a_name_that_another_process_took_and_gave_back_is_told_as_taken(bucket):
    """The store refuses the name, and by the time that we look nothing stands there."""
    table, name = unlocked_table(bucket), {"Bucket": bucket.name, "Key": "t/00000000-00000000.parquet"}
    taken = at_first("PUT", lambda: bucket.client.put_object(**name, Body=b"theirs") and None)
    given_back = at_first("GET", lambda: bucket.client.delete_object(**name) and None)
    bucket.server.before = lambda method, path: taken(method, path) or given_back(method, path)
    with pytest.raises(StorageBusyError, match="another process wrote"), table.held() as turn:
        turn.add(pl.DataFrame({"n": [1]}))
    assert bucket.keys("t/") == []


def parquet(rows: pl.DataFrame) -> bytes:
    body = io.BytesIO()
    rows.write_parquet(body)
    return body.getvalue()


NUMBERS = parquet(pl.DataFrame({"n": range(50_000)}))
DAMAGED = {
    "cut off": NUMBERS[:-100],
    "empty": b"",
    "no Parquet": b"<html>We are sorry.</html>",
    "zeros in the middle": NUMBERS[:1_000] + bytes(40_000) + NUMBERS[41_000:],
    "another table": parquet(pl.DataFrame({"m": [1]})),
    "another type": parquet(pl.DataFrame({"n": ["one"]})),
}


@pytest.mark.parametrize("kind", ["s3", "memory"])
@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_told_as_damaged_and_by_its_name(request, tmp_path, kind, body):
    url = f"{request.getfixturevalue('bucket').url}/t" if kind == "s3" else f"memory://damaged-{tmp_path.name}"
    objects = Objects(url)
    table = PartFiles(ObjectFolder(objects, lambda _seconds: nullcontext(lambda: None)), NUMBERED, ["n"])
    for number in range(3):
        with table.held() as turn:
            turn.add(pl.DataFrame({"n": [number]}))
    damaged = sorted(objects.list())[1]
    objects.put(damaged, body)
    with pytest.raises(StorageError, match="damaged") as told:
        table.scan().collect()
    assert str(told.value).startswith(f"{url}/{damaged}: expected whole rows of this table")
    assert not isinstance(told.value, StorageGoneError)


def test_a_question_that_has_no_answer_is_not_told_as_a_damaged_file(bucket):
    table = unlocked_table(bucket)
    with table.held() as turn:
        turn.add(pl.DataFrame({"n": [1_000]}))
    with pytest.raises(pl.exceptions.PolarsError):
        table.scan().filter(pl.col("n").cast(pl.Int8) == 3).collect()


def test_a_defect_of_ours_is_not_told_as_a_store_that_is_away(bucket):
    with pytest.raises(TypeError):
        Objects(bucket.url).put("name", None)  # type: ignore[arg-type]
