'''What a model is: a file ``model.py`` that a person can read, with one function, run by ``harness.py``.

::

    """One paragraph: what drives the answer, and why so."""

    import numpy as np


    def simulate(context: dict, runs: int, rng: np.random.Generator) -> dict:
        rate = rng.lognormal(mean=-7.0, sigma=0.4, size=runs)  # what the model is not sure of, drawn per run
        happens = rng.exponential(1.0 / rate) < 30 * 24
        return {"outcomes": np.where(happens, 0, 1), "drivers": {"rate per hour": rate}}

``context`` is ``context.json`` as plain values (see ``context.py``); it may lack anything but market, question,
outcomes and ``as_of``. Returned is a dict with

- ``outcomes``: for each run the index of the outcome that comes true, as in ``context["outcomes"]`` (0 is the first,
  not always Yes; truth values are refused), or instead ``payouts``: floats, runs by outcomes, rows summing to 1, where
  a run gives a conditional chance or a share;
- ``drivers`` (optional): name to array of one number a run: what the answer hangs on. Percentiles and the sensitivity
  of the answer to each are reported;
- ``quantities`` (optional): likewise, for what comes out besides (highest price on the way); percentiles only;
- ``beliefs`` (optional): 16 to 20,000 draws of the probability of outcome 0 itself (or rows of all outcomes), over what
  the model is not sure of. Their spread is the interval in which the true probability should lie; without them a model
  states sampling noise alone and claims nothing about being right.

or ``{"abstain": "why"}``: no answer is better than an invented one.

Randomness comes from ``rng`` alone. Imports: the standard library's computing modules and numpy. No file, no network,
no clock; the sandbox sees to that. A model counts once the harness has seen: shape and bounds, same seed same answer,
other seed other draws, no failure when a field is missing, and how far it follows its own market's price:

- ``anchored``: it follows at least a fifth of a move. It restates the price; good for paths and touch probabilities,
  never evidence against the price.
- ``independent``: it does not, so its difference from the price means something.
'''

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.simulation import harness
from edgeworth.simulation.context import SimulationContext, context_values

CONTRACT = harness.CONTRACT
"""Version of this page; stored with every result."""

MODEL_FILE = harness.MODEL_FILE


FEWEST_A_CALL: Final = 100
MOST_A_CALL: Final = 5_000
"""Ways of a few hundred steps for so many draws still fit into a model's memory."""

FEWEST_CALLS: Final = 20


class RunOptions(Struct, frozen=True, kw_only=True):
    """How a model is run; the harness's options by the same names.

    Attributes:
        runs: Most draws.
        batch: Draws a call.
        standard_error: Stop once that of every outcome is at most this; 0 never stops early.
        seed: Of everything random.
        confidence: Of the Wilson interval.
        belief_confidence: Of the interval for the true probability.
        validate: Whether to test the model first; without it there is no label, so no discrepancy is ever shown.
    """

    runs: int = 200
    batch: int = 100
    standard_error: float = 0.0
    seed: int = 0
    confidence: float = 0.95
    belief_confidence: float = 0.90
    validate: bool = True

    def __post_init__(self) -> None:
        if self.runs < 1 or self.batch < 1 or self.seed < 0 or not self.standard_error >= 0.0:
            raise ConfigurationError(
                f"expected runs and batch of at least 1, a seed and a standard error of at least 0, found {self}"
            )
        if not (0.0 < self.confidence < 1.0 and 0.0 < self.belief_confidence < 1.0):
            raise ConfigurationError(f"expected confidences between 0 and 1, found {self}")


def draws_a_call(runs: int, *, may_stop_early: bool) -> int:
    """How many draws a model is asked for at once; a call has costs that do not grow with them.

    Args:
        runs: Most draws in all.
        may_stop_early: After each call it is looked whether the error is small enough, so there are twenty at least.
    """
    wanted = runs // FEWEST_CALLS if may_stop_early else runs
    return min(max(wanted, FEWEST_A_CALL), MOST_A_CALL)


def harness_source() -> str:
    """The harness as source, to be run in a sandbox; it has ``main(inputs)``."""
    return files("edgeworth.simulation").joinpath("harness.py").read_text(encoding="utf-8")


def harness_inputs(model: str, context: SimulationContext, options: RunOptions) -> dict[str, Any]:
    """What the harness's ``main`` takes, as plain JSON values."""
    return {
        "model": model,
        "context": context_values(context),
        "options": {name: getattr(options, name) for name in options.__struct_fields__},
    }


def run_here(model: str, context: SimulationContext, options: RunOptions) -> dict[str, Any]:
    """Run a model in this process. Only for code of our own: nothing confines it."""
    return harness.main(harness_inputs(model, context, options))
