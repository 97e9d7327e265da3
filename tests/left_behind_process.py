"""A process that begins a run of ten markets and ends in the middle of it. Prints the run's id."""

from __future__ import annotations

from datetime import timedelta

from tasks import wiring
from tasks.settings import load_settings
from tasks.taking_up import begin_run


def main() -> None:
    settings = load_settings()
    with wiring.open_storage(settings) as storage:
        run = begin_run(storage, settings, kind="batch", parameters={"count": 10}, within=timedelta(hours=1))
    print(run.run_id)  # noqa: T201  (read by the test)


if __name__ == "__main__":
    main()
