"""The pages of the replay room, plain and hostile, for tests that hold for all pages."""

from __future__ import annotations

from collections.abc import Callable

from edgeworth.reports.parity_page import render_parity
from edgeworth.reports.replay_page import render_replay
from edgeworth.reports.screen_page import render_screen
from edgeworth.reports.sweep_page import render_sweep
from tests.replay_reports import (
    a_full_replay_report,
    a_market_replay_report,
    a_parity_report,
    a_replay_report,
    a_screen_report,
    a_sweep_report,
    an_unequal_parity_report,
    told,
)
from tests.replaying import flat_bars, walked_bars
from tests.unit.test_replay_pages import hostile_replay_pages  # the same hostile values, in a browser

INDEX = "../index.html"


def named(text: str) -> str:
    """A replay of an asset, a file and a market of that name."""
    return render_replay(a_replay_report(bars=told(walked_bars(1), asset=text, source=text, question=text)))


REPLAY_PAGES: dict[str, Callable[[], str]] = {
    "screen": lambda: render_screen(a_screen_report(notes=("A note.",)), index=INDEX),
    "replay": lambda: render_replay(a_replay_report(notes=("A note.",)), index=INDEX),
    "full replay": lambda: render_replay(a_full_replay_report()),
    "replay of recorded bars": lambda: render_replay(a_replay_report(flat_bars([100.0, 101.0] * 50))),
    "replay of a market": lambda: render_replay(a_market_replay_report()),
    "parity": lambda: render_parity(a_parity_report(), index=INDEX),
    "unequal parity": lambda: render_parity(an_unequal_parity_report()),
    "sweep": lambda: render_sweep(a_sweep_report(), index=INDEX),
}


def hostile_pages(foreign: dict[str, str]) -> dict[str, Callable[[], str]]:
    """Pages full of each of ``foreign``, and one of each type full of the worst of them."""
    return {
        **{f"replay, {name}": lambda text=text: named(text) for name, text in foreign.items()},
        **{f"{name}, everything": lambda page=page: page for name, page in hostile_replay_pages()},
    }
