"""Which sandbox is used, and that a user is told what it is."""

from __future__ import annotations

import logging
import sys

import pytest

from edgeworth.adapters.sandbox.levels import UNSAFE
from edgeworth.errors import ConfigurationError
from tasks.diagnosis import _sandbox
from tasks.settings import Settings
from tasks.wiring import build_sandbox_provider, choose_sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the local sandbox needs Linux")


def test_the_doctor_names_the_level_and_why_it_is_nothing_stronger(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    finding = _sandbox(Settings())
    assert finding.name == "sandbox"
    assert "bubblewrap (the command bwrap) is not installed" in finding.detail


def test_a_required_level_that_is_not_there_is_told_by_the_doctor(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    finding = _sandbox(Settings(EDGEWORTH_SANDBOX_REQUIRE=2))
    assert finding.state == "failed"
    assert "expected a sandbox of level 2 or stronger" in finding.detail


def test_daytona_without_its_key_says_what_is_missing():
    with pytest.raises(ConfigurationError, match="DAYTONA_API_KEY is not set"):
        build_sandbox_provider(Settings(), kind="daytona")


@pytest.mark.parametrize(
    ("settings", "kind", "chosen"),
    [
        ({}, None, "local"),
        ({"DAYTONA_API_KEY": "dtn-key"}, None, "daytona"),
        ({"DAYTONA_API_KEY": "dtn-key"}, "local", "local"),
        ({"DAYTONA_API_KEY": "dtn-key", "EDGEWORTH_SANDBOX": "local"}, None, "local"),
        ({"DAYTONA_API_KEY": "dtn-key", "EDGEWORTH_SANDBOX": "local"}, "daytona", "daytona"),
        ({"EDGEWORTH_SANDBOX": "unsafe"}, None, "unsafe"),
    ],
)
def test_the_option_wins_over_the_setting_and_the_key_decides_where_neither_does(settings, kind, chosen):
    assert choose_sandbox(Settings(**settings), kind=kind) == chosen


def test_a_kind_that_there_is_not_is_refused():
    with pytest.raises(ConfigurationError, match="found 'chroot'"):
        build_sandbox_provider(Settings(), kind="chroot")


@pytest.mark.anyio
async def test_unsafe_must_be_asked_for_by_name_and_says_what_it_gives_up(caplog):
    with caplog.at_level(logging.WARNING):
        async with build_sandbox_provider(Settings(EDGEWORTH_SANDBOX="unsafe")) as provider:
            assert provider.level == UNSAFE.name
    assert "can read and write every file" in caplog.text


@pytest.mark.anyio
async def test_unsafe_is_not_enough_where_a_level_is_required():
    with pytest.raises(ConfigurationError, match="level 4 or stronger"):
        async with build_sandbox_provider(Settings(EDGEWORTH_SANDBOX="unsafe", EDGEWORTH_SANDBOX_REQUIRE=4)):
            pass
