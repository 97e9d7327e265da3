"""The sandbox of this machine as its users meet it: files in and out, order, cancellation, crashes, levels."""

from __future__ import annotations

import asyncio
import itertools
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgeworth.adapters.sandbox.levels import CONFINED, LANDLOCK, NAMESPACES, SEALED, UNSAFE
from edgeworth.adapters.sandbox.local import LocalSandboxProvider
from edgeworth.errors import ConfigurationError, UnreadableInputError
from edgeworth.simulation.sandbox import Limits, RunStatus, open_sandbox
from tests.sandbox_host import descendants

ROOT = Path(__file__).parents[2]
LIMITS = Limits(wall_seconds=30, cpu_seconds=20, memory_mb=512)
SLEEPS = "import time\ndef main(inputs): time.sleep(60)"

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the local sandbox needs Linux"),
]


@pytest.fixture
async def provider():
    async with LocalSandboxProvider(concurrency=2) as provider:
        if provider.level == "none":
            pytest.skip(f"nothing on this machine can confine a program: {provider.findings}")
        yield provider


@pytest.fixture
async def sandbox(provider):
    async with open_sandbox(provider, run="run-1", market="market-1") as sandbox:
        yield sandbox


async def until(condition) -> None:
    """Let others go on until ``condition`` holds; the test's own time-out ends a wait in vain."""
    while not condition():  # noqa: ASYNC110  processes set no event
        await asyncio.sleep(0.005)


# --- programs and files -----------------------------------------------------------------------------------------------


async def test_a_program_gets_inputs_and_gives_a_result(sandbox):
    outcome = await sandbox.run(
        "def main(inputs):\n    print('on the way')\n    return {'sum': sum(inputs['of'])}",
        inputs={"of": [1, 2, 3]},
        limits=LIMITS,
    )
    assert outcome.status is RunStatus.OK
    assert outcome.result == {"sum": 6}
    assert outcome.stdout == "on the way\n"
    assert outcome.what_stopped_it is None


async def test_a_file_that_was_put_can_be_imported_and_read(sandbox):
    await sandbox.put({"model.py": b"def double(x):\n    return 2 * x\n", "note.txt": b"seven"})
    outcome = await sandbox.run(
        "import model\ndef main(inputs):\n    return [model.double(inputs), files['note.txt'].decode()]",
        inputs=21,
        limits=LIMITS,
    )
    assert outcome.result == [42, "seven"]


async def test_only_files_that_the_last_run_added_or_changed_come_back(sandbox):
    await sandbox.put({"kept.txt": b"as it was", "changed.txt": b"before"})
    code = "def main(inputs):\n    files['changed.txt'] = b'after'\n    files['new.bin'] = bytes(range(256))"
    await sandbox.run(code, inputs=None, limits=LIMITS)
    names = ["kept.txt", "changed.txt", "new.bin", "never.txt"]
    assert await sandbox.get(names, max_bytes=300) == {"changed.txt": b"after", "new.bin": bytes(range(256))}
    with pytest.raises(UnreadableInputError, match="at most 260 bytes"):
        await sandbox.get(names, max_bytes=260)
    await sandbox.run("def main(inputs): return 1", inputs=None, limits=LIMITS)
    assert await sandbox.get(names, max_bytes=300) == {}


@pytest.mark.parametrize("name", ["../model.py", "a/b.py", "", ".hidden", "nul\0", "x" * 101])
async def test_a_name_that_is_not_of_a_plain_file_is_refused(sandbox, name):
    with pytest.raises(ConfigurationError, match="plain file name"):
        await sandbox.put({name: b""})


async def test_the_failing_line_of_an_imported_file_comes_back(sandbox):
    await sandbox.put({"model.py": b"def outcome(x):\n    return 1 / x\n"})
    outcome = await sandbox.run("import model\ndef main(i): return model.outcome(i)", inputs=0, limits=LIMITS)
    assert outcome.status is RunStatus.CODE_ERROR
    assert outcome.what_stopped_it == "ZeroDivisionError: division by zero"
    assert 'File "model.py", line 2, in outcome\n    return 1 / x' in outcome.traceback
    assert "boot.py" not in outcome.traceback


async def test_the_global_generators_depend_on_the_job_alone(sandbox):
    code = "import random, numpy\ndef main(inputs): return [random.random(), numpy.random.random(), hash('a')]"
    first = await sandbox.run(code, inputs=1, limits=LIMITS)
    again = await sandbox.run(code, inputs=1, limits=LIMITS)
    other = await sandbox.run(code, inputs=2, limits=LIMITS)
    assert first.result == again.result
    assert first.result[0] != other.result[0]
    assert first.result[1] != other.result[1]


async def test_megabytes_go_in_and_come_out(sandbox):
    limits = Limits(memory_mb=512, result_bytes=9_000_000)
    outcome = await sandbox.run("def main(inputs): return inputs[::-1]", inputs="ab" * 4_000_000, limits=limits)
    assert outcome.result == "ba" * 4_000_000


async def test_inputs_must_be_finite(sandbox):
    with pytest.raises(ValueError, match="JSON compliant"):
        await sandbox.run("def main(inputs): return 1", inputs=float("nan"), limits=LIMITS)


async def test_a_program_leaves_nothing_for_the_next(sandbox):
    await sandbox.run("import math\ndef main(inputs): math.pi = 3", inputs=None, limits=LIMITS)
    outcome = await sandbox.run("import math\ndef main(inputs): return math.pi", inputs=None, limits=LIMITS)
    assert outcome.result == pytest.approx(3.14159265)


# --- many at once, and their ends -------------------------------------------------------------------------------------


async def test_no_more_run_at_once_than_allowed():
    """The monotonic clock is one for all processes: with one place, no two spans overlap."""
    code = "import time\ndef main(i):\n    begun = time.monotonic()\n    time.sleep(0.02)\n    return [begun, time.monotonic()]"
    async with LocalSandboxProvider(concurrency=1) as provider, open_sandbox(provider, run="r", market="m") as sandbox:
        outcomes = await asyncio.gather(*(sandbox.run(code, inputs=n, limits=LIMITS) for n in range(4)))
    spans = sorted(outcome.result for outcome in outcomes)
    assert all(ended <= begun for (_, ended), (begun, _) in itertools.pairwise(spans))


async def test_cancelling_ends_the_program_first(provider, sandbox):
    before = descendants(os.getpid())
    running = asyncio.create_task(sandbox.run(SLEEPS, inputs=None, limits=LIMITS))
    await until(lambda: descendants(os.getpid()) > before)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert descendants(os.getpid()) == before
    assert (await sandbox.run("def main(inputs): return 1", inputs=None, limits=LIMITS)).result == 1


async def test_closing_ends_what_runs_and_is_harmless_twice(provider, sandbox):
    before = descendants(os.getpid())
    running = asyncio.create_task(sandbox.run(SLEEPS, inputs=None, limits=LIMITS))
    await until(lambda: descendants(os.getpid()) > before)
    await sandbox.close()
    await sandbox.close()
    outcome = await running
    assert (outcome.status, outcome.what_stopped_it) == (RunStatus.KILLED, "its sandbox was closed")
    assert descendants(os.getpid()) == before
    with pytest.raises(RuntimeError, match="closed"):
        await sandbox.run("def main(inputs): return 1", inputs=None, limits=LIMITS)


async def test_leaving_the_provider_leaves_no_process():
    before = descendants(os.getpid())
    async with LocalSandboxProvider(concurrency=1) as provider:
        assert descendants(os.getpid()) > before or provider.level == "none"
    assert descendants(os.getpid()) == before


async def test_a_fork_server_that_dies_is_a_fault_of_ours_and_is_started_anew():
    others = descendants(os.getpid())
    async with LocalSandboxProvider(concurrency=2) as provider:
        if provider.level == "none":
            pytest.skip(f"nothing on this machine can confine a program: {provider.findings}")
        async with open_sandbox(provider, run="run-1", market="market-1") as sandbox:
            servers = descendants(os.getpid()) - others
            running = asyncio.create_task(sandbox.run(SLEEPS, inputs=None, limits=LIMITS))
            await until(lambda: descendants(os.getpid()) - others > servers)
            for pid in servers:
                os.kill(pid, signal.SIGKILL)
            outcome = await running
            assert outcome.status is RunStatus.INFRASTRUCTURE
            assert "own process is gone" in outcome.what_stopped_it
            assert (await sandbox.run("def main(inputs): return 1", inputs=None, limits=LIMITS)).result == 1


async def test_a_fork_server_that_does_not_answer_is_ended_and_started_anew(monkeypatch):
    monkeypatch.setattr("edgeworth.adapters.sandbox.supervision.PATIENCE_SECONDS", 0.2)
    before = descendants(os.getpid())
    async with LocalSandboxProvider(levels=[LANDLOCK, SEALED]) as provider:
        if provider.level == "none":
            pytest.skip(f"this machine has neither level: {provider.findings}")
        [server] = descendants(os.getpid()) - before
        async with open_sandbox(provider, run="r", market="m") as sandbox:
            os.kill(server, signal.SIGSTOP)
            limits = Limits(wall_seconds=0.2)
            outcome = await sandbox.run("def main(inputs): return 1", inputs=None, limits=limits)
            assert outcome.status is RunStatus.INFRASTRUCTURE
            assert (await sandbox.run("def main(inputs): return 1", inputs=None, limits=LIMITS)).result == 1
    assert descendants(os.getpid()) == before


@pytest.mark.parametrize("level", CONFINED, ids=lambda level: level.name)
def test_nothing_outlives_a_pipeline_that_is_killed(level):
    """The pipeline's process gets a SIGKILL while a program sleeps; every process below it ends."""
    script = f"""
import asyncio, os
from edgeworth.adapters.sandbox.levels import CONFINED
from edgeworth.adapters.sandbox.local import LocalSandboxProvider
from edgeworth.simulation.sandbox import Limits, open_sandbox
from tests.sandbox_host import descendants
async def main():
    level = next(level for level in CONFINED if level.number == {level.number})
    async with LocalSandboxProvider(levels=[level]) as provider:
        if provider.level == "none":
            print("unavailable", flush=True)
            return
        async with open_sandbox(provider, run="r", market="m") as sandbox:
            servers = descendants(os.getpid())
            running = asyncio.create_task(sandbox.run({SLEEPS!r}, inputs=None, limits=Limits()))
            while descendants(os.getpid()) == servers:
                await asyncio.sleep(0.005)
            print(*descendants(os.getpid()), flush=True)
            await running
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as pipeline:
        line = pipeline.stdout.readline()
        if line.startswith("unavailable"):
            pytest.skip(f"this machine does not have {level.name}")
        handles = [os.pidfd_open(int(pid)) for pid in line.split()]
        pipeline.kill()
    assert len(handles) >= 2
    for handle in handles:
        ended, _, _ = select.select([handle], [], [], 20)
        assert ended, "a process outlived the pipeline"
        os.close(handle)


# --- levels -----------------------------------------------------------------------------------------------------------


async def test_where_bubblewrap_does_not_work_the_next_level_is_taken(tmp_path, monkeypatch):
    """As under a container engine: the command is there, and may not make a namespace."""
    bwrap = tmp_path / "bwrap"
    bwrap.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    bwrap.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    async with LocalSandboxProvider(levels=[NAMESPACES, LANDLOCK, SEALED]) as provider:
        assert provider.level != NAMESPACES.name
        assert "No permissions to create new namespace" in provider.findings[NAMESPACES.name]


async def test_without_bubblewrap_the_next_level_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    async with LocalSandboxProvider(levels=[NAMESPACES]) as provider:
        assert provider.level == "none"
        assert "not installed" in provider.findings[NAMESPACES.name]


async def test_a_level_that_holds_nothing_back_is_not_taken():
    """The probe runs a program that tries to get out; a level that claims a filter and has none is found out."""
    from msgspec.structs import replace

    hollow = replace(LANDLOCK, landlock=False)
    async with LocalSandboxProvider(levels=[hollow]) as provider:
        assert provider.level == "none"
        assert provider.findings[hollow.name] == "a first program could open a file, list a folder"


async def test_a_required_level_that_is_not_there_is_an_error_that_says_why():
    with pytest.raises(ConfigurationError, match=r"level 3 or stronger.*found local:seccomp-sealed"):
        async with LocalSandboxProvider(levels=[SEALED], require=3):
            pass
    with pytest.raises(ConfigurationError, match="found none"):
        async with LocalSandboxProvider(levels=[], require=4):
            pass


async def test_where_nothing_confines_foreign_code_is_refused_and_our_own_runs():
    async with LocalSandboxProvider(levels=[]) as provider:
        assert provider.level == "none"
        async with open_sandbox(provider, run="r", market="m") as sandbox:
            outcome = await sandbox.run("def main(inputs): return 1", inputs=None, limits=LIMITS)
            assert outcome.status is RunStatus.REFUSED
            assert "no sandbox on this machine" in outcome.what_stopped_it
        async with open_sandbox(provider, run="r", market="m", own_code=True) as sandbox:
            assert sandbox.level == UNSAFE.name
            outcome = await sandbox.run("def main(inputs): return 1", inputs=None, limits=LIMITS)
            assert outcome.result == 1


async def test_our_own_code_is_confined_too_where_that_is_possible(provider):
    async with open_sandbox(provider, run="r", market="m", own_code=True) as sandbox:
        assert sandbox.level == provider.level
