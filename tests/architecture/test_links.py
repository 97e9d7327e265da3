"""Pages lead somewhere: every link within the repository is to a file that is there, and pictures are small."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(page for name in ("docs", "deployments", "results") for page in (ROOT / name).rglob("*.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
MOST_BYTES = 150_000
"""Of a picture: a page with ten of them opens at once."""


@pytest.mark.parametrize("page", sorted(PAGES), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_to_a_file(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [one or other for one, other in LINK.findall(text)]
    within = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in within if not (page.parent / unquote(target)).exists()] == []


def test_pictures_are_small_and_all_of_them_are_shown():
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [picture.name for picture in pictures if picture.stat().st_size > MOST_BYTES] == []
    assert [picture.name for picture in pictures if picture.name not in pages] == []
