"""A screening, a replay or a proof of parity as a whole in this process, without Prefect: the same steps, in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from tasks import run_claims
from tasks.replay import steps
from tasks.replay.plan import ReplayPlan
from tasks.replay.publishing import Report, publish
from tasks.settings import Settings
from tasks.taking_up import BegunRun


def run_plainly(settings: Settings, plan: ReplayPlan, kind: Literal["screen", "replay", "parity"]) -> Report:
    """Prepare, begin, look, publish.

    Raises:
        ConfigurationError: As ``steps.prepare``, and nothing is written; or the strategy has raised something.
        StorageError: The stores or the results folder cannot be used.
    """
    given = steps.prepare(settings, plan)
    run = steps.begin_replay(settings, plan, kind)
    with left_on_failure(run):
        match kind:
            case "screen":
                return publish(settings, plan, steps.screened(run, given))
            case "replay":
                return publish(settings, plan, steps.replayed(run, plan, given))
            case "parity":
                return publish(settings, plan, steps.certified(run, plan, given))


@contextmanager
def left_on_failure(run: BegunRun) -> Iterator[None]:
    """The time in which ``run`` is worked on; left by an exception it is nobody's any more, and not still going on."""
    try:
        yield
    except BaseException:
        run_claims.leave(run.run_id)
        raise
