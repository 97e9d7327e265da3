"""Processes that begin warm: forked from one in which the libraries are imported already, and nothing of ours.

Such a process takes a tenth of the time of one that begins from cold. It is for tests of what a program says and does;
tests of how a command starts, or is ended from outside, start it themselves.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests import warm_process

MOST_SECONDS = 120


class WarmProcess:
    """``python -m module arguments``, begun.

    Args:
        module: Has a function ``main``.
        environment: All of it.
    """

    def __init__(self, module: str, arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> None:
        request = {"module": module, "arguments": arguments, "environment": environment, "cwd": str(cwd)}
        self._readers, writers = zip(*(os.pipe() for _ in range(3)), strict=True)
        socket.send_fds(_host(), [json.dumps(request).encode()], writers)
        for writer in writers:
            os.close(writer)

    def end(self) -> tuple[int, str, str]:
        """Its exit code, or the signal that ended it as a negative number, and what it wrote to its two streams.

        Raises:
            TimeoutExpired: It did not end, and was killed.
        """
        read = dict.fromkeys(self._readers, b"")
        end_at = time.monotonic() + MOST_SECONDS
        with selectors.DefaultSelector() as selector:
            for reader in self._readers:
                selector.register(reader, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(max(0.0, end_at - time.monotonic())):
                    block = os.read(key.fd, 65_536)
                    read[key.fd] += block
                    if not block:
                        selector.unregister(key.fd)
                        os.close(key.fd)
                if time.monotonic() > end_at:
                    os.kill(int(read[self._readers[0]].split()[0]), signal.SIGKILL)
                    raise subprocess.TimeoutExpired("a warm process", MOST_SECONDS)
        told, out, err = read.values()
        _, code = told.split()
        return int(code), out.decode(), err.decode()


@cache
def _host() -> socket.socket:
    """Our end of a socket to the process that forks; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, warm_process.MOST_BYTES)
    host = subprocess.Popen(
        [sys.executable, "-P", warm_process.__file__, str(theirs.fileno())],
        # What the runner of the tests wants of its own warnings is not meant for others.
        env={name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"},
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()

    def end() -> None:
        ours.close()
        try:
            host.wait(timeout=10)
        except subprocess.TimeoutExpired:  # a test gave up on what it began
            host.kill()

    atexit.register(end)
    return ours
