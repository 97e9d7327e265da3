"""``make eval-builtin``: built-in models against synthetic truth and recorded outcomes, to docs/evaluation-builtin.md.

Worlds for tuning and worlds for reporting have different seeds. Nothing about the models is chosen by the worlds that
are reported, and no truth of any world entered the parameters: those come from how far equivalent markets stand apart.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from bench.synthetic_contexts import AS_OF, Case, cases, gaps
from edgeworth.adapters.synthetic.world import World
from edgeworth.probability.resampling import paired_bootstrap
from edgeworth.probability.scoring import (
    CLIP,
    brier_losses,
    brier_parts,
    calibration_bins,
    calibration_error,
    log_score,
)
from edgeworth.simulation.builtin import BuiltinModel, choose, render
from edgeworth.simulation.context import KnownOutcome, Series, SimulationContext
from edgeworth.simulation.contract import RunOptions, run_here
from edgeworth.simulation.departure import DEFAULT_DEPARTURE, Departure, fit_departure
from edgeworth.simulation.estimate import estimate, market_view
from edgeworth.simulation.reading import is_by_date
from edgeworth.simulation.result import SimulationResult, SimulationStatus, read_result

PAGE = Path(__file__).resolve().parent.parent / "docs" / "evaluation-builtin.md"
TUNING_SEEDS = (101, 102, 103, 104, 105, 106)
REPORTED_SEEDS = (201, 202, 203)
EVENTS = 500
CHOSEN_EVENTS = 120
QUICK = RunOptions(runs=200, batch=200, validate=False)
TESTED = RunOptions(runs=200, batch=200, validate=True)
VAGUE = Departure(
    noise_sizes=(0.02, 0.1, 0.5),
    noise_shares=(0.34, 0.33, 0.33),
    lasting_share=0.1,
    lasting_size=0.4,
    lasting_spread=0.2,
)
"""Where the fit begins: round numbers."""


class Row(Struct, frozen=True, kw_only=True):
    """One model on one market."""

    model: str
    kind: str
    cluster: str
    truth: float
    price: float
    outcome: int | None
    low: float
    high: float
    mean: float
    probability: float
    combined: float
    label: str | None
    seconds: float

    @property
    def is_covered(self) -> bool:
        return self.low <= self.truth <= self.high


class Runner:
    """Runs built-in models in this process; sources are rendered once."""

    def __init__(self) -> None:
        self.sources = {model: render(model) for model in BuiltinModel}
        self.refused: Counter[str] = Counter()

    def run(self, model: BuiltinModel, context: SimulationContext, options: RunOptions) -> SimulationResult | None:
        result = read_result(run_here(self.sources[model], context, options), len(context.outcomes))
        if result.status is SimulationStatus.OK:
            return result
        self.refused[f"{model.value}: {result.problem.message if result.problem else result.status}"] += 1
        return None


def rows(runner: Runner, given: Iterable[Case], options: RunOptions, *, chosen: bool = False) -> Iterator[Row]:
    """Every case by the models that are right for it, or by the one that the chooser takes."""
    for case in given:
        picked = choose(case.context).model
        for model in [picked] if chosen and picked else () if chosen else case.right:
            result = runner.run(model, case.context, options)
            if result is not None and result.belief is not None:
                yield row_of(case, model, result)


def row_of(case: Case, model: BuiltinModel, result: SimulationResult) -> Row:
    assert result.belief is not None
    view = market_view(case.context)
    combined = estimate(case.context, [result]).combined
    return Row(
        model=model.value,
        kind=case.kind.value,
        cluster=case.event,
        truth=case.truth,
        price=view.probability if view else case.price,
        outcome=case.outcome,
        low=result.belief.low,
        high=result.belief.high,
        mean=result.belief.mean,
        probability=result.outcomes[0].probability,
        combined=combined,
        label=result.label.value if result.label else None,
        seconds=result.timing["run_seconds"],
    )


WORLDS = """Worlds {tuning} for tuning, {reported} for reporting; {events} events each, looked at on day 150. Left out:
events that are mispriced on purpose (`showcase.py`), and markets without both sides of a quote. A market counts for a
model where the world obeys the model's assumptions. The error is the root mean square distance to the true
probability; standard errors are by event."""

PAIRS = """How far prices stand from the truth, by how far {count:,} pairs of equivalent markets of the tuning worlds
stand apart over ten days (no truth enters):"""

OUTCOMES = """{count:,} forecasts of decided markets (voids and the like are not scored), {share:.1%} came true. The
base rate knows the answers; the truth is the best that anyone can do."""

CHOSEN = """With all evidence there is (a quantity's past, twins, siblings, own history) the chooser takes one model for
each market and the harness tests it. The first events of one of the reported worlds. Markets whose rules differ from
their event's in a clause are in here, so coverage may fall short."""

RECORDED = """Daily probabilities and outcomes of market questions from ForecastBench (Forecasting Research Institute,
CC-BY-SA-4.0; Polymarket, Manifold, Metaculus, INFER; October 2025 to August 2026). Each question is cut a fixed number
of days after its first price; nothing later enters, and questions whose resolution date is not after the cut are left
out. Log scores are clipped at {clip}. The models see the price history and the planned close, nothing else, so they
are anchored: the chooser takes the belief walk, which can at best take noise off the price. Questions by a date are
also run through the hazard model, which the chooser took for them until this very comparison spoke against it, and the
walk's draws were centred on the price after a first look at this table: for these two choices these questions are not
an independent test."""


def named(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def coverage(found: Sequence[Row]) -> tuple[float, float]:
    """Share of intervals that hold the truth, and its standard error by clusters: markets of an event hang together."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for row in found:
        hits[row.cluster].append(row.is_covered)
    share = float(np.mean([row.is_covered for row in found]))
    off = sum((sum(one) - share * len(one)) ** 2 for one in hits.values())
    return share, off**0.5 / len(found)


def groups(found: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """All; each model; each kind of event within it."""
    yield "**all**", list(found)
    for model in sorted({row.model for row in found}):
        mine = [row for row in found if row.model == model]
        yield f"**{model}**", mine
        kinds = sorted({row.kind for row in mine})
        for kind in kinds if len(kinds) > 1 else ():
            yield f"{model}, {kind}", [row for row in mine if row.kind == kind]


def coverage_table(found: Sequence[Row]) -> list[str]:
    """Coverage, width, and distance to the truth beside the price's."""
    lines = [
        "| model, kind of event | markets | 90 % interval holds the truth | width | model's error | price's error |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, part in groups(found):
        share, error = coverage(part)
        width = np.mean([row.high - row.low for row in part])
        model = np.sqrt(np.mean([(row.mean - row.truth) ** 2 for row in part]))
        price = np.sqrt(np.mean([(row.price - row.truth) ** 2 for row in part]))
        lines.append(
            f"| {name} | {len(part):,} | {share:.1%} ± {error:.1%} | {width:.3f} | {model:.4f} | {price:.4f} |"
        )
    return lines


def score_table(names: Sequence[str], forecasts: Sequence[Any], outcomes: Any) -> list[str]:
    """Brier with its parts, log score, calibration error, one forecaster a line."""
    lines = [
        "| forecast | Brier | reliability | resolution | log score | calibration error |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, forecast in zip(names, forecasts, strict=True):
        parts = brier_parts(forecast, outcomes, bins=10)
        lines.append(
            f"| {name} | {parts.score:.4f} | {parts.reliability:.4f} | {parts.resolution:.4f} | "
            f"{log_score(forecast, outcomes):.4f} | {calibration_error(forecast, outcomes):.4f} |"
        )
    return lines


def difference_line(what: str, a: Any, b: Any, outcomes: Any, clusters: Sequence[object]) -> str:
    """Brier of a minus Brier of b with its interval."""
    found = paired_bootstrap(
        brier_losses(a, outcomes), brier_losses(b, outcomes), clusters, np.random.default_rng(7), resamples=2000
    )
    return (
        f"- {what}: Brier {found.difference:+.4f}, "
        f"95 % interval {found.interval.low:+.4f} to {found.interval.high:+.4f} ({found.clusters:,} clusters)"
    )


def decided(found: Sequence[Row]) -> list[Row]:
    return [row for row in found if row.outcome is not None]


# --- synthetic --------------------------------------------------------------------------------------------------------


def synthetic(tuning: Sequence[int], reported: Sequence[int], events: int) -> list[str]:
    runner = Runner()
    worlds = {seed: World(seed=seed, as_of=AS_OF, event_count=events) for seed in (*tuning, *reported)}
    pairs = [gap for seed in tuning for gap in gaps(worlds[seed])]
    fitted = fit_departure(pairs, VAGUE)
    tuned = [row for seed in tuning[:2] for row in rows(runner, cases(worlds[seed]), QUICK)]
    found = [row for seed in reported for row in rows(runner, cases(worlds[seed]), QUICK)]
    small = World(seed=reported[0], as_of=AS_OF, event_count=min(events, CHOSEN_EVENTS))
    chosen = list(rows(runner, cases(small), TESTED, chosen=True))
    return [
        "## Synthetic truth",
        "",
        WORLDS.format(tuning=named(tuning), reported=named(reported), events=events),
        "",
        PAIRS.format(count=len(pairs)),
        "",
        f"- fitted: {departure_text(fitted)}",
        f"- in use: {departure_text(DEFAULT_DEPARTURE)}",
        "",
        "### Reported worlds",
        "",
        *coverage_table(found),
        "",
        "### Tuning worlds (two of them)",
        "",
        *coverage_table(tuned),
        "",
        "### Outcomes",
        "",
        *outcome_section(found),
        "",
        "### As the chooser decides",
        "",
        *chosen_section(chosen),
        "",
        f"No answer: {dict(runner.refused) or 'none'}.",
    ]


def departure_text(one: Departure) -> str:
    noise = ", ".join(f"{share:.0%} {size:.2f}" for size, share in zip(one.noise_sizes, one.noise_shares, strict=True))
    return (
        f"passing noise {noise}; lasting {one.lasting_share:.0%} of ±{one.lasting_size:.2f} "
        f"(deviation {one.lasting_spread:.2f}), in log-odds"
    )


def outcome_section(found: Sequence[Row]) -> list[str]:
    scored = decided(found)
    y = np.array([row.outcome for row in scored], dtype=float)
    model = np.array([row.probability for row in scored])
    price = np.array([row.price for row in scored])
    truth = np.array([row.truth for row in scored])
    clusters = [row.cluster for row in scored]
    half, base = np.full(len(y), 0.5), np.full(len(y), y.mean())
    return [
        OUTCOMES.format(count=len(scored), share=y.mean()),
        "",
        *score_table(
            ["model", "market's price", "always 0.5", "base rate", "the truth"],
            [model, price, half, base, truth],
            y,
        ),
        "",
        difference_line("model minus always 0.5", model, half, y, clusters),
        difference_line("model minus base rate", model, base, y, clusters),
        difference_line("model minus the market's price", model, price, y, clusters),
    ]


def chosen_section(found: Sequence[Row]) -> list[str]:
    labels = Counter((row.model, row.label) for row in found)
    lines = [
        CHOSEN,
        "",
        "| model | label | markets | 90 % interval holds the truth | model's error | price's | of both combined |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for (model, label), count in sorted(labels.items(), key=str):
        part = [row for row in found if row.model == model and row.label == label]
        share, error = coverage(part)
        off = [
            float(np.sqrt(np.mean([(getattr(row, name) - row.truth) ** 2 for row in part])))
            for name in ("probability", "price", "combined")
        ]
        errors = " | ".join(f"{one:.4f}" for one in off)
        lines.append(f"| {model} | {label} | {count:,} | {share:.1%} ± {error:.1%} | {errors} |")
    return lines


# --- recorded ---------------------------------------------------------------------------------------------------------


class Recorded(Struct, frozen=True, kw_only=True):
    """A recorded question as it stood at ``as_of``, and how it ended."""

    context: SimulationContext
    price: float
    outcome: int
    source: str


def recorded_questions(folder: Path, days: int, skipped: Counter[str]) -> Iterator[Recorded]:
    """Questions cut ``days`` days after their first price; the cut never looks at when or how they ended."""
    known = question_rows(folder / "forecastbench_market_questions.jsonl.gz")
    for line in read_lines(folder / "forecastbench_daily_price_histories.jsonl.gz"):
        asked = known.get((line["source"], str(line["id"])), [])
        found = recorded(line, asked, days)
        if isinstance(found, str):
            skipped[found] += 1
        else:
            yield found


def recorded(line: dict[str, Any], asked: list[dict[str, Any]], days: int) -> Recorded | str:
    """The question at its cut, or why it is not scored."""
    if not line["resolved"] or line["resolved_to"] not in {0.0, 1.0}:
        return "not resolved to yes or no"
    resolved_on = resolution_date(line, asked)
    if resolved_on is None:
        return "no resolution date"
    prices = [(day_end(day), float(value)) for day, value, _ in line["history"] if value is not None]
    if not prices:
        return "no price"
    as_of = prices[0][0] + timedelta(days=days)
    if as_of.date() >= resolved_on:
        return "resolved before the cut"
    prices = [(at, value) for at, value in prices if at <= as_of]
    if len(prices) < 3 or as_of - prices[-1][0] > timedelta(days=7):
        return "fewer than three prices, or none within a week of the cut"
    labels = ("Yes", "No")
    context = SimulationContext(
        market_id=f"{line['source']}:{line['id']}",
        question=line["question"],
        outcomes=tuple(KnownOutcome(label=label) for label in labels),
        as_of=as_of,
        closes_at=close_known(asked, as_of),
        history=Series(
            at_seconds=tuple(at.timestamp() for at, _ in prices), values=tuple(value for _, value in prices)
        ),
        is_by_date=is_by_date(line["question"], labels),
    )
    return Recorded(context=context, price=prices[-1][1], outcome=int(line["resolved_to"]), source=line["source"])


def resolution_date(line: dict[str, Any], asked: list[dict[str, Any]]) -> date | None:
    """The earliest date any round gives; else the first day that shows the answer."""
    dates = [
        row["resolution"]["resolution_date"]
        for row in asked
        if row.get("resolution") and row["resolution"].get("resolved") and row["resolution"].get("resolution_date")
    ]
    dates += [day for day, _, is_answer in line["history"] if is_answer][:1]
    return min(map(date.fromisoformat, dates)) if dates else None


def close_known(asked: list[dict[str, Any]], as_of: datetime) -> datetime | None:
    """The planned close as the latest round frozen by ``as_of`` has it."""
    rounds = sorted(
        (datetime.fromisoformat(row["freeze_datetime"]), row["market_info_close_datetime"])
        for row in asked
        if row["market_info_close_datetime"] not in {None, "N/A"}
    )
    known = [close for frozen, close in rounds if frozen <= as_of]
    return datetime.fromisoformat(known[-1]) if known else None


def day_end(day: str) -> datetime:
    """A day's value is known once the day is over."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def question_rows(path: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in read_lines(path):
        found[line["source"], str(line["id"])].append(line)
    return found


def recorded_section(folder: Path) -> list[str]:
    lines = [
        "## Recorded outcomes",
        "",
        RECORDED.format(clip=CLIP),
    ]
    for days in (7, 21):
        lines += ["", f"### Cut {days} days after the first price", "", *recorded_cut(folder, days)]
    return lines


def recorded_cut(folder: Path, days: int) -> list[str]:
    runner, skipped = Runner(), Counter[str]()
    found: list[tuple[Recorded, str, float]] = []
    for question in recorded_questions(folder, days, skipped):
        model = choose(question.context).model
        result = runner.run(model, question.context, QUICK) if model else None
        if result is None or model is None:
            skipped["no answer"] += 1
        else:
            found.append((question, model.value, result.outcomes[0].probability))
    y = np.array([question.outcome for question, _, _ in found], dtype=float)
    model_p = np.array([probability for _, _, probability in found])
    price = np.array([question.price for question, _, _ in found])
    clusters = [question.context.market_id for question, _, _ in found]
    lines = [
        f"{len(found):,} questions, {y.mean():.1%} came true; not scored: "
        + ", ".join(f"{count:,} {why}" for why, count in sorted(skipped.items()))
        + ".",
        "",
        *score_table(
            ["built-in model", "market's own", "always 0.5", "base rate"],
            [model_p, price, np.full(len(y), 0.5), np.full(len(y), y.mean())],
            y,
        ),
        "",
        difference_line("model minus the market's own", model_p, price, y, clusters),
    ]
    lines += hazard_lines(runner, [question for question, _, _ in found])
    lines += ["", "| stated by the model | came true | questions |", "| ---: | ---: | ---: |"]
    lines += [f"| {one.stated:.3f} | {one.observed:.3f} | {one.count} |" for one in calibration_bins(model_p, y)]
    return lines


def hazard_lines(runner: Runner, questions: Sequence[Recorded]) -> list[str]:
    """The hazard model on questions by a date, from their own prices alone."""
    scored = []
    for question in questions:
        if question.context.is_by_date and question.context.closes_at is not None:
            result = runner.run(BuiltinModel.HAZARD, question.context, QUICK)
            if result is not None:
                scored.append((result.outcomes[0].probability, question))
    if len(scored) < 20:
        return []
    model = np.array([probability for probability, _ in scored])
    price = np.array([question.price for _, question in scored])
    y = np.array([question.outcome for _, question in scored], dtype=float)
    clusters = [question.context.market_id for _, question in scored]
    what = f"hazard by own prices minus the market's own, {len(scored)} questions by a date"
    return [difference_line(what, model, price, y, clusters)]


# --- page -------------------------------------------------------------------------------------------------------------

PREFACE = """# How good the built-in models are

Written by `make eval-builtin`; do not edit by hand.

A 90 % interval here is a statement about the *true probability*, not about the number of runs: a model draws what it
is not sure of (its `beliefs`), and the interval holds 90 % of those draws. Doubt about a price comes from three places:
the tick, noise that passes within hours (seen in the market's own history around its random walk), and lasting
departures, which no single market can show; how common and large those are is fitted to how far markets for the same
bet stand apart. It is not fitted to any answer. On real venues those parameters are a starting point and no more.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="events in each world")
    parser.add_argument("--recordings", default=os.environ.get("EDGEWORTH_RECORDINGS"), help="folder with questions/")
    parser.add_argument("--out", type=Path, default=PAGE)
    given = parser.parse_args()
    started = time.monotonic()
    lines = [PREFACE, *synthetic(TUNING_SEEDS, REPORTED_SEEDS, given.events), ""]
    if given.recordings:
        lines += recorded_section(Path(given.recordings) / "questions")
    else:
        lines += ["## Recorded outcomes", "", "Not run: EDGEWORTH_RECORDINGS was not set."]
    text = "\n".join(lines) + "\n"
    print(text)
    given.out.write_text(text, encoding="utf-8")
    print(f"written to {given.out.name} in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
