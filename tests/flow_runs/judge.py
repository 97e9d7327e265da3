"""Run the freshness flow as the command line would. Arguments: Prefect's home, a server. Prints the state's name."""

from __future__ import annotations

import sys
from pathlib import Path

from tasks.orchestration.prefect_server import prefect_api

with prefect_api(Path(sys.argv[1]), default_url=sys.argv[2]):
    from flows.freshness import freshness

    sys.stdout.write(f"{freshness(return_state=True).name}\n")
