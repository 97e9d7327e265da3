"""How a process confines itself for good: limits, no new privileges, Landlock for files, seccomp for system calls.

The order matters. Landlock binds the calling thread only, so it comes while there is one; seccomp comes last, because
it refuses the calls that all the rest is made of. Nothing here can be undone by the process that did it.

Raw system calls through ctypes: the bindings that exist are older than the rights we need, or need a library.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edgeworth.adapters.sandbox.child import syscalls

ENOSYS, EPERM = 38, 1


@dataclass(frozen=True)
class Confinement:
    """What is taken away, besides what the limits of a run say.

    Attributes:
        landlock: No file may be opened but those in ``readable``, and none written.
        seccomp: Only the calls of ``syscalls`` may be made.
        paths: Calls that take a path stay allowed; without Landlock they must not.
        readable: Files and folders, each with all that is in it.
    """

    landlock: bool
    seccomp: bool
    paths: bool
    readable: tuple[str, ...]


class ConfinementError(Exception):
    """A step of the confinement did not succeed; nothing untrusted may run in this process."""


def limit_resources(*, cpu_seconds: int, memory_mb: int) -> None:
    """Bound this process for good. Soft and hard are the same, so that the end is a SIGKILL, which cannot be caught."""
    memory = memory_mb * 1024 * 1024
    for kind, value in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bounded, bounded))


def confine(confinement: Confinement, *, parent: int) -> None:
    """Take away all that ``confinement`` says. ``parent`` is the process with which this one must end.

    Raises:
        ConfinementError: One step failed.
    """
    if sys.platform != "linux":
        return  # only what is asked for by the name ``unsafe`` comes here
    _prctl("PR_SET_PDEATHSIG", 1, signal.SIGKILL)
    if os.getppid() != parent:
        raise ConfinementError("the parent ended first")
    _prctl("PR_SET_NO_NEW_PRIVS", 38, 1)
    _prctl("PR_SET_DUMPABLE", 4, 0)
    if confinement.landlock:
        _restrict_files(confinement.readable)
    _drop_capabilities()
    if confinement.seccomp:
        _filter_calls(paths=confinement.paths)


# --- system calls -----------------------------------------------------------------------------------------------------

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


def _call(what: str, number: int, *arguments: object) -> int:
    result = int(_LIBC.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise ConfinementError(f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def _prctl(what: str, option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    if _LIBC.prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero) != 0:
        raise ConfinementError(f"{what}: {os.strerror(ctypes.get_errno())}")


def _numbers() -> dict[str, int]:
    if os.uname().machine not in syscalls.ARCHITECTURES:
        raise ConfinementError(f"system calls of {os.uname().machine} are not known here")
    return syscalls.confining(os.uname().machine)


def _drop_capabilities() -> None:
    """A program under root must not be root; the calls that would need it are refused too."""
    header = struct.pack("=Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    _call("capset", _numbers()["capset"], header, bytes(24))


# --- Landlock ---------------------------------------------------------------------------------------------------------

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many file rights each version of Landlock knows; a version in between knows as many as the one before."""
_NET_RIGHTS, _SCOPES = 0b11, 0b11
"""TCP bind and connect (version 4); abstract sockets and signals (version 6)."""


def _restrict_files(readable: Iterable[str]) -> None:
    numbers = _numbers()
    version = _call("landlock", numbers["landlock_create_ruleset"], None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    files = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= version)) - 1
    attributes = struct.pack("=Q", files)
    if version >= 4:
        attributes += struct.pack("=Q", _NET_RIGHTS)
    if version >= 6:
        attributes += struct.pack("=Q", _SCOPES)
    rules = _call(
        "landlock_create_ruleset",
        numbers["landlock_create_ruleset"],
        attributes,
        ctypes.c_size_t(len(attributes)),
        ctypes.c_uint32(0),
    )
    for path in readable:
        _allow_reading(rules, path, numbers["landlock_add_rule"])
    _call("landlock_restrict_self", numbers["landlock_restrict_self"], ctypes.c_int(rules), ctypes.c_uint32(0))
    os.close(rules)


def _allow_reading(rules: int, path: str, add_rule: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE  # noqa: PTH112  no import after the fork
        rule = struct.pack("=Qi", rights, opened)
        _call(f"landlock_add_rule {path}", add_rule, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    finally:
        os.close(opened)


# --- seccomp: a program of classic BPF over (call, architecture, arguments) -------------------------------------------

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_X32 = 0x40000000
_THREAD = 0x00010000
_THREAD_FLAGS = 0x007D0F00
"""CLONE_THREAD, and all flags with which the C libraries start a thread."""

Instruction = tuple[int, int, int, int]
"""Operation, how many to skip when true, how many when false, operand."""


def _argument(index: int, *, high: bool = False) -> Instruction:
    """Load one half of an argument (both architectures are little-endian)."""
    return (_LOAD, 0, 0, 16 + 8 * index + (4 if high else 0))


def _when(number: int, body: Sequence[Instruction]) -> list[Instruction]:
    """``body``, which must return, for call ``number``; the number stays loaded otherwise."""
    return [(_EQUAL, 0, len(body), number), *body]


_PERMIT: Instruction = (_RETURN, 0, 0, _ALLOW)
_REFUSE: Instruction = (_RETURN, 0, 0, _ERRNO | EPERM)


def _one_of(index: int, values: Sequence[int]) -> list[Instruction]:
    """Permit when the low half of an argument is one of ``values``."""
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [_argument(index), *tests, _REFUSE, _PERMIT]


def _program(machine: str, *, paths: bool, own_pid: int) -> list[Instruction]:
    of = syscalls.conditional(machine)
    threads_only: list[Instruction] = [
        _argument(0),
        (_ANY_BIT, 2, 0, ~_THREAD_FLAGS & 0xFFFFFFFF),
        (_ANY_BIT, 0, 1, _THREAD),
        _PERMIT,
        _REFUSE,
    ]
    reading_only: list[Instruction] = [
        _argument(2),
        (_EQUAL, 0, 3, 0),
        _argument(2, high=True),
        (_EQUAL, 0, 1, 0),
        _PERMIT,
        _REFUSE,
    ]
    program: list[Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, syscalls.ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    for number in syscalls.allowed(machine, paths=paths):
        program += _when(number, [_PERMIT])
    program += _when(of["clone"], threads_only)
    # The C library then falls back to clone, whose flags can be looked at.
    program += _when(of["clone3"], [(_RETURN, 0, 0, _ERRNO | ENOSYS)])
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: none that names an owner of signals.
    program += _when(of["fcntl"], _one_of(1, (0, 1, 2, 3, 4, 1030)))
    program += _when(of["ioctl"], _one_of(1, (0x5401, 0x541B, 0x5451)))  # TCGETS, FIONREAD, FIOCLEX
    program += _when(of["prctl"], _one_of(0, (15, 16)))  # PR_SET_NAME, PR_GET_NAME
    program += _when(of["prlimit64"], reading_only)
    program += _when(of["tgkill"], _one_of(0, (own_pid,)))
    return [*program, _REFUSE]


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


def _filter_calls(*, paths: bool) -> None:
    program = _program(os.uname().machine, paths=paths, own_pid=os.getpid())
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    loaded = _Filter(len(program), packed)
    set_filter, all_threads = ctypes.c_uint(1), ctypes.c_uint(1)
    if _call("seccomp", _numbers()["seccomp"], set_filter, all_threads, ctypes.byref(loaded)) != 0:
        raise ConfinementError("seccomp: a thread of this process could not be bound")
