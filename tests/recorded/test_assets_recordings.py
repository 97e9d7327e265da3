"""Which asset each recorded question is about that names one: read by hand, right and wrong ones alike."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeworth.errors import UnreadableInputError
from edgeworth.simulation.assets import named_assets, spot_asset
from tasks import wiring

RECORDINGS = os.environ.get("EDGEWORTH_RECORDINGS")
pytestmark = pytest.mark.skipif(not RECORDINGS, reason="EDGEWORTH_RECORDINGS is not set: no recordings to read")

ASSET_WORDS = {"Bitcoin": "BTC", "Ethereum": "ETH", "Solana": "SOL", "XRP": "XRP"}
LEVELS = {
    "Will the price of Bitcoin be above $64,000 on March 11?": "BTC",
    "Will $BTC reach $1700 by January 4?": "BTC",
    "Will $BTC reach $17000 by January 4?": "BTC",
    "Will $BTC hit $20k or $30k first?": "BTC",
    "Will $ETH be above $1,200 on July 1?": "ETH",
    "Will $ETH be above $1,700 on June 17?": "ETH",
    "Will $ETH be above $1550 on March 17?": "ETH",
    "Will $ETH be above $1700 on February 24?": "ETH",
    "Will $ETH be above $1700 on March 24?": "ETH",
    "Will $ETH hit $1,000 or $2,000 first?": "ETH",
    "Will the price of $ETH be above $1200 on December 30?": "ETH",
    "Will the price of $ETH be above $1200 on January 6?": "ETH",
    "Will the price of $ETH be above $1700 on February 10?": "ETH",
    "Will the price of $ETH be above $1700 on February 17 (11:59 PM ET)?": "ETH",
    "Will the price of $SOL be above $11 on January 3?": "SOL",
}


def by_hand(question: str) -> str | None:
    """What a person says: those listed, the short races of five and fifteen minutes, and nothing else."""
    name, race, _ = question.partition(" Up or Down - ")
    return ASSET_WORDS[name] if race else LEVELS.get(question)


@pytest.fixture(scope="module")
def read() -> dict[str, set[str | None]]:
    """What was read for each recorded question that names an asset, or whose rules do."""
    found: dict[str, set[str | None]] = {}
    for folder in ("gamma", "clob", "kalshi"):
        for path in sorted((Path(RECORDINGS or "") / folder).rglob("*")):
            try:
                items = list(wiring.recorded_items(path)) if path.is_file() else []
            except UnreadableInputError:
                continue
            for item in items:
                events = {event.event_id: event for event in item.events}
                for market in item.markets:
                    if named_assets(market.question) or named_assets(market.rules):
                        asset = spot_asset(market, events.get(market.event_id or ""))
                        found.setdefault(market.question, set()).add(asset)
    return found


def test_every_recorded_question_is_read_as_a_person_reads_it(read):
    assert {question: assets for question, assets in read.items() if assets != {by_hand(question)}} == {}


def test_there_are_enough_of_them_to_say_so(read):
    assert set(LEVELS) <= read.keys()
    assert len(read) > 300
    # What was said on a show, a merge, an insolvency, a bet on the first of two, a person called Sol: read one by one.
    assert sum(by_hand(question) is None for question in read) == 17
