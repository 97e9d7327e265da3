"""The page of a batch in use: sorting, search, the verdict filter, and the way of somebody without a mouse."""

from __future__ import annotations

import pytest

from tests.browser.chromium import needs_chromium
from tests.browser.every_page import batch, index

pytestmark = needs_chromium

ORDER = "[...document.querySelectorAll('#markets tbody tr')].filter(r => !r.hidden).map(r => r.dataset.state)"
SORTED = (
    "[...document.querySelectorAll('#markets th')].filter(h => h.ariaSort).map(h => h.textContent + ' ' + h.ariaSort)"
)
HERE = "(e => `${e.tagName} ${(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent).trim().slice(0, 30)}`)(document.activeElement)"
OUTLINE = "(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0)(getComputedStyle(document.activeElement))"

AS_WRITTEN = ["strong", "worth_a_look", "inside_noise", "not_comparable", "failed", "skipped"]


@pytest.fixture
def tab(browser, page_file):
    with browser.tab() as tab:
        tab.open(page_file(batch()))
        yield tab


def click(tab, head: str) -> None:
    tab.run(f"[...document.querySelectorAll('#markets th button')].find(b => b.textContent === '{head}').click()")


def test_it_begins_in_order_of_verdict_and_says_so(tab):
    assert tab.run(ORDER) == AS_WRITTEN
    assert tab.run(SORTED) == ["Verdict ascending"]


def test_a_click_sorts_by_number_and_a_second_one_turns_the_order(tab):
    """Differences are -5, +1 and +7 points; what has none counts as least."""
    click(tab, "Difference, points")
    assert tab.run(ORDER)[3:] == ["worth_a_look", "inside_noise", "strong"]
    assert tab.run(SORTED) == ["Difference, points ascending"]
    click(tab, "Difference, points")
    assert tab.run(ORDER)[:3] == ["strong", "inside_noise", "worth_a_look"]


def test_sorting_by_verdict_brings_the_first_order_back(tab):
    click(tab, "Market")
    click(tab, "Verdict")
    assert tab.run(ORDER) == AS_WRITTEN


def test_search_and_filter_count_what_they_leave(tab):
    tab.run(
        "(s => { s.value = 'failed'; s.dispatchEvent(new Event('input')); })(document.querySelector('[data-filter=state]'))"
    )
    assert tab.run(ORDER) == ["failed"]
    assert tab.run("document.querySelector('[aria-live]').textContent") == "1 of 6 shown"
    tab.run(
        "(s => { s.value = ''; s.dispatchEvent(new Event('input')); })(document.querySelector('[data-filter=state]'))"
    )
    tab.run(
        "(s => { s.value = 'look'; s.dispatchEvent(new Event('input')); })(document.querySelector('[type=search]'))"
    )
    assert tab.run(ORDER) == ["worth_a_look"]


def test_the_keyboard_reaches_everything_in_the_order_of_the_page_and_shows_where_it_is(tab):
    path = []
    for _ in range(14):
        tab.press("Tab")
        path.append(tab.run(HERE))
        assert tab.run(OUTLINE), path[-1]
    assert path == [
        "A All runs",
        "A Will strong happen?",
        "A Will look happen?",
        "A How to read this",
        "INPUT Search markets",
        "SELECT Verdict",
        "DIV markets-head",
        "BUTTON Question",
        "BUTTON Market",
        "BUTTON Simulation",
        "BUTTON Difference, points",
        "BUTTON Verdict",
        "A Will strong happen?",
        "A kalshi",
    ]


def test_a_key_sorts_as_a_click_does(tab):
    for _ in range(11):
        tab.press("Tab")
    tab.press("Enter")
    assert tab.run(SORTED) == ["Difference, points ascending"]
    tab.press(" ")
    assert tab.run(SORTED) == ["Difference, points descending"]


def test_a_screen_reader_hears_a_table_on_a_phone_too(browser, page_file):
    with browser.tab(width=380, height=800) as tab:
        tab.open(page_file(batch()))
        roles = tab.roles()
        assert roles.count("columnheader") >= 6
        assert roles.count("row") >= 7
        assert "table" in roles


def test_runs_can_be_sorted_by_what_they_cost(browser, page_file):
    with browser.tab() as tab:
        tab.open(page_file(index()))
        tab.run("[...document.querySelectorAll('#runs th button')].find(b => b.textContent === 'Cost').click()")
        links = tab.run("[...document.querySelectorAll('#runs tbody a')].map(a => a.getAttribute('href'))")
        assert links == [f"r{number}/summary.html" for number in range(4)]
