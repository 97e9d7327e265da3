"""Lines that a person types, waited for in such a way that Ctrl-C always ends the wait.

A signal that arrives just before a blocking read begins, or that another thread of the process receives, does not
interrupt that read: Python notes it, and looks at its note only when the read has ended. So nothing here blocks for
long.
"""

from __future__ import annotations

import codecs
import os
import select

_LOOK_SECONDS = 0.1
"""After so long Python looks whether a signal has come."""


class Keyboard:
    """The lines of a terminal; POSIX only, as are terminals with a line discipline.

    Args:
        descriptor: Of the terminal.
        encoding: Of what is typed; bytes that it does not know become the replacement character.
    """

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        self._descriptor = descriptor
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._pending = ""
        self._is_ended = False

    def readline(self) -> str:
        """The next line with its end; what came before the end of the input; empty at its end.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        while "\n" not in self._pending and not self._is_ended:
            if not select.select([self._descriptor], [], [], _LOOK_SECONDS)[0]:
                continue
            typed = os.read(self._descriptor, 4096)
            self._is_ended = not typed
            self._pending += self._decoder.decode(typed, final=self._is_ended)
        line, end, self._pending = self._pending.partition("\n")
        return line + end
