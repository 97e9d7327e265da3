"""Which markets a batch is about: the options of the command as a rule, and what became of the rest, in words.

Values only: no catalogue, no terminal. The choice itself is made by ``edgeworth.markets.universe``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.markets.categories import CATEGORIES
from edgeworth.markets.universe import ExclusionCode, Selection, UniverseMode, UniverseRule

CHOICES = "--top-volume N, --trending N, --breaking N, --category NAME or --market SLUG"
"""What says which markets are meant, where nobody can be asked."""


class ChoiceOptions(Struct, frozen=True, kw_only=True):
    """What the user gave of the options that choose; ``None`` and empty for what was left out.

    Attributes:
        number: Of ``--number``: how many of the category, where no mode says.
        pick: Whether the list was asked for, in which markets are picked by hand.
    """

    top_volume: int | None = None
    trending: int | None = None
    breaking: int | None = None
    category: str | None = None
    number: int | None = None
    markets: tuple[str, ...] = ()
    pick: bool = False


class Choice(Struct, frozen=True, kw_only=True):
    """Which markets; see ``UniverseRule``."""

    mode: UniverseMode
    count: int
    category: str | None = None
    picks: tuple[str, ...] = ()


def choose(options: ChoiceOptions, *, batch_size: int) -> Choice | None:
    """The choice that ``options`` make, or ``None`` when they leave it to the menu.

    Args:
        options: As given.
        batch_size: Markets of a category where no number is given.

    Raises:
        ConfigurationError: Two options contradict each other, or the category is none.
    """
    _check_contradictions(options)
    category = _category(options.category)
    ranked = {
        UniverseMode.TOP_VOLUME: options.top_volume,
        UniverseMode.TRENDING: options.trending,
        UniverseMode.BREAKING: options.breaking,
    }
    for mode, count in ranked.items():
        if count is not None:
            return Choice(mode=mode, count=count, category=category)
    if category is not None:
        return Choice(mode=UniverseMode.CATEGORY, count=options.number or batch_size, category=category)
    if options.markets:
        return Choice(mode=UniverseMode.CUSTOM, count=len(options.markets), picks=options.markets)
    return None


def _check_contradictions(options: ChoiceOptions) -> None:
    """At most one way to choose; a category narrows a ranking, and a number belongs to a category alone."""
    given = {
        "--top-volume": options.top_volume is not None,
        "--trending": options.trending is not None,
        "--breaking": options.breaking is not None,
        "--market": bool(options.markets),
        "--pick": options.pick,
    }
    modes = [name for name, is_given in given.items() if is_given]
    if len(modes) > 1:
        raise ConfigurationError(f"{' and '.join(modes)} contradict each other: expected one of {CHOICES}, or --pick")
    if options.category is not None and (options.markets or options.pick):
        raise ConfigurationError(f"--category and {modes[0]} contradict each other: a market that is named is taken")
    if options.number is not None and (modes or options.category is None):
        beside = f"beside {modes[0]}" if modes else "alone"
        raise ConfigurationError(
            f"-n says how many of --category NAME: expected it with that option, found it {beside}"
        )


def _category(name: str | None) -> str | None:
    if name is None:
        return None
    category = name.strip().lower()
    if category not in CATEGORIES:
        raise ConfigurationError(f"--category: expected one of {', '.join(CATEGORIES)}, found {name!r}")
    return category


# --- what became of the rest ------------------------------------------------------------------------------------------


def told_selection(selection: Selection) -> str:
    """How many of the open markets were chosen and how many were left out for what reason, as a sentence."""
    total = len(selection.chosen) + len(selection.excluded)
    told = told_exclusions(selection.reasons, selection.rule)
    return f"{len(selection.chosen):,} of {total:,} open markets" + (f"; {told}" if told else "") + "."


def told_exclusions(reasons: Mapping[str, int], rule: UniverseRule) -> str:
    """Numbers by reason code as words, most first; empty for none."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number:,} {exclusion_words(code, rule)}" for code, number in ordered)


def exclusion_words(code: str, rule: UniverseRule) -> str:
    """What the markets of an ``ExclusionCode`` are, in words that stand after their number."""
    is_breaking = rule.mode is UniverseMode.BREAKING
    words = {
        ExclusionCode.SEEN_LATER: "seen only later",
        ExclusionCode.OTHER_VENUE: "of another venue",
        ExclusionCode.NOT_OPEN: "not open",
        ExclusionCode.CLOSES_TOO_SOON: "past their planned close",
        ExclusionCode.CLOSE_UNKNOWN: "without a planned close",
        ExclusionCode.COMBO: "machine-made combinations",
        ExclusionCode.OTHER_CATEGORY: f"outside {rule.category}",
        ExclusionCode.VOLUME_UNKNOWN: "without a stated volume",
        ExclusionCode.BELOW_FLOOR: f"below ${rule.volume_floor_usd:,.0f}",
        ExclusionCode.RANK_UNKNOWN: f"without a stated {'price change' if is_breaking else 'volume of the day'}",
        ExclusionCode.DID_NOT_MOVE: "without a price change" if is_breaking else "without a trade in 24 hours",
        ExclusionCode.BEYOND_COUNT: "ranked lower",
        ExclusionCode.DUPLICATE: "listed twice",
        ExclusionCode.NOT_PICKED: "not picked",
        ExclusionCode.NOT_IN_CATALOGUE: "not in the catalogue",
        ExclusionCode.AMBIGUOUS: "named by a name of several",
        ExclusionCode.TOO_FEW_OUTCOMES: "with fewer than two outcomes",
    }
    return {known.value: said for known, said in words.items()}.get(code, code.replace("_", " "))


def numbers_in(text: str, most: int) -> list[int]:
    """The numbers from 1 to ``most`` that ``text`` (``1,3-5``) names, in its order, each once.

    Raises:
        ConfigurationError: It is no such list, or a number lies outside.
    """
    found: dict[int, None] = {}
    for part in _parts(text):
        low, dash, high = (piece.strip() for piece in part.partition("-"))
        ends = (low, high if dash else low)
        if not all(end.isascii() and end.isdecimal() and len(end) <= _DIGITS for end in ends):
            raise ConfigurationError(f"expected numbers and ranges such as 1,3-5, found {_quoted(text)}")
        first, last = map(int, ends)
        if not 1 <= first <= last <= most:
            raise ConfigurationError(f"expected numbers from 1 to {most:,}, found {_quoted(part)}")
        found.update(dict.fromkeys(range(first, last + 1)))
    return list(found)


_DIGITS = 9
"""Digits of a number in a list; more than any catalogue needs."""


def _parts(text: str) -> Sequence[str]:
    return text.strip().replace(" -", "-").replace("- ", "-").replace(",", " ").split()


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
