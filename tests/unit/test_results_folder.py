"""A run's folder appears complete or not at all, and its name cannot escape from results/."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.errors import StorageError, StorageFullError
from tasks.results.building import MOST_CLEARED
from tasks.results.folder import make_run_folder, slug
from tasks.settings import Settings

AT = datetime(2026, 11, 21, 6, 1, 2, tzinfo=UTC)


def test_a_run_is_named_by_batch_and_second(tmp_path):
    with make_run_folder(Settings(results_dir=tmp_path), "ingest", AT) as run:
        run.write("summary.html", "<p>")
    assert (tmp_path / "ingest_20261121_060102" / "summary.html").read_text() == "<p>"


def test_a_second_run_in_the_same_second_gets_a_suffix(tmp_path):
    for _ in range(3):
        with make_run_folder(Settings(results_dir=tmp_path), "ingest", AT):
            pass
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["ingest_20261121_060102", "ingest_20261121_060102_2", "ingest_20261121_060102_3"]


def test_a_run_that_fails_leaves_nothing(tmp_path):
    def write_half() -> None:
        with make_run_folder(Settings(results_dir=tmp_path), "ingest", AT) as run:
            run.write("summary.html", "<p>")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        write_half()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, StorageFullError), (errno.EACCES, StorageError)])
def test_a_disk_that_refuses_is_said_and_leaves_nothing(tmp_path, number, kind):
    def write_to_it() -> None:
        with make_run_folder(Settings(results_dir=tmp_path), "ingest", AT) as run:
            run.write("summary.html", "<p>")
            raise OSError(number, "what the system said")

    with pytest.raises(StorageError, match=r"what the system said.*nothing of it was kept") as raised:
        write_to_it()
    assert type(raised.value) is kind
    assert list(tmp_path.iterdir()) == []


@given(st.text(), st.integers(1, 60))
def test_a_slug_is_always_a_harmless_name(text, most):
    made = slug(text, most=most)
    assert made
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert len(made) <= max(most, len("unnamed"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Will BTC hit $100k?", "will_btc_hit_100k"),
        ("../../etc/passwd", "etc_passwd"),
        ("…", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_slugs_of_market_text(text, expected):
    assert slug(text) == expected


def test_runs_that_end_within_one_second_at_once_each_have_a_place(tmp_path):
    def write(number: int) -> None:
        with make_run_folder(Settings(results_dir=tmp_path), "ingest", AT) as run:
            run.write("report.txt", str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert {path.read_text() for path in tmp_path.glob("*/report.txt")} == {str(number) for number in range(40)}
    assert list(tmp_path.glob(".*")) == []


LONG_AGO = 1_700_000_000.0

BUILD = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from tasks.results.folder import make_run_folder
from tasks.settings import Settings
with make_run_folder(Settings(results_dir=Path(sys.argv[1])), "ingest", datetime(2026, 11, 21, tzinfo=UTC)) as run:
    run.write("summary.html", "<p>")
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    print("writing", flush=True)
    sys.stdin.read()
"""
LEFT = ".ingest_20261121_000000.partial"


def build(results_dir: Path, then: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(results_dir), then],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def a_later_run(results_dir: Path) -> None:
    with make_run_folder(Settings(results_dir=results_dir), "ingest", AT):
        pass


def test_what_a_killed_run_left_half_built_is_cleared_away_later(tmp_path):
    build(tmp_path, "die").communicate(timeout=60)
    a_later_run(tmp_path)
    assert (tmp_path / LEFT / "summary.html").exists(), "it is young: whose it is may be hard to tell elsewhere"
    os.utime(tmp_path / LEFT, (LONG_AGO, LONG_AGO))
    a_later_run(tmp_path)
    assert [path.name for path in tmp_path.glob(".*")] == []
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_another_process_builds_is_left_to_it_however_old_it_is(tmp_path):
    with build(tmp_path, "live") as child:
        assert child.stdout.readline() == "writing\n"
        os.utime(tmp_path / LEFT, (LONG_AGO, LONG_AGO))
        a_later_run(tmp_path)
        assert (tmp_path / LEFT / "summary.html").exists()
        child.communicate("")
    assert (tmp_path / "ingest_20261121_000000" / "summary.html").exists()


def test_clearing_is_bounded_and_takes_nothing_but_folders_of_that_name(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for name in (*(f".run_{number}.partial" for number in range(MOST_CLEARED + 5)), ".kept", "kept.partial"):
        (tmp_path / name).mkdir()
    (tmp_path / ".file.partial").write_text("")
    (tmp_path / ".link.partial").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    for path in tmp_path.iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    for left in (5, 0):
        a_later_run(tmp_path)
        assert len(list(tmp_path.glob(".run_*"))) == left
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith("ingest")}
    assert names == {"elsewhere", ".kept", "kept.partial", ".file.partial", ".link.partial"}
