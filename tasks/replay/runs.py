"""A screening, a replay or a proof of parity as a whole in this process, without Prefect: the same steps, in order."""

from __future__ import annotations

from typing import Literal

from tasks.replay import steps
from tasks.replay.plan import ReplayPlan
from tasks.replay.publishing import Report, publish
from tasks.settings import Settings


def run_plainly(settings: Settings, plan: ReplayPlan, kind: Literal["screen", "replay", "parity"]) -> Report:
    """Prepare, begin, look, publish.

    Raises:
        ConfigurationError: As ``steps.prepare``; nothing is written.
        StorageError: The stores or the results folder cannot be used.
    """
    given = steps.prepare(settings, plan)
    run = steps.begin_replay(settings, plan, kind)
    match kind:
        case "screen":
            return publish(settings, plan, steps.screened(run, given))
        case "replay":
            return publish(settings, plan, steps.replayed(run, plan, given))
        case "parity":
            return publish(settings, plan, steps.certified(run, plan, given))
