"""Programs that read or write outside of themselves find nothing and leave nothing."""

from __future__ import annotations

import json

import pytest

from edgeworth.adapters.sandbox.levels import ENVIRONMENT, NAMESPACES
from tests.attacks import Programs
from tests.sandbox_host import SECRET

PROGRAMS = Programs()
program = PROGRAMS.add

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
