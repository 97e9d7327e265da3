"""Is what we hold of each venue recent enough? Instants in, a verdict out.

The age of a venue's markets is the time since its listing was last walked to the end: a walk that was cut off leaves
markets unseen, however recent its first page. Reads no clock and no store.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from edgeworth.errors import DataError
from edgeworth.markets.venue import Venue

MARKETS_TARGET = timedelta(hours=1)
"""Every venue's markets are at most this old."""

MISSED_EVENT = "edgeworth.freshness.missed"
"""Name of the event that says that a venue is stale, for whoever answers it."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Two machines may disagree on the time by this much; such a walk counts as finished just now."""


class VenueFreshness(Struct, frozen=True, kw_only=True):
    """How recent one venue's markets are.

    Attributes:
        finished_at: When its listing was last walked to the end; ``None`` when that never happened.
        age: Time since then; ``None`` when it never happened.
        late_by: How far the age exceeds the target; ``None`` when it does not, or when there is no age.
    """

    venue: Venue
    finished_at: datetime | None
    age: timedelta | None
    late_by: timedelta | None

    @property
    def is_fresh(self) -> bool:
        """Whether the target is met. A venue that was never read to the end is stale."""
        return self.age is not None and self.late_by is None


def check_freshness(
    finished_at: Mapping[Venue, datetime | None], *, now: datetime, target: timedelta = MARKETS_TARGET
) -> tuple[VenueFreshness, ...]:
    """The verdict on each venue, in the order given.

    Args:
        finished_at: When each venue's listing was last walked to the end.
        now: The instant to judge at, with a time zone.
        target: The greatest age that still counts as fresh; an age of exactly this is fresh.

    Raises:
        DataError: A walk finished well after ``now``: one of the clocks is wrong and no verdict would be honest.
    """
    return tuple(_judge(venue, at, now, target) for venue, at in finished_at.items())


def _judge(venue: Venue, finished_at: datetime | None, now: datetime, target: timedelta) -> VenueFreshness:
    if finished_at is None:
        return VenueFreshness(venue=venue, finished_at=None, age=None, late_by=None)
    if finished_at - now > CLOCK_TOLERANCE:
        raise DataError(f"expected {venue.value} to have been read before {now}, found {finished_at}")
    age = max(now - finished_at, timedelta(0))
    late_by = age - target if age > target else None
    return VenueFreshness(venue=venue, finished_at=finished_at, age=age, late_by=late_by)
