"""The options that say which markets a batch is about, how they are simulated and where it stops; of two commands."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
import typer
from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.units import UsdMicros, micros
from flows.commands.simulate_selection import Choice, ChoiceOptions, choose
from tasks.settings import Settings

if TYPE_CHECKING:
    from tasks.simulation.plan import Budget, SimulatePlan

MOST_MARKETS = 1_000
"""Of one batch."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

WHICH = "Which markets"
HOW = "How"
BOUNDS = "Bounds"
"""Headings under which `--help` lists them."""

TopVolume: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="The N markets most traded of all time.", min=1, max=MOST_MARKETS, rich_help_panel=WHICH
    ),
]
Trending: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="The N most traded in the last 24 hours.", min=1, max=MOST_MARKETS, rich_help_panel=WHICH
    ),
]
Breaking: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="The N that moved most in the last 24 hours.", min=1, max=MOST_MARKETS, rich_help_panel=WHICH
    ),
]
CategoryName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="politics, world, sports, crypto or finance: its most traded, or those of a ranking above.",
        show_default=False,
        rich_help_panel=WHICH,
    ),
]
Number: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--number",
        "-n",
        metavar="N",
        help="How many of `--category`.",
        min=1,
        max=MOST_MARKETS,
        rich_help_panel=WHICH,
    ),
]
MarketNames: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SLUG",
        help="This market (id, key or slug); repeat it for several.",
        show_default=False,
        rich_help_panel=WHICH,
    ),
]
VolumeFloor: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="USD",
        help="Leave out what traded less, unless it is named; else the setting.",
        min=0,
        rich_help_panel=WHICH,
    ),
]
Runs: TypeAlias = Annotated[
    int | None,
    typer.Option(help="Most draws of a model; else the setting.", min=1, max=1_000_000, rich_help_panel=HOW),
]
StandardError: TypeAlias = Annotated[
    float,
    typer.Option(help="Stop drawing once the standard error is as small; 0 never.", min=0, rich_help_panel=HOW),
]
Models: TypeAlias = Annotated[
    int, typer.Option(help="Models that are written for each market.", min=1, max=20, rich_help_panel=HOW)
]
Author: TypeAlias = Annotated[
    Literal["auto", "builtin", "language-model"],
    typer.Option(help="Who writes them; auto asks a language model with a key.", rich_help_panel=HOW),
]
Research: TypeAlias = Annotated[
    bool, typer.Option(help="Search for news, where a service is set up.", rich_help_panel=HOW)
]
SandboxKind: TypeAlias = Annotated[
    str | None,
    typer.Option(help="auto, local, daytona or unsafe; else the setting.", show_default=False, rich_help_panel=HOW),
]
Fetch: TypeAlias = Annotated[
    bool, typer.Option(help="Ask the venues for present books; else use the stored ones.", rich_help_panel=HOW)
]
Seed: TypeAlias = Annotated[int, typer.Option(help="Of everything random.", min=0, rich_help_panel=HOW)]
MaxTokens: TypeAlias = Annotated[
    int | None, typer.Option(help="Of language models; then nothing new is asked.", min=0, rich_help_panel=BOUNDS)
]
MaxUsd: TypeAlias = Annotated[
    float | None, typer.Option(help="Paid to services; then nothing new is asked.", min=0, rich_help_panel=BOUNDS)
]
MaxSeconds: TypeAlias = Annotated[
    float | None,
    typer.Option(
        help="Of wall time, anew when the batch is taken up; then no market is begun.", min=0, rich_help_panel=BOUNDS
    ),
]
BatchName: TypeAlias = Annotated[
    str | None, typer.Option(help="What the folder of the batch begins with.", show_default=False)
]
InPrefect: TypeAlias = Annotated[
    bool, typer.Option(help="Record the run in Prefect; without it the same steps run bare and start at once.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


class BatchOptions(Struct, frozen=True, kw_only=True):
    """The options of a batch as they were given, in the order in which `--help` lists them."""

    top_volume: TopVolume = None
    trending: Trending = None
    breaking: Breaking = None
    category: CategoryName = None
    number: Number = None
    market: MarketNames = None
    volume_floor: VolumeFloor = None
    runs: Runs = None
    standard_error: StandardError = 0.0
    models: Models = 1
    author: Author = "auto"
    research: Research = True
    sandbox: SandboxKind = None
    fetch: Fetch = True
    seed: Seed = 0
    max_tokens: MaxTokens = None
    max_usd: MaxUsd = None
    max_seconds: MaxSeconds = None
    name: BatchName = None

    def choice(self, settings: Settings, *, pick: bool = False) -> Choice | None:
        """Which markets are meant; ``None`` when the options leave it open.

        Raises:
            ConfigurationError: Two options contradict each other, or the category is none.
        """
        options = ChoiceOptions(
            top_volume=self.top_volume,
            trending=self.trending,
            breaking=self.breaking,
            category=self.category,
            number=self.number,
            markets=tuple(self.market or ()),
            pick=pick,
        )
        return choose(options, batch_size=settings.simulate_batch_size)

    def plan(self, settings: Settings, choice: Choice | None, *, as_of: datetime | None = None) -> SimulatePlan:
        """What the batch is asked to do; without a choice, which markets is still to be said.

        Raises:
            ConfigurationError: An option's value cannot be used; it is named.
        """
        from tasks.simulation.plan import AuthorChoice, SimulatePlan

        floor = self.volume_floor
        return SimulatePlan(
            **({} if choice is None else msgspec.structs.asdict(choice)),
            runs=self.runs,
            standard_error=finite("--standard-error", self.standard_error),
            models=self.models,
            author=AuthorChoice(self.author),
            research=self.research,
            sandbox=self.sandbox,
            seed=self.seed,
            budget=budget_of(self.max_tokens, self.max_usd, self.max_seconds),
            fetch_books=self.fetch,
            volume_floor_usd=settings.simulate_volume_floor if floor is None else finite("--volume-floor", floor),
            as_of=as_of,
            name=checked_name(self.name),
        )


def finite(option: str, value: float) -> float:
    """``value``, when it is a number.

    Raises:
        ConfigurationError: It is infinite or none.
    """
    if not math.isfinite(value):
        raise ConfigurationError(f"{option}: expected a finite number, found {value}")
    return value


def budget_of(tokens: int | None, dollars: float | None, seconds: float | None) -> Budget:
    """Where to stop, as the options say it.

    Raises:
        ConfigurationError: A bound is no number, or no time at all.
    """
    if seconds is not None and not finite("--max-seconds", seconds) > 0:
        raise ConfigurationError(f"--max-seconds: expected more than 0, found {seconds}")
    from tasks.simulation.plan import Budget

    return Budget(
        tokens=tokens,
        cost=None if dollars is None else UsdMicros(micros(finite("--max-usd", dollars))),
        seconds=seconds,
    )


def checked_name(name: str | None) -> str | None:
    """``name``, which becomes part of a folder's.

    Raises:
        ConfigurationError: It cannot be.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"--name: expected at most 64 letters, digits, - and _, a letter or digit first, found {name!r}"
        )
    return name
