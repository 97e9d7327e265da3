"""What a batch leaves in its folder: a folder a market, and the page, the report and the manifest of the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from edgeworth.discovery.opportunity import Opportunity
from edgeworth.discovery.ports import StoredOpportunity
from edgeworth.reports.batch import BatchReport
from edgeworth.reports.batch_document import batch_json
from edgeworth.reports.batch_page import render_batch
from edgeworth.reports.market_page import OpportunityLine, render_market
from edgeworth.simulation.chain import ChainEnd
from edgeworth.simulation.context import encode_context
from edgeworth.simulation.record import MarketSimulation, ModelRun
from edgeworth.simulation.unit_key import unit_key
from tasks.code_version import code_version
from tasks.results.folder import json_text
from tasks.results.index import ALL_RUNS
from tasks.simulation.batch import BatchIndex
from tasks.simulation.folder import BatchFolder
from tasks.simulation.plan import SimulatePlan, public_plan
from tasks.taking_up import BegunRun

SUMMARY = "summary.html"
REPORT = "batch_report.json"
MARKET_PAGE = "result.html"


def market_files(
    record: MarketSimulation,
    *,
    batch: str,
    opportunities: Sequence[OpportunityLine] = (),
    opportunities_later: int = 0,
    recorded: str | None = None,
) -> dict[str, str]:
    """The files of one market, by name.

    Args:
        record: The market.
        batch: Name of its batch.
        opportunities: Those in which it takes part.
        opportunities_later: How many were found only after its instant.
        recorded: Where and when the markets were recorded, when they are not of now.
    """
    files = {
        "context.json": encode_context(record.context).decode() + "\n",
        "result.json": json_text(_result(record)),
        "log.txt": market_log(record),
    }
    for model in record.models:
        if model.source:
            files[model_file(model.number)] = model.source
    page = render_market(
        record,
        batch=batch,
        files=sorted(files),
        opportunities=opportunities,
        opportunities_later=opportunities_later,
        recorded=recorded,
    )
    return {MARKET_PAGE: page, **files}


def standing_at(stored: Iterable[StoredOpportunity], as_of: datetime) -> tuple[list[Opportunity], int]:
    """Of ``stored`` those that stood at ``as_of``, and how many are known only since.

    The store keeps the latest figures of each: where they are later than ``as_of``, those of then are not known.
    """
    found: list[Opportunity] = []
    later = 0
    for one in stored:
        if one.opportunity.as_of > as_of:
            later += one.gone_at is None
        elif one.gone_at is None or one.gone_at > as_of:
            found.append(one.opportunity)
    return found, later


def model_file(number: int) -> str:
    """``model.py`` for the first model of a market, ``model_2.py`` for the second."""
    return "model.py" if number == 0 else f"model_{number + 1}.py"


def market_log(record: MarketSimulation) -> str:
    """What happened, model by model; texts of models and services as they came."""
    lines = [f"{record.market_id}: {record.status.value}" + (f": {record.problem}" if record.problem else "")]
    if record.research.service is not None:
        told = record.research.problem or f"{record.research.found} documents, left out {record.research.rejected}"
        lines.append(f"research by {record.research.service}: {told}")
    for model in record.models:
        lines.append(f"model {model.number + 1} by {model.author} ({model.kind.value}): {model.why}")
        lines.append(f"  confined by {model.sandbox or 'nothing'}, {model.seconds:.2f} s, {model.repairs} repairs")
        if model.problem:
            lines.append(f"  {model.problem}")
        if model.log:
            lines.append(model.log)
    return "\n".join(lines) + "\n"


def write_batch(folder: BatchFolder, report: BatchReport, manifest: Mapping[str, Any]) -> None:
    """The page, the report and the manifest of a batch that came to its end.

    Raises:
        StorageError: The disk is full or refuses.
    """
    facts = [(label, str(value)) for label, value in manifest.items() if isinstance(value, str | int)]
    folder.write(REPORT, json_text(batch_json(report)))
    folder.write(SUMMARY, render_batch(report, facts, index=ALL_RUNS))
    folder.write_manifest(manifest)


def batch_manifest(
    plan: SimulatePlan, begun: BegunRun, index: BatchIndex, report: BatchReport, chain_end: ChainEnd | None
) -> dict[str, Any]:
    """Everything needed to say how this result came about, and what was not controlled."""
    return {
        "run_id": begun.run_id,
        "status": "complete",
        "code_version": code_version(),
        "started_at": report.started_at.isoformat(),
        "finished_at": report.finished_at.isoformat(),
        "as_of": index.as_of.isoformat(),
        "result_hash": result_hash(report.records),
        "seed": plan.seed,
        "author": report.author,
        "sandbox": report.sandbox,
        "parameters": public_plan(plan),
        "contexts": {one.market_id: hashlib.sha256(encode_context(one.context)).hexdigest() for one in report.records},
        "prompts": sorted({name for one in report.records for model in one.models for name in model.prompt_ids}),
        "last_forecast": None if chain_end is None else msgspec.to_builtins(chain_end),
        "not_controlled": "what venues and services answered, and when: contexts and models are kept in the folder",
    }


def result_hash(records: Sequence[MarketSimulation]) -> str:
    """The same for the same answers: of every market its status, its models and its estimate, without any timing."""
    return unit_key(
        "result",
        1,
        [
            (one.market_id, one.status, [_untimed(model) for model in one.models], one.estimate)
            for one in sorted(records, key=lambda one: one.market_id)
        ],
    )


def _untimed(model: ModelRun) -> tuple[object, ...]:
    result = None if model.result is None else msgspec.structs.replace(model.result, timing={})
    return model.number, model.author, model.kind, model.source, result


def _result(record: MarketSimulation) -> dict[str, Any]:
    """``result.json``: the estimate, and what each model gave."""
    return {
        "market_id": record.market_id,
        "status": record.status,
        "problem": record.problem,
        "estimate": record.estimate,
        "models": [
            {
                "file": model_file(model.number) if model.source else None,
                "author": model.author,
                "kind": model.kind,
                "problem": model.problem,
                "result": model.result,
            }
            for model in record.models
        ],
    }
