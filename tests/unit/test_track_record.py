"""What forecasts were worth: scored together with the market, with every one that was not counted."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from edgeworth.errors import DataError
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.record import AuthorKind, MarketStatus
from edgeworth.simulation.track_record import Ending, by_author_kind, ending_of, track_record
from edgeworth.units import PriceMicros
from tests.builders import NOON, a_market
from tests.contexts import AS_OF
from tests.simulations import a_forecast, a_record

LATER = AS_OF + timedelta(days=3)
PLAIN = a_forecast(a_record())


def said(name: str, model: float | None, market: float | None = None, combined: float | None = None, **changes: Any):
    """A forecast of the market ``kalshi:NAME``."""
    plain = {
        "forecast_id": f"run/kalshi:{name}",
        "market_id": f"kalshi:{name}",
        "probability": model,
        "market_probability": market,
        "combined": combined,
    }
    return replace(PLAIN, **(plain | changes))


def decided(payout: float, event: str = "kalshi:E", **changes: Any) -> Ending:
    plain = {"event_id": event, "shape": ResolutionShape.DECIDED, "payout": payout, "known_at": LATER}
    return Ending(**(plain | changes))


FORECASTS = [said("A", 0.9, 0.8, 0.85), said("B", 0.2, 0.3, 0.25), said("C", 0.6, 0.5, 0.55)]
ENDINGS = {
    "kalshi:A": decided(1.0, "kalshi:E1"),
    "kalshi:B": decided(0.0, "kalshi:E1"),
    "kalshi:C": decided(0.0, "kalshi:E2"),
}


def test_model_market_and_combined_are_scored_by_hand_on_the_same_forecasts():
    """Squares: 0.01 0.04 0.36, 0.04 0.09 0.25 and 0.0225 0.0625 0.3025."""
    found = track_record(FORECASTS, ENDINGS)
    assert (found.forecasts, found.scored, found.unscored) == (3, 3, {})
    assert found.base_rate == pytest.approx(1 / 3)
    assert found.model is not None
    assert found.market is not None
    assert found.combined is not None
    assert found.model.brier == pytest.approx(0.41 / 3)
    assert found.market.brier == pytest.approx(0.38 / 3)
    assert found.combined.brier == pytest.approx(0.3875 / 3)
    assert found.model.log == pytest.approx(-(math.log(0.9) + math.log(0.8) + math.log(0.4)) / 3)
    assert found.market.log == pytest.approx(-(math.log(0.8) + math.log(0.7) + math.log(0.5)) / 3)


def test_calibration_by_hand():
    """One bin: they said 1.7 / 3 on average and a third came true."""
    found = track_record(FORECASTS, ENDINGS).model
    assert found is not None
    (only,) = found.calibration
    assert (only.count, only.stated, only.observed) == (3, pytest.approx(1.7 / 3), pytest.approx(1 / 3))
    assert found.calibration_error == pytest.approx(0.7 / 3)


def test_the_interval_of_a_difference_resamples_events():
    """Gaps -0.03 and -0.05 in one event, 0.11 in the other.

    Two draws of the first event: -0.16 / 4. One of each: 0.03 / 3, twice as often. Two of the second: 0.11.
    """
    found = track_record(FORECASTS, ENDINGS).model_minus_market
    assert found is not None
    assert found.difference == pytest.approx(0.01)
    assert found.clusters == 2
    assert found.interval == pytest.approx((-0.04, 0.11))
    mean = (-0.04 + 2 * 0.01 + 0.11) / 4
    variance = ((-0.04 - mean) ** 2 + 2 * (0.01 - mean) ** 2 + (0.11 - mean) ** 2) / 4
    assert found.standard_error == pytest.approx(math.sqrt(variance), rel=0.05)


def test_the_same_seed_gives_the_same_interval():
    assert track_record(FORECASTS, ENDINGS, seed=5) == track_record(FORECASTS, ENDINGS, seed=5)


def test_markets_of_one_event_give_a_score_but_no_interval():
    found = track_record(FORECASTS[:2], ENDINGS)
    assert found.model is not None
    assert (found.model_minus_market, found.combined_minus_market) == (None, None)


def silent(name: str, status: MarketStatus, **changes: Any) -> Forecast:
    return said(name, None, 0.4, None, status=status, **changes)


MISSES = [
    silent("D", MarketStatus.FAILED),
    silent("F", MarketStatus.SKIPPED),
    said("G", 0.1),
]
MISSED = {"kalshi:D": decided(1.0), "kalshi:F": decided(0.0), "kalshi:G": decided(0.0)}


def test_missing_answers_stand_in_the_denominator_at_one_half():
    """0.41 of the scored ones, a quarter for each of the two misses, 0.01 where only the market had no price."""
    found = track_record(FORECASTS + MISSES, ENDINGS | MISSED)
    assert (found.forecasts, found.scored, found.answerable) == (6, 3, 6)
    assert found.unscored == {"failed": 1, "abstained": 1, "no_market_price": 1}
    assert found.brier_with_misses == pytest.approx((0.41 + 0.25 + 0.25 + 0.01) / 6)
    assert found.model is not None
    assert found.model.brier == pytest.approx(0.41 / 3)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (None, "unknown_market"),
        (Ending(event_id="kalshi:E"), "unresolved"),
        (decided(0.5, shape=ResolutionShape.PENDING), "unresolved"),
        (decided(0.5, shape=ResolutionShape.VOID), "void"),
        (decided(0.58, shape=ResolutionShape.SCALAR), "scalar"),
        (Ending(event_id="kalshi:E", shape=ResolutionShape.ZERO_ZERO), "scalar"),
        (Ending(event_id="kalshi:E", shape=ResolutionShape.DECIDED), "scalar"),
        (decided(1.0, known_at=PLAIN.registered_at), "too_late"),
    ],
)
def test_what_has_no_answer_is_counted_with_its_reason_and_is_no_miss_of_ours(ending, reason):
    endings = {} if ending is None else {"kalshi:A": ending}
    for forecast in (FORECASTS[0], silent("A", MarketStatus.FAILED)):
        found = track_record([forecast], endings)
        assert (found.scored, found.unscored, found.answerable) == (0, {reason: 1}, 0)
        assert (found.model, found.base_rate, found.brier_with_misses) == (None, None, None)


def test_a_forecast_is_in_time_up_to_the_moment_at_which_the_outcome_may_be_known():
    just = PLAIN.registered_at + timedelta(microseconds=1)
    assert track_record(FORECASTS[:1], {"kalshi:A": decided(1.0, known_at=just)}).scored == 1
    assert track_record(FORECASTS[:1], {"kalshi:A": decided(1.0, known_at=None)}).scored == 1


def test_every_forecast_is_scored_or_counted():
    endings = ENDINGS | MISSED | {"kalshi:H": decided(0.5, shape=ResolutionShape.VOID)}
    found = track_record([*FORECASTS, *MISSES, said("H", 0.5, 0.5, 0.5), said("I", 0.5)], endings)
    assert found.forecasts == found.scored + sum(found.unscored.values()) == 8


def test_kinds_of_authors_are_scored_apart():
    kinds = [AuthorKind.FALLBACK, AuthorKind.WRITTEN, AuthorKind.BUILTIN, None]
    forecasts = [
        replace(one, kind=kind) for one, kind in zip([*FORECASTS, silent("D", MarketStatus.FAILED)], kinds, strict=True)
    ]
    found = by_author_kind(forecasts, ENDINGS | MISSED)
    assert list(found) == ["written", "builtin", "fallback", "none"]
    briers = {kind: None if one.model is None else one.model.brier for kind, one in found.items()}
    assert briers == {
        "written": pytest.approx(0.04),
        "builtin": pytest.approx(0.36),
        "fallback": pytest.approx(0.01),
        "none": None,
    }
    assert found["none"].unscored == {"failed": 1}


def test_nothing_to_score_is_no_error():
    found = track_record([], {})
    assert (found.forecasts, found.scored, found.model, found.model_minus_market) == (0, 0, None, None)
    assert by_author_kind([], {}) == {}


def test_invented_and_real_markets_are_never_scored_together():
    with pytest.raises(DataError, match="score them apart"):
        track_record([FORECASTS[0], replace(FORECASTS[1], is_synthetic=True)], ENDINGS)


# --- how a market ended -----------------------------------------------------------------------------------------------

PAID = Resolution(
    shape=ResolutionShape.DECIDED, payouts=(PriceMicros(0), PriceMicros(1_000_000)), resolved_at=NOON
)  # fmt: skip


def test_an_ending_is_read_off_the_market():
    found = ending_of(a_market(event_native_id="77", resolution=PAID))
    assert found == Ending(event_id="polymarket:77", shape=ResolutionShape.DECIDED, payout=0.0, known_at=NOON)
    assert ending_of(a_market()) == Ending(event_id="polymarket:0x1")


def test_an_outcome_may_be_known_from_the_close_on():
    before = NOON - timedelta(hours=2)
    assert ending_of(a_market(resolution=PAID, closed_at=before)).known_at == before
    assert ending_of(a_market(resolution=PAID, closed_at=LATER)).known_at == NOON
    pending = Resolution(shape=ResolutionShape.PENDING)
    assert ending_of(a_market(resolution=pending)).known_at is None


def test_without_any_instant_from_the_venue_a_market_was_known_by_its_planned_close_or_when_it_was_seen():
    """Else a forecast could be made of a market that has ended, and count as one."""
    undated = replace(PAID, resolved_at=None)
    assert ending_of(a_market(resolution=undated, closes_at=None)).known_at == NOON
    assert ending_of(a_market(resolution=undated, closes_at=LATER)).known_at == NOON
    before = NOON - timedelta(days=1)
    assert ending_of(a_market(resolution=undated, closes_at=before)).known_at == before


def test_live_is_what_was_written_down_within_an_hour_of_its_instant():
    just, over = (said("A", 0.9, registered_at=AS_OF + timedelta(hours=1, seconds=late)) for late in (0, 1))
    assert (just.is_live, over.is_live) == (True, False)


def test_live_forecasts_and_those_of_past_instants_are_never_scored_together():
    looked_back = said("B", 0.2, 0.3, 0.25, registered_at=AS_OF + timedelta(days=1))
    with pytest.raises(DataError, match="live forecasts or those of past instants, found both"):
        track_record([FORECASTS[0], looked_back], ENDINGS)
