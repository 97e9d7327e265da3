"""The track record of forecasts as sentences and tables of the terminal."""

from __future__ import annotations

from rich.table import Table

from edgeworth.probability.resampling import PairedDifference
from edgeworth.reports.figures import MINUS, MISSING, per_cent
from edgeworth.simulation.track_record import Score, TrackRecord, Unscored
from flows.commands.console import errors, printable, results, shown
from tasks.simulation.scoring import Scored, ScoredForecasts

KINDS = {
    "all": "all",
    "written": "written by a language model",
    "builtin": "built-in",
    "fallback": "built-in, in place of one that failed",
    "none": "no model",
}

REASONS = {
    Unscored.UNKNOWN_MARKET: "the market is not in the catalogue any more",
    Unscored.UNRESOLVED: "the market trades, or its venue has not said how it ended",
    Unscored.VOID: "the market was called off",
    Unscored.SCALAR: "the market paid a fraction: neither yes nor no",
    Unscored.TOO_LATE: "written down when the outcome may have been known",
    Unscored.FAILED: "no answer: something went wrong",
    Unscored.ABSTAINED: "no answer: nothing to go by, or the budget was spent",
    Unscored.NO_MARKET_PRICE: "the market had no price to compare with",
}

LIVE = "Live: written down within an hour of the instant they look at."
PAST = "Written down later than that, as with --as-of: whoever looks back may have known more."


def print_scores(found: ScoredForecasts) -> None:
    """Scores, what they are of, what they leave out, and whether the chain holds."""
    if found.live is not None and found.past is not None:
        _print_records(found.live, found.past, is_synthetic=found.is_synthetic)
    if found.fault is None:
        _say(_chain(found))


def _chain(found: ScoredForecasts) -> str:
    """That it holds, and what the batch that was named says of it."""
    if not found.registered:
        return "No forecast was registered yet: there is no chain to hold."
    if found.registered == 1:
        told = "the one registered forecast stands as it was written"
    else:
        told = f"all {found.registered:,} registered forecasts stand as they were written"
    if found.noted is None:
        return f"The chain holds: {told}."
    were = "was" if found.noted.position == 1 else "were"
    noted = f"{found.noted.position:,} {were} registered by the end of the batch; nothing of that is gone"
    return f"The chain holds: {told}. {noted}."


def print_fault(found: ScoredForecasts) -> None:
    """Where the chain does not hold, on standard error."""
    if found.fault is None:
        return
    named = "" if found.fault.forecast_id is None else f", forecast {found.fault.forecast_id}"
    other = " Or the batch belongs to another database." if found.noted else ""
    text = f"position {found.fault.position:,}{named}: {found.fault.problem}.{other}"
    errors.print(f"[bold red]The chain does not hold:[/] {shown(text)}", highlight=False, soft_wrap=True)


def _print_records(live: Scored, past: Scored, *, is_synthetic: bool) -> None:
    of = "invented markets" if is_synthetic else "real markets"
    if not live.total.forecasts and not past.total.forecasts:
        other = "" if is_synthetic else " (`--synthetic` for those of invented ones)"
        _say(f"No forecast of {of} was registered{other}. `edgeworth simulate` registers one a market.")
        return
    _print_record(live, of, LIVE)
    if past.total.forecasts:
        _say("")
        _print_record(past, f"past instants of {of}", PAST)


def _print_record(found: Scored, of: str, what: str) -> None:
    total = found.total
    noun = "forecast" if total.forecasts == 1 else "forecasts"
    scored = f"{total.scored:,} scored" if total.scored else "none scored yet"
    _say(f"{total.forecasts:,} {noun} of {of}, {scored}. {what}")
    records = {"all": total, **found.by_author_kind} if len(found.by_author_kind) > 1 else found.by_author_kind
    if total.scored:
        _say(f"{per_cent(total.base_rate)} of the scored ones came true.")
        results.print(_scores(records))
        results.print(_differences(records))
        results.print(_calibration(records))
    if total.unscored:
        results.print(_unscored(total))
    if total.brier_with_misses is not None:
        _say(
            f"With a missing answer taken as 50 %, the models' Brier score is {total.brier_with_misses:.4f}, "
            f"over {total.answerable:,} forecasts whose markets ended yes or no."
        )


def _scores(records: dict[str, TrackRecord]) -> Table:
    title = "On the same forecasts, lower is better; always saying 50 % has a Brier score of 0.25"
    table = _table(title, 2, "models", "forecaster", "scored", "Brier", "log score", "calibration error")
    for kind, record in records.items():
        for number, (name, score) in enumerate(_forecasters(record)):
            first = (KINDS[kind], name, f"{record.scored:,}") if number == 0 else ("", name, "")
            table.add_row(*first, f"{score.brier:.4f}", f"{score.log:.4f}", f"{score.calibration_error:.4f}")
    return table


def _forecasters(record: TrackRecord) -> list[tuple[str, Score]]:
    named = (("model", record.model), ("market", record.market), ("combined", record.combined))
    return [(name, score) for name, score in named if score is not None]


def _differences(records: dict[str, TrackRecord]) -> Table:
    title = "Brier score minus the market's, with 95 % intervals by event; below 0 is better than the market"
    table = _table(title, 1, "models", "model", "combined", "events")
    for kind, record in records.items():
        model = record.model_minus_market
        if record.scored:
            cells = _difference(model), _difference(record.combined_minus_market)
            table.add_row(KINDS[kind], *cells, "fewer than two" if model is None else f"{model.clusters:,}")
    return table


def _difference(found: PairedDifference | None) -> str:
    if found is None:
        return MISSING
    return f"{_signed(found.difference)} ({_signed(found.interval.low)} to {_signed(found.interval.high)})"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", MINUS)


def _calibration(records: dict[str, TrackRecord]) -> Table:
    title = "Calibration: of forecasts of like height, what they said and how many came true"
    table = _table(title, 2, "models", "forecaster", "forecasts", "said", "came true")
    for kind, record in records.items():
        for name, score in _forecasters(record):
            for one in score.calibration:
                table.add_row(KINDS[kind], name, f"{one.count:,}", per_cent(one.stated), per_cent(one.observed))
    return table


def _unscored(total: TrackRecord) -> Table:
    table = _table("Not scored", 1, "why", "forecasts")
    for reason, number in total.unscored.items():
        table.add_row(REASONS[Unscored(reason)], f"{number:,}")
    return table


def _table(title: str, texts: int, *columns: str) -> Table:
    """The first ``texts`` columns hold words, the others figures."""
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number < texts else "right", overflow="fold")
    return table


def _say(sentence: str) -> None:
    results.print(printable(sentence), markup=False, highlight=False, soft_wrap=True)
