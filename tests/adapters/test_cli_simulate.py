"""``edgeworth simulate`` as a person and as a machine start it: the menu in a real terminal, and what is refused.

One catalogue of a few recorded markets serves all, because each process takes a while to start.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import main
from tests.edgeworth_command import Ended, ingested, run
from tests.terminal import CTRL_C, CTRL_D, Terminal, in_terminal

NO_KEYS = {f"{name}_API_KEY": "" for name in ("OPENAI", "ANTHROPIC", "DAYTONA", "EXA", "PERPLEXITY", "OPENROUTER")}

HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202eevil [bold]x[/]\r\n" + "w\u0301" * 5_000


def market(number: int, question: str, tag: str, **changes) -> dict:
    return {
        "id": str(number),
        "conditionId": f"0x{number:064x}",
        "slug": f"market-{number}",
        "question": question,
        "description": "Yes if so.",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.25", "0.75"]',
        "clobTokenIds": f'["{number}1", "{number}2"]',
        "active": True,
        "closed": False,
        "endDate": "2099-12-01T00:00:00Z",
        "updatedAt": "2026-11-01T00:00:00Z",
        "volumeNum": 10_000 * number,
        "volume24hr": 100 * number,
        "oneDayPriceChange": number / 100,
        "tags": [{"slug": tag, "label": tag}],
        **changes,
    }


MARKETS = [
    market(1, "Will it rain?", "weather", volumeNum=9_999),
    market(2, "Will the rate be cut?", "fed-rates"),
    market(3, "Will the rate be raised?", "fed-rates", oneDayPriceChange=0),
    market(4, HOSTILE, "crypto"),
    *(market(number, f"Will team {number} win?", "sports") for number in range(5, 17)),
    market(17, "Who won?", "sports", closed=True, outcomePrices='["1", "0"]', umaResolutionStatus="resolved"),
]
"""16 are open, one of them below the floor; sports are busiest, and the higher number the busier."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulate")
    (folder / "markets.json").write_text(json.dumps(MARKETS))
    assert ingested(folder, "--source", "file:markets.json")["created"] == len(MARKETS)
    return folder


def market_id(number: int) -> str:
    return f"polymarket:0x{number:064x}"


def begun(folder: Path) -> list[Path]:
    """Folders of batches; an ingest has one too."""
    return [path for path in (folder / "results").glob("*/") if not path.name.startswith("ingest_")]


# --- the menu in a terminal -----------------------------------------------------------------------------------------------


def main_menu(terminal: Terminal, choice: str) -> str:
    return terminal.answers("Choice: ", choice)


def last_look(terminal: Terminal, answer: str) -> str:
    """What is said before a batch starts, in one line."""
    return " ".join(terminal.answers("q quits: ", answer).split())


def test_each_ranking_is_shown_before_it_starts_and_quitting_begins_nothing(folder):
    with in_terminal(folder, "simulate", **NO_KEYS) as terminal:
        told = main_menu(terminal, "1")
        for line in (
            "1 Top 10 by Volume",
            "2 Top 10 Trending",
            "3 Breaking by category",
            "4 Custom",
            "5 Single",
            "q Quit",
        ):
            assert line in " ".join(told.split())
        told = last_look(terminal, "b")
        assert re.search(r" 1 Will team 16 win\? .* 2 Will team 15 win\?.* 10 Will team 7 win\?", told)
        assert "10 of 16 open markets; 5 ranked lower, 1 below $10,000." in told
        for fact in (
            "Markets 10",
            "Author built-in models; no language model is set up",
            "Research none; no service is set up",
            "Sandbox this machine, confined",
            "Draws at most 100 of each model",
            "Cost $0",
            f"Results {folder / 'results'}/top_volume_<date>_<time>/",
        ):
            assert fact in told
        main_menu(terminal, "2")
        assert "trending_<date>" in last_look(terminal, "b")
        main_menu(terminal, "3")
        told = main_menu(terminal, "5")
        assert re.search(r"1 Politics 2 World 3 Sports 4 Crypto 5 Finance b Back", " ".join(told.split()))
        told = last_look(terminal, "q")
        assert "1 Will the rate be cut?" in told
        assert "1 of 16 open markets; 14 outside finance, 1 without a price change." in told
        assert terminal.ends() == 0
    assert begun(folder) == []


def test_markets_are_picked_from_pages_by_numbers_and_words(folder):
    with in_terminal(folder, "simulate", "--runs", "7", **NO_KEYS) as terminal:
        main_menu(terminal, "4")
        assert "1-10 of 16." in terminal.answers("Pick: ", "1,3-5")
        assert "Enter goes on with 4." in terminal.answers("Pick: ", "n")
        assert "11-16 of 16." in terminal.answers("Pick: ", "rate")
        assert "1-2 of 2 with rate." in terminal.answers("Pick: ", "2")
        terminal.answers("Pick: ", "")
        told = last_look(terminal, "b")
        assert re.search(r"1 Will team 16 .*2 Will team 14 .*4 Will team 12 .*5 Will the rate be cut\?", told)
        assert "Markets 5" in told
        assert "Draws at most 7 " in told
        main_menu(terminal, "5")
        terminal.answers("b goes back): ", "rate")
        terminal.answers("Pick: ", "1")
        told = last_look(terminal, "b")
        assert "1 Will the rate be raised?" in told
        assert "results/market_<date>" in told
        main_menu(terminal, "5")
        terminal.answers("b goes back): ", "market-17")
        assert "expected an open market, found one that is resolved" in " ".join(
            terminal.shows("No market fits").split()
        )
        terminal.presses(CTRL_D)
        assert terminal.ends() == 0


def test_nonsense_and_hostile_text_in_a_narrow_terminal(folder):
    """Keys that type nothing, bytes that are no text, far numbers; and a question that would clear the screen."""
    with in_terminal(folder, "simulate", columns=40, **NO_KEYS) as terminal:
        for nonsense in ("", "9", "\x1b[A\x1b[B", "\udcff\udcfe", "x" * 300, "[red]"):
            main_menu(terminal, nonsense)
            terminal.shows("expected 1 to 5")
        main_menu(terminal, "4")
        for nonsense in ("0", "17", "5-1", "1-999999999", "-", "no such words"):
            terminal.answers("Pick: ", nonsense)
        terminal.answers("Pick: ", "13")
        terminal.answers("Pick: ", "")
        shown = terminal.shows("q quits: ")
        for harmless in (r"\x1b[2J\x1b]0;owned\x07\u202eevil", "[bold]x[/]"):
            assert harmless in shown
        assert max(map(len, unicodedata.normalize("NFC", shown).splitlines())) <= 40
        assert len(shown) < 2_000
        terminal.types("q")
        assert terminal.ends() == 0
        ours = re.sub(r"\^\[\[[AB]", "", terminal.seen)
        assert {each for each in ours if unicodedata.category(each) in {"Cc", "Cf", "Cs"}} <= {"\n", "\ufffd"}


@pytest.mark.parametrize(("choice", "prompt"), [("", "Choice: "), ("1", "q quits: ")], ids=["menu", "last look"])
def test_ctrl_c_ends_at_once_without_a_traceback(folder, choice, prompt):
    with in_terminal(folder, "simulate", **NO_KEYS) as terminal:
        if choice:
            main_menu(terminal, choice)
        terminal.shows(prompt)
        terminal.presses(CTRL_C)
        assert terminal.ends() == 130
        assert "Interrupted." in terminal.seen


def test_the_list_comes_first_when_it_is_asked_for_also_for_a_machine(folder):
    """The menu is shown on standard error, so that standard output is left to the answer."""
    with in_terminal(folder, "simulate", "--pick", "--json", **NO_KEYS) as terminal:
        terminal.answers("Pick: ", "q")
        assert terminal.ends() == 0


# --- what is refused, before anything is begun ----------------------------------------------------------------------------


@pytest.fixture
def refused(folder, monkeypatch, capsys) -> Callable[..., Ended]:
    """The command in this process: nothing is begun, so nothing is left behind but what it says."""
    before = signal.getsignal(signal.SIGTERM)

    def refused(*arguments: str, at: Path = folder) -> Ended:
        monkeypatch.setenv("EDGEWORTH_DATA_DIR", str(at / "data"))
        monkeypatch.setenv("EDGEWORTH_RESULTS_DIR", str(at / "results"))
        monkeypatch.setattr(sys, "argv", ["edgeworth", "simulate", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        signal.signal(signal.SIGTERM, before)
        shown = capsys.readouterr()
        return Ended(end.value.code, shown.out, shown.err)

    return refused


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pick"], ["--pick needs a terminal", "--market SLUG"]),
        (["--json"], ["without a terminal", "--top-volume N"]),
        (["--trending", "3", "--market", "market-2"], ["--trending and --market contradict each other"]),
        (["--category", "weather"], ["--category", "politics, world, sports, crypto, finance", "'weather'"]),
        (["--market", "market-2", "--market", "x\x1b[31m"], ["market id, venue key or slug", r"x\x1b[31m"]),
        (["--trending", "3", "--sandbox", "daytona"], ["DAYTONA_API_KEY is not set", "--sandbox local"]),
        (["--trending", "3", "--sandbox", "moon"], ["sandbox", "auto, local, daytona, unsafe", "'moon'"]),
        (
            ["--trending", "3", "--author", "language-model"],
            ["ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENROUTER_API_KEY", "--author builtin"],
        ),
        (["--trending", "3", "--name", "../up"], ["--name", "'../up'"]),
        (["--trending", "3", "--as-of", "2026-02-13"], ["--as-of", "such as 2026-02-13T00:00:00Z", "none"]),
        (
            ["--trending", "3", "--as-of", "2099-01-01T00:00:00Z"],
            ["--as-of", "has passed", "2099-01-01T00:00:00+00:00"],
        ),
        (["--trending", "3", "--as-of", "yesterday"], ["--as-of", "2026-02-13T19:26:13Z", "'yesterday'"]),
        (["--trending", "3", "--max-seconds", "0"], ["--max-seconds", "more than 0"]),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(folder, refused, arguments, words):
    refused(*arguments).says(2, "Error:", *words)
    assert begun(folder) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--top-volume", "0"],
        ["--trending", "many"],
        ["--breaking", "1001"],
        ["--category", "crypto", "-n", "0"],
        ["--author", "me"],
        ["--models", "0"],
        ["--runs", "0"],
        ["--standard-error", "-1"],
        ["--max-usd", "-1"],
        ["--seed", "-1"],
        ["--category"],
        ["--modles", "2"],
    ],
)
def test_an_option_that_cannot_be_meant_is_named(refused, arguments):
    done = refused(*arguments)
    assert (done.code, done.out) == (2, "")
    assert arguments[-2 if len(arguments) > 1 else 0] in done.err
    assert "Traceback" not in done.err


def test_an_empty_catalogue_says_what_brings_markets(refused, tmp_path):
    refused("--trending", "3", at=tmp_path).says(2, "Error:", "run `edgeworth ingest` first")


def test_a_process_without_a_terminal_and_without_a_choice_names_the_options(folder):
    choices = "--top-volume N, --trending N, --breaking N, --category NAME or --market SLUG"
    run(folder, "simulate", **NO_KEYS).says(2, "Error:", "without a terminal", choices)
    assert begun(folder) == []


def test_help_has_examples_that_begin_with_the_command(folder):
    done = run(folder, "simulate", "--help", COLUMNS="120")
    assert (done.code, done.err) == (0, "")
    assert len(re.findall(r"^\s+edgeworth simulate\b", done.out, re.MULTILINE)) >= 4
    assert not re.search(r"│ -\w\s", done.out)
