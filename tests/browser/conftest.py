"""One browser for all tests of a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.devtools import Browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    running = Browser(tmp_path_factory.mktemp("browser"))
    yield running
    running.close()


@pytest.fixture
def page_file(tmp_path: Path):
    """Writes a page where the browser can open it."""

    def write(page: str, name: str = "page.html") -> Path:
        file = tmp_path / name
        file.write_text(page, encoding="utf-8")
        return file

    return write
