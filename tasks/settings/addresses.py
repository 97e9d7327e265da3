"""Addresses of services among the settings: checked when they are read, so that a wrong one is named at once."""

from __future__ import annotations

from typing import Annotated, TypeAlias
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


WebAddress: TypeAlias = Annotated[str, _checked_url("http", "https")]
StreamAddress: TypeAlias = Annotated[str, _checked_url("ws", "wss")]
