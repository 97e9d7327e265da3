"""A real pseudo-terminal with a command in it: keys go in, and what a person would see is waited for and read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.edgeworth_command import COMMAND, SECRET, environment

MOST_SECONDS = 60
"""Between two signs of life."""

CTRL_C, CTRL_D = "\x03", "\x04"

STYLES = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[[0-9]*[AKJG]|\r")
"""What our own output tells a terminal: colours, the cursor, a line drawn again."""


class Terminal:
    """A running command and the terminal that it runs in."""

    def __init__(self, process: subprocess.Popen[bytes], keyboard: int) -> None:
        self.process = process
        self.keyboard = keyboard
        self.written = b""
        self.looked = 0

    @property
    def seen(self) -> str:
        """Everything shown until now, without our own styles."""
        return STYLES.sub("", self.written.decode(errors="replace"))

    def shows(self, text: str) -> str:
        """Wait until ``text`` is shown after what was waited for before; everything from there up to its end."""
        while text not in self.seen[self.looked :]:
            assert self._read(), f"ended without {text!r}:\n{self.seen[self.looked :]}"
        begin = self.looked
        self.looked = self.seen.index(text, begin) + len(text)
        return self.seen[begin : self.looked]

    def types(self, keys: str) -> None:
        """Type ``keys`` and Enter."""
        self.presses(f"{keys}\n")

    def presses(self, keys: str) -> None:
        """Press ``keys`` and nothing else."""
        os.write(self.keyboard, keys.encode("utf-8", "surrogateescape"))

    def answers(self, prompt: str, keys: str) -> str:
        """Wait for ``prompt``, then type; what was shown until then."""
        told = self.shows(prompt)
        self.types(keys)
        return told

    def ends(self) -> int:
        """Wait for the end; the exit code."""
        while self._read():
            pass
        assert SECRET not in self.seen
        assert "Traceback" not in self.seen
        return self.process.wait(MOST_SECONDS)

    def _read(self) -> bool:
        """Wait for more; whether there was any."""
        ready, _, _ = select.select([self.keyboard], [], [], MOST_SECONDS)
        assert ready, f"nothing was shown for {MOST_SECONDS} s after:\n{self.seen[-2000:]}"
        try:
            more = os.read(self.keyboard, 65_536)
        except OSError:  # as Linux tells that nobody has the other side any more
            return False
        self.written += more
        return bool(more)


@contextmanager
def in_terminal(folder: Path, *arguments: str, columns: int = 100, **settings: str) -> Iterator[Terminal]:
    """``edgeworth arguments`` in a terminal of so many columns, with ``folder`` as its working folder."""
    keyboard, screen = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=folder,
        env={**environment(folder, settings), "TERM": "xterm"},
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  one call between fork and exec
    )
    os.close(screen)
    try:
        yield Terminal(process, keyboard)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(keyboard)
