"""Programs that take too much time, memory or output end at their limits."""

from __future__ import annotations

import pytest

from tests.attacks import Programs

PROGRAMS = Programs()
program = PROGRAMS.add

# --- time -------------------------------------------------------------------------------------------------------------

program("spins", "while True: pass", cpu_seconds=1)
program(
    "spins deaf",
    """
    import signal
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True: pass
    """,
    cpu_seconds=1,
)
program("sleeps", "import time; time.sleep(60)", wall_seconds=0.3)


@pytest.mark.parametrize("name", ["spins", "spins deaf"])
def test_an_endless_loop_ends_at_its_processor_time(outcomes, name):
    assert outcomes[name]["status"] == "timeout"
    assert outcomes[name]["what_stopped_it"] == "it used more than 1 s of processor time"


def test_sleeping_ends_at_the_wall_clock(outcomes):
    assert outcomes["sleeps"]["status"] == "timeout"
    assert outcomes["sleeps"]["what_stopped_it"] == "it ran longer than 0.3 s"
    assert outcomes["sleeps"]["seconds"] < 5


# --- memory -----------------------------------------------------------------------------------------------------------

program("memory bomb", "hoard = [bytearray(10_000_000) for _ in range(300)]")
program("list of 10^9", "return [0.5] * 10**9")
program("array of 10^9", "import numpy; return numpy.zeros(10**9)")
program("view of 10^9", "import numpy; return numpy.broadcast_to(0.5, (10**9,))")
program("grows a string", "text = 'x' * 10**8\nfor _ in range(5): text += text")


@pytest.mark.parametrize("name", ["memory bomb", "list of 10^9", "array of 10^9", "grows a string"])
def test_memory_ends_at_its_limit(outcomes, name):
    assert outcomes[name]["status"] == "memory"


def test_an_array_without_memory_is_not_unfolded(outcomes):
    assert outcomes["view of 10^9"]["status"] == "code_error"
    assert "an array of 1000000000 values" in outcomes["view of 10^9"]["what_stopped_it"]


# --- output -----------------------------------------------------------------------------------------------------------

program("prints much", "while True: print('x' * 1000)", output_bytes=5000)
program("complains much", "import sys\nwhile True: sys.stderr.write('x' * 1000)", output_bytes=5000)
program("long result", "return 'x' * 5000", result_bytes=1000)
program("writes into the result", "import os\nwhile True: os.write(3, b'x' * 65536)", result_bytes=1000)


@pytest.mark.parametrize(
    ("name", "where"), [("prints much", "to standard output"), ("complains much", "to standard error")]
)
def test_too_much_output_ends_it_and_what_fits_is_kept(outcomes, name, where):
    assert outcomes[name]["status"] == "killed"
    assert outcomes[name]["what_stopped_it"] == f"it wrote more than 5000 bytes {where}"
    assert outcomes[name]["truncated"]
    assert len(outcomes[name]["stdout"] + outcomes[name]["stderr"]) == 5000


def test_a_result_that_is_too_long_is_an_error(outcomes):
    assert outcomes["long result"]["status"] == "code_error"
    assert "at most 1000 bytes" in outcomes["long result"]["what_stopped_it"]


def test_writing_past_the_length_of_a_result_ends_it(outcomes):
    assert outcomes["writes into the result"]["status"] == "killed"
    assert "as its result" in outcomes["writes into the result"]["what_stopped_it"]
