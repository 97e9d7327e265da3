"""The menu of ``edgeworth simulate``: from a view of the catalogue, lines of input and an output to a plan, or nothing.

Free of a terminal and of a database: it reads lines and writes to a console, so that a test can be both. Nothing that
is typed is trusted to mean anything, and nothing that a venue wrote reaches the terminal unspelt or at full length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Protocol

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from edgeworth.errors import ConfigurationError
from edgeworth.markets.categories import CATEGORIES
from edgeworth.markets.market import Market
from edgeworth.markets.universe import Selection, UniverseMode, UniverseRule, volume_usd
from edgeworth.reports.rendering import MISSING, cents, compact, day
from flows.commands.console import shown
from flows.commands.simulate_selection import numbers_in, told_selection
from tasks.simulation.plan import SimulatePlan

PAGE = 10
"""Markets of the list that are shown at once."""

MOST_SHOWN = 20
"""Markets that the last look before the start shows."""

MOST_PICKED = 1_000
"""Markets that can be picked by hand."""

NARROW = 64
"""Columns of a terminal under which a list leaves out what can be left out."""


class CatalogueView(Protocol):
    """What the menu sees of the catalogue: its open markets, the busiest first."""

    def count(self, words: str) -> int:
        """Open markets whose question has all of ``words``; all of them for none."""

    def page(self, words: str, offset: int, limit: int) -> Sequence[Market]:
        """At most ``limit`` of those after the first ``offset``."""

    def named(self, name: str) -> Market | None:
        """The market with this id, venue key or slug, open or not."""

    def select(self, rule: UniverseRule) -> Selection:
        """What ``rule`` chooses now, and why not the others."""


class Lines(Protocol):
    """What the user types."""

    def readline(self) -> str:
        """The next line with its end; empty when there will be none."""


class MenuStart(Struct, frozen=True, kw_only=True):
    """What the menu begins with.

    Attributes:
        plan: Everything but the choice of markets.
        batch_size: Markets of each ranking.
        prospects: What a plan will do, as labels and sentences, for the last look.
        is_list: Begin with the list to pick from.
    """

    plan: SimulatePlan
    batch_size: int
    prospects: Callable[[SimulatePlan], Sequence[tuple[str, str]]]
    is_list: bool = False


def run_menu(view: CatalogueView, lines: Lines, console: Console, start: MenuStart) -> SimulatePlan | None:
    """Ask until the user starts a batch, whose plan is returned, or quits or ends the input: ``None``.

    Raises:
        KeyboardInterrupt: The user pressed Ctrl-C.
    """
    try:
        return _Menu(view, lines, console, start).run()
    except _QuitError:
        return None


class _QuitError(Exception):
    """The user wants no batch."""


class _Menu:
    def __init__(self, view: CatalogueView, lines: Lines, console: Console, start: MenuStart) -> None:
        self.view = view
        self.lines = lines
        self.console = console
        self.start = start

    def run(self) -> SimulatePlan | None:
        is_list = self.start.is_list
        while True:
            plan = self._custom() if is_list else self._main()
            is_list = False
            if plan is not None and self._is_wanted(plan):
                return plan

    # --- the choices --------------------------------------------------------------------------------------------------

    def _main(self) -> SimulatePlan | None:
        size = self.start.batch_size
        self._say(f"\n[bold]Simulate[/] from {self.view.count(''):,} open markets\n")
        labels = (
            f"Top {size} by Volume",
            f"Top {size} Trending",
            f"Breaking by category ({size} each)",
            "Custom selection",
            "Single market",
        )
        match self._option(labels, other="q", label="Quit"):
            case 1:
                return self._ranked(UniverseMode.TOP_VOLUME)
            case 2:
                return self._ranked(UniverseMode.TRENDING)
            case 3:
                return self._breaking()
            case 4:
                return self._custom()
            case _:
                return self._single()

    def _breaking(self) -> SimulatePlan | None:
        self._say("\n[bold]Breaking[/]: the largest moves of the last 24 hours\n")
        number = self._option([name.capitalize() for name in _SHOWN_CATEGORIES], other="b", label="Back")
        return None if number is None else self._ranked(UniverseMode.BREAKING, _SHOWN_CATEGORIES[number - 1])

    def _ranked(self, mode: UniverseMode, category: str | None = None) -> SimulatePlan:
        count = self.start.batch_size
        return msgspec.structs.replace(self.start.plan, mode=mode, count=count, category=category, picks=())

    def _custom(self) -> SimulatePlan | None:
        self._say("\n[bold]Custom selection[/]: open markets, the busiest first\n")
        return self._named(_List(self, is_single=False).picked())

    def _single(self) -> SimulatePlan | None:
        self._say("\n[bold]Single market[/]\n")
        while True:
            answer = self.ask("Words of the question, or a slug or id (Enter lists all, b goes back): ")
            if answer == "b":
                return None
            found = self.view.named(answer) if answer else None
            if found is not None:
                return self._named((found.market_id,))
            if self.view.count(answer):
                return self._named(_List(self, is_single=True, words=answer).picked())
            self._say(f"No open market has the words {_quoted(answer)}, and none that slug or id.")

    def _named(self, picks: tuple[str, ...]) -> SimulatePlan | None:
        if not picks:
            return None
        return msgspec.structs.replace(
            self.start.plan, mode=UniverseMode.CUSTOM, count=len(picks), category=None, picks=picks
        )

    # --- the last look ------------------------------------------------------------------------------------------------

    def _is_wanted(self, plan: SimulatePlan) -> bool:
        """Show what would happen, and let the user start it or go back."""
        selection = self.view.select(plan.rule)
        self._say("")
        if selection.chosen:
            self.show_markets(selection.chosen[:MOST_SHOWN], first=1, picked=())
        if (more := len(selection.chosen) - MOST_SHOWN) > 0:
            self._say(f"  and {more:,} more")
        if plan.mode is UniverseMode.CUSTOM:
            for exclusion in selection.excluded:
                self._say(f"  left out: {one_line(exclusion.market_id, 60)}: {one_line(exclusion.reason, 300)}")
        else:
            self._say(told_selection(selection))
        if not selection.chosen:
            self._say("[bold]No market fits.[/]")
            return False
        self._show_prospects(plan, len(selection.chosen))
        while True:
            answer = self.ask("\nEnter starts, b goes back, q quits: ")
            if answer in {"", "y", "yes"}:
                return True
            if answer == "b":
                return False
            self._say(f"expected Enter, b or q, found {_quoted(answer)}")

    def _show_prospects(self, plan: SimulatePlan, markets: int) -> None:
        table = Table(show_header=False, box=None, padding=(0, 1, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in (("Markets", f"{markets:,}"), *self.start.prospects(plan)):
            table.add_row(f"[dim]{shown(label)}[/]", one_line(text, 400))
        self._say("")
        self.console.print(table)

    # --- asking and showing -------------------------------------------------------------------------------------------

    def ask(self, prompt: str) -> str:
        """One line of the user, trimmed, without anything that does not print."""
        self.console.print(prompt, end="", highlight=False, markup=False)
        line = self.lines.readline()
        if not line:
            self.console.print()
            raise _QuitError
        answer = cleaned(line)
        if answer.lower() in {"q", "quit"}:
            raise _QuitError
        return answer.lower() if len(answer) == 1 else answer

    def _option(self, labels: Sequence[str], *, other: str, label: str) -> int | None:
        """The number of the chosen label, from 1; ``None`` for the ``other`` letter."""
        for number, text in enumerate(labels, start=1):
            self._say(f"  [bold]{number}[/]  {text}")
        self._say(f"  [bold]{other}[/]  {label}\n")
        while True:
            answer = self.ask("Choice: ")
            if answer == other:
                return None
            if answer in {str(number) for number in range(1, len(labels) + 1)}:
                return int(answer)
            self._say(f"expected 1 to {len(labels)}, or {other}, found {_quoted(answer)}")

    def say(self, text: str) -> None:
        """A line of plain text."""
        self._say(shown(text))

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False)

    def show_markets(self, markets: Sequence[Market], *, first: int, picked: Sequence[str]) -> None:
        """``markets`` as numbered lines, beginning with ``first``; those of ``picked`` are marked."""
        is_narrow = self.console.width < NARROW
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=not is_narrow)
        table.add_column("", justify="right", no_wrap=True)
        table.add_column("question", overflow="fold", ratio=1)
        table.add_column("price", justify="right", no_wrap=True)
        if not is_narrow:
            table.add_column("volume", justify="right", no_wrap=True)
            table.add_column("closes", justify="right", no_wrap=True)
        for number, market in enumerate(markets, start=first):
            mark = "*" if market.market_id in picked else ""
            cells = [f"{mark}{number}", _question(market, 60 if is_narrow else 100), _price(market)]
            table.add_row(*cells, *(() if is_narrow else (_volume(market), day(market.closes_at))))
        self.console.print(table, highlight=False)


class _List:
    """The open markets in pages, from which one or several are picked."""

    def __init__(self, menu: _Menu, *, is_single: bool, words: str = "") -> None:
        self.menu = menu
        self.is_single = is_single
        self.words = words
        self.offset = 0
        self.picks: dict[str, None] = {}

    def picked(self) -> tuple[str, ...]:
        """Ids of what was picked, in that order; empty when the user goes back."""
        while True:
            total = self.menu.view.count(self.words)
            page = self.menu.view.page(self.words, self.offset, PAGE)
            self.menu.show_markets(page, first=self.offset + 1, picked=tuple(self.picks))
            self.menu.say(self._standing(total, len(page)))
            while True:
                answer = self.menu.ask("Pick: ")
                if answer == "b":
                    return ()
                if not answer and self.picks:
                    return tuple(self.picks)
                is_changed = self._obey(answer, total)
                if self.is_single and self.picks:
                    return tuple(self.picks)
                if is_changed:
                    break

    def _standing(self, total: int, shown_now: int) -> str:
        """Where the list stands, and what can be answered."""
        of_words = f" with {_plain(self.words)}" if self.words else ""
        where = f"{self.offset + 1:,}-{self.offset + shown_now:,} of {total:,}{of_words}"
        turns = ("n next",) * (self.offset + PAGE < total) + ("p previous",) * (self.offset > 0)
        picks = ("a number picks",) if self.is_single else ("1,3-5 picks", "-3 drops")
        others = ("/ shows all again",) if self.words else ()
        go_on = (f"Enter goes on with {len(self.picks):,}",) if self.picks else ()
        return f"{where}. {'; '.join((*picks, *turns, 'words search', *others, 'b back', 'q quit', *go_on))}."

    def _obey(self, answer: str, total: int) -> bool:
        """Do what ``answer`` says; whether the list has to be shown again."""
        if answer == "n" and self.offset + PAGE < total:
            self.offset += PAGE
        elif answer == "p" and self.offset > 0:
            self.offset -= PAGE
        elif answer == "":
            self.menu.say("Nothing is picked yet.")
            return False
        elif answer in {"n", "p"}:
            self.menu.say("There is no further page." if answer == "n" else "This is the first page.")
            return False
        elif re.fullmatch(r"[0-9,\s-]+", answer):
            return self._pick(answer, total)
        else:
            return self._search(answer.removeprefix("/").strip())
        return True

    def _search(self, words: str) -> bool:
        named = self.menu.view.named(words) if words else None
        if named is not None:
            self.picks[named.market_id] = None
            return True
        if not self.menu.view.count(words):
            self.menu.say(f"No open market has the words {_plain(words)}.")
            return False
        self.words, self.offset = words, 0
        return True

    def _pick(self, answer: str, total: int) -> bool:
        try:
            numbers = numbers_in(answer.removeprefix("-"), total)
        except ConfigurationError as error:
            self.menu.say(str(error))
            return False
        if not numbers or (self.is_single and len(numbers) > 1):
            self.menu.say("expected one number" if self.is_single else "expected numbers such as 1,3-5")
            return False
        if len(numbers) + len(self.picks) > MOST_PICKED:
            self.menu.say(f"expected at most {MOST_PICKED:,} markets")
            return False
        for market in self._at(numbers):
            if answer.startswith("-"):
                self.picks.pop(market.market_id, None)
            else:
                self.picks[market.market_id] = None
        return True

    def _at(self, numbers: Sequence[int]) -> Iterator[Market]:
        """The markets of the list at ``numbers``, a range at a time."""
        for _, together in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
            places = [number for _, number in together]
            yield from self.menu.view.page(self.words, places[0] - 1, len(places))


# --- text of others ---------------------------------------------------------------------------------------------------

_SHOWN_CATEGORIES = CATEGORIES
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|.)?")
_LONGEST_ANSWER = 200


def cleaned(line: str) -> str:
    """What the user typed, trimmed, without keys that type nothing (arrows) and without control characters."""
    typed = "".join(each if each.isprintable() else " " for each in _ESCAPES.sub("", line))
    return " ".join(typed.split())[:_LONGEST_ANSWER]


def one_line(text: str, most: int) -> str:
    """Text of others as one line of at most ``most`` characters, to stand in markup."""
    return shown(_plain(text, most))


def _plain(text: str, most: int = 80) -> str:
    # Cut before anything else: a question may have any length.
    flat = " ".join(text[: 4 * most].split())
    return flat if len(flat) <= most and len(text) <= 4 * most else f"{flat[: most - 1]}…"


def _quoted(text: str) -> str:
    return shown(repr(_plain(text, 40)))


def _question(market: Market, most: int) -> str:
    return one_line(market.question, most) or one_line(market.market_id, most)


def _price(market: Market) -> str:
    return cents(market.outcomes[0].price) if market.outcomes else MISSING


def _volume(market: Market) -> str:
    amount = volume_usd(market)
    return MISSING if amount is None else f"${compact(amount)}"
