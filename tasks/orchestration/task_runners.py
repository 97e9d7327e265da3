"""Where the markets of a batch are worked on: threads of the flow's process, other processes, or a cluster.

``EDGEWORTH_TASK_RUNNER`` decides, and is read inside the run: the same for a command, a deployment and a part of the
main job. The flow keeps Prefect's usual runner and submits its markets to this one, because Prefect starts a flow's own
runner once more in every process that runs a task of it.

Processes elsewhere have workshops of their own (``tasks.simulation.workshop``); here stands how they are told to end
when the flow is left, and how they end when it is gone.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing.synchronize import Event
from typing import Any

from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from edgeworth.errors import EdgeworthError
from tasks.orchestration.prefect_server import send_what_is_left
from tasks.settings import Settings, load_settings
from tasks.simulation.ready import check_task_runner
from tasks.simulation.workshop import end_work, is_open
from tasks.taking_up import BegunRun

Runner = TaskRunner[Any]

LOOK_SECONDS = 1.0
"""Between two looks of a process at whether its flow is still there."""
CLEAN_UP_SECONDS = 30.0
"""For an orphan to give its sandboxes back."""


@contextmanager
def task_runner(run: BegunRun) -> Iterator[Runner]:
    """The runner of the settings, started; left by an exception it ends the work of ``run`` wherever it goes on.

    Raises:
        ConfigurationError: It is not installed.
    """
    settings = load_settings()
    check_task_runner(settings)
    with _chosen(settings, run) as runner:
        yield runner


def _chosen(settings: Settings, run: BegunRun) -> AbstractContextManager[Runner]:
    match settings.task_runner:
        case "threads":
            return ThreadPoolTaskRunner[Any]()
        case "processes":
            return _processes(run)
        case "dask":
            return _dask(settings.dask_address, run)
        case "ray":
            return _ray(settings.ray_address)


@contextmanager
def portable_errors() -> Iterator[None]:
    """Lets out only what can be told to another process; of anything else its type and message remain.

    Raises:
        EdgeworthError: In place of an error that cannot be sent.
    """
    try:
        yield
    except Exception as error:
        if _is_portable(error):
            raise
        raise EdgeworthError(f"a defect of Edgeworth: {type(error).__name__}: {error}") from None


def _is_portable(error: Exception) -> bool:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - what was just made here
    except Exception:  # noqa: BLE001 - whatever an error of somebody else's raises when it is copied
        return False
    return True


# --- processes --------------------------------------------------------------------------------------------------------


@contextmanager
def _processes(run: BegunRun) -> Iterator[Runner]:
    is_left = multiprocessing.get_context("spawn").Event()
    runner = ProcessPoolTaskRunner(initializer=follow_flow, initargs=(is_left, run))
    with runner:
        try:
            yield runner
        except BaseException:
            is_left.set()
            raise


def follow_flow(is_left: Event, run: BegunRun) -> None:
    """In a process of the pool: end the work of ``run`` when the flow is left, and the process when the flow's is gone.

    The pool itself does not see the second: a killed flow would leave processes that wait for ever.
    """
    # Ctrl-C goes to the whole group; what it means is decided in the flow's process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "the first thing in a process of a pool"

    def watch() -> None:
        while parent.is_alive() and not is_left.wait(LOOK_SECONDS):
            pass
        end_work(run)
        if not parent.is_alive():
            _end_orphan(run)

    threading.Thread(target=watch, name="follow-flow", daemon=True).start()


def _end_orphan(run: BegunRun) -> None:
    give_up_at = time.monotonic() + CLEAN_UP_SECONDS
    while is_open(run) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    os._exit(1)


# --- clusters ---------------------------------------------------------------------------------------------------------


@contextmanager
def _dask(address: str | None, run: BegunRun) -> Iterator[Runner]:
    # Installed by who chooses it, so nothing may name it at import.
    prefect_dask = importlib.import_module("prefect_dask")
    # It tells of every connection.
    logging.getLogger("distributed").setLevel(logging.WARNING)
    if address is None:
        # A process for each core with one thread: what a model computes here holds the interpreter.
        local = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        runner: Runner = prefect_dask.DaskTaskRunner(cluster_kwargs=local)
    else:
        runner = prefect_dask.DaskTaskRunner(address=address)
    with runner:
        everywhere: Callable[..., Any] = runner.client.run  # type: ignore[attr-defined]  # Dask's own
        try:
            yield runner
        except BaseException:
            # Beside the queue of tasks, in which it would wait for those it is to end.
            everywhere(end_work, run, on_error="ignore")
            raise
        finally:
            # A worker of a cluster that ends with the batch would take its last log lines and states with it.
            with suppress(OSError):
                everywhere(send_what_is_left, on_error="ignore")


@contextmanager
def _ray(address: str | None) -> Iterator[Runner]:
    prefect_ray = importlib.import_module("prefect_ray")
    with prefect_ray.RayTaskRunner(address=address) as runner:
        yield runner
