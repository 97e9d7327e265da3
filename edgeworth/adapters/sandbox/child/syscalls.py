"""Which system calls a confined program may make, with their numbers for x86-64 and arm64. Nothing is called here.

The list is of what is allowed; a call that is not in it does not exist for the program. Left out on purpose, among all
else: sockets of every kind, starting programs and processes, ptrace and the memory of others, signals to others,
mounting and namespaces, bpf and io_uring, anonymous files, and whatever changes a file's name, mode, owner or times,
which Landlock does not cover.
"""

from __future__ import annotations

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""What ``uname -m`` says, and the constant by which a filter knows it. Others are refused: their numbers differ."""

_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    # memory
    "brk": (12, 214),
    "madvise": (28, 233),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    # descriptors that are open
    "close": (3, 57),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_pwait": (281, 22),
    "epoll_wait": (232, None),
    "eventfd2": (290, 19),
    "fadvise64": (221, 223),
    "fstat": (5, 80),
    "getdents64": (217, 61),
    "lseek": (8, 62),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "poll": (7, None),
    "ppoll": (271, 73),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "pselect6": (270, 72),
    "read": (0, 63),
    "readv": (19, 65),
    "select": (23, None),
    "write": (1, 64),
    "writev": (20, 66),
    # paths; these are dropped where Landlock does not guard them
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "getcwd": (79, 17),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "open": (2, None),
    "openat": (257, 56),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "stat": (4, None),
    "statx": (332, 291),
    # threads of this process
    "futex": (202, 98),
    "get_robust_list": (274, 100),
    "gettid": (186, 178),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    # its own signals
    "alarm": (37, None),
    "getitimer": (36, 102),
    "pause": (34, None),
    "restart_syscall": (219, 128),
    "rt_sigaction": (13, 134),
    "rt_sigpending": (127, 136),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigtimedwait": (128, 137),
    "setitimer": (38, 103),
    "sigaltstack": (131, 132),
    # time
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "gettimeofday": (96, 169),
    "nanosleep": (35, 101),
    "time": (201, None),
    "times": (100, 153),
    # what it is
    "getcpu": (309, 168),
    "getegid": (108, 177),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getgroups": (115, 158),
    "getpgid": (121, 155),
    "getpgrp": (111, None),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getrandom": (318, 278),
    "getresgid": (120, 150),
    "getresuid": (118, 148),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "getsid": (124, 156),
    "getuid": (102, 174),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    # its end
    "exit": (60, 93),
    "exit_group": (231, 94),
}

PATHS = frozenset(
    {
        "access",
        "faccessat",
        "faccessat2",
        "lstat",
        "newfstatat",
        "open",
        "openat",
        "readlink",
        "readlinkat",
        "stat",
        "statx",
    }
)
"""Calls that take the name of a file."""

_CONDITIONAL: dict[str, tuple[int, int]] = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "tgkill": (234, 131),
}

_CONFINING: dict[str, tuple[int, int]] = {
    "capset": (126, 91),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "seccomp": (317, 277),
}


def allowed(machine: str, *, paths: bool) -> list[int]:
    """Numbers of the calls that are allowed whatever their arguments, with or without those that take a path."""
    column = list(ARCHITECTURES).index(machine)
    numbers = (pair[column] for name, pair in _NUMBERS.items() if paths or name not in PATHS)
    return [number for number in numbers if number is not None]


def conditional(machine: str) -> dict[str, int]:
    """Numbers of the calls whose arguments decide."""
    column = list(ARCHITECTURES).index(machine)
    return {name: pair[column] for name, pair in _CONDITIONAL.items()}


def confining(machine: str) -> dict[str, int]:
    """Numbers of the calls by which a process confines itself."""
    column = list(ARCHITECTURES).index(machine)
    return {name: pair[column] for name, pair in _CONFINING.items()}
