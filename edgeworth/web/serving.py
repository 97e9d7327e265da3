"""Puts the site on a port of this machine, until it is told to stop."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from edgeworth.errors import ConfigurationError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8787
_AT_ONCE = 64
"""Requests that are answered at the same time; more are told to come again."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a site on ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes any that is free.

    Raises:
        ConfigurationError: The port is taken, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port of a process that just ended can be had again at once; on Windows this would share one in use.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: OSError) -> ConfigurationError:
    why = error.strerror or str(error)
    if error.errno in {errno.EADDRINUSE, errno.EACCES}:
        told = f"--port: expected a free port on {host}, found {port} not to be had ({why})"
        return ConfigurationError(f"{told}; try another, such as --port 8788")
    return ConfigurationError(f"--host: expected an address of this machine, found {host!r} ({why})")


def address_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds what listens there."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": DEFAULT_HOST, "::": "::1"}.get(host, host)  # noqa: S104  # told apart, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def serve(app: ASGIApp, listener: socket.socket, *, started: Callable[[], None] = lambda: None) -> None:
    """Answer until SIGINT or SIGTERM arrives; must be called from the main thread.

    Args:
        app: What answers.
        listener: Where; closed at the end.
        started: Called once it answers.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        limit_concurrency=_AT_ONCE,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    with listener:
        _Server(config, started).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says when it answers, and returns after a signal instead of raising it again: the caller ends as it sees fit."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.force_exit = self.should_exit  # the second time there is no waiting for answers
        self.should_exit = True
