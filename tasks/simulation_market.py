"""One market of a batch: simulated once, kept, put into its folder and registered, whatever interrupts it.

The record is kept first and is what everything else is made from; whoever comes after an interruption finds it, makes
what is missing of the rest, and asks nobody anything.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from edgeworth.reports.market_page import opportunity_lines
from edgeworth.simulation.authoring.market import model_market
from edgeworth.simulation.authoring.writing import AuthoringRule
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.contract import RunOptions, draws_a_call
from edgeworth.simulation.estimate import Verdict
from edgeworth.simulation.forecast import forecast_of
from edgeworth.simulation.market_run import GatheredMarket, failed, simulate_market, skipped
from edgeworth.simulation.ports import UnitStore
from edgeworth.simulation.record import MarketSimulation, MarketStatus, ModelRun, without_half_characters
from edgeworth.simulation.unit_key import unit_key
from tasks import wiring
from tasks.batch_folder import BatchFolder
from tasks.clock import utc_now
from tasks.results import code_version
from tasks.settings import load_settings
from tasks.simulation_batch import BatchIndex, MarketRef, frozen_market
from tasks.simulation_pages import market_files
from tasks.simulation_plan import SimulatePlan
from tasks.simulation_ready import most_draws
from tasks.taking_up import BegunRun
from tasks.workshop import Workshop, workshop_of_market

KIND = "market"


class MarketOutcome(Struct, frozen=True, kw_only=True):
    """How one market ended, in little.

    Attributes:
        title: Its question.
        problem: Why there is no estimate.
        budget_note: Why nothing more was asked of paid services where it was made; ``None`` when something may be.
    """

    market_id: str
    slug: str
    title: str
    status: MarketStatus
    verdict: Verdict | None = None
    problem: str | None = None
    budget_note: str | None = None

    @property
    def told(self) -> str:
        """How it ended, in words."""
        return self.status.value if self.verdict is None else self.verdict.value.replace("_", " ")


def simulate_one(begun: BegunRun, plan: SimulatePlan, index: BatchIndex, market: MarketRef) -> MarketOutcome:
    """Bring one market to its end, or find it there.

    Raises:
        ConfigurationError: A key is refused; the other markets would fail in the same way.
        StorageError: A store or the results cannot be used.
    """
    with workshop_of_market(begun, plan) as shop:
        if shop.is_visited and plan.budget.is_counted:
            _count_others(shop, begun, index)
        gathered = frozen_market(shop.storage.units, begun.run_id, market.market_id)
        record = kept_record(shop.storage.units, begun.run_id, market.market_id)
        if record is None:
            record = without_half_characters(_simulated(shop, plan, gathered))
            keep_record(shop.storage.units, begun.run_id, record)
            shop.counted.add(market.market_id)
        else:
            shop.count(market.market_id, record.usage)
        settle(shop.storage, begun, index, record)
        return outcome_of(record, shop.closing.budget_note)


def _count_others(shop: Workshop, begun: BegunRun, index: BatchIndex) -> None:
    """What the markets that ended in other processes paid; those that are on their way there are not seen."""
    for other in index.markets:
        if other.market_id not in shop.counted:
            record = kept_record(shop.storage.units, begun.run_id, other.market_id)
            if record is not None:
                shop.count(other.market_id, record.usage)


def kept_record(units: UnitStore, run_id: str, market_id: str) -> MarketSimulation | None:
    """The record of a market that came to its end."""
    body = units.recall(KIND, unit_key(KIND, run_id, market_id))
    return None if body is None else msgspec.json.decode(body, type=MarketSimulation)


def keep_record(units: UnitStore, run_id: str, record: MarketSimulation) -> None:
    """Keep ``record`` as how its market ended."""
    units.remember(KIND, unit_key(KIND, run_id, record.market_id), msgspec.json.encode(record))


def settle(storage: wiring.Storage, begun: BegunRun, index: BatchIndex, record: MarketSimulation) -> None:
    """Write the market's folder and register its forecast; doing so again changes nothing."""
    _write_pages(storage, index, record)
    forecast = forecast_of(record, run_id=begun.run_id, registered_at=utc_now(), code_version=code_version())
    storage.simulations.register(begun.run_id, record, forecast)


def _write_pages(storage: wiring.Storage, index: BatchIndex, record: MarketSimulation) -> None:
    """Its folder, with the opportunities in which it takes part as they stand now."""
    stored = storage.opportunities.list_opportunities(market_id=record.market_id)
    lines = opportunity_lines([one.opportunity for one in stored]).get(record.market_id, ())
    files = market_files(record, batch=index.name, opportunities=lines)
    BatchFolder(Path(index.folder)).write_market(record.slug, files)


def lost_record(
    storage: wiring.Storage, begun: BegunRun, index: BatchIndex, market: MarketRef, why: str
) -> MarketSimulation:
    """The record of a market whose work broke off in a way that nobody foresaw; it counts as failed."""
    now = utc_now()
    gathered = frozen_market(storage.units, begun.run_id, market.market_id)
    record = without_half_characters(failed(gathered, why, started_at=now, finished_at=now))
    keep_record(storage.units, begun.run_id, record)
    if storage.simulations.forecasts(run_id=begun.run_id, market_id=market.market_id):
        # Its work broke off after it had been registered: what was said before stands.
        _write_pages(storage, index, record)
    else:
        settle(storage, begun, index, record)
    return record


def outcome_of(record: MarketSimulation, budget_note: str | None) -> MarketOutcome:
    """``record`` in little."""
    return MarketOutcome(
        market_id=record.market_id,
        slug=record.slug,
        title=record.question or record.market_id,
        status=record.status,
        verdict=None if record.estimate is None else record.estimate.verdict,
        problem=record.problem,
        budget_note=budget_note,
    )


def _simulated(shop: Workshop, plan: SimulatePlan, market: GatheredMarket) -> MarketSimulation:
    seconds = plan.budget.seconds
    if seconds is not None and shop.seconds >= seconds:
        return skipped(market, f"not begun: the budget of {seconds:g} seconds is spent", at=utc_now())
    if market.problem is not None:
        now = utc_now()
        return failed(market, market.problem, started_at=now, finished_at=now)
    runs = most_draws(load_settings(), plan)
    options = RunOptions(
        runs=runs,
        batch=draws_a_call(runs, may_stop_early=plan.standard_error > 0),
        standard_error=plan.standard_error,
        seed=market_seed(plan.seed, market.market_id),
    )
    rule = AuthoringRule(options=options)

    async def modeller(context: SimulationContext) -> Sequence[ModelRun]:
        return await model_market(
            context, author=shop.author, runner=shop.runner, rule=rule, stopwatch=time.monotonic, models=plan.models
        )

    return shop.do(lambda: simulate_market(market, researcher=shop.researcher, modeller=modeller, clock=utc_now))


def market_seed(seed: int, market_id: str) -> int:
    """The seed of one market: two markets of a batch do not share their noise, and a batch can be made again."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{market_id}".encode()).digest()[:4], "big")
