"""What hostile programs meet, at every level that this machine has: a clear end of that program alone.

A module of tests names its programs in ``PROGRAMS``; they are run once a level, together. They run below a process of
their own, so that one that got out would meet that one and not the tests. It holds a secret in its environment and in a
file, and listens on sockets of every kind.
"""

from __future__ import annotations

import sys

import pytest

from edgeworth.adapters.sandbox.levels import CONFINED
from tests.attacks import run_attacks


@pytest.fixture(scope="module", params=CONFINED, ids=lambda level: level.name)
def level(request):
    if sys.platform != "linux":
        pytest.skip("the local sandbox needs Linux")
    return request.param


@pytest.fixture(scope="module")
def attacked(request, level):
    """All programs of the module, run once at ``level``: outcomes by name, and what was left behind."""
    said = run_attacks(level.name, request.module.PROGRAMS)
    if "unavailable" in said:
        pytest.skip(f"this machine does not have {level.name}: {said['unavailable']}")
    return said


@pytest.fixture(scope="module")
def outcomes(attacked):
    return attacked["outcomes"]
