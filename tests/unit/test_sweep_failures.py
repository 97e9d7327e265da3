"""Trials that came to nothing: however many, they are told in a few lines, and no path of a machine is among them."""

from __future__ import annotations

import errno

from edgeworth.errors import DataError
from flows.commands.sweep import MOST_FAILED, show_failed
from tasks.replay.failures import MOST_TOLD, Failures, together, told


def test_failures_of_one_kind_are_one_and_the_first_of_them_is_told():
    failures = Failures("ETH")
    firsts = [failures.add(ValueError(f"not with {number}")) for number in range(60)]
    assert firsts == [True, *[False] * 59]
    assert failures.add(KeyError("fast"))
    [one, other] = together(failures.found())
    assert (one.asset, one.trials) == ("ETH", 60)
    assert one.problem == "ValueError: not with 0 (the first; others of this kind differ)"
    assert (other.trials, other.problem) == (1, "KeyError: 'fast'")


def test_units_are_put_together_by_asset_and_kind():
    units = []
    for asset in ("ETH", "BTC", "ETH"):
        failures = Failures(asset)
        failures.add(RuntimeError("the process ended"), trials=25)
        units += failures.found()
    assert [(one.asset, one.trials, one.problem) for one in together(units)] == [
        ("ETH", 50, "RuntimeError: the process ended"),
        ("BTC", 25, "RuntimeError: the process ended"),
    ]


def test_of_a_file_its_name_is_told_and_not_where_it_lies():
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory", "/srv/ada/secret-project/model.bin")
    assert told(missing) == "FileNotFoundError: No such file or directory: model.bin"
    moved = OSError(errno.EXDEV, "Invalid cross-device link", "/srv/ada/a.txt", None, "/mnt/b.txt")
    assert told(moved) == "OSError: Invalid cross-device link: a.txt: b.txt"
    assert told(OSError("the wheel came off")) == "OSError: the wheel came off"
    assert told(DataError("expected bars, found none")) == "expected bars, found none"


def test_what_is_very_long_is_cut():
    said = told(ValueError("x" * 5_000))
    assert said.startswith("ValueError: xxx")
    assert len(said) < MOST_TOLD + 50


def test_the_command_prints_some_kinds_and_how_many_more_there_are(capsys):
    failed = [{"asset": f"A{number}", "trials": 10, "problem": "KeyError: 'fast'"} for number in range(30)]
    show_failed(failed)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == MOST_FAILED + 1
    assert "A0: 10 trials came to nothing: KeyError: 'fast'" in lines[0]
    assert "220 more trials came to nothing, of 22 other kinds: see sweep.json" in lines[-1]
