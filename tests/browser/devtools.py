"""A headless Chromium spoken to over its DevTools protocol: what a page asks for, says and shows, and real keys.

Loopback only. One browser serves a session of tests, each page gets a tab and a profile of its own.
"""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.browser.chromium import CHROMIUM

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --disable-default-apps --mute-audio "
    "--hide-scrollbars --force-color-profile=srgb --remote-debugging-port=0"
)
PATIENCE = 60.0
"""Seconds for the browser to start, and for each answer."""


class Browser:
    """A running Chromium."""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM is not None
        profile = folder / "profile"
        self._process = subprocess.Popen(
            [CHROMIUM, *FLAGS.split(), f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._address = _address(profile / "DevToolsActivePort", self._process)
        self._wire = _Wire(self._address)

    def close(self) -> None:
        """End it, and wait until it has."""
        self._wire.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def tab(self, *, width: int = 1200, height: int = 900, dark: bool = False, script: bool = True) -> Iterator[Tab]:
        """An empty tab of that size, closed at the end."""
        context = self._wire.ask("Target.createBrowserContext")["browserContextId"]
        target = self._wire.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self._wire.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self._wire, session)
        try:
            tab.prepare(width=width, height=height, dark=dark, script=script)
            yield tab
        finally:
            self._wire.ask("Target.disposeBrowserContext", browserContextId=context)


class Tab:
    """One page."""

    def __init__(self, wire: _Wire, session: str) -> None:
        self._wire, self._session = wire, session

    def prepare(self, *, width: int, height: int, dark: bool, script: bool) -> None:
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        if not script:
            self.ask("Emulation.setScriptExecutionDisabled", value=True)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._wire.ask(method, self._session, **parameters)

    def open(self, file: Path) -> None:
        """Show a file, and wait until it has loaded."""
        self.visit(file.as_uri())

    def visit(self, url: str) -> None:
        """Show what is at an address, and wait until it has loaded."""
        self._wire.events.clear()
        self.ask("Page.navigate", url=url)
        self._wire.wait_for("Page.loadEventFired", self._session)

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; promises are waited for."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """A key as a person presses it."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key], text=text)

    def complaints(self) -> list[str]:
        """What the console got: errors, warnings, exceptions, things the policy of the page forbade."""
        found = []
        for event in self._events():
            values = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(values["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled" and values["type"] in {"error", "warning", "assert"}:
                found.append(str(values["args"]))
            elif event["method"] == "Log.entryAdded" and values["entry"]["level"] in {"error", "warning"}:
                found.append(values["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """Every address that was asked for; the page itself and what it holds inside are left out."""
        urls = [
            event["params"]["request"]["url"]
            for event in self._events()
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in urls[1:] if not url.startswith("data:")]

    def roles(self) -> list[str]:
        """What each part of the page is to who listens to it; works without a script too."""
        nodes = self.ask("Accessibility.getFullAXTree")["nodes"]
        return [node["role"]["value"] for node in nodes if not node["ignored"]]

    def picture(self, *, whole: bool = True) -> bytes:
        """A PNG of the page, or of what is in view."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def _events(self) -> list[dict[str, Any]]:
        self.run("0")  # what happened before has been told by the time the answer comes
        return [event for event in self._wire.events if event.get("sessionId") == self._session]


class _Wire:
    """Questions with answers, and what is told in between."""

    def __init__(self, address: str) -> None:
        # No pings: their thread would draw from `random` for as long as the browser lives, in the midst of other tests.
        self._connection: ClientConnection = connect(address, max_size=None, open_timeout=PATIENCE, ping_interval=None)
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str | None = None, /, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        question = {"id": self._number, "method": method, "params": parameters}
        self._connection.send(json.dumps(question if session is None else {**question, "sessionId": session}))
        while True:
            message = json.loads(self._connection.recv(timeout=PATIENCE))
            if message.get("id") == self._number:
                assert "error" not in message, (method, message["error"])
                return message["result"]
            self.events.append(message)

    def wait_for(self, method: str, session: str) -> None:
        while not any(one["method"] == method and one.get("sessionId") == session for one in self.events):
            self.events.append(json.loads(self._connection.recv(timeout=PATIENCE)))

    def close(self) -> None:
        try:
            self.ask("Browser.close")
            self._connection.close()
        except WebSocketException:
            pass  # it hung up first


def _address(file: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the browser listens, once it has said so."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        lines = file.read_text().splitlines() if file.is_file() else []
        if len(lines) >= 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        assert process.poll() is None, "the browser ended before it listened"
        time.sleep(0.05)
    raise TimeoutError("the browser did not say where it listens")
