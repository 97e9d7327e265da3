"""Daytona through its official SDK, against a server that counts: what is made is deleted, however it goes."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

pytest.importorskip("daytona")

from edgeworth.adapters.sandbox.daytona import DaytonaSandboxProvider, reap_sandboxes
from edgeworth.adapters.sandbox.daytona_options import DaytonaOptions, SandboxWish
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.simulation.sandbox import Limits, RunStatus, open_sandbox
from tests.fake_daytona import KEY, error, running_daytona

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LIMITS = Limits(wall_seconds=20, cpu_seconds=10, memory_mb=2048, output_bytes=2000, result_bytes=5000)
CREATE, EXECUTE, DELETE = "POST /api/sandbox", "POST /toolbox/*/process/execute", "DELETE /api/sandbox/*"


@pytest.fixture
def fake(tmp_path):
    folder = tmp_path / "remote"
    folder.mkdir()
    with running_daytona(folder) as fake:
        yield fake


@pytest.fixture
def leases(tmp_path):
    return tmp_path / "leases"


@pytest.fixture
def options(fake):
    return DaytonaOptions(api_url=f"{fake.origin}/api", target="us", sandboxes=3, wish=SandboxWish(create_seconds=10))


@pytest.fixture
def build(leases, options):
    def build(lease_id="lease-1", key=KEY, **changes):
        changed = replace(options, **changes)
        return DaytonaSandboxProvider(api_key=key, options=changed, leases=leases, lease_id=lease_id, clock=lambda: NOW)

    return build


def nothing_is_left(fake, leases) -> bool:
    return fake.alive == {} and fake.created == fake.deleted and list(leases.iterdir()) == []


# --- programs ---------------------------------------------------------------------------------------------------------


async def test_a_program_runs_there_as_it_does_here(fake, build, leases):
    async with build() as provider:
        assert provider.level == "daytona"
        async with open_sandbox(provider, run="run-7", market="fed-cuts") as sandbox:
            await sandbox.put({"model.py": b"def double(x):\n    return 2 * x\n"})
            outcome = await sandbox.run(
                "import model\ndef main(i):\n    print('hi')\n    files['o.txt'] = b'out'\n    return model.double(i)",
                inputs=21,
                limits=LIMITS,
            )
            assert (outcome.status, outcome.result, outcome.stdout) == (RunStatus.OK, 42, "hi\n")
            assert await sandbox.get(["o.txt"], max_bytes=10) == {"o.txt": b"out"}
    assert fake.created == 1
    assert nothing_is_left(fake, leases)


async def test_a_sandbox_is_asked_for_without_network_for_a_time_and_with_labels(fake, build):
    async with build() as provider, open_sandbox(provider, run="run-7", market="fed-cuts"):
        pass
    [body] = fake.bodies
    assert body["networkBlockAll"] is True
    assert body["autoDeleteInterval"] == 0  # ephemeral
    assert body["ttlMinutes"] == 60
    assert body["env"] == {}
    assert body["labels"] == {
        "edgeworth-lease": "lease-1",
        "edgeworth-run": "run-7",
        "edgeworth-market": "fed-cuts",
        "edgeworth-number": "1",
        "code-toolbox-language": "python",
    }


@pytest.mark.parametrize(
    ("code", "changes", "status", "reason"),
    [
        ("def main(i): raise ValueError('no')", {}, "code_error", "ValueError: no"),
        ("def main(i):\n    while True: pass", {"cpu_seconds": 1}, "timeout", "processor time"),
        ("import time\ndef main(i): time.sleep(60)", {"wall_seconds": 1}, "timeout", "it ran longer than 1 s"),
        ("def main(i): return [bytes(10**8) for _ in range(50)]", {}, "memory", "more memory"),
        ("def main(i): print('x' * 3000)", {}, "killed", "more than 2000 bytes to standard output"),
        ("def main(i): return 'x' * 6000", {}, "code_error", "at most 5000 bytes"),
        ("def main(i): return float('nan')", {}, "code_error", "finite"),
        ("import ctypes\ndef main(i): ctypes.string_at(0)", {}, "killed", "SIGSEGV"),
        ("import os\ndef main(i): os._exit(3)", {}, "code_error", "exit code 3"),
        (
            "import os\ndef main(i): open('report.json', 'w').write('{\"status\":'); os._exit(0)",
            {},
            "code_error",
            "not what",
        ),
    ],
)
async def test_an_end_is_judged_as_here(fake, build, leases, code, changes, status, reason):
    async with build() as provider, open_sandbox(provider, run="r", market="m") as sandbox:
        outcome = await sandbox.run(code, inputs=None, limits=replace(LIMITS, **changes))
    assert outcome.status == status
    assert reason in outcome.what_stopped_it
    assert outcome.result is None
    assert nothing_is_left(fake, leases)


async def test_no_more_sandboxes_at_once_than_asked_for(fake, build, leases):
    most = 0

    async def one(provider, number):
        nonlocal most
        async with open_sandbox(provider, run="r", market=f"m{number}") as sandbox:
            most = max(most, len(fake.alive))
            return (await sandbox.run("def main(i): return i", inputs=number, limits=LIMITS)).result

    async with build(sandboxes=2) as provider:
        assert await asyncio.gather(*(one(provider, number) for number in range(5))) == list(range(5))
    assert most == 2
    assert fake.created == 5
    assert nothing_is_left(fake, leases)


async def test_a_sandbox_serves_the_next_market_where_that_is_asked_for(fake, build, leases):
    async with build(is_reused=True) as provider:
        async with open_sandbox(provider, run="r", market="first") as sandbox:
            await sandbox.run("def main(i): return 1", inputs=None, limits=LIMITS)
        async with open_sandbox(provider, run="r", market="second") as sandbox:
            # It ends without a report; that of the first market must not pass for its own.
            outcome = await sandbox.run("import os\ndef main(i): os._exit(0)", inputs=None, limits=LIMITS)
            assert outcome.status is RunStatus.CODE_ERROR
            [labels] = [sandbox["labels"] for sandbox in fake.alive.values()]
            assert labels["edgeworth-market"] == "second"
            assert labels["edgeworth-lease"] == "lease-1"
    assert fake.created == 1
    assert nothing_is_left(fake, leases)


async def test_a_sandbox_in_which_something_went_wrong_serves_nobody_else(fake, build, leases):
    async with build(is_reused=True) as provider:
        async with open_sandbox(provider, run="r", market="first") as sandbox:
            limits = replace(LIMITS, wall_seconds=1)
            await sandbox.run("import time\ndef main(i): time.sleep(60)", inputs=None, limits=limits)
        async with open_sandbox(provider, run="r", market="second"):
            pass
    assert fake.created == 2
    assert nothing_is_left(fake, leases)


# --- creating ---------------------------------------------------------------------------------------------------------


async def test_a_sandbox_that_never_starts_is_deleted_by_its_id(fake, build, leases):
    fake.state_when_created = "creating"
    async with build(wish=SandboxWish(create_seconds=1)) as provider:
        with pytest.raises(RetriableSourceError, match="create a sandbox"):
            await provider.create(run="r", market="m")
        assert (fake.created, fake.deleted) == (1, 1)
    assert nothing_is_left(fake, leases)


async def test_a_sandbox_of_which_no_answer_came_is_found_by_its_labels_and_deleted(fake, build, leases):
    fake.instead[CREATE] = ["hang after"]
    async with build(wish=SandboxWish(create_seconds=1)) as provider:
        with pytest.raises(RetriableSourceError, match="create a sandbox"):
            await provider.create(run="r", market="m")
        assert (fake.created, fake.deleted) == (1, 1)
    assert nothing_is_left(fake, leases)


async def test_a_sandbox_whose_answer_breaks_off_is_found_by_its_labels_and_deleted(fake, build, leases):
    fake.instead[CREATE] = ["torn"]
    async with build() as provider:
        with pytest.raises(RetriableSourceError, match="create a sandbox"):
            await provider.create(run="r", market="m")
        assert (fake.created, fake.deleted) == (1, 1)
    assert nothing_is_left(fake, leases)


async def test_a_sandbox_that_comes_after_everyone_left_is_for_the_reaper(fake, build, leases, options):
    fake.instead[CREATE] = ["hang before"]
    async with build(wish=SandboxWish(create_seconds=1)) as provider:
        with pytest.raises(RetriableSourceError):
            await provider.create(run="r", market="m")
    fake.release.set()
    while fake.created == 0:  # noqa: ASYNC110  the server makes it in its own time
        await asyncio.sleep(0.01)
    assert len(fake.alive) == 1
    reaping = {"api_key": KEY, "options": options, "leases": leases}
    reaped = await reap_sandboxes(**reaping, clock=lambda: NOW)
    assert (reaped.deleted, reaped.left) == (1, 1)
    assert fake.alive == {}
    # The note goes when by then everything under it has ended by itself.
    reaped = await reap_sandboxes(**reaping, clock=lambda: NOW + timedelta(hours=2))
    assert (reaped.deleted, reaped.left) == (0, 0)
    assert nothing_is_left(fake, leases)


async def test_a_cancelled_creation_leaves_none(fake, build, leases):
    fake.instead[CREATE] = ["hang after"]
    async with build() as provider:
        creating = asyncio.create_task(provider.create(run="r", market="m"))
        while fake.created == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        creating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await creating
        fake.release.set()
    assert nothing_is_left(fake, leases)


async def test_cancelling_a_batch_deletes_every_sandbox(fake, build, leases):
    fake.instead[EXECUTE] = [error(200, "probe", exitCode="1")]

    async def batch():
        async with build() as provider:

            async def one(number):
                async with open_sandbox(provider, run="r", market=f"m{number}") as sandbox:
                    await sandbox.run("import time\ndef main(i): time.sleep(60)", inputs=None, limits=LIMITS)

            await asyncio.gather(*(one(number) for number in range(3)))

    running = asyncio.create_task(batch())
    while fake.calls.count(EXECUTE) < 4:  # noqa: ASYNC110  three programs and one look at the network
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert fake.created == 3
    assert nothing_is_left(fake, leases)


async def test_too_many_requests_is_passed_on_with_the_wait_that_is_asked_for(fake, build, leases):
    fake.instead[CREATE] = [error(429, "Rate limit exceeded", headers={"Retry-After-sandbox-create": "17"})]
    async with build() as provider:
        with pytest.raises(RetriableSourceError, match="Rate limit exceeded") as caught:
            await provider.create(run="r", market="m")
        assert caught.value.retry_after_seconds == 17
        await (await provider.create(run="r", market="m")).close()
    assert fake.calls.count(CREATE) == 2  # no layer below asked again
    assert nothing_is_left(fake, leases)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, RetriableSourceError), (503, RetriableSourceError), (400, FatalSourceError)]
)
async def test_an_answer_that_is_none_is_an_error_of_our_family(fake, build, leases, status, kind):
    fake.instead[CREATE] = [error(status, "out of order")]
    async with build() as provider:
        with pytest.raises(kind, match="out of order"):
            await provider.create(run="r", market="m")
    assert fake.alive == {}


async def test_a_key_that_is_not_accepted_is_told_and_not_shown(fake, build):
    async with build(key="dtn-wrong-key") as provider:
        with pytest.raises(ConfigurationError, match="DAYTONA_API_KEY") as caught:
            await provider.create(run="r", market="m")
    assert "dtn-wrong-key" not in f"{caught.value} {provider!r}"


@pytest.mark.parametrize("how", ["the wish was not taken", "the probe got out"])
async def test_nothing_runs_where_the_network_is_open(fake, build, leases, how):
    if how == "the probe got out":
        fake.probe_exit_code = 0
    else:
        fake.is_network_blocked = False
    async with build() as provider:
        with pytest.raises(ConfigurationError, match="without network"):
            await provider.create(run="r", market="m")
    assert fake.created == 1
    assert nothing_is_left(fake, leases)


# --- failing later ----------------------------------------------------------------------------------------------------


async def test_a_service_that_fails_while_a_program_runs_says_nothing_about_the_program(fake, build, leases):
    async with build() as provider, open_sandbox(provider, run="r", market="m") as sandbox:
        fake.instead[EXECUTE] = [error(502, "bad gateway")]
        outcome = await sandbox.run("def main(i): return 1", inputs=None, limits=LIMITS)
        assert outcome.status is RunStatus.INFRASTRUCTURE
        assert "bad gateway" in outcome.what_stopped_it
        outcome = await sandbox.run("def main(i): return 1", inputs=None, limits=LIMITS)
        assert outcome.result == 1
    assert nothing_is_left(fake, leases)


async def test_a_service_that_does_not_answer_is_not_waited_for(fake, build, leases):
    """The SDK waits five seconds longer than the program may take; then it is the service that failed."""
    fake.hangs_on = "boot.py"
    async with build() as provider, open_sandbox(provider, run="r", market="m") as sandbox:
        outcome = await sandbox.run("def main(i): return 1", inputs=None, limits=replace(LIMITS, wall_seconds=1))
        assert outcome.status is RunStatus.INFRASTRUCTURE
    assert nothing_is_left(fake, leases)


async def test_a_sandbox_that_cannot_be_deleted_yet_is_asked_for_again(fake, build, leases, monkeypatch):
    monkeypatch.setattr("edgeworth.adapters.sandbox.daytona_service.DELETE_WAIT_SECONDS", 0.0)
    async with build() as provider:
        sandbox = await provider.create(run="r", market="m")
        fake.instead[DELETE] = [error(409, "Sandbox state change in progress"), error(503, "busy")]
        await sandbox.close()
        await sandbox.close()
        assert fake.alive == {}
    assert nothing_is_left(fake, leases)


async def test_what_could_not_be_deleted_is_noted_and_reaped(fake, build, leases, options, monkeypatch):
    monkeypatch.setattr("edgeworth.adapters.sandbox.daytona_service.DELETE_WAIT_SECONDS", 0.0)
    async with build() as provider:
        sandbox = await provider.create(run="r", market="m")
        fake.instead[DELETE] = [error(500, "broken")] * 8
        await sandbox.close()
    assert len(fake.alive) == 1
    reaped = await reap_sandboxes(api_key=KEY, options=options, leases=leases, clock=lambda: NOW + timedelta(hours=2))
    assert (reaped.deleted, reaped.left) == (1, 0)
    assert nothing_is_left(fake, leases)


async def test_what_a_killed_pipeline_left_is_reaped(fake, leases, options):
    script = f"""
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from edgeworth.adapters.sandbox.daytona import DaytonaSandboxProvider
from edgeworth.adapters.sandbox.daytona_options import DaytonaOptions
async def main():
    async with DaytonaSandboxProvider(
        api_key={KEY!r}, options=DaytonaOptions(api_url={options.api_url!r}, target="us"), leases=Path({str(leases)!r}),
        lease_id="killed", clock=lambda: datetime(2026, 11, 21, 9, tzinfo=UTC),
    ) as provider:
        await provider.create(run="r", market="m")
        print("made", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
    pipeline = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert await pipeline.stdout.readline() == b"made\n"
    pipeline.kill()
    await pipeline.wait()
    assert len(fake.alive) == 1
    reaped = await reap_sandboxes(api_key=KEY, options=options, leases=leases, clock=lambda: NOW + timedelta(hours=2))
    assert (reaped.deleted, reaped.left) == (1, 0)
    assert nothing_is_left(fake, leases)


async def test_a_lease_that_is_held_is_not_reaped(fake, build, leases, options):
    async with build() as provider, open_sandbox(provider, run="r", market="m"):
        reaped = await reap_sandboxes(api_key=KEY, options=options, leases=leases, clock=lambda: NOW)
        assert (reaped.deleted, reaped.left) == (0, 0)
        assert len(fake.alive) == 1
    assert nothing_is_left(fake, leases)
