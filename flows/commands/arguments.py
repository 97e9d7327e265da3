"""Arguments that several commands read in the same way."""

from __future__ import annotations

from datetime import datetime

from edgeworth.errors import ConfigurationError


def read_instant(option: str, text: str | None) -> datetime | None:
    """The instant that ``text`` (ISO 8601 with a time zone) names; ``None`` for none.

    Raises:
        ConfigurationError: It is none, or has no time zone.
    """
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{option}: expected an instant such as 2026-02-13T19:26:13Z, found {text!r}"
        ) from None
    if instant.tzinfo is None:
        raise ConfigurationError(f"{option}: expected a time zone, such as {instant.isoformat()}Z, found none")
    return instant
