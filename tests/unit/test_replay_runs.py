"""What the index of all runs says of runs of the replay room, from what the store counted."""

from __future__ import annotations

import pytest

from edgeworth.web.replay_runs import came_of

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("kind", "counts", "words"),
    [
        ("screen", {"candidates": 1_234}, "1,234 candidates"),
        ("screen", {"candidates": 1}, "1 candidate"),
        ("replay", {"trades": 234, "total_return": -0.123}, f"234 trades, {MINUS}12.3 %"),
        ("replay", {"trades": 0, "total_return": 0.0}, "0 trades, 0.0 %"),
        ("parity", {"equal": True, "trades": 9}, "equal, 9 trades"),
        ("parity", {"equal": False, "trades": 9}, "not equal, 9 trades"),
        ("sweep", {"trials": 20, "failed": 0}, "20 trials"),
        ("sweep", {"trials": 20, "failed": 1}, "20 trials, 1 failed trial"),
        ("sweep", {"trials": 20, "failed": 300}, "20 trials, 300 failed trials"),
        ("simulate", {"trades": 9}, None),
        ("replay", {}, None),
        ("replay", {"trades": "many", "total_return": float("nan")}, None),
        ("parity", {"equal": "yes", "trades": True}, None),
    ],
)
def test_a_run_is_told_in_a_few_words_or_not_at_all(kind, counts, words):
    assert came_of(kind, counts) == words
