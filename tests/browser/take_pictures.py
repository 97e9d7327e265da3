"""Pictures of pages, as documentation shows them: ``python -m tests.browser.take_pictures FOLDER PAGE [PAGE …]``.

Each page gives ``<name>.png`` (light), ``<name>-dark.png`` and ``<name>-phone.png`` of what is in view first; the name
is that of the page's folder and file.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser.devtools import Browser

LOOKS = {"": {}, "-dark": {"dark": True}, "-phone": {"width": 380, "height": 800}}
"""What stands after the name, and how the page is looked at."""


def take_pictures(browser: Browser, page: Path, folder: Path, name: str) -> list[Path]:
    """One picture of ``page`` for each look."""
    taken = []
    for suffix, look in LOOKS.items():
        file = folder / f"{name}{suffix}.png"
        with browser.tab(**{"width": 1200, "height": 824, **look}) as tab:
            tab.open(page)
            file.write_bytes(tab.picture(whole=False))
        taken.append(file)
    return taken


def main(arguments: list[str]) -> None:
    """Take pictures of the pages named."""
    folder, *pages = map(Path, arguments)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        browser = Browser(Path(scratch))
        try:
            for page in pages:
                for file in take_pictures(browser, page.resolve(), folder, f"{page.resolve().parent.name}-{page.stem}"):
                    sys.stdout.write(f"{file}\n")
        finally:
            browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
