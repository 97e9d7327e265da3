"""A PostgreSQL server from the machine's own installation, with the contributed modules that the wheel lacks.

It refuses to be run by root: there another user that owns nothing else runs it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.flow_runs.processes import eventually

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
USERS = ("postgres", "nobody")
OWNER = "edgeworth"


def programs(extension: str) -> Path:
    """The folder of a server's programs whose installation has ``extension``; skips the test when there is none."""
    found = [path for place in PLACES for path in Path("/").glob(place[1:]) if (path / "initdb").exists()]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    for folder in sorted(found, reverse=True):
        config = folder / "pg_config"
        if config.exists():
            share = subprocess.run([config, "--sharedir"], capture_output=True, text=True, check=True).stdout.strip()
            if (Path(share) / "extension" / f"{extension}.control").exists():
                return folder
    pytest.skip(f"expected an installed PostgreSQL with {extension}, found none in {', '.join(PLACES)} or PATH")


def unprivileged() -> dict[str, Any]:
    """Whom its processes run as, as options of ``Popen``; skips the test when root has nobody to hand it to."""
    if os.geteuid() != 0:
        return {}
    for name in USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.skip(f"PostgreSQL refuses to be run by root, and there is no user {' or '.join(USERS)}")


@contextmanager
def installed_postgresql(extension: str) -> Iterator[str]:
    """An empty database with ``extension``, as ``HOST:PORT/NAME`` after the owner's name and an @."""
    binaries, runs_as = programs(extension), unprivileged()
    # Not below the folder of the test, which nobody but its owner may enter.
    home = Path(tempfile.mkdtemp(prefix="edgeworth-postgresql-"))
    if runs_as:
        os.chown(home, runs_as["user"], runs_as["group"])
    data = home / "data"
    quiet: dict[str, Any] = {"cwd": home, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **runs_as}
    try:
        initialise = [binaries / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(initialise, check=True, **quiet)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = ("listen_addresses=127.0.0.1", f"unix_socket_directories={home}", "fsync=off")
        given = [word for option in options for word in ("-c", option)]
        server = subprocess.Popen([binaries / "postgres", "-D", data, "-p", str(port), *given], **quiet)
        try:
            eventually(lambda: _made(port, extension), what="PostgreSQL")
            yield f"{OWNER}@127.0.0.1:{port}/{OWNER}"
        finally:
            # Its fast shutdown: clients are sent away.
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _made(port: int, extension: str) -> bool:
    """Whether the server answers and the database has been made."""
    try:
        with psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{port}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {OWNER}")
        with psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{port}/{OWNER}", autocommit=True) as connection:
            connection.execute(f"CREATE EXTENSION {extension}")
    except psycopg.OperationalError:
        return False
    return True
