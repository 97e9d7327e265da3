"""Whole batches through the real clients: services on loopback that fail in every way, and sandboxes that are counted.

One market's failure is that market's alone, everything asked is counted, and no sandbox is left.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from edgeworth.errors import ConfigurationError
from edgeworth.reports.batch_document import batch_schema
from edgeworth.units import UsdMicros
from tasks.settings import load_settings
from tasks.simulation.plan import Budget, SimulatePlan
from tasks.simulation.steps import simulate_plainly
from tests.authoring import BROKEN, answer
from tests.edgeworth_command import leaked, run
from tests.fake_daytona import FakeDaytona, error, running_daytona
from tests.fake_services import AUTHOR, GOOD, INPUT_TOKENS, RESEARCH, FakeServices, Says, running_services
from tests.simulate_process import ARGUMENTS, at_services, fill_folder, market_id

PLAN = SimulatePlan(count=20, fetch_books=False, runs=40)

BAD = Says(answer(BROKEN))
CREATE = "POST /api/sandbox"


@pytest.fixture
def services() -> Iterator[FakeServices]:
    with running_services() as services:
        yield services


@pytest.fixture
def daytona(tmp_path: Path) -> Iterator[FakeDaytona]:
    (tmp_path / "remote").mkdir()
    with running_daytona(tmp_path / "remote") as daytona:
        yield daytona


@pytest.fixture
def simulate(tmp_path: Path, services: FakeServices, monkeypatch: pytest.MonkeyPatch):
    """Runs a batch of so many markets, or of those there are (0), in this process; gives its report."""
    for name, value in {
        "EDGEWORTH_DATA_DIR": str(tmp_path / "data"),
        "EDGEWORTH_RESULTS_DIR": str(tmp_path / "results"),
        "EDGEWORTH_SIMULATE_CONCURRENCY": "20",
        "ANTHROPIC_API_KEY": "sk-author",
        "OPENAI_API_KEY": "sk-author",
        "OPENROUTER_API_KEY": "sk-author",
        "EXA_API_KEY": "sk-research",
        **at_services(services),
    }.items():
        monkeypatch.setenv(name, value)

    def simulate(markets: int, plan: SimulatePlan = PLAN, daytona: FakeDaytona | None = None, **settings: str) -> dict:
        for name, value in {**at_services(services, daytona), **settings}.items():
            monkeypatch.setenv(name, value)
        if markets:
            fill_folder(tmp_path, markets)
        return simulate_plainly(load_settings(), plan)

    return simulate


def ends(report: dict) -> dict[int, str]:
    """How each market ended, by its number."""
    return {int(one["market_id"].rpartition("-")[2]): one["status"] for one in report["simulations"]}


def of_market(report: dict, number: int) -> dict:
    [found] = [one for one in report["simulations"] if one["market_id"] == market_id(number)]
    return found


TROUBLES: dict[int, tuple[list[Says], int]] = {
    1: ([GOOD], 1),
    2: ([BAD, GOOD], 2),
    3: ([Says(status=429, headers={"retry-after": "0"}), GOOD], 2),
    4: ([Says(status=500), GOOD], 2),
    5: ([Says(answer(), is_torn=True), GOOD], 2),
    6: ([Says(answer(), stop="max_tokens"), GOOD], 2),
    7: ([Says("not JSON at all"), GOOD], 2),
    8: ([Says(answer(abstain="nobody can know"))], 1),
    9: ([BAD], 6),
    10: ([Says(answer(), stop="refusal")], 6),
    11: ([Says(status=400, message="prompt is too long")], 1),
}
"""What the author says of each market, and how often it is asked until that market has its end."""


def test_each_trouble_of_an_author_costs_its_own_market_at_most(simulate, services, tmp_path):
    services.author = {number: list(said) for number, (said, _) in TROUBLES.items()}
    services.research = {2: [Says(status=400)], 3: [Says(status=429, headers={"retry-after": "0"}), GOOD]}
    report = simulate(len(TROUBLES))
    assert ends(report) == {
        **dict.fromkeys(range(1, 8), "succeeded"),
        8: "skipped",
        **dict.fromkeys((9, 10, 11), "failed"),
    }
    assert services.calls(AUTHOR) == {number: asked for number, (_, asked) in TROUBLES.items()}
    assert services.calls(RESEARCH) == {**dict.fromkeys(TROUBLES, 1), 3: 2}
    assert "IndexError" in of_market(report, 9)["problem"]
    assert "refused" in of_market(report, 10)["problem"]
    assert "prompt is too long" in of_market(report, 11)["problem"]
    assert [of_market(report, number)["models"][0]["repairs"] for number in (1, 2, 6, 7, 9)] == [0, 1, 1, 1, 5]
    assert all((tmp_path / "results").glob(f"*/{one['folder']}/result.json") for one in report["simulations"])
    # Every answer that came was paid for, also those that were of no use; what did not come is in no sum.
    answers = sum(asked for _, asked in TROUBLES.values()) - 4
    searches = len(TROUBLES) - 1
    assert report["usage"]["input_tokens"] == answers * INPUT_TOKENS
    assert report["usage"]["calls"] == answers + searches
    assert report["usage"]["cost_micros"] is None, "a stand-in has no known price"


def test_an_author_who_does_not_answer_is_asked_again(simulate, services):
    """One market alone: with others beside it, one of theirs could come too late as well on a busy machine."""
    services.author = {1: [Says(hangs=True), GOOD]}
    report = simulate(1, replace(PLAN, research=False), EDGEWORTH_LANGUAGE_MODEL_SECONDS="4")
    assert ends(report) == {1: "succeeded"}
    assert services.calls(AUTHOR) == {1: 2}
    assert report["usage"]["input_tokens"] == INPUT_TOKENS, "what did not come is in no sum"


def test_the_failing_lines_go_back_to_the_author_and_only_there(simulate, services):
    services.author = {1: [BAD, GOOD]}
    simulate(2)
    first, second = services.prompts[1]
    assert "IndexError" not in first
    assert "IndexError: list index out of range" in second
    assert 'return {"outcomes": numbers[7]}' in second
    assert len(services.prompts[2]) == 1


def test_a_refused_key_ends_what_waits_and_the_same_batch_goes_on_with_what_is_missing(simulate, services, tmp_path):
    """One market is done, one waits for an answer that does not come, the third is told that the key is refused."""
    services.author = {2: [Says(hangs=True), GOOD], 3: [Says(status=401, is_late=True), GOOD]}
    with pytest.raises(ConfigurationError, match="the key in ANTHROPIC_API_KEY is refused"):
        simulate(3)
    [batch] = (tmp_path / "results").glob("*/")
    assert json.loads((batch / "manifest.json").read_text())["status"] == "running"
    assert not (batch / "batch_report.json").exists()
    report = simulate(0)
    assert ends(report) == dict.fromkeys((1, 2, 3), "succeeded")
    assert services.calls(AUTHOR) == {1: 1, 2: 2, 3: 2}
    assert services.calls(RESEARCH) == {1: 1, 2: 1, 3: 1}
    assert [path.name for path in (tmp_path / "results").glob("*/")] == [batch.name]


def test_the_protocol_of_openai_and_a_failed_market_in_the_command(services, tmp_path):
    """The whole command: it names the market that failed, ends with 1, and its report is valid all the same."""
    services.author = {1: [BAD, Says(answer(), stop="max_tokens"), GOOD], 2: [Says("no", stop="refusal")]}
    fill_folder(tmp_path, 3)
    settings = {"EDGEWORTH_LANGUAGE_MODEL_SERVICE": "openai", "EDGEWORTH_LANGUAGE_MODEL": "some-model"}
    arguments = (*ARGUMENTS, "--top-volume", "3", "--no-research")
    ended = run(tmp_path, *arguments, **{**at_services(services), **settings})
    ended.says(1, market_id(2), "the model refused: no")
    counts = {name: ended.json[name] for name in ("markets", "succeeded", "failed", "skipped")}
    assert counts == {"markets": 3, "succeeded": 2, "failed": 1, "skipped": 0}
    assert ended.json["author"].endswith("/some-model")
    assert services.calls(AUTHOR) == {1: 3, 2: 6, 3: 1}
    assert services.calls(RESEARCH) == {}
    report = json.loads((tmp_path / ended.json["results_dir"] / "batch_report.json").read_text())
    jsonschema.validate(report, batch_schema())
    assert ends(report) == {1: "succeeded", 2: "failed", 3: "succeeded"}


# --- sandboxes of Daytona ---------------------------------------------------------------------------------------------


def test_every_sandbox_that_was_made_is_deleted(simulate, services, daytona, tmp_path):
    """The first creation hangs after the sandbox is there, one is refused for a moment, one model never ends.

    It sleeps, so that the others have the machine and come to their ends long before.
    """
    services.author = {1: [BAD, GOOD], 2: [Says(answer(ASLEEP))]}
    daytona.instead = {CREATE: ["hang after", error(429, "slow down", {"retry-after": "0"})]}
    limits = {"EDGEWORTH_DAYTONA_CREATE_SECONDS": "5", "EDGEWORTH_SIMULATE_MODEL_SECONDS": "5"}
    report = simulate(3, replace(PLAN, research=False), daytona, **limits)
    assert ends(report) == {1: "succeeded", 2: "failed", 3: "succeeded"}
    assert "longer than 5 s" in of_market(report, 2)["problem"]
    assert report["sandbox"] == "daytona"
    assert (daytona.alive, daytona.created - daytona.deleted) == ({}, 0)
    assert daytona.created == 5, "four runs of models, and the one that came too late"
    assert {body["labels"]["edgeworth-run"] for body in daytona.bodies} == {report["run_id"]}
    assert list((tmp_path / "data" / "sandboxes").iterdir()) == []


def test_a_service_of_sandboxes_that_is_down_fails_the_markets_and_nothing_is_learnt_about_models(
    simulate, services, daytona
):
    daytona.instead = {CREATE: [error(503, "down") for _ in range(6)]}
    report = simulate(2, replace(PLAN, research=False), daytona)
    assert ends(report) == {1: "failed", 2: "failed"}
    assert (
        "the sandbox failed: Daytona: create a sandbox: Failed to create sandbox: down"
        in of_market(report, 1)["problem"]
    )
    assert services.calls(AUTHOR) == {1: 1, 2: 1}, "no author mends what is not the model's fault"
    assert daytona.alive == {}


# --- hostile models ---------------------------------------------------------------------------------------------------


def hostile(body: str) -> str:
    return "def simulate(context, runs, rng):\n" + textwrap.indent(body, "    ")


ENDLESS = hostile("while True: pass")
ASLEEP = hostile("import time\ntime.sleep(60)")

TOO_LONG = "it ran longer than 4 s|processor time"
REFUSED = "the sandbox refused: PermissionError"
NO_FILE = f"FileNotFoundError|{REFUSED}"
"""Which of them depends on the level of the sandbox: there is no such file, or it is shut."""

HOSTILE = {
    "endless loop": (ENDLESS, TOO_LONG),
    "sleep": (ASLEEP, TOO_LONG),
    "fork bomb": (hostile("import os\nwhile True: os.fork()"), REFUSED),
    "memory bomb": (hostile("hoard = []\nwhile True: hoard.append(bytearray(200_000_000))"), "MemoryError"),
    "10^9 values": (hostile("return {'outcomes': [0] * 10**9}"), "MemoryError"),
    "NaN": (hostile("return {'payouts': [[float('nan'), 0.5]] * runs}"), "within 0 and 1, none missing"),
    "strings": (hostile("return {'outcomes': ['Yes'] * runs}"), "expected numbers as outcomes"),
    "reads a file": (hostile("return {'abstain': open('/etc/passwd').read()}"), NO_FILE),
    "socket": (hostile("import socket\nsocket.create_connection(('127.0.0.1', 80))"), REFUSED),
    "kills its parent": (hostile("import os\nos.kill(os.getppid(), 9)"), REFUSED),
    "huge output": (hostile("while True: print('x' * 10_000)"), "wrote more than"),
    "writes outside": (hostile("open('/tmp/edgeworth-was-here', 'w')"), NO_FILE),
    "exits": (hostile("import os\nos._exit(0)"), "without|ended"),
    "program": (hostile("import os\nos.execv('/bin/sh', ['sh', '-c', 'true'])"), REFUSED),
}
"""What a model does, and the words in which its market's failure says what stopped it."""

ENVIRONMENT = hostile("import os\nraise ValueError(repr(dict(os.environ)))")


def test_a_hostile_model_is_the_clear_failure_of_its_own_market(simulate, services, tmp_path):
    services.author = {number: [Says(answer(code))] for number, (code, _) in enumerate(HOSTILE.values(), 1)}
    honest, curious = len(HOSTILE) + 1, len(HOSTILE) + 2
    services.author[curious] = [Says(answer(ENVIRONMENT))]
    # Seconds enough for the memory to run out first; a few at a time, so that also a busy machine has them.
    limits = {
        "EDGEWORTH_SIMULATE_MODEL_SECONDS": "4",
        "EDGEWORTH_SIMULATE_MODEL_MEMORY_MB": "512",
        "EDGEWORTH_SIMULATE_CONCURRENCY": "4",
    }
    report = simulate(curious, replace(PLAN, research=False, count=30), **limits)
    assert ends(report) == {**dict.fromkeys(range(1, curious + 1), "failed"), honest: "succeeded"}
    for number, (name, (_, words)) in enumerate(HOSTILE.items(), 1):
        problem = of_market(report, number)["problem"]
        assert re.search(words, problem), (name, problem)
    assert not Path("/tmp/edgeworth-was-here").exists()
    assert leaked(tmp_path, "sk-author") == []
    told = of_market(report, curious)["problem"]
    assert "PATH" in told
    assert "EDGEWORTH" not in told
    assert str(tmp_path) not in told


# --- budgets ----------------------------------------------------------------------------------------------------------


def test_a_budget_of_tokens_stops_new_questions_and_built_in_models_take_over(simulate, services):
    """Three answers are 3,300 tokens. One market at a time, so that none is in flight."""
    services.author = {1: [BAD, GOOD]}
    plan = replace(PLAN, budget=Budget(tokens=3_300), research=False)
    report = simulate(5, plan, EDGEWORTH_SIMULATE_CONCURRENCY="1")
    assert services.calls(AUTHOR) == {1: 2, 2: 1}
    assert ends(report) == {1: "succeeded", 2: "succeeded", 3: "skipped", 4: "skipped", 5: "skipped"}
    assert "the budget of 3,300 tokens is spent (3,300 were used)" in report["budget_note"]
    assert "the budget of 3,300 tokens is spent" in of_market(report, 3)["problem"]
    assert of_market(report, 3)["models"][0]["kind"] == "fallback"


def test_a_budget_of_money_counts_searches_and_answers(simulate, services):
    """A market costs half a cent for the search and two cents for the answer."""
    plan = replace(PLAN, budget=Budget(cost=UsdMicros(45_000)))
    report = simulate(4, plan, EDGEWORTH_LANGUAGE_MODEL_SERVICE="openrouter", EDGEWORTH_SIMULATE_CONCURRENCY="1")
    assert services.calls(AUTHOR) == {1: 1, 2: 1}
    assert services.calls(RESEARCH) == {1: 1, 2: 1}
    assert report["usage"]["cost_micros"] == 50_000
    assert ends(report) == {1: "succeeded", 2: "succeeded", 3: "skipped", 4: "skipped"}
    assert "the budget of $0.045 is spent ($0.05 were paid)" in report["budget_note"]


def test_a_budget_of_money_without_a_known_price_is_refused_before_anything_is_asked(simulate, services, tmp_path):
    with pytest.raises(ConfigurationError, match=r"what anthropic/\S+ charges is not known"):
        simulate(2, replace(PLAN, budget=Budget(cost=UsdMicros(1_000_000))))
    assert services.asked == {}
    assert not (tmp_path / "results").exists() or list((tmp_path / "results").iterdir()) == []


def test_a_budget_of_seconds_begins_no_market_and_lets_what_runs_come_to_its_end(simulate, services):
    """The first answer comes only when the seconds are spent; the market that waits for it still succeeds."""
    services.author = {1: [Says(hangs=True), GOOD]}
    settings = {"EDGEWORTH_LANGUAGE_MODEL_SECONDS": "5", "EDGEWORTH_SIMULATE_CONCURRENCY": "1"}
    report = simulate(3, replace(PLAN, budget=Budget(seconds=4.5), research=False), **settings)
    assert ends(report) == {1: "succeeded", 2: "skipped", 3: "skipped"}
    assert of_market(report, 2)["problem"] == "not begun: the budget of 4.5 seconds is spent"
    assert "4.5 seconds" in report["budget_note"]
    assert services.calls(AUTHOR) == {1: 2}
