"""What was known at an instant: later, undated and rewritten pages stay out, each with its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edgeworth.adapters.research.screening import Found, instant, is_present, latest, screen

AS_OF = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)


def page(**changes) -> Found:
    fields = {
        "url": "https://www.reuters.com/a",
        "title": "A",
        "text": "Something happened.",
        "published": "2026-03-09T08:00:00.000Z",
        "version": "2026-03-09T09:00:00Z",
    }
    return Found(**{**fields, **changes})


def reason(one: Found, *, present: bool = False) -> str | None:
    screened = screen([one], as_of=AS_OF, present=present, limit=5)
    assert len(screened.snippets) + sum(screened.rejected.values()) == 1
    return next(iter(screened.rejected), None)


def test_a_page_known_by_then_keeps_its_words_its_host_and_its_day():
    [snippet] = screen([page()], as_of=AS_OF, present=False, limit=5).snippets
    assert (snippet.source, snippet.url) == ("www.reuters.com", "https://www.reuters.com/a")
    assert (snippet.title, snippet.text) == ("A", "Something happened.")
    assert snippet.published_at == datetime(2026, 3, 9, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"published": None}, "undated"),
        ({"published": "yesterday"}, "undated"),
        ({"published": ""}, "undated"),
        ({"published": "2026-03-10T15:30:01Z"}, "later"),
        ({"published": "2026-03-10T16:30:00+00:30"}, "later"),
        # A day alone may be its last hour.
        ({"published": "2026-03-10"}, "later"),
        ({"published": "2026-03-10T00:00:00.000Z"}, "later"),
        ({"published": "3/10/2026"}, "later"),
        ({"version": None}, "version_unknown"),
        ({"version": "2026-03-10T15:31:00Z"}, "version_later"),
        ({"version": "2026-03-10"}, "version_later"),
        ({"url": "https://polymarket.com/event/x"}, "venue_page"),
        ({"url": "https://elections.kalshi.com./x"}, "venue_page"),
        ({"url": "https://POLYMARKET.com/x"}, "venue_page"),
        ({"url": None}, "unreadable"),
        ({"url": "javascript:alert(1)"}, "unreadable"),
        ({"url": "https://[broken"}, "unreadable"),
        ({"text": "  \n"}, "no_text"),
        ({"text": None}, "no_text"),
    ],
)
def test_what_was_not_known_or_is_no_evidence_is_left_out_with_its_reason(changes, why):
    assert reason(page(**changes)) == why


@pytest.mark.parametrize(
    "changes",
    [
        {"published": "2026-03-10T15:30:00Z"},
        {"published": "2026-03-10T16:30:00+01:00"},
        {"published": "2026-03-09"},
        {"published": "3/9/2026"},
        {"version": "2026-03-10T15:30:00Z"},
        {"url": "https://notpolymarket.com/x"},
        {"url": "https://polymarket.com.example.org/x"},
        {"title": None},
    ],
)
def test_what_was_known_by_then_is_kept(changes):
    assert reason(page(**changes)) is None


def test_in_the_present_a_page_that_was_just_read_needs_no_stored_version():
    assert reason(page(published="2026-03-10", version=None), present=True) is None
    assert reason(page(published="2026-03-10T15:31:00Z"), present=True) == "later"
    assert reason(page(published=None), present=True) == "undated"


def test_the_order_of_the_service_is_kept_up_to_the_limit_and_every_result_is_counted():
    pages = [page(url=f"https://a.org/{n}") for n in (1, 2, 2, 3, 4)] + [page(published=None)]
    screened = screen(pages, as_of=AS_OF, present=False, limit=3)
    assert [snippet.url[-1] for snippet in screened.snippets] == ["1", "2", "3"]
    assert screened.rejected == {"repeated": 1, "beyond_limit": 1, "undated": 1}


def test_the_present_is_an_hour_wide():
    assert is_present(AS_OF, AS_OF + timedelta(hours=1))
    assert not is_present(AS_OF, AS_OF + timedelta(hours=1, seconds=1))


def test_a_stated_day_lasts_until_its_end():
    day = instant("2026-02-28")
    assert day == datetime(2026, 2, 28, tzinfo=UTC)
    assert latest(day) == datetime(2026, 3, 1, tzinfo=UTC)
