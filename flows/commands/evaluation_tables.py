"""An evaluation as tables of the terminal."""

from __future__ import annotations

from rich.table import Table

from edgeworth.discovery.evaluation import Score
from edgeworth.discovery.evaluation_report import EmbedderRecall, Evaluation, RecallReport, SetReport
from edgeworth.reports.matching import recall_text, share_text
from flows.commands.console import results, shown

_SAME_BET = ("set", "pairs", "scored", "precision", "recall", "coverage", "inverse taken for equivalent")


def print_tables(found: Evaluation) -> None:
    """The same bet by set; relations and similarity over all sets; with an audit, recall and what is lost."""
    sets = (*found.sets, found.total)
    table = _table("The same bet (equivalent or inverse)", *_SAME_BET)
    for one in sets:
        for label, figures in ((one.name, one.all), ("  report half", one.report)):
            table.add_row(shown(label), *_cells(figures))
    results.print(table)
    results.print(_confusion(found.total))
    results.print(_relations(found.total))
    for name in found.total.by_band:
        results.print(_bands(found.total, name))
    if found.recall is not None:
        _print_recall(found.recall)


def _print_recall(found: RecallReport) -> None:
    for recall in found.by_embedder:
        results.print(_recall(recall, found.markets))
        if recall.lost:
            results.print(_lost(recall))


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=shown(title), title_justify="left")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _cells(figures: Score) -> tuple[str, ...]:
    return (str(figures.pairs), str(figures.scored), *_shares(figures), str(figures.false_equivalents))


def _shares(figures: Score) -> tuple[str, ...]:
    return tuple(share_text(one) for one in (figures.precision, figures.recall, figures.coverage))


def _confusion(report: SetReport) -> Table:
    verdicts = sorted({verdict for row in report.all.confusion.values() for verdict in row})
    table = _table("Labels (rows) and verdicts (columns), all sets", "label", *verdicts)
    for label, row in report.all.confusion.items():
        table.add_row(label, *(str(row.get(verdict, 0) or "") for verdict in verdicts))
    return table


def _relations(report: SetReport) -> Table:
    table = _table("By relation, all sets", "relation", "precision", "recall")
    for one in report.by_relation:
        table.add_row(one.relation, share_text(one.precision), share_text(one.recall))
    return table


def _bands(report: SetReport, embedder: str) -> Table:
    table = _table(f"By similarity ({embedder}), all sets", "similarity", "pairs", "precision", "recall", "coverage")
    for band in report.by_band[embedder]:
        table.add_row(f"{band.low:.1f} to {band.high:.1f}", str(band.score.pairs), *_shares(band.score))
    return table


def _recall(recall: EmbedderRecall, markets: int) -> Table:
    ks = sorted(next(iter(recall.candidates_at.values())))
    title = f"True pairs proposed among {markets:,} markets, with {recall.embedder}"
    table = _table(title, "set", "channel", "true pairs", *(f"recall at {k}" for k in ks), "found and right")
    for group in recall.groups:
        for channel in group.channels:
            is_union = channel is group.channels[-1]
            right = share_text(group.found_and_right) if is_union else ""
            figures = (recall_text(channel, k) for k in ks)
            table.add_row(shown(group.name), shown(channel.channel), str(channel.pairs), *figures, right)
    return table


def _lost(recall: EmbedderRecall) -> Table:
    table = Table(title=shown(f"True pairs that are never proposed, with {recall.embedder}"), title_justify="left")
    for name in ("set", "pair", "because", "a", "b"):
        table.add_column(name, overflow="fold")
    for one in sorted(recall.lost, key=lambda one: one.cause):
        table.add_row(shown(one.set), str(one.pair), one.cause.value, shown(one.a), shown(one.b))
    return table
