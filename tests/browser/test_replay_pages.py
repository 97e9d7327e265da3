"""The pages of the replay room in use: sorting, search, filters, and the way of somebody without a mouse."""

from __future__ import annotations

import pytest

from tests.browser.chromium import needs_chromium
from tests.browser.replay_pages import REPLAY_PAGES

pytestmark = needs_chromium


@pytest.fixture
def show(browser, page_file):
    """Opens one of the pages."""

    def opened(name: str, **look):
        tab = browser.tab(**look)
        entered = tab.__enter__()
        tabs.append(tab)
        entered.open(page_file(REPLAY_PAGES[name]()))
        return entered

    tabs: list = []
    yield opened
    for tab in tabs:
        tab.__exit__(None, None, None)


def click(tab, table: str, head: str) -> None:
    tab.run(f"[...document.querySelectorAll('#{table} th button')].find(b => b.textContent === '{head}').click()")


def column(tab, table: str, head: str) -> list[float]:
    """The numbers by which a column is sorted, of the rows that are shown, from the top."""
    return tab.run(
        f"(place => [...document.querySelectorAll('#{table} tbody tr')].filter(r => !r.hidden)"
        ".map(r => Number(r.cells[place].dataset.value)))"
        f"([...document.querySelectorAll('#{table} th')].findIndex(h => h.textContent === '{head}'))"
    )


def choose(tab, table: str, name: str, value: str) -> None:
    tab.run(
        f"(s => {{ s.value = '{value}'; s.dispatchEvent(new Event('input')); }})"
        f"(document.querySelector('[data-for={table}] [data-filter={name}]'))"
    )


def shown(tab, table: str) -> str:
    return tab.run(f"document.querySelector('[data-for={table}] [aria-live]').textContent")


def test_trades_are_sorted_by_profit_as_numbers_and_a_second_click_turns_them(show):
    tab = show("replay")
    click(tab, "trades", "Profit")
    profits = column(tab, "trades", "Profit")
    assert profits == sorted(profits)
    assert profits[0] < 0.0 < profits[-1]
    click(tab, "trades", "Profit")
    assert column(tab, "trades", "Profit") == sorted(profits, reverse=True)


def test_trades_are_filtered_by_side_and_by_what_ended_them(show):
    tab = show("replay")
    assert shown(tab, "trades") == "9 of 9 shown"
    choose(tab, "trades", "end", "stop")
    assert shown(tab, "trades") == "3 of 9 shown"
    choose(tab, "trades", "side", "short")
    sides = tab.run(
        "[...document.querySelectorAll('#trades tbody tr')].filter(r => !r.hidden).map(r => r.dataset.side)"
    )
    assert set(sides) <= {"short"}


def test_the_two_tables_of_a_replay_do_not_touch_each_other(show):
    tab = show("replay")
    choose(tab, "outcomes", "entered", "yes")
    assert shown(tab, "outcomes") == "9 of 26 shown"
    assert shown(tab, "trades") == "9 of 9 shown"
    click(tab, "outcomes", "Moved")
    moved = column(tab, "outcomes", "Moved")
    assert moved == sorted(moved)


def test_candidates_of_a_screening_are_sorted_by_score(show):
    tab = show("screen")
    click(tab, "candidates", "Score")
    scores = column(tab, "candidates", "Score")
    assert scores == sorted(scores)
    assert scores[0] < 0.0 < scores[-1]


def test_trials_are_sorted_by_a_setting_and_by_their_rank_again(show):
    tab = show("sweep")
    click(tab, "trials", "Drawdown")
    falls = column(tab, "trials", "Drawdown")
    assert falls == sorted(falls)
    click(tab, "trials", "Rank")
    assert column(tab, "trials", "Rank") == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_keyboard_reaches_the_tools_the_heads_and_what_is_folded(show):
    tab = show("replay")
    reached = set()
    for _ in range(60):
        tab.press("Tab")
        reached.add(
            tab.run(
                "(e => `${e.tagName} ${(e.ariaLabel || e.textContent).trim().slice(0, 20)}`)(document.activeElement)"
            )
        )
    for one in (
        "A All runs",
        "INPUT Search trades",
        "SELECT Ended by",
        "BUTTON Profit",
        "DIV Trades",
        "INPUT Search candidates",
        "SUMMARY The gaps",
        "SUMMARY Settings of the stra",
        "A replay.json",
    ):
        assert one in reached


def test_a_curve_says_in_words_what_it_shows(show):
    tab = show("replay")
    labels = tab.run(
        "[...document.querySelectorAll('figure svg[role=img]')].map(one => one.getAttribute('aria-label'))"
    )
    assert len(labels) == 3
    assert labels[0].startswith("Equity, from $10,000.00 to ")
    assert labels[1].startswith("How far equity lay below its highest so far; deepest ")
    assert "long and" in labels[2]
