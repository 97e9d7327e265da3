"""What a sweep tries, checked before anything is noted, and what of it is still to be made."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from edgeworth.errors import ConfigurationError, StorageGoneError
from edgeworth.replay.ledger import tried, version_of
from edgeworth.replay.sweep import Trial, run_trials
from flows.commands.sweep import grid_values, told
from flows.forms_sweep import SweepForm
from flows.sweep import sweep_name
from tasks.replay.editions import Edition, edition_of, is_certain_version
from tasks.replay.own_code import UNREADABLE, source_digest
from tasks.replay.plan import BarsChoice, SweepPlan
from tasks.replay.sweep_layout import MOST_UNITS, PreparedSweep, lay_out, prepare_sweep
from tasks.replay.sweeping import broken_off
from tests.replaying import bars_csv, walked_bars
from tests.stored import settings_at

BARS = walked_bars(11, 120)
QUICK = {"screener.fast": 5, "screener.slow": 20}
GRID = {"hold_seconds": [86_400, 172_800, 259_200], "screener.threshold": [0.5, 0.7]}
CERTAIN = Edition("1.0+aaaaaaa", is_certain=True)
DIRTY = Edition("1.0+aaaaaaa-dirty", is_certain=False)


class FakeLedger:
    """Trials in memory."""

    def __init__(self, trials: Sequence[Trial] = (), version: str = CERTAIN.version) -> None:
        self.rows = {(trial.dataset, trial.configuration, version): trial for trial in trials}

    def save(self, trials, *, is_synthetic, code_version, run_id, made_at) -> None:
        self.rows |= {(trial.dataset, trial.configuration, code_version): trial for trial in trials}

    def known(self, dataset: str, configurations: Collection[str], code_version: str) -> Mapping[str, Trial]:
        found = ((one, self.rows.get((dataset, one, code_version))) for one in configurations)
        return {one: trial for one, trial in found if trial is not None}

    def sharpes(self, dataset: str) -> Mapping[str, float]:
        return {tried(one, version): row.sharpe for (of, one, version), row in self.rows.items() if of == dataset}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ETHUSD_1h.csv").write_text(bars_csv(BARS))
    return tmp_path


def plan(folder: Path, **changes: object) -> SweepPlan:
    values = {
        "bars": (BarsChoice(path=str(folder / "ETHUSD_1h.csv")),),
        "strategy": "holder",
        "settings": QUICK,
        "grid": GRID,
    }
    return SweepPlan(**(values | changes))


def prepared(folder: Path, **changes: object) -> PreparedSweep:
    return prepare_sweep(settings_at(folder), plan(folder, **changes))


def test_every_combination_is_tried_in_the_order_of_the_grid(folder):
    given = prepared(folder)
    found = [(one.hold_seconds, one.screener.threshold) for one in given.strategies]
    assert found == [(days * 86_400, threshold) for days in (1, 2, 3) for threshold in (0.5, 0.7)]
    assert len(set(given.sets[0].configurations)) == 6
    assert given.base["screener"]["fast"] == 5


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"bars": ()}, "expected bars to sweep over, found none"),
        ({"grid": {"hold_seconds": []}}, "expected values to try for 'hold_seconds', found none"),
        ({"grid": {"hold_seconds": [1, 1]}}, "expected each setting once in a sweep, found hold_seconds=1"),
        ({"grid": {"days": [1]}}, "a setting of LongHolder, found 'days'"),
        ({"grid": {"fraction": ["much"]}}, "Expected `float`"),
        ({"grid": {"screener.fast": [4, 30]}}, "fewer bars than the slow one, found 30 and 20"),
        ({"strategy": "cross", "settings": {"slow": 20}, "grid": {"fast": [5, 50]}}, "cross with fast=50, slow=20"),
        ({"grid": {"hold_seconds": list(range(1, 100_002))}}, "at most 100,000 trials in a sweep, found 100,001"),
        ({"window": -1}, "a window of 0 bars or more"),
        ({"window": 100_001}, "at most 100,000, found 100001"),
        ({"chunk": 0}, "units of 1 trial or more"),
        ({"cash": 0.0}, "cash above zero"),
        ({"strategy": "luck"}, "expected a strategy (cross, fusion"),
    ],
)
def test_a_mistake_is_told_before_anything_is_written(folder, changes, problem):
    with pytest.raises(ConfigurationError) as caught:
        prepared(folder, **changes)
    assert problem in str(caught.value)
    assert sorted(path.name for path in folder.iterdir()) == ["ETHUSD_1h.csv"]


def test_what_a_grid_begins_with_need_not_go_together(folder):
    """A slow mean of twenty is not slower than the usual fast one, which the grid leaves nowhere."""
    given = prepared(folder, strategy="cross", settings={"slow": 20}, grid={"fast": [5, 10]})
    assert [(one.fast, one.slow) for one in given.strategies] == [(5, 20), (10, 20)]


def test_bars_that_cannot_be_compared_are_refused(folder):
    first = plan(folder).bars[0]
    with pytest.raises(ConfigurationError, match="expected each asset once in a sweep, found ETH 2 times"):
        prepared(folder, bars=(first, first))
    later = datetime.fromtimestamp(int(BARS.opens_at[-10]), UTC)
    with pytest.raises(ConfigurationError, match="expected 16 bars of ETH or more, a block of time each, found 10"):
        prepared(folder, bars=(BarsChoice(path=first.path, start=later),))
    days = dataclasses.replace(BARS, opens_at=int(BARS.opens_at[0]) + 86_400 * np.arange(120), interval_seconds=86_400)
    (folder / "BTCUSD_1d.csv").write_text(bars_csv(days))
    both = (first, BarsChoice(path=str(folder / "BTCUSD_1d.csv")))
    with pytest.raises(ConfigurationError, match="bars of one length in a sweep, found those of 3,600 s and 86,400 s"):
        prepared(folder, bars=both)


def test_units_hold_everything_once_and_settings_of_one_screener_stand_together(folder):
    given = prepared(folder, chunk=2)
    layout = lay_out(given, plan(folder, chunk=2), FakeLedger(), CERTAIN)
    assert (layout.known, layout.missing) == ((), 6)
    thresholds = [[values["screener"]["threshold"] for values in unit.settings] for unit in layout.units]
    assert thresholds == [[0.5, 0.5], [0.5, 0.7], [0.7, 0.7]]
    remade = [strategy for unit in layout.units for strategy in unit.strategies()]
    assert sorted(remade, key=given.strategies.index) == list(given.strategies)
    assert [unit.name for unit in layout.units] == ["eth-1", "eth-2", "eth-3"]


def test_what_the_ledger_knows_is_not_made_again(folder):
    given = prepared(folder)
    known = run_trials(given.sets[0].bars, given.strategies[:4], given.sets[0].setup)
    layout = lay_out(given, plan(folder), FakeLedger(known), CERTAIN)
    assert {trial.configuration for trial in layout.known} == set(given.sets[0].configurations[:4])
    assert layout.missing == 2


def test_another_version_and_a_changed_checkout_take_nothing_from_the_ledger(folder):
    given = prepared(folder)
    known = run_trials(given.sets[0].bars, given.strategies, given.sets[0].setup)
    assert lay_out(given, plan(folder), FakeLedger(known), Edition("1.1+bbbbbbb", is_certain=True)).missing == 6
    assert lay_out(given, plan(folder), FakeLedger(known, DIRTY.version), DIRTY).missing == 6


def test_very_many_trials_make_larger_units_not_more_of_them(folder):
    wide = {"hold_seconds": list(range(1, 2_001))}
    layout = lay_out(prepared(folder, grid=wide), plan(folder, grid=wide, chunk=1), FakeLedger(), CERTAIN)
    assert len(layout.units) <= MOST_UNITS
    assert layout.missing == 2_000


def test_a_unit_whose_process_was_lost_is_told_and_what_would_hit_all_ends_the_sweep(folder):
    [unit] = lay_out(prepared(folder), plan(folder), FakeLedger(), CERTAIN).units
    [lost] = broken_off(unit, RuntimeError("the process ended abruptly")).failed
    assert (lost.asset, lost.trials, lost.problem) == ("ETH", 6, "RuntimeError: the process ended abruptly")
    for error in (ConfigurationError("no such module there"), StorageGoneError("no ledger"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            broken_off(unit, error)


@pytest.mark.parametrize(
    ("version", "is_checkout", "expected"),
    [
        ("1.0", False, True),
        ("1.0+aaaaaaa", True, True),
        ("1.0+aaaaaaa-dirty", True, False),
        ("1.0", True, False),
    ],
)
def test_only_a_version_of_one_state_of_the_code_is_certain(version, is_checkout, expected):
    assert is_certain_version(version, is_checkout=is_checkout) is expected


# --- the source of a strategy of one's own ------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with a strategy in a package, which imports from beside itself; importable."""
    name = f"own_{tmp_path.name.replace('-', '_')}"
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "rules.py").write_text("from . import numbers\nfrom helper_of_own import PART\nimport numpy\n")
    (package / "numbers.py").write_text("LIMIT = 3\n")
    (package / "unused.py").write_text("")
    (tmp_path / "helper_of_own.py").write_text("PART = 0.5\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield package
    for module in [one for one in sys.modules if one.startswith((name, "helper_of_own"))]:
        del sys.modules[module]
    importlib.invalidate_caches()


def digest(package: Path) -> str:
    found = source_digest(f"{package.name}.rules:Mine")
    assert found is not None
    return found


@pytest.mark.parametrize("file", ["rules.py", "numbers.py", "../helper_of_own.py"])
def test_a_change_in_what_a_strategy_is_made_of_is_another_version(own, file):
    before = digest(own)
    (own / file).write_text((own / file).read_text() + "\n# changed\n")
    assert digest(own) != before


def test_what_it_does_not_import_says_nothing(own):
    before = digest(own)
    (own / "unused.py").write_text("CHANGED = True\n")
    assert digest(own) == before


def test_what_a_strategy_imports_late_is_looked_at_and_not_run(own):
    heavy = own.parent / "helper_of_own_heavy"
    heavy.mkdir()
    (heavy / "__init__.py").write_text("raise RuntimeError('this was run')\n")
    (heavy / "sub.py").write_text("PART = 1\n")
    (own / "__init__.py").write_text("raise RuntimeError('this was run')\n")
    (own / "rules.py").write_text("def late():\n    import helper_of_own_heavy.sub\n")
    before = digest(own)
    (heavy / "sub.py").write_text("PART = 2\n")
    after = digest(own)
    (heavy / "__init__.py").write_text("raise RuntimeError('and this')\n")
    assert len({before, after, digest(own)}) == 3
    assert not any(one.startswith((own.name, heavy.name)) for one in sys.modules)


RULES = """
from helper_of_own import PART
from edgeworth.replay.strategies import LongHolder

class Mine(LongHolder, frozen=True, kw_only=True, tag=True):
    def on_bar(self, past, account):
        return ()
"""


@pytest.mark.parametrize("file", ["rules.py", "__init__.py", "../helper_of_own.py"])
def test_a_source_that_changed_since_it_was_imported_is_not_told_as_what_runs(own, folder, file):
    (own / "rules.py").write_text(RULES)
    name = f"{own.name}.rules:Mine"
    expected = source_digest(name)
    prepared(folder, strategy=name)
    before = edition_of(name)
    assert before.version.endswith(f"/{expected}")
    (own / file).write_text((own / file).read_text() + "# changed\n")
    with pytest.raises(ConfigurationError, match="changed since it was imported; start again"):
        prepared(folder, strategy=name)
    # What runs here is still the first, and called so.
    assert edition_of(name) == before
    (own / "rules.py").unlink()
    with pytest.raises(ConfigurationError, match=r"source of .*rules.* changed since it was imported"):
        prepared(folder, strategy=name)


def test_a_new_import_has_the_new_source(own, folder):
    (own / "rules.py").write_text(RULES)
    name = f"{own.name}.rules:Mine"
    prepared(folder, strategy=name)
    before = edition_of(name)
    (own / "rules.py").write_text(RULES + "# changed\n")
    for module in [one for one in sys.modules if one.startswith(own.name)]:
        del sys.modules[module]
    prepared(folder, strategy=name)
    assert edition_of(name) != before


def test_a_source_that_changes_while_it_is_imported_is_refused(own, folder):
    (own / "rules.py").write_text(f"{RULES}\nimport pathlib\npathlib.Path(__file__).write_text('# changed')\n")
    with pytest.raises(ConfigurationError, match="changed since it was imported"):
        prepared(folder, strategy=f"{own.name}.rules:Mine")


def test_a_process_that_imported_another_source_makes_no_trial_of_the_sweep(own, folder):
    """As a worker does that began after the file was changed, or that lies on another machine."""
    (own / "rules.py").write_text(RULES)
    name = f"{own.name}.rules:Mine"
    begun = Edition(version_of("1.0", source_digest(name)), is_certain=True)
    layout = lay_out(prepared(folder, strategy=name), plan(folder, strategy=name), FakeLedger(), begun)
    assert {unit.edition for unit in layout.units} == {begun}
    worker = (
        "import sys; from tasks.replay.editions import Edition, check_same, imported_edition; "
        "check_same(sys.argv[1], Edition(sys.argv[2], is_certain=True), imported_edition(sys.argv[1]))"
    )

    def ended() -> str:
        given = [sys.executable, "-c", worker, name, begun.version]
        paths = os.pathsep.join([str(own.parent), *sys.path])
        made = subprocess.run(
            given, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
        )
        return made.stderr

    assert ended() == ""
    (own.parent / "helper_of_own.py").write_text("PART = 0.75\n")
    assert "expected the source that the sweep began with" in ended()


def test_where_no_source_can_be_read_nothing_is_certain():
    assert source_digest("math:Mine") == UNREADABLE
    assert not edition_of("math:Mine").is_certain


def test_a_strategy_that_comes_with_edgeworth_has_its_version():
    assert source_digest("fusion") is None
    assert version_of("1.0") == "1.0"
    assert version_of("1.0", "abc") == "1.0/abc"
    assert tried("conf", "1.0") == tried("conf", "1.1") == "conf"
    assert tried("conf", "1.0/abc") == tried("conf", "1.1/abc") != tried("conf", "1.0/abd")


# --- how it is asked ----------------------------------------------------------------------------------------------------


def test_a_grid_is_read_from_words():
    assert grid_values(["threshold=0.3,0.4", "screener.fast = 12, 24", 'names=["a,b", true]', "kind=up,down"]) == {
        "threshold": (0.3, 0.4),
        "screener.fast": (12, 24),
        "names": ("a,b", True),
        "kind": ("up", "down"),
    }


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["threshold"], "expected NAME=VALUE,VALUE"),
        (["=1"], "expected NAME=VALUE,VALUE"),
        (["a="], "expected NAME=VALUE,VALUE"),
        (["a=1,,2"], "values between commas"),
        (["a=[]"], "values between commas"),
        (["a=1,1"], "each value once, found 1 twice"),
        (["a=1", "a=2"], "expected a once"),
    ],
)
def test_a_grid_that_cannot_be_meant_is_refused(given, problem):
    with pytest.raises(ConfigurationError, match=problem):
        grid_values(given)


def test_the_form_asks_what_a_plan_holds():
    assert set(SweepForm.model_fields) == set(SweepPlan.__struct_fields__)
    assert all(field.description for field in SweepForm.model_fields.values())
    asked = SweepPlan(
        bars=(BarsChoice(asset="ETH", start=datetime(2024, 1, 1, tzinfo=UTC)), BarsChoice(path="BTC.csv")),
        strategy="cross",
        settings={"slow": 96},
        grid={"fast": [6, 12], "fraction": [0.5]},
        fee_rate=0.0,
        chunk=3,
    )
    form = SweepForm.model_validate(json.loads(json.dumps(asked.flow_parameters()["sweep"], default=str)))
    assert form.plan() == asked
    assert sweep_name(form) == "sweep 2 settings of cross over ETH, BTC.csv"
    assert SweepForm(bars=[{"asset": "ETH"}]).plan() == SweepPlan(bars=(BarsChoice(asset="ETH"),))


@pytest.mark.parametrize(
    "wrong", [{"bars": []}, {"grid": {"fast": []}}, {"grid": {"fast": 3}}, {"chunk": 0}, {"cash": 0}, {"grids": {}}]
)
def test_a_form_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ValidationError):
        SweepForm.model_validate({"bars": [{"asset": "ETH"}]} | wrong)


def test_a_verdict_is_told_in_words_for_a_stranger():
    report = {
        "strategy": "cross",
        "made_now": 20,
        "taken_from_ledger": 4,
        "earlier_trials": 76,
        "trials_counted": 100,
        "seconds": 2.0,
        "trials": [{"metrics": {"sharpe": 1.5}}],
        "deflated_sharpe": 0.9004,
        "overfitting": {"ETH": 0.5, "BTC": None},
    }
    said = "\n".join(told(report))
    assert "24 trials, 20 made in 2.0 s, 4 known from the ledger; 76 others were tried on these bars before" in said
    assert "The deflated Sharpe ratio of the best is 90.0 %" in said
    assert "better than the best of 100 worthless trials would look" in said
    assert "below the usual demand of 95\N{NO-BREAK SPACE}%" in said
    assert "ETH" in said
    assert "50.0 % of the ways" in said
    assert "BTC" not in said
    assert "passes the usual demand" in "\n".join(told(report | {"deflated_sharpe": 0.96}))
    assert "cannot be said" in "\n".join(told(report | {"deflated_sharpe": None}))
    still = report | {"deflated_sharpe": None, "trials": [{"metrics": {"sharpe": None}}]}
    assert "never moved: it has no Sharpe ratio to deflate" in "\n".join(told(still))
    assert "nothing to judge" in "\n".join(told(report | {"trials": []}))
