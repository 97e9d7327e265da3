"""What comparing one slot of two texts gives. A value, shared by the modules that compare."""

from __future__ import annotations

from typing import TypedDict

from msgspec import Struct

from edgeworth.markets.relation import Clause, Finding, Quotation


class Quotes(TypedDict, total=False):
    """Words of both texts."""

    a: tuple[Quotation, ...]
    b: tuple[Quotation, ...]


class Comparison(Struct, frozen=True, kw_only=True):
    """A clause with how sure it is.

    Attributes:
        certainty: In (0, 1]: how often a finding reached like this one is right, as far as this slot goes.
    """

    clause: Clause
    certainty: float = 1.0

    @property
    def finding(self) -> Finding:
        return self.clause.finding


def compared(
    name: str,
    finding: Finding,
    note: str,
    certainty: float = 1.0,
    *,
    a: tuple[Quotation, ...] = (),
    b: tuple[Quotation, ...] = (),
) -> Comparison:
    """A comparison of the slot ``name``."""
    return Comparison(clause=Clause(name=name, finding=finding, note=note, a=a, b=b), certainty=certainty)
