"""What the lists of runs in Prefect's pages show: what a run does, not a name that a generator made up."""

from __future__ import annotations

import pytest

from edgeworth.markets.universe import UniverseMode
from flows.forms import BatchForm
from flows.ingest import ingest_name
from flows.simulate import batch_name


@pytest.mark.parametrize(
    ("sources", "full", "name"),
    [
        (["polymarket", "kalshi"], False, "polymarket, kalshi: active set"),
        (["kalshi"], True, "kalshi: everything"),
        (["file:recordings/day/markets.json.gz"], False, "markets.json.gz: active set"),
    ],
)
def test_an_ingest_is_named_by_what_it_reads(sources, full, name):
    assert ingest_name(sources, full=full) == name


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (BatchForm(), "simulate 10 by top volume"),
        (BatchForm(mode=UniverseMode.BREAKING, count=3, category="crypto"), "simulate 3 by breaking in crypto"),
        (BatchForm(mode=UniverseMode.CUSTOM, picks=["kalshi:A"]), "simulate kalshi:A"),
        (BatchForm(mode=UniverseMode.CUSTOM, picks=["kalshi:A", "kalshi:B"]), "simulate 2 chosen markets"),
    ],
)
def test_a_batch_is_named_by_how_its_markets_are_chosen(form, name):
    assert batch_name(form) == name


@pytest.mark.parametrize("module", ["ingest", "discover", "simulate", "pipeline", "freshness", "reap"])
def test_every_flow_names_its_runs(module):
    import importlib

    from prefect import Flow

    flows = [value for value in vars(importlib.import_module(f"flows.{module}")).values() if isinstance(value, Flow)]
    assert flows
    assert all(flow.flow_run_name for flow in flows)
