"""What every test stands on: asyncio, and an environment in which no setting of the user is left.

Settings are read from the environment, from ``.env`` in the working folder and from Prefect's home. All three are
replaced here before any test module is imported, because Prefect reads its own at import.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

# The same examples in every run: a failure is a fault of the change, never of the day.
hypothesis_settings.register_profile("edgeworth", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("edgeworth")

KEPT = ("EDGEWORTH_RECORDINGS", "EDGEWORTH_TEST_POSTGRES_URL")
"""What the tests themselves are told by."""

FOREIGN = (
    "PM_GAMMA_LIMIT",
    "EMBEDDING_MODEL",
    "EMBEDDING_DIMENSIONS",
    "EMBEDDING_BATCH_SIZE",
    "EMBEDDING_REFRESH_SEC",
    "EMBEDDING_BATCH_SLEEP_SEC",
    "SIMILARITY_THRESHOLD",
    "MAX_MATCHES_PER_MARKET",
    "ENABLE_WS_INGEST",
    "OPENAI_BASE_URL",
    "ANTHROPIC_BASE_URL",
    "OPENROUTER_BASE_URL",
    "EXA_BASE_URL",
    "PERPLEXITY_BASE_URL",
)
"""Settings whose names do not begin with ours."""

LOOPBACK = "127.0.0.1,localhost,::1"


def _is_setting(name: str) -> bool:
    ours = name.startswith("EDGEWORTH_") and name not in KEPT
    return ours or name in FOREIGN or name.startswith("PREFECT_") or name.endswith("_API_KEY")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if _is_setting(name)]:
        del os.environ[name]
    # A folder of its own for each worker process: runs of the tests never meet the user's Prefect database.
    config.stash[_HOME] = Path(tempfile.mkdtemp(prefix="edgeworth-tests-"))
    os.environ["PREFECT_HOME"] = str(config.stash[_HOME])
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW"] = "ignore"
    # A proxy of the user must not stand between a test and its own server.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = LOOPBACK
    if recordings := os.environ.get("EDGEWORTH_RECORDINGS"):
        os.environ["EDGEWORTH_RECORDINGS"] = str(Path(recordings).resolve())


def pytest_unconfigure(config: pytest.Config) -> None:
    if home := config.stash.get(_HOME, None):
        shutil.rmtree(home, ignore_errors=True)


_HOME = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder without a ``.env``, into which default paths (``data``, ``results``) may be written."""
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Prefect adds handlers of its own to our logger the first time it is set up; the next test must not meet them."""
    ours = logging.getLogger("edgeworth")
    handlers, level, propagate = list(ours.handlers), ours.level, ours.propagate
    yield
    ours.handlers[:] = handlers
    ours.setLevel(level)
    ours.propagate = propagate
