"""Prices of tokens and what a schema is reduced to, without any client."""

from __future__ import annotations

import pytest

from edgeworth.adapters.language_models.answers import sent_schema
from edgeworth.adapters.language_models.prices import ANTHROPIC, OPENAI, cost_of


@pytest.mark.parametrize(
    ("prices", "model", "input_tokens", "output_tokens", "cost"),
    [
        # 1,000 tokens at $4 a million and 200 at $20: $0.004 + $0.004.
        (ANTHROPIC, "claude-opus-5-5", 1000, 200, 8_000),
        (ANTHROPIC, "claude-haiku-4-5-20251001", 1000, 200, 2_000),
        (OPENAI, "gpt-6.1-sol-2026-09-29", 1000, 200, 4_000),
        # One token at $0.10 a million is a tenth of a micro-dollar: rounded up, as a bill would be.
        (OPENAI, "gpt-6-luna", 1, 0, 1),
        (OPENAI, "gpt-6-luna", 0, 0, 0),
        (ANTHROPIC, "claude-haiku-5-5", 100_000, 0, 10_000),
    ],
)
def test_a_call_costs_its_tokens_at_the_published_price(prices, model, input_tokens, output_tokens, cost):
    assert cost_of(prices, model, input_tokens=input_tokens, output_tokens=output_tokens) == cost


@pytest.mark.parametrize(
    ("prices", "model", "input_tokens"),
    [
        (ANTHROPIC, "claude-of-tomorrow", 1),
        (OPENAI, "gpt-4.1-nano-tuned", 1),
        (OPENAI, "gpt-6.1-sol", 272_001),
        (ANTHROPIC, "claude-haiku-5-5", 100_001),
    ],
)
def test_a_price_that_is_not_declared_is_not_guessed(prices, model, input_tokens):
    assert cost_of(prices, model, input_tokens=input_tokens, output_tokens=1) is None


def test_a_schema_is_sent_without_what_services_refuse_at_every_depth():
    number = {"type": "number", "exclusiveMinimum": 0}
    row = {"type": "object", "properties": {"n": number}, "required": ["n"]}
    schema = {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": {"$ref": "#/$defs/row"}, "maxItems": 3}},
        "required": ["rows"],
        "$defs": {"row": row},
    }
    sent_number = {"type": "number", "description": '{"exclusiveMinimum": 0}'}
    sent_row = {"type": "object", "properties": {"n": sent_number}, "required": ["n"], "additionalProperties": False}
    assert sent_schema(schema) == {
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}, "description": '{"maxItems": 3}'},
        },
        "required": ["rows"],
        "additionalProperties": False,
        "$defs": {"row": sent_row},
    }


@pytest.mark.parametrize(
    "schema",
    [{"type": "array"}, {"type": "object", "properties": {"a": {"type": "string"}}}],
)
def test_a_schema_that_no_service_takes_is_a_fault_of_the_caller(schema):
    with pytest.raises(ValueError, match="expected"):
        sent_schema(schema)
