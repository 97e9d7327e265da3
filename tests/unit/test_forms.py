"""The form in Prefect's interface asks exactly what a plan holds, with the same defaults."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from edgeworth.markets.categories import CATEGORIES
from edgeworth.markets.universe import UniverseMode
from flows.forms import BatchForm, BudgetForm
from tasks.simulation.plan import AuthorChoice, Budget, SimulatePlan
from tasks.wiring import SANDBOXES


def test_an_empty_form_is_the_default_plan():
    assert BatchForm().plan() == SimulatePlan()


def test_every_field_of_a_plan_is_asked_and_described():
    assert set(BatchForm.model_fields) == set(SimulatePlan.__struct_fields__)
    assert set(BudgetForm.model_fields) == set(Budget.__struct_fields__)
    described = [*BatchForm.model_fields.values(), *BudgetForm.model_fields.values()]
    assert all(field.description for field in described)


def test_a_plan_survives_the_way_through_a_flow():
    plan = SimulatePlan(
        mode=UniverseMode.CUSTOM,
        picks=("kalshi:A", "0xb"),
        runs=50,
        author=AuthorChoice.BUILTIN,
        sandbox="local",
        budget=Budget(tokens=5, seconds=1.5),
        as_of=datetime(2026, 11, 21, 12, tzinfo=UTC),
        name="mine",
    )
    assert BatchForm.model_validate(plan.flow_parameters()["batch"]).plan() == plan


def test_choices_are_those_there_are():
    schema = BatchForm.model_json_schema()["properties"]
    assert set(schema["category"]["anyOf"][0]["enum"]) == set(CATEGORIES)
    assert set(schema["sandbox"]["anyOf"][0]["enum"]) == set(SANDBOXES)


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"models": 21}, {"mode": "best"}, {"counts": 3}, {"as_of": "2026-11-21"}]
)
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ValidationError):
        BatchForm.model_validate(wrong)
