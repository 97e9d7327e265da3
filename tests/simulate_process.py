"""``edgeworth simulate`` as a process, over a catalogue of plain markets, with its services on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from edgeworth.adapters.storage.database import SqlCatalogue, open_database
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from tasks.settings import Settings, load_settings
from tests.builders import a_market
from tests.fake_daytona import KEY as DAYTONA_KEY
from tests.fake_daytona import FakeDaytona
from tests.fake_services import FakeServices
from tests.pages import Walk, listed

ARGUMENTS = ("simulate", "--no-prefect", "--no-fetch", "--json")


def market_id(number: int) -> str:
    return f"polymarket:team-{number}"


def fill_catalogue(url: str, markets: int, *, first: int = 1) -> None:
    """Open markets ``Will team 1 win?`` and so on, the first the most traded; nothing else is known of them."""
    engine = open_database(url)
    walk = Walk(SqlCatalogue(engine))
    found = [
        a_market(
            f"team-{number}",
            question=f"Will team {number} win?",
            volume_usd=1e9 - number,
        )
        for number in range(first, first + markets)
    ]
    walk.page(listed(ParsedItem(rows=len(found), markets=found)), venue=Venue.POLYMARKET)
    engine.dispose()


def fill_folder(folder: Path, markets: int, *, first: int = 1) -> None:
    """A catalogue in the data folder of commands that run in ``folder``."""
    (folder / "data").mkdir(parents=True)
    fill_catalogue(f"sqlite:///{folder / 'data' / 'edgeworth.db'}", markets, first=first)


def at_services(services: FakeServices, daytona: FakeDaytona | None = None) -> Mapping[str, str]:
    """Settings aimed at the stand-ins; without Daytona models run on this machine."""
    settings = {
        "ANTHROPIC_BASE_URL": services.origin,
        "OPENAI_BASE_URL": f"{services.origin}/openai",
        "OPENROUTER_BASE_URL": f"{services.origin}/openai",
        "EXA_BASE_URL": services.origin,
        "EDGEWORTH_LANGUAGE_MODEL_SERVICE": "anthropic",
        "EDGEWORTH_RESEARCH_SERVICE": "exa",
        "EDGEWORTH_SANDBOX": "local",
    }
    if daytona is not None:
        settings |= {
            "EDGEWORTH_SANDBOX": "daytona",
            "EDGEWORTH_DAYTONA_URL": f"{daytona.origin}/api",
            "DAYTONA_API_KEY": DAYTONA_KEY,
        }
    return settings


def settings_over(services: FakeServices, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of this process, aimed at ``services`` and at the stores and results below ``folder``."""
    wanted = {
        **at_services(services),
        "EDGEWORTH_SANDBOX": "unsafe",
        "ANTHROPIC_API_KEY": "sk-author",
        "EDGEWORTH_DATA_DIR": str(folder / "data"),
        "EDGEWORTH_RESULTS_DIR": str(folder / "results"),
    }
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
    return load_settings()
