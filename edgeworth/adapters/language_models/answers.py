"""From what a model wrote to a ``Reply``, and from a JSON Schema to the part of it that the services understand. Pure.

The services hold a model to a subset of JSON Schema and refuse schemas beyond it. So a reduced schema is sent, and the
answer is held here against the whole one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from edgeworth.ports import Finish, Reply
from edgeworth.units import UsdMicros

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

SENT_KEYWORDS: Final = frozenset(
    {"$defs", "$ref", "additionalProperties", "anyOf", "const", "description", "enum", "items", "properties"}
    | {"required", "title", "type"}
)
"""What both Anthropic's and OpenAI's structured answers understand; bounds of numbers, texts and lists are not."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Who answered and what it took; the parts of a reply that do not depend on what was said."""

    model: str
    input_tokens: int
    output_tokens: int
    cost: UsdMicros | None


def sent_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """``schema`` reduced to what the services understand; bounds are moved into the description as a wish.

    Raises:
        ValueError: It is not the schema of an object, or an object in it has a property that is not required.
    """
    if schema.get("type") != "object":
        raise ValueError("expected the schema of an object")
    return _sent(schema)


def _sent(schema: Mapping[str, Any]) -> dict[str, Any]:
    sent = {keyword: value for keyword, value in schema.items() if keyword in SENT_KEYWORDS}
    wishes = {keyword: value for keyword, value in schema.items() if keyword not in SENT_KEYWORDS}
    if wishes:
        sent["description"] = f"{sent.get('description', '')} {json.dumps(wishes, sort_keys=True)}".strip()
    for keyword in ("properties", "$defs"):
        if keyword in sent:
            sent[keyword] = {name: _sent(one) for name, one in sent[keyword].items()}
    if "items" in sent:
        sent["items"] = _sent(sent["items"])
    if "anyOf" in sent:
        sent["anyOf"] = [_sent(one) for one in sent["anyOf"]]
    if sent.get("type") == "object":
        if optional := set(sent.get("properties", {})) - set(sent.get("required", ())):
            raise ValueError(f"expected every property to be required, found {sorted(optional)} optional")
        sent["additionalProperties"] = False
    return sent


def complete_reply(text: str, schema: Mapping[str, Any], usage: Usage) -> Reply:
    """The reply of a model that ended of its own accord with ``text``: complete, or malformed and why."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    if not text.strip():
        return unusable_reply(Finish.MALFORMED, "expected JSON, found an empty answer", usage, text=text)
    try:
        value = msgspec.json.decode(_bare(text))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return unusable_reply(Finish.MALFORMED, f"expected JSON, found text that is none: {error}", usage, text=text)
    defect = best_match(Draft202012Validator(schema).iter_errors(value))
    if defect is not None:
        return unusable_reply(Finish.MALFORMED, _described(defect), usage, text=text)
    return _reply(Finish.COMPLETE, usage, value=value, text=text)


def unusable_reply(finish: Finish, problem: str, usage: Usage, *, text: str = "") -> Reply:
    """A reply without a value."""
    return _reply(finish, usage, problem=problem, text=text)


def _reply(
    finish: Finish, usage: Usage, *, value: dict[str, Any] | None = None, problem: str | None = None, text: str
) -> Reply:
    return Reply(
        finish=finish,
        model=usage.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost=usage.cost,
        value=value,
        problem=problem,
        text=text,
    )


def _bare(text: str) -> bytes:
    """``text`` without the code fence that models behind other services put around JSON."""
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```") and "\n" in stripped:
        stripped = stripped.partition("\n")[2].removesuffix("```")
    return stripped.encode("utf-8", "replace")


def _described(defect: ValidationError) -> str:
    """Where the answer departs from the schema; the offending value itself is not repeated, it may be long."""
    place = "/".join(str(step) for step in defect.absolute_path) or "the whole answer"
    wanted: Any = defect.validator_value
    if defect.validator == "required" and isinstance(defect.instance, dict):
        missing = [name for name in wanted if name not in defect.instance]
        return f"{place}: expected the properties {', '.join(missing)}, which are missing"
    expected = json.dumps(wanted)
    found = type(defect.instance).__name__
    return f"{place}: expected {defect.validator} {expected[:200]}, found a {found} that is not so"


def readable(text: str) -> str:
    """``text`` without half characters (lone surrogates), which cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")
