"""What goes into any sandbox and what is taken out of one, wherever it is."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from edgeworth.errors import ConfigurationError, UnreadableInputError
from edgeworth.simulation.sandbox import Json

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def job_document(code: str, inputs: Json, files: Mapping[str, bytes]) -> bytes:
    """What goes in: one JSON document, as ``child/boot.py`` reads it.

    Raises:
        ValueError: ``inputs`` hold NaN or an infinity.
    """
    encoded = {name: base64.b64encode(content).decode("ascii") for name, content in files.items()}
    return json.dumps({"code": code, "inputs": inputs, "files": encoded}, allow_nan=False).encode("ascii")


def check_file_names(names: Iterable[str]) -> None:
    """Refuse what could be a path.

    Raises:
        ConfigurationError: Names it.
    """
    for name in names:
        if not _FILE_NAME.fullmatch(name):
            raise ConfigurationError(f"expected a plain file name for a sandbox, found {name!r}")


def taken_out(changed: Mapping[str, bytes], names: Sequence[str], *, max_bytes: int) -> dict[str, bytes]:
    """Those of ``changed`` that are asked for.

    Raises:
        UnreadableInputError: They are longer than ``max_bytes`` together.
    """
    found = {name: changed[name] for name in names if name in changed}
    size = sum(map(len, found.values()))
    if size > max_bytes:
        raise UnreadableInputError(f"expected at most {max_bytes} bytes of files from a sandbox, found {size}")
    return found
