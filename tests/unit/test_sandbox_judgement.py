"""What ended a job: judged from its wait status, its processor time, its report, and whether we stopped it."""

from __future__ import annotations

import json
import signal

import pytest

from edgeworth.adapters.sandbox.supervision import Ended, Stop, judge
from edgeworth.errors import ConfigurationError
from edgeworth.simulation.sandbox import Limits, RunStatus

LIMITS = Limits(cpu_seconds=10)
CAME_TO_ITS_END = Ended(status=0, cpu_seconds=0.1)


def killed(number: int, cpu_seconds: float) -> Ended:
    """The wait status of a process that a signal ended is the signal's number."""
    return Ended(status=number, cpu_seconds=cpu_seconds)


@pytest.mark.parametrize(
    "wrong", [{"wall_seconds": 0.0}, {"wall_seconds": float("inf")}, {"wall_seconds": float("nan")}, {"memory_mb": -1}]
)
def test_limits_that_limit_nothing_are_refused(wrong):
    with pytest.raises(ConfigurationError, match="above 0 and finite"):
        Limits(**wrong)


def test_a_report_of_a_result_is_all_well():
    verdict = judge(CAME_TO_ITS_END, b'{"status":"ok","result":{"p":0.5},"files":{"a":"MQ=="}}', None, LIMITS)
    assert (verdict.status, verdict.reason) == (RunStatus.OK, None)
    assert verdict.report.result == {"p": 0.5}
    assert verdict.report.files == {"a": b"1"}


def test_why_we_stopped_it_wins_over_what_it_says():
    stop = Stop(RunStatus.TIMEOUT, "it ran longer than 1 s")
    verdict = judge(killed(signal.SIGKILL, 9.9), b'{"status":"ok"}', stop, LIMITS)
    assert (verdict.status, verdict.reason) == (RunStatus.TIMEOUT, "it ran longer than 1 s")


@pytest.mark.parametrize(("cpu_seconds", "status"), [(10.0, "timeout"), (7.2, "timeout"), (0.3, "killed")])
def test_a_kill_by_the_kernel_is_the_processor_limit_when_the_time_was_used(cpu_seconds, status):
    assert judge(killed(signal.SIGKILL, cpu_seconds), b"", None, LIMITS).status == status


def test_a_crash_is_named():
    verdict = judge(killed(signal.SIGSEGV, 0.1), b"", None, LIMITS)
    assert (verdict.status, verdict.reason) == (RunStatus.KILLED, "it crashed with SIGSEGV")


def test_an_end_without_a_report_names_the_exit_code():
    verdict = judge(Ended(status=3 << 8, cpu_seconds=0.1), b"", None, LIMITS)
    assert verdict.status is RunStatus.CODE_ERROR
    assert "exit code 3" in verdict.reason


@pytest.mark.parametrize("status", ["code_error", "memory", "refused", "infrastructure"])
def test_what_went_wrong_inside_is_passed_on(status):
    report = json.dumps({"status": status, "error": "because", "traceback": "line 1"}).encode()
    verdict = judge(CAME_TO_ITS_END, report, None, LIMITS)
    assert (verdict.status, verdict.reason, verdict.report.traceback) == (RunStatus(status), "because", "line 1")


@pytest.mark.parametrize(
    "report",
    [
        b"not json",
        b'{"status":"ok","result":NaN}',
        b'{"status":"ok","result":Infinity}',
        b'{"status":"ok","result":1e999}',
        b'{"status":"timeout"}',
        b'{"status":"ok","files":{"a":"not base64!"}}',
        b'{"status":"ok","files":["a"]}',
        b'{"status":"ok"}{"status":"ok"}',
        b'{"status":"ok","result":"\xff"}',
        b'{"result":1}',
        b"[]",
        b"[" * 100_000,
    ],
)
def test_a_report_that_is_not_one_is_an_error_of_the_program(report):
    verdict = judge(CAME_TO_ITS_END, report, None, LIMITS)
    assert verdict.status is RunStatus.CODE_ERROR
    assert "not what a result looks like" in verdict.reason
    assert verdict.report.result is None
