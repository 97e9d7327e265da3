"""A Prefect server for one command, run as a module with its home as argument; see ``prefect_server.py``.

It listens on a loopback port that the system chooses, prints its address as the one line on standard output once it
answers, and lives as long as standard input stays open. The parent holds the other end of that pipe and never writes
to it, so the end of the parent, however it comes about, is the end of this process: no signal, no polling, no
process table. What runs inside is Prefect's own application with the services of its ephemeral mode (no scheduler, no
late runs, no user interface), or with all of them after ``--whole``. Nothing imports this module.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from uvicorn import Server

GRACE_SECONDS = 10.0
"""How long the server may take to finish what it is doing (a migration, the last writes) once its parent is gone."""


class _Lifeline:
    """Ends this process when standard input ends: at once before there is a server, by a clean shutdown after."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    def protects(self, server: Server) -> None:
        """From now on ``server`` is asked to stop before the process ends."""
        with self._lock:
            self._server = server

    def _watch(self) -> None:
        while os.read(0, 1024):
            pass
        with self._lock:
            if self._server is None:
                os._exit(0)
            self._server.should_exit = True
        threading.Timer(GRACE_SECONDS, os._exit, args=(1,)).start()


def _silence_standard_output() -> int:
    """Keep the line with the address alone on standard output; anything else printed goes to standard error."""
    announcements = os.dup(1)
    os.dup2(2, 1)
    return announcements


def _build_server(listener: socket.socket, announcements: int, migration_lock: Path, *, whole: bool) -> Server:
    # Imported here: seconds of work that the lifeline has to outlive.
    import uvicorn
    from prefect.server.api.server import create_app

    class AnnouncingServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            # Two commands may start on one new home: the second waits until the first has created the tables.
            with FileLock(migration_lock):
                await super().startup(sockets)
            if self.started and not self.should_exit:
                host, port = listener.getsockname()
                os.write(announcements, f"http://{host}:{port}/api\n".encode())

    application = create_app(ephemeral=not whole, final=True)
    return AnnouncingServer(uvicorn.Config(application, log_level="error", lifespan="on", timeout_graceful_shutdown=5))


def main(home: Path, *, whole: bool) -> int:
    """Serve until the parent is gone; 0 after a clean end, 3 when Prefect could not start (uvicorn's code).

    Args:
        home: Prefect's home; ``PREFECT_HOME`` says the same. Among the arguments it tells servers apart in ``ps``.
        whole: With the scheduler and every other service.
    """
    lifeline = _Lifeline()
    announcements = _silence_standard_output()
    listener = socket.create_server(("127.0.0.1", 0))
    server = _build_server(listener, announcements, home / "migration.lock", whole=whole)
    lifeline.protects(server)
    server.run(sockets=[listener])
    return 0 if server.started else 3


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--whole", action="store_true")
    arguments = parser.parse_args()
    sys.exit(main(arguments.home, whole=arguments.whole))
