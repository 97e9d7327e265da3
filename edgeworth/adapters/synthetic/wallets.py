"""Who trades: wallets of known skill.

A wallet of skill s knows the truth with probability s whenever it trades, and then takes the side the market
underprices; otherwise it tosses a coin. So it is on the right side with probability (1 + s) / 2.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.adapters.synthetic.draws import Draws, Floats, Integers, derive

POPULATION: Final = 400
_ADJECTIVES: Final = ("Brave", "Calm", "Dizzy", "Eager", "Foggy", "Grand", "Humble", "Idle", "Jolly", "Keen")
_ANIMALS: Final = ("Badger", "Crane", "Dingo", "Ermine", "Falcon", "Gecko", "Heron", "Ibex", "Jaguar", "Koala")


class Wallet(Struct, frozen=True):
    """One trader.

    Attributes:
        skill: Probability that it knows the truth when it trades; 0 for noise.
    """

    index: int
    address: str
    name: str
    pseudonym: str
    skill: float


class Population:
    """All wallets of a world; a few trade most of the time."""

    def __init__(self, seed: int, size: int = POPULATION) -> None:
        self.wallets = tuple(_wallet(derive(seed, "wallet", index), index) for index in range(size))
        self.skills: Floats = np.array([wallet.skill for wallet in self.wallets])
        self.by_address = {wallet.address: wallet for wallet in self.wallets}

    def pick(self, chances: Floats) -> Integers:
        """The wallet that each chance in [0, 1) stands for; low indices come up more often."""
        return (chances**2 * len(self.wallets)).astype(np.int64)


def _wallet(key: int, index: int) -> Wallet:
    draws = Draws(key)
    address = f"0x{draws.word():016x}{draws.word():016x}{draws.word() >> 32:08x}"
    pseudonym = f"{draws.choice(_ADJECTIVES)}-{draws.choice(_ANIMALS)}"
    kind = draws.uniform()
    skill = 0.9 if kind < 0.04 else 0.5 if kind < 0.12 else 0.2 if kind < 0.25 else 0.0
    name = f"trader{index}" if draws.chance(0.5) else ""
    return Wallet(index, address, name, pseudonym, skill)
