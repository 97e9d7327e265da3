"""``edgeworth simulate``: choose markets, have each modelled and run in a sandbox, and be told what it came to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from edgeworth.errors import ConfigurationError
from flows.commands import batch_options as asked
from flows.commands.arguments import read_instant
from flows.commands.console import errors, print_error, print_json, results
from flows.commands.option_groups import takes
from flows.commands.running import run_flow, shown_stages
from flows.commands.simulate_selection import CHOICES
from tasks.settings import Settings, load_settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas import State

    from tasks.simulation.plan import SimulatePlan
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


@takes(asked.BatchOptions)
def simulate(
    *,
    batch: asked.BatchOptions,
    pick: Annotated[
        bool, typer.Option("--pick", help="Pick from a list, in a terminal.", rich_help_panel=asked.WHICH)
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Know nothing later than this (ISO 8601); looks at what is stored alone.",
            show_default=False,
            rich_help_panel=asked.HOW,
        ),
    ] = None,
    prefect: asked.InPrefect = True,
    json: asked.AsJson = False,
) -> None:
    """Model each market of a batch, run the models in a sandbox, and compare with the price.

    Without `--top-volume`, `--trending`, `--breaking`, `--category` or `--market` a menu asks which markets are meant.
    """
    settings = load_settings()
    choice = batch.choice(settings, pick=pick)
    if choice is None:
        _check_menu_possible(is_pick=pick, is_json=json)
    plan = batch.plan(settings, choice, as_of=read_instant("--as-of", as_of))
    chosen = _settled(settings, plan, is_open=choice is None, is_list=pick)
    if chosen is None:
        raise typer.Exit(0)
    _simulate(settings, chosen, is_in_prefect=prefect, is_json=json)


def _simulate(settings: Settings, plan: SimulatePlan, *, is_in_prefect: bool, is_json: bool) -> None:
    """Run the batch and say what it came to.

    Raises:
        typer.Exit: With 1 when a market or a step failed, else 0.
    """
    from flows.commands.simulate_report import failures, has_failed, print_report, public_report
    from tasks.simulation.ready import check_task_runner
    from tasks.simulation.steps import check_ready, simulate_plainly

    # Before Prefect is started: it would tell a wrong setting as a traceback, ten seconds later.
    check_ready(settings, plan)
    if is_in_prefect:
        check_task_runner(settings)
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


def _settled(settings: Settings, plan: SimulatePlan, *, is_open: bool, is_list: bool) -> SimulatePlan | None:
    """The plan with the markets that are meant; where that is open, a menu asks, and ``None`` is the user's leaving.

    Raises:
        ConfigurationError: A service asked for by name has no key, a market is not known, or there is none at all.
    """
    from tasks import wiring
    from tasks.simulation.ready import check_markets, check_services

    check_services(settings, plan)
    with wiring.open_storage(settings) as storage:
        check_markets(storage, plan)
        return _asked(settings, storage, plan, is_list=is_list) if is_open else plan


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
