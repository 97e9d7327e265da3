"""Run the simulation flow as the command line would. Arguments: Prefect's home, a server, the batch as JSON.

Prints the state's name, its message and the batch's folder. The catalogue is the one that the settings name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tasks.orchestration.prefect_server import prefect_api

with prefect_api(Path(sys.argv[1]), default_url=sys.argv[2]):
    from flows.forms import BatchForm
    from flows.simulate import simulate

    state = simulate(batch=BatchForm(**json.loads(sys.argv[3])), return_state=True)
    sys.stdout.write(f"{state.name}\n{state.message}\n{state.result(raise_on_failure=False)}\n")
