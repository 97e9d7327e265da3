"""No two events of a synthetic world ask the same question."""

from __future__ import annotations

import pytest

from edgeworth.adapters.synthetic.families import FAMILIES
from edgeworth.adapters.synthetic.own_names import numeral, own_names

DRAWN = {"subject": "Ada Bakker", "object": "Borduria", "place": "Aldovia"}
COMPANY = DRAWN | {"object": "Hooli"}
SHARED = {"KXGAME", "KXCOIND", "KXINDEX"}
"""Teams and dates tell games apart; a coin or an index may be asked about twice for one date."""


@pytest.mark.parametrize("series", sorted({family.series for family in FAMILIES} - SHARED))
def test_every_event_of_a_family_has_a_name_of_its_own(series):
    fields = COMPANY if series == "KXMERGER" else DRAWN
    told = [tuple(sorted(own_names(series, fields, index).items())) for index in range(5_000)]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("index", range(30))
def test_nobody_makes_peace_with_itself_or_buys_itself(index):
    peace = own_names("KXCEASEFIRE", DRAWN, index)
    merger = own_names("KXMERGER", COMPANY, index)
    assert peace["place"] != peace["object"]
    assert merger["subject"] != merger["object"]


@pytest.mark.parametrize(
    ("number", "written"), [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (39, "XXXIX"), (44, "XLIV"), (60, "LX")]
)
def test_numerals_are_roman(number, written):
    assert numeral(number) == written
