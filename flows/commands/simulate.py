"""``edgeworth simulate``: choose markets, have each modelled and run in a sandbox, and be told what it came to."""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from edgeworth.errors import ConfigurationError
from edgeworth.units import UsdMicros, micros
from flows.commands.arguments import read_instant
from flows.commands.console import errors, print_error, print_json, results
from flows.commands.running import run_flow, shown_stages
from flows.commands.simulate_selection import CHOICES, Choice, ChoiceOptions, choose
from tasks.settings import Settings, load_settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas import State

    from tasks.simulation_plan import Budget, SimulatePlan
    from tasks.wiring import Storage

EXAMPLES = """
Examples:

    edgeworth simulate

    edgeworth simulate --top-volume 10

    edgeworth simulate --breaking 10 --category crypto --author builtin

    edgeworth simulate --category politics -n 5 --runs 1000 --no-research

    edgeworth simulate --market kalshi:KXFED-26DEC-T3.75 --models 3 --max-usd 2 --json

Markets come from `edgeworth ingest`, which has to run first. Without a choice of markets there is a menu. A batch that
was interrupted goes on when the same command is given again.
"""

MOST_MARKETS = 1_000
"""Of one batch."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_WHICH = "Which markets"
_HOW = "How"
_BOUNDS = "Bounds"


def simulate(
    top_volume: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="The N markets most traded of all time.", min=1, max=MOST_MARKETS, rich_help_panel=_WHICH
        ),
    ] = None,
    trending: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="The N most traded in the last 24 hours.", min=1, max=MOST_MARKETS, rich_help_panel=_WHICH
        ),
    ] = None,
    breaking: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="The N that moved most in the last 24 hours.",
            min=1,
            max=MOST_MARKETS,
            rich_help_panel=_WHICH,
        ),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="politics, world, sports, crypto or finance: its most traded, or those of a ranking above.",
            show_default=False,
            rich_help_panel=_WHICH,
        ),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(
            "--number",
            "-n",
            metavar="N",
            help="How many of `--category`.",
            min=1,
            max=MOST_MARKETS,
            rich_help_panel=_WHICH,
        ),
    ] = None,
    market: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SLUG",
            help="This market (id, key or slug); repeat it for several.",
            show_default=False,
            rich_help_panel=_WHICH,
        ),
    ] = None,
    pick: Annotated[
        bool, typer.Option("--pick", help="Pick from a list, in a terminal.", rich_help_panel=_WHICH)
    ] = False,
    volume_floor: Annotated[
        float | None,
        typer.Option(
            metavar="USD",
            help="Leave out what traded less, unless it is named; else the setting.",
            min=0,
            rich_help_panel=_WHICH,
        ),
    ] = None,
    runs: Annotated[
        int | None,
        typer.Option(help="Most draws of a model; else the setting.", min=1, max=1_000_000, rich_help_panel=_HOW),
    ] = None,
    standard_error: Annotated[
        float,
        typer.Option(help="Stop drawing once the standard error is as small; 0 never.", min=0, rich_help_panel=_HOW),
    ] = 0.0,
    models: Annotated[
        int, typer.Option(help="Models that are written for each market.", min=1, max=20, rich_help_panel=_HOW)
    ] = 1,
    author: Annotated[
        Literal["auto", "builtin", "language-model"],
        typer.Option(help="Who writes them; auto asks a language model with a key.", rich_help_panel=_HOW),
    ] = "auto",
    research: Annotated[
        bool, typer.Option(help="Search for news, where a service is set up.", rich_help_panel=_HOW)
    ] = True,
    sandbox: Annotated[
        str | None,
        typer.Option(
            help="auto, local, daytona or unsafe; else the setting.", show_default=False, rich_help_panel=_HOW
        ),
    ] = None,
    fetch: Annotated[
        bool, typer.Option(help="Ask the venues for present books; else use the stored ones.", rich_help_panel=_HOW)
    ] = True,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Know nothing later than this (ISO 8601); looks at what is stored alone.",
            show_default=False,
            rich_help_panel=_HOW,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.", min=0, rich_help_panel=_HOW)] = 0,
    max_tokens: Annotated[
        int | None,
        typer.Option(help="Of language models; then nothing new is asked.", min=0, rich_help_panel=_BOUNDS),
    ] = None,
    max_usd: Annotated[
        float | None,
        typer.Option(help="Paid to services; then nothing new is asked.", min=0, rich_help_panel=_BOUNDS),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(help="Of wall time; then no market is begun.", min=0, rich_help_panel=_BOUNDS),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the folder of the batch begins with.", show_default=False)
    ] = None,
    prefect: Annotated[
        bool, typer.Option(help="Record the run in Prefect; without it the same steps run bare and start at once.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Model each market of a batch, run the models in a sandbox, and compare with the price.

    Without `--top-volume`, `--trending`, `--breaking`, `--category` or `--market` a menu asks which markets are meant.
    """
    from tasks.simulation_plan import AuthorChoice, SimulatePlan

    options = ChoiceOptions(
        top_volume=top_volume,
        trending=trending,
        breaking=breaking,
        category=category,
        number=number,
        markets=tuple(market or ()),
        pick=pick,
    )
    settings = load_settings()
    choice = choose(options, batch_size=settings.simulate_batch_size)
    if choice is None:
        _check_menu_possible(is_pick=pick, is_json=json)
    plan = SimulatePlan(
        runs=runs,
        standard_error=_finite("--standard-error", standard_error),
        models=models,
        author=AuthorChoice(author),
        research=research,
        sandbox=sandbox,
        seed=seed,
        budget=_budget(max_tokens, max_usd, max_seconds),
        fetch_books=fetch,
        volume_floor_usd=(
            settings.simulate_volume_floor if volume_floor is None else _finite("--volume-floor", volume_floor)
        ),
        as_of=read_instant("--as-of", as_of),
        name=_checked_name(name),
    )
    chosen = _settled(settings, plan, choice, is_list=pick)
    if chosen is None:
        raise typer.Exit(0)
    _simulate(settings, chosen, is_in_prefect=prefect, is_json=json)


def _simulate(settings: Settings, plan: SimulatePlan, *, is_in_prefect: bool, is_json: bool) -> None:
    """Run the batch and say what it came to.

    Raises:
        typer.Exit: With 1 when a market or a step failed, else 0.
    """
    from flows.commands.simulate_report import failures, has_failed, print_report, public_report
    from tasks.simulating import check_ready, simulate_plainly

    # Before Prefect is started: it would tell a wrong setting as a traceback, ten seconds later.
    check_ready(settings, plan)
    with shown_stages(quiet=is_json):
        if is_in_prefect:
            report = run_flow(settings, _import_flow, plan, report_name="batch_report.json")
        else:
            report = simulate_plainly(settings, plan)
    if is_json:
        print_json(public_report(report))
    else:
        print_report(report, plan.rule, results)
    for what, why in failures(report):
        print_error(what, why)
    raise typer.Exit(1 if has_failed(report) else 0)


def _import_flow() -> Flow[..., State]:
    from flows.simulate import simulate

    return simulate


def _settled(settings: Settings, plan: SimulatePlan, choice: Choice | None, *, is_list: bool) -> SimulatePlan | None:
    """The whole plan, with the choice given or the one made in the menu; ``None`` when the user quits there.

    Raises:
        ConfigurationError: A service asked for by name has no key, a market is not known, or there is none at all.
    """
    from tasks import wiring
    from tasks.simulation_ready import check_markets, check_services

    if choice is not None:
        plan = msgspec.structs.replace(
            plan, mode=choice.mode, count=choice.count, category=choice.category, picks=choice.picks
        )
    check_services(settings, plan)
    with wiring.open_storage(settings) as storage:
        check_markets(storage, plan)
        return _asked(settings, storage, plan, is_list=is_list) if choice is None else plan


def _asked(settings: Settings, storage: Storage, plan: SimulatePlan, *, is_list: bool) -> SimulatePlan | None:
    from flows.commands.keyboard import Keyboard
    from flows.commands.simulate_menu import MenuStart, run_menu
    from flows.commands.simulate_view import StoredMarkets, prospects
    from tasks.clock import utc_now

    start = MenuStart(
        plan=plan,
        batch_size=settings.simulate_batch_size,
        prospects=lambda wanted: prospects(settings, wanted),
        is_list=is_list,
    )
    return run_menu(
        StoredMarkets(storage, plan.as_of or utc_now()), Keyboard(sys.stdin.fileno(), sys.stdin.encoding), errors, start
    )


# --- what can be meant ------------------------------------------------------------------------------------------------


def _check_menu_possible(*, is_pick: bool, is_json: bool) -> None:
    """A menu needs somebody to answer; with ``--json`` it comes only when it is asked for."""
    is_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if is_terminal and (is_pick or not is_json):
        return
    if is_pick:
        raise ConfigurationError(f"--pick needs a terminal; without one, expected one of {CHOICES}")
    without = "with --json" if is_terminal else "without a terminal"
    raise ConfigurationError(f"{without}, expected one of {CHOICES}")


def _finite(option: str, value: float) -> float:
    if not math.isfinite(value):
        raise ConfigurationError(f"{option}: expected a finite number, found {value}")
    return value


def _budget(tokens: int | None, dollars: float | None, seconds: float | None) -> Budget:
    if seconds is not None and not _finite("--max-seconds", seconds) > 0:
        raise ConfigurationError(f"--max-seconds: expected more than 0, found {seconds}")
    from tasks.simulation_plan import Budget

    return Budget(
        tokens=tokens,
        cost=None if dollars is None else UsdMicros(micros(_finite("--max-usd", dollars))),
        seconds=seconds,
    )


def _checked_name(name: str | None) -> str | None:
    """It becomes part of a folder's name."""
    if name is not None and not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"--name: expected at most 64 letters, digits, - and _, a letter or digit first, found {name!r}"
        )
    return name
