"""Every command that the README and the pages of the documentation show.

Each parses: the command, its options and their values exist. Those in blocks, which a reader copies, are also run here on
a small synthetic world, run by another test, or named below with the reason why they are not. A new one fails until it is.
"""

from __future__ import annotations

import gzip
import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from edgeworth.adapters.synthetic.gamma_payloads import gamma_event
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue
from flows.cli import app
from tests.edgeworth_command import Ended, run
from tests.replaying import bars_csv, walked_bars

pytestmark = pytest.mark.xdist_group("documented-commands")

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "results/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "deployments").rglob("*.md")),
)
PROGRAMS = ("edgeworth", "make", "prefect")
NO_PREFECT = "--no-prefect"
A_MARKET = "kalshi:KXNFLGAME-26OCT08TBDAL-DAL"
"""Stands for any market; another takes its place where the command is run."""


class Shown(NamedTuple):
    """A command on a page; ``is_copied`` when it stands in a block, and not in a sentence that only names it."""

    page: str
    text: str
    is_copied: bool

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


@cache
def shown() -> tuple[Shown, ...]:
    """Every command on every page, once a page."""
    return tuple(dict.fromkeys(one for page in PAGES for one in on_page(page)))


def on_page(page: Path) -> Iterator[Shown]:
    text, name = page.read_text(encoding="utf-8"), page.relative_to(ROOT).as_posix()
    blocks = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for language, block in blocks.findall(text):
        if language in {"", "bash", "console", "sh", "shell"}:
            for line in block.splitlines():
                if command := plain(line):
                    yield Shown(name, command, is_copied=True)
    for span in re.findall(r"`([^`]+)`", blocks.sub("", text)):
        # The name of a program alone, or with words after it; never a path or a file.
        if (command := plain(span)) and " " in command:
            yield Shown(name, command, is_copied=False)


def plain(line: str) -> str | None:
    """The command in ``line`` without its comment and what is set before it; ``None`` when it is no command of ours."""
    text = " ".join(re.sub(r"\s#\s.*", "", line.removeprefix("$ ")).split())
    text = re.sub(r"^(?:[A-Z_]+=\S+ )+", "", text)
    text = re.sub(r"\s(?:\d?>|&|\|).*", "", text)  # where its output goes is the shell's business
    return text if text.partition(" ")[0] in PROGRAMS else None


def named(one: Shown) -> str:
    return f"{one.page}: {one.text}"


# --- what is shown exists ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", shown(), ids=named)
def test_a_command_that_is_shown_parses(one):
    {"edgeworth": parse_ours, "make": parse_make, "prefect": parse_prefect}[one.words[0]](one)


def parse_ours(one: Shown) -> None:
    """As the command line does, without doing it: a wrong name, option or value raises."""
    command: Any = typer.main.get_command(app)
    context, words = None, one.words[1:]
    name = "edgeworth"
    while True:
        try:
            context = command.make_context(name, list(words), parent=context)
        except typer._click.exceptions.MissingParameter:  # type: ignore[attr-defined]
            assert not one.is_copied, one.text  # a sentence may name a command without what it needs
            return
        except typer._click.exceptions.NoArgsIsHelpError:  # type: ignore[attr-defined]
            return
        except typer.Exit:
            return  # --help
        if not hasattr(command, "resolve_command"):
            return
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])


def parse_make(one: Shown) -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    asked = [word for word in one.words[1:] if "=" not in word]
    assert set(asked) <= set(targets)


def parse_prefect(one: Shown) -> None:
    from prefect.cli._app import _app

    if one.is_copied or len(one.words) > 2:
        _app.parse_args(one.words[1:], print_error=False, exit_on_error=False)


# --- what a reader copies was run -------------------------------------------------------------------------------------

SMALL = (NO_PREFECT, "--limit", "24", "--no-history", "--top-volume", "2")

RUN_HERE: dict[str, tuple[str, ...]] = {
    "edgeworth run --source synthetic --full --json": SMALL,
    "edgeworth run --source file:markets.json.gz": (NO_PREFECT, "--top-volume", "2", "--no-fetch"),
    "edgeworth ingest --source file:markets.json.gz": (NO_PREFECT,),
    "edgeworth ingest --source file:BTCUSDT_1h.csv": (NO_PREFECT,),
    "edgeworth markets list --category crypto --status open": (),
    f"edgeworth markets show {A_MARKET}": (),
    "edgeworth discover": (NO_PREFECT, "--no-fetch"),
    f"edgeworth discover --market {A_MARKET}": (NO_PREFECT, "--no-fetch"),
    "edgeworth simulate --breaking 10 --category crypto --author builtin": (NO_PREFECT, "--no-fetch"),
    "edgeworth ingest --source synthetic": (NO_PREFECT, "--limit", "24", "--no-history"),
    "edgeworth evaluate forecasts": (),
    "edgeworth evaluate matching --pairs pairs.jsonl": (),
    "edgeworth doctor": ("--offline",),
    "edgeworth screen --bars ETHUSDT_1h.csv.gz": (NO_PREFECT,),
    "edgeworth replay --bars ETHUSDT_1h.csv.gz": (NO_PREFECT,),
    "edgeworth parity --bars ETHUSDT_1h.csv.gz --start 2025-06-15 --end 2025-09-30": (NO_PREFECT,),
    "edgeworth sweep --bars ETHUSDT_1h.csv.gz --grid threshold=0.3,0.4,0.5": (NO_PREFECT,),
}
"""Each with what is added to it, so that it takes seconds and asks nobody."""

DEPLOYMENT_RUN = (
    """prefect deployment run simulate-batch/manual --param 'batch={"mode": "top_volume", "count": 5}' --watch"""
)

RUN_ELSEWHERE = {
    "make demo": "tests/adapters/test_cli_run.py",
    "edgeworth setup": "tests/flow_runs/test_set_up.py",
    "edgeworth simulate": "tests/adapters/test_cli_simulate.py",
    "edgeworth venue": "tests/adapters/test_synthetic_official_polymarket.py",
    "edgeworth serve": "tests/adapters/test_cli_serve.py",
    "prefect server start": "tests/browser/take_prefect_pictures.py",
    "prefect worker start --pool edgeworth": "tests/flow_runs/test_scheduling.py",
    DEPLOYMENT_RUN: "tests/flow_runs/test_scheduled_batch.py",
}

NOT_RUN = {
    "make test": "it runs this",
    "edgeworth run": "asks the real venues; as run --source synthetic",
    "edgeworth run --trending 20 --category crypto --max-usd 5": "asks the real venues; as run --source synthetic",
    "edgeworth ingest": "asks the real venues; as ingest --source file",
    "edgeworth ingest --source polymarket --full": "asks the real venues; tests/adapters/test_polymarket_synthetic.py",
    "edgeworth serve --open": "opens a browser; as serve",
    "edgeworth serve --port 9000 --open": "opens a browser; as serve",
    "prefect block ls": "Prefect's own",
    "prefect automation create --from-file mine.yaml": "Prefect's own; tests/unit/test_batch_events.py reads the files",
}
"""Why a command that is shown is only parsed."""


def copied() -> set[str]:
    return {one.text for one in shown() if one.is_copied}


def test_every_command_that_a_reader_copies_is_run_or_says_why_not():
    known = [*RUN_HERE, *RUN_ELSEWHERE, *NOT_RUN]
    assert copied() - set(known) == set()
    assert len(known) == len(set(known))


def test_nothing_is_listed_that_no_page_shows_any_more():
    assert {*RUN_HERE, *RUN_ELSEWHERE, *NOT_RUN} - copied() == set()


@pytest.mark.parametrize("test", sorted(set(RUN_ELSEWHERE.values())))
def test_the_other_tests_are_there(test):
    assert (ROOT / test).is_file()


# --- they really run --------------------------------------------------------------------------------------------------

SETTINGS = {"EMBEDDING_MODEL": "lexical", "EDGEWORTH_SANDBOX": "local"} | {
    f"{name}_API_KEY": "" for name in ("OPENAI", "ANTHROPIC", "DAYTONA", "EXA", "PERPLEXITY", "OPENROUTER")
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands are typed: the files that they name, and a catalogue of the synthetic world."""
    folder = tmp_path_factory.mktemp("documented")
    world = World.with_market_count(20, as_of=datetime(2026, 11, 21, 12, tzinfo=UTC))
    events = [gamma_event(world, one, with_markets=True) for one in world.listed(Venue.SYNTHETIC_POLYMARKET)]
    (folder / "markets.json.gz").write_bytes(gzip.compress(json.dumps(events).encode()))
    bars = [f"2026-11-20 {hour:02d}:00:00,100,101,99,100,5" for hour in range(24)]
    (folder / "BTCUSDT_1h.csv").write_text("\n".join(["time,open,high,low,close,volume", *bars]) + "\n")
    (folder / "ETHUSDT_1h.csv.gz").write_bytes(gzip.compress(bars_csv(walked_bars(1, 2_700)).encode()))
    pair = {"a": "Rain in Oslo?", "b": "Rain in Oslo today?", "label": "same"}
    (folder / "pairs.jsonl").write_text(json.dumps(pair) + "\n")
    return folder


@pytest.fixture(scope="module")
def main_job(folder: Path) -> Ended:
    """The first of them, which fills the catalogue for the others."""
    return typed(folder, "edgeworth run --source synthetic --full --json")


@pytest.fixture(scope="module")
def a_market(folder: Path, main_job: Ended) -> str:
    """One that the catalogue holds."""
    return run(folder, "markets", "list", "--json", "--limit", "1", **SETTINGS).json["markets"][0]["market_id"]


def typed(folder: Path, command: str, **words: str) -> Ended:
    arguments = [words.get(word, word) for word in shlex.split(command)[1:]]
    return run(folder, *arguments, *RUN_HERE[command], **SETTINGS)


def test_the_main_job_runs_as_shown(main_job):
    assert main_job.code == 0, main_job.err
    assert main_job.json["markets"] == 2


@pytest.mark.parametrize("command", [command for command in RUN_HERE if "--json" not in command])
def test_a_command_runs_as_shown(folder, a_market, command):
    ended = typed(folder, command, **{A_MARKET: a_market})
    assert ended.code == 0, ended.out + ended.err
    assert ended.out.strip()


def test_the_example_in_python_runs_as_shown(folder, main_job, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(folder)
    exec(compile(example, "README.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) <= 10
