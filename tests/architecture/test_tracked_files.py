"""What is in the repository holds on every machine: no path of one, no address of a package index."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
MACHINE_PATH = re.compile(rb"(?<![\w.~/-])/(?:work|root|home|Users)/\w")
INDEX = re.compile(rb"(?:pypi|pythonhosted)\.(?:org|python\.org)|--(?:extra-)?index-url|--find-links")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in os.fsdecode(listed.stdout).split("\0") if name and (ROOT / name).is_file()]


def lines_with(pattern: re.Pattern[bytes]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path != Path(__file__)
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_folder_of_a_machine():
    assert lines_with(MACHINE_PATH) == []
    assert lines_with(re.compile(re.escape(os.fsencode(ROOT)) + rb"\b")) == []


def test_no_file_names_a_package_index():
    assert lines_with(INDEX) == []


def test_no_file_names_the_package_index_of_this_machine():
    addresses = " ".join(value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_")))
    hosts = {urlsplit(word).hostname for word in addresses.split() if "://" in word} - {None}
    for host in hosts:
        assert lines_with(re.compile(re.escape(str(host).encode()))) == []


def test_every_exact_install_is_checked_by_its_hash():
    for name in ("run.lock", "dev.lock"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^[A-Za-z0-9._\[\]-]+==", text, flags=re.MULTILINE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)
