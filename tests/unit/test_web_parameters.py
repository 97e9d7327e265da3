"""Query parameters: what is meant, and the sentence for what cannot be."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from edgeworth.markets.market import MarketStatus
from edgeworth.web.parameters import BadParameterError, Parameters
from edgeworth.web.rendering import Paging

KNOWN = ("q", "status", "confidence", "page", "order")


def asked(query: str) -> Parameters:
    return Parameters(QueryParams(query), KNOWN)


def test_what_is_left_open_is_none():
    given = asked("q=&status=&confidence=+&page=")
    assert (given.text("q"), given.choice("status", MarketStatus), given.share("confidence"), given.page) == (
        None,
        None,
        None,
        1,
    )


def test_what_is_given_is_read():
    given = asked("q=rate+cut&status=open&confidence=0.75&page=3&order=closes")
    assert given.text("q") == "rate cut"
    assert given.choice("status", MarketStatus) is MarketStatus.OPEN
    assert given.share("confidence") == 0.75
    assert given.word("order", ("closes", "seen")) == "closes"
    assert given.page == 3


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=1.5", "page=x", "page=10001", "page=999999999999", "page=٣"]
)
def test_a_page_is_a_whole_number(query):
    with pytest.raises(BadParameterError, match="page: expected a whole number from 1 to 10,000"):
        _ = asked(query).page


@pytest.mark.parametrize("value", ["2", "-0.1", "nan", "inf", "1e-3", "0,5", "1.01", "0x1"])
def test_a_share_is_a_decimal_from_0_to_1(value):
    with pytest.raises(BadParameterError, match="confidence: expected a number from 0 to 1"):
        asked(f"confidence={value}").share("confidence")


@pytest.mark.parametrize(("value", "share"), [("0", 0.0), ("1", 1.0), ("1.0", 1.0), (".5", 0.5), ("0.97", 0.97)])
def test_a_share_may_be_written_as_people_write_it(value, share):
    assert asked(f"confidence={value}").share("confidence") == share


def test_an_unknown_choice_names_those_there_are():
    with pytest.raises(BadParameterError, match=r"status: expected one of unopened, open, closed.*, found “ajar”"):
        asked("status=ajar").choice("status", MarketStatus)
    with pytest.raises(BadParameterError, match="order: expected one of closes, seen, found “x”"):
        asked("order=x").word("order", ("closes", "seen"))


def test_a_name_that_is_unknown_or_given_twice_is_said():
    with pytest.raises(BadParameterError, match="expected one of confidence, order, page, q, status, found “venu”"):
        asked("venu=kalshi")
    with pytest.raises(BadParameterError, match="q: expected it once, found it 2 times"):
        asked("q=a&q=b")


@pytest.mark.parametrize("query", ["q=a%00b", "q=a%0Ab", "q=%1B[2J"])
def test_a_text_holds_no_control_characters(query):
    with pytest.raises(BadParameterError, match="q: expected text"):
        asked(query).text("q")


def test_a_text_has_an_end_and_a_refusal_does_not_repeat_all_of_a_long_one():
    with pytest.raises(BadParameterError, match="q: expected at most 200 characters, found 10,000"):
        asked("q=" + "x" * 10_000).text("q")
    with pytest.raises(BadParameterError) as refusal:
        asked("x" * 10_000 + "=1")
    assert len(str(refusal.value)) < 200


def test_the_neighbours_of_a_page_keep_what_was_asked_for():
    paging = Paging(asked("q=rate+%26+cut&page=2&status="), "/markets", rows=50, total=120)
    assert (paging.first, paging.last, paging.pages) == (51, 100, 3)
    assert paging.before == "/markets?q=rate+%26+cut&page=1"
    assert paging.after == "/markets?q=rate+%26+cut&page=3"


@pytest.mark.parametrize(
    ("page", "total", "before", "after", "is_beyond"),
    [(1, 0, "", "", False), (1, 50, "", "", False), (1, 51, "", "/m?page=2", False), (9, 51, "/m?page=2", "", True)],
)
def test_the_first_and_the_last_page_lead_nowhere_else(page, total, before, after, is_beyond):
    paging = Paging(asked(f"page={page}"), "/m", rows=50, total=total)
    assert (paging.before, paging.after, paging.is_beyond) == (before, after, is_beyond)
