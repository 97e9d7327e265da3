"""Which Prefect API a command uses: a server that is running, or a private one that ends with the command.

In this order:

1. ``PREFECT_API_URL`` (environment, ``.env``, ``prefect.toml`` or profile) is set: that server, or a clear error.
2. A Prefect server answers on ``http://127.0.0.1:4200/api``: that one.
3. Otherwise a private server (``private_prefect.py``) on a loopback port, with Prefect's home in the data folder.

**The environment is the only channel.** Prefect builds its settings once, on import, and every child process builds
them again from its environment. So this module writes environment variables and then asks Prefect to read them anew
(``refresh_global_settings_context``): that reaches threads that hold no context of their own and children alike, which
``temporary_settings`` does not, and it does not matter whether Prefect was imported before.

What never enters: flows, deployments (``tasks/orchestration/setup.py``), anything that decides what is computed.
"""

from __future__ import annotations

import logging
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from edgeworth.errors import ConfigurationError

DEFAULT_URL = "http://127.0.0.1:4200/api"
CONNECT_SECONDS = 0.5
"""To find out that nobody listens on the default address."""
ANSWER_SECONDS = 3.0
"""For whoever listens there: a server that is busy, or that has only just started, may need more than a second."""
CONFIGURED_ANSWER_SECONDS = 10.0
START_SECONDS = 120.0
"""A first start creates the database; on a busy machine Prefect's own 20 s are too short."""
STOP_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 0.5
"""Between two looks for a server that is still starting."""

RUN_TAG = "edgeworth"
"""On every flow run of ours, scheduled or by hand, so that automations leave other projects' runs alone."""

CLIENT_SETTINGS: Mapping[str, str] = {
    # Prefect attaches its handlers to these loggers, so that the library's log lines reach the run's page.
    "PREFECT_LOGGING_EXTRA_LOGGERS": "edgeworth",
    # The library also logs where no run is under way; such a line is for the terminal, and no reason for a warning.
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    # The shortest that Prefect allows. A run that misses two is dead; see the automation in setup.py.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}
"""What every process that runs flows needs, whichever server it talks to. A value the user set wins."""

SERVER_SETTINGS: Mapping[str, str] = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # The newer interface contacts a host of its maker even with analytics off; the older one contacts nobody.
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # Leases in memory are lost with the server, and the slots they hold with them.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
}
"""What a server of ours needs. ``prefect.toml`` says the same for ``prefect server start``; a test compares them."""

START_HINT = (
    "start one with `prefect server start` in another terminal (docs/scheduling.md), "
    "or unset PREFECT_API_URL to let the command start its own"
)

_AN_ERROR = re.compile(r"[\w.]*(Error|Exception): ")

_lifelines: set[IO[bytes]] = set()
"""Our ends of the pipes that private servers live by."""


def _drop_lifelines() -> None:
    """A forked child must not hold a server up: it may outlive this process, which alone the server belongs to."""
    for pipe in _lifelines:
        pipe.close()
    _lifelines.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_lifelines)


@dataclass(frozen=True, kw_only=True)
class ApiChoice:
    """The API in use.

    Attributes:
        kind: ``running`` for a server that was there before, ``ephemeral`` for one that ends with this command.
        url: Its address, ending in ``/api``.
    """

    kind: Literal["running", "ephemeral"]
    url: str

    @property
    def description(self) -> str:
        """For the user, in a line."""
        return f"running server, {self.url}" if self.kind == "running" else "private server for this command"


@contextmanager
def prefect_api(home: Path, *, default_url: str = DEFAULT_URL) -> Iterator[ApiChoice]:
    """Choose the API for the flows called inside, and leave no process behind.

    Args:
        home: Prefect's home for a private server; made when missing.
        default_url: Where a server is looked for when none is configured.

    Raises:
        ConfigurationError: The configured server does not answer, or a private one could not be started.
    """
    with ExitStack() as stack:
        url = find_server(default_url=default_url)
        if url is not None:
            choice = ApiChoice(kind="running", url=url)
        else:
            choice = ApiChoice(kind="ephemeral", url=stack.enter_context(private_server(home)))
            stack.enter_context(_noise_unsaid())
        stack.enter_context(_using(choice, home))
        yield choice


@contextmanager
def running_api(
    home: Path,
    *,
    default_url: str = DEFAULT_URL,
    patience_seconds: float = 0.0,
    on_wait: Callable[[], None] | None = None,
) -> Iterator[ApiChoice]:
    """The API of a server that stays; for what would be lost with a private one (deployments, limits).

    Args:
        home: Where Prefect keeps what is local.
        default_url: Where a server is looked for when none is configured.
        patience_seconds: How long to look: ``prefect server start --background`` returns before the server answers.
        on_wait: Told once, should the first look find none and there be patience left.

    Raises:
        ConfigurationError: There is none, or the configured one does not answer; says how to start one.
    """
    url = _find_patiently(default_url, patience_seconds, on_wait)
    if url is None:
        raise ConfigurationError(
            f"expected a running Prefect server, found none (PREFECT_API_URL is not set and nothing answers on "
            f"{default_url}): start one with `prefect server start` in another terminal, see docs/scheduling.md"
        )
    choice = ApiChoice(kind="running", url=url)
    with _using(choice, home):
        yield choice


def find_server(*, default_url: str = DEFAULT_URL) -> str | None:
    """The address of the Prefect server in use on this machine, or ``None`` when there is none.

    Raises:
        ConfigurationError: A server is configured but does not answer.
    """
    configured = _configured_url()
    if configured is None:
        return default_url if prefect_version_at(default_url, ANSWER_SECONDS) is not None else None
    if prefect_version_at(configured, CONFIGURED_ANSWER_SECONDS) is None:
        raise ConfigurationError(
            f"PREFECT_API_URL is set to {_without_credentials(configured)}, but no Prefect server answers there; "
            f"{START_HINT}"
        )
    return configured


def _find_patiently(default_url: str, patience_seconds: float, on_wait: Callable[[], None] | None) -> str | None:
    give_up_at = time.monotonic() + patience_seconds
    while True:
        try:
            url = find_server(default_url=default_url)
        except ConfigurationError:
            if time.monotonic() >= give_up_at:
                raise
        else:
            if url is not None or time.monotonic() >= give_up_at:
                return url
        if on_wait is not None:
            on_wait()
            on_wait = None
        time.sleep(LOOK_AGAIN_SECONDS)


def hear_library() -> None:
    """Send the library's log lines to the page of the run they belong to.

    ``PREFECT_LOGGING_EXTRA_LOGGERS`` does half of it: it counts only if set before Prefect's first import, and it
    leaves the level alone, so that informative lines are dropped.
    """
    import prefect.main  # noqa: F401 - sets up Prefect's logging

    library = logging.getLogger("edgeworth")
    if library.level == logging.NOTSET:
        library.setLevel(logging.INFO)
    for handler in logging.getLogger("prefect.extra").handlers:
        library.addHandler(handler)


@contextmanager
def _noise_unsaid() -> Iterator[None]:
    """Leave out what tells a command's user nothing.

    Where a run can be viewed, for on a private server that page is gone with the command; and that some task, which is
    not named, ended well.
    """

    def is_worth_saying(record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return not (message.startswith("View at http") or message == "Finished in state Completed()")

    loggers = [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    for one in loggers:
        one.addFilter(is_worth_saying)
    try:
        yield
    finally:
        for one in loggers:
            one.removeFilter(is_worth_saying)


def prefect_version_at(url: str, answer_seconds: float) -> str | None:
    """The version of the Prefect server at ``url``; ``None`` when nothing, or something else, answers there."""
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.settings import temporary_settings

    timeout = httpx.Timeout(answer_seconds, connect=CONNECT_SECONDS if _is_loopback(url) else answer_seconds)
    # Prefect's own client knows keys, certificates and its cloud; its patience is not wanted here.
    with (
        temporary_settings(updates={"api.url": url, "client.max_retries": 0}),
        get_client(sync_client=True, httpx_settings={"timeout": timeout, **_directly(url)}) as client,
    ):
        try:
            healthy = client.request("GET", "/health").json()
            version = client.api_version()
        except (httpx.HTTPError, ValueError):
            return None
    return version if healthy is True and isinstance(version, str) and re.match(r"\d+\.\d+", version) else None


@contextmanager
def _using(choice: ApiChoice, home: Path) -> Iterator[None]:
    variables = {**_missing(CLIENT_SETTINGS), "PREFECT_API_URL": choice.url, **_past_any_proxy(choice.url)}
    if choice.kind == "ephemeral":
        variables["PREFECT_HOME"] = str(home.absolute())
    with _environment(variables):
        from prefect import tags

        hear_library()
        try:
            with tags(RUN_TAG):
                yield
        finally:
            # Before the environment is restored and a private server ends.
            send_what_is_left()


@contextmanager
def private_server(home: Path, *, whole: bool = False) -> Iterator[str]:
    """A Prefect server that ends with this block or with this process, whichever comes first. Yields its address.

    Args:
        home: Prefect's home; made when missing.
        whole: With the scheduler and every other service, which a single command does not need.

    Raises:
        ConfigurationError: It did not answer in time; the message ends with what it said last.
    """
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    # Without a name: the file is gone when both processes are, also when they are killed.
    with tempfile.TemporaryFile() as said, _child(home, said, whole=whole) as server:
        yield _announced_address(server, said)


@contextmanager
def _child(home: Path, said: IO[bytes], *, whole: bool) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
        [sys.executable, "-m", "tasks.orchestration.private_prefect", str(home), *(["--whole"] if whole else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        env=_server_environment(home),
        # Ctrl-C goes to the whole group; the server has to outlive the flow, which reports its own end to it.
        start_new_session=True,
    )
    assert process.stdin is not None, "the server is started with a pipe"
    _lifelines.add(process.stdin)
    try:
        yield process
    finally:
        _lifelines.discard(process.stdin)
        _end(process)


def _server_environment(home: Path) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH")) if part)
    inherited = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    return {**SERVER_SETTINGS, **CLIENT_SETTINGS, **inherited, "PREFECT_HOME": str(home), "PYTHONPATH": path}


def _announced_address(server: subprocess.Popen[bytes], said: IO[bytes]) -> str:
    lines: queue.Queue[bytes] = queue.Queue()
    output = server.stdout
    assert output is not None, "the server is started with a pipe"
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    try:
        # Prefect's client takes a second to import; the server takes longer to start, so it is free here.
        import prefect.flow_engine  # noqa: F401

        address = lines.get(timeout=START_SECONDS).decode().strip()
    except queue.Empty:
        address = ""
    if not address:
        raise ConfigurationError(f"the private Prefect server did not start: {_last_words(said)}")
    return address


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    lines = [line.strip() for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if _AN_ERROR.match(line)]
    return " | ".join(errors[-1:] or lines[-3:]) or f"no answer within {START_SECONDS:.0f} s and nothing said"


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None, "the server is started with a pipe"
    process.stdin.close()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _configured_url() -> str | None:
    from prefect.context import refresh_global_settings_context
    from prefect.settings import get_current_settings

    refresh_global_settings_context()
    return get_current_settings().api.url


def _missing(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in os.environ}


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    from prefect.context import refresh_global_settings_context

    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    refresh_global_settings_context()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        refresh_global_settings_context()


def _is_loopback(url: str) -> bool:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}


def _directly(url: str) -> dict[str, Any]:
    """Ask our own machine without a proxy and once: Prefect's transport connects four times, over 1.5 s."""
    import httpx

    return {"trust_env": False, "transport": httpx.HTTPTransport()} if _is_loopback(url) else {}


def _past_any_proxy(url: str) -> dict[str, str]:
    """A proxy set for the outside world must not be asked for our own machine."""
    if not _is_loopback(url):
        return {}
    listed = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    hosts = ",".join(part for part in (listed, "127.0.0.1,localhost") if part)
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def _without_credentials(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)


def send_what_is_left() -> None:
    """Send the log lines and events that Prefect still holds; it would do so at exit, after the server is gone."""
    import inspect

    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker
    from prefect.utilities.asyncutils import run_coro_as_sync

    async def drain() -> None:
        for worker in (APILogWorker, EventsWorker):
            drained = worker.drain_all()
            if inspect.isawaitable(drained):
                await drained

    run_coro_as_sync(drain())
