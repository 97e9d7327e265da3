"""A scripted HTTP server on loopback, for clients that bring their own transport: real requests, real answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server says once. ``hangs``: it reads the request and never answers. ``cut``: it says less than it promised."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    cut: bool = False

    def bytes(self) -> bytes:
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"content-type": "application/json", "content-length": str(len(content)), "connection": "close"}
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{k}: {v}" for k, v in {**headers, **self.headers}.items())]
        sent = content[: len(content) // 2] if self.cut else content
        return "\r\n".join([*lines, "", ""]).encode() + sent


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    json: Any


class Loopback:
    """Gives the answers in order, the last one for ever, and notes the requests; ``waits`` are those of the client."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.waits: list[float] = []
        self.url = ""
        self._open: set[asyncio.StreamWriter] = set()

    async def sleep(self, seconds: float) -> None:
        """In place of ``asyncio.sleep`` in the client under test."""
        self.waits.append(seconds)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Loopback]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for writer in self._open:
                writer.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            self.requests.append(await _read(reader))
        except asyncio.IncompleteReadError:
            # A client that was cancelled after it had connected and before it had asked is nobody's failure.
            self._leave(writer)
            return
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.hangs:
            await reader.read()  # returns when the client has given up
        else:
            writer.write(answer.bytes())
            await writer.drain()
        self._leave(writer)

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        self._open.discard(writer)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method=method, path=path, headers=headers, json=json.loads(body) if body else None)
