"""True probabilities: what an ideal observer of the world believes, as exact posterior martingales.

Each model draws what will happen from its prior and shows evidence of it in the form of Brownian motion (or of a
waiting time), so that the posterior given the evidence up to an instant is known in closed form:

- ``Exclusive``: one of K outcomes wins, drawn from the prior ``p0``. Outcome i is observed through
  ``dY_i = a 1{i wins} dt + dB_i``, hence ``p_i(t)`` is proportional to ``p0_i exp(a Y_i(t))``.
- ``Level``: a quantity ends at ``W(1)``, W being observed as it moves; ``P(W(1) > c) = Phi((W(t) - c) / sqrt(1 - t))``.
- ``Waiting``: something happens after an exponential time E; until then ``P(E <= D) = 1 - exp(-h (D - t))``.

Time runs from 0 when the event opens to 1 when it closes. Truth is therefore calibrated by construction: of all
claims that stand at 30 %, 30 % come true. No market price enters here.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from scipy.special import ndtr  # type: ignore[import-untyped]

from edgeworth.adapters.synthetic.draws import Draws, Floats, Integers, derive, normals
from edgeworth.adapters.synthetic.instants import STEP

_BLOCK: Final = 96
_LANE: Final = np.uint64(1 << 32)
_NEVER: Final = 1 << 40


class Motion:
    """Independent Brownian motions, known at any step without walking there.

    A skeleton of block increments (a day each) carries the long way; inside a block the steps are drawn freely and
    bent into a bridge that ends where the skeleton says. Variance is 1 over ``steps``.
    """

    __slots__ = ("_block_key", "_lanes", "_step_key", "steps")

    def __init__(self, key: int, dimensions: int, steps: int) -> None:
        self._block_key = derive(key, "block")
        self._step_key = derive(key, "step")
        self._lanes = np.arange(dimensions, dtype=np.uint64)[:, None] * _LANE
        self.steps = steps

    def at(self, steps: Integers) -> Floats:
        """Positions, dimensions by steps. Steps before 0 or beyond the end are read at the end they passed."""
        steps = np.clip(steps, 0, self.steps)
        blocks, offsets = np.divmod(steps, _BLOCK)
        ends, totals = self._skeleton(int(blocks.max()))
        wanted, which = np.unique(blocks, return_inverse=True)
        bridges = self._bridges(wanted, totals[:, wanted])
        return np.asarray((ends[:, blocks] - totals[:, blocks]) + bridges[:, which, offsets], dtype=np.float64)

    def _skeleton(self, last: int) -> tuple[Floats, Floats]:
        counters = np.arange(last + 1, dtype=np.uint64)[None, :] + self._lanes
        totals = normals(self._block_key, counters) * math.sqrt(_BLOCK / self.steps)
        return np.cumsum(totals, axis=1), totals

    def _bridges(self, blocks: Integers, totals: Floats) -> Floats:
        steps = blocks.astype(np.uint64)[:, None] * np.uint64(_BLOCK) + np.arange(_BLOCK, dtype=np.uint64)[None, :]
        free = normals(self._step_key, self._lanes[:, :, None] + steps[None, :, :]) * math.sqrt(1.0 / self.steps)
        path = np.cumsum(free, axis=2)
        share = np.arange(1, _BLOCK + 1, dtype=np.float64) / _BLOCK
        path += share * (totals - path[:, :, -1])[:, :, None]
        return np.concatenate([np.zeros_like(path[:, :, :1]), path[:, :, :-1]], axis=2)


class Belief:
    """What is known, at any instant, about the claims of one event.

    Attributes:
        opens_at, closes_at: Between them evidence arrives.
    """

    __slots__ = ("closes_at", "opens_at", "steps")

    def __init__(self, opens_at: int, closes_at: int) -> None:
        self.opens_at = opens_at
        self.closes_at = closes_at
        self.steps = max(1, (closes_at - opens_at) // STEP)

    def step_of(self, instants: Integers) -> Integers:
        """The last step at or before each instant, kept between the first and the last."""
        return np.clip((instants - self.opens_at) // STEP, 0, self.steps)

    def probabilities(self, arguments: Floats, instants: Integers) -> Floats:
        """P(claim is true) given everything known at each instant; claims by instants."""
        raise NotImplementedError

    def outcomes(self, arguments: Floats) -> tuple[bool, ...]:
        """Which claims come true."""
        raise NotImplementedError

    def decided_at(self, argument: float) -> int:
        """When the answer to the claim becomes known."""
        raise NotImplementedError


class Exclusive(Belief):
    """Exactly one of several outcomes wins. The argument of a claim is the outcome's index."""

    __slots__ = ("_log_priors", "_motion", "strength", "winner")

    def __init__(self, key: int, priors: Floats, strength: float, opens_at: int, closes_at: int) -> None:
        super().__init__(opens_at, closes_at)
        self._log_priors = np.log(priors)[:, None]
        self._motion = Motion(derive(key, "motion"), len(priors), self.steps)
        self.strength = strength
        chosen = Draws(derive(key, "winner")).uniform()
        self.winner = min(int(np.searchsorted(np.cumsum(priors), chosen, side="right")), len(priors) - 1)

    def probabilities(self, arguments: Floats, instants: Integers) -> Floats:
        steps = self.step_of(instants)
        evidence = self._motion.at(steps)
        evidence[self.winner] += self.strength * steps / self.steps
        logits = self._log_priors + self.strength * evidence
        weights = np.exp(logits - logits.max(axis=0))
        every = weights / weights.sum(axis=0)
        every[:, instants >= self.closes_at] = 0.0
        every[self.winner, instants >= self.closes_at] = 1.0
        return np.asarray(every[arguments.astype(np.int64)], dtype=np.float64)

    def outcomes(self, arguments: Floats) -> tuple[bool, ...]:
        return tuple((arguments == self.winner).tolist())

    def decided_at(self, argument: float) -> int:  # noqa: ARG002
        return self.closes_at


class Level(Belief):
    """A quantity that is watched until it is read off. The argument is the level it must exceed, in deviations."""

    __slots__ = ("_motion", "final")

    def __init__(self, key: int, opens_at: int, closes_at: int) -> None:
        super().__init__(opens_at, closes_at)
        self._motion = Motion(derive(key, "motion"), 1, self.steps)
        self.final = float(self._motion.at(np.array([self.steps], dtype=np.int64))[0, 0])

    def level(self, instants: Integers) -> Floats:
        """Where the quantity stands, in deviations from where it started."""
        return np.asarray(self._motion.at(self.step_of(instants))[0], dtype=np.float64)

    def probabilities(self, arguments: Floats, instants: Integers) -> Floats:
        steps = self.step_of(instants)
        left = np.sqrt(np.maximum(self.steps - steps, 0.25) / self.steps)
        chances = ndtr((self._motion.at(steps)[0] - arguments[:, None]) / left)
        known = instants >= self.closes_at
        chances[:, known] = (self.final > arguments)[:, None]
        return np.asarray(chances, dtype=np.float64)

    def outcomes(self, arguments: Floats) -> tuple[bool, ...]:
        return tuple((self.final > arguments).tolist())

    def decided_at(self, argument: float) -> int:  # noqa: ARG002
        return self.closes_at


class Waiting(Belief):
    """Something happens at a constant known rate. The argument is the deadline, in seconds since 1970."""

    __slots__ = ("happens_at", "rate")

    def __init__(self, key: int, rate: float, opens_at: int, closes_at: int) -> None:
        super().__init__(opens_at, closes_at)
        self.rate = rate
        wait = -math.log1p(-Draws(derive(key, "wait")).uniform()) / rate
        self.happens_at = opens_at + min(int(wait), _NEVER)

    def probabilities(self, arguments: Floats, instants: Integers) -> Floats:
        remaining = np.maximum(arguments[:, None] - np.maximum(instants, self.opens_at)[None, :], 0.0)
        chances = -np.expm1(-self.rate * remaining)
        happened = instants >= self.happens_at
        chances[:, happened] = (self.happens_at <= arguments)[:, None]
        return np.asarray(chances, dtype=np.float64)

    def outcomes(self, arguments: Floats) -> tuple[bool, ...]:
        return tuple((self.happens_at <= arguments).tolist())

    def decided_at(self, argument: float) -> int:
        return min(self.happens_at, int(argument))
