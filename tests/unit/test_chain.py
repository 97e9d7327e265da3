"""The chain of forecasts, without a database: what a digest covers, and where a chain breaks."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edgeworth.errors import DataError
from edgeworth.simulation.chain import (
    ChainEnd,
    Link,
    as_registered,
    check_links,
    digest_of,
    plain_values,
    read_forecast,
    says_the_same,
)
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.record import AuthorKind, MarketStatus
from tests.simulations import a_forecast, a_record

FIXED = Forecast(
    forecast_id="r/kalshi:A",
    run_id="r",
    market_id="kalshi:A",
    is_synthetic=False,
    as_of=datetime(2026, 11, 21, 12, tzinfo=UTC),
    registered_at=datetime(2026, 11, 21, 12, 1, 2, 3, tzinfo=UTC),
    closes_at=None,
    status=MarketStatus.SUCCEEDED,
    author="builtin/é@1",
    kind=AuthorKind.BUILTIN,
    anchoring=None,
    models=1,
    probability=0.25,
    sampling_error=1e-05,
    low=None,
    high=None,
    market_probability=None,
    market_error=None,
    combined=0.25,
    difference=None,
    difference_error=None,
    verdict="not_comparable",
    reason=None,
    code_version="1.0",
)
"""Never to be changed: its digest below was made with ``sha256sum``, and stored chains depend on it."""

FIRST_BODY = (
    '{"as_of":"2026-11-21 12:00:00.000000","author":"builtin/\\u00e9@1","code_version":"1.0","combined":0.25,'
    '"forecast_id":"r/kalshi:A","is_synthetic":false,"kind":"builtin","market_id":"kalshi:A","models":1,'
    '"probability":0.25,"registered_at":"2026-11-21 12:01:02.000003","run_id":"r","sampling_error":1e-05,'
    '"status":"succeeded","verdict":"not_comparable"}'
)
FIRST = "88d64e167eb60c4228b5f8194d7ecc7f407c554f89ad594a6537cb76eaeb65ee"
SECOND = "c00b8bc36cfd051af387faa1c60c1f6c93b1d3a9db97ddffa92011c104fb7249"


def test_a_digest_is_the_one_that_was_made_by_another_program():
    values = plain_values(FIXED)
    assert digest_of(values, None) == FIRST == hashlib.sha256(FIRST_BODY.encode()).hexdigest()
    assert digest_of(values, FIRST) == SECOND


def test_a_field_that_is_missing_leaves_no_trace_so_that_later_fields_break_no_chain():
    values = plain_values(FIXED)
    assert digest_of({**values, "a_field_of_next_year": None}, None) == FIRST
    assert digest_of({**values, "a_field_of_next_year": 0.0}, None) != FIRST


def test_a_forecast_comes_back_from_its_plain_values():
    assert read_forecast(plain_values(FIXED)) == FIXED
    assert as_registered(FIXED) == FIXED


@pytest.mark.parametrize("changes", [{"status": "fine"}, {"as_of": 5}, {"as_of": "yesterday"}, {"probability": "high"}])
def test_what_is_no_forecast_is_said(changes):
    with pytest.raises(DataError, match="expected a forecast"):
        read_forecast(plain_values(FIXED) | changes)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(DataError, match="as_of: expected an instant with a time zone"):
        as_registered(replace(FIXED, as_of=datetime(2026, 11, 21)))  # noqa: DTZ001  (the point of the test)


def test_the_same_said_again_is_the_same_and_anything_else_is_not():
    later = replace(FIXED, registered_at=datetime(2026, 11, 22, tzinfo=UTC), code_version="1.1")
    assert says_the_same(FIXED, later)
    assert not says_the_same(FIXED, replace(later, probability=0.2500001))
    assert not says_the_same(FIXED, replace(later, reason="x"))


# --- where a chain breaks ---------------------------------------------------------------------------------------------


def chain(*names: str) -> list[Link]:
    """Links as they would be stored."""
    links: list[Link] = []
    for name in names:
        values = plain_values(as_registered(a_forecast(a_record(f"kalshi:{name}"))))
        before = links[-1].digest if links else None
        links.append(
            Link(
                position=len(links) + 1,
                forecast_id=values["forecast_id"],
                values=values,
                digest=digest_of(values, before),
                previous_digest=before,
            )
        )
    return links


ABCDE = chain(*"ABCDE")


def test_an_untouched_chain_holds_with_and_without_its_end():
    assert check_links(ABCDE) is None
    assert check_links([]) is None
    for link in ABCDE:
        assert check_links(ABCDE, ChainEnd(position=link.position, digest=link.digest)) is None


@given(which=st.integers(0, 4), name=st.sampled_from(Forecast.__struct_fields__), value=st.data())
def test_any_change_of_any_field_is_found_where_it_was_made(which, name, value):
    old = ABCDE[which].values[name]
    new: Any = value.draw(
        st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text()).filter(
            lambda one: one != old or type(one) is not type(old)
        )
    )
    links = list(ABCDE)
    links[which] = replace(links[which], values={**links[which].values, name: new})
    fault = check_links(links)
    assert fault is not None
    assert fault.position == which + 1


@given(st.permutations(range(5)), st.integers(0, 5))
def test_any_other_order_and_any_gap_is_found_at_the_first_wrong_place(order, kept):
    """Also when positions were written anew; only a beginning of the chain passes for a whole one."""
    links = [replace(ABCDE[which], position=place + 1) for place, which in enumerate(order[:kept])]
    right = next((place for place, which in enumerate(order[:kept]) if which != place), None)
    fault = check_links(links)
    assert (None if fault is None else fault.position - 1) == right
    end = ChainEnd(position=5, digest=ABCDE[-1].digest)
    assert (check_links(links, end) is None) == (right is None and kept == 5)


def test_a_chain_that_was_made_anew_does_not_pass_through_the_noted_end():
    forged = chain(*"ABXDE")
    assert check_links(forged) is None
    fault = check_links(forged, ChainEnd(position=4, digest=ABCDE[3].digest))
    assert fault is not None
    assert (fault.position, fault.forecast_id) == (4, "run/kalshi:D")
    assert "made anew" in fault.problem
