"""What ``edgeworth simulate`` looks up before a batch: the catalogue as the menu sees it, and what a plan will do.

Reads only. Nothing here asks a service: which ones will be asked is read off the settings and their keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.universe import Selection, UniverseRule
from edgeworth.reports.rendering import usd
from edgeworth.units import UsdMicros
from tasks import wiring
from tasks.settings import Settings
from tasks.simulation.gathering import choose
from tasks.simulation.plan import AuthorChoice, SimulatePlan
from tasks.simulation.ready import most_draws


class StoredMarkets:
    """The catalogue's open markets at an instant; a ``CatalogueView``."""

    def __init__(self, storage: wiring.Storage, as_of: datetime) -> None:
        self._storage = storage
        self._catalogue = storage.catalogue
        self._as_of = as_of

    def count(self, words: str) -> int:
        """Open markets whose question has all of ``words``; all of them for none."""
        return self._catalogue.count_markets(status=MarketStatus.OPEN, search=words)

    def page(self, words: str, offset: int, limit: int) -> Sequence[Market]:
        """At most ``limit`` of those after the first ``offset``."""
        return self._catalogue.find_markets(status=MarketStatus.OPEN, search=words, offset=offset, limit=limit)

    def named(self, name: str) -> Market | None:
        """The market with this id, venue key or slug, open or not."""
        return self._catalogue.get_market(name)

    def select(self, rule: UniverseRule) -> Selection:
        """What a batch by ``rule`` would choose now, and why not the others."""
        selection, _ = choose(self._storage, rule, self._as_of)
        return selection


def prospects(settings: Settings, plan: SimulatePlan) -> list[tuple[str, str]]:
    """What ``plan`` will do under ``settings``, as labels and sentences.

    Raises:
        ConfigurationError: A service is named in the settings and its key is missing.
    """
    model = None if plan.author is AuthorChoice.BUILTIN else wiring.build_language_model(settings)
    research = wiring.build_research(settings) if plan.research else None
    sandbox = wiring.choose_sandbox(settings, kind=plan.sandbox)
    is_paid = model is not None or research is not None or sandbox == "daytona"
    return [
        ("Author", _author(plan, None if model is None else model.name)),
        ("Research", _research(plan, None if research is None else research.name)),
        ("Sandbox", _SANDBOXES[sandbox]),
        ("Draws", f"at most {most_draws(settings, plan):,} of each model"),
        ("Cost", _cost(plan) if is_paid else "$0: nobody is asked who charges"),
        ("Results", f"{settings.results_dir}/{plan.batch_name}_<date>_<time>/"),
    ]


_SANDBOXES = {
    "local": "this machine, confined",
    "daytona": "Daytona",
    "unsafe": "this machine, NOT confined: generated code can do what you can",
}


def _author(plan: SimulatePlan, model: str | None) -> str:
    if model is not None:
        return f"{model}, {plan.models:,} a market; a built-in model where it fails"
    return "built-in models" + ("" if plan.author is AuthorChoice.BUILTIN else "; no language model is set up")


def _research(plan: SimulatePlan, service: str | None) -> str:
    if service is not None:
        return service
    return "none; no service is set up" if plan.research else "none, as asked for"


def _cost(plan: SimulatePlan) -> str:
    budget = plan.budget
    bounds = [
        *(() if budget.cost is None else (usd(UsdMicros(budget.cost)),)),
        *(() if budget.tokens is None else (f"{budget.tokens:,} tokens",)),
    ]
    return "not known before; " + (f"stops at {' or '.join(bounds)}" if bounds else "--max-usd N bounds it")
