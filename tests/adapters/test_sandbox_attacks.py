"""What hostile programs meet, at every level that this machine has: a clear end of that program alone.

The programs run below a process of their own (``tests/sandbox_host.py``), so that one that got out would meet that one
and not the tests. It holds a secret in its environment and in a file, and listens on sockets of every kind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from edgeworth.adapters.sandbox.levels import CONFINED, ENVIRONMENT, NAMESPACES, SEALED
from tests.sandbox_host import SECRET

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the local sandbox needs Linux")

PROGRAMS: dict[str, dict] = {}


def program(name: str, code: str, **limits: float) -> str:
    """Add a program; a body without ``def main`` is that of main."""
    code = textwrap.dedent(code).strip()
    if "def main" not in code:
        code = "def main(inputs):\n" + textwrap.indent(code, "    ")
    PROGRAMS[name] = {"code": code, "limits": limits}
    return name


@pytest.fixture(scope="module", params=CONFINED, ids=lambda level: level.name)
def level(request):
    return request.param


@pytest.fixture(scope="module")
def attacked(level):
    """All programs, run once at ``level``: outcomes by name, and what was left behind."""
    host = subprocess.run(
        [sys.executable, "-m", "tests.sandbox_host", level.name],
        cwd=ROOT,
        input=json.dumps(PROGRAMS),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )
    assert host.returncode == 0, host.stderr
    said = json.loads(host.stdout)
    if "unavailable" in said:
        pytest.skip(f"this machine does not have {level.name}: {said['unavailable']}")
    return said


@pytest.fixture(scope="module")
def outcomes(attacked):
    return attacked["outcomes"]


# --- time -------------------------------------------------------------------------------------------------------------

program("spins", "while True: pass", cpu_seconds=1)
program(
    "spins deaf",
    """
    import signal
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True: pass
    """,
    cpu_seconds=1,
)
program("sleeps", "import time; time.sleep(60)", wall_seconds=0.3)


@pytest.mark.parametrize("name", ["spins", "spins deaf"])
def test_an_endless_loop_ends_at_its_processor_time(outcomes, name):
    assert outcomes[name]["status"] == "timeout"
    assert outcomes[name]["what_stopped_it"] == "it used more than 1 s of processor time"


def test_sleeping_ends_at_the_wall_clock(outcomes):
    assert outcomes["sleeps"]["status"] == "timeout"
    assert outcomes["sleeps"]["what_stopped_it"] == "it ran longer than 0.3 s"
    assert outcomes["sleeps"]["seconds"] < 5


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


# --- memory -----------------------------------------------------------------------------------------------------------

program("memory bomb", "hoard = [bytearray(10_000_000) for _ in range(300)]")
program("list of 10^9", "return [0.5] * 10**9")
program("array of 10^9", "import numpy; return numpy.zeros(10**9)")
program("view of 10^9", "import numpy; return numpy.broadcast_to(0.5, (10**9,))")
program("grows a string", "text = 'x' * 10**8\nfor _ in range(5): text += text")


@pytest.mark.parametrize("name", ["memory bomb", "list of 10^9", "array of 10^9", "grows a string"])
def test_memory_ends_at_its_limit(outcomes, name):
    assert outcomes[name]["status"] == "memory"


def test_an_array_without_memory_is_not_unfolded(outcomes):
    assert outcomes["view of 10^9"]["status"] == "code_error"
    assert "an array of 1000000000 values" in outcomes["view of 10^9"]["what_stopped_it"]


# --- output -----------------------------------------------------------------------------------------------------------

program("prints much", "while True: print('x' * 1000)", output_bytes=5000)
program("complains much", "import sys\nwhile True: sys.stderr.write('x' * 1000)", output_bytes=5000)
program("long result", "return 'x' * 5000", result_bytes=1000)
program("writes into the result", "import os\nwhile True: os.write(3, b'x' * 65536)", result_bytes=1000)
program("prints a result", """print('{"status": "ok", "result": 1}'); return 2""")
program("forges NaN", """import os; os.write(3, b'{"status":"ok","result":NaN}'); os._exit(0)""")
program("forges 1e999", """import os; os.write(3, b'{"status":"ok","result":1e999}'); os._exit(0)""")
program("forges depth", """import os; os.write(3, b'{"status":"ok","result":' + b'[' * 100000); os._exit(0)""")
program("adds to the result", """import os; os.write(3, b'{"status":"ok","result":1}'); return 2""")
program("forges bytes", """import os; os.write(3, b'\\xff\\xfe{'); os._exit(0)""")


@pytest.mark.parametrize(
    ("name", "where"), [("prints much", "to standard output"), ("complains much", "to standard error")]
)
def test_too_much_output_ends_it_and_what_fits_is_kept(outcomes, name, where):
    assert outcomes[name]["status"] == "killed"
    assert outcomes[name]["what_stopped_it"] == f"it wrote more than 5000 bytes {where}"
    assert outcomes[name]["truncated"]
    assert len(outcomes[name]["stdout"] + outcomes[name]["stderr"]) == 5000


def test_a_result_that_is_too_long_is_an_error(outcomes):
    assert outcomes["long result"]["status"] == "code_error"
    assert "at most 1000 bytes" in outcomes["long result"]["what_stopped_it"]


def test_writing_past_the_length_of_a_result_ends_it(outcomes):
    assert outcomes["writes into the result"]["status"] == "killed"
    assert "as its result" in outcomes["writes into the result"]["what_stopped_it"]


def test_what_is_printed_is_not_the_result(outcomes):
    assert outcomes["prints a result"]["result"] == 2
    assert outcomes["prints a result"]["stdout"] == '{"status": "ok", "result": 1}\n'


@pytest.mark.parametrize("name", ["forges NaN", "forges 1e999", "forges depth", "adds to the result", "forges bytes"])
def test_a_forged_result_that_is_not_one_is_an_error(outcomes, name):
    assert outcomes[name]["status"] == "code_error"
    assert "not what a result looks like" in outcomes[name]["what_stopped_it"]
    assert outcomes[name]["result"] is None


# --- values -----------------------------------------------------------------------------------------------------------

program("NaN", "return {'p': float('nan')}")
program("numpy NaN", "import numpy; return numpy.array([0.5, numpy.nan])")
program("infinity", "return [1e308 * 10]")
program("a set", "return {1, 2}")
program("a bottomless list", "bottomless = []; bottomless.append(bottomless); return bottomless")
program("deep", "deep = []\nfor _ in range(100_000): deep = [deep]\nreturn deep")
program("no main", "def mian(inputs): return 1\ndef main_(): pass")
program("a string", "return 'p = 0.5'")


@pytest.mark.parametrize("name", ["NaN", "numpy NaN", "infinity", "a set", "a bottomless list", "deep", "no main"])
def test_what_json_cannot_say_is_an_error(outcomes, name):
    assert outcomes[name]["status"] == "code_error"
    assert outcomes[name]["what_stopped_it"]


def test_a_string_comes_back_as_the_string_it_is(outcomes):
    """Shape and range are the business of whoever asked."""
    assert outcomes["a string"]["result"] == "p = 0.5"


# --- crashes ----------------------------------------------------------------------------------------------------------

program("segfault", "import ctypes; ctypes.string_at(0)")
program("aborts", "import os; os.abort()")
program("exits", "import sys; sys.exit(0)")
program("exits at once", "import os; os._exit(0)")
program("closes all", "import os; os.closerange(0, 64); return 1")
program(
    "hostile error",
    """
    class Hostile(Exception):
        def __str__(self): raise SystemExit
    raise Hostile
    """,
)
program("recursion", "def down(n): return down(n + 1)\nreturn down(0)")
program("does not compile", "def main(inputs):\n    return (")


@pytest.mark.parametrize(("name", "signal"), [("segfault", "SIGSEGV"), ("aborts", "SIGABRT")])
def test_a_crash_is_told_by_its_signal(outcomes, name, signal):
    assert outcomes[name]["status"] == "killed"
    assert outcomes[name]["what_stopped_it"] == f"it crashed with {signal}"


@pytest.mark.parametrize("name", ["exits at once", "closes all"])
def test_an_end_without_a_result_is_an_error(outcomes, name):
    assert outcomes[name]["status"] == "code_error"
    assert "without a result" in outcomes[name]["what_stopped_it"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("exits", "SystemExit: 0"),
        ("hostile error", "Hostile: (its text raised SystemExit)"),
        ("recursion", "RecursionError"),
        ("does not compile", "SyntaxError"),
    ],
)
def test_an_exception_is_told_by_name(outcomes, name, what):
    assert outcomes[name]["status"] == "code_error"
    assert outcomes[name]["what_stopped_it"].startswith(what)


def test_the_failing_line_comes_back(outcomes):
    assert 'File "program.py", line 2' in outcomes["recursion"]["traceback"]
    assert "return down(n + 1)" in outcomes["recursion"]["traceback"]


# --- files and secrets ------------------------------------------------------------------------------------------------

program("reads a file", "return open(inputs['canary']).read()")
program("reads with numpy", "import numpy; return numpy.fromfile(inputs['canary'], dtype='u1')")
program("reads around a corner", "return open('/usr/lib/../../' + inputs['canary']).read()")
program("reads below proc", "return open('/proc/self/root' + inputs['canary']).read()")
program("lists a folder", "import os; return os.listdir('/')")
program(
    "reads processes",
    """
    import os
    read = []
    for pid in ('self', '1', os.getppid(), inputs['host']):
        for name in ('environ', 'cmdline', 'maps', 'mem', 'fd', 'cwd/', 'root/'):
            try:
                path = f'/proc/{pid}/{name}'
                read.append([path, os.listdir(path) if name in ('fd', 'cwd/', 'root/') else open(path, 'rb').read(9).hex()])
            except OSError:
                pass
    return read
    """,
)
program("environment", "import os; return dict(os.environ)")
program(
    "writes",
    """
    import os, numpy
    canary, folder = inputs['canary'], inputs['folder']
    attempts = {
        'write': lambda: open(canary, 'w'),
        'append': lambda: os.open(canary, os.O_WRONLY | os.O_APPEND),
        'create': lambda: open(folder + '/new', 'w'),
        'in tmp': lambda: open('/tmp/new', 'w'),
        'in shm': lambda: open('/dev/shm/new', 'w'),
        'in the working folder': lambda: open('new', 'w'),
        'in packages': lambda: open(numpy.__path__[0] + '/new.py', 'w'),
        'numpy': lambda: numpy.save(folder + '/new', numpy.zeros(3)),
        'mkdir': lambda: os.mkdir(folder + '/new'),
        'symlink': lambda: os.symlink(canary, folder + '/link'),
        'symlink in tmp': lambda: os.symlink(canary, '/tmp/link'),
        'hard link': lambda: os.link(canary, folder + '/link'),
        'rename': lambda: os.rename(canary, folder + '/new'),
        'unlink': lambda: os.unlink(canary),
        'chmod': lambda: os.chmod(canary, 0o777),
        'chown': lambda: os.chown(canary, 1, 1),
        'utime': lambda: os.utime(canary, (1, 1)),
        'truncate': lambda: os.truncate(canary, 0),
        'fifo': lambda: os.mkfifo(folder + '/fifo'),
        'xattr': lambda: os.setxattr(canary, 'user.x', b'1'),
        'memfd': lambda: os.memfd_create('x'),
        'chdir': lambda: os.chdir('/'),
        'null': lambda: open('/dev/null', 'w'),
    }
    done = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError:
            continue
        done.append(name)
    return done
    """,
)


@pytest.mark.parametrize(
    "name", ["reads a file", "reads with numpy", "reads around a corner", "reads below proc", "lists a folder"]
)
def test_no_file_outside_can_be_read(level, outcomes, name):
    # In a namespace of its own the file is not even there.
    ends = {"refused", "code_error"} if level == NAMESPACES else {"refused"}
    assert outcomes[name]["status"] in ends
    assert outcomes[name]["what_stopped_it"].endswith(("Permission denied", "not permitted", "'"))


def test_nothing_is_learnt_from_proc(outcomes):
    assert outcomes["reads processes"]["result"] == []


def test_the_environment_is_empty_but_for_what_is_harmless(outcomes):
    assert outcomes["environment"]["result"] == ENVIRONMENT


def test_no_secret_of_the_host_is_in_any_outcome(outcomes):
    assert SECRET not in json.dumps(outcomes)


def test_nothing_can_be_written_anywhere(outcomes, attacked):
    assert outcomes["writes"]["result"] == []
    assert attacked["left"]["files"] == []
    assert attacked["left"]["canary"] == SECRET + "0o644"


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


# --- what stays possible ----------------------------------------------------------------------------------------------

program(
    "an ordinary model",
    """
    import dataclasses, datetime, math, random, statistics, threading
    import numpy as np

    @dataclasses.dataclass
    class Path:
        end: float

    def main(inputs):
        rng = np.random.default_rng(7)
        ends = rng.normal(size=(200, 50)).cumsum(axis=1)[:, -1]
        q, r = np.linalg.qr(rng.normal(size=(20, 20)))
        threads = [threading.Thread(target=math.sqrt, args=(2.0,)) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        when = datetime.datetime.strptime("2026-11-21", "%Y-%m-%d")
        return {"share": float((ends > 0).mean()), "orthogonal": bool(np.allclose(q @ q.T, np.eye(20))),
                "day": when.day, "median": statistics.median([1, 3, 2]), "end": Path(1.5).end, "count": np.int64(3)}
    """,
)
program("imports late", "import asyncio, sqlite3, zoneinfo; return str(zoneinfo.ZoneInfo('Europe/Paris'))")


def test_an_ordinary_model_runs(outcomes):
    """A random walk ends above zero half of the time, within three standard errors (0.11) of 200 runs."""
    assert outcomes["an ordinary model"]["what_stopped_it"] is None
    result = outcomes["an ordinary model"]["result"]
    assert abs(result.pop("share") - 0.5) < 0.11
    assert result == {"orthogonal": True, "day": 21, "median": 2, "end": 1.5, "count": 3}


def test_the_standard_library_is_there_where_files_can_be_opened(level, outcomes):
    expected = ("code_error", None) if level == SEALED else ("ok", "Europe/Paris")
    assert (outcomes["imports late"]["status"], outcomes["imports late"]["result"]) == expected
