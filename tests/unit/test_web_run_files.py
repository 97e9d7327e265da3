"""Which files of ``results/`` an address can name: those of runs, and no other however it is spelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeworth.web.run_files import RunFolders, find, market_folders, names_of, subfolders
from tests.builders import NOON

STAMP = "20261101_120000"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results with one run, a secret beside them, and links out of them."""
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "page.html").write_text("secret")
    results = tmp_path / "results"
    run = results / f"top_volume_{STAMP}"
    (run / "market").mkdir(parents=True)
    (run / "market" / "result.html").write_text("page")
    (run / "summary.html").write_text("page")
    (run / "data.db").write_text("not a page")
    (run / ".summary.html.partial").write_text("half")
    (run / ".hidden.html").write_text("hidden")
    (results / ".building_20261101.partial").mkdir()
    (results / ".building_20261101.partial" / "summary.html").write_text("half")
    (run / "link.html").symlink_to(tmp_path / "secret.html")
    (run / "inside.html").symlink_to(run / "summary.html")
    (results / "linked").symlink_to(tmp_path / "outside", target_is_directory=True)
    return results


def test_a_file_of_a_run_is_found(results):
    assert find(results, f"top_volume_{STAMP}/summary.html") == results / f"top_volume_{STAMP}" / "summary.html"
    assert find(results, f"top_volume_{STAMP}/market/result.html") is not None
    assert find(results, f"top_volume_{STAMP}/") == results / f"top_volume_{STAMP}"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        ".",
        "..",
        "../secret.html",
        f"top_volume_{STAMP}/../../secret.html",
        f"top_volume_{STAMP}/..",
        f"top_volume_{STAMP}/../top_volume_{STAMP}/summary.html",
        f"top_volume_{STAMP}/./summary.html",
        f"top_volume_{STAMP}//summary.html",
        f"/top_volume_{STAMP}/summary.html",
        "//etc/passwd",
        "/etc/passwd",
        "%2e%2e/secret.html",
        "..%2fsecret.html",
        "%252e%252e%252fsecret.html",
        "..\\secret.html",
        f"top_volume_{STAMP}\\summary.html",
        "C:/secret.html",
        "C:\\secret.html",
        "C:secret.html",
        "\\\\server\\share\\secret.html",
        f"top_volume_{STAMP}/summary.html\x00",
        f"top_volume_{STAMP}/summary.html\x00.json",
        "\x00",
        f"top_volume_{STAMP}/summary.html::$DATA",
        f"top_volume_{STAMP}/summary.html.",
        f"top_volume_{STAMP}/summary.html ",
        "~/secret.html",
        "~root/x.html",
        "file:secret.html",
        "CON",
        "nul.html",
        f"top_volume_{STAMP}/aux.html",
        "\uff0e\uff0e/secret.html",
        "\u2024\u2024/secret.html",
        "..;/secret.html",
        f"top_volume_{STAMP}/summary.html/",
        f"top_volume_{STAMP}/summary.html/x.html",
        f"top_volume_{STAMP}/nothing.html",
        f"top_volume_{STAMP}/data.db",
        f"top_volume_{STAMP}/.hidden.html",
        f"top_volume_{STAMP}/.summary.html.partial",
        ".building_20261101.partial/summary.html",
        f"top_volume_{STAMP}/link.html",
        f"top_volume_{STAMP}/inside.html",
        "linked",
        "linked/page.html",
        "a/b/c/d.html",
        "x" * 300,
        "\udce4.html",
        "\u202etxt.html",
        f"top_volume_{STAMP}/summary.html?x",
        f"top_volume_{STAMP}/summary.html\n",
    ],
    ids=repr,
)
def test_no_other_file_is_found_however_it_is_spelt(results, path):
    assert find(results, path) is None


def test_results_that_are_a_link_themselves_are_followed_and_what_is_in_them_is_not(results, tmp_path):
    linked = tmp_path / "shortcut"
    linked.symlink_to(results, target_is_directory=True)
    assert find(linked, f"top_volume_{STAMP}/summary.html") is not None
    assert find(linked, "linked/page.html") is None


def test_there_need_be_no_results(tmp_path):
    nowhere = tmp_path / "nowhere"
    assert find(nowhere, "a/summary.html") is None
    assert subfolders(nowhere, most=10) == []
    assert RunFolders(nowhere).folder_of("r", NOON, None) is None


def test_names_are_plain_words_at_most_three_deep():
    assert names_of("a_1/b-2/c.html") == ["a_1", "b-2", "c.html"]
    assert names_of("a/b/c/d") is None
    assert names_of("-a") is None


def test_folders_are_those_that_may_be_shown(results):
    assert subfolders(results, most=10) == [f"top_volume_{STAMP}"]
    assert subfolders(results, most=0) == []


@pytest.mark.parametrize(
    "noted", [f"results/top_volume_{STAMP}", f"/any/where/top_volume_{STAMP}/", f"C:\\r\\top_volume_{STAMP}"]
)
def test_the_folder_of_a_run_is_the_one_that_the_store_notes_wherever_it_lay_then(results, noted):
    assert RunFolders(results).folder_of("r", NOON, noted) == f"top_volume_{STAMP}"


@pytest.mark.parametrize("noted", [None, 7, "", "../..", "..", "/", "linked", "results/gone"])
def test_a_note_that_names_no_folder_of_a_run_is_passed_over(results, noted):
    assert RunFolders(results).folder_of("r", NOON, noted) is None


def test_the_folder_of_a_run_that_goes_on_is_the_one_whose_manifest_names_it(results):
    (results / f"top_volume_{STAMP}_2").mkdir()
    (results / f"top_volume_{STAMP}" / "manifest.json").write_text('{"run_id": "first"}')
    (results / f"top_volume_{STAMP}_2" / "manifest.json").write_text('{"run_id": "second"}')
    assert RunFolders(results).folder_of("first", NOON, None) == f"top_volume_{STAMP}"
    assert RunFolders(results).folder_of("second", NOON, None) == f"top_volume_{STAMP}_2"
    assert RunFolders(results).folder_of("third", NOON, None) is None


def test_a_run_is_found_by_any_instant_in_the_name_of_its_folder(results):
    """A name that the user chose may itself look like an instant."""
    for name in ("of_20250101_000000_20261101_120000", "of_20250101_20261101_120000_2"):
        (results / name).mkdir()
        (results / name / "manifest.json").write_text(f'{{"run_id": "{name}"}}')
        assert RunFolders(results).folder_of(name, NOON, None) == name


def test_a_thousand_runs_without_a_folder_cost_one_listing(results):
    folders = RunFolders(results)
    assert [folders.folder_of(f"r{number}", NOON, None) for number in range(1_000)] == [None] * 1_000
    (results / f"later_{STAMP}").mkdir()
    (results / f"later_{STAMP}" / "manifest.json").write_text('{"run_id": "later"}')
    assert folders.folder_of("later", NOON, None) is None
    assert RunFolders(results).folder_of("later", NOON, None) == f"later_{STAMP}"


@pytest.mark.parametrize("manifest", ["", "[]", "{", '{"run_id": 7}', "null"])
def test_a_manifest_that_cannot_be_read_names_nobody(results, manifest):
    (results / f"top_volume_{STAMP}" / "manifest.json").write_text(manifest)
    assert RunFolders(results).folder_of("first", NOON, None) is None


def test_a_report_that_names_folders_outside_its_own_names_none(results):
    place = results / f"top_volume_{STAMP}"
    told = [("a", "market"), ("b", "../x"), ("c", "market/x"), ("d", ".x")]
    rows = ", ".join(f'{{"market_id": "{market}", "folder": "{folder}"}}' for market, folder in told)
    (place / "batch_report.json").write_text(f'{{"simulations": [{rows}]}}')
    assert market_folders(results, place.name) == {"a": "market"}
    (place / "batch_report.json").write_text('{"fetched": 3}')
    assert market_folders(results, place.name) == {}
    (place / "batch_report.json").write_text("nonsense")
    assert market_folders(results, place.name) == {}
