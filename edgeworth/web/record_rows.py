"""The track record of each kind of author as rows of a table; the scores are ``simulation.track_record``'s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edgeworth.probability.resampling import PairedDifference
from edgeworth.reports.batch_page import KIND_WORDS
from edgeworth.reports.figures import MISSING
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.record import AuthorKind
from edgeworth.simulation.track_record import TrackRecord, by_author_kind, ending_of
from edgeworth.web.ports import ForecastFilter, SiteStore

MOST_SCORED = 5_000
"""Newest forecasts of a world that are scored; the page says when there are more."""
RESAMPLES = 500
"""Of the bootstrap: enough for two digits of an interval, and for a page that comes at once."""


class RecordRow(NamedTuple):
    """The record of one kind of author, as text; ``made`` says whether live, see ``Forecast.is_live``."""

    made: str
    kind: str
    record: TrackRecord
    model: str
    market: str
    combined: str
    difference: str
    left_out: list[tuple[str, int]]


def records(store: SiteStore, *, is_synthetic: bool) -> list[RecordRow]:
    """The record of each kind of author on the newest ``MOST_SCORED`` forecasts: live ones, then those of the past."""
    newest: Sequence[Forecast] = store.find_forecasts(ForecastFilter(is_synthetic=is_synthetic), limit=MOST_SCORED).rows
    markets = store.get_markets({one.market_id for one in newest})
    endings = {market_id: ending_of(market) for market_id, market in markets.items()}
    rows: list[RecordRow] = []
    for made, is_live in (("live", True), ("looking back", False)):
        those = [one for one in newest if one.is_live is is_live]
        by_kind = by_author_kind(those, endings, resamples=RESAMPLES)
        rows += [_record_row(made, kind, record) for kind, record in by_kind.items()]
    return rows


def _record_row(made: str, kind: str, record: TrackRecord) -> RecordRow:
    model, market, combined = (
        MISSING if score is None else f"{score.brier:.3f}" for score in (record.model, record.market, record.combined)
    )
    return RecordRow(
        made=made,
        kind="no model" if kind == "none" else KIND_WORDS[AuthorKind(kind)],
        record=record,
        model=model,
        market=market,
        combined=combined,
        difference=_difference(record.model_minus_market),
        left_out=sorted(record.unscored.items(), key=lambda item: -item[1]),
    )


def _difference(found: PairedDifference | None) -> str:
    if found is None:
        return ""
    low, high = (f"{end:+.3f}".replace("-", "\N{MINUS SIGN}") for end in (found.interval.low, found.interval.high))
    return f"{found.difference:+.3f} ({low} to {high})".replace("-", "\N{MINUS SIGN}")
