"""States told as the change that would end them: to remain in office through a day is not to be out by it.

Only where the two are complementary to the day: "through June 30" and "by June 30" are, "until June 30" may or may not
count that day and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.reading.entities import stems_of
from edgeworth.discovery.reading.slots import Mention, MentionKind, Window, WindowKind

_STAYING: Final = stems_of(frozenset({"remain", "stay", "continue", "still"}))
_LASTING: Final = stems_of(
    frozenset({"last", "continue", "persist", "go", "run", "drag", "stretch", "extend", "hold"})
) | {"action:extend"}
_DELAYING: Final = stems_of(frozenset({"delay", "postpone"}))
_OFFICE_WORDS: Final = stems_of(frozenset({"office", "power"}))
_OFFICES: Final = stems_of(
    frozenset({"leader", "chair", "coach", "secretary", "minister", "chancellor", "director"})
) | {
    "scope:president", "scope:vice president", "scope:prime minister", "scope:governor", "scope:mayor",
    "scope:speaker", "scope:chief executive",
}  # fmt: skip
_HELD_RATES: Final = "action:hold rates"


class Change(Struct, frozen=True, kw_only=True):
    """A sentence with its state told as a change; ``denied`` is the key of that, empty where nothing was told so."""

    mentions: tuple[Mention, ...]
    windows: tuple[Window, ...]
    denied: str = ""


def told_as_change(mentions: Sequence[Mention], windows: Sequence[Window]) -> Change:
    """``remain president through D`` as ``out as president by D``, which the sentence then denies."""
    unchanged = Change(mentions=tuple(mentions), windows=tuple(windows))
    held = [one for one in mentions if one.key == _HELD_RATES]
    if held:
        return _with(mentions, windows, held[0], "action:change rates", MentionKind.ACTION, frozenset())
    if len(windows) != 1 or not (windows[0].wording in {"past", "through"} or _is_end_of_period(windows[0])):
        return unchanged
    is_past = windows[0].wording == "past"
    until = (_until(windows[0]),)
    keys = {one.key for one in mentions}
    for verb in mentions:
        if verb.key in _STAYING and keys & (_OFFICES | _OFFICE_WORDS):
            return _with(mentions, until, verb, "action:out", MentionKind.ACTION, _OFFICE_WORDS)
        if verb.key in _DELAYING and is_past:
            return _with(mentions, until, verb, "action:release", MentionKind.ACTION, frozenset())
        if verb.key in _LASTING and _ends_before(verb, windows[0]):
            return _with(mentions, until, verb, "end", MentionKind.WORD, frozenset())
    return unchanged


def _with(
    mentions: Sequence[Mention],
    windows: Sequence[Window],
    verb: Mention,
    key: str,
    kind: MentionKind,
    dropped: frozenset[str],
) -> Change:
    told = tuple(replace(one, key=key, kind=kind) if one is verb else one for one in mentions if one.key not in dropped)
    return Change(mentions=told, windows=tuple(windows), denied=key)


def _until(window: Window) -> Window:
    """``past November 15`` as ``by November 15``: what has not ended by then lasts past it."""
    if window.kind is WindowKind.ON:
        return replace(window, kind=WindowKind.DEADLINE, start=None, wording="by")
    if window.kind is not WindowKind.AFTER:
        return window
    return replace(window, kind=WindowKind.DEADLINE, start=None, end=window.start)


def _is_end_of_period(window: Window) -> bool:
    """``still president at the end of 2026``: not out by then. Of a plain day it is not told at which hour."""
    return window.kind is WindowKind.ON and " end of " in f" {window.quotation.text.casefold()} "


def _ends_before(verb: Mention, window: Window) -> bool:
    """Whether the time follows the verb at once: "last past November 15", but no "last season"."""
    return 0 <= window.quotation.start - verb.quotation.end <= 1
