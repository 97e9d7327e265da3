"""Was it right? Forecasts against how their markets ended: the model, the market at the same moment, both combined.

Pure: forecasts and endings in, scores out. Three rules keep a record honest:

- the three are scored on the same forecasts, so that their difference is no matter of which questions were answered;
- what cannot be scored is counted with its reason, and nothing is left out without one;
- failures and abstentions stand in the denominator: ``brier_with_misses`` takes a missing answer as 0.5, so that
  staying silent where it is hard earns nothing.

Markets of one event stand and fall together: the interval of a difference resamples events, not markets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.errors import DataError
from edgeworth.markets.market import Market
from edgeworth.markets.resolution import ResolutionShape
from edgeworth.probability.resampling import PairedDifference, paired_bootstrap
from edgeworth.probability.scoring import (
    CalibrationBin,
    brier_losses,
    brier_score,
    calibration_bins,
    calibration_error,
    log_score,
)
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.record import MarketStatus

MISSING_ANSWER: Final = 0.5
"""What a missing answer is scored as."""


class Unscored(StrEnum):
    """Why a forecast is not compared with its market; the first that fits."""

    UNKNOWN_MARKET = "unknown_market"
    """Nothing is known of how it stands."""
    UNRESOLVED = "unresolved"
    """It trades, or the venue has not said how it ended."""
    VOID = "void"
    """Called off: there is no answer to be right about."""
    SCALAR = "scalar"
    """It paid a fraction, or how it paid cannot be told: neither yes nor no."""
    TOO_LATE = "too_late"
    """Written down when the outcome may already have been known: no forecast."""
    FAILED = "failed"
    """No answer, because something went wrong."""
    ABSTAINED = "abstained"
    """No answer, because there was nothing to go by or the budget was spent."""
    NO_MARKET_PRICE = "no_market_price"
    """An answer, but no price of the market to compare it with."""


NO_ANSWER: Final = (Unscored.FAILED, Unscored.ABSTAINED)
"""Misses of our own: the market ended yes or no, and nothing had been said."""


class Ending(Struct, frozen=True, kw_only=True):
    """How a market ended, as far as is known.

    Attributes:
        event_id: What it stands and falls with; its own id where it belongs to no event.
        shape: ``None`` while it trades.
        payout: Dollars paid per share of outcome 0; ``None`` where that is not known.
        known_at: From when on the outcome may have been known: the close or the resolution, whichever came first, or
            what stands in for both; ``None`` while it trades.
    """

    event_id: str
    shape: ResolutionShape | None = None
    payout: float | None = None
    known_at: datetime | None = None


class Score(Struct, frozen=True, kw_only=True):
    """How good a forecaster was; lower is better for Brier (0.25 is always saying 0.5), log and calibration error."""

    brier: float
    log: float
    calibration_error: float
    calibration: tuple[CalibrationBin, ...]


class TrackRecord(Struct, frozen=True, kw_only=True):
    """What forecasts were worth.

    Attributes:
        forecasts: All there are: ``scored`` and the sum of ``unscored``.
        scored: Whose market ended yes or no, with an answer and a price: what the scores are of.
        base_rate: Share of them that came true.
        model, market, combined: On the scored ones; ``None`` without any.
        model_minus_market, combined_minus_market: Difference of the Brier scores, below 0 when better than the market,
            with the interval of the paired bootstrap by event; ``None`` with fewer than two events.
        answerable: Forecasts whose market ended yes or no, answered or not.
        brier_with_misses: Of the model on the answerable ones, a missing answer taken as 0.5; ``None`` without any.
    """

    forecasts: int
    scored: int
    unscored: dict[str, int]
    base_rate: float | None
    model: Score | None
    market: Score | None
    combined: Score | None
    model_minus_market: PairedDifference | None
    combined_minus_market: PairedDifference | None
    answerable: int
    brier_with_misses: float | None


def ending_of(market: Market) -> Ending:
    """What is known of how ``market`` ended."""
    event = market.event_native_id
    ended = market.resolution
    payouts = None if ended is None else ended.payouts
    return Ending(
        event_id=market.market_id if event is None else f"{market.venue.value}:{event}",
        shape=None if ended is None else ended.shape,
        payout=None if payouts is None else payouts[0] / 1_000_000,
        known_at=_known_at(market),
    )


def _known_at(market: Market) -> datetime | None:
    """Where the venue does not say when a market ended: its planned close, or when it was seen to have ended."""
    ended = market.resolution
    if ended is None:
        return None
    said = [at for at in (ended.resolved_at, market.closed_at) if at is not None]
    if said or ended.shape is ResolutionShape.PENDING:
        return min(said, default=None)
    return min(at for at in (market.closes_at, market.as_of) if at is not None)


def track_record(
    forecasts: Sequence[Forecast], endings: Mapping[str, Ending], *, seed: int = 0, resamples: int = 2_000
) -> TrackRecord:
    """Score ``forecasts`` of real, or of invented, markets; live ones, or those of past instants.

    Args:
        forecasts: All that were registered, answered or not.
        endings: By market id.
        seed: Of the bootstrap.
        resamples: How many.

    Raises:
        DataError: Forecasts of real and of invented markets, or of the present and of the past, are mixed.
    """
    if len({one.is_synthetic for one in forecasts}) > 1:
        raise DataError("expected forecasts of real markets or of invented ones, found both: score them apart")
    if len({one.is_live for one in forecasts}) > 1:
        raise DataError("expected live forecasts or those of past instants, found both: score them apart")
    reasons = [_unscored(one, endings.get(one.market_id)) for one in forecasts]
    scored = [one for one, reason in zip(forecasts, reasons, strict=True) if reason is None]
    had_answer = (None, Unscored.NO_MARKET_PRICE)
    answerable = [
        one for one, reason in zip(forecasts, reasons, strict=True) if reason in had_answer or reason in NO_ANSWER
    ]
    outcomes = [_payout(endings, one) for one in scored]
    model, market, combined = (
        [_said(getattr(one, name)) for one in scored] for name in ("probability", "market_probability", "combined")
    )
    events = [endings[one.market_id].event_id for one in scored]

    def against_market(probabilities: list[float]) -> PairedDifference | None:
        if len(set(events)) < 2:
            return None
        losses = brier_losses(probabilities, outcomes), brier_losses(market, outcomes)
        return paired_bootstrap(*losses, events, np.random.default_rng(seed), resamples=resamples)

    return TrackRecord(
        forecasts=len(forecasts),
        scored=len(scored),
        unscored=dict(Counter(reason.value for reason in Unscored for found in reasons if found is reason)),
        base_rate=float(np.mean(outcomes)) if scored else None,
        model=_score(model, outcomes),
        market=_score(market, outcomes),
        combined=_score(combined, outcomes),
        model_minus_market=against_market(model),
        combined_minus_market=against_market(combined),
        answerable=len(answerable),
        brier_with_misses=_with_misses(answerable, endings),
    )


def by_author_kind(
    forecasts: Sequence[Forecast], endings: Mapping[str, Ending], *, seed: int = 0, resamples: int = 2_000
) -> dict[str, TrackRecord]:
    """The record of each kind of author apart; ``none`` holds markets that ended before any model was made.

    Raises:
        DataError: As for ``track_record``.
    """
    apart: dict[str, list[Forecast]] = {}
    for one in forecasts:
        apart.setdefault("none" if one.kind is None else one.kind.value, []).append(one)
    return {
        kind: track_record(apart[kind], endings, seed=seed, resamples=resamples)
        for kind in ("written", "builtin", "fallback", "none")
        if kind in apart
    }


def _unscored(forecast: Forecast, ending: Ending | None) -> Unscored | None:
    if ending is None:
        return Unscored.UNKNOWN_MARKET
    match ending.shape:
        case None | ResolutionShape.PENDING:
            return Unscored.UNRESOLVED
        case ResolutionShape.VOID:
            return Unscored.VOID
        case ResolutionShape.DECIDED if ending.payout in (0.0, 1.0):
            return _without_answer(forecast, ending)
        case _:
            return Unscored.SCALAR


def _without_answer(forecast: Forecast, ending: Ending) -> Unscored | None:
    if ending.known_at is not None and forecast.registered_at >= ending.known_at:
        return Unscored.TOO_LATE
    if forecast.probability is None:
        return Unscored.FAILED if forecast.status is MarketStatus.FAILED else Unscored.ABSTAINED
    return Unscored.NO_MARKET_PRICE if forecast.market_probability is None else None


def _score(probabilities: list[float], outcomes: list[float]) -> Score | None:
    if not outcomes:
        return None
    return Score(
        brier=brier_score(probabilities, outcomes),
        log=log_score(probabilities, outcomes),
        calibration_error=calibration_error(probabilities, outcomes),
        calibration=calibration_bins(probabilities, outcomes),
    )


def _with_misses(answerable: list[Forecast], endings: Mapping[str, Ending]) -> float | None:
    if not answerable:
        return None
    said = [MISSING_ANSWER if one.probability is None else one.probability for one in answerable]
    return brier_score(said, [_payout(endings, one) for one in answerable])


def _payout(endings: Mapping[str, Ending], forecast: Forecast) -> float:
    return _said(endings[forecast.market_id].payout)


def _said(value: float | None) -> float:
    assert value is not None, "only what was said and came out is scored"
    return value
