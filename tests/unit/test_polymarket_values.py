"""Single values of Polymarket payloads: what each spelling means, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeworth.adapters.polymarket.values import (
    instant,
    number,
    optional_prices,
    page_url,
    price,
    shares,
    texts,
    token_ids,
)
from edgeworth.errors import ParseError

# A real token id has 74 to 78 digits; as a float it would lose sixty of them.
TOKEN = "104239898038807136052399800151408521467737075933964991162589336683346093173875"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-02-07T20:56:27.123456Z", datetime(2026, 2, 7, 20, 56, 27, 123456, tzinfo=UTC)),
        ("2026-02-07T20:56:27.1Z", datetime(2026, 2, 7, 20, 56, 27, 100000, tzinfo=UTC)),
        ("2025-10-15T17:55:33.99Z", datetime(2025, 10, 15, 17, 55, 33, 990000, tzinfo=UTC)),
        ("2025-12-31T12:00:00Z", datetime(2025, 12, 31, 12, tzinfo=UTC)),
        ("2026-07-24 00:00:16+00", datetime(2026, 7, 24, 0, 0, 16, tzinfo=UTC)),
        ("2023-10-24 22:37:50.296+00", datetime(2023, 10, 24, 22, 37, 50, 296000, tzinfo=UTC)),
        ("2026-01-04T20:00:00-05:00", datetime(2026, 1, 5, 1, tzinfo=UTC)),
        ("2026-03-12", datetime(2026, 3, 12, tzinfo=UTC)),
        (1710000000, datetime(2024, 3, 9, 16, 0, tzinfo=UTC)),
        ("1710000000", datetime(2024, 3, 9, 16, 0, tzinfo=UTC)),
        ("1766789469958", datetime(2025, 12, 26, 22, 51, 9, 958000, tzinfo=UTC)),
    ],
)
def test_every_recorded_spelling_of_an_instant_is_read_as_utc(text: str | float, meant: datetime) -> None:
    assert instant(text, "endDate") == meant
    read = instant(text, "endDate")
    assert read is not None
    assert read.utcoffset() == meant.utcoffset()


@pytest.mark.parametrize("absent", [None, "", "0001-01-01T00:00:00Z"])
def test_no_instant_stays_none(absent: str | None) -> None:
    """Year 1 is what Go writes for a time that was never set."""
    assert instant(absent, "endDate") is None


@pytest.mark.parametrize("bad", ["tomorrow", "2026-13-01", "2026-02-30T00:00:00Z", 1e30, "9" * 40])
def test_a_date_that_no_calendar_has_is_refused_by_name(bad: str | float) -> None:
    with pytest.raises(ParseError, match="endDate") as caught:
        instant(bad, "endDate")
    assert caught.value.code == "bad_date"


@pytest.mark.parametrize(
    ("text", "millionths"), [("0.045", 45_000), (0.5, 500_000), (1, 1_000_000), ("0", 0), ("0.0005", 500)]
)
def test_a_price_is_whole_millionths(text: str | float, millionths: int) -> None:
    assert price(text, "bestBid") == millionths


@pytest.mark.parametrize("bad", ["1.01", -0.01, "nan", "inf", "five", "[0.5]"])
def test_a_price_outside_0_and_1_is_refused(bad: str | float) -> None:
    with pytest.raises(ParseError) as caught:
        price(bad, "bestBid")
    assert caught.value.code == "bad_price"


def test_absent_numbers_stay_none() -> None:
    assert price(None, "x") is price("", "x") is number(None, "x") is number("", "x") is shares("", "x") is None


def test_numbers_come_as_text_too() -> None:
    assert number("1067832.94112", "volume") == 1067832.94112
    assert shares("21574.08", "size") == 21_574_080_000
    with pytest.raises(ParseError, match="volume"):
        number("NaN", "volume")
    with pytest.raises(ParseError, match="size"):
        shares("-1", "size")


def test_a_list_inside_a_string_is_read_twice() -> None:
    assert texts('["Yes", "No"]', "outcomes") == ["Yes", "No"]
    assert texts(["Up", "Down"], "outcomes") == ["Up", "Down"]
    assert (
        texts(None, "outcomes") == texts("", "outcomes") == texts("null", "outcomes") == texts("[]", "outcomes") == []
    )
    assert optional_prices('["0.045", 0.955]', "outcomePrices") == (45_000, 955_000)


def test_token_ids_keep_all_their_digits() -> None:
    assert token_ids(f'["{TOKEN}", "2"]', "clobTokenIds") == [TOKEN, "2"]
    assert token_ids(f"[{TOKEN}, 2]", "clobTokenIds") == [TOKEN, "2"]
    assert token_ids(["", "2"], "clobTokenIds") == [None, "2"]


@pytest.mark.parametrize("bad", ['["Yes", "No"', "Yes, No", '{"a": 1}', "[1, [2]]"])
def test_a_string_that_holds_no_list_is_refused(bad: str) -> None:
    with pytest.raises(ParseError, match="JSON list in outcomes") as caught:
        texts(bad, "outcomes")
    assert caught.value.code == "bad_list"


def test_a_page_has_an_address_unless_it_is_invented() -> None:
    assert page_url("who-wins-2028", is_synthetic=False) == "https://polymarket.com/event/who-wins-2028"
    assert page_url("../a b", is_synthetic=False) == "https://polymarket.com/event/..%2Fa%20b"
    assert page_url("who-wins-2028", is_synthetic=True) is None
    assert page_url(None, is_synthetic=False) is None
