"""What is said before a batch starts: who will be asked, where models run, what it may cost."""

from __future__ import annotations

import pytest

from edgeworth.markets.universe import UniverseMode
from edgeworth.units import UsdMicros
from flows.commands.simulate_view import prospects
from tasks.settings import load_settings
from tasks.simulation.plan import AuthorChoice, Budget, SimulatePlan

PLAIN = SimulatePlan()


def told(plan: SimulatePlan = PLAIN) -> dict[str, str]:
    return dict(prospects(load_settings(), plan))


def test_without_any_key_nobody_is_asked_and_nothing_is_paid():
    assert told() == {
        "Author": "built-in models; no language model is set up",
        "Research": "none; no service is set up",
        "Sandbox": "this machine, confined",
        "Draws": "at most 100 of each model",
        "Cost": "$0: nobody is asked who charges",
        "Results": "results/top_volume_<date>_<time>/",
    }


def test_with_keys_it_names_who_is_asked_and_shows_no_key(monkeypatch):
    for service in ("ANTHROPIC", "EXA", "DAYTONA"):
        monkeypatch.setenv(f"{service}_API_KEY", "sk-secret")
    said = told(SimulatePlan(models=3))
    assert said["Author"].startswith("anthropic/claude-")
    assert said["Author"].endswith(", 3 a market; a built-in model where it fails")
    assert (said["Research"], said["Sandbox"]) == ("exa", "Daytona")
    assert said["Cost"] == "not known before; --max-usd N bounds it"
    assert "sk-secret" not in str(said)


def test_what_is_not_wanted_is_not_asked_although_there_is_a_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("PERPLEXITY_API_KEY", "sk-secret")
    said = told(SimulatePlan(author=AuthorChoice.BUILTIN, research=False))
    assert (said["Author"], said["Research"]) == ("built-in models", "none, as asked for")
    assert said["Cost"].startswith("$0")


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (Budget(cost=UsdMicros(2_500_000)), "not known before; stops at $2.50"),
        (Budget(cost=UsdMicros(1_000_000), tokens=20_000), "not known before; stops at $1.00 or 20,000 tokens"),
        (Budget(seconds=60), "not known before; --max-usd N bounds it"),
    ],
)
def test_a_budget_says_where_paying_stops(monkeypatch, budget, expected):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    assert told(SimulatePlan(budget=budget))["Cost"] == expected


@pytest.mark.parametrize(
    ("plan", "draws", "name"),
    [
        (SimulatePlan(mode=UniverseMode.CUSTOM, picks=("a",)), "200", "market"),
        (SimulatePlan(mode=UniverseMode.CUSTOM, picks=("a", "b")), "30", "custom"),
        (SimulatePlan(mode=UniverseMode.BREAKING, category="crypto", runs=5_000), "5,000", "breaking_crypto"),
        (SimulatePlan(name="mine"), "30", "mine"),
    ],
)
def test_draws_come_from_the_plan_or_from_the_setting_for_one_market_or_many(monkeypatch, plan, draws, name):
    monkeypatch.setenv("EDGEWORTH_SIMULATE_RUNS_BATCH", "30")
    said = told(plan)
    assert said["Draws"] == f"at most {draws} of each model"
    assert said["Results"] == f"results/{name}_<date>_<time>/"


def test_an_unconfined_sandbox_is_not_passed_over():
    assert "NOT confined" in told(SimulatePlan(sandbox="unsafe"))["Sandbox"]
