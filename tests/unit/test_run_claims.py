"""A run belongs to one living process; a run whose process is gone can be taken up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edgeworth.errors import StorageError
from tasks import run_claims

CLAIM_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tasks import run_claims
run_claims.claim(Path(sys.argv[1]), "run")
if sys.argv[2] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
print("claimed", flush=True)
sys.stdin.read()
"""


def start(folder: Path, then: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", CLAIM_AND_DIE, str(folder), then],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_run_of_a_killed_process_is_taken_up_once(tmp_path):
    start(tmp_path, "die").communicate(timeout=60)
    assert run_claims.try_take_up(tmp_path, "run")
    assert not run_claims.try_take_up(tmp_path, "run")
    run_claims.let_go(tmp_path, "run")
    assert not run_claims.try_take_up(tmp_path, "run")


def test_the_run_of_a_living_process_is_left_to_it(tmp_path):
    with start(tmp_path, "live") as child:
        assert child.stdout.readline() == "claimed\n"
        assert not run_claims.try_take_up(tmp_path, "run")
        child.communicate("")


def test_a_run_without_a_claim_here_is_left_alone(tmp_path):
    assert not run_claims.try_take_up(tmp_path, "run")
    assert list(tmp_path.iterdir()) == []


def test_a_claim_that_was_let_go_leaves_nothing(tmp_path):
    run_claims.claim(tmp_path, "run")
    run_claims.let_go(tmp_path, "run")
    run_claims.let_go(tmp_path, "run")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(StorageError, match="cannot be claimed"):
        run_claims.claim(tmp_path, "run")
