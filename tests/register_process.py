"""A process that registers made-up forecasts, and can be killed with signal 9 at any SQL statement or commit.

Run as ``python -m tests.register_process URL RUN [--markets N] [--kill-at STEP]``. Besides the forecasts of ``RUN`` it
registers those of a run called ``both``, as every such process does. Prints how many of each it was the first to
register.
"""

from __future__ import annotations

import argparse
import json
import os
import signal

import sqlalchemy as sa

from edgeworth.adapters.storage.database import SqlSimulations, open_database
from tests.simulations import a_forecast, a_record


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("run")
    parser.add_argument("--markets", type=int, default=30)
    parser.add_argument("--kill-at", type=int)
    given = parser.parse_args()
    engine = open_database(given.url)
    left = given.kill_at

    def step(*_: object) -> None:
        nonlocal left
        if left is not None:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "after_cursor_execute", step)
    sa.event.listen(engine, "commit", step)
    store = SqlSimulations(engine)
    first = {given.run: 0, "both": 0}
    for number in range(given.markets):
        record = a_record(f"kalshi:M{number:03d}")
        for run_id in first:
            first[run_id] += store.register(run_id, record, a_forecast(record, run_id))
    print(json.dumps(first))  # noqa: T201  (read by the test)


if __name__ == "__main__":
    main()
