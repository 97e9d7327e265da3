"""Addresses of services and stores among the settings: checked when they are read: a wrong one is named at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator


def _checked_url(*schemes: str) -> AfterValidator:
    """An address of one of ``schemes`` with a host; what was found is not repeated, for it may hold a password."""

    def check(url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"expected an address like {schemes[-1]}://host")
        return url

    return AfterValidator(check)


STORE_PACKAGES: Final[Mapping[str, tuple[str, str] | None]] = MappingProxyType(
    {
        "file": None,
        "s3": ("s3fs", "edgeworth[s3]"),
        "gs": ("gcsfs", "gcsfs"),
        "az": ("adlfs", "adlfs"),
    }
)
"""By scheme: the module that reaches such a store, and what to install for it. Only stores that put objects whole."""

_STORE = re.compile(r"(?P<scheme>[a-z0-9]+)://(?P<bucket>[A-Za-z0-9._-]*)(?P<prefix>(/[A-Za-z0-9._=-]+)*)/?")


def _checked_store(url: str) -> str:
    """The address of a store, without a slash at its end; what was found is not repeated: it may hold a password."""
    found = _STORE.fullmatch(url)
    expected = (
        "expected an address like s3://bucket/prefix, gs://, az:// or file:///folder, of letters, digits, . _ = -"
    )
    if found is None or found["scheme"] not in STORE_PACKAGES:
        raise ValueError(f"{expected}; keys and passwords stand in the environment of the store's client")
    is_file = found["scheme"] == "file"
    if is_file == bool(found["bucket"]) or (is_file and not found["prefix"]) or ".." in found["prefix"].split("/"):
        raise ValueError(expected)
    needed = STORE_PACKAGES[found["scheme"]]
    if needed is not None and find_spec(needed[0]) is None:
        raise ValueError(f'{found["scheme"]}:// needs a package that is not installed: pip install "{needed[1]}"')
    return url.rstrip("/")


StoreAddress: TypeAlias = Annotated[str, AfterValidator(_checked_store)]
WebAddress: TypeAlias = Annotated[str, _checked_url("http", "https")]
StreamAddress: TypeAlias = Annotated[str, _checked_url("ws", "wss")]
