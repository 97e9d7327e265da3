"""Who does it to whom: whether two texts with the same names give them the same roles.

What is said of order, voice and endings. Which words two texts share is the business of ``decision_subject``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from edgeworth.discovery.reading.slots import Mention, MentionKind, Proposition, WindowKind
from edgeworth.discovery.reading.tokens import words_of
from edgeworth.discovery.reading.vocabulary.implied import ONE_SIDED, SYMMETRIC
from edgeworth.discovery.reading.vocabulary.people_and_bodies import PARTIES
from edgeworth.markets.relation import Relation, TextField

_AGENTS: Final = (MentionKind.ENTITY, MentionKind.PLACE, MentionKind.TEAM, MentionKind.NAME)
_ACTING: Final = (*_AGENTS, MentionKind.WORD)
_NEVER_DRAWN: Final = frozenset({"team:nba", "team:mlb", "team:nhl"})


def roles_differ(
    a: Proposition, b: Proposition, ours: Sequence[Mention], theirs: Sequence[Mention], shared: frozenset[str]
) -> bool:
    """Whether it may be another who acts; what is told in the passive names whom it happens to first."""
    is_swapped = _order_matters(ours, theirs, shared, is_title_case=a.is_title_case and b.is_title_case)
    if not shared & ONE_SIDED or _is_passive(a) == _is_passive(b):
        return is_swapped
    forth, back = _sequence(ours, shared, _AGENTS), _sequence(theirs, shared, _AGENTS)
    return len(forth) != 2 or forth != back[::-1]


def _order_matters(a: Sequence[Mention], b: Sequence[Mention], shared: frozenset[str], *, is_title_case: bool) -> bool:
    """Whether the texts may say that someone does to another what the other does to him."""
    if shared & SYMMETRIC:
        return False
    if not shared.isdisjoint(PARTIES) and len(PARTIES & shared) > 1:
        # "R Senate, D House": which party goes with which chamber is told by their order.
        paired = (MentionKind.ENTITY, MentionKind.SCOPE, MentionKind.PLACE)
        if _sequence(a, shared, paired) != _sequence(b, shared, paired):
            return True
    groups: list[tuple[MentionKind, ...]] = [(kind,) for kind in _AGENTS]
    if is_title_case:
        # Which words are names cannot be seen, so that any of them may be.
        groups.append((*_AGENTS, MentionKind.WORD))
    groups.append((MentionKind.NUMBER,))
    if shared & ONE_SIDED:
        groups.append((*_AGENTS, MentionKind.WORD))
    return any(_are_swapped(_order(a, shared, kinds), _order(b, shared, kinds)) for kinds in groups)


def _is_passive(proposition: Proposition) -> bool:
    """Whether a name follows "by": "acquired by Netflix"."""
    stems = tuple(one for one in proposition.stems if one != "the")
    after = {following for one, following in pairwise(stems) if one == "by"}
    names = (words_of(one.quotation.text, TextField.QUESTION).tokens for one in proposition.mentions)
    agents = {
        tokens[0].key for tokens, one in zip(names, proposition.mentions, strict=True) if tokens and one.kind in _ACTING
    }
    return not after.isdisjoint(agents)


def reversed_roles(
    a: Proposition, b: Proposition, ours: Sequence[Mention], theirs: Sequence[Mention], shared: frozenset[str]
) -> Relation | None:
    """Exclusive, or the inverse where no game is drawn, for the two sides of one beating on one day."""
    if "action:beat" not in shared or a.polarity.is_negated or not all(_is_dated(one) for one in (a, b)):
        return None
    if _is_passive(a) or _is_passive(b):
        return None
    forth, back = (_sequence(one, shared, _AGENTS) for one in (ours, theirs))
    if len(forth) != 2 or forth != back[::-1] or not all(_stand_around_the_verb(one) for one in (ours, theirs)):
        return None
    has_no_draw = all(key.partition(" ")[0] in _NEVER_DRAWN for key in forth)
    return Relation.INVERSE if has_no_draw else Relation.EXCLUSIVE


def _is_dated(proposition: Proposition) -> bool:
    return [window.kind for window in proposition.windows] == [WindowKind.ON]


def _stand_around_the_verb(mentions: Sequence[Mention]) -> bool:
    """Whether one side is named before the beating and one after it."""
    at = next(one.position for one in mentions if one.key == "action:beat")
    sides = [one.position < at for one in mentions if one.kind in _AGENTS]
    return sides == [True, False]


def repeats_differ(a: Sequence[Mention], b: Sequence[Mention]) -> bool:
    """Whether an action said twice stands in another order ("cut-pause-cut", "cut-cut-pause")."""
    ours, theirs = _acts(a), _acts(b)
    is_repeated = len(set(ours)) < len(ours) or len(set(theirs)) < len(theirs)
    return is_repeated and ours != theirs


def _acts(mentions: Sequence[Mention]) -> list[str]:
    return [one.key for one in mentions if one.kind in {MentionKind.ACTION, MentionKind.WORD}]


def names_differ(a: Sequence[Mention], b: Sequence[Mention]) -> bool:
    """Whether a word written large in both ends in "ed" or "ing" in one only: "Base" and "Based" are two coins."""
    ours = {one.key: one.quotation.text for one in a if one.kind in {MentionKind.NAME, MentionKind.WORD}}
    theirs = {one.key: one.quotation.text for one in b if one.kind in {MentionKind.NAME, MentionKind.WORD}}
    return any(
        ours[key][:1].isupper() and theirs[key][:1].isupper() and _inflection(ours[key]) != _inflection(theirs[key])
        for key in ours.keys() & theirs.keys()
    )


def _inflection(word: str) -> str:
    return next((ending for ending in ("ed", "ing") if word.casefold().endswith(ending)), "")


def _order(mentions: Sequence[Mention], shared: frozenset[str], kinds: Sequence[MentionKind]) -> list[str]:
    return [one.key for one in mentions if one.kind in kinds and one.key in shared and one.key not in PARTIES]


def _sequence(mentions: Sequence[Mention], shared: frozenset[str], kinds: Sequence[MentionKind]) -> list[str]:
    return [one.key for one in mentions if one.kind in kinds and one.key in shared]


def _are_swapped(a: list[str], b: list[str]) -> bool:
    common = set(a) & set(b)
    return [key for key in a if key in common] != [key for key in b if key in common]
