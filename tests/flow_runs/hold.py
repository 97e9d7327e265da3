"""A command of ours in small: choose the API, run a flow that waits for a line or for the end of the process.

Arguments: Prefect's home, where a server is looked for, and ``fork`` to leave a forked child behind, as a pool of
workers would. Prints which API was chosen, the run's id from inside the flow, the child's pid, then ``done``.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

from tasks.orchestration.prefect_server import prefect_api


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(home: Path, default_url: str, *, fork: bool) -> None:
    with prefect_api(home, default_url=default_url) as api:
        say(api.kind)

        from prefect import flow, task
        from prefect.runtime import flow_run

        @task
        def double(number: int) -> int:
            return 2 * number

        @flow
        def hold() -> int:
            say(flow_run.id)
            if fork:
                child = os.fork()
                if child == 0:
                    time.sleep(300)
                    os._exit(0)
                say(child)
            sys.stdin.readline()
            logging.getLogger("edgeworth.markets").info("a line of the library")
            return sum(future.result() for future in double.map([1, 2, 3]))

        say(hold())
    say("done")


main(Path(sys.argv[1]), sys.argv[2], fork="fork" in sys.argv[3:])
