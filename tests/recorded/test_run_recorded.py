"""``edgeworth run --source file:…`` over real questions: simulated as of the day of the recording, and said to be so."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.edgeworth_command import leaked, run

ROOT = Path(os.environ.get("EDGEWORTH_RECORDINGS", "/nonexistent"))
FILE = ROOT / "gamma" / "gamma_markets_active_20260213_n100.json.gz"

pytestmark = pytest.mark.skipif(
    "EDGEWORTH_RECORDINGS" not in os.environ,
    reason="EDGEWORTH_RECORDINGS does not point to the folder of recorded answers",
)

NO_KEYS = {f"{name}_API_KEY": "" for name in ("OPENAI", "ANTHROPIC", "DAYTONA", "EXA", "PERPLEXITY", "OPENROUTER")}


def test_the_busiest_recorded_markets_are_simulated_as_of_their_day(tmp_path):
    options = ("--source", f"file:{FILE}", "--top-volume", "5", "--no-prefect", "--json")
    done = run(tmp_path, "run", *options, EMBEDDING_MODEL="lexical", **NO_KEYS)
    assert (done.code, done.err) == (0, "")
    recorded = {market["conditionId"]: market for market in json.loads(gzip.decompress(FILE.read_bytes()))}
    busiest = sorted(
        (
            market
            for market in recorded.values()
            if "endDate" not in market
            or datetime.fromisoformat(market["endDate"]) > datetime(2026, 2, 13, 0, 3, tzinfo=UTC)
        ),
        key=lambda market: -market["volumeNum"],
    )[:5]

    report = json.loads((tmp_path / done.json["results_dir"] / "batch_report.json").read_text())
    assert {one["market_id"] for one in report["simulations"]} == {
        f"polymarket:{market['conditionId']}" for market in busiest
    }
    assert report["as_of"].startswith("2026-02-13T00:0"), "no later than the newest record"
    assert done.json["succeeded"] + done.json["skipped"] == done.json["markets"] == 5
    page = (tmp_path / done.json["page"]).read_text()
    assert FILE.name in page
    assert "recorded" in page
    assert leaked(tmp_path / "results", str(ROOT)) == []
