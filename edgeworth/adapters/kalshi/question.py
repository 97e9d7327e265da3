"""The question of a Kalshi market, in one line that tells it from its neighbours. Pure text; no wire types.

Kalshi writes the question in up to three places. Often the title is the whole of it ("Will Elon Musk visit Mars before
Aug 1, 2099?"). Often all markets of an event share one title and only the subtitle of the Yes side says which is meant
("Who will Time name as Person of the Decade?", "Sam Altman"). And games have titles that are no question and hold for
any week ("Dallas wins"), where only the rules say which game.

The rules here, in this order. They read nothing but the market's own record, so that a market has the same question
whether it came with its event or alone: a question that changes with the listing would look like a changed bet.

1. A title that asks and names its answer (``Will <subtitle> ...``, without offering another by "or") stands alone.
2. A title that asks without naming it gets the subtitle: ``<title> - <subtitle>``.
3. A title that does not ask gives way to the condition in the rules, ``If <condition>, then the market resolves to
   Yes``, when the condition is there and repeats the title; otherwise rule 2 applies to it.
4. A title with a hole - two blanks where Kalshi left a variable empty, "be  26-27° on Mar 2" without the city, "Will
   become President" without the person - gives way to that condition too, when it is there.

Within an event the result is unique where Kalshi's own words are; over all events it need not be (the same person may
be listed in two of them), so matching reads the rules and the event's title too.
"""

from __future__ import annotations

import re

_YES_CONDITION = re.compile(
    r"\s*If\s+(.+?),?\s+then\s+(?:the|this)\s+market\s+(?:will\s+)?resolves?\s+to\s+Yes", re.DOTALL
)
_ASKS_YES_OR_NO = ("will ", "is ", "are ", "does ", "do ", "did ", "has ", "have ", "can ", "was ", "were ")
_SEPARATOR = " - "


def question_text(title: str, yes_sub_title: str, rules: str) -> str:
    """One readable line that says what is asked; empty when ``title`` and ``yes_sub_title`` are.

    Args:
        title: The market's title.
        yes_sub_title: What the Yes side stands for.
        rules: The rules, of which only the condition for Yes is read.
    """
    has_hole = "  " in title.strip()
    title, answer = _one_line(title), _one_line(yes_sub_title)
    if not title:
        return answer
    asks = title.endswith("?")
    if has_hole or not asks:
        condition = _condition(rules)
        if condition is not None and (has_hole or title.casefold() in condition.casefold()):
            return condition
    if not answer or _names_its_answer(title.casefold(), answer.casefold(), asks=asks):
        return title
    return f"{title}{_SEPARATOR}{answer}"


def _one_line(text: str) -> str:
    """``text`` without line breaks, doubled blanks and Markdown's asterisks (``**high temp**``)."""
    return " ".join(text.replace("**", "").split())


def _condition(rules: str) -> str | None:
    found = _YES_CONDITION.match(rules)
    return None if found is None else _one_line(found.group(1))


def _names_its_answer(title: str, answer: str, *, asks: bool) -> bool:
    """Whether ``title`` alone says that ``answer`` is meant: "will mars ...?", but not "will ramp or brex ...?"."""
    if asks and not title.startswith(_ASKS_YES_OR_NO):
        return False
    start = title.find(answer)
    while start >= 0:
        before, after = title[:start], title[start + len(answer) :]
        if not before[-1:].isalnum() and not after[:1].isalnum():
            return not (after.lstrip().startswith("or ") or before.rstrip().endswith((" or", ",")))
        start = title.find(answer, start + 1)
    return False
