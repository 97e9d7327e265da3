"""``edgeworth evaluate matching``: how often the decision on two markets agrees with labelled pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table

from flows.commands.console import errors, print_json, results, shown
from tasks.settings import load_settings

if TYPE_CHECKING:
    from edgeworth.discovery.evaluation import Score, Share
    from tasks.evaluating import Evaluation, SetReport

EXAMPLES = """
Examples:

    edgeworth evaluate matching --pairs pairs.jsonl

    edgeworth evaluate matching --pairs one.jsonl --pairs two.jsonl.gz --embedder minilm --json

A row has two texts, `a` and `b` (each a text, or an object with question, rules, outcomes, close time), and a `label`:
a relation, `same`, `different`, `near`, or a boolean `match`.
"""

app = typer.Typer(no_args_is_help=True, help="Score what Edgeworth decides against labelled data.")


@app.callback()
def evaluate() -> None:
    """Score what Edgeworth decides against labelled data."""


@app.command(name="matching", epilog=EXAMPLES)
def matching(
    pairs: Annotated[list[Path], typer.Option(help="A file of labelled pairs; repeat it for several.")],
    embedder: Annotated[
        str, typer.Option(help="Similarity of the bands: lexical, none, minilm or an OpenAI model (needs its key).")
    ] = "lexical",
    markdown: Annotated[
        Path | None, typer.Option(help="Also write the tables to this Markdown file.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Decide every labelled pair and print precision, recall, coverage and the confusion matrix."""
    from tasks.evaluating import evaluate_pairs

    found = evaluate_pairs(load_settings(), pairs, embedder=embedder)
    if markdown is not None:
        from edgeworth.reports.matching import matching_markdown

        command = " ".join(["edgeworth evaluate matching", *(f"--pairs {path.name}" for path in pairs)])
        markdown.write_text(matching_markdown(found, f"{command} --embedder {embedder}"), encoding="utf-8")
        errors.print(f"Written: {shown(str(markdown))}", soft_wrap=True)
    if json:
        print_json(_json(found))
    else:
        _print(found)


def _json(found: Evaluation) -> dict[str, object]:
    """The figures of all sets together at the top, so that the common question needs no path."""
    total = found.total.all
    return {
        "precision": total.precision.value,
        "recall": total.recall.value,
        "coverage": total.coverage.value,
        "confusion_matrix": total.confusion,
        "false_equivalents": total.false_equivalents,
        "similarity": found.similarity,
        "total": msgspec.to_builtins(found.total),
        "sets": msgspec.to_builtins(found.sets),
    }


def _print(found: Evaluation) -> None:
    table = Table(title="The same bet (equivalent or inverse)", title_justify="left")
    for name in ("set", "pairs", "scored", "precision", "recall", "coverage", "inverse taken for equivalent"):
        table.add_column(name, justify="left" if name == "set" else "right", overflow="fold")
    for one in (*found.sets, found.total):
        for label, figures in ((one.name, one.all), ("  report half", one.report)):
            table.add_row(shown(label), *_cells(figures))
    results.print(table)
    results.print(_confusion(found.total))


def _cells(figures: Score) -> tuple[str, ...]:
    return (
        str(figures.pairs),
        str(figures.scored),
        _share(figures.precision),
        _share(figures.recall),
        _share(figures.coverage),
        str(figures.false_equivalents),
    )


def _share(share: Share) -> str:
    if share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


def _confusion(report: SetReport) -> Table:
    verdicts = sorted({verdict for row in report.all.confusion.values() for verdict in row})
    table = Table(title="Labels (rows) and verdicts (columns), all sets", title_justify="left")
    table.add_column("label")
    for verdict in verdicts:
        table.add_column(verdict, justify="right")
    for label, row in report.all.confusion.items():
        table.add_row(label, *(str(row.get(verdict, 0) or "") for verdict in verdicts))
    return table
