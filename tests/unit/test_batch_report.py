"""A batch as values: what is counted, in which order markets stand, what the JSON holds to."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from edgeworth.reports.batch import average, ordered, outliers, run_summary
from edgeworth.reports.batch_document import batch_json, batch_schema
from edgeworth.reports.batch_markdown import batch_markdown
from edgeworth.reports.batch_page import key_figures
from edgeworth.simulation.estimate import Verdict
from edgeworth.simulation.record import AuthorKind, Usage
from edgeworth.units import UsdMicros
from tests.batches import NASTY, a_batch, a_failed_record, a_mixed_batch, a_model, a_record, an_estimate

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "batch_report.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))


# --- counts and order -------------------------------------------------------------------------------------------------


def test_every_market_is_counted_once():
    report = a_mixed_batch()
    assert (report.succeeded, report.failed, report.skipped) == (4, 1, 1)
    assert report.coverage == pytest.approx(4 / 6)
    assert report.verdicts() == {
        Verdict.INSIDE_NOISE: 1,
        Verdict.WORTH_A_LOOK: 1,
        Verdict.STRONG: 1,
        Verdict.NOT_COMPARABLE: 1,
    }
    assert report.authors() == {AuthorKind.BUILTIN: 4}, "a model that gave no answer stands for nothing"


def test_an_empty_batch_covers_nothing_rather_than_everything():
    assert a_batch().coverage is None
    assert average(a_batch().estimates) is None


def test_the_strongest_discrepancy_stands_first_and_what_has_none_last():
    order = [record.market_id.removeprefix("kalshi:") for record in ordered(a_mixed_batch().records)]
    assert order == ["strong", "look", "inside", "alone", "failed", "skipped"]


def test_of_two_alike_the_one_with_more_left_after_its_noise_stands_first_however_few_its_standard_errors():
    """0.30 less 1.645 x 0.09 is 0.15; 0.04 less 1.645 x 0.005 is 0.03, though that is 8 standard errors and not 3.3."""
    wide = a_record("wide", told={"difference": 0.30, "difference_error": 0.09})
    narrow = a_record("narrow", told={"difference": 0.04, "difference_error": 0.005})
    assert [one.market_id for one in ordered((narrow, wide))] == ["kalshi:wide", "kalshi:narrow"]


def test_an_outlier_is_beyond_its_noise():
    assert [one.market_id for one in outliers(a_mixed_batch().records)] == ["kalshi:strong", "kalshi:look"]
    assert outliers(a_mixed_batch().records, most=1)[0].market_id == "kalshi:strong"


def test_the_average_difference_is_of_markets_that_can_be_compared():
    """(0.07 + 0.01 - 0.05) / 3 = 0.01; sizes 0.13 / 3; three errors of 0.02: 0.02 x sqrt 3 / 3."""
    found = average(a_mixed_batch().estimates)
    assert found is not None
    assert found.number == 3
    assert found.mean == pytest.approx(0.01)
    assert found.mean_size == pytest.approx(0.13 / 3)
    assert found.mean_error == pytest.approx(0.011547, abs=1e-6)


def test_differences_of_invented_markets_are_not_averaged_with_those_of_real_ones():
    invented = {"venue": "synthetic-kalshi", "is_synthetic": True}
    real, made_up = a_record("real"), a_record("made_up", **invented, told={"difference": -0.9})
    both = a_batch(real, made_up)
    assert batch_json(both)["average_difference"]["number"] == 1
    assert batch_json(both)["average_difference"]["mean"] == pytest.approx(0.07)
    assert any("average difference of the real markets, simulation" in tile.note for tile in key_figures(both))
    assert "| average difference of the real markets, points |" in batch_markdown(both)
    assert batch_json(a_batch(made_up))["average_difference"]["mean"] == pytest.approx(-0.9)
    assert not any("real markets" in tile.note for tile in key_figures(a_batch(made_up)))


def test_the_bill_is_that_of_all_markets_and_of_the_run_and_unknown_if_any_part_is():
    report = a_batch(a_failed_record(), a_failed_record("g"), usage=Usage(cost=UsdMicros(1), calls=1))
    assert report.total_usage == Usage(input_tokens=2000, output_tokens=1000, cost=UsdMicros(160_001), calls=13)
    assert replace(report, usage=Usage(cost=None)).total_usage.cost is None


def test_exclusions_are_counted_by_reason_most_frequent_first():
    first, second = a_mixed_batch().exclusions
    assert (first.reason_code, first.number, first.examples[0].reason) == ("below_floor", 2, "reason 1")
    assert (second.reason_code, second.number) == ("not_open", 1)


def test_the_index_learns_of_a_batch_what_it_needs_for_its_trend():
    told = run_summary(a_mixed_batch(), "top_volume_20261121_120000/summary.html")
    assert (told.markets, told.succeeded, told.failed, told.skipped, told.beyond_noise) == (6, 4, 1, 1, 2)
    assert told.cost == 80_000
    assert told.coverage == pytest.approx(4 / 6)
    assert told.seconds == pytest.approx(14.25)


# --- for machines -----------------------------------------------------------------------------------------------------


def reports():
    yield "mixed", a_mixed_batch(embedder="words", opportunities=3, matches=40, replaced=("a",), notes=("b",))
    yield "empty", a_batch()
    yield "hostile", a_batch(a_record("x", question=NASTY + "x" * 10_000), a_record("y", question="", url=None))
    without = a_record("z", told={"market": None, "low": None, "high": None}, models=(a_model(result=None),))
    yield "bare", a_batch(without, usage=Usage(cost=None))


@pytest.mark.parametrize("report", [pytest.param(report, id=name) for name, report in reports()])
def test_what_is_written_holds_to_the_published_schema(report):
    VALIDATOR.validate(json.loads(json.dumps(batch_json(report))))


def test_the_published_schema_is_the_one_of_the_code():
    jsonschema.Draft202012Validator.check_schema(batch_schema())
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == batch_schema()


def objects(schema):
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def test_the_schema_forbids_keys_that_it_does_not_name_and_asks_for_all_that_it_does():
    found = list(objects(batch_schema()))
    assert len(found) == 15
    for one in found:
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])
        assert one["description"]


@pytest.mark.parametrize("where", [(), ("usage",), ("simulations", 0), ("simulations", 0, "estimate")])
def test_an_unknown_key_is_refused_wherever_it_stands(where):
    written = batch_json(a_mixed_batch())
    inside = written
    for step in where:
        inside = inside[step]
    inside["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        VALIDATOR.validate(written)


def test_the_top_level_has_what_the_command_answers():
    written = batch_json(a_mixed_batch(embedder="words", opportunities=3, matches=40))
    asked = ("results_dir", "markets", "succeeded", "failed", "skipped", "sandbox", "author", "embedder", "seconds")
    assert {name: written[name] for name in (*asked, "opportunities", "matches")} == {
        "results_dir": "results/top_volume_20261121_120000",
        "markets": 6,
        "succeeded": 4,
        "failed": 1,
        "skipped": 1,
        "sandbox": "local: bubblewrap",
        "author": "built-in models",
        "embedder": "words",
        "seconds": 14.25,
        "opportunities": 3,
        "matches": 40,
    }


def test_a_market_is_written_with_its_difference_its_models_and_why_it_failed():
    first, *_, failed, _ = batch_json(a_mixed_batch())["simulations"]
    assert first["market_id"] == "kalshi:strong"
    assert first["estimate"]["difference"] == 0.07
    assert first["estimate"]["difference_low"] == pytest.approx(0.0371, abs=1e-4)
    assert first["estimate"]["distance"] == pytest.approx(3.5)
    assert first["models"][0]["outcomes"][0]["probability"] == 0.47
    assert first["models"][0]["label"] == "independent"
    assert (failed["status"], failed["problem"], failed["estimate"]) == ("failed", "The model did not run.", None)
    assert (failed["models"][0]["status"], failed["models"][0]["repairs"]) == ("invalid", 5)


def test_an_estimate_without_a_market_has_no_difference_rather_than_one_of_nought():
    alone = an_estimate("kalshi:a", market=None, difference=None, difference_error=None)
    (written,) = batch_json(a_batch(a_record(estimate=alone)))["simulations"]
    told = written["estimate"]
    assert [told[name] for name in ("market", "difference", "difference_low", "distance")] == [None] * 4
