"""A batch's folder can be seen while it grows; each market in it is whole or not there, and a killed batch goes on."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.errors import StorageError
from tasks.settings import Settings
from tasks.simulation.folder import LONGEST_SLUG, BatchFolder, market_slugs, open_batch_folder

AT = datetime(2026, 11, 21, 6, 1, 2, tzinfo=UTC)


def opened(results_dir, run_id="run-1") -> BatchFolder:
    return open_batch_folder(Settings(results_dir=results_dir), "Top Volume", AT, run_id)


def test_a_batch_says_from_its_beginning_whose_it_is(tmp_path):
    folder = opened(tmp_path)
    assert folder.path == tmp_path / "top_volume_20261121_060102"
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert (manifest["run_id"], manifest["status"]) == ("run-1", "running")


def test_the_same_run_goes_on_in_its_folder_and_another_gets_its_own(tmp_path):
    opened(tmp_path).write_market("will_it_rain", {"log.txt": "first"})
    other = opened(tmp_path, "run-2")
    again = opened(tmp_path)
    assert other.path.name == "top_volume_20261121_060102_2"
    assert (again.path / "will_it_rain" / "log.txt").read_text() == "first"
    assert opened(tmp_path, "run-2").path == other.path


def test_a_market_is_whole_and_replaces_what_an_interrupted_run_left(tmp_path):
    folder = opened(tmp_path)
    (folder.path / ".will_it_rain.partial").mkdir()
    (folder.path / ".will_it_rain.partial" / "half.txt").write_text("half")
    folder.write_market("will_it_rain", {"old.txt": "old"})
    folder.write_market("will_it_rain", {"result.html": "<p>", "log.txt": ""})
    assert sorted(path.name for path in (folder.path / "will_it_rain").iterdir()) == ["log.txt", "result.html"]
    assert sorted(path.name for path in folder.path.iterdir()) == ["manifest.json", "will_it_rain"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StorageError, match="top_volume_20261121_060102"):
        opened(tmp_path / "results")


def test_questions_that_collide_get_a_suffix():
    assert market_slugs(["Will it rain?", "Will it RAIN", "", "???", "Will it rain 2"]) == [
        "will_it_rain",
        "will_it_rain_2",
        "unnamed",
        "unnamed_2",
        "will_it_rain_2_2",
    ]


@given(
    st.lists(st.one_of(st.text(), st.sampled_from(["a" * 80, "../..", "a" * 49, "CON", "/etc/passwd"])), max_size=12)
)
def test_slugs_are_unique_short_ascii_words_that_cannot_leave_the_folder(questions):
    slugs = market_slugs(questions)
    assert len(set(slugs)) == len(questions)
    for slug in slugs:
        assert 0 < len(slug) <= LONGEST_SLUG
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
