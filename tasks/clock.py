"""The wall clock, read here and handed down: nothing below ``tasks/`` knows what time it is."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime


def utc_now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh identifier that sorts by the instant it was made: ``20261121T060102-1f3a9c``."""
    return f"{utc_now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
