"""A site that is filled once for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.sites import a_client, a_site, fill


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    fill(folder)
    return folder


@pytest.fixture(scope="session")
def client(folder: Path) -> TestClient:
    return a_client(a_site(folder))
