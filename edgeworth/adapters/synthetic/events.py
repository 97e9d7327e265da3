"""What an event and its markets are: values that never change, whatever the instant.

``building`` makes them, ``prices``, ``trading`` and ``books`` say what they look like at an instant. Payload keys and
HTTP stay in the ``*_payloads`` modules.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.adapters.synthetic.beliefs import Belief
from edgeworth.adapters.synthetic.draws import Floats, Integers
from edgeworth.adapters.synthetic.families import Family
from edgeworth.markets.venue import Venue

MAX_MARKETS: Final = 32
"""Room for markets of one event on one exchange, in the numbering of ids."""


class Relation(StrEnum):
    """How a Kalshi market relates to outcome 0 of its twin at Polymarket."""

    EQUIVALENT = "equivalent"
    INVERSE = "inverse"
    NEAR = "near"


class Shape(StrEnum):
    """How a market ends."""

    DECIDED = "decided"
    VOID = "void"
    SCALAR = "scalar"
    ZERO_ZERO = "zero_zero"


class Stage(StrEnum):
    """Where a market stands at an instant."""

    HIDDEN = "hidden"
    CREATED = "created"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"


class Claim(Struct, frozen=True, kw_only=True, gc=False):
    """What outcome 0 of a market asserts.

    Attributes:
        belief: Which of the event's beliefs it is about. argument: See that belief.
        is_negated: It asserts the contrary.
        flip_probability: Chance, known beforehand, that its own rules decide against the shared answer.
        is_flipped: Whether they do.
        is_stricter: They only ever deny it, so that markets that exclude one another still do.
    """

    belief: int = 0
    argument: float = 0.0
    is_negated: bool = False
    flip_probability: float = 0.0
    is_flipped: bool = False
    is_stricter: bool = False


class Ending(Struct, frozen=True, kw_only=True, gc=False):
    """How a market ends, and how the exchange shows it.

    Attributes:
        ends_at: Trading stops. resolved_at: The exchange says how it ended.
        payouts: Dollars per share of each outcome; ``None`` for a legacy 0/0 record.
        is_disputed: The first proposal is disputed.
        is_closed_early: Shown as closed while the answer is still pending.
        keeps_accepting: Shown as accepting orders after it was closed.
    """

    ends_at: int
    resolved_at: int
    shape: Shape
    payouts: tuple[float, float] | None
    is_disputed: bool = False
    is_closed_early: bool = False
    keeps_accepting: bool = False


class Mispricing(Struct, frozen=True, kw_only=True, gc=False):
    """By how much the market's price differs from the truth, in log-odds: ``bias`` plus mean-reverting noise."""

    key: int
    bias: float
    deviation: float


class Activity(Struct, frozen=True, kw_only=True, gc=False):
    """How often and how much is traded.

    Attributes:
        slot_seconds: One trade falls into each slot of this length.
        base_cents, burst_cents: Size of an ordinary trade, and what comes on top at every sixteenth: hundredths of a
            dollar at Polymarket, hundredths of a contract at Kalshi.
        has_trades: ``False`` for a dead market.
    """

    key: int
    slot_seconds: int
    base_cents: int
    burst_cents: int
    has_trades: bool


class SyntheticMarket(Struct, frozen=True, kw_only=True, gc=False):
    """One market of one exchange.

    Attributes:
        position: Among the event's markets on this exchange, from 0.
        label: Its own outcome, level or deadline. outcomes: Labels of its two outcomes.
        rules_secondary: Kalshi's second text; empty at Polymarket.
        strike: The level asked for, where it is a number. code: End of its Kalshi ticker.
        spread_ticks: Distance of best bid and ask. depth_cents: Size at the best prices, in hundredths of a share.
        has_fine_ticks: Kalshi prices in tenths of a cent.
        has_bids, has_asks: Whether that side of the book has orders.
        twin: Position of its twin among the Polymarket markets; ``None`` without one.
        difference: In what a near twin differs: ``threshold``, ``date`` or ``rules``.
        asks_game: The sports market type, for games.
    """

    venue: Venue
    event_index: int
    position: int
    key: int
    claim: Claim
    label: str
    question: str
    rules: str
    outcomes: tuple[str, str]
    ending: Ending
    mispricing: Mispricing
    activity: Activity
    opens_at: int
    deadline: int
    spread_ticks: int
    depth_cents: int
    code: str
    slug: str = ""
    rules_secondary: str = ""
    strike: float | None = None
    has_fine_ticks: bool = False
    has_bids: bool = True
    has_asks: bool = True
    twin: int | None = None
    relation: Relation | None = None
    difference: str | None = None
    sports_type: str | None = None

    def stage(self, at: int, created_at: int) -> Stage:
        """Where the market stands at ``at``."""
        if at < created_at:
            return Stage.HIDDEN
        if at < self.opens_at:
            return Stage.CREATED
        if at < self.ending.ends_at:
            return Stage.OPEN
        return Stage.PENDING if at < self.ending.resolved_at else Stage.RESOLVED


class SyntheticEvent(Struct, frozen=True, kw_only=True):
    """One proposition about the synthetic world, with its markets on both exchanges.

    Attributes:
        index: Its number in the world, from 0.
        beliefs: What is known about it over time.
        is_exclusive: Exactly one of the listed outcomes (and the unlisted one, if augmented) comes true.
        is_augmented: There is an outcome that no market is about.
        tags: (label, slug), housekeeping tags included.
    """

    index: int
    key: int
    family: Family
    beliefs: tuple[Belief, ...]
    title: str
    kalshi_title: str
    description: str
    slug: str
    tags: tuple[tuple[str, str], ...]
    created_at: int
    opens_at: int
    closes_at: int
    is_exclusive: bool
    is_augmented: bool
    polymarket: tuple[SyntheticMarket, ...]
    kalshi: tuple[SyntheticMarket, ...]

    def markets(self, venue: Venue) -> tuple[SyntheticMarket, ...]:
        """Its markets on ``venue``."""
        return self.kalshi if venue is Venue.SYNTHETIC_KALSHI else self.polymarket

    def probabilities(self, markets: tuple[SyntheticMarket, ...], instants: Integers) -> Floats:
        """P(outcome 0 comes true) of each market at each instant, given everything known then and no void."""
        chances = np.empty((len(markets), len(instants)))
        for number, belief in enumerate(self.beliefs):
            rows = [row for row, market in enumerate(markets) if market.claim.belief == number]
            if rows:
                arguments = np.array([markets[row].claim.argument for row in rows])
                chances[rows] = belief.probabilities(arguments, instants)
        for row, market in enumerate(markets):
            chances[row] = _read_through(market, chances[row], instants)
        return chances


def _read_through(market: SyntheticMarket, chances: Floats, instants: Integers) -> Floats:
    """What the shared answer means under the market's own wording."""
    claim = market.claim
    if claim.is_negated:
        chances = 1.0 - chances
    if claim.flip_probability:
        known = instants >= market.ending.resolved_at
        flip = np.where(known, float(claim.is_flipped), claim.flip_probability)
        chances = chances * (1.0 - flip) if claim.is_stricter else chances + flip * (1.0 - 2.0 * chances)
    return chances
