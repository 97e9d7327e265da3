"""The evaluation of matching as a Markdown page. Pure; figures in, text out.

Of the questions themselves nothing is shown: pairs stand by set and number, so that the page may go where the sets may
not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from edgeworth.discovery.evaluation import APART, Score, Share, share
from edgeworth.discovery.evaluation_report import EmbedderRecall, Evaluation, GroupRecall, RecallReport, SetReport
from edgeworth.discovery.recall_audit import ChannelRecall, Loss
from edgeworth.markets.relation import Relation


def matching_markdown(found: Evaluation, command: str) -> str:
    """Tables of an evaluation, with the command that made them."""
    return "\n".join(_lines(found, command)) + "\n"


def share_text(one: Share) -> str:
    """A share with its interval; a dash where there is nothing to count."""
    if one.value is None or one.low is None or one.high is None:
        return "-"
    return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})"


def recall_text(channel: ChannelRecall, k: int) -> str:
    """Share of the true pairs that is proposed at ``k``."""
    value = channel.recall_at(k)
    return "-" if value is None else f"{value:.2f}"


def _lines(found: Evaluation, command: str) -> Iterator[str]:
    yield "# Evaluation of matching"
    yield ""
    yield "Written by `make eval-matching`; do not edit. The command, with the folder of each file left out:"
    yield ""
    yield f"    {command}"
    yield ""
    yield "*The same bet* is equivalent or inverse, of the right polarity where the label tells it. Pairs labelled"
    yield "`near` or `undetermined` are counted apart. Intervals are Wilson's at 95%. The halves are made by a hash of"
    yield "question ids, within a set no question is in both; rules and vocabulary were tuned on the tune half only."
    yield "`hand_pairs.jsonl` is the exception: both its halves were known."
    yield ""
    yield from _same_bet((*found.sets, found.total))
    if found.recall is not None:
        yield from _recall(found.recall)
    for one in (*found.sets, found.total):
        yield from _set_lines(one)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> Iterator[str]:
    """A table whose first ``left`` columns are words and whose others are figures."""
    yield "| " + " | ".join(names) + " |"
    yield "| " + " | ".join(["---"] * left + ["---:"] * (len(names) - left)) + " |"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


# --- the same bet -----------------------------------------------------------------------------------------------------


def _same_bet(sets: Sequence[SetReport]) -> Iterator[str]:
    yield "## The same bet"
    yield ""
    names = ("set", "half", "pairs", "scored", "precision", "recall", "coverage", "inverse taken for equivalent")
    rows = [
        (one.name, half, *_cells(figures))
        for one in sets
        for half, figures in (("all", one.all), ("tune", one.tune), ("report", one.report))
    ]
    yield from _table(names, rows, left=2)
    yield from _apart(sets)


def _apart(sets: Sequence[SetReport]) -> Iterator[str]:
    """What was said of pairs that are counted apart: of them nobody knows which verdict is right."""
    rows = [(one.name, label, *_apart_cells(one.all.confusion[label])) for one in sets for label in _labels_apart(one)]
    if rows:
        yield ""
        yield from _table(("counted apart", "label", "pairs", "called the same bet", "left open"), rows, left=2)


def _labels_apart(one: SetReport) -> list[str]:
    return [label for label in one.all.confusion if label in APART]


def _apart_cells(verdicts: Mapping[str, int]) -> tuple[str, ...]:
    said = sum(number for verdict, number in verdicts.items() if Relation(verdict).is_same_bet)
    return str(sum(verdicts.values())), str(said), str(verdicts.get(Relation.UNDETERMINED.value, 0))


def _cells(figures: Score) -> tuple[str, ...]:
    shares = (figures.precision, figures.recall, figures.coverage)
    return (
        str(figures.pairs),
        str(figures.scored),
        *(share_text(one) for one in shares),
        str(figures.false_equivalents),
    )


def _set_lines(one: SetReport) -> Iterator[str]:
    verdicts = sorted({verdict for row in one.all.confusion.values() for verdict in row})
    yield ""
    yield f"## {one.name}"
    yield ""
    yield "Labels in rows, verdicts in columns."
    yield ""
    rows = [
        (label, *(str(row.get(verdict, 0) or "") for verdict in verdicts)) for label, row in one.all.confusion.items()
    ]
    yield from _table(("label", *verdicts), rows)
    yield ""
    shares = [
        (relation.relation, share_text(relation.precision), share_text(relation.recall)) for relation in one.by_relation
    ]
    yield from _table(("relation", "precision", "recall"), shares)
    for similarity, bands in one.by_band.items():
        yield ""
        figures = [(f"{band.low:.1f} to {band.high:.1f}", *_band_cells(band.score)) for band in bands]
        yield from _table((f"similarity ({similarity})", "pairs", "precision", "recall", "coverage"), figures)


def _band_cells(figures: Score) -> tuple[str, ...]:
    shares = (figures.precision, figures.recall, figures.coverage)
    return str(figures.pairs), *(share_text(one) for one in shares)


# --- recall -----------------------------------------------------------------------------------------------------------


def _recall(found: RecallReport) -> Iterator[str]:
    yield ""
    yield "## What is never proposed"
    yield ""
    yield "The audit of the stage before the decision. Every pair labelled the same bet is looked for among"
    yield f"{found.markets:,} markets, of which {found.sides:,} are sides of labelled pairs. A market proposes its k"
    yield "nearest in each channel and what the second look adds, under the filters, floors and numbers of a run; a"
    yield "pair is found when either of its markets proposes the other. *Found and right*: and the decision then"
    yield "calls it what it is. Floors and the second look were chosen on these sets, both halves. Labelled pairs state"
    yield "no category, so that filter is not put to the test here, and one that states no close time passes the other."
    yield "The words of a lost pair are in the terminal and with `--json`."
    yield ""
    files = [(f"`{pool.name}`", f"{pool.added:,}", f"{pool.known:,}", f"{pool.refused:,}") for pool in found.pools]
    yield from _table(("also in the pool", "markets", "there already", "rows without a market"), files)
    for one in found.by_embedder:
        yield from _embedder_lines(one, found.per_market)


def _embedder_lines(one: EmbedderRecall, per_market: int) -> Iterator[str]:
    ks = sorted(next(iter(one.candidates_at.values())))
    yield ""
    yield f"### Proposed with {one.embedder}" + ("" if one.floor is None else f", floor {one.floor:g}")
    yield ""
    names = ("set", "channel", "true pairs", *(f"recall at {k}" for k in ks), "filter", "rank", "floor", "no game")
    rows = [_channel_cells(group, channel, ks) for group in one.groups for channel in group.channels]
    yield from _table(names, rows, left=2)
    yield ""
    yield f"Filter, rank, floor, no game: why the others are lost at {per_market}; in the union, what to mend first."
    yield ""
    right = [
        (group.name, share_text(_found(group, per_market)), share_text(group.found_and_right)) for group in one.groups
    ]
    yield from _table(("set", f"found at {per_market}", "found and right"), right)
    yield ""
    sizes = [(channel, *(f"{count[k]:,}" for k in ks)) for channel, count in one.candidates_at.items()]
    yield from _table(("pairs proposed in the whole pool", *(f"at {k}" for k in ks)), sizes)
    yield ""
    if not one.lost:
        yield "No true pair is lost."
        return
    channels = list(one.lost[0].by_channel)
    lost = [
        (lost.set, str(lost.pair), lost.cause.value, *(lost.by_channel[channel].value for channel in channels))
        for lost in sorted(one.lost, key=lambda lost: lost.cause)
    ]
    yield from _table(("lost pair of", "number", "because", *channels), lost, left=3 + len(channels))


def _channel_cells(group: GroupRecall, channel: ChannelRecall, ks: Sequence[int]) -> tuple[str, ...]:
    losses = [str(channel.losses.get(loss, 0) or "") for loss in Loss]
    return group.name, channel.channel, str(channel.pairs), *(recall_text(channel, k) for k in ks), *losses


def _found(group: GroupRecall, k: int) -> Share:
    union = group.channels[-1]
    return share(union.found_at[k], union.pairs)
