"""One market of a batch: simulated once, kept, put into its folder and registered, whatever interrupts it.

The record is kept first and is what everything else is made from; whoever comes after an interruption finds it, makes
what is missing of the rest, and asks nobody anything.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edgeworth.errors import ConfigurationError, StorageError
from edgeworth.ports import Research
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
from edgeworth.simulation.remembered import RememberedSearch
from edgeworth.simulation.unit_key import unit_key
from tasks import wiring
from tasks.clock import utc_now
from tasks.code_version import code_version
from tasks.settings import load_settings
from tasks.simulation.batch import BatchIndex, MarketRef, frozen_market
from tasks.simulation.folder import BatchFolder
from tasks.simulation.pages import market_files, standing_at
from tasks.simulation.plan import SimulatePlan
from tasks.simulation.ready import most_draws
from tasks.simulation.workshop import Workshop, workshop_of_market
from tasks.taking_up import BegunRun

KIND = "market"

logger = logging.getLogger(__name__)


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
            record = without_half_characters(_simulated(shop, plan, gathered, run_id=begun.run_id))
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
    _register(storage, begun, record)


def _register(storage: wiring.Storage, begun: BegunRun, record: MarketSimulation) -> None:
    forecast = forecast_of(record, run_id=begun.run_id, registered_at=utc_now(), code_version=code_version())
    storage.simulations.register(begun.run_id, record, forecast)


def _write_pages(storage: wiring.Storage, index: BatchIndex, record: MarketSimulation) -> None:
    """Its folder, with the opportunities in which it took part at its instant, as they stood then."""
    stored = storage.opportunities.list_opportunities(market_id=record.market_id, with_gone=True)
    found, later = standing_at(stored, record.context.as_of)
    lines = opportunity_lines(found).get(record.market_id, ())
    files = market_files(record, batch=index.name, opportunities=lines, opportunities_later=later)
    BatchFolder(Path(index.folder), storage.settings).write_market(record.slug, files)


def final_record(
    storage: wiring.Storage, begun: BegunRun, index: BatchIndex, market: MarketRef, why: str | None
) -> MarketSimulation:
    """The record of a market as the report tells it: settled, or failed where that cannot be.

    Args:
        storage: Our own stores.
        begun: The run.
        index: Its markets.
        market: Which of them.
        why: What broke off its work in a way that nobody foresaw; ``None`` where nothing did.
    """
    record = kept_record(storage.units, begun.run_id, market.market_id)
    if record is None:
        now = utc_now()
        gathered = frozen_market(storage.units, begun.run_id, market.market_id)
        why = why or "its work was never begun"
        lost = without_half_characters(failed(gathered, why, started_at=now, finished_at=now))
        return _told_as_failed(storage, begun, index, lost)
    if why is None:
        return record
    try:
        # It came to an answer: what broke off is its folder or its registration, or nothing but the process.
        settle(storage, begun, index, record)
    except (ConfigurationError, StorageError):
        raise
    except Exception:
        logger.exception("%s cannot be settled", market.market_id)
        spoilt = replace(record, status=MarketStatus.FAILED, estimate=None, problem=why)
        return _told_as_failed(storage, begun, index, without_half_characters(spoilt))
    return record


def _told_as_failed(
    storage: wiring.Storage, begun: BegunRun, index: BatchIndex, record: MarketSimulation
) -> MarketSimulation:
    keep_record(storage.units, begun.run_id, record)
    # What was registered before its work broke off stands.
    if not storage.simulations.forecasts(run_id=begun.run_id, market_id=record.market_id):
        _register(storage, begun, record)
    try:
        _write_pages(storage, index, record)
    except (ConfigurationError, StorageError):
        raise
    except Exception:
        # The market is told as failed in any case; the report of the others must not fail with it.
        logger.exception("%s has no page", record.market_id)
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


def _simulated(shop: Workshop, plan: SimulatePlan, market: GatheredMarket, *, run_id: str) -> MarketSimulation:
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

    searched = _searched(shop, run_id, market.market_id)
    return shop.do(lambda: simulate_market(market, researcher=searched, modeller=modeller, clock=utc_now))


def _searched(shop: Workshop, run_id: str, market_id: str) -> Research | None:
    """Who is searched for one market; what an earlier process of the batch paid for is in its sum."""
    if shop.researcher is None:
        return None
    return RememberedSearch(
        shop.researcher, shop.storage.units, run=run_id, market_id=market_id, on_recall=shop.spending.count_search
    )


def market_seed(seed: int, market_id: str) -> int:
    """The seed of one market: two markets of a batch do not share their noise, and a batch can be made again."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{market_id}".encode()).digest()[:4], "big")
