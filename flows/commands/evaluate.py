"""``edgeworth evaluate``: how often the decision on two markets was right, and how good forecasts were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from edgeworth.errors import ConfigurationError
from flows.commands.console import errors, print_json, shown
from tasks.settings import load_settings

if TYPE_CHECKING:
    from edgeworth.discovery.evaluation_report import Evaluation

EXAMPLES = """
Examples:

    edgeworth evaluate matching --pairs pairs.jsonl

    edgeworth evaluate matching --pairs one.jsonl --pairs two.jsonl.gz --embedder minilm --json

    edgeworth evaluate matching --pairs pairs.jsonl --embedder all --audit-recall markets.json.gz --markdown page.md

A row of pairs has two texts, `a` and `b` (each a text, or an object with question, rules, outcomes, close time), and a
`label`: a relation, `same`, `different`, `near`, or a boolean `match`. A file to audit recall in is a recording that
`edgeworth ingest --source file:...` reads, or rows of questions, each like one side of a pair.
"""

FORECAST_EXAMPLES = """
Examples:

    edgeworth evaluate forecasts

    edgeworth evaluate forecasts --batch results/top_volume_20261121_120000

    edgeworth evaluate forecasts --synthetic --json

A forecast is scored when its market has ended yes or no, both the model and the market had said something, and it was
written down before the outcome may have been known. How markets ended is what the last `edgeworth ingest` read. Live
forecasts, written down within an hour of the instant they look at, are scored apart from those that look back
(`--as-of`). Exit code 1 when a registered forecast was changed or removed since.
"""

app = typer.Typer(no_args_is_help=True, help="Score what Edgeworth decides and forecasts.")


@app.command(name="matching", epilog=EXAMPLES)
def matching(
    pairs: Annotated[list[Path], typer.Option(help="A file of labelled pairs; repeat it for several.")],
    embedder: Annotated[
        list[str] | None,
        typer.Option(
            help="Similarity of the bands, and vectors of the audit: lexical, minilm, an OpenAI model (needs its key), "
            "none, or all (those there are); repeat it for several. Without it, lexical.",
            show_default=False,
        ),
    ] = None,
    audit_recall: Annotated[
        list[Path] | None,
        typer.Option(
            help="Also tell which true pairs would never be proposed among the markets or questions of this file; "
            "repeat it for several.",
            show_default=False,
        ),
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Also write the tables to this Markdown file.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Decide every labelled pair and print precision, recall, coverage and the confusion matrix."""
    from tasks.discovery.evaluating import evaluate_pairs

    embedders, pools = embedder or ["lexical"], audit_recall or []
    if markdown is not None and not markdown.absolute().parent.is_dir():
        raise ConfigurationError(f"--markdown: expected a file in a folder that is there, found {markdown}")
    found = evaluate_pairs(load_settings(), pairs, embedders=embedders, pools=pools)
    if markdown is not None:
        _write(markdown, found, _command(pairs, embedders, pools))
    if json:
        print_json(_json(found))
    else:
        from flows.commands.evaluation_tables import print_tables

        print_tables(found)


@app.command(name="forecasts", epilog=FORECAST_EXAMPLES)
def forecasts(
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Those of invented markets; never mixed with real ones.")
    ] = False,
    batch: Annotated[
        Path | None,
        typer.Option(
            help="Folder of an earlier batch: also see that nothing of what was registered by its end is gone.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Score registered forecasts against how their markets ended: model, market, and both combined."""
    from flows.commands.forecast_tables import print_fault, print_scores
    from tasks.simulation.scoring import score_forecasts

    found = score_forecasts(load_settings(), is_synthetic=synthetic, batch=batch)
    if json:
        print_json({"chain_holds": found.fault is None, **msgspec.to_builtins(found)})
    else:
        print_scores(found)
    print_fault(found)
    if found.fault is not None:
        raise typer.Exit(1)


def _command(pairs: list[Path], embedders: list[str], pools: list[Path]) -> str:
    """As it was given, with files by their names alone."""
    words = ["edgeworth evaluate matching", *(f"--pairs {path.name}" for path in pairs)]
    words += [f"--embedder {name}" for name in embedders]
    return " ".join([*words, *(f"--audit-recall {path.name}" for path in pools)])


def _write(path: Path, found: Evaluation, command: str) -> None:
    from edgeworth.reports.matching import matching_markdown

    try:
        path.write_text(matching_markdown(found, command), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"--markdown: expected a file that can be written, found {path}: {reason}") from error
    errors.print(f"Written: {shown(str(path))}", soft_wrap=True)


def _json(found: Evaluation) -> dict[str, object]:
    """The figures of all sets together at the top, so that the common question needs no path."""
    total = found.total.all
    audit = {} if found.recall is None else {"recall_audit": msgspec.to_builtins(found.recall, str_keys=True)}
    return {
        "precision": total.precision.value,
        "recall": total.recall.value,
        "coverage": total.coverage.value,
        "confusion_matrix": total.confusion,
        "false_equivalents": total.false_equivalents,
        "embedders": found.embedders,
        "total": msgspec.to_builtins(found.total),
        "sets": msgspec.to_builtins(found.sets),
        **audit,
    }
