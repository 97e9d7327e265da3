"""Runs as the store notes them, told as the index of all runs tells them. Values in, values out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from edgeworth.reports.batch import RunSummary
from edgeworth.reports.index_page import MOST_RUNS, Strays
from edgeworth.simulation.estimate import Verdict
from edgeworth.units import UsdMicros
from edgeworth.web import run_files
from edgeworth.web.ports import Site, SiteRun
from edgeworth.web.rendering import run_address
from edgeworth.web.replay_runs import came_of

KINDS = {"simulate": "batch", "discover": "discovery"}
"""Kinds of runs by their name in the store, where pages call them something else."""

STATES = {"complete": "completed"}

INTERRUPTED = "interrupted"
"""The store calls it running, and no process works on it any more."""

MOST_STRAYS = 20

BEYOND = (Verdict.STRONG.value, Verdict.WORTH_A_LOOK.value)


def state_of(run: SiteRun, is_going_on: Callable[[str], bool | None]) -> str:
    """How a run ended or stands. One of another machine is taken at the store's word."""
    if run.status == "running" and is_going_on(run.run_id) is False:
        return INTERRUPTED
    return STATES.get(run.status, run.status)


class ToldRuns(NamedTuple):
    """The newest runs, the folders that belong to none of them, and whether there are older runs."""

    runs: list[RunSummary]
    strays: Strays
    note: str


def told_runs(site: Site, address: Callable[[str], str | None] = run_address) -> ToldRuns:
    """Everything that the index tells, at most ``MOST_RUNS`` runs.

    Args:
        site: Where stores and results are.
        address: Of the page of the run in a folder, by the folder's name; ``None`` when it has none.

    Raises:
        StorageError, ConfigurationError: The store cannot be read.
    """
    store = site.open_store()
    runs = [] if store is None else store.runs(MOST_RUNS)
    synthetic = frozenset[str]() if store is None else store.synthetic_runs([run.run_id for run in runs])
    folders = run_files.RunFolders(site.results_dir)
    told = [
        summary_of(run, folders=folders, is_going_on=site.is_going_on, synthetic=synthetic, address=address)
        for run in runs
    ]
    is_all = len(runs) < MOST_RUNS
    note = "" if is_all else f"The newest {MOST_RUNS:,}; the table run of the database has all."
    return ToldRuns(told, _strays(site, told, address) if is_all else Strays(), note)


def _strays(site: Site, told: Collection[RunSummary], address: Callable[[str], str | None]) -> Strays:
    known = {run.page for run in told}
    folders = sorted(
        run_files.subfolders(site.results_dir, most=MOST_RUNS * 4), key=lambda name: name[-15:], reverse=True
    )
    found: list[tuple[str, str]] = []
    for name in folders:
        page = address(name)
        if page is None or page in known:
            continue
        if len(found) == MOST_STRAYS:
            return Strays(found, is_more=True)
        found.append((name, page))
    return Strays(found)


def summary_of(
    run: SiteRun,
    *,
    folders: run_files.RunFolders,
    is_going_on: Callable[[str], bool | None],
    synthetic: Collection[str],
    address: Callable[[str], str | None] = run_address,
) -> RunSummary:
    """What the index says of ``run``; what its counts do not tell is ``None``.

    Args:
        run: As the store notes it.
        folders: Among which its own may be.
        is_going_on: See ``Site``.
        synthetic: Runs of which it is known that they were about invented markets.
        address: See ``told_runs``.
    """
    counts: Mapping[str, Any] = run.counts or {}
    kind = KINDS.get(run.kind, run.kind)
    is_batch = kind == "batch"
    folder = folders.folder_of(run.run_id, run.started_at, counts.get("folder"))
    verdicts = counts.get("verdicts")
    return RunSummary(
        run_id=run.run_id,
        kind=kind,
        name=_name(run, folder),
        state=state_of(run, is_going_on),
        started_at=run.started_at,
        finished_at=run.finished_at,
        page=None if folder is None else address(folder),
        markets=_number(counts.get("markets")) if is_batch else None,
        succeeded=_number(counts.get("succeeded")) if is_batch else None,
        failed=_number(counts.get("failed")) if is_batch else None,
        skipped=_number(counts.get("skipped")) if is_batch else None,
        beyond_noise=_beyond(verdicts) if isinstance(verdicts, dict) else None,
        cost=_cost(counts.get("usage")),
        came_of=came_of(kind, counts),
        is_synthetic=run.run_id in synthetic or _reads_synthetic(counts),
    )


def _name(run: SiteRun, folder: str | None) -> str:
    sources = run.parameters.get("sources")
    if run.kind == "ingest" and isinstance(sources, list) and sources:
        return ", ".join(str(source) for source in sources)
    stamp = f"_{run.started_at:%Y%m%d_%H%M%S}"
    if folder is not None and stamp in folder:
        return folder.partition(stamp)[0]
    return KINDS.get(run.kind, run.kind)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _beyond(verdicts: Mapping[str, Any]) -> int:
    return sum(_number(verdicts.get(name)) or 0 for name in BEYOND)


def _cost(usage: object) -> UsdMicros | None:
    cost = _number(usage.get("cost")) if isinstance(usage, dict) else None
    return None if cost is None else UsdMicros(cost)


def _reads_synthetic(counts: Mapping[str, Any]) -> bool:
    if counts.get("is_synthetic") is True:
        return True
    sources = counts.get("sources")
    read = sources if isinstance(sources, list) else []
    return any(isinstance(one, dict) and str(one.get("venue") or "").startswith("synthetic-") for one in read)
