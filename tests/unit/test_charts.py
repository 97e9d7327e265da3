"""Charts: where things stand, that no spike is lost, and that foreign text stays text. Places are worked out by hand."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from edgeworth.reports import charts
from edgeworth.reports.charts import HEIGHT, Whisker, bar, box, dots, line_chart, scale_of, swing, thinned, trend
from edgeworth.simulation.context import Series
from edgeworth.simulation.result import Spread
from tests.contexts import hourly


def a_line(values, **options) -> Markup:
    plain = {"label": "A price", "tick_text": lambda value: f"{value:g}", "day_text": lambda seconds: f"{seconds:.0f}"}
    return line_chart(hourly(values), **{**plain, **options})


def ticks(drawn: Markup) -> list[str]:
    return re.findall(r'<text x="0" y="[\d.]+" dy="-3">([^<]*)</text>', drawn)


def test_dots_stand_where_their_values_are():
    drawn = dots(0.5, 0.25, 0.75, 0.1)
    assert '<line x1="25%" x2="75%" y1="50%" y2="50%" class="model"/>' in drawn
    assert '<circle cx="50%"' in drawn
    assert '<line x1="10%" x2="10%"' in drawn
    assert 'aria-hidden="true"' in drawn, "the numbers stand beside it"


def test_what_is_not_known_is_not_drawn():
    assert "line" not in dots(0.5, None, None, None)
    assert "circle" not in dots(None, None, None, 0.5)
    assert box(Spread(name="x", p5=1, p25=1, p50=1, p75=1, p95=1)) == ""


@pytest.mark.parametrize(
    ("values", "scale"), [([0.004, 0.02], 0.02), ([0.021], 0.05), ([0.3], 0.5), ([0.51], 1.0), ([], 1.0)]
)
def test_a_scale_is_the_shortest_that_holds_all(values, scale):
    assert scale_of(values) == scale


def test_a_bar_has_its_interval_and_the_price():
    drawn = bar(0.4, 0.3, 0.5, 0.45)
    assert '<rect width="40%"' in drawn
    assert '<line x1="30%" x2="50%" y1="50%" y2="50%" class="doubt"/>' in drawn
    assert '<line x1="45%" x2="45%"' in drawn


def test_a_box_spans_its_percentiles():
    drawn = box(Spread(name="x", p5=10, p25=15, p50=20, p75=25, p95=30))
    assert '<rect x="25%" width="50%"' in drawn
    assert '<line x1="50%" x2="50%"' in drawn


def test_a_swing_goes_from_the_middle_to_its_side():
    """-0.1 of at most 0.2 is a quarter of the width to the left; its interval is 0.05 to each side."""
    drawn = swing(-0.1, 0.05, 0.2)
    assert '<rect x="25%" width="25%"' in drawn
    assert '<line x1="12.5%" x2="37.5%"' in drawn
    assert "<rect" in swing(0.0, 0.0, 0.0), "nothing to scale by is no failure"


def test_a_trend_leaves_a_gap_where_nothing_is_known():
    drawn = trend([1.0, None, 0.5], ["a", "b", "<c>"], most=1.0, label="Coverage")
    assert drawn.count("<rect") == 2
    assert '<rect x="66.7%" width="26.7%" y="30" height="30">' in drawn
    assert "<title>&lt;c&gt;</title>" in drawn
    assert 'role="img" aria-label="Coverage"' in drawn


def test_the_axis_is_round_and_holds_everything():
    assert ticks(a_line([0.31, 0.52])) == ["0.3", "0.4", "0.5", "0.6"]
    assert ticks(a_line([0.31, 0.52], whiskers=[Whisker(0.8, 0.7, 0.9, "model")])) == ["0.2", "0.4", "0.6", "0.8", "1"]
    assert ticks(a_line([97.0, 98.0], level=120.0)) == ["90", "100", "110", "120"]


def test_small_moves_are_not_made_large_and_the_axis_stays_inside_its_bounds():
    """Moves of a tenth of a point: the axis is ten points high at least, and does not go below nothing."""
    assert ticks(a_line([0.010, 0.011], bounds=(0.0, 1.0), least_height=0.1)) == ["0", "0.025", "0.05", "0.075", "0.1"]
    assert ticks(a_line([0.995, 0.999], bounds=(0.0, 1.0), least_height=0.1)) == ["0.9", "0.925", "0.95", "0.975", "1"]


def test_one_value_is_a_level_line():
    (points,) = re.findall(r'points="([^"]*)"', a_line([0.5], bounds=(0.0, 1.0), least_height=0.1))
    (_, first), (_, second) = (pair.split(",") for pair in points.split())
    assert first == second
    assert 0 < float(first) < HEIGHT


def test_a_long_history_keeps_its_spikes_and_its_ends():
    values = [0.5] * 5000
    values[1234], values[4321] = 0.9, 0.1
    kept = thinned(hourly(values))
    assert len(kept) <= 2 * charts.MOST_BUCKETS + 2
    assert {value for _, value in kept} == {0.5, 0.9, 0.1}
    assert [kept[0], kept[-1]] == [
        (hourly(values).at_seconds[0], 0.5),
        (hourly(values).at_seconds[-1], 0.5),
    ]
    assert kept == sorted(kept)


def test_a_short_history_is_drawn_as_it_is():
    series = Series(at_seconds=(0.0, 10.0, 40.0), values=(0.0, 1.0, 0.5))
    assert thinned(series) == [(0.0, 0.0), (10.0, 1.0), (40.0, 0.5)]


def test_foreign_text_in_a_chart_stays_text():
    drawn = a_line([0.1, 0.2], label='"><script>', tick_text=lambda _: "<b>", day_text=lambda _: "&")
    assert "<script" not in drawn
    assert "<b>" not in drawn
    assert "&#34;&gt;&lt;script&gt;" in drawn


# --- curves of years --------------------------------------------------------------------------------------------------


def a_curve(values, at=None, **options) -> Markup:
    plain = {
        "label": "Money",
        "tick_text": lambda value: f"{value:g}",
        "day_text": lambda seconds: f"{seconds:.0f}",
        "gap_seconds": 1.5,
    }
    at = range(len(values)) if at is None else at
    series = Series(at_seconds=tuple(map(float, at)), values=tuple(map(float, values)))
    return charts.curve(series, **{**plain, **options})


def pieces(drawn: Markup) -> list[str]:
    return re.findall(r'<polyline points="([^"]*)"', drawn)


def test_a_curve_is_broken_where_nothing_is_known_for_long():
    """Values at 0 to 3 and at 7 to 9 of 9 seconds: nothing between 333 and 778 of 1,000."""
    first, second = pieces(a_curve([1, 2, 1, 2, 1, 2, 1], at=[0, 1, 2, 3, 7, 8, 9]))
    assert first.startswith("0,")
    assert first.split()[-1].startswith("333.3,")
    assert second.split()[0].startswith("777.8,")
    assert second.split()[-1].startswith("1000,")


def test_a_gap_too_narrow_to_be_seen_breaks_nothing():
    at = [place for place in range(10_000) if place % 100 != 50]
    assert len(pieces(a_curve([place % 7 for place in at], at=at))) == 1


def test_a_piece_of_one_value_can_be_seen():
    (_, alone) = pieces(a_curve([1, 2, 3], at=[0, 1, 9]))
    assert alone.split()[0] != alone.split()[1]


def test_a_curve_keeps_every_spike_and_both_ends():
    values = [0.0] * 50_000
    values[12_345], values[-1] = 100.0, 50.0
    (line,) = pieces(a_curve(values))
    heights = [float(point.split(",")[1]) for point in line.split()]
    assert len(heights) <= 2 * charts.CURVE_BUCKETS + 2
    assert (min(heights), max(heights)) == (charts.TOP, HEIGHT - charts.BOTTOM)
    assert heights[-1] == (charts.TOP + HEIGHT - charts.BOTTOM) / 2


def test_marks_stand_at_their_edges_and_are_longer_where_there_are_more():
    """Two of three marks up fall into the first of 300 places, 3.3 wide; the one in the last place is half as long."""
    drawn = a_curve([1, 2, 3, 4], marks=charts.Marks(up=[0.0, 0.001, 3.0], down=[1.5]))
    assert '<path d="M1.7 196v-20M998.3 196v-10" class="rug up"/>' in drawn
    assert '<path d="M501.7 14v10" class="rug down"/>' in drawn


def test_a_curve_can_be_filled_from_a_ground():
    drawn = a_curve([0, -1, -2, -1], ground=0.0)
    assert re.search(r'<polygon points="0,14 0,14 [^"]* 1000,14" class="depth"/>', drawn)


def test_what_hardly_moves_does_not_look_wild_and_nothing_is_above_the_ground():
    """An axis of at least 100 around 10,000; one from 0 down where 0 is the ground."""
    assert ticks(a_curve([10_000, 10_000.01], least_height=100.0)) == [
        "9950",
        "9975",
        "10000",
        "10025",
        "10050",
        "10075",
    ]
    assert ticks(a_curve([0, 0], ground=0.0, least_height=1.0)) == ["-1", "-0.75", "-0.5", "-0.25", "0"]


def test_a_curve_names_both_ends_and_days_between_them():
    assert re.findall(r'y="214"[^>]*>([^<]*)<', a_curve([1, 2, 3, 4])) == ["0", "1", "2", "3"]
