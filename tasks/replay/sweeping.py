"""A sweep from its beginning to its report, free of Prefect: lay out, make each unit, judge, publish.

``flows/sweep.py`` gives each unit its own record and line in the UI, in whichever process; ``edgeworth sweep
--no-prefect`` makes the same units one after another. A unit's trials stand in the ledger as soon as it is made: a
sweep that is killed and started again makes those that are missing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import msgspec
from msgspec import Struct

from edgeworth.errors import ConfigurationError, StorageError
from edgeworth.replay.ledger import TrialLedger, sharpes_digest, tried
from edgeworth.replay.sweep import Trial, TrialMaker, Verdict, judge
from edgeworth.reports.replay import SweepReport
from tasks import run_claims, wiring
from tasks.clock import utc_now
from tasks.progress import current_stages
from tasks.replay import publishing
from tasks.replay.editions import Edition, edition_of
from tasks.replay.failures import Failure, Failures, together
from tasks.replay.plan import SweepPlan
from tasks.replay.steps import report_heading
from tasks.replay.sweep_layout import PreparedSweep, SweepLayout, SweepUnit, lay_out, prepare_sweep
from tasks.settings import Settings
from tasks.taking_up import BegunRun, begin_run

STAGE = "sweep"
TAKEN_UP_WITHIN = timedelta(days=7)
"""A sweep that was killed goes on under its name; what it made is known whatever its name."""

logger = logging.getLogger(__name__)


class UnitMade(Struct, frozen=True, kw_only=True):
    """What came of a unit: its trials, and those that came to nothing."""

    trials: tuple[Trial, ...] = ()
    failed: tuple[Failure, ...] = ()

    @property
    def count(self) -> int:
        """Settings that were tried, with or without success."""
        return len(self.trials) + sum(one.trials for one in self.failed)


def begin_sweep(settings: Settings, plan: SweepPlan) -> BegunRun:
    """Note that a sweep begins, or take up one with the same plan that was killed."""
    with wiring.open_storage(settings) as storage:
        return begin_run(storage, settings, kind="sweep", parameters=msgspec.to_builtins(plan), within=TAKEN_UP_WITHIN)


def laid_out(settings: Settings, given: PreparedSweep, plan: SweepPlan, edition: Edition) -> SweepLayout:
    """What there is to do; see ``lay_out``."""
    with wiring.open_storage(settings) as storage:
        return lay_out(given, plan, storage.trials, edition)


def make_unit(
    settings: Settings,
    run: BegunRun,
    unit: SweepUnit,
    version: str,
    *,
    before_each: Callable[[], None] = lambda: None,
) -> UnitMade:
    """Make the trials of ``unit`` and keep them in the ledger.

    Args:
        settings: Where the ledger is.
        run: The sweep.
        unit: What to try.
        version: Of the code of this process.
        before_each: Called before each trial; a ``CancelledError`` ends the unit.

    Raises:
        CancelledError: The sweep was left.
        ConfigurationError: The strategy cannot be imported in this process.
        StorageError: The ledger cannot be written.
    """
    trials: list[Trial] = []
    failures = Failures(unit.bars.asset)
    for result in _tried(unit, before_each):
        if isinstance(result, Trial):
            trials.append(result)
        elif failures.add(result):
            # Once for each kind: a thousand settings fail in the same line.
            logger.warning("a trial over %s came to nothing", unit.bars.asset, exc_info=result)
    if trials:
        with wiring.open_storage(settings) as storage:
            storage.trials.save(
                trials,
                is_synthetic=unit.bars.is_synthetic,
                code_version=version,
                run_id=run.run_id,
                made_at=utc_now(),
            )
    for one in failures.found():
        if one.trials > 1:
            logger.warning("%d trials over %s came to nothing by %s", one.trials, one.asset, one.kind)
    return UnitMade(trials=tuple(trials), failed=failures.found())


def broken_off(unit: SweepUnit, error: BaseException) -> UnitMade:
    """A unit whose process was lost, or that no process could begin.

    Raises:
        BaseException: ``error`` itself, when the other units would fail in the same way or the user stops the sweep.
    """
    if isinstance(error, ConfigurationError | StorageError) or not isinstance(error, Exception):
        raise error
    logger.error("unit %s broke off", unit.name, exc_info=error)
    failures = Failures(unit.bars.asset)
    failures.add(error, trials=len(unit.settings))
    return UnitMade(failed=failures.found())


def swept(
    settings: Settings,
    run: BegunRun,
    plan: SweepPlan,
    given: PreparedSweep,
    layout: SweepLayout,
    made: Sequence[UnitMade],
    *,
    edition: Edition,
    seconds: float,
) -> SweepReport:
    """The report over what the ledger had and what was made, held against all that was ever tried on these bars."""
    trials = _in_order(given, [*layout.known, *(trial for unit in made for trial in unit.trials)])
    with wiring.open_storage(settings) as storage:
        earlier = list(_earlier(storage.trials, given, edition))
    verdict: Verdict | None = judge(trials, earlier) if trials else None
    return SweepReport(
        **report_heading(run, seconds),
        notes=tuple(_notes(given, edition)),
        bars=tuple(one.read.told for one in given.sets),
        strategy=given.strategies[0].name,
        settings=given.base,
        grid=plan.grid,
        setup=given.sets[0].setup,
        verdict=verdict,
        made_now=len(trials) - len(layout.known),
        taken_from_ledger=len(layout.known),
        earlier_trials=len(earlier),
        earlier_digest=sharpes_digest(earlier) if earlier else None,
        failed=together(one for unit in made for one in unit.failed),
        reach=plan.window,
    )


def sweep_plainly(settings: Settings, plan: SweepPlan, *, edition: Edition | None = None) -> SweepReport:
    """The whole sweep in this process, without Prefect, one trial after another.

    Args:
        settings: Where stores and results are.
        plan: What to try.
        edition: The code that makes the trials; ``None`` for this process's.

    Raises:
        ConfigurationError: As ``prepare_sweep``; nothing is written.
        StorageError: The stores or the results folder cannot be used.
    """
    given = prepare_sweep(settings, plan)
    edition = edition or edition_of(plan.strategy)
    run = begin_sweep(settings, plan)
    try:
        layout = laid_out(settings, given, plan, edition)
        began = time.perf_counter()
        counter = _Counter(layout.missing)
        made = [make_unit(settings, run, unit, edition.version, before_each=counter.advance) for unit in layout.units]
        counter.advance()
        seconds = time.perf_counter() - began
        report = swept(settings, run, plan, given, layout, made, edition=edition, seconds=seconds)
        return publishing.publish(settings, plan, report)
    except BaseException:
        run_claims.leave(run.run_id)
        raise


class _Counter:
    """Tells whoever watches how many trials are done."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def advance(self) -> None:
        """Another trial begins, or all are done."""
        current_stages().advanced(STAGE, min(self._done, self._total), self._total)
        self._done += 1


def _tried(unit: SweepUnit, before_each: Callable[[], None]) -> Iterator[Trial | Exception]:
    """Each trial, or why there is none: what a strategy raises over one setting says nothing of the next."""
    maker = TrialMaker(unit.bars, unit.setup, reach=unit.reach)
    for strategy in unit.strategies():
        before_each()
        try:
            yield maker.trial(strategy)
        except Exception as error:  # noqa: BLE001 - told by whoever counts them
            # A strategy may be anybody's code and raise anything.
            yield error


def _earlier(ledger: TrialLedger, given: PreparedSweep, edition: Edition) -> Iterator[float]:
    """Sharpe ratios of everything else that was ever tried on these bars."""
    for one in given.sets:
        ours = {tried(configuration, edition.version) for configuration in one.configurations}
        yield from (sharpe for what, sharpe in ledger.sharpes(one.bars.digest).items() if what not in ours)


def _in_order(given: PreparedSweep, trials: Sequence[Trial]) -> list[Trial]:
    """``trials`` as the sweep names them, wherever they come from and whichever was made first: sums depend on it."""
    digests = [(one.bars.digest, one.configurations) for one in given.sets]
    pairs = ((dataset, configuration) for dataset, configurations in digests for configuration in configurations)
    places = {pair: place for place, pair in enumerate(pairs)}
    # One that another machine made with other code of the user's own has no place.
    return sorted(trials, key=lambda trial: places.get((trial.dataset, trial.configuration), len(places)))


def _notes(given: PreparedSweep, edition: Edition) -> Iterator[str]:
    yield from dict.fromkeys(note for one in given.sets for note in one.read.notes)
    if not edition.is_certain:
        yield (
            "Edgeworth runs from a checkout with changes, whose version does not tell one state from another: trials "
            "made before were made again instead of taken from the ledger."
        )
    if len({msgspec.json.encode(one.setup) for one in given.sets}) > 1:
        yield f"Costs and settlement are those of {given.sets[0].bars.asset}; each of the others was swept at its own."
