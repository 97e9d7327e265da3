"""The ingest page in a real browser: the script runs, and the text of a venue does not."""

import html
import re
from datetime import UTC, datetime

from edgeworth.ports import IngestCounts
from edgeworth.reports.ingest import IngestReport, SourceReport, render_pages
from tests.browser.chromium import document_of, needs_chromium
from tests.builders import a_market

pytestmark = needs_chromium


def shown(tmp_path, *questions):
    """The page's document after its script has run."""
    at = datetime(2026, 11, 21, tzinfo=UTC)
    report = IngestReport(
        run_id="r", started_at=at, finished_at=at, sources=[SourceReport(source="kalshi", counts=IngestCounts())]
    )
    markets = [a_market(native_id=f"M{number}", question=question) for number, question in enumerate(questions)]
    ((_, page),) = render_pages(report, markets, len(markets), [])
    return document_of(page, tmp_path)


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
