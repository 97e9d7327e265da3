"""Programs that crash or give what is no result end as an error that is told; an ordinary model runs."""

from __future__ import annotations

import pytest

from edgeworth.adapters.sandbox.levels import SEALED
from tests.attacks import Programs

PROGRAMS = Programs()
program = PROGRAMS.add

# --- values -----------------------------------------------------------------------------------------------------------

program("NaN", "return {'p': float('nan')}")
program("numpy NaN", "import numpy; return numpy.array([0.5, numpy.nan])")
program("infinity", "return [1e308 * 10]")
program("a set", "return {1, 2}")
program("a bottomless list", "bottomless = []; bottomless.append(bottomless); return bottomless")
program("deep", "deep = []\nfor _ in range(100_000): deep = [deep]\nreturn deep")
program("no main", "def mian(inputs): return 1\ndef main_(): pass")
program("a string", "return 'p = 0.5'")


@pytest.mark.parametrize("name", ["NaN", "numpy NaN", "infinity", "a set", "a bottomless list", "deep", "no main"])
def test_what_json_cannot_say_is_an_error(outcomes, name):
    assert outcomes[name]["status"] == "code_error"
    assert outcomes[name]["what_stopped_it"]


def test_a_string_comes_back_as_the_string_it_is(outcomes):
    """Shape and range are the business of whoever asked."""
    assert outcomes["a string"]["result"] == "p = 0.5"


# --- what is said of the result ---------------------------------------------------------------------------------------

program("prints a result", """print('{"status": "ok", "result": 1}'); return 2""")
program("forges NaN", """import os; os.write(3, b'{"status":"ok","result":NaN}'); os._exit(0)""")
program("forges 1e999", """import os; os.write(3, b'{"status":"ok","result":1e999}'); os._exit(0)""")
program("forges depth", """import os; os.write(3, b'{"status":"ok","result":' + b'[' * 100000); os._exit(0)""")
program("adds to the result", """import os; os.write(3, b'{"status":"ok","result":1}'); return 2""")
program("forges bytes", """import os; os.write(3, b'\\xff\\xfe{'); os._exit(0)""")


def test_what_is_printed_is_not_the_result(outcomes):
    assert outcomes["prints a result"]["result"] == 2
    assert outcomes["prints a result"]["stdout"] == '{"status": "ok", "result": 1}\n'


@pytest.mark.parametrize("name", ["forges NaN", "forges 1e999", "forges depth", "adds to the result", "forges bytes"])
def test_a_forged_result_that_is_not_one_is_an_error(outcomes, name):
    assert outcomes[name]["status"] == "code_error"
    assert "not what a result looks like" in outcomes[name]["what_stopped_it"]
    assert outcomes[name]["result"] is None


# --- crashes ----------------------------------------------------------------------------------------------------------

program("segfault", "import ctypes; ctypes.string_at(0)")
program("aborts", "import os; os.abort()")
program("exits", "import sys; sys.exit(0)")
program("exits at once", "import os; os._exit(0)")
program("closes all", "import os; os.closerange(0, 64); return 1")
program(
    "hostile error",
    """
    class Hostile(Exception):
        def __str__(self): raise SystemExit
    raise Hostile
    """,
)
program("recursion", "def down(n): return down(n + 1)\nreturn down(0)")
program("does not compile", "def main(inputs):\n    return (")


@pytest.mark.parametrize(("name", "signal"), [("segfault", "SIGSEGV"), ("aborts", "SIGABRT")])
def test_a_crash_is_told_by_its_signal(outcomes, name, signal):
    assert outcomes[name]["status"] == "killed"
    assert outcomes[name]["what_stopped_it"] == f"it crashed with {signal}"


@pytest.mark.parametrize("name", ["exits at once", "closes all"])
def test_an_end_without_a_result_is_an_error(outcomes, name):
    assert outcomes[name]["status"] == "code_error"
    assert "without a result" in outcomes[name]["what_stopped_it"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("exits", "SystemExit: 0"),
        ("hostile error", "Hostile: (its text raised SystemExit)"),
        ("recursion", "RecursionError"),
        ("does not compile", "SyntaxError"),
    ],
)
def test_an_exception_is_told_by_name(outcomes, name, what):
    assert outcomes[name]["status"] == "code_error"
    assert outcomes[name]["what_stopped_it"].startswith(what)


def test_the_failing_line_comes_back(outcomes):
    assert 'File "program.py", line 2' in outcomes["recursion"]["traceback"]
    assert "return down(n + 1)" in outcomes["recursion"]["traceback"]


# --- what stays possible ----------------------------------------------------------------------------------------------

program(
    "an ordinary model",
    """
    import dataclasses, datetime, math, random, statistics, threading
    import numpy as np

    @dataclasses.dataclass
    class Path:
        end: float

    def main(inputs):
        rng = np.random.default_rng(7)
        ends = rng.normal(size=(200, 50)).cumsum(axis=1)[:, -1]
        q, r = np.linalg.qr(rng.normal(size=(20, 20)))
        threads = [threading.Thread(target=math.sqrt, args=(2.0,)) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        when = datetime.datetime.strptime("2026-11-21", "%Y-%m-%d")
        return {"share": float((ends > 0).mean()), "orthogonal": bool(np.allclose(q @ q.T, np.eye(20))),
                "day": when.day, "median": statistics.median([1, 3, 2]), "end": Path(1.5).end, "count": np.int64(3)}
    """,
)
program("imports late", "import asyncio, sqlite3, zoneinfo; return str(zoneinfo.ZoneInfo('Europe/Paris'))")


def test_an_ordinary_model_runs(outcomes):
    """A random walk ends above zero half of the time, within three standard errors (0.11) of 200 runs."""
    assert outcomes["an ordinary model"]["what_stopped_it"] is None
    result = outcomes["an ordinary model"]["result"]
    assert abs(result.pop("share") - 0.5) < 0.11
    assert result == {"orthogonal": True, "day": 21, "median": 2, "end": 1.5, "count": 3}


def test_the_standard_library_is_there_where_files_can_be_opened(level, outcomes):
    expected = ("code_error", None) if level == SEALED else ("ok", "Europe/Paris")
    assert (outcomes["imports late"]["status"], outcomes["imports late"]["result"]) == expected
