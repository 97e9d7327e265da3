"""The two messages between us and the fork server, alone, so that they can be read where nothing can fork."""

from __future__ import annotations

import struct

JOB = struct.Struct("=qqq")
"""A job: processor seconds, memory in MiB, bytes of the result."""
ENDED = struct.Struct("=id")
"""Its end: status as of ``wait``, processor seconds used."""
