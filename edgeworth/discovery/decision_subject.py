"""Comparing who and what: the content words of two propositions, aligned by meaning.

Two statements are about the same only if no word is left over on either side that could tell them apart. Words left
over are excused for few reasons, each of which lowers the certainty: a given name beside a surname, a word of the other
market's event or rules, what other words imply, and words that carry next to nothing.
"""

# ruff: noqa: PLR0911 -- a comparison is a list of cases

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.comparison import Comparison, Quotes, compared
from edgeworth.discovery.decision_roles import names_differ, repeats_differ, reversed_roles, roles_differ
from edgeworth.discovery.reading.entities import stems_of
from edgeworth.discovery.reading.slots import Mention, MentionKind, Proposition
from edgeworth.discovery.reading.vocabulary.given_names import GIVEN_NAMES
from edgeworth.discovery.reading.vocabulary.implied import FAMILIES, IMPLIED, SINGLE_WINNER, WORKS
from edgeworth.discovery.reading.vocabulary.people_and_bodies import PARTIES
from edgeworth.discovery.reading.vocabulary.words import DISCRIMINATING, LIGHT_VERBS, SOFT_WORDS
from edgeworth.markets.relation import Finding, Quotation, Relation

_SOFT: Final = stems_of(SOFT_WORDS)
_LIGHT: Final = stems_of(LIGHT_VERBS)
_DISCRIMINATING: Final = stems_of(DISCRIMINATING)
_GIVEN: Final = stems_of(GIVEN_NAMES)
_AGENTS: Final = (MentionKind.ENTITY, MentionKind.PLACE, MentionKind.TEAM, MentionKind.NAME)
_OFFICES: Final = frozenset({"scope:governor", "scope:president", "scope:mayor", "scope:senate", "scope:house"})
_DENIED_WITH: Final = stems_of(frozenset({"any", "or", "either"}))
_POSTS: Final = _OFFICES - {"scope:senate", "scope:house"} | frozenset(
    {
        "scope:vice president",
        "scope:prime minister",
        "scope:speaker",
        "scope:chief executive",
        "secretary",
        "director",
        "chair",
        "coach",
        "leader",
    }
)
_CHAMBERS: Final = frozenset({"scope:house", "scope:senate"})
_PARTS_OF_A_CHAMBER: Final = frozenset(
    {"scope:seats", "scope:margin", "scope:primary", "scope:nomination", "scope:popular vote", "scope:speaker", "race"}
)
_NOMINATED_BY_ONE_PRIMARY: Final = frozenset({"scope:senate", "scope:house", "scope:governor", "scope:mayor"})
_PERSONAL_OFFICES: Final = frozenset({"scope:president", "scope:prime minister", "scope:governor", "scope:mayor"})
_SOFT_CERTAINTY: Final = 0.95
_GIVEN_NAME_CERTAINTY: Final = 0.96
_CONTEXT_CERTAINTY: Final = 0.9


class Alignment(Struct, frozen=True, kw_only=True):
    """How the content words of two statements meet.

    Attributes:
        overlap: Share of content words that have a counterpart, in [0, 1].
        shares_agent: At least one named thing is the same.
        reversed_roles: What follows where each of two sides is said to beat the other on one day; ``None`` elsewhere.
        is_exclusive: The same is asked of two different subjects, of which one at most can have it.
    """

    comparison: Comparison
    overlap: float
    shares_agent: bool
    is_exclusive: bool = False
    reversed_roles: Relation | None = None


def align(
    a: Proposition, b: Proposition, a_context: frozenset[str], b_context: frozenset[str], *, is_opposite: bool = False
) -> Alignment:
    """Align the content words of two statements.

    A context holds words that a question may leave out because its event or rules have them. It excuses words that the
    other question has more, as long as only one of the two has more. ``is_opposite``: one statement denies the other,
    so that "any" and "or" may have gone into "no" and "neither".
    """
    ours, theirs = _canonical(a), _canonical(b)
    common = Counter(one.key for one in ours) & Counter(one.key for one in theirs)
    a_extra, b_extra = _minus(ours, common), _minus(theirs, common)
    shared = frozenset(common)
    if is_opposite:
        a_extra = [one for one in a_extra if one.key not in _DENIED_WITH]
        b_extra = [one for one in b_extra if one.key not in _DENIED_WITH]
    if not (a.polarity.is_negated or b.polarity.is_negated):
        a_extra, b_extra = _without_any(a_extra, ours, shared), _without_any(b_extra, theirs, shared)
    a_hard, a_certainty = _unexcused(a_extra, ours, shared, frozenset())
    b_hard, b_certainty = _unexcused(b_extra, theirs, shared, frozenset())
    if a_hard and not b_hard:
        a_hard, a_certainty = _unexcused(a_extra, ours, shared, b_context)
    elif b_hard and not a_hard:
        b_hard, b_certainty = _unexcused(b_extra, theirs, shared, a_context)
    a_hard, b_hard = _rivals(_SOFT, a_hard, b_hard, a_extra, b_extra)
    a_hard, b_hard = _rivals(_GIVEN, a_hard, b_hard, a_extra, b_extra)
    certainty = min(a_certainty, b_certainty)
    total = len(ours) + len(theirs)
    overlap = 2 * sum(common.values()) / total if total else 0.0
    agents = {one.key for one in ours if one.kind in _AGENTS} & shared
    quotes: Quotes = {"a": _quotes(a_hard), "b": _quotes(b_hard)}
    if not a_hard and not b_hard:
        if not shared:
            finding = compared("subject", Finding.UNKNOWN, "Nothing to compare.")
        elif names_differ(ours, theirs):
            finding = compared(
                "subject",
                Finding.UNKNOWN,
                "Names that are alike but for their endings.",
                a=_quotes(ours),
                b=_quotes(theirs),
            )
        elif roles_differ(a, b, ours, theirs, shared) or repeats_differ(a.mentions, b.mentions):
            finding = compared(
                "subject", Finding.UNKNOWN, "The same names in another order.", a=_quotes(ours), b=_quotes(theirs)
            )
        else:
            finding = compared(
                "subject", Finding.SAME, "The same subject and action.", certainty, a=_quotes(ours), b=_quotes(theirs)
            )
        return Alignment(
            comparison=finding,
            overlap=overlap,
            shares_agent=bool(agents),
            reversed_roles=reversed_roles(a, b, ours, theirs, shared),
        )
    difference = _hard_difference(a_hard, b_hard)
    if difference is None:
        note = "Words without a counterpart in the other text."
        return Alignment(
            comparison=compared("subject", Finding.UNKNOWN, note, **quotes),
            overlap=overlap,
            shares_agent=bool(agents),
        )
    is_exclusive = (
        difference in {"subject", "place"}
        and bool(shared & SINGLE_WINNER)
        and _names_one(a_hard, ours)
        and _names_one(b_hard, theirs)
        and {one.kind for one in a_hard} == {one.kind for one in b_hard}
    )
    return Alignment(
        comparison=compared(difference, Finding.DIFFERENT, _NOTES[difference], **quotes),
        overlap=overlap,
        shares_agent=bool(agents),
        is_exclusive=is_exclusive,
    )


_NOTES: Final = {
    "subject": "Different subjects.",
    "place": "Different places.",
    "scope": "Different contests, offices or stages.",
    "number": "Different numbers.",
    "action": "Different actions.",
}


def _quotes(mentions: Iterable[Mention]) -> tuple[Quotation, ...]:
    return tuple(mention.quotation for mention in mentions)


def _minus(mentions: Sequence[Mention], common: Counter[str]) -> list[Mention]:
    left = Counter(common)
    extra = []
    for mention in mentions:
        if left[mention.key] > 0:
            left[mention.key] -= 1
        else:
            extra.append(mention)
    return extra


def _canonical(proposition: Proposition) -> list[Mention]:
    """Mentions with equal constructions made equal: a nominee wins a nomination, the next governor an election."""
    mentions = _without_repeats(proposition.mentions)
    keys = {mention.key for mention in mentions}
    dropped: set[str] = set()
    if "scope:nomination" in keys:
        dropped |= {"action:win", "secur", "scope:election"}
    if "scope:primary" in keys or "scope:runoff" in keys:
        dropped.add("scope:election")
    if "scope:general" in keys and "scope:election" in keys:
        dropped.add("scope:general")
    if "leav" in keys and keys & _POSTS:
        # "Leave as director" is to be out as director; "resign" says why, and is another thing.
        mentions = [
            replace(one, key="action:out", kind=MentionKind.ACTION) if one.key == "leav" else one for one in mentions
        ]
    if _CHAMBERS & keys and PARTIES & keys and not keys & _PARTS_OF_A_CHAMBER and not _names_a_state(mentions):
        # A party that wins the House in the midterms controls it after them.
        mentions = [replace(one, key="action:control") if one.key == "action:win" else one for one in mentions]
        mentions = _without_repeats(mentions)
        dropped |= {"scope:midterm", "scope:election", "after"}
    if {"scope:primary", "action:win"} <= keys and keys & PARTIES and keys & _NOMINATED_BY_ONE_PRIMARY:
        # Whoever wins a party's primary for such an office is its nominee; a state's presidential primary makes none.
        mentions = [replace(one, key="scope:nomination") if one.key == "scope:primary" else one for one in mentions]
        dropped |= {"action:win", "scope:election"}
    if "entity:supreme court" in keys:
        dropped.add("place:us")
    if (
        "next" in keys
        and keys & _OFFICES
        and not keys & {"scope:primary", "scope:nomination", "action:out", "action:resign"}
    ):
        dropped |= {"next", "scope:election", "action:win"}
    elif {"scope:election", "action:win"} <= keys and keys & _OFFICES and "scope:primary" not in keys:
        dropped |= {"scope:election", "action:win"}
    return [mention for mention in mentions if mention.key not in dropped]


def _names_a_state(mentions: Sequence[Mention]) -> bool:
    return any(one.kind in {MentionKind.PLACE, MentionKind.NAME} and one.key != "place:us" for one in mentions)


def _without_repeats(mentions: Sequence[Mention]) -> list[Mention]:
    seen: set[str] = set()
    kept = []
    for mention in mentions:
        if mention.key not in seen or mention.kind in {MentionKind.NUMBER, MentionKind.PLACE}:
            kept.append(mention)
        seen.add(mention.key)
    return kept


def _unexcused(
    extra: Sequence[Mention], own: Sequence[Mention], shared: frozenset[str], context: frozenset[str]
) -> tuple[list[Mention], float]:
    hard, certainty = [], 1.0
    artist = _artist(extra, own, shared)
    for mention in extra:
        excuse = _excuse(mention, own, shared, context, artist)
        if excuse is None:
            hard.append(mention)
        else:
            certainty = min(certainty, excuse)
    return hard, certainty


def _excuse(
    mention: Mention, own: Sequence[Mention], shared: frozenset[str], context: frozenset[str], artist: frozenset[int]
) -> float | None:
    """How certain it is that this word makes no difference; ``None`` when it may make one."""
    if mention.kind is MentionKind.NUMBER or mention.key in _DISCRIMINATING:
        return _CONTEXT_CERTAINTY if mention.kind is MentionKind.NUMBER and mention.key in context else None
    if mention.key in _LIGHT:
        return _SOFT_CERTAINTY
    if mention.key in _SOFT:
        return _SOFT_CERTAINTY
    if mention.key in IMPLIED and IMPLIED[mention.key] & shared:
        return _SOFT_CERTAINTY
    if mention.kind is MentionKind.PLACE and shared & _PERSONAL_OFFICES and _names_a_person(own, shared):
        # Whoever is named holds such an office in one country only.
        return _CONTEXT_CERTAINTY
    if _is_given_name(mention, own, shared):
        return _GIVEN_NAME_CERTAINTY
    if mention.position in artist:
        return _CONTEXT_CERTAINTY
    if mention.key in context and mention.kind is not MentionKind.SCOPE:
        return _CONTEXT_CERTAINTY
    return None


def _without_any(extra: list[Mention], own: Sequence[Mention], shared: frozenset[str]) -> list[Mention]:
    """``any`` directly before a thing that both texts name alike says no more than the thing: ``move any Bitcoin``."""
    named = {one.position for one in own if one.key in shared and one.kind is MentionKind.ENTITY}
    return [one for one in extra if not (one.key == "any" and one.last + 1 in named)]


def _is_given_name(mention: Mention, own: Sequence[Mention], shared: frozenset[str]) -> bool:
    """Whether it stands directly before a surname that both texts have."""
    if mention.key not in _GIVEN or mention.kind not in {MentionKind.NAME, MentionKind.WORD}:
        return False
    following = next((one for one in own if one.position == mention.last + 1), None)
    return following is not None and following.key in shared and following.kind in {MentionKind.NAME, MentionKind.WORD}


def _names_a_person(own: Sequence[Mention], shared: frozenset[str]) -> bool:
    named = [one for one in own if one.kind in {MentionKind.ENTITY, MentionKind.NAME} and one.key not in PARTIES]
    return any(one.key in shared for one in named)


def _rivals(
    excused: frozenset[str],
    a_hard: list[Mention],
    b_hard: list[Mention],
    a_extra: Sequence[Mention],
    b_extra: Sequence[Mention],
) -> tuple[list[Mention], list[Mention]]:
    """Words excused on one side are no excuse on both: "Mark" and "Ruth" tell two Kellys apart."""
    ours = [one for one in a_extra if one.key in excused]
    theirs = [one for one in b_extra if one.key in excused]
    if not ours or not theirs:
        return a_hard, b_hard
    return (
        a_hard + [one for one in ours if one not in a_hard],
        b_hard + [one for one in theirs if one not in b_hard],
    )


def _artist(extra: Sequence[Mention], own: Sequence[Mention], shared: frozenset[str]) -> frozenset[int]:
    """Positions of the artist in "<title> by <artist>", where both texts name the title of a work.

    That is whatever follows "by" up to the next word that both texts have.
    """
    if not shared & WORKS:
        return frozenset()
    left_over = {mention.position for mention in extra}
    found: set[int] = set()
    is_artist = False
    for previous, mention in pairwise(own):
        if mention.position not in left_over:
            is_artist = False
        elif mention.before == "by" and previous.key in shared:
            is_artist = True
        if is_artist:
            found.add(mention.position)
    return frozenset(found)


def _names_one(extra: Sequence[Mention], own: Sequence[Mention]) -> bool:
    """Whether what sets a text apart is one name, standing where the one that wins stands.

    That is before everything else that is asked, or after a colon. "Win a medal" is for several.
    """
    if (
        not extra
        or any(one.kind not in _AGENTS for one in extra)
        or any(one.before in {"a", "an", "any"} for one in own)
    ):
        return False
    is_one_run = all(two.position - one.last == 1 for one, two in pairwise(extra))
    actions = [one.position for one in own if one.key in SINGLE_WINNER]
    is_first = bool(actions) and extra[-1].position < min(actions)
    return is_one_run and (is_first or extra[0].before in {":", "-"})


def _hard_difference(a: Sequence[Mention], b: Sequence[Mention]) -> str | None:
    """The slot in which both texts say something, and not the same; ``None`` when one is silent or unclear."""
    kinds_a, kinds_b = {one.kind for one in a}, {one.kind for one in b}
    for name, kinds in (
        ("place", {MentionKind.PLACE}),
        ("subject", set(_AGENTS)),
        ("scope", {MentionKind.SCOPE}),
        ("number", {MentionKind.NUMBER}),
    ):
        if kinds_a & kinds and kinds_b & kinds:
            return name
    if _acts_differ(a, b):
        return "action"
    return None


def _acts_differ(a: Sequence[Mention], b: Sequence[Mention]) -> bool:
    """Whether both name an action, and none of the one could be meant by the other's."""
    ours = {one.key for one in a if one.kind is MentionKind.ACTION}
    theirs = {one.key for one in b if one.kind is MentionKind.ACTION}
    if not ours or not theirs:
        return False
    return not any(family & ours and family & theirs for family in FAMILIES)
