"""Whether a batch of simulations can begin: looked at before any work is done, so that a mistake costs no time."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from edgeworth.errors import ConfigurationError
from edgeworth.markets.market import MarketStatus
from edgeworth.markets.universe import UniverseMode, check_rule
from edgeworth.simulation.spending import Spending, check_price
from tasks import wiring
from tasks.clock import utc_now
from tasks.results.folder import check_results_folder
from tasks.settings import Settings
from tasks.simulation.plan import AuthorChoice, SimulatePlan

NO_MARKETS = "the catalogue holds no open market: run `edgeworth ingest` first"

RUNNER_PACKAGES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "dask": ("prefect_dask", "prefect-dask", ">=0.3.7,<0.4"),
        "ray": ("prefect_ray", "prefect-ray", ">=0.6,<0.7"),
    }
)
"""By task runner: the module that it needs, its package, and the releases that fit."""


def check_ready(settings: Settings, plan: SimulatePlan) -> None:
    """See that the choice makes sense, that services asked for by name have a key, and that results have a place.

    Raises:
        ConfigurationError: Says what was expected and what was found.
        StorageError: The database or the data folder cannot be used.
    """
    check_choice(plan)
    check_services(settings, plan)
    check_results_folder(settings.results_dir)
    with wiring.open_storage(settings) as storage:
        check_markets(storage, plan)


def check_choice(plan: SimulatePlan) -> None:
    """See that the choice of markets does not contradict itself.

    Raises:
        ConfigurationError: Says what was expected and what was found.
    """
    now = utc_now()
    check_rule(plan.rule, now)
    if plan.as_of is not None and plan.as_of > now:
        raise ConfigurationError(
            f"--as-of: expected an instant that has passed, found {plan.as_of.isoformat()}: what is known then is not "
            "known yet"
        )


def check_services(settings: Settings, plan: SimulatePlan) -> None:
    """See that whoever was asked for by name can be asked.

    Raises:
        ConfigurationError: Says which key is missing, which choice there is not, or whose price is not known though
            money is bounded.
    """
    wiring.choose_sandbox(settings, kind=plan.sandbox)
    spending = Spending(cost=plan.budget.cost)
    if plan.research and (research := wiring.build_research(settings)) is not None:
        check_price(research, spending)
    model = None if plan.author is AuthorChoice.BUILTIN else wiring.build_language_model(settings)
    if model is not None:
        check_price(model, spending)
    if plan.author is AuthorChoice.BUILTIN or model is not None:
        return
    if plan.author is AuthorChoice.LANGUAGE_MODEL:
        if settings.language_model_service == "none":
            raise ConfigurationError("--author language-model: EDGEWORTH_LANGUAGE_MODEL_SERVICE is none")
        names = ", ".join(f"{service.upper()}_API_KEY" for service in wiring.MODEL_KEYS)
        raise ConfigurationError(
            f"--author language-model: expected a key in one of {names}, found none; set one, or use --author builtin"
        )


def check_markets(storage: wiring.Storage, plan: SimulatePlan) -> None:
    """See that there is something to simulate and that every market that is named is known.

    Raises:
        ConfigurationError: The catalogue holds no open market, or not one that is named.
    """
    if not storage.catalogue.count_markets(status=MarketStatus.OPEN):
        raise ConfigurationError(NO_MARKETS)
    for pick in plan.picks:
        if storage.catalogue.get_market(pick) is None:
            raise ConfigurationError(
                f"--market: expected a market id, venue key or slug of the catalogue, found {pick!r}; "
                "`edgeworth markets list --search ...` finds it"
            )


def most_draws(settings: Settings, plan: SimulatePlan) -> int:
    """Most draws of a model: as asked for, else the setting for a market alone or for a batch."""
    if plan.runs is not None:
        return plan.runs
    is_single = plan.mode is UniverseMode.CUSTOM and len(plan.picks) == 1
    return settings.simulate_runs_single if is_single else settings.simulate_runs_batch


def check_task_runner(settings: Settings) -> None:
    """See that what works on the markets of a batch in Prefect is installed.

    Raises:
        ConfigurationError: It is not; says what to install.
    """
    wanted = RUNNER_PACKAGES.get(settings.task_runner)
    if wanted is not None and find_spec(wanted[0]) is None:
        _, package, releases = wanted
        raise ConfigurationError(
            f"EDGEWORTH_TASK_RUNNER is {settings.task_runner}, which needs the package {package}: "
            f'pip install "{package}{releases}", or choose threads or processes'
        )
