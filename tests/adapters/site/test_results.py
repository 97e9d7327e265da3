"""What a run has written, as the site hands it on: as it is, shut in, and never from outside the results."""

from __future__ import annotations

import pytest

from tests.sites import BATCH, WRITTEN, a_client, a_site, fill, text_of


def test_a_page_of_a_run_is_sent_as_it_was_written(client, folder):
    for path in WRITTEN:
        answer = client.get(path)
        assert answer.content == (folder / path.removeprefix("/")).read_bytes()
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "sandbox allow-scripts" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("context.json", "application/json"), ("log.txt", "text/plain"), ("model.py", "text/plain")],
)
def test_files_of_a_market_are_shown_and_never_run(client, name, kind):
    answer = client.get(f"/results/{BATCH}/rain/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-security-policy"].endswith("sandbox")


def test_a_folder_leads_to_its_page(client):
    assert client.get(f"/results/{BATCH}").headers["location"] == f"/results/{BATCH}/summary.html"
    assert client.get(f"/results/{BATCH}/").headers["location"] == f"/results/{BATCH}/summary.html"
    assert client.get(f"/results/{BATCH}/rain/").headers["location"] == f"/results/{BATCH}/rain/result.html"
    assert client.get("/results/").headers["location"] == "/"
    # Where pages of runs lead by "All runs", on the disk and here.
    assert client.get("/results/index.html").headers["location"] == "/"


def test_a_batch_without_its_page_yet_shows_the_markets_that_are_done(tmp_path):
    place = tmp_path / "results" / "daily_20261101_120000"
    for name in ("done", ".half.partial", "empty"):
        (place / name).mkdir(parents=True)
    (place / "done" / "result.html").write_text("<p>done</p>")
    (place / "manifest.json").write_text("{}")
    page = a_client(a_site(tmp_path)).get("/results/daily_20261101_120000/").text
    assert '<a href="/results/daily_20261101_120000/done/result.html">done</a>' in page
    assert "half" not in page
    assert "empty" not in text_of(page)
    assert "manifest.json" in page


def test_folders_of_no_known_run_are_told(tmp_path):
    fill(tmp_path)
    (tmp_path / "results" / "older_20250101_000000").mkdir()
    told = text_of(a_client(a_site(tmp_path)).get("/").text)
    assert "Other folders" in told
    assert "older_20250101_000000" in told
    assert f"Other folders In the results, but of no run in this store: {BATCH}" not in told


@pytest.mark.parametrize(
    "path",
    [
        "../data/edgeworth.db",
        "%2e%2e/data/edgeworth.db",
        "%2e%2e%2fdata%2fedgeworth.db",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%252e%252e%252fdata",
        "..%5cdata%5cedgeworth.db",
        "%5c%5cserver%5cshare",
        "C:%5cwindows%5cwin.ini",
        "C:/windows/win.ini",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        f"{BATCH}/summary.html%00",
        f"{BATCH}/..%00/summary.html",
        "%c0%ae%c0%ae/data",
        "%ff%fe",
        f"{BATCH}/.summary.html.partial",
        "out/secret.txt",
        "secret.txt",
    ],
)
def test_no_address_leaves_the_results(tmp_path, path):
    (tmp_path / "results" / BATCH).mkdir(parents=True)
    (tmp_path / "results" / BATCH / "summary.html").write_text("secret, but for its own address")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "results" / "out").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "results" / "secret.txt").symlink_to(tmp_path / "secret.txt")
    answer = a_client(a_site(tmp_path)).get(f"http://127.0.0.1/results/{path}")
    assert answer.status_code in (404, 400)
    assert "secret" not in answer.text
