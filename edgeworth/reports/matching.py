"""The evaluation of matching as a Markdown page. Pure; figures in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from edgeworth.discovery.evaluation import BandScore, RelationScore, Score, Share


class SetFigures(Protocol):
    """Figures of one set of pairs."""

    @property
    def name(self) -> str: ...
    @property
    def all(self) -> Score: ...
    @property
    def tune(self) -> Score: ...
    @property
    def report(self) -> Score: ...
    @property
    def by_relation(self) -> tuple[RelationScore, ...]: ...
    @property
    def by_band(self) -> tuple[BandScore, ...]: ...


class Figures(Protocol):
    """Figures of an evaluation."""

    @property
    def similarity(self) -> str: ...
    @property
    def total(self) -> SetFigures: ...
    @property
    def sets(self) -> Iterable[SetFigures]: ...


def matching_markdown(found: Figures, command: str) -> str:
    """Tables of an evaluation, with the command that made them."""
    return "\n".join(_lines(found, command)) + "\n"


def _lines(found: Figures, command: str) -> Iterator[str]:
    yield "# Evaluation of matching"
    yield ""
    yield "Written by `make eval-matching`; do not edit. The command, with the folder of each file left out:"
    yield ""
    yield f"    {command}"
    yield ""
    yield "*The same bet* is equivalent or inverse, of the right polarity where the label tells it. Pairs labelled"
    yield "`near` or `undetermined` are in the confusion matrix and in nothing else. Intervals are Wilson's at 95%."
    yield "The halves are made by a hash of question ids, within a set no question is in both; rules and vocabulary"
    yield "were tuned on the tune half only. `hand_pairs.jsonl` is the exception: both its halves were known."
    yield ""
    yield "## The same bet"
    yield ""
    yield "| set | half | pairs | scored | precision | recall | coverage | inverse taken for equivalent |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in (*found.sets, found.total):
        for half, figures in (("all", one.all), ("tune", one.tune), ("report", one.report)):
            yield f"| {one.name} | {half} | " + " | ".join(_cells(figures)) + " |"
    for one in (*found.sets, found.total):
        yield from _set_lines(one, found.similarity)


def _cells(figures: Score) -> tuple[str, ...]:
    shares = (figures.precision, figures.recall, figures.coverage)
    return (
        str(figures.pairs),
        str(figures.scored),
        *(_share(one) for one in shares),
        str(figures.false_equivalents),
    )


def _share(share: Share) -> str:
    if share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


def _set_lines(one: SetFigures, similarity: str) -> Iterator[str]:
    verdicts = sorted({verdict for row in one.all.confusion.values() for verdict in row})
    yield ""
    yield f"## {one.name}"
    yield ""
    yield "Labels in rows, verdicts in columns."
    yield ""
    yield "| label | " + " | ".join(verdicts) + " |"
    yield "| --- |" + " ---: |" * len(verdicts)
    for label, row in one.all.confusion.items():
        yield f"| {label} | " + " | ".join(str(row.get(verdict, 0) or "") for verdict in verdicts) + " |"
    yield ""
    yield "| relation | precision | recall |"
    yield "| --- | ---: | ---: |"
    for relation in one.by_relation:
        yield f"| {relation.relation} | {_share(relation.precision)} | {_share(relation.recall)} |"
    if one.by_band:
        yield ""
        yield f"| similarity ({similarity}) | pairs | precision | recall | coverage |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        for band in one.by_band:
            shares = " | ".join(_share(s) for s in (band.score.precision, band.score.recall, band.score.coverage))
            yield f"| {band.low:.1f} to {band.high:.1f} | {band.score.pairs} | {shares} |"
