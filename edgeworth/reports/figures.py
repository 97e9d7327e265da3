"""Numbers as a page shows them: no more digits than their error allows, never a 0 or a 100 per cent that is not one.

Probabilities come as shares of one and are shown in per cent; differences of probabilities are shown in points, a
point being one per cent of probability. Texts only: how they stand on a page is the templates' business.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final, NamedTuple

from edgeworth.simulation.estimate import NORMAL_90, Estimate

MISSING: Final = "\N{EN DASH}"
MINUS: Final = "\N{MINUS SIGN}"
MOST_DECIMALS: Final = 2
"""Of per cent and points: a hundredth of a point is finer than any price."""

_DIGIT, _POINT = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"


def decimals_of(error: float | None) -> int:
    """Decimals of a percentage whose standard error is ``error`` (a share of one): the last digit is of its size.

    Whole per cents at least. One decimal where there is no error to go by: a model that is certain of its answer.
    """
    if error is None or not math.isfinite(error) or error <= 0.0:
        return 1
    size = float(f"{error * 100:.0e}")
    return min(MOST_DECIMALS, max(0, -math.floor(math.log10(size))))


def per_cent(probability: float | None, error: float | None = None, *, unit: bool = True) -> str:
    """``0.4718`` with an error of 0.03 is ``47 %``, with one of 0.003 ``47.2 %``; nearly nothing is ``<1 %``."""
    if probability is None:
        return MISSING
    decimals = decimals_of(error)
    text = f"{probability * 100:.{decimals}f}"
    least = f"{10.0**-decimals:.{decimals}f}"
    if probability > 0.0 and float(text) == 0.0:
        text = f"<{least}"
    elif probability < 1.0 and float(text) == 100.0:
        text = f">{100.0 - 10.0**-decimals:.{decimals}f}"
    return f"{text} %" if unit else text


def points(difference: float | None, error: float | None = None) -> str:
    """A difference of two probabilities in points, always signed: ``0.0421`` with an error of 0.004 is ``+4.2``."""
    if difference is None:
        return MISSING
    text = f"{abs(difference) * 100:.{decimals_of(error)}f}"
    if float(text) == 0.0:
        return text
    return f"{MINUS if difference < 0 else '+'}{text}"


def in_points(text: str) -> str:
    """``+4 points``, ``+1 point``."""
    return f"{text} {'point' if text.lstrip(f'+{MINUS}') == '1' else 'points'}"


def interval(low: float | None, high: float | None, error: float | None = None) -> str:
    """``41 to 53 %``; a dash without both ends."""
    if low is None or high is None:
        return MISSING
    return f"{per_cent(low, error, unit=False)} to {per_cent(high, error)}"


def aligned(text: str) -> str:
    """``text`` followed by blanks as wide as the decimals that it lacks, so that points stand under one another.

    Wants figures of one width (``tabular-nums``); read aloud it is the same text.
    """
    number, _, unit = text.partition(" ")
    if not number or not number[-1].isdigit():
        return text
    _, point, decimals = number.partition(".")
    blanks = _DIGIT * (MOST_DECIMALS - len(decimals)) + ("" if point else _POINT)
    return f"{number} {unit}".rstrip(" ") + blanks


def duration(seconds: float) -> str:
    """``3.4 s``, ``2 min 05 s``, ``1 h 02 min``, ``3 days``."""
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    whole = timedelta(seconds=round(seconds))
    minutes, rest = divmod(whole.seconds, 60)
    if whole >= timedelta(days=2):
        return f"{whole.days} days"
    hours = whole.days * 24 + minutes // 60
    return f"{hours} h {minutes % 60:02d} min" if hours else f"{minutes} min {rest:02d} s"


def model_error(told: Estimate) -> float:
    """All that the models' mean is not sure of, as one standard error: sampling, their own doubt, their spread."""
    between = (told.between_models or 0.0) / math.sqrt(told.models)
    return math.hypot(told.sampling_error, told.belief_deviation or 0.0, between)


def difference_interval(told: Estimate) -> tuple[float, float] | None:
    """Where the difference lies, 90 %; ``None`` where there is none to speak of."""
    if told.difference is None or told.difference_error is None:
        return None
    half = NORMAL_90 * told.difference_error
    return told.difference - half, told.difference + half


def distance(told: Estimate) -> float | None:
    """The size of the difference in standard errors; ``None`` without a difference, or without any error."""
    if told.difference is None or not told.difference_error:
        return None
    return abs(told.difference) / told.difference_error


class Cell(NamedTuple):
    """What a cell shows, what stands small below it, and what it is sorted by (empty: always last)."""

    text: str
    note: str = ""
    key: str = ""


def counted(number: int, noun: str, several: str | None = None) -> str:
    """``1 market``, ``2 markets``; ``several`` where the plural is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"
