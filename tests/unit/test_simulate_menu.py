"""The menu of ``edgeworth simulate`` without a terminal: lines in, a plan or nothing out.

25 open markets: number n has traded (26 - n) thousand dollars, so that the list is in the order of the numbers; those
with an odd number have moved by n/10 cents; categories take turns, beginning with world at 1.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from edgeworth.markets.categories import CATEGORIES
from edgeworth.markets.market import Market, MarketStatus, Outcome
from edgeworth.markets.universe import Selection, UniverseMode, UniverseRule, select_universe
from edgeworth.units import PriceMicros
from flows.commands.simulate_menu import MenuStart, cleaned, run_menu
from tasks.simulation.plan import AuthorChoice, SimulatePlan
from tests.builders import NOON, a_market

PLAN = SimulatePlan(runs=50, author=AuthorChoice.BUILTIN, seed=4)


def market(number: int, **changes) -> Market:
    plain = {
        "question": f"Question {number} of all?",
        "slug": f"slug-{number}",
        "volume_usd": (26 - number) * 1_000.0,
        "volume_24h_usd": number * 10.0,
        "price_change_24h": number % 2 * number * 1_000,
        "category": CATEGORIES[number % 5],
        "outcomes": (Outcome(label="Yes", price=PriceMicros(250_000)), Outcome(label="No")),
    }
    return a_market(f"m{number}", **(plain | changes))


MARKETS = [market(number) for number in range(1, 26)]


class Shelf:
    """A catalogue in memory."""

    def __init__(self, markets: Sequence[Market] = MARKETS) -> None:
        self.markets = markets

    def _found(self, words: str) -> list[Market]:
        is_open = [one for one in self.markets if one.status is MarketStatus.OPEN]
        return [one for one in is_open if all(word.lower() in one.question.lower() for word in words.split())]

    def count(self, words: str) -> int:
        return len(self._found(words))

    def page(self, words: str, offset: int, limit: int) -> Sequence[Market]:
        return self._found(words)[offset : offset + limit]

    def named(self, name: str) -> Market | None:
        return next((one for one in self.markets if name in {one.market_id, one.native_id, one.slug}), None)

    def select(self, rule: UniverseRule) -> Selection:
        if rule.mode is not UniverseMode.CUSTOM:
            return select_universe(self.markets, rule, NOON)
        return select_universe([one for one in self.markets if one.market_id in rule.picks], rule, NOON)


class Keyboard(io.StringIO):
    """Lines of input; a terminal shows what is typed."""

    def __init__(self, lines: Sequence[str], screen: Console) -> None:
        super().__init__("".join(f"{line}\n" for line in lines))
        self.screen = screen

    def readline(self, *_: object) -> str:
        line = super().readline()
        self.screen.file.write(line)
        return line


def answer(
    *lines: str, markets: Sequence[Market] = MARKETS, width: int = 100, is_list: bool = False
) -> tuple[SimulatePlan | None, str]:
    """The plan that ``lines`` come to, and everything that was shown."""
    console = Console(file=io.StringIO(), width=width, emoji=False)
    start = MenuStart(plan=PLAN, batch_size=10, prospects=lambda _: [("Author", "built-in models")], is_list=is_list)
    plan = run_menu(Shelf(markets), Keyboard(lines, console), console, start)
    return plan, console.file.getvalue()


# --- the choices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "mode", "category", "told"),
    [
        (["1", ""], UniverseMode.TOP_VOLUME, None, "10 of 25 open markets; 9 below $10,000, 6 ranked lower."),
        (["2", "y"], UniverseMode.TRENDING, None, "10 of 25 open markets; 9 below $10,000, 6 ranked lower."),
        (
            ["3", "1", ""],
            UniverseMode.BREAKING,
            "politics",
            # 5 and 15 have moved, 10 has not; 20 and 25 have traded too little.
            "2 of 25 open markets; 20 outside politics, 2 below $10,000, 1 without a price change.",
        ),
        (["3", "5", "yes"], UniverseMode.BREAKING, "finance", "1 of 25 open markets; 20 outside finance"),
    ],
)
def test_a_ranking_is_chosen_by_its_number_and_its_exclusions_are_told(lines, mode, category, told):
    plan, shown = answer(*lines)
    assert (plan.mode, plan.category, plan.count, plan.picks) == (mode, category, 10, ())
    assert told in shown


def test_what_was_asked_for_besides_is_kept():
    plan, shown = answer("1", "")
    assert (plan.runs, plan.author, plan.seed) == (50, AuthorChoice.BUILTIN, 4)
    assert "Author  built-in models" in shown
    assert plan.rule == UniverseRule(mode=UniverseMode.TOP_VOLUME, count=10)


def test_the_last_look_names_the_markets_in_their_order():
    _, shown = answer("3", "1", "q")
    rows = [line.split("Question")[1].split()[0] for line in shown.splitlines() if "Question" in line]
    assert rows == ["15", "5"]
    assert "25¢" in shown


@pytest.mark.parametrize(
    ("lines", "picks"),
    [
        (["4", "1,3-5", "", ""], [1, 3, 4, 5]),
        (["4", "n", "12", "p", "2", "", ""], [12, 2]),
        (["4", "25", "", ""], [25]),
        (["4", "1-4", "-2,3", "", ""], [1, 4]),
        (["4", "2", "2", "", ""], [2]),
        (["4", "all 25", "1", "/", "1", "", ""], [25, 1]),
        (["4", "/Question 7", "1", "", ""], [7]),
        (["4", "slug-9", "", ""], [9]),
        (["5", "question 17 of", "1", ""], [17]),
        (["5", "slug-3", ""], [3]),
        (["5", "polymarket:m4", ""], [4]),
        (["5", "", "n", "13", ""], [13]),
        (["5", "all", "question 8", "1", ""], [8]),
    ],
)
def test_markets_are_picked_by_number_range_words_or_name(lines, picks):
    plan, _ = answer(*lines)
    assert plan.mode is UniverseMode.CUSTOM
    assert plan.picks == tuple(f"polymarket:m{number}" for number in picks)


def test_the_list_to_pick_from_can_come_first():
    plan, _ = answer("2", "", "", is_list=True)
    assert plan.picks == ("polymarket:m2",)


def test_what_was_picked_is_marked_and_counted():
    _, shown = answer("4", "2-3")
    assert "*2 Question 2 of all?" in shown
    assert "Enter goes on with 2." in shown


def test_going_back_leads_to_the_menu():
    plan, shown = answer("1", "b", "3", "b", "4", "b", "5", "b", "5", "all", "b", "2", "")
    assert plan.mode is UniverseMode.TRENDING
    assert shown.count("Top 10 by Volume") == 6


# --- quitting, and what makes no sense ------------------------------------------------------------------------------------

WALKS = [["1"], ["3"], ["4", "1"], ["5"], ["5", "all"], ["3", "1"]]


@pytest.mark.parametrize("walk", [[], *WALKS])
@pytest.mark.parametrize("end", [["q"], ["QUIT"], []])
def test_q_or_the_end_of_the_input_quits_at_every_prompt(walk, end):
    plan, _ = answer(*walk, *end)
    assert plan is None


@pytest.mark.parametrize("walk", [[], *WALKS])
def test_ctrl_c_is_let_through_at_every_prompt(walk):
    class Interrupted(Keyboard):
        def readline(self, *_: object) -> str:
            if line := super().readline():
                return line
            raise KeyboardInterrupt

    console = Console(file=io.StringIO())
    start = MenuStart(plan=PLAN, batch_size=10, prospects=lambda _: [])
    with pytest.raises(KeyboardInterrupt):
        run_menu(Shelf(), Interrupted(walk, console), console, start)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["6"], "expected 1 to 5, or q, found '6'"),
        ([""], "expected 1 to 5, or q, found ''"),
        (["b"], "expected 1 to 5, or q, found 'b'"),
        (["[bold]x[/]"], "expected 1 to 5, or q, found '[bold]x[/]'"),
        (["3", "9"], "expected 1 to 5, or b, found '9'"),
        (["1", "what"], "expected Enter, b or q, found 'what'"),
        (["4", ""], "Nothing is picked yet."),
        (["4", "26"], "expected numbers from 1 to 25, found '26'"),
        (["4", "9" * 150], "expected numbers and ranges such as 1,3-5"),
        (["4", "-"], "expected numbers such as 1,3-5"),
        (["4", "p"], "This is the first page."),
        (["4", "n", "n", "n"], "There is no further page."),
        (["4", "no such words"], "No open market has the words no such words."),
        (["5", "no such words"], "No open market has the words 'no such words', and none that slug or id."),
        (["5", "all", "1,2"], "expected one number"),
    ],
)
def test_an_answer_that_makes_no_sense_is_told_and_asked_for_again(lines, told):
    plan, shown = answer(*lines)
    assert plan is None
    assert told in shown


@given(
    st.lists(st.one_of(st.sampled_from([*"12345nbyp", "", "1-3", "/", "-1", "all", "slug-2"]), st.text()), max_size=12)
)
def test_nothing_that_is_typed_ends_in_an_error(lines):
    plan, _ = answer(*lines)
    assert plan is None or plan.mode is not UniverseMode.CUSTOM or set(plan.picks) <= {m.market_id for m in MARKETS}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1\n", "1"),
        ("  rate   cut \n", "rate cut"),
        ("\x1b[A\x1b[1;5Crain\x1bOP\n", "rain"),
        ("\x00\x07ra\x1b\n", "ra"),
        ("\udce9t\ud800\n", "t"),
        ("a\tb\u2028c\u202ed\n", "a b c d"),
        ("x" * 5_000 + "\n", "x" * 200),
    ],
)
def test_keys_that_type_nothing_are_left_out(typed, meant):
    assert cleaned(typed) == meant


# --- what there is to choose from -----------------------------------------------------------------------------------------


def test_a_ranking_that_nothing_fits_says_why_and_asks_again():
    plan, shown = answer("2", "q", markets=[market(1, volume_24h_usd=0.0), market(2, volume_usd=9_999.0)])
    assert plan is None
    assert "0 of 2 open markets; 1 below $10,000, 1 without a trade in 24 hours." in shown
    assert "No market fits." in shown
    assert shown.count("Single market") == 2


def test_a_pick_that_cannot_be_simulated_is_left_out_and_told():
    """A market that is not open is not in the list, but can be named; 27 is therefore the 26th of the list."""
    resolved = market(26, volume_usd=1.0, status=MarketStatus.RESOLVED)
    over = market(27, volume_usd=1.0, closes_at=NOON)
    plan, shown = answer("4", "slug-26", "26", "1", "", "", markets=[*MARKETS, resolved, over])
    assert plan.picks == ("polymarket:m26", "polymarket:m27", "polymarket:m1")
    told = " ".join(shown.split())
    assert "left out: polymarket:m26: expected an open market, found one that is resolved" in told
    assert "left out: polymarket:m27: expected a close more than" in told
    assert "Markets 1 " in told


HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202eevil [bold]x[/] :apple: \r\n" + "A\u0301界" * 4_000


@pytest.mark.parametrize("width", [40, 100])
def test_what_a_venue_wrote_is_shown_harmlessly_and_in_little_room(width):
    markets = [market(1, question=HOSTILE, outcomes=(Outcome(label=HOSTILE),), slug="hostile"), market(2)]
    plan, shown = answer("4", "1", "", "", markets=markets, width=width)
    assert plan.picks == ("polymarket:m1",)
    assert {each for each in shown if unicodedata.category(each) in {"Cc", "Cf", "Cs"}} == {"\n"}
    assert "[bold]x[/] :apple:" in " ".join(shown.split())
    assert max(map(cell_len, shown.splitlines())) <= width
    assert len(shown) < 10_000


@pytest.mark.parametrize("width", [40, 64, 200])
def test_a_terminal_of_any_width_shows_numbers_and_questions(width):
    _, shown = answer("4", "1", "", width=width)
    assert "*1 Question 1 of all?" in shown
    assert "25¢" in shown
    assert max(map(cell_len, shown.splitlines())) <= width
