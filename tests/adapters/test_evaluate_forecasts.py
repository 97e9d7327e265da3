"""``edgeworth evaluate forecasts``: forecasts of markets that have ended since, scored by hand; and a chain that is cut.

One catalogue holds them all: three invented markets that ended, one that trades, and one real market.
"""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from edgeworth.errors import ConfigurationError
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.reports.figures import MINUS
from edgeworth.simulation.record import AuthorKind
from edgeworth.units import PriceMicros
from tasks.simulation.scoring import score_forecasts
from tests.builders import a_market
from tests.contexts import AS_OF, context
from tests.edgeworth_command import Ended, run_warm
from tests.simulations import a_forecast, a_record
from tests.stored import open_stores, save_markets, settings_at

INVENTED = {"venue": Venue.SYNTHETIC_KALSHI}


def ended(name: str, *, yes: bool, event: str, **changes: Any) -> Market:
    """A market that paid three days after the forecasts were made."""
    payouts = (PriceMicros(1_000_000 * yes), PriceMicros(1_000_000 * (not yes)))
    at = AS_OF.replace(day=AS_OF.day + 3)
    resolution = Resolution(shape=ResolutionShape.DECIDED, payouts=payouts, resolved_at=at)
    values = {"status": MarketStatus.RESOLVED, "resolution": resolution, "event_native_id": event}
    return a_market(name, **(values | changes))


MARKETS = (
    ended("A", yes=True, event="E1", **INVENTED),
    ended("B", yes=False, event="E1", **INVENTED),
    ended("C", yes=False, event="E2", **INVENTED),
    a_market("D", **INVENTED),
    ended("R", yes=True, event="E3", venue=Venue.KALSHI),
)

SAID = {
    "synthetic-kalshi:A": (0.9, 0.8, 0.85),
    "synthetic-kalshi:B": (0.2, 0.3, 0.25),
    "synthetic-kalshi:C": (0.6, 0.5, 0.55),
    "synthetic-kalshi:D": (0.5, 0.5, 0.5),
    "kalshi:R": (0.7, 0.6, 0.65),
}
"""Model, market and both together. Squares of the first three: 0.01 0.04 0.36, 0.04 0.09 0.25, 0.0225 0.0625 0.3025."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of one batch that has ended, and its manifest as ``batch/manifest.json``."""
    folder = tmp_path_factory.mktemp("forecasts")
    with open_stores(folder) as storage:
        save_markets(storage, MARKETS)
        for market_id, (model, market, combined) in SAID.items():
            record = a_record(market_id, context=context(market_id=market_id, as_of=AS_OF))
            kind = AuthorKind.BUILTIN if market_id.endswith("C") else AuthorKind.WRITTEN
            values = {"probability": model, "market_probability": market, "combined": combined, "kind": kind}
            assert storage.simulations.register("run", record, replace(a_forecast(record), **values))
        end = storage.simulations.chain_end()
    (folder / "batch").mkdir()
    manifest = {"run_id": "run", "status": "complete", "last_forecast": msgspec.to_builtins(end)}
    (folder / "batch" / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def cut(folder: Path, tmp_path: Path) -> Path:
    """The same after its owner took the last forecast away."""
    copied = tmp_path / "cut"
    shutil.copytree(folder, copied)
    with sqlite3.connect(copied / "data" / "edgeworth.db") as connection:
        connection.execute("DROP TRIGGER forecast_no_delete")
        connection.execute("DELETE FROM forecast WHERE position = 5")
    connection.close()
    return copied


def test_invented_markets_are_scored_by_hand_and_alone(folder):
    found = score_forecasts(settings_at(folder), is_synthetic=True)
    total = found.live.total
    assert (total.forecasts, total.scored, total.unscored) == (4, 3, {"unresolved": 1})
    assert [total.model.brier, total.market.brier, total.combined.brier] == pytest.approx(
        [0.41 / 3, 0.38 / 3, 0.3875 / 3]
    )
    assert total.model.log == pytest.approx(-(math.log(0.9) + math.log(0.8) + math.log(0.4)) / 3)
    assert total.model_minus_market.difference == pytest.approx(0.01)
    assert (total.model_minus_market.clusters, total.answerable) == (2, 3)
    assert (found.registered, found.fault) == (5, None)


def test_kinds_of_authors_stand_apart(folder):
    kinds = score_forecasts(settings_at(folder), is_synthetic=True).live.by_author_kind
    assert {kind: one.model.brier for kind, one in kinds.items()} == {
        "written": pytest.approx(0.025),
        "builtin": pytest.approx(0.36),
    }


def test_real_markets_are_what_is_scored_unless_invented_ones_are_asked_for(folder):
    total = score_forecasts(settings_at(folder)).live.total
    assert (total.forecasts, total.model.brier) == (1, pytest.approx(0.09))


def test_forecasts_of_a_past_instant_are_scored_apart_from_live_ones(tmp_path):
    """A says 0.9 and B, looked at again a day later, 0.2: one square of 0.01 each, and no figure with both."""
    looked_back = {"registered_at": AS_OF + timedelta(days=1)}
    with open_stores(tmp_path) as storage:
        save_markets(storage, MARKETS)
        for name, said, changes in (("A", 0.9, {}), ("B", 0.2, looked_back)):
            record = a_record(f"synthetic-kalshi:{name}", context=context(market_id=f"synthetic-kalshi:{name}"))
            forecast = replace(a_forecast(record, **changes), probability=said, market_probability=0.5, combined=0.5)
            storage.simulations.register("run", record, forecast)
    found = score_forecasts(settings_at(tmp_path), is_synthetic=True)
    assert (found.live.total.forecasts, found.live.total.model.brier) == (1, pytest.approx(0.01))
    assert (found.past.total.forecasts, found.past.total.model.brier) == (1, pytest.approx(0.04))
    told = evaluate(tmp_path, "--synthetic").out
    live, _, past = told.partition("1 forecast of past instants of invented markets")
    assert "1 forecast of invented markets, 1 scored. Live" in live
    assert "0.0100" in live
    assert "0.0400" not in live
    assert "0.0400" in past
    assert "--as-of" in past


def test_a_market_that_the_catalogue_does_not_know_is_counted_with_its_reason(tmp_path):
    with open_stores(tmp_path) as storage:
        record = a_record("kalshi:GONE")
        storage.simulations.register("run", record, a_forecast(record))
    assert score_forecasts(settings_at(tmp_path)).live.total.unscored == {"unknown_market": 1}


def test_the_noted_end_shows_that_the_last_forecast_was_taken_away(cut):
    assert score_forecasts(settings_at(cut)).fault is None
    fault = score_forecasts(settings_at(cut), batch=cut / "batch").fault
    assert (fault.position, fault.problem) == (5, "expected 5 forecasts, found 4: the last ones were removed")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (None, "No such file"),
        ("{", "truncated"),
        ('{"run_id": "r", "status": "running"}', "last_forecast"),
        ('{"last_forecast": null}', "no forecast had been registered by the end of this batch"),
    ],
)
def test_a_batch_that_noted_no_end_is_refused(tmp_path, manifest, words):
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(ConfigurationError, match=f"--batch: .*{words}"):
        score_forecasts(settings_at(tmp_path), batch=tmp_path)


# --- as a user runs it ------------------------------------------------------------------------------------------------


def evaluate(folder: Path, *arguments: str) -> Ended:
    return run_warm(folder, "evaluate", "forecasts", *arguments, COLUMNS="200")


def test_the_json_is_one_object(folder):
    done = evaluate(folder, "--synthetic", "--batch", "batch", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["chain_holds"] is True
    assert done.json["noted"]["position"] == done.json["registered"] == 5
    assert done.json["live"]["total"]["combined"]["brier"] == pytest.approx(0.3875 / 3)
    assert list(done.json["live"]["by_author_kind"]) == ["written", "builtin"]
    assert done.json["past"]["total"]["forecasts"] == 0


def test_a_person_reads_scores_intervals_what_is_left_out_and_that_the_chain_holds(folder):
    done = evaluate(folder, "--synthetic")
    assert (done.code, done.err) == (0, "")
    for words in (
        "4 forecasts of invented markets, 3 scored",
        "0.1367",
        "0.1267",
        "0.1292",
        f"+0.0100 ({MINUS}0.04",
    ):
        assert words in done.out
    assert "its venue has not said how it ended" in done.out
    assert "all 5 registered forecasts stand as they were written" in done.out


def test_a_chain_that_does_not_hold_ends_in_code_1_after_the_scores(cut):
    done = evaluate(cut, "--synthetic", "--batch", "batch")
    done.says(1, "The chain does not hold", "position 5", "the last ones were removed", "another database")
    assert "3 scored" in done.out


def test_a_batch_of_which_nothing_can_be_scored_yet_is_told_in_plain_words(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_market("D", **INVENTED)])
        record = a_record("synthetic-kalshi:D", context=context(market_id="synthetic-kalshi:D"))
        storage.simulations.register("run", record, a_forecast(record))
        end = storage.simulations.chain_end()
    (tmp_path / "batch").mkdir()
    (tmp_path / "batch" / "manifest.json").write_text(json.dumps({"last_forecast": msgspec.to_builtins(end)}))
    done = evaluate(tmp_path, "--synthetic", "--batch", "batch")
    assert (done.code, done.err) == (0, "")
    assert "1 forecast of invented markets, none scored yet." in done.out
    assert "The chain holds: the one registered forecast stands as it was written." in done.out
    assert "1 was registered by the end of the batch; nothing of that is gone." in done.out


def test_without_forecasts_there_is_nothing_to_be_wrong_about(tmp_path):
    done = evaluate(tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "edgeworth simulate" in done.out
