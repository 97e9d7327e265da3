"""The ingest page in a real browser: the script runs, and the text of a venue does not."""

import html
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from edgeworth.ports import IngestCounts
from edgeworth.reports.ingest import IngestReport, SourceReport, render_pages
from tests.builders import a_market

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --virtual-time-budget=5000 --dump-dom"
)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"
)


def shown(tmp_path, *questions):
    """The page's document after its script has run."""
    at = datetime(2026, 11, 21, tzinfo=UTC)
    report = IngestReport(
        run_id="r", started_at=at, finished_at=at, sources=[SourceReport(source="kalshi", counts=IngestCounts())]
    )
    markets = [a_market(native_id=f"M{number}", question=question) for number, question in enumerate(questions)]
    ((_, page),) = render_pages(report, markets, len(markets), [])
    file = tmp_path / "summary.html"
    file.write_text(page, encoding="utf-8")
    command = [CHROMIUM, *QUIET.split(), f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_the_script_shows_its_tools_and_counts_the_rows(tmp_path):
    document = shown(tmp_path, "Will it rain?", "Will it snow?")
    assert "2 of 2 shown" in document
    assert not re.search(r'<div class="tools"[^>]*hidden', document)
    assert document.count('<button type="button">') == 8, "one to sort by each column"


def test_hostile_text_stays_text(tmp_path):
    hostile = '</td><script>document.title="taken"</script><img src=x onerror="document.title=1"> {{ 7*7 }} \u202e'
    document = shown(tmp_path, hostile)
    assert "<title>Ingest of 2026-11-21 00:00 UTC · Edgeworth</title>" in document
    assert "<img" not in document
    assert "{{ 7*7 }}" in html.unescape(document)
