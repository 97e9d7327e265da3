"""Charts as inline SVG: small static drawings whose colours, for light and dark, come from the style sheet.

The one module that draws; pages know only these functions, so another way of drawing takes its place here. A chart
scales with its column and keeps the size of its letters: positions across are shares of the width, heights are pixels.
Everything a chart says also stands as text on the page, or in its label.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from edgeworth.simulation.context import Series
from edgeworth.simulation.result import Spread

MOST_BUCKETS: Final = 90
"""Of a line: each keeps its lowest and highest value, so no spike is lost, however long the history is."""

HEIGHT: Final = 220
TOP: Final = 14
BOTTOM: Final = 24
"""Pixels of a line chart, and those left free above and below its plot."""

CURVE_BUCKETS: Final = 300
"""Of a curve over years, which has the whole width to itself."""

CURVE_DATES: Final = 4
"""Written below it."""

LONGEST_STROKE: Final = 20.0
"""Pixels of a mark at the edge of a curve."""

PLOT_WIDTH: Final = 82.0
"""Per cent of the width that the line takes; the rest shows the present."""


Text = Callable[[float], str]
"""How a value is written."""


SCALES: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Where the line of ``dots`` may end."""


def scale_of(values: Iterable[float]) -> float:
    """The shortest line that holds all ``values``, so that a page of long shots does not crowd at its left edge."""
    highest = max(values, default=1.0)
    return next((scale for scale in SCALES if highest <= scale), 1.0)


class Whisker(NamedTuple):
    """A value of now with its interval, right of a line; ``css`` is ``model`` or ``market``."""

    value: float
    low: float
    high: float
    css: str


def dots(
    model: float | None, low: float | None, high: float | None, market: float | None, *, most: float = 1.0
) -> Markup:
    """The simulation as a dot with its interval, the market as an upright stroke, on a line from 0 to ``most``."""
    parts = []
    if low is not None and high is not None:
        parts.append(_line(low / most, high / most, "50%", "model"))
    if market is not None:
        place = _share(market / most)
        parts.append(_tag("line", x1=place, x2=place, y1="1", y2="15", class_="market"))
    if model is not None:
        parts.append(_tag("circle", cx=_share(model / most), cy="50%", r="3.5", class_="model"))
    return _svg(parts, css="dots")


def bar(value: float, low: float | None = None, high: float | None = None, market: float | None = None) -> Markup:
    """A share of one as a bar, with its interval and the market's value as a stroke."""
    parts = [_tag("rect", width=_share(value), y="3", height="10", class_="model")]
    if low is not None and high is not None:
        parts.append(_line(low, high, "50%", "doubt"))
    if market is not None:
        parts.append(_tag("line", x1=_share(market), x2=_share(market), y1="0", y2="16", class_="market"))
    return _svg(parts, css="dots")


def box(spread: Spread) -> Markup:
    """Percentiles 5 to 95 as a line, 25 to 75 as a box, the middle as a stroke; nothing when it does not vary."""
    width = spread.p95 - spread.p5
    if not (math.isfinite(width) and width > 0.0):
        return Markup("")
    quarter, middle, three_quarters = ((value - spread.p5) / width for value in (spread.p25, spread.p50, spread.p75))
    parts = [
        _line(0.0, 1.0, "50%", "model"),
        _tag("rect", x=_share(quarter), width=_share(three_quarters - quarter), y="3", height="10", class_="model"),
        _tag("line", x1=_share(middle), x2=_share(middle), y1="1", y2="15", class_="middle"),
    ]
    return _svg(parts, css="dots")


def swing(value: float, half: float, most: float) -> Markup:
    """A signed value as a bar from the middle, with ``half`` its interval to each side; ``most`` reaches the edge."""
    scale = 0.5 / most if most > 0.0 else 0.0
    start, end = sorted((0.5, 0.5 + value * scale))
    parts = [
        _tag("rect", x=_share(start), width=_share(end - start), y="3", height="10", class_="model"),
        _line(0.5 + (value - half) * scale, 0.5 + (value + half) * scale, "50%", "doubt"),
        _tag("line", x1="50%", x2="50%", y1="0", y2="16", class_="axis"),
    ]
    return _svg(parts, css="dots")


def trend(values: Sequence[float | None], titles: Sequence[str], *, most: float, label: str) -> Markup:
    """A bar a run, oldest first; a run of which nothing is known leaves a gap."""
    step = 100.0 / max(1, len(values))
    parts = []
    for number, (value, title) in enumerate(zip(values, titles, strict=True)):
        if value is None:
            continue
        height = max(1.0, 60.0 * value / most) if most > 0.0 else 1.0
        place = {"x": f"{_number(number * step)}%", "width": f"{_number(step * 0.8)}%"}
        inside = Markup("<title>{}</title>").format(title)
        parts.append(_tag("rect", inside, **place, y=_number(60.0 - height), height=_number(height)))
    return _svg(parts, css="trend", label=label)


def line_chart(
    series: Series,
    *,
    label: str,
    tick_text: Text,
    day_text: Text,
    whiskers: Sequence[Whisker] = (),
    level: float | None = None,
    css: str = "market",
    bounds: tuple[float, float] | None = None,
    least_height: float = 0.0,
) -> Markup:
    """A history, with what is said of the present right of it.

    Args:
        series: At least one value.
        label: What the chart shows, for who does not see it.
        tick_text: A value as it stands at the axis.
        day_text: Seconds since 1970 likewise.
        whiskers: Right of the line, from left to right.
        level: A value that matters, as a dashed line.
        css: What the line is of: ``market``, or ``spot`` for any other quantity.
        bounds: The axis never goes beyond them.
        least_height: Of the axis, so that small moves of a price do not look large.
    """
    marked = [*series.values, *(end for one in whiskers for end in (one.value, one.low, one.high))]
    axis = _axis([*marked, level] if level is not None else marked, bounds, least_height)
    width = PLOT_WIDTH if whiskers else 100.0
    parts = [*_grid(axis), _plotted(series, axis, width, css)]
    if level is not None:
        parts.append(_tag("line", x1="0", x2="100%", y1=axis.y(level), y2=axis.y(level), class_="level"))
    parts += _whiskers(whiskers, axis)
    parts += _tick_texts(axis, tick_text)
    parts += _days(series, day_text, width)
    return _svg(parts, css="chart", label=label)


class Marks(NamedTuple):
    """Instants, in seconds since 1970, at which something pointed up or down."""

    up: Sequence[float] = ()
    down: Sequence[float] = ()


NO_MARKS: Final = Marks()


def curve(
    series: Series,
    *,
    label: str,
    tick_text: Text,
    day_text: Text,
    css: str = "spot",
    gap_seconds: float,
    marks: Marks = NO_MARKS,
    ground: float | None = None,
    least_height: float = 0.0,
) -> Markup:
    """A history of years over the whole width. It is broken where nothing is known for long.

    Args:
        series: At least one value.
        label: What the chart shows, for who does not see it.
        tick_text: A value as it stands at the axis.
        day_text: Seconds since 1970 likewise.
        css: What the line is of: ``model``, ``market``, ``spot``.
        gap_seconds: Two values farther apart than that have a gap between them; it is shown if it is wide enough to be
            seen.
        marks: Strokes at the lower edge for what points up, at the upper edge for what points down; longer where there
            are more.
        ground: The highest value that there can be; the curve is filled from there.
        least_height: Of the axis, so that what hardly moves does not look wild.
    """
    bounds = None if ground is None else (-math.inf, ground)
    axis = _axis(series.values if ground is None else [*series.values, ground], bounds, least_height)
    start, end = series.at_seconds[0], series.at_seconds[-1]
    across = _Across(start, max(end - start, 1.0))
    parts = [
        _strokes(marks.up, across, HEIGHT - BOTTOM, 1, "up"),
        _strokes(marks.down, across, TOP, -1, "down"),
    ]
    for piece in _pieces(series, gap_seconds):
        places = [f"{across.x(at)},{axis.y(value)}" for at, value in piece]
        if len(places) == 1:
            places.append(f"{across.x(piece[0][0] + across.seconds / 1000)},{axis.y(piece[0][1])}")
        if ground is not None:
            feet = [f"{across.x(piece[0][0])},{axis.y(ground)}", f"{across.x(piece[-1][0])},{axis.y(ground)}"]
            parts.append(_tag("polygon", points=" ".join([feet[0], *places, feet[1]]), class_="depth"))
        parts.append(_tag("polyline", points=" ".join(places), class_=f"line {css}"))
    drawn = [*_grid(axis), _stretched(Markup("").join(parts), 100.0), *_tick_texts(axis, tick_text)]
    return _svg([*drawn, *_dates(start, end, day_text)], css="chart", label=label)


# --- inside a line chart ----------------------------------------------------------------------------------------------


class _Axis(NamedTuple):
    low: float
    high: float
    step: float

    def ticks(self) -> list[float]:
        """The round values inside."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [number * self.step for number in range(first, last + 1)]

    def y(self, value: float) -> str:
        """Pixels from the top."""
        inside = min(max(value, self.low), self.high)
        return _number(TOP + (HEIGHT - TOP - BOTTOM) * (self.high - inside) / (self.high - self.low))


def _axis(values: Iterable[float], bounds: tuple[float, float] | None, least_height: float) -> _Axis:
    """A round grid of at most six lines around ``values``."""
    known = [value for value in values if math.isfinite(value)]
    low, high = min(known), max(known)
    height = max(high - low, least_height, abs(high) * 1e-6, 1e-9)
    low, high = (low + high - height) / 2.0, (low + high + height) / 2.0
    if bounds is not None:
        low, high = _within(low, high, bounds)
    rough = (high - low) / 4.0
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if size * factor >= rough * 0.999)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return _Axis(low, high, step)


def _within(low: float, high: float, bounds: tuple[float, float]) -> tuple[float, float]:
    """The same height moved inside the bounds, as far as they allow."""
    if low < bounds[0]:
        low, high = bounds[0], min(bounds[1], high + bounds[0] - low)
    if high > bounds[1]:
        low, high = max(bounds[0], low - (high - bounds[1])), bounds[1]
    return low, high


def _grid(axis: _Axis) -> list[Markup]:
    return [
        _tag("line", x1="0", x2="100%", y1=axis.y(value), y2=axis.y(value), class_="axis") for value in axis.ticks()
    ]


def _plotted(series: Series, axis: _Axis, width: float, css: str) -> Markup:
    """The line, in a box of its own that stretches with the width while the stroke does not."""
    kept = thinned(series)
    start, end = kept[0][0], kept[-1][0]
    seconds = max(end - start, 1.0)
    places = [f"{_number(1000 * (at - start) / seconds)},{axis.y(value)}" for at, value in kept]
    if len(places) == 1:
        places.append(f"1000,{axis.y(kept[0][1])}")
    return _stretched(_tag("polyline", points=" ".join(places), class_=f"line {css}"), width)


def _stretched(inside: Markup, width: float) -> Markup:
    """A box of 1,000 by the height that is as wide as so many per cent."""
    return _tag(
        "svg",
        inside,
        width=f"{_number(width)}%",
        height=str(HEIGHT),
        viewBox=f"0 0 1000 {HEIGHT}",
        preserveAspectRatio="none",
    )


def thinned(series: Series, buckets: int = MOST_BUCKETS) -> list[tuple[float, float]]:
    """(seconds, value) of the lowest and the highest value of each stretch of time, and of both ends."""
    pairs = list(zip(series.at_seconds, series.values, strict=True))
    if len(pairs) <= 2 * buckets:
        return pairs
    start, width = pairs[0][0], (pairs[-1][0] - pairs[0][0]) / buckets
    by_bucket: dict[int, list[tuple[float, float]]] = {}
    for pair in pairs:
        by_bucket.setdefault(min(buckets - 1, int((pair[0] - start) / width)), []).append(pair)
    ends = [extreme(those, key=lambda pair: pair[1]) for those in by_bucket.values() for extreme in (min, max)]
    return sorted({pairs[0], *ends, pairs[-1]})


def _whiskers(whiskers: Sequence[Whisker], axis: _Axis) -> list[Markup]:
    parts = []
    for number, one in enumerate(whiskers, start=1):
        place = f"{_number(PLOT_WIDTH + (100.0 - PLOT_WIDTH) * number / (len(whiskers) + 1))}%"
        parts.append(_tag("line", x1=place, x2=place, y1=axis.y(one.low), y2=axis.y(one.high), class_=one.css))
        parts.append(_tag("circle", cx=place, cy=axis.y(one.value), r="4.5", class_=one.css))
    return parts


def _tick_texts(axis: _Axis, text: Text) -> list[Markup]:
    return [_tag("text", escape(text(value)), x="0", y=axis.y(value), dy="-3") for value in axis.ticks()]


def _days(series: Series, day_text: Text, width: float) -> list[Markup]:
    y = str(HEIGHT - 6)
    first = _tag("text", escape(day_text(series.at_seconds[0])), x="0", y=y)
    last = _tag("text", escape(day_text(series.at_seconds[-1])), x=f"{_number(width)}%", y=y, class_="end")
    return [first, last]


# --- inside a curve ---------------------------------------------------------------------------------------------------


class _Across(NamedTuple):
    start: float
    seconds: float

    def place(self, at: float) -> float:
        """From 0 to 1,000."""
        return 1000.0 * (at - self.start) / self.seconds

    def x(self, at: float) -> str:
        """The same as text."""
        return _number(self.place(at))


def _pieces(series: Series, gap_seconds: float) -> list[list[tuple[float, float]]]:
    """The thinned curve, cut where a gap is wide enough to be seen."""
    ats = series.at_seconds
    width = (ats[-1] - ats[0]) / CURVE_BUCKETS
    least = max(gap_seconds, width)
    cuts = [place for place in range(1, len(ats)) if ats[place] - ats[place - 1] > least]
    edges = list(zip([0, *cuts], [*cuts, len(ats)], strict=True))
    pieces = []
    for first, stop in edges:
        piece = Series(at_seconds=ats[first:stop], values=series.values[first:stop])
        share = (ats[stop - 1] - ats[first]) / width if width > 0.0 else 1.0
        pieces.append(thinned(piece, max(1, round(share))))
    return pieces


def _strokes(instants: Sequence[float], across: _Across, edge: int, up: int, css: str) -> Markup:
    """An upright stroke where there are some, from the edge of the plot; the more there are at a place, the longer."""
    width = 1000.0 / CURVE_BUCKETS
    counts = Counter(min(CURVE_BUCKETS - 1, int(across.place(at) / width)) for at in instants)
    most = max(counts.values(), default=1)
    longest = LONGEST_STROKE if most > 1 else LONGEST_STROKE / 2
    path = "".join(
        f"M{_number((place + 0.5) * width)} {edge}v{_number(-up * max(2.0, longest * number / most))}"
        for place, number in sorted(counts.items())
    )
    return _tag("path", d=path, class_=f"rug {css}") if path else Markup("")


def _dates(start: float, end: float, day_text: Text) -> list[Markup]:
    """The two ends, and dates between them."""
    anchors = ["", *["centre"] * (CURVE_DATES - 2), "end"]
    parts = []
    for number, css in enumerate(anchors):
        share = number / (CURVE_DATES - 1)
        text = escape(day_text(start + share * (end - start)))
        named = {"class_": css} if css else {}
        parts.append(_tag("text", text, x=f"{_number(100.0 * share)}%", y=str(HEIGHT - 6), **named))
    return parts


# --- tags -------------------------------------------------------------------------------------------------------------


def _svg(parts: Iterable[Markup], *, css: str, label: str | None = None) -> Markup:
    """Hidden from who listens where the numbers stand beside it; else an image with a label."""
    told = {"aria_hidden": "true"} if label is None else {"role": "img", "aria_label": label}
    return _tag("svg", Markup("").join(parts), class_=css, **told)


def _line(low: float, high: float, y: str, css: str) -> Markup:
    return _tag("line", x1=_share(low), x2=_share(high), y1=y, y2=y, class_=css)


def _share(value: float) -> str:
    """A share of the width, kept inside it."""
    return f"{_number(100.0 * min(max(value, 0.0), 1.0))}%"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _tag(name: str, inside: Markup | str = "", **attributes: str) -> Markup:
    """An element; ``class_`` and ``aria_label`` become what HTML calls them. Values are escaped."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items()
    )
    if not inside:
        return Markup("<{}{}/>").format(name, written)
    return Markup("<{}{}>{}</{}>").format(name, written, inside, name)
