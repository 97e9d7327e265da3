"""Names that belong to one event alone, so that no two events of a world ask the same thing with two answers.

A name is a function of the event's number: the pool first, then the pool again with a qualifier, then with a qualifier
and a numeral. Nothing is drawn. What two events may still share is a coin or an index with its date, as on a real
exchange that lists one question twice.
"""

from __future__ import annotations

from typing import Final

from edgeworth.adapters.synthetic import names

_PLACES: Final = ("Upper", "Lower", "Northern", "Southern", "Eastern", "Western", "Inner", "Outer", "Greater")
_FIRMS: Final = ("Northern", "Royal", "First", "United", "Pacific", "Atlantic", "Central", "General", "Crescent")
_CHAINS: Final = ("Hyper", "Meta", "Proto", "Omni", "Ultra", "Neo", "Terra", "Astro", "Quantum")
_NUMERALS: Final = ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def own_names(series: str, fields: dict[str, str], index: int) -> dict[str, str]:
    """Those of ``fields`` that make event number ``index`` of the family ``series`` a question of its own."""
    place = _own(names.CITIES if series == "KXHIGHTEMP" else names.COUNTRIES, _PLACES, index)
    named: dict[str, dict[str, str]] = {
        "KXCEASEFIRE": {"place": place, "object": _other(names.COUNTRIES, fields["object"], place)},
        "KXCUPWIN": {"object": _own(names.CUPS, _PLACES, index)},
        "KXCHAMP": {"object": _own(names.CUPS, _PLACES, index)},
        "KXTOKEN": {"subject": _own(names.PROTOCOLS, _CHAINS, index)},
        "KXMAINNET": {"subject": _own(names.PROTOCOLS, _CHAINS, index)},
        "KXIPO": {"subject": _own(names.COMPANIES, _FIRMS, index)},
        "KXMERGER": _merger(_own(names.COMPANIES, _FIRMS, index), fields["object"]),
        "KXHOST": {"object": _union(index)},
        "KXJOIN": {"object": _union(index), "place": place},
        "KXGAME": {},
        "KXTVL": {"object": _own(names.ECOSYSTEMS, _CHAINS, index)},
    }
    return named.get(series, {"place": place})


def numeral(number: int) -> str:
    """``number``, from 1 on, in Roman numerals."""
    written = ""
    for value, letters in _NUMERALS:
        count, number = divmod(number, value)
        written += letters * count
    return written


def _own(pool: tuple[str, ...], qualifiers: tuple[str, ...], index: int) -> str:
    turn, place = divmod(index, len(pool))
    if turn == 0:
        return pool[place]
    edition, which = divmod(turn - 1, len(qualifiers))
    qualified = f"{qualifiers[which]} {pool[place]}"
    return qualified if edition == 0 else f"{qualified} {numeral(edition + 1)}"


def _other(pool: tuple[str, ...], chosen: str, taken: str) -> str:
    """``chosen``, or its neighbour in the pool where it is taken."""
    return chosen if chosen != taken else pool[(pool.index(chosen) + 1) % len(pool)]


def _merger(subject: str, target: str) -> dict[str, str]:
    return {"subject": subject, "object": _other(names.COMPANIES, target, subject)}


def _union(index: int) -> str:
    pool = tuple(name.removeprefix("the ") for name in names.UNIONS)
    return f"the {_own(pool, _PLACES, index)}"
