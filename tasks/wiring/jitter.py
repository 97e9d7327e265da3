"""Chance that spreads the retries of several processes: the only randomness here that no seed decides."""

from __future__ import annotations

import random


def retry_jitter() -> random.Random:
    """A generator that differs in every process, so that two of them do not ask again at the same instants."""
    return random.Random()  # noqa: S311  for spreading waits, not for secrets
