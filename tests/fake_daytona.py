"""Daytona's API on loopback, as far as its SDK asks: sandboxes that are counted, and commands that really run.

Shapes after the SDK's own models and what it was seen to send (0.226). A sandbox is a folder; a command is a shell in it,
killed as a group at its time-out, as the service does. ``alive`` is what a user would be billed for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import served

KEY = "dtn-test-key"
INTERPRETER = Path(sys.executable).parent
"""What ``python3`` is in a sandbox: it has numpy, as a sandbox of Daytona does."""


class FakeDaytona:
    """State, switches and counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = ""
        self.alive: dict[str, dict] = {}
        self.bodies: list[dict] = []
        self.created = 0
        self.deleted = 0
        self.calls: list[str] = []
        # Switches: answers to give instead, first come first served, by "METHOD path-kind".
        self.instead: dict[str, list[Response | str]] = {}
        self.is_network_blocked = True
        self.probe_exit_code = 1
        self.hangs_on = ""
        self.state_when_created = "started"
        self.release = threading.Event()

    async def answer(self, request: Request) -> Response:
        shape = re.sub(r"/(sandbox|toolbox)/[^/]+", r"/\1/*", request.url.path)
        kind = f"{request.method} {shape}"
        self.calls.append(kind)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return error(401, "Invalid credentials")
        planned = self.instead.get(kind)
        special = planned.pop(0) if planned else None
        if isinstance(special, Response):
            return special
        if kind == "POST /api/sandbox":
            return await self._create(await request.json(), special)
        if kind == "GET /api/sandbox":
            return self._list(json.loads(request.query_params.get("labels", "{}")))
        sandbox_id = request.url.path.split("/")[3 if shape.startswith("/api") else 2]
        if sandbox_id not in self.alive:
            return error(404, f"Sandbox {sandbox_id} not found")
        return await self._answer_about(kind, sandbox_id, request)

    async def _answer_about(self, kind: str, sandbox_id: str, request: Request) -> Response:
        routes = {
            "GET /api/sandbox/*": self._get,
            "DELETE /api/sandbox/*": self._delete,
            "PUT /api/sandbox/*/labels": self._label,
            "POST /toolbox/*/files/bulk-upload": self._upload,
            "POST /toolbox/*/files/bulk-download": self._download,
            "POST /toolbox/*/process/execute": self._execute,
        }
        if kind not in routes:
            return error(404, f"no route {kind}")
        return await routes[kind](request, sandbox_id)

    async def _get(self, request: Request, sandbox_id: str) -> Response:
        return JSONResponse(self.alive[sandbox_id])

    async def _delete(self, request: Request, sandbox_id: str) -> Response:
        self.deleted += 1
        return JSONResponse(self.alive.pop(sandbox_id))

    async def _label(self, request: Request, sandbox_id: str) -> Response:
        labels = (await request.json())["labels"]
        self.alive[sandbox_id]["labels"] = labels
        return JSONResponse({"labels": labels})

    async def _create(self, body: dict, special: str | None) -> Response:
        self.bodies.append(body)
        if special == "hang before":
            await asyncio.to_thread(self.release.wait, 30)
        self.created += 1
        sandbox_id = f"sandbox-{self.created}"
        (self.folder / sandbox_id).mkdir()
        self.alive[sandbox_id] = {
            "id": sandbox_id,
            "organizationId": "org",
            "name": sandbox_id,
            "user": "daytona",
            "env": {},
            "labels": body["labels"],
            "public": False,
            "networkBlockAll": self.is_network_blocked and body.get("networkBlockAll", False),
            "kvm": False,
            "target": "us",
            "cpu": 1,
            "gpu": 0,
            "memory": 1,
            "disk": 3,
            "state": self.state_when_created,
            "toolboxProxyUrl": f"{self.origin}/toolbox",
        }
        if special == "hang after":
            await asyncio.to_thread(self.release.wait, 30)
        if special == "torn":
            return Response(b'{"id": "sandbox-', media_type="application/json")
        return JSONResponse(self.alive[sandbox_id])

    def _list(self, labels: dict[str, str]) -> Response:
        items = [sandbox for sandbox in self.alive.values() if labels.items() <= sandbox["labels"].items()]
        return JSONResponse({"items": items, "nextCursor": None})

    async def _upload(self, request: Request, sandbox_id: str) -> Response:
        async with request.form() as form:
            paths = [value for name, value in form.multi_items() if name.endswith(".path")]
            contents = [value for name, value in form.multi_items() if name.endswith(".file")]
            for path, content in zip(paths, contents, strict=True):
                target = self.folder / sandbox_id / str(path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(await content.read())
        return JSONResponse({"files": []})

    async def _download(self, request: Request, sandbox_id: str) -> Response:
        parts = []
        for path in (await request.json())["paths"]:
            file = self.folder / sandbox_id / path
            if file.exists():
                head = f'Content-Disposition: form-data; name="file"; filename="{path}"'
                body = file.read_bytes()
            else:
                head = (
                    f'Content-Disposition: form-data; name="error"; filename="{path}"\r\nContent-Type: application/json'
                )
                body = json.dumps({"statusCode": 404, "message": "file not found", "source": "DAYTONA_DAEMON"}).encode()
            parts.append(f"--X\r\n{head}\r\n\r\n".encode() + body + b"\r\n")
        return Response(b"".join(parts) + b"--X--\r\n", media_type="multipart/form-data; boundary=X")

    async def _execute(self, request: Request, sandbox_id: str) -> Response:
        body = await request.json()
        if self.hangs_on and self.hangs_on in body["command"]:
            await asyncio.to_thread(self.release.wait, 30)
        if "1.1.1.1" in body["command"]:  # nothing here asks the real network
            return JSONResponse({"exitCode": self.probe_exit_code, "result": ""})
        process = await asyncio.create_subprocess_shell(
            body["command"],
            cwd=self.folder / sandbox_id,
            env={**os.environ, "PATH": f"{INTERPRETER}{os.pathsep}{os.environ['PATH']}"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(body["timeout"]):
                output, _ = await process.communicate()
        except TimeoutError:
            return error(408, "command execution timeout", code="REQUEST_TIMEOUT", source="DAYTONA_DAEMON")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        return JSONResponse({"exitCode": process.returncode, "result": output.decode(errors="replace")})


def error(status: int, message: str, headers: dict[str, str] | None = None, **more: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message, **more}, status_code=status, headers=headers)


@contextmanager
def running_daytona(folder: Path) -> Iterator[FakeDaytona]:
    """Served on an ephemeral port of loopback, in a thread of its own."""
    fake = FakeDaytona(folder)
    methods = ["GET", "POST", "PUT", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", fake.answer, methods=methods)])
    with served(app, before_end=fake.release.set) as fake.origin:
        yield fake
