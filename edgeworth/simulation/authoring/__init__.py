"""How one market gets its models: written by a language model and repaired, or built in; run in a sandbox either way.

Values and ports in, ``ModelRun`` out. No clock but a stopwatch that is passed in, no orchestrator, no adapter.
"""

from edgeworth.simulation.authoring.market import model_market, write_and_run
from edgeworth.simulation.authoring.running import ModelRunner, Ran, SandboxRunner
from edgeworth.simulation.authoring.standing_in import run_builtin
from edgeworth.simulation.authoring.writing import AuthoringRule

__all__ = ["AuthoringRule", "ModelRunner", "Ran", "SandboxRunner", "model_market", "run_builtin", "write_and_run"]
