"""JSON schemas (draft 2020-12) of what reports give to machines, made from the structs that are written.

A schema forbids keys that it does not name, so it cannot fall behind the code unseen.
"""

from __future__ import annotations

from typing import Any

import msgspec


def published_schema(kind: Any, title: str) -> dict[str, Any]:
    """The schema of ``kind``, a struct or a union of structs, as it stands in ``docs/``."""
    (top,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part in parts.values():
        if "properties" in part:
            part["additionalProperties"] = False
            part["description"] = " ".join(part["description"].split())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **top, "$defs": parts}
