"""An application served on an ephemeral port of loopback, in a thread of its own: a server that a process can ask."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def served(app: Any, *, before_end: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The origin of ``app`` while it is served; ``before_end`` lets go of answers that are held back."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        before_end()
        server.should_exit = server.force_exit = True
        thread.join(20)
        listener.close()
