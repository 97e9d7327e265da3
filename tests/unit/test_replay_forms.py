"""The forms of replays in Prefect's interface ask exactly what their plans hold, with the same defaults."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from flows.forms_replay import BarsForm, ReplayForm
from tasks.replay.plan import BarsChoice, ReplayPlan


def test_a_form_with_bars_is_the_default_plan():
    assert ReplayForm(bars=BarsForm(asset="BTC")).plan() == ReplayPlan(bars=BarsChoice(asset="BTC"))


def test_every_field_of_a_plan_is_asked_and_described():
    assert set(ReplayForm.model_fields) == set(ReplayPlan.__struct_fields__)
    assert set(BarsForm.model_fields) == set(BarsChoice.__struct_fields__)
    assert all(field.description for field in [*ReplayForm.model_fields.values(), *BarsForm.model_fields.values()])


def test_a_plan_survives_the_way_through_a_flow():
    plan = ReplayPlan(
        bars=BarsChoice(market="rain", outcome=1, interval_seconds=60, start=datetime(2026, 1, 1, tzinfo=UTC)),
        strategy="dip",
        settings={"screener.threshold": 0.7, "stake": 50},
        fee_rate=0.0,
        window=12,
        full=True,
    )
    assert ReplayForm.model_validate(plan.flow_parameters()["replay"]).plan() == plan


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"bars": {"start": "2026-01-01"}},
        {"bars": {}, "cash": 0},
        {"bars": {}, "window": -1},
        {"bars": {}, "window": 100_001},
        {"bars": {}, "x": 1},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ValidationError):
        ReplayForm.model_validate(wrong)
