"""What a batch really used, and what was used instead of what: said once, clearly, on every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from edgeworth.simulation.record import AuthorKind, MarketSimulation
from tasks import wiring
from tasks.settings import Settings
from tasks.simulation.plan import AuthorChoice, SimulatePlan


class Used(Struct, frozen=True, kw_only=True):
    """What was used.

    Attributes:
        author: Who was to write the models. sandbox: The level that confined them.
        replaced: What stood in for what, and why, a sentence each.
    """

    author: str
    sandbox: str
    replaced: tuple[str, ...]


def used_instead(
    settings: Settings, plan: SimulatePlan, records: Sequence[MarketSimulation], sandbox_note: str
) -> Used:
    """What the batch of ``records`` used.

    Args:
        settings: Which services there are.
        plan: What was asked for.
        records: What came of it.
        sandbox_note: Why the sandbox is nothing stronger.
    """
    author = None if plan.author is AuthorChoice.BUILTIN else wiring.build_language_model(settings)
    researcher = wiring.build_research(settings) if plan.research else None
    levels = Counter(model.sandbox for record in records for model in record.models if model.sandbox)
    replaced = []
    if author is None and plan.author is AuthorChoice.AUTO:
        replaced.append("Built-in models instead of a language model's: no language model is set up.")
    if researcher is None and plan.research:
        replaced.append("The catalogue's own evidence instead of news: no research service is set up.")
    if sandbox_note:
        replaced.append(f"The sandbox is nothing stronger: {sandbox_note}.")
    replaced += _fallbacks(records)
    return Used(
        author="builtin" if author is None else author.name,
        sandbox="+".join(sorted(levels)) or wiring.choose_sandbox(settings, kind=plan.sandbox),
        replaced=tuple(replaced),
    )


def _fallbacks(records: Sequence[MarketSimulation]) -> list[str]:
    number = sum(any(model.kind is AuthorKind.FALLBACK for model in record.models) for record in records)
    if not number:
        return []
    markets = "1 market" if number == 1 else f"{number} markets"
    return [f"A built-in model instead of a written one for {markets}: see each market's page for the reason."]
