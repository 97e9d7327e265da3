"""Which results of a search were known at an instant. Pure; the same rules for every service.

A result is left out, and counted by its reason, when

- ``unreadable``: it has no http address,
- ``venue_page``: it is a page of a venue, whose price would come back as evidence,
- ``no_text``: it says nothing,
- ``repeated``: its address came before,
- ``undated``: nobody says when it was published,
- ``later``: it was, or may have been, published after the instant; a day without a time counts as its end,
- ``version_unknown``, ``version_later``: nobody says, or someone denies, that its text is as it stood then: pages are
  rewritten, and the answer is in the newer version,
- ``beyond_limit``: enough were found.

When the instant is the present (within ``PRESENT``), a page that was just read cannot be of a later version, and a page
dated today was published by now; both rules are then not needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from edgeworth.ports import ResearchSnippet

VENUE_HOSTS: Final = ("polymarket.com", "kalshi.com")
PRESENT: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MAX_TEXT_CHARACTERS: Final = 4_000
MAX_TITLE_CHARACTERS: Final = 300


class Found(Struct, frozen=True, kw_only=True):
    """One result as a service gave it.

    Attributes:
        published: When it was published, as stated.
        version: When the text stood as it is given, as stated: a stored version, or the last change.
    """

    url: str | None = None
    title: str | None = None
    text: str | None = None
    published: str | None = None
    version: str | None = None


class Screened(Struct, frozen=True):
    """``len(snippets) + sum(rejected.values())`` is the number of results."""

    snippets: tuple[ResearchSnippet, ...]
    rejected: dict[str, int]


def is_present(as_of: datetime, now: datetime) -> bool:
    """Whether ``as_of`` is now, for what a search can know."""
    return now - as_of <= PRESENT


def screen(found: Sequence[Found], *, as_of: datetime, present: bool, limit: int) -> Screened:
    """The results that were known at ``as_of``, in the order of the service, and why the others are left out.

    Args:
        found: What came back.
        as_of: The instant.
        present: Whether it was the present when the service was asked (``is_present``).
        limit: Most snippets.
    """
    snippets: list[ResearchSnippet] = []
    rejected: Counter[str] = Counter()
    seen: set[str] = set()
    for one in found:
        reason = _unfit(one, seen) or _not_yet_known(one, as_of, present=present)
        if reason is None and len(snippets) == limit:
            reason = "beyond_limit"
        if reason is not None:
            rejected[reason] += 1
            continue
        seen.add(one.url or "")
        snippets.append(_snippet(one))
    return Screened(tuple(snippets), dict(rejected))


def _unfit(one: Found, seen: set[str]) -> str | None:
    host = host_of_page(one.url or "")
    if host is None:
        return "unreadable"
    if any(host == venue or host.endswith(f".{venue}") for venue in VENUE_HOSTS):
        return "venue_page"
    if not (one.text or "").strip():
        return "no_text"
    return "repeated" if one.url in seen else None


def _not_yet_known(one: Found, as_of: datetime, *, present: bool) -> str | None:
    published = instant(one.published)
    if published is None:
        return "undated"
    if (published if present else latest(published)) > as_of:
        return "later"
    if present:
        return None
    version = instant(one.version)
    if version is None:
        return "version_unknown"
    return "version_later" if latest(version) > as_of else None


def _snippet(one: Found) -> ResearchSnippet:
    published = instant(one.published)
    assert published is not None
    return ResearchSnippet(
        source=host_of_page(one.url or "") or "",
        url=one.url or "",
        title=(one.title or "")[:MAX_TITLE_CHARACTERS],
        text=(one.text or "")[:MAX_TEXT_CHARACTERS],
        published_at=published,
    )


def host_of_page(url: str) -> str | None:
    """The host of an http address; ``None`` for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return (parts.hostname or "").rstrip(".") or None if parts.scheme in {"http", "https"} else None


def instant(stated: str | None) -> datetime | None:
    """A stated instant in UTC; a day alone is its first instant. ``None`` when it cannot be read."""
    for read in (datetime.fromisoformat, lambda text: datetime.strptime(text, "%m/%d/%Y")):  # noqa: DTZ007  made aware below
        try:
            at = read((stated or "").strip())
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def latest(stated: datetime) -> datetime:
    """The last instant that is meant: midnight to the second is how services state a day."""
    is_day = (stated.hour, stated.minute, stated.second, stated.microsecond) == (0, 0, 0, 0)
    return stated + DAY if is_day else stated
