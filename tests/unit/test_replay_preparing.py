"""What a replay is asked is checked before anything is written: bars, strategy, costs, candidates."""

from __future__ import annotations

import importlib.util
import re
import sys
import time
from pathlib import Path

import pytest

from edgeworth.errors import ConfigurationError
from edgeworth.replay.candidates import candidates_text
from edgeworth.replay.loop import ReplaySetup
from edgeworth.replay.parity import certify
from edgeworth.replay.screener import screen
from edgeworth.replay.strategies import CrossFollower, Fusion
from tasks.replay.bars import read_bars
from tasks.replay.plan import BarsChoice, ReplayPlan
from tasks.replay.steps import prepare
from tasks.replay.strategies import build_strategy, strategy_grid
from tasks.settings import Settings
from tests.replaying import bars_csv, walked_bars


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", results_dir=tmp_path / "results")


@pytest.fixture
def eth(tmp_path: Path) -> Path:
    path = tmp_path / "ETHUSD_1h.csv"
    path.write_text(bars_csv(walked_bars(1)))
    return path


def plan(path: Path | str, **changes) -> ReplayPlan:
    return ReplayPlan(bars=BarsChoice(path=str(path)), **changes)


def refused(settings: Settings, asked: ReplayPlan) -> str:
    """What is said; nothing was written."""
    with pytest.raises(ConfigurationError) as caught:
        prepare(settings, asked)
    assert not settings.data_dir.exists()
    assert not settings.results_dir.exists()
    return str(caught.value)


def test_bars_of_a_file_are_those_of_the_file(settings, eth):
    given = prepare(settings, plan(eth))
    assert given.bars.close.tolist() == walked_bars(1).close.tolist()
    assert given.read.told.source == "ETHUSD_1h.csv"
    assert given.read.told.gap_count == int((walked_bars(1).gaps > 0).sum())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ETHUSD_1h.csv"),
        ("datetime,open,high,low,close,volume\n", "found a header and no row"),
        ("datetime,open,high,low,close,volume\n2020-09-19 10:00:00,1,1,1,1,1\n", "at least two bars of ETH, found 1"),
        (
            "datetime,open,high,low,close,volume\n2020-09-19 10:00:00,1,2,1,1,0\n2020-09-19 11:00:00,1,1,1,1,5\n",
            "expected a flat bar where the volume is zero",
        ),
        (
            "datetime,open,high,low,close,volume\n2020-09-19 10:00:00,1,1,1,1,0\n2020-09-19 11:00:00,1,1,1,1,0\n",
            "expected bars in which something traded",
        ),
        (
            "datetime,open,high,low,close,volume\n2020-09-19 10:00:00,1,1,1,-1,5\n2020-09-19 11:00:00,1,1,1,1,5\n",
            "line 2: expected a price above 0 in close, found '-1'",
        ),
    ],
)
def test_bars_that_cannot_be_replayed(settings, tmp_path, text, words):
    path = tmp_path / "ETHUSD_1h.csv"
    path.write_text(text)
    said = refused(settings, plan(path))
    assert words in said
    assert "ETHUSD_1h.csv" in said


def test_a_file_that_is_not_there_and_a_folder(settings, tmp_path):
    assert "missing.csv" in refused(settings, plan(tmp_path / "missing.csv"))
    (tmp_path / "folder").mkdir()
    assert "expected a file with a table of bars, found the folder" in refused(settings, plan(tmp_path / "folder"))


def test_candidates_of_other_bars_or_of_another_asset(settings, tmp_path, eth):
    path = tmp_path / "candidates.jsonl"
    others = screen(walked_bars(2), CrossFollower().screener).candidates()
    path.write_text(candidates_text(others))
    said = refused(settings, plan(eth, candidates=str(path)))
    assert "candidates.jsonl" in said
    assert "found one of other bars of ETH" in said
    path.write_text(candidates_text(others).replace('"asset":"ETH"', '"asset":"BTC"'))
    assert "expected candidates of ETH, found one of 'BTC'" in refused(settings, plan(eth, candidates=str(path)))
    path.write_text("{}\n")
    assert "line 1: expected a candidate" in refused(settings, plan(eth, candidates=str(path)))
    assert "expected a file that can be read" in refused(settings, plan(eth, candidates=str(tmp_path / "none.jsonl")))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strategy": "magic"}, "expected a strategy (cross, fusion, holder, dip) or module:Class"),
        ({"settings": {"thresold": 0.3}}, "expected a setting of Fusion, found 'thresold'"),
        ({"settings": {"threshold": "high"}}, "expected settings of Fusion"),
        ({"settings": {"screener.threshold": 7}}, "threshold above 0 and up to 1, found 7"),
        ({"cash": 0.0}, "expected an amount of cash above zero"),
        ({"fee_rate": 2.0}, "expected a fee from 0 to 1"),
        ({"half_spread": -0.1}, "expected spread and slippage from 0 to 1"),
        ({"window": -1}, "expected a window of 0 bars or more"),
        ({"window": 10**23}, "at most 100,000, found 100000000000000000000000"),
        ({"strategy": "cross", "settings": {"ranges": 0}}, "cross with ranges=0: expected an indicator over two bars"),
        ({"strategy": "cross", "settings": {"slow": 10**23}}, "an indicator over two bars or more, at most 1,000,000"),
        ({"settings": {"screener.slow": 10**23}}, "an indicator over two bars or more, at most 1,000,000"),
        ({"settings": {"screener.session_seconds": 10**23}}, "a session of a second or more, at most of 366 days"),
        ({"settings": {"trigger_bars": -3}}, "expected a trigger in one bar or more, at most 1,000,000, found -3"),
    ],
)
def test_strategies_and_costs_that_cannot_be_meant(settings, eth, changes, words):
    assert words in refused(settings, plan(eth, **changes))


def test_bars_too_few_to_be_cut_are_refused_where_cuts_are_asked_for(settings, tmp_path):
    path = tmp_path / "ETHUSD_1h.csv"
    path.write_text(bars_csv(walked_bars(1, 2, gaps=0)))
    assert "expected 3 bars of ETH or more, so that they can be cut short" in refused(settings, plan(path, cuts=4))
    prepare(settings, plan(path))


def test_bars_are_named_once(settings, eth):
    for choice in (BarsChoice(), BarsChoice(path=str(eth), asset="ETH")):
        with pytest.raises(ConfigurationError, match="a file, an asset or a market"):
            read_bars(settings, choice)


# --- strategies -------------------------------------------------------------------------------------------------------


def test_settings_reach_within():
    assert build_strategy("fusion", {"screener.threshold": 0.9, "threshold": 0.2}) == Fusion(
        threshold=0.2, screener=Fusion().screener.__class__(regime=Fusion().screener.regime, threshold=0.9)
    )


def test_a_grid_is_every_combination_over_fixed_settings():
    made = strategy_grid("cross", {"fast": [6, 12], "slow": [24, 48]}, {"fraction": 0.1, "fast": 3})
    assert [(one.fast, one.slow, one.fraction) for one in made] == [
        (6, 24, 0.1),
        (6, 48, 0.1),
        (12, 24, 0.1),
        (12, 48, 0.1),
    ]


OWN = """
from msgspec import Struct
from edgeworth.replay.strategies import CrossFollower
class Mine(CrossFollower, frozen=True, kw_only=True, tag=True):
    extra: int = 3
class Plain:
    pass
class Needs(CrossFollower, frozen=True, kw_only=True):
    days: int
class Picky(CrossFollower, frozen=True, kw_only=True):
    def __post_init__(self):
        raise KeyError("never today")
class Unnamed(CrossFollower, frozen=True, kw_only=True):
    @property
    def name(self):
        return None
class Blind(CrossFollower, frozen=True, kw_only=True):
    screener: None = None
class Back(CrossFollower, frozen=True, kw_only=True):
    @property
    def lookback(self):
        return 0
class Odd(CrossFollower, frozen=True, kw_only=True):
    @property
    def indicators(self):
        return {"mean": 3}
class Broken(CrossFollower, frozen=True, kw_only=True):
    @property
    def lookback(self):
        raise RuntimeError("x" * 10_000)
class Mutable(Struct):
    pass
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    (tmp_path / "own_strategies.py").write_text(OWN)
    yield
    for name in ("own_strategies", "broken_module"):
        sys.modules.pop(name, None)


def test_a_strategy_of_ones_own_lies_where_one_stands(own):
    assert build_strategy("own_strategies:Mine", {"extra": 5, "fast": 3}).extra == 5


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("own_strategies:Plain", "expected a class made of msgspec.Struct"),
        ("own_strategies:None_", "found nothing"),
        ("no_such_module_here:Mine", "expected a module that can be imported"),
        (":Mine", "expected a module that can be imported in ':Mine', found ValueError"),
        (".own_strategies:Mine", "expected a module that can be imported in '.own_strategies:Mine', found TypeError"),
        ("own_strategies:Mutable", "expected a class with frozen=True .*, found one that can be changed"),
        ("own_strategies:Needs", "^own_strategies:Needs: TypeError: Missing required argument 'days'"),
        ("own_strategies:Picky", "^own_strategies:Picky: KeyError: 'never today', in own_strategies.py:12$"),
        ("own_strategies:Unnamed", "^own_strategies:Unnamed with its usual settings: expected str as its name, found"),
        ("own_strategies:Blind", "Blind with its usual settings: expected Screener as its screener, found NoneType"),
        ("own_strategies:Back", "Back with its usual settings: expected a lookback of one bar or more, found 0"),
        ("own_strategies:Odd", "Odd with its usual settings: expected an indicator as 'mean', found int"),
        ("own_strategies:Broken", r"Broken with .*: RuntimeError: x{300} … .9,700 more.*, in own_strategies.py:30$"),
    ],
)
def test_what_is_no_strategy_of_ones_own(own, name, words):
    with pytest.raises(ConfigurationError, match=words):
        build_strategy(name, {})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def f(:\n", r"SyntaxError: invalid syntax \(broken_module.py, line 1\)$"),
        ("\n1 / 0\n", "ZeroDivisionError: division by zero, in broken_module.py:2$"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3, in broken_module.py:2$"),
        ("raise ValueError('one\\ntwo')\n", "ValueError: one two, in broken_module.py:1$"),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_with_its_line(own, tmp_path, source, words):
    (tmp_path / "broken_module.py").write_text(source)
    with pytest.raises(ConfigurationError, match=f"imported in 'broken_module:Mine', found {words}"):
        build_strategy("broken_module:Mine", {})


def test_a_file_in_the_users_folder_hides_no_module_of_anybody_else(own, tmp_path):
    """A `this.py` of the user's beside their strategy; Python has one too, which nobody has imported yet."""
    (tmp_path / "this.py").write_text("raise RuntimeError('not the one that was meant')\n")
    build_strategy("own_strategies:Mine", {})
    found = importlib.util.find_spec("this")
    assert found is not None
    assert Path(str(found.origin)).parent != tmp_path


def test_the_strategy_that_the_documentation_shows(tmp_path, monkeypatch):
    """It is sound for its screener, and a replay around candidates comes to what the full one comes to."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "replay.md").read_text(encoding="utf-8")
    strategy, indicator = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    used = strategy.replace('"score": self.screener}', '"score": self.screener, "reach": Reach()}')
    assert used != strategy
    (tmp_path / "mystrategies.py").write_text(f"{used}\n\n{indicator}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    try:
        strategy = build_strategy("mystrategies:Breakout", {"bars": 24})
        bars, setup = walked_bars(3, 3_000), ReplaySetup()
        found = certify(bars, strategy, strategy.screener, setup, code_version="test", timer=time.perf_counter)
    finally:
        sys.modules.pop("mystrategies", None)
    assert found.equal, found.first_divergence
    assert found.soundness.is_sound
    assert found.trades > 10
