"""Dated news about events: some before, some after what decides them.

An item is written about what is known when it is published: after a day on which the true probability (or the
quantity watched) moved a lot, on a few ordinary days, and once the answer is known. Whether a day has an item depends
on that day alone, so that the news up to an instant says nothing about what comes later.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct, structs

from edgeworth.adapters.synthetic.draws import Draws, derive
from edgeworth.adapters.synthetic.events import Shape, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.instants import DAY, HOUR, iso

_MOVE: Final = 0.35
"""Change of log-odds over a day that makes the news."""

_ORDINARY: Final = 0.03
_OUTLETS: Final = ("Meridian Wire", "The Port Gazette", "Kingsmoor Daily", "Grafton Ledger")


class NewsItem(Struct, frozen=True, kw_only=True):
    """One article.

    Attributes:
        published_at: Second since 1970. outlet: Who published it. url: Under ``synthetic.invalid``; leads nowhere.
        moves: +1 when it speaks for outcome 0 of the first market, -1 against, 0 neither.
        is_decisive: It reports the answer itself.
    """

    event_index: int
    published_at: int
    outlet: str
    title: str
    body: str
    url: str
    moves: int = 0
    is_decisive: bool = False


def news_of(event: SyntheticEvent) -> list[NewsItem]:
    """Every item about the event that will ever be published, oldest first."""
    market = (event.polymarket or event.kalshi)[0]
    days = np.arange(event.opens_at, max(market.ending.ends_at, event.opens_at + 2 * DAY), DAY, dtype=np.int64)
    chances = np.clip(event.probabilities((market,), np.minimum(days, market.ending.ends_at - 1))[0], 0.001, 0.999)
    odds = np.log(chances / (1.0 - chances))
    moves = np.diff(odds, prepend=odds[0])
    items = []
    for number, (day, move, chance) in enumerate(zip(days.tolist(), moves.tolist(), chances.tolist(), strict=True)):
        item = _daily_item(event, market, number, day, move, chance)
        if item is not None and item.published_at < market.ending.ends_at:
            items.append(item)
    items.append(_decisive_item(event, market))
    return items


def _daily_item(
    event: SyntheticEvent, market: SyntheticMarket, number: int, day: int, move: float, chance: float
) -> NewsItem | None:
    """What is written on the day that begins at ``day``, about the move that ended then."""
    draws = Draws(derive(event.key, "news", number))
    published = day + draws.integer(1, 12) * HOUR + draws.integer(0, 3_599)
    if abs(move) < _MOVE:
        if not draws.chance(_ORDINARY):
            return None
        return _item(
            event, draws, published, f"What to know: {market.question.strip()}", _background(event, published), 0
        )
    direction = 1 if move > 0 else -1
    word = "more" if direction > 0 else "less"
    body = (
        f"Developments reported on {iso(day)[:10]} make it {word} likely that the answer to the question "
        f'"{market.question.strip()}" will be {market.outcomes[0]}. Observers who follow it closely put the chance '
        f"near {round(chance * 20) * 5} percent. Nothing has been decided."
    )
    return _item(event, draws, published, f"{event.title.strip()}: now {word} likely, observers say", body, direction)


def _background(event: SyntheticEvent, published: int) -> str:
    return (
        f"A look at where things stand on {iso(published)[:10]}. {event.description.splitlines()[0]} "
        f"The answer is due by {iso(event.closes_at)[:10]}; "
        f"it will be read off {event.family.source.format_map(_Blank())}."
    )


class _Blank(dict[str, str]):
    """Fills fields of a phrase that an article does not need."""

    def __missing__(self, key: str) -> str:
        return "the responsible body"


def _decisive_item(event: SyntheticEvent, market: SyntheticMarket) -> NewsItem:
    draws = Draws(derive(event.key, "news", "decisive"))
    published = market.ending.ends_at + draws.integer(5 * 60, 6 * HOUR)
    if market.ending.shape is not Shape.DECIDED or market.ending.payouts is None:
        return _item(
            event, draws, published, f"{event.title.strip()}: no clear answer", "No clear result was published.", 0
        )
    winner = market.outcomes[0 if market.ending.payouts[0] == 1.0 else 1]
    body = f'The question "{market.question.strip()}" has been answered: {winner}.'
    direction = 1 if winner == market.outcomes[0] else -1
    item = _item(event, draws, published, f"Decided: {event.title.strip()}", body, direction)
    return structs.replace(item, is_decisive=True)


def _item(event: SyntheticEvent, draws: Draws, published: int, title: str, body: str, moves: int) -> NewsItem:
    return NewsItem(
        event_index=event.index, published_at=published, outlet=draws.choice(_OUTLETS), title=title, body=body,
        url=f"https://news.synthetic.invalid/{event.slug}/{published}", moves=moves,
    )  # fmt: skip
