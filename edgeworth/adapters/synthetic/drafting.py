"""What an event asks: its beliefs, and the claims of its markets on both exchanges, before ids, prices and endings.

One function a kind of event. Twins get their relation here: the same claim, its negation, or a near miss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.adapters.synthetic import names
from edgeworth.adapters.synthetic.beliefs import Belief, Exclusive, Level, Waiting
from edgeworth.adapters.synthetic.draws import Draws, derive
from edgeworth.adapters.synthetic.events import (
    Claim,
    Relation,
)
from edgeworth.adapters.synthetic.families import RATE_DECISIONS, Family, Kind
from edgeworth.adapters.synthetic.instants import DAY, HOUR, MINUTE, long_date
from edgeworth.adapters.synthetic.showcase import Case
from edgeworth.adapters.synthetic.texts import DIFFERING_RULES, slugify
from edgeworth.adapters.synthetic.timing import Timing

YES_NO: Final = ("Yes", "No")


class Asked(Struct, kw_only=True, gc=False):
    """One market before it has ids, prices and an ending."""

    claim: Claim
    label: str
    deadline: int
    code: str
    strike: float | None = None
    outcomes: tuple[str, str] = YES_NO
    is_placeholder: bool = False
    twin: int | None = None
    relation: Relation | None = None
    difference: str | None = None
    sports_type: str | None = None
    question: str = ""


class Draft(Struct, kw_only=True):
    """An event in the making: beliefs and what is asked on each exchange."""

    family: Family
    fields: dict[str, str]
    beliefs: tuple[Belief, ...]
    polymarket: list[Asked]
    kalshi: list[Asked]
    is_exclusive: bool = False
    is_augmented: bool = False


def _subject_fields(draws: Draws, family: Family, timing: Timing) -> dict[str, str]:
    places = draws.sample(names.COUNTRIES, 2)
    fields = {
        "subject": names.person(draws),
        "object": draws.choice(names.OFFICES),
        "place": places[0],
        "date": long_date(timing.closes_at - MINUTE),
    }
    special: dict[str, Callable[[], dict[str, str]]] = {
        "KXCEASEFIRE": lambda: {"object": places[1]},
        "KXCUPWIN": lambda: {"object": draws.choice(names.CUPS)},
        "KXTOKEN": lambda: {"subject": draws.choice(names.PROTOCOLS)},
        "KXMAINNET": lambda: {"subject": draws.choice(names.PROTOCOLS)},
        "KXMERGER": lambda: dict(zip(("subject", "object"), draws.sample(names.COMPANIES, 2), strict=True)),
        "KXIPO": lambda: {"subject": draws.choice(names.COMPANIES)},
        "KXHOST": lambda: {"object": draws.choice(names.UNIONS)},
        "KXJOIN": lambda: {"object": draws.choice(names.UNIONS)},
        "KXCHAMP": lambda: {"object": draws.choice(names.CUPS)},
        "KXSEATS": lambda: {"subject": f"{draws.choice(names.NICKNAMES)[:-1]} Party"},
        "KXHIGHTEMP": lambda: {"place": draws.choice(names.CITIES)},
    }
    return fields | special.get(family.series, dict)()


def _draft_single(key: int, family: Family, timing: Timing, case: Case | None) -> Draft:
    draws = Draws(derive(key, "ask"))
    prior = min(max(1.0 / (1.0 + math.exp(-draws.normal(-0.5, 1.3))), 0.02), 0.98)
    belief = Exclusive(key, np.array([prior, 1.0 - prior]), _strength(draws), timing.opens_at, timing.closes_at)
    asked = Asked(claim=Claim(), label="", deadline=timing.closes_at, code="Y")
    fields = _subject_fields(draws, family, timing)
    twin = Asked(claim=Claim(), label="", deadline=timing.closes_at, code="Y", twin=0)
    return Draft(
        family=family,
        fields=fields,
        beliefs=(belief,),
        polymarket=[asked],
        kalshi=[_relate(draws, twin, None if case is None else case.relation)],
    )


def _draft_group(key: int, family: Family, timing: Timing, case: Case | None) -> Draft:
    draws = Draws(derive(key, "ask"))
    fields = _subject_fields(draws, family, timing)
    labels = _group_labels(draws, family)
    is_augmented = family.series != "KXRATE" and draws.chance(0.35)
    if case is not None and case.is_augmented is not None:
        is_augmented = case.is_augmented
    count = len(labels) + (2 if is_augmented else 0)
    weights = np.exp(np.array([draws.normal(0.0, 1.2) for _ in range(count)]))
    if is_augmented:
        weights[-2] = weights.sum() * 0.003
    belief = Exclusive(key, weights / weights.sum(), _strength(draws), timing.opens_at, timing.closes_at)
    listed = [*labels, "Candidate A"] if is_augmented else labels
    asked = [
        Asked(
            claim=Claim(argument=float(number)), label=label, deadline=timing.closes_at, code=_code_of(label, number),
            is_placeholder=number >= len(labels),
        )
        for number, label in enumerate(listed)
    ]  # fmt: skip
    differs = draws.chance(0.2)
    clause = draws.integer(0, len(DIFFERING_RULES) - 1)
    twins = [_copied(one, number, differs, clause, draws) for number, one in enumerate(asked[: len(labels)])]
    return Draft(
        family=family, fields=fields, beliefs=(belief,), polymarket=asked, kalshi=twins,
        is_exclusive=True, is_augmented=is_augmented,
    )  # fmt: skip


def _draft_levels(key: int, family: Family, timing: Timing, case: Case | None) -> Draft:  # noqa: ARG001
    draws = Draws(derive(key, "ask"))
    fields = _subject_fields(draws, family, timing)
    belief = Level(key, timing.opens_at, timing.closes_at)
    centre, width, subject = _scale_of(draws, family)
    if subject:
        fields["subject"] = subject
    rung = _nice(width * draws.uniform(0.35, 0.7))
    middle = round(centre / rung) * rung
    count = draws.integer(4, 7)
    strikes = [middle + rung * (number - count // 2) for number in range(count)]
    asked = [_level(strike, (strike - centre) / width, timing) for strike in strikes]
    how = draws.uniform()
    twins = []
    for number, strike in enumerate(strikes):
        shift = rung * 0.2 if how > 0.65 else 0.0
        twin = _level(strike + shift, (strike + shift - centre) / width, timing)
        twin.twin = number
        twin.relation = Relation.NEAR if shift else Relation.INVERSE if how > 0.5 else Relation.EQUIVALENT
        twin.difference = "threshold" if shift else None
        if twin.relation is Relation.INVERSE:
            twin.claim = Claim(argument=twin.claim.argument, is_negated=True)
        twins.append(twin)
    return Draft(family=family, fields=fields, beliefs=(belief,), polymarket=asked, kalshi=twins)


def _draft_deadlines(key: int, family: Family, timing: Timing, case: Case | None) -> Draft:  # noqa: ARG001
    draws = Draws(derive(key, "ask"))
    fields = _subject_fields(draws, family, timing)
    count = draws.integer(3, 5)
    span = timing.closes_at - timing.opens_at
    rate = -math.log1p(-draws.uniform(0.15, 0.85)) / span
    belief = Waiting(key, rate, timing.opens_at, timing.closes_at)
    deadlines = sorted(
        {(timing.opens_at + span * (number + 1) // count) // DAY * DAY + 5 * HOUR - 1 for number in range(count)}
    )
    is_shifted = draws.chance(0.3)
    asked, twins = [], []
    for number, deadline in enumerate(deadlines):
        asked.append(_deadline(deadline, number))
        twin = _deadline(deadline + (7 * DAY if is_shifted else 0), number)
        twin.twin = number
        twin.relation = Relation.NEAR if is_shifted else Relation.EQUIVALENT
        twin.difference = "date" if is_shifted else None
        twins.append(twin)
    return Draft(family=family, fields=fields, beliefs=(belief,), polymarket=asked, kalshi=twins)


def _draft_game(key: int, family: Family, timing: Timing, case: Case | None) -> Draft:  # noqa: ARG001
    draws = Draws(derive(key, "ask"))
    home, away = names.clubs(draws, 2)
    fields = {"subject": home, "object": away, "place": "", "date": long_date(timing.closes_at)}
    prior = 1.0 / (1.0 + math.exp(-draws.normal(0.0, 0.6)))
    winner = Exclusive(
        derive(key, "winner"), np.array([prior, 1.0 - prior]), _strength(draws), timing.opens_at, timing.closes_at
    )
    total = Level(derive(key, "total"), timing.opens_at, timing.closes_at)
    middle = draws.integer(40, 230)
    asked = [
        Asked(
            claim=Claim(), label=home, deadline=timing.closes_at, code="ML", outcomes=(home, away),
            sports_type="moneyline", question=f"{home} vs. {away}",
        )
    ]  # fmt: skip
    for number in range(draws.integer(1, 4)):
        line = middle + number * 2 + 0.5
        asked.append(
            Asked(
                claim=Claim(belief=1, argument=(line - middle - 3.0) / 11.0), label=f"O/U {line}", strike=line,
                deadline=timing.closes_at, code=f"T{line}", outcomes=("Over", "Under"), sports_type="totals",
                question=f"{home} vs. {away}: O/U {line}",
            )
        )  # fmt: skip
    twins = [
        Asked(claim=Claim(), label=home, deadline=timing.closes_at, code="H", twin=0, relation=Relation.EQUIVALENT),
        Asked(
            claim=Claim(is_negated=True),
            label=away,
            deadline=timing.closes_at,
            code="A",
            twin=0,
            relation=Relation.INVERSE,
        ),
    ]
    return Draft(family=family, fields=fields, beliefs=(winner, total), polymarket=asked, kalshi=twins)


DRAFTERS: Final[dict[Kind, Callable[[int, Family, Timing, Case | None], Draft]]] = {
    Kind.SINGLE: _draft_single,
    Kind.GROUP: _draft_group,
    Kind.LEVELS: _draft_levels,
    Kind.DEADLINES: _draft_deadlines,
    Kind.GAME: _draft_game,
}


def _strength(draws: Draws) -> float:
    """How much evidence comes before the answer itself, as the drift of the winner (its square is the information)."""
    return math.sqrt(math.exp(draws.normal(0.5, 0.5)))


def _relate(draws: Draws, asked: Asked, given: Relation | None) -> Asked:
    how = draws.uniform()
    drawn = Relation.EQUIVALENT if how < 0.5 else Relation.INVERSE if how < 0.7 else Relation.NEAR
    asked.relation = given or drawn
    if asked.relation is Relation.EQUIVALENT:
        return asked
    if asked.relation is Relation.INVERSE:
        asked.claim = Claim(argument=asked.claim.argument, is_negated=True)
    else:
        asked.difference = draws.choice(DIFFERING_RULES)
        chance = draws.uniform(0.05, 0.15)
        asked.claim = Claim(
            argument=asked.claim.argument, flip_probability=chance, is_flipped=draws.chance(chance)
        )  # fmt: skip
    return asked


def _copied(asked: Asked, number: int, differs: bool, clause: int, draws: Draws) -> Asked:  # noqa: FBT001
    claim = asked.claim
    if differs:
        chance = 0.05
        claim = Claim(
            argument=claim.argument, flip_probability=chance, is_flipped=draws.chance(chance), is_stricter=True
        )  # fmt: skip
    return Asked(
        claim=claim, label=asked.label, deadline=asked.deadline, code=asked.code, twin=number,
        relation=Relation.NEAR if differs else Relation.EQUIVALENT,
        difference=DIFFERING_RULES[clause] if differs else None,
    )  # fmt: skip


def _group_labels(draws: Draws, family: Family) -> list[str]:
    count = draws.integer(3, 8)
    if family.series == "KXRATE":
        return list(RATE_DECISIONS)
    if family.series == "KXPRES":
        return names.people(draws, count)
    pools = {"KXHOST": names.COUNTRIES, "KXTVL": names.PROTOCOLS}
    if family.series in pools:
        return draws.sample(pools[family.series], count)
    return names.clubs(draws, count)


def _scale_of(draws: Draws, family: Family) -> tuple[float, float, str]:
    """Where the quantity starts, its deviation over the event's life, and whose quantity it is."""
    if family.series == "KXCOIND":
        name, _, level = draws.choice(names.COINS)
        return level * math.exp(draws.normal(0.0, 0.2)), level * draws.uniform(0.08, 0.2), name
    if family.series == "KXINDEX":
        name, _, level = draws.choice(names.INDICES)
        return level * math.exp(draws.normal(0.0, 0.08)), level * draws.uniform(0.03, 0.08), name
    if family.series == "KXSEATS":
        return draws.uniform(40.0, 260.0), draws.uniform(8.0, 25.0), ""
    return draws.uniform(35.0, 98.0), draws.uniform(3.0, 8.0), ""


def _nice(width: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return min((1.0, 2.0, 5.0, 10.0), key=lambda step: abs(step * power - width)) * power


def _level(strike: float, cut: float, timing: Timing) -> Asked:
    text = f"{strike:,.6f}".rstrip("0").rstrip(".")
    return Asked(
        claim=Claim(argument=cut), label=text, deadline=timing.closes_at, code=f"T{text.replace(',', '')}",
        strike=round(strike, 6),
    )  # fmt: skip


def _deadline(deadline: int, number: int) -> Asked:
    return Asked(
        claim=Claim(argument=float(deadline)),
        label=long_date(deadline - 6 * HOUR),
        deadline=deadline,
        code=f"D{number}",
    )


def _code_of(label: str, number: int) -> str:
    letters = "".join(letter for letter in slugify(label).upper() if letter.isalnum())
    return f"{letters[:4]}{number}"
