"""Counter-based random numbers: every draw is a pure function of a key and a counter.

Nothing is drawn in sequence from shared state, so any event, hour or trade can be computed alone, in any order, and
comes out the same. The generator is SplitMix64 (Steele, Lea, Flood 2014) used as a hash. No clock, no global seed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]

T = TypeVar("T")

_MASK: Final = (1 << 64) - 1
_STRIDE: Final = 0x9E3779B97F4A7C15
_MIX_A: Final = 0xBF58476D1CE4E5B9
_MIX_B: Final = 0x94D049BB133111EB
_TO_UNIT: Final = 2.0**-53
_HALF_WORD: Final = 2.0**-32


def mix(word: int) -> int:
    """SplitMix64's finaliser: a bijection of 64-bit words that scatters them."""
    word = ((word ^ (word >> 30)) * _MIX_A) & _MASK
    word = ((word ^ (word >> 27)) * _MIX_B) & _MASK
    return word ^ (word >> 31)


@lru_cache(maxsize=256)
def _word_of(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


def derive(key: int, *parts: int | str) -> int:
    """A key that depends on ``key`` and every part, in order."""
    for part in parts:
        word = _word_of(part) if isinstance(part, str) else part
        key = mix((key + _STRIDE * (word + 1)) & _MASK)
    return key


class Draws:
    """Draws one after the other from one key; for choices made once, in a fixed order."""

    __slots__ = ("_counter", "_key")

    def __init__(self, key: int) -> None:
        self._key = key
        self._counter = 0

    def word(self) -> int:
        """64 random bits."""
        self._counter += 1
        word = (self._key + _STRIDE * self._counter) & _MASK
        word = ((word ^ (word >> 30)) * _MIX_A) & _MASK  # ``mix``, written out: this is the busiest line of a world
        word = ((word ^ (word >> 27)) * _MIX_B) & _MASK
        return word ^ (word >> 31)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number in [low, high)."""
        return low + (high - low) * (self.word() >> 11) * _TO_UNIT

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """A normal number (Box and Muller)."""
        radius = math.sqrt(-2.0 * math.log1p(-self.uniform()))
        return mean + deviation * radius * math.cos(2.0 * math.pi * self.uniform())

    def integer(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.word() % (high - low + 1)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.uniform() < probability

    def choice(self, options: Sequence[T]) -> T:
        """One of ``options``."""
        return options[self.word() % len(options)]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """``count`` different ones of ``options``, in random order."""
        pool = list(options)
        return [pool.pop(self.word() % len(pool)) for _ in range(count)]


def words(key: int | Words, counters: Words) -> Words:
    """64 random bits for each counter; ``key`` is one key or an array that broadcasts against the counters."""
    keys = np.asarray(key, dtype=np.uint64)
    word = keys + counters * np.uint64(_STRIDE) + np.uint64(_STRIDE)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(_MIX_A)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(_MIX_B)
    return word ^ (word >> np.uint64(31))


def uniforms(key: int | Words, counters: Words) -> Floats:
    """A number in [0, 1) for each counter."""
    return (words(key, counters) >> np.uint64(11)).astype(np.float64) * _TO_UNIT


def normals(key: int | Words, counters: Words) -> Floats:
    """A normal number for each counter: Box and Muller on the two halves of one word (tails end at 6.7)."""
    word = words(key, counters)
    first = ((word >> np.uint64(32)).astype(np.float64) + 0.5) * _HALF_WORD
    second = (word & np.uint64(0xFFFFFFFF)).astype(np.float64) * _HALF_WORD
    return np.asarray(np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second), dtype=np.float64)
