"""A signature says whether a write is needed; a revision says that the bet is another one."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from edgeworth.markets.change import revised_fields, signature, terms
from edgeworth.markets.market import MarketStatus, Outcome, RecordDetail
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.units import PriceMicros
from tests.builders import NOON, a_market, an_event


def test_seeing_the_same_market_again_needs_no_write():
    assert signature(a_market()) == signature(a_market(as_of=NOON + timedelta(days=1)))
    assert signature(an_event()) == signature(an_event(as_of=NOON + timedelta(days=1)))


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "Will it snow?"},
        {"rules": ""},
        {"status": MarketStatus.CLOSED},
        {"detail": RecordDetail.FLAT},
        {"closes_at": None},
        {"volume_usd": 1.5},
        {"best_bid": PriceMicros(0)},
        {"tags": ("weather",)},
        {"outcomes": (Outcome(label="Yes", price=PriceMicros(1)), Outcome(label="No"))},
        {"resolution": Resolution(shape=ResolutionShape.PENDING)},
        {"is_accepting_orders": False},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_everything_else_that_is_stored_changes_the_signature(changes):
    assert signature(a_market(**changes)) != signature(a_market())


def test_a_signature_is_the_same_in_every_process():
    """No hash that a process salts: the catalogue compares signatures of runs months apart."""
    code = "from edgeworth.markets.change import signature; from tests.builders import a_market; print(signature(a_market()))"
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == signature(a_market())


@pytest.mark.parametrize(
    ("changes", "revised"),
    [
        ({}, ()),
        ({"question": "Will it snow?"}, ("question",)),
        ({"rules": "Another airport."}, ("rules",)),
        ({"outcomes": (Outcome(label="No"), Outcome(label="Yes"))}, ("outcomes",)),
        ({"closes_at": NOON}, ("closes_at",)),
        ({"closes_at": None, "question": "?"}, ("question", "closes_at")),
        ({"volume_usd": 10.0, "status": MarketStatus.CLOSED, "tags": ("a",), "last_price": PriceMicros(1)}, ()),
        ({"outcomes": (Outcome(label="Yes", price=PriceMicros(7)), Outcome(label="No", token_id="1"))}, ()),
    ],
)
def test_a_revision_names_the_terms_that_changed_and_prices_are_no_terms(changes, revised):
    assert revised_fields(terms(a_market()), terms(a_market(**changes))) == revised
