"""The discovery page in a real browser: sorting, filters and search work, and the text of a venue does not."""

from __future__ import annotations

import html
import re

import pytest

from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.reports.discovery import DiscoveryReport, MarketView, render_page
from tests.browser.chromium import document_of, needs_chromium
from tests.builders import NOON
from tests.findings import RAIN_B, a_match, a_verdict, an_opportunity

pytestmark = needs_chromium

HOSTILE = '</td><script>document.title="taken"</script><img src=x onerror="document.title=1"> {{ 7*7 }} \u202e'


def a_view(market_id: str, question: str) -> MarketView:
    venue = Venue(market_id.partition(":")[0])
    return MarketView(market_id=market_id, venue=venue, question=question, rules=question, outcomes=("Yes", "No"))


@pytest.fixture
def page() -> str:
    names = ("kalshi:1", "kalshi:2", "kalshi:3")
    confidences = {"kalshi:1": 0.5, "kalshi:2": 0.9, "kalshi:3": 0.7}
    matches = [a_match(name, verdict=a_verdict(confidence=confidences[name])) for name in names]
    matches[0] = a_match(names[0], verdict=a_verdict(Relation.UNDETERMINED, confidence=0.5))
    report = DiscoveryReport(
        run_id="r",
        started_at=NOON,
        finished_at=NOON,
        markets=4,
        events=1,
        stages=[],
        matches=matches,
        opportunities=[an_opportunity("kalshi:1"), an_opportunity("kalshi:2", is_dead_at_size=True)],
        views={name: a_view(name, f"Question of {name} {HOSTILE}") for name in (*names, RAIN_B)},
    )
    return render_page(report, [])


def shown_matches(document: str) -> list[str]:
    """Ids of the first market of each match in the order of the page, hidden ones left out."""
    table = document[document.index('<table id="matches"') :]
    bodies = re.findall(
        r"<tbody data-relation([^>]*)>(.*?)</tbody>\s*(?=<tbody data-relation|</table>)", table, re.DOTALL
    )
    return [re.findall(r"kalshi:\d", body)[0] for attributes, body in bodies if "hidden" not in attributes]


def test_the_script_shows_its_tools_and_counts_the_rows(page, tmp_path):
    document = document_of(page, tmp_path)
    assert "2 of 2 shown" in document
    assert "3 of 3 shown" in document
    assert not re.search(r'<div class="tools"[^>]*hidden', document)


def test_hostile_text_stays_text(page, tmp_path):
    document = document_of(page, tmp_path)
    assert "<title>Discovery of 2026-11-01 12:00 UTC · Edgeworth</title>" in document
    assert "<img" not in document
    assert "{{ 7*7 }}" in html.unescape(document)


def test_a_click_sorts_by_number_and_a_second_one_turns_the_order(page, tmp_path):
    click = "[...document.querySelectorAll('#matches th button')].find(b => b.textContent === 'Confidence').click();"
    assert shown_matches(document_of(page, tmp_path, then=click)) == ["kalshi:1", "kalshi:3", "kalshi:2"]
    assert shown_matches(document_of(page, tmp_path, then=click * 2)) == ["kalshi:2", "kalshi:3", "kalshi:1"]


def test_a_filter_hides_what_does_not_fit(page, tmp_path):
    choose = (
        "const s = document.querySelector('[data-for=matches] select'); s.value = 'undetermined';"
        "s.dispatchEvent(new Event('input'));"
    )
    document = document_of(page, tmp_path, then=choose)
    assert shown_matches(document) == ["kalshi:1"]
    assert "1 of 3 shown" in document


def test_a_search_looks_through_the_texts(page, tmp_path):
    write = (
        "const s = document.querySelector('[data-for=opportunities] input'); s.value = 'kalshi:2 dead';"
        "s.dispatchEvent(new Event('input'));"
    )
    assert "1 of 2 shown" in document_of(page, tmp_path, then=write)
