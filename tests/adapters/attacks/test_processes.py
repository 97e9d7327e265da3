"""Programs that start or kill processes, call somebody or ask the kernel for what is not on the list."""

from __future__ import annotations

import os

import pytest

from edgeworth.adapters.sandbox.levels import SEALED
from tests.attacks import Programs

PROGRAMS = Programs()
program = PROGRAMS.add

# --- processes --------------------------------------------------------------------------------------------------------

program("fork bomb", "import os\nfor _ in range(60):\n    if os.fork() == 0: os._exit(0)")
program("subprocess", "import subprocess; subprocess.run(['/bin/sh', '-c', 'true'])")
program("exec", "import os; os.execv('/bin/sh', ['sh', '-c', 'true'])")
program("posix_spawn", "import os; os.posix_spawn('/bin/sh', ['sh', '-c', 'true'], {})")
program("kills its parent", "import os; os.kill(os.getppid(), 9)")
program("kills everyone", "import os; os.kill(-1, 0)")  # whether it may, for the sake of this machine
program("kills the host", "import os; os.kill(inputs['host'], 9)")
program(
    "thread bomb",
    """
    import threading, time
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    """,
)
program(
    "leaves a thread",
    """
    import threading, time
    threading.Thread(target=time.sleep, args=(60,)).start()
    return 1
    """,
)


@pytest.mark.parametrize("name", ["fork bomb", "exec", "posix_spawn", "kills its parent", "kills everyone"])
def test_processes_can_be_neither_started_nor_killed(outcomes, name):
    assert outcomes[name]["status"] == "refused"
    assert "Operation not permitted" in outcomes[name]["what_stopped_it"]


def test_a_shell_cannot_be_run(level, outcomes):
    expected = ("code_error", "ModuleNotFoundError") if level == SEALED else ("refused", "the sandbox refused")
    assert outcomes["subprocess"]["status"] == expected[0]
    assert outcomes["subprocess"]["what_stopped_it"].startswith(expected[1])


def test_the_pipeline_cannot_be_killed(outcomes):
    assert outcomes["kills the host"]["status"] == "refused"


def test_threads_end_at_the_memory_limit(outcomes):
    assert outcomes["thread bomb"]["status"] == "code_error"
    assert "can't start new thread" in outcomes["thread bomb"]["what_stopped_it"]


def test_a_thread_does_not_outlive_the_program(outcomes):
    assert outcomes["leaves a thread"]["result"] == 1
    assert outcomes["leaves a thread"]["seconds"] < 10


def test_no_process_is_left(attacked):
    """The fork server lived through all of it, no job of it is left, and it goes with its provider."""
    assert attacked["left"]["while_open"] == []
    assert attacked["left"]["when_closed"] == []


# --- sockets and the kernel -------------------------------------------------------------------------------------------

SOCKETS = ("tcp", "udp", "unix", "abstract", "netlink", "pair")
program("tcp", "import socket; socket.socket().connect(('127.0.0.1', inputs['tcp']))")
program("udp", "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', inputs['udp']))")
program("unix", "import socket; socket.socket(socket.AF_UNIX).connect(inputs['unix'])")
program("abstract", "import socket; socket.socket(socket.AF_UNIX).connect(inputs['abstract'])")
program("netlink", "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)")
program("pair", "import socket; socket.socketpair()")
program(
    "system calls",
    """
    import ctypes, errno, os
    libc = ctypes.CDLL(None, use_errno=True)
    host, own, parent = inputs['host'], os.getpid(), os.getppid()
    calls = {
        'socket': (41, 2, 1, 0), 'fork': (57,), 'vfork': (58,), 'execve': (59, 0, 0, 0), 'kill': (62, host, 9),
        'ptrace seize': (101, 0x4206, parent, 0, 0), 'ptrace traceme': (101, 0, 0, 0, 0),
        'process_vm_readv': (310, parent, 0, 0, 0, 0, 0), 'process_vm_writev': (311, parent, 0, 0, 0, 0, 0),
        'tgkill': (234, parent, parent, 9), 'tkill': (200, parent, 9), 'rt_sigqueueinfo': (129, host, 9, 0),
        'pidfd_open': (434, parent, 0), 'pidfd_send_signal': (424, 0, 9, 0, 0), 'pidfd_getfd': (438, 0, 0, 0),
        'clone as a process': (56, 17, 0, 0, 0, 0), 'clone into a user namespace': (56, 0x10000000 | 17, 0, 0, 0, 0),
        'clone a thread into a mount namespace': (56, 0x00020000 | 0x003D0F00, 0, 0, 0, 0),
        'unshare': (272, 0x10000000), 'setns': (308, 0, 0), 'mount': (165, 0, 0, 0, 0, 0), 'chroot': (161, b'/'),
        'pivot_root': (155, b'/', b'/'), 'bpf': (321, 0, 0, 0), 'io_uring_setup': (425, 1, 0), 'keyctl': (250, 0, 0),
        'perf_event_open': (298, 0, 0, 0, 0, 0), 'userfaultfd': (323, 0), 'memfd_create': (319, b'x', 0),
        'memfd_secret': (447, 0), 'init_module': (175, 0, 0, 0), 'kexec_load': (246, 0, 0, 0, 0), 'reboot': (169, 0, 0, 0, 0),
        'setuid': (105, 0), 'setrlimit': (160, 0, 0), 'prlimit64 to set': (302, 0, 0, own, 0), 'prctl dumpable': (157, 4, 1),
        'fcntl owner': (72, 0, 8, host), 'ioctl inject': (16, 0, 0x5412, 0), 'openat2': (437, -100, b'/', 0, 24),
        'name_to_handle_at': (303, -100, b'/', 0, 0, 0), 'open_by_handle_at': (304, 0, 0, 0), 'shmget': (29, 0, 4096, 0o600),
        'mq_open': (240, b'x', 0o102, 0o600, 0), 'sched_setaffinity': (203, host, 8, 0), 'setpriority': (141, 0, host, 19),
        'clock_settime': (227, 0, 0), 'swapon': (167, b'/', 0), 'iopl': (172, 3), 'landlock': (444, 0, 0, 1),
        'seccomp': (317, 1, 0, 0), 'modify_ldt': (154, 0, 0, 0), 'personality': (135, 0), 'process_madvise': (440, 0, 0, 0, 0, 0),
    }
    not_refused = []
    for name, (number, *arguments) in calls.items():
        if libc.syscall(number, *arguments) != -1 or ctypes.get_errno() != errno.EPERM:
            not_refused.append(name)
    return not_refused
    """,
)
program("a call of the x32 table", "import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 39)")
program(
    "limits",
    """
    import resource
    raised = []
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        try:
            resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            raised.append(kind)
        except (OSError, ValueError):
            pass
    return raised
    """,
)


@pytest.mark.parametrize("name", SOCKETS)
def test_no_socket_of_any_kind(outcomes, name):
    assert outcomes[name]["status"] == "refused"
    assert "Operation not permitted" in outcomes[name]["what_stopped_it"]


def test_nobody_called(attacked):
    assert attacked["left"]["callers"] == 0


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
def test_the_kernel_refuses_what_is_not_on_the_list(outcomes):
    assert outcomes["system calls"]["status"] == "ok"
    assert outcomes["system calls"]["result"] == []


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
def test_a_call_by_another_table_is_the_end(outcomes):
    assert outcomes["a call of the x32 table"]["status"] == "killed"
    assert outcomes["a call of the x32 table"]["what_stopped_it"] == "it crashed with SIGSYS"


def test_limits_cannot_be_raised(outcomes):
    assert outcomes["limits"]["result"] == []
