"""How things are measured here: CPU seconds of this process beside wall time, and its peak memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Timing:
    """What a block took."""

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Timing]:
    """CPU (user and system, all threads of this process) and wall seconds of the block."""
    timing = Timing()
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        yield timing
    finally:
        timing.cpu_seconds = time.process_time() - cpu
        timing.wall_seconds = time.perf_counter() - wall


def best_of(times: int, work: Callable[[], object]) -> Timing:
    """The run with the least CPU: the one that was disturbed least."""
    runs = []
    for _ in range(times):
        with timed() as timing:
            work()
        runs.append(timing)
    return min(runs, key=lambda run: run.cpu_seconds)


def peak_memory_mb() -> float:
    """Largest resident size of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
