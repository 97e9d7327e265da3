"""What holds for every type of page, in a real browser: quiet, self-contained, fits a phone, can be read and used."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from tests.browser.chromium import needs_chromium
from tests.browser.every_page import HOSTILE, PAGES

pytestmark = needs_chromium

PHONE = {"width": 380, "height": 800}
LOOKS = {"light": {}, "dark": {"dark": True}, "phone": PHONE, "dark phone": {**PHONE, "dark": True}}

WIDTHS = "[document.documentElement.scrollWidth, window.innerWidth]"

CONTRAST = """(() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => { const part = [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2]; };
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length && (c.length < 4 || c[3] === 1)) return c; } return parse(getComputedStyle(document.documentElement).colorScheme === "dark" ? "0 0 0" : "255 255 255"); };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || ["SCRIPT", "STYLE"].includes(e.tagName) || !e.checkVisibility()) continue;
    const style = getComputedStyle(e), ink = parse(e.closest("svg") ? style.fill : style.color);
    const [high, low] = [light(ink), light(ground(e))].sort((a, b) => b - a), ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${e.tagName}.${e.className}: ${walk.currentNode.data.trim().slice(0, 40)}`);
  }
  return found; })()"""

AXE = importlib.util.find_spec("axe_core_python")
needs_axe = pytest.mark.skipif(AXE is None, reason="axe-core is not installed (axe-core-python ships it)")


def axe_source() -> str:
    """The script of axe-core, as a package of the registry ships it; nothing of the package itself is imported."""
    assert AXE is not None
    assert AXE.submodule_search_locations is not None
    return (Path(AXE.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(params=[*PAGES, *HOSTILE])
def page(request) -> str:
    return {**PAGES, **HOSTILE}[request.param]()


def test_a_page_says_nothing_asks_for_nothing_and_fits_a_phone(browser, page, page_file):
    with browser.tab(**PHONE) as tab:
        tab.open(page_file(page))
        assert tab.complaints() == []
        assert tab.requests() == []
        wide, window = tab.run(WIDTHS)
        assert wide <= window == 380


def test_a_foreign_text_runs_no_script_and_makes_no_picture(browser, page, page_file):
    with browser.tab() as tab:
        tab.open(page_file(page))
        assert tab.run("document.title").endswith("· Edgeworth")
        assert tab.run("document.images.length") == 0
        assert tab.run("document.scripts.length") <= 1
        assert tab.run("[...document.links].filter(a => !/^(https?|file):/.test(a.href)).length") == 0


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_all_text_stands_out_from_its_ground(browser, name, look, page_file):
    with browser.tab(**LOOKS[look]) as tab:
        tab.open(page_file(PAGES[name]()))
        tab.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert tab.run(CONTRAST) == []


@needs_axe
@pytest.mark.parametrize("look", ["light", "dark phone"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(browser, name, look, page_file):
    with browser.tab(**LOOKS[look]) as tab:
        tab.open(page_file(PAGES[name]()))
        tab.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        tab.run(axe_source() + "; 0")
        found = tab.run("axe.run({resultTypes: ['violations']}).then(result => JSON.stringify(result.violations))")
        told = [
            f"{one['impact']} {one['id']}: {node['target']} {node['failureSummary']}"
            for one in json.loads(found)
            for node in one["nodes"]
            if one["impact"] in {"serious", "critical"}
        ]
        assert told == []


@pytest.mark.parametrize("name", PAGES)
def test_without_a_script_a_page_can_be_read_and_offers_nothing_that_does_not_work(browser, name, page_file):
    with browser.tab(script=False) as tab:
        tab.open(page_file(PAGES[name]()))
        roles = tab.roles()
        assert roles.count("heading") >= 1
        assert "searchbox" not in roles
        assert "combobox" not in roles
        assert "button" not in roles


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_the_tools_are_gone_and_nothing_is_folded_away(browser, name, page_file):
    with browser.tab() as tab:
        tab.open(page_file(PAGES[name]()))
        tab.ask("Emulation.setEmulatedMedia", media="print")
        shown = "[...document.querySelectorAll('.tools')].filter(one => one.checkVisibility()).length"
        assert tab.run(shown) == 0
        folded = "[...document.querySelectorAll('details > *')].filter(one => !one.checkVisibility()).length"
        assert tab.run(folded) == 0
