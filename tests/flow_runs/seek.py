"""Run the discover flow as the command line would. Arguments: Prefect's home, a server, a market (or nothing).

Prints the state's name, its message and the run's folder. The catalogue is the one that the settings name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tasks.orchestration.prefect_server import prefect_api

with prefect_api(Path(sys.argv[1]), default_url=sys.argv[2]):
    from flows.discover import discover

    market = sys.argv[3] if len(sys.argv) > 3 else None
    state = discover(market=market, fetch_books=False, return_state=True)
    sys.stdout.write(f"{state.name}\n{state.message}\n{state.result(raise_on_failure=False)}\n")
