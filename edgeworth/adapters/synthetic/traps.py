"""What can go wrong on purpose, declared beforehand and counted by request, so that every run is the same.

These come on top of the traps that the real exchanges always have (JSON in strings, vanishing keys, an ignored
``cursor``, the worst price first, ...), which the synthetic venue always has too.
"""

from __future__ import annotations

from email.utils import formatdate
from enum import StrEnum

from msgspec import Struct


class RetryAfter(StrEnum):
    """How a 429 says when to come back."""

    SECONDS = "seconds"
    HTTP_DATE = "http_date"
    ABSENT = "absent"


class Traps(Struct, frozen=True, kw_only=True):
    """Switchable faults. ``*_every=n`` strikes the n-th, 2n-th, ... matching request; ``None`` never.

    Attributes:
        paths: Only requests whose path holds one of these are counted and struck; empty: all.
        rate_limit_every: 429. rate_limit_style: How it says when to come back. retry_after_seconds: When.
        rate_limit_date: The instant (seconds since 1970) that an HTTP date is counted from.
        server_error_every, server_error_status: 500, 503, ... server_error_burst: That many in a row each time.
        html_page_every: An HTML page with status 200.
        truncated_body_every: The second half of the body is missing.
        slow_every, slow_seconds: The answer waits.
        repeat_cursor: From the second page on, every page names its own cursor as the next.
        has_broken_market: One market in the middle of each listing page cannot be read.
        ids_change_type: Every other event id is a number instead of a string.
        stream_drop_after: The market stream is cut after that many messages, once a connection.
        stream_drops: How many connections are cut; later ones are left alone.
    """

    paths: tuple[str, ...] = ()
    rate_limit_every: int | None = None
    rate_limit_style: RetryAfter = RetryAfter.SECONDS
    retry_after_seconds: int = 1
    rate_limit_date: int | None = None
    server_error_every: int | None = None
    server_error_status: int = 503
    server_error_burst: int = 1
    html_page_every: int | None = None
    truncated_body_every: int | None = None
    slow_every: int | None = None
    slow_seconds: float = 0.05
    repeat_cursor: bool = False
    has_broken_market: bool = False
    ids_change_type: bool = False
    stream_drop_after: int | None = None
    stream_drops: int = 1

    def counts(self, path: str) -> bool:
        """Whether requests for ``path`` are counted and may be struck."""
        return not self.paths or any(part in path for part in self.paths)

    def strikes(self, every: int | None, number: int, burst: int = 1) -> bool:
        """Whether a fault that comes every ``every`` requests, ``burst`` times in a row, strikes request ``number``."""
        return every is not None and number >= every and (number - every) % every < burst

    def retry_after(self, now: float) -> str | None:
        """The ``Retry-After`` header of a 429 sent at ``now`` (seconds since 1970)."""
        match self.rate_limit_style:
            case RetryAfter.SECONDS:
                return str(self.retry_after_seconds)
            case RetryAfter.HTTP_DATE:
                start = now if self.rate_limit_date is None else self.rate_limit_date
                return formatdate(start + self.retry_after_seconds, usegmt=True)
            case _:
                return None


NO_TRAPS = Traps()
HTML_PAGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
)
