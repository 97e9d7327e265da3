"""The options that name bars, days, lengths and settings on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from edgeworth.errors import ConfigurationError
from edgeworth.replay.windows import MOST_WINDOW_BARS
from flows.commands.bars_options import BarsOptions, StrategyOptions, Window, day_or_instant, named_values, seconds_of


def test_a_day_as_end_means_its_end():
    assert day_or_instant("--start", "2025-06-15") == datetime(2025, 6, 15, tzinfo=UTC)
    assert day_or_instant("--end", "2025-09-30", is_end=True) == datetime(2025, 10, 1, tzinfo=UTC)
    assert day_or_instant("--end", "2025-09-30T12:00:00Z", is_end=True) == datetime(2025, 9, 30, 12, tzinfo=UTC)
    assert day_or_instant("--end", None, is_end=True) is None


@pytest.mark.parametrize("text", ["2025-13-01", "yesterday", "tomorrow!!", "2025-09-30T12:00:00"])
def test_what_is_no_day_and_no_instant(text):
    with pytest.raises(ConfigurationError, match="--start: expected"):
        day_or_instant("--start", text)


@pytest.mark.parametrize(("text", "seconds"), [("15m", 900), ("1h", 3_600), ("1d", 86_400), ("90", 90), ("30s", 30)])
def test_lengths(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "0h", "-1h", "1w", "1.5h", "99999d", "\u0663h"])
def test_what_is_no_length(text):
    with pytest.raises(ConfigurationError, match="--interval: expected a length such as"):
        seconds_of(text)


def test_values_are_numbers_where_they_read_as_such():
    found = named_values(["threshold=0.5", "fast=12", "is_on=true", "label=plain words", "list=[1,2]"])
    assert found == {"threshold": 0.5, "fast": 12, "is_on": True, "label": "plain words", "list": [1, 2]}


@pytest.mark.parametrize("given", [["fast"], ["=3"], ["fast=1", "fast=2"]])
def test_what_is_no_setting(given):
    with pytest.raises(ConfigurationError, match="--set: expected"):
        named_values(given)


@pytest.mark.parametrize("given", [{}, {"bars": "a.csv", "asset": "ETH"}])
def test_one_source_is_named(given):
    with pytest.raises(ConfigurationError, match="one of --bars, --asset and --market"):
        BarsOptions(**given).choice()


@pytest.mark.parametrize("name", ["cash", "fee_rate", "half_spread", "slippage"])
def test_amounts_are_finite(name):
    with pytest.raises(ConfigurationError, match=f"--{name.replace('_', '-')}: expected a finite number"):
        StrategyOptions(**{name: float("nan")}).values()


def test_the_longest_window_is_that_of_the_replay():
    """It stands in the option as a number: the replay is not imported to say what can be asked."""
    (option,) = [one for one in get_args(Window) if hasattr(one, "max")]
    assert option.max == MOST_WINDOW_BARS
