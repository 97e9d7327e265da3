"""The site in a real browser: every type of page is quiet, keeps to itself, fits a phone, and can be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeworth.web.app import create_app
from tests.batches import NASTY
from tests.browser.chromium import needs_chromium
from tests.browser.test_every_page import CONTRAST, PHONE, WIDTHS, axe_source, needs_axe
from tests.findings import RAIN_A
from tests.serving import served
from tests.sites import BATCH, a_site, fill

pytestmark = needs_chromium

PAGES = {
    "runs": "/",
    "markets": "/markets?status=open",
    "market": f"/markets/{RAIN_A}",
    "opportunities": "/discovery",
    "matches": "/discovery?show=matches",
    "forecasts": "/forecasts",
    "status": "/status",
}
WRITTEN = {"batch": f"/results/{BATCH}/summary.html", "market of a batch": f"/results/{BATCH}/rain/result.html"}
REFUSED = {"nothing there": "/nowhere", "cannot be meant": "/markets?page=0"}
"""The browser's console says of each of these that it was refused."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("site")
    fill(folder)
    (folder / "results" / "unfinished_20261101_130000" / "rain").mkdir(parents=True)
    with served(create_app(a_site(folder))) as address:
        yield address


@pytest.fixture(scope="module")
def hostile_origin(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("hostile")
    fill(folder, question=NASTY, rules=NASTY * 20)
    with served(create_app(a_site(folder))) as address:
        yield address


def strangers(requests: list[str], origin: str) -> list[str]:
    """Addresses that were asked for and are not of the site."""
    return [url for url in requests if not url.startswith(origin)]


@pytest.mark.parametrize("path", [*PAGES.values(), "/results/unfinished_20261101_130000/"])
def test_a_page_says_nothing_asks_nobody_else_fits_a_phone_and_can_be_read_in_the_dark(browser, origin, path):
    with browser.tab(**PHONE, dark=True) as tab:
        tab.visit(origin + path)
        assert tab.complaints() == []
        assert strangers(tab.requests(), origin) == []
        assert tab.run(WIDTHS) == [380, 380]
        unfold(tab)
        assert tab.run(CONTRAST) == []


def test_pages_of_runs_and_refusals_ask_nobody_else_and_fit_a_phone(browser, origin):
    with browser.tab(**PHONE) as tab:
        for path in WRITTEN.values():
            tab.visit(origin + path)
            assert tab.complaints() == []
            assert strangers(tab.requests(), origin) == []
            assert tab.run(WIDTHS) == [380, 380]
        for path in REFUSED.values():
            tab.visit(origin + path)
            assert strangers(tab.requests(), origin) == []
            assert tab.run(WIDTHS) == [380, 380]
            assert tab.run("document.querySelectorAll('nav a').length") == 5


def test_a_foreign_text_runs_no_script_and_breaks_no_page(browser, hostile_origin):
    with browser.tab(**PHONE) as tab:
        for path in {**PAGES, **WRITTEN}.values():
            tab.visit(hostile_origin + path)
            assert tab.complaints() == []
            assert tab.run("document.title").endswith("· Edgeworth")
            assert tab.run("document.images.length") == 0
            assert tab.run("document.scripts.length") <= 1
            assert tab.run(WIDTHS) == [380, 380]


@needs_axe
@pytest.mark.parametrize("path", [*PAGES.values(), *REFUSED.values()])
def test_axe_finds_nothing_serious_and_all_text_stands_out_from_its_ground(browser, origin, path):
    with browser.tab() as tab:
        # The policy of the site forbids what a test brings along too.
        tab.ask("Page.setBypassCSP", enabled=True)
        tab.visit(origin + path)
        unfold(tab)
        assert tab.run(CONTRAST) == []
        tab.run(axe_source() + "; 0")
        found = tab.run("axe.run({resultTypes: ['violations']}).then(result => JSON.stringify(result.violations))")
        assert [one["id"] for one in json.loads(found) if one["impact"] in {"serious", "critical"}] == []


def test_without_a_script_a_page_can_be_read_and_searched(browser, origin):
    with browser.tab(script=False) as tab:
        for path in PAGES.values():
            tab.visit(origin + path)
            roles = tab.roles()
            assert roles.count("heading") >= 1
            assert roles.count("navigation") >= 1
            assert ("searchbox" in roles) is path.startswith("/markets?")


def test_a_reader_walks_from_the_index_through_a_batch_to_a_market(browser, origin):
    """Pages of runs are shut in an origin of their own; their links and their script work all the same."""
    with browser.tab() as tab:
        tab.visit(origin + "/")
        follow(tab, f"a[href='/results/{BATCH}/']")
        assert tab.run("location.pathname") == f"/results/{BATCH}/summary.html"
        assert tab.run("document.querySelectorAll('th button').length") > 0, "its script has run"
        assert tab.run("origin") == "null"
        tab.visit(origin + WRITTEN["market of a batch"])
        follow(tab, "a[href='../summary.html']")
        assert tab.run("location.pathname") == f"/results/{BATCH}/summary.html"
        assert tab.complaints() == []


def test_a_search_is_made_with_the_keyboard_alone(browser, origin):
    with browser.tab() as tab:
        tab.visit(origin + "/markets")
        tab.run("document.querySelector('input[name=q]').focus()")
        tab.ask("Input.insertText", text="snow")
        loaded(tab, lambda: tab.press("Enter"))
        assert tab.run("new URLSearchParams(location.search).get('q')") == "snow"
        assert tab.run("document.querySelectorAll('tbody tr').length") == 1
        assert tab.complaints() == []


def unfold(tab) -> None:
    tab.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def follow(tab, selector: str) -> None:
    loaded(tab, lambda: tab.run(f'document.querySelector("{selector}").click()'))


def loaded(tab, act) -> None:
    """Do what leads to another page, and wait for that page."""
    tab._wire.events.clear()
    act()
    tab._wire.wait_for("Page.loadEventFired", tab._session)
