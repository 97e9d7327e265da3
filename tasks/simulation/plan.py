"""What a batch of simulations is asked to do; goes into the manifest and is the parameters of the flow."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.markets.universe import UniverseMode, UniverseRule
from edgeworth.simulation.contract import RunOptions
from edgeworth.units import UsdMicros


class AuthorChoice(StrEnum):
    """Who writes the models."""

    AUTO = "auto"
    """A language model when one is set up, else the built-in models."""
    BUILTIN = "builtin"
    LANGUAGE_MODEL = "language-model"


class Budget(Struct, frozen=True, kw_only=True):
    """Where a batch stops asking paid services and starting markets; ``None`` sets no bound.

    Attributes:
        tokens: Of language models, in and out. cost: In millionths of a dollar, research included.
        seconds: Wall time from the beginning, or from when the batch was taken up; markets that run come to their end.
    """

    tokens: int | None = None
    cost: UsdMicros | None = None
    seconds: float | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it matters what has been paid."""
        return self.tokens is not None or self.cost is not None


class SimulatePlan(Struct, frozen=True, kw_only=True):
    """A batch.

    Attributes:
        mode, count, category, picks, volume_floor_usd: Which markets; see ``UniverseRule``.
        runs: Most draws of a model; ``None`` takes the setting for a batch, or for a single market.
        standard_error: Stop drawing once it is this small; 0 never.
        models: Models a market; more than one only differ where a language model writes them.
        author: Who writes them. research: Search for news, where a service is set up.
        sandbox: ``auto``, ``local``, ``daytona``, ``unsafe``; ``None`` takes the setting.
        seed: Of everything random.
        budget: Where to stop.
        fetch_books: Ask the venues for their present books; else the latest stored ones are used.
        as_of: Nothing later is known; ``None`` for now. The past is looked at through the stores alone.
        name: Of the batch, for its folder; ``None`` is made from the choice.
    """

    mode: UniverseMode = UniverseMode.TOP_VOLUME
    count: int = 10
    category: str | None = None
    picks: tuple[str, ...] = ()
    volume_floor_usd: float = 10_000.0
    runs: int | None = None
    standard_error: float = 0.0
    models: int = 1
    author: AuthorChoice = AuthorChoice.AUTO
    research: bool = True
    sandbox: str | None = None
    seed: int = 0
    budget: Budget = Budget()
    fetch_books: bool = True
    as_of: datetime | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if self.models < 1:
            raise ConfigurationError(f"expected at least one model a market, found {self.models}")
        if self.as_of is not None and self.as_of.tzinfo is None:
            raise ConfigurationError(f"expected an instant with a time zone, found {self.as_of.isoformat()}")
        RunOptions(runs=1 if self.runs is None else self.runs, standard_error=self.standard_error, seed=self.seed)

    @property
    def rule(self) -> UniverseRule:
        """Which markets are wanted."""
        return UniverseRule(
            mode=self.mode,
            count=self.count,
            category=self.category,
            picks=self.picks,
            volume_floor_usd=self.volume_floor_usd,
        )

    @property
    def batch_name(self) -> str:
        """What the folder of the batch begins with."""
        if self.name is not None:
            return self.name
        if self.mode is UniverseMode.CUSTOM:
            return "market" if len(self.picks) == 1 else "custom"
        return "_".join(part for part in (self.mode.value, (self.category or "").lower()) if part)

    def flow_parameters(self) -> dict[str, Any]:
        """The plan as plain parameters of the flow ``simulate``."""
        return {"batch": msgspec.to_builtins(self)}


def public_plan(plan: SimulatePlan) -> dict[str, object]:
    """The plan as it is recorded."""
    values: dict[str, object] = msgspec.to_builtins(plan)
    return values
