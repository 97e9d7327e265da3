"""When are a venue's markets recent enough? The expected values are worked by hand on one clock face."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edgeworth.errors import DataError
from edgeworth.markets.freshness import MARKETS_TARGET, check_freshness
from edgeworth.markets.venue import Venue

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KALSHI, POLYMARKET = Venue.KALSHI, Venue.POLYMARKET


def test_the_target_is_one_hour():
    assert timedelta(hours=1) == MARKETS_TARGET


@pytest.mark.parametrize(
    ("finished_at", "is_fresh", "late_by"),
    [
        (datetime(2026, 11, 21, 11, 45, tzinfo=UTC), True, None),
        (datetime(2026, 11, 21, 11, 0, tzinfo=UTC), True, None),
        (datetime(2026, 11, 21, 10, 59, 59, tzinfo=UTC), False, timedelta(seconds=1)),
        (datetime(2026, 11, 20, 12, 0, tzinfo=UTC), False, timedelta(hours=23)),
        (None, False, None),
    ],
    ids=["a quarter of an hour", "exactly the target", "a second more", "a day", "never read to the end"],
)
def test_a_venue_is_fresh_up_to_the_target_and_late_by_what_is_beyond(finished_at, is_fresh, late_by):
    (verdict,) = check_freshness({KALSHI: finished_at}, now=NOON)
    assert (verdict.is_fresh, verdict.late_by) == (is_fresh, late_by)


def test_the_target_is_an_argument():
    (verdict,) = check_freshness({KALSHI: NOON - timedelta(minutes=20)}, now=NOON, target=timedelta(minutes=15))
    assert verdict.late_by == timedelta(minutes=5)


def test_each_venue_is_judged_by_itself_in_the_order_given():
    verdicts = check_freshness({POLYMARKET: None, KALSHI: NOON}, now=NOON)
    assert [(verdict.venue, verdict.is_fresh) for verdict in verdicts] == [(POLYMARKET, False), (KALSHI, True)]


def test_an_age_needs_a_reading_and_nothing_is_invented_without_one():
    (verdict,) = check_freshness({KALSHI: None}, now=NOON)
    assert (verdict.finished_at, verdict.age) == (None, None)


def test_two_clocks_may_differ_a_little():
    (verdict,) = check_freshness({KALSHI: NOON + timedelta(minutes=2)}, now=NOON)
    assert (verdict.is_fresh, verdict.age) == (True, timedelta(0))


def test_a_reading_from_the_future_gets_no_verdict():
    with pytest.raises(DataError, match=r"kalshi.*2026-11-21 12:00.*found 2026-11-21 13:00"):
        check_freshness({KALSHI: NOON + timedelta(hours=1)}, now=NOON)
