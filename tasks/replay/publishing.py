"""The folder of a screening, a replay or a proof of parity, and the end of its run in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from edgeworth.replay.bars import Bars, instant
from edgeworth.replay.candidates import candidates_text
from edgeworth.replay.parity import Certificate
from edgeworth.reports.figures import counted
from edgeworth.reports.parity_page import render_parity
from edgeworth.reports.rendering import percent
from edgeworth.reports.replay import BarsTold, ParityReport, ReplayReport, ScreenReport, SweepReport
from edgeworth.reports.replay_document import parity_json, replay_json, screen_json, sweep_json
from edgeworth.reports.replay_page import render_replay
from edgeworth.reports.screen_page import render_screen
from edgeworth.reports.sweep_page import render_sweep
from tasks import run_claims, wiring
from tasks.replay.editions import is_certain
from tasks.replay.own_code import UNREADABLE, source_digest
from tasks.replay.plan import BarsChoice, ReplayPlan, SweepPlan
from tasks.results.folder import json_text, make_run_folder
from tasks.results.index import ALL_RUNS, tell_of_runs
from tasks.settings import Settings

Report = ScreenReport | ReplayReport | ParityReport | SweepReport
Some = TypeVar("Some", bound=Report)

_PAGES: dict[type[Struct], tuple[str, Callable[[Any], dict[str, Any]], Callable[..., str]]] = {
    ScreenReport: ("screen", screen_json, render_screen),
    ReplayReport: ("replay", replay_json, render_replay),
    ParityReport: ("parity", parity_json, render_parity),
    SweepReport: ("sweep", sweep_json, render_sweep),
}


def report_document(report: Report) -> dict[str, Any]:
    """What the JSON file of the run holds, and ``--json`` prints."""
    return _PAGES[type(report)][1](report)


def publish(settings: Settings, plan: ReplayPlan | SweepPlan, report: Some) -> Some:
    """Write the run's folder, close the run in the store, and give the report with its folder.

    The folder appears complete or not at all.
    """
    kind, as_json, as_page = _PAGES[type(report)]
    with make_run_folder(settings, f"{kind}_{_about(report)}", report.started_at) as folder:
        report = msgspec.structs.replace(report, folder=folder.shown)
        folder.write("summary.html", as_page(report, index=ALL_RUNS))
        folder.write(f"{kind}.json", json_text(as_json(report), is_compact=True))
        for name, text in _tables(report):
            folder.write(name, text)
        folder.write("manifest.json", json_text(_manifest(plan, report)))
    # Only now: a process that is killed before leaves a run to be taken up, none that is complete without a report.
    with wiring.open_storage(settings) as storage:
        storage.catalogue.finish_run(
            report.run_id, finished_at=report.finished_at, status=status(report), counts=_counts(report)
        )
    run_claims.let_go(settings.data_dir, report.run_id)
    tell_of_runs(settings)
    return report


def status(report: Report) -> str:
    """How the run ended, as the store calls it."""
    return "failed" if has_failed(report) else "complete"


def has_failed(report: Report) -> bool:
    """Whether the two replays differ, something looks ahead, or a part of a sweep came to nothing."""
    if isinstance(report, ParityReport):
        looked_ahead = report.look_ahead is not None and not report.look_ahead.is_clean
        return looked_ahead or not report.certificate.equal
    return isinstance(report, SweepReport) and bool(report.failed)


def sentence(report: Report) -> str:
    """The run in one line."""
    match report:
        case ScreenReport():
            return f"{len(report.candidates):,} candidates in {report.bars.bars:,} bars of {report.bars.asset}"
        case ReplayReport():
            found = report.metrics
            over = f"{report.strategy} over {report.bars.bars:,} bars of {report.bars.asset}"
            return f"{over}: {counted(found.trades, 'trade')}, {found.total_return:+.1%}"
        case ParityReport():
            return _compared(report.certificate)
        case SweepReport():
            return _judged(report)


def _judged(report: SweepReport) -> str:
    verdict, lost = report.verdict, sum(one.trials for one in report.failed)
    made = f"{report.strategy}: {counted(report.made_now + report.taken_from_ledger, 'trial')}"
    deflated = None if verdict is None else verdict.deflated_sharpe
    said = "nothing to judge" if deflated is None else f"deflated Sharpe ratio of the best {percent(deflated)}"
    return f"{counted(lost, 'trial')} came to nothing; {made}, {said}" if lost else f"{made}, {said}"


def _compared(found: Certificate) -> str:
    first = found.first_divergence
    said = "equal" if first is None else f"different from the bar of {first.opens_at:%Y-%m-%d %H:%M} UTC on"
    trades = counted(found.trades, "trade")
    return f"{found.strategy} over {found.bars:,} bars: {said}, {trades}, {found.speedup:.1f} times as fast"


def _bars(report: Report) -> tuple[BarsTold, ...]:
    return report.bars if isinstance(report, SweepReport) else (report.bars,)


def _about(report: Report) -> str:
    assets = [told.asset for told in _bars(report)]
    strategy = report.certificate.strategy if isinstance(report, ParityReport) else report.strategy
    return "_".join([*assets[:3], strategy or ""])


def _tables(report: Report) -> Iterable[tuple[str, str]]:
    """What is too long for a page, one row a line."""
    match report:
        case ScreenReport():
            yield "candidates.jsonl", candidates_text(report.candidates)
        case ReplayReport():
            yield "candidates.jsonl", candidates_text(outcome.candidate for outcome in report.outcomes)
            yield "trades.jsonl", _lines(report.replay.trades)
            yield "equity.csv", _equity(report.replay.bars, report.replay.equity.tolist())
        case SweepReport() if report.verdict is not None:
            yield "trials.jsonl", _lines(report.verdict.trials)


def _lines(values: Iterable[object]) -> str:
    return "".join(f"{msgspec.json.encode(value).decode()}\n" for value in values)


def _equity(bars: Bars, equity: list[float]) -> str:
    rows = zip(bars.opens_at.tolist(), equity, strict=True)
    ends = (f"{instant(at + bars.interval_seconds):%Y-%m-%dT%H:%M:%SZ},{value!r}\n" for at, value in rows)
    return "".join(["known_at,equity\n", *ends])


def _manifest(plan: ReplayPlan | SweepPlan, report: Report) -> dict[str, Any]:
    """Everything needed to say how this result came about."""
    source = source_digest(plan.strategy)
    found: dict[str, Any] = {
        "run_id": report.run_id,
        "code_version": report.code_version,
        "started_at": report.started_at.isoformat(),
        "finished_at": report.finished_at.isoformat(),
        "parameters": _parameters(plan),
        "inputs": [{"source": told.source, "asset": told.asset, "sha256": told.digest} for told in _bars(report)],
        "strategy_source_sha256": None if source == UNREADABLE else source,
    }
    if isinstance(report, SweepReport):
        found |= {"earlier_trials": report.earlier_trials, "earlier_sharpes_sha256": report.earlier_digest}
    return found | {"not_controlled": "; ".join(_not_controlled(report, source))}


def _not_controlled(report: Report, source: str | None) -> Iterable[str]:
    """What another run of the same command may differ by, although all that is named above is the same."""
    if not is_certain(report.code_version):
        yield "the code of Edgeworth, whose version does not tell one state of a changed checkout from another"
    if source == UNREADABLE:
        yield "the strategy, whose source could not be read"
    elif source is not None:
        yield (
            "what the strategy's source, of which the digest is noted, reads beside the bars: installed packages, "
            "files, the clock, chance"
        )
    if isinstance(report, SweepReport):
        yield (
            "what the ledger held when the sweep was judged: its deflated Sharpe ratio counts earlier trials of the "
            "same bars, of which the number and a digest are noted"
        )
    yield "times, and last digits that another processor or another version of a library may round otherwise"


def _parameters(plan: ReplayPlan | SweepPlan) -> Any:
    """The plan as plain values; of files their names only, for a report may be handed on."""

    def public(choice: BarsChoice) -> BarsChoice:
        return choice if choice.path is None else msgspec.structs.replace(choice, path=Path(choice.path).name)

    if isinstance(plan, SweepPlan):
        return msgspec.to_builtins(msgspec.structs.replace(plan, bars=[public(choice) for choice in plan.bars]))
    candidates = None if plan.candidates is None else Path(plan.candidates).name
    return msgspec.to_builtins(msgspec.structs.replace(plan, bars=public(plan.bars), candidates=candidates))


def _counts(report: Report) -> dict[str, object]:
    """What the book of runs keeps."""
    told = _bars(report)
    counts: dict[str, object] = {
        "assets": [one.asset for one in told],
        "bars": sum(one.bars for one in told),
        "is_synthetic": any(one.is_synthetic for one in told),
        "folder": report.folder,
    }
    match report:
        case ScreenReport():
            counts["candidates"] = len(report.candidates)
        case ReplayReport():
            counts |= {"trades": report.metrics.trades, "total_return": report.metrics.total_return}
        case ParityReport():
            counts |= {"equal": report.certificate.equal, "trades": report.certificate.trades}
        case SweepReport():
            failed = sum(one.trials for one in report.failed)
            counts |= {"trials": report.made_now + report.taken_from_ledger, "failed": failed}
    return counts
