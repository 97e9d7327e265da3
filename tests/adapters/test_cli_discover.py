"""``edgeworth discover`` as a user starts it, over a whole synthetic universe."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from edgeworth.adapters.synthetic.events import Relation as TwinRelation
from edgeworth.adapters.synthetic.planted import planted_opportunities
from edgeworth.adapters.synthetic.truth import truths
from edgeworth.adapters.synthetic.world import World
from tests.edgeworth_command import SECRET, Ended, catalogue, ingested, leaked, run_warm


def discover(folder: Path, *arguments: str, **settings: str) -> Ended:
    """``edgeworth discover`` without Prefect, with the embedder on this machine, to its end."""
    return run_warm(folder, "discover", "--no-prefect", *arguments, **{"EMBEDDING_MODEL": "minilm", **settings})


class Discovered(NamedTuple):
    """A synthetic world that was ingested and looked through while it stood still."""

    folder: Path
    report: dict[str, Any]
    world: World


def _quarter(instant: str | datetime) -> datetime:
    """The quarter of an hour in which the synthetic world stands still at ``instant``."""
    seconds = int((datetime.fromisoformat(instant) if isinstance(instant, str) else instant).timestamp())
    return datetime.fromtimestamp(seconds - seconds % 900, UTC)


@pytest.fixture(scope="module")
def discovered(tmp_path_factory: pytest.TempPathFactory) -> Discovered:
    """When the world moves on in between (once in forty times), another folder takes its place."""
    for _ in range(3):
        folder = tmp_path_factory.mktemp("discover")
        first = ingested(folder, "--source", "synthetic", "--full", "--no-history")
        done = discover(folder, "--json")
        assert (done.code, done.err) == (0, "")
        if _quarter(first["started_at"]) == _quarter(done.json["finished_at"]):
            break
    born = json.loads((folder / "data" / "synthetic" / "world_7.json").read_text())["start"]
    return Discovered(folder, done.json, World(seed=7, as_of=datetime.fromisoformat(born)))


@pytest.fixture(scope="module")
def folder(discovered: Discovered) -> Path:
    return discovered.folder


@pytest.fixture(scope="module")
def report(discovered: Discovered) -> dict[str, Any]:
    return discovered.report


def page(folder: Path, report: dict[str, Any]) -> str:
    return (folder / report["folder"] / "summary.html").read_text(encoding="utf-8")


def test_every_open_market_is_looked_at_and_books_are_asked_for_now(folder, report):
    listed = run_warm(folder, "markets", "list", "--status", "open", "--limit", "1", "--json").json
    assert report["markets"] == listed["total"] > 200
    assert report["embedded"] == report["markets"]
    assert report["failed"] == []
    assert {use["venue"] for use in report["books"]} == {"synthetic-kalshi", "synthetic-polymarket"}
    assert all(use["fresh"] > 100 and use["stored"] == 0 for use in report["books"])


def test_pairs_and_opportunities_are_found_and_add_up(report):
    assert sum(report["relations"].values()) >= len(report["matches"]) + report["relations"]["unrelated"]
    assert any(one["verdict"]["relation"] in {"equivalent", "inverse"} for one in report["matches"])
    assert report["opportunities"]
    refused = sum(report["refused"].values())
    assert report["considered"] == len(report["opportunities"]) + report["unprofitable"] + refused
    for one in report["opportunities"]:
        assert min(state["profit"] for state in one["states"] if state["is_modelled"]) == one["best"]["profit"] > 0


def test_every_planted_opportunity_is_found_and_no_trap_is(discovered):
    found = {
        frozenset((leg["market_id"], leg["outcome_index"]) for leg in one["legs"] if leg["action"] == "buy")
        for one in discovered.report["opportunities"]
    }
    planted = planted_opportunities(discovered.world)
    assert sum(one.pays for one in planted) > 10
    for one in planted:
        legs = frozenset((f"{leg.venue.value}:{leg.native_id}", leg.outcome) for leg in one.legs)
        # Conversion at once beats holding No to the end: the same legs, and more of them.
        if one.pays and one.kind != "set_buy_no":
            assert legs in found, one.kind
        elif one.trap:
            assert legs not in found, one.trap


def test_every_twin_is_matched_with_the_right_polarity_and_nothing_else_is_the_same_bet(discovered):
    trading = {one["market_id"] for one in catalogue(discovered.folder, "--status", "open")}
    twins = {}
    for truth in truths(discovered.world):
        for twin in truth.twins:
            pair = tuple(sorted((f"{truth.venue.value}:{truth.native_id}", f"{twin.venue.value}:{twin.native_id}")))
            if trading.issuperset(pair) and twin.relation is not TwinRelation.NEAR:
                twins[pair] = twin.relation.value
    matches = {(one["market_a"], one["market_b"]): one["verdict"]["relation"] for one in discovered.report["matches"]}
    assert len(twins) > 50
    assert {pair: relation for pair, relation in matches.items() if relation in {"equivalent", "inverse"}} == twins


def test_the_page_shows_what_was_found_and_that_it_is_invented(folder, report):
    text = page(folder, report)
    assert all(f'id="o-{one["key"]}"' in text for one in report["opportunities"][:300])
    assert "Synthetic markets." in text
    assert "<mark>" in text, "words that agree"
    assert '<mark class="apart">' in text, "words that do not"


def test_no_key_is_in_any_file(folder, report):
    assert leaked(folder, SECRET) == []


def test_a_second_run_embeds_nothing_and_doubles_nothing(folder, report):
    again = discover(folder, "--json").json
    assert again["embedded"] == 0
    assert (again["saved_matches"]["created"], again["saved_matches"]["changed"]) == (0, 0)
    assert again["relations"] == report["relations"]


def test_the_neighbours_of_one_market_come_with_the_words_that_decide(folder, report):
    twin = next(one for one in report["matches"] if one["verdict"]["relation"] == "equivalent")
    told = discover(folder, "--market", twin["market_a"])
    assert told.code == 0, told.err
    assert f"Neighbours of {twin['market_a']}" in told.out
    assert "equivalent" in told.out
    assert twin["market_b"] in told.out
    assert "subject: same" in told.out


def test_without_a_network_and_a_model_the_stored_books_and_words_do(folder, report):
    done = discover(folder, "--no-fetch", "--no-embed", "--json")
    assert (done.code, done.err) == (0, "")
    assert all(use["fresh"] == 0 and use["stored"] > 0 for use in done.json["books"])
    assert done.json["embedder"] == ""


def test_a_venue_that_does_not_answer_is_told_and_stored_books_are_used(folder, report):
    done = discover(
        folder,
        "--json",
        EDGEWORTH_GAMMA_URL="http://127.0.0.1:9/gamma",
        EDGEWORTH_CLOB_URL="http://127.0.0.1:9",
        EDGEWORTH_KALSHI_URL="http://127.0.0.1:9",
        EDGEWORTH_VENUE_ATTEMPTS="1",
    )
    assert done.code == 0, done.err
    assert all(use["fresh"] == 0 and use["stored"] > 0 and use["note"] for use in done.json["books"])


def test_the_terminal_shows_tables_and_where_the_page_is(folder, report):
    done = discover(folder, "--limit", "150")
    assert done.code == 0, done.err
    for words in ("Matches", "Opportunities", "Books of synthetic-kalshi: ", "/summary.html"):
        assert words in done.out


def test_an_empty_catalogue_sends_to_ingest(tmp_path):
    discover(tmp_path).says(2, "run `edgeworth ingest` first")


def test_a_market_that_is_not_there_is_named(folder):
    discover(folder, "--market", "nobody").says(2, "nobody", "edgeworth markets list")


def test_arguments_that_cannot_be_meant_end_with_two(folder):
    for wrong in (("--limit", "0"), ("--close-within", "-1"), ("--limit", "many")):
        assert discover(folder, *wrong).code == 2


def test_a_control_character_in_the_name_of_a_market_does_not_reach_the_terminal(folder):
    done = discover(folder, "--market", "\x1b[31mred\u202e")
    assert done.code == 2
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err


def test_help_has_examples(folder):
    told = run_warm(folder, "discover", "--help", COLUMNS="120").out
    assert "edgeworth discover --market" in told
