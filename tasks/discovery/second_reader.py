"""The step of a discovery in which a language model reads some pairs again; only where it is asked for, and paid for.

It reads what is the same bet by our own rules (it may lower that) and what those leave open (it may fill that with
quoted words), the most alike first. A pair that was read is not read again while our own verdict on it stays the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.ports import FoundMatch
from edgeworth.discovery.second_reader import with_second_reading
from edgeworth.discovery.second_reading import read_pair
from edgeworth.discovery.texts import QuestionText, text_of
from edgeworth.errors import ConfigurationError, SourceError
from edgeworth.markets.relation import Relation, Verdict
from edgeworth.ports import LanguageModel
from edgeworth.reports.discovery import Stage
from edgeworth.units import UsdMicros
from tasks import wiring
from tasks.discovery.plan import BegunDiscovery, DiscoverPlan, Stopwatch
from tasks.progress import current_stages
from tasks.settings import Settings

BOTH = "+"
"""Between the readers of one verdict."""

_WORTH_READING = (Relation.EQUIVALENT, Relation.INVERSE, Relation.UNDETERMINED)


class ReadStep(Struct, frozen=True, kw_only=True):
    """What the second reader did. ``shifts`` is by how many pairs each relation grew or shrank."""

    stage: Stage
    shifts: dict[str, int] = {}


class _Read(Struct):
    """What was read so far."""

    matches: list[FoundMatch] = []
    changed: int = 0
    shifts: dict[str, int] = {}
    tokens: int = 0
    cost: UsdMicros | None = UsdMicros(0)

    def __str__(self) -> str:
        cost = "at a cost that is not known" if self.cost is None else f"for ${self.cost / 1_000_000:.4f}"
        return f"{len(self.matches)} pairs read, {self.changed} verdicts changed; {self.tokens:,} tokens {cost}"


def read_again(settings: Settings, begun: BegunDiscovery, plan: DiscoverPlan) -> ReadStep:
    """Have at most ``plan.second_reader`` pairs of this run read by a language model, and store what it changes."""
    watch = Stopwatch("second reader")
    if not plan.second_reader:
        return ReadStep(stage=watch.stage("not asked for"))
    read = _Read()
    problem = None
    with wiring.open_storage(settings) as storage:
        try:
            model = wiring.build_language_model(settings)
            if model is None:
                return ReadStep(stage=watch.stage("no key of a language model is set, so nobody was asked"))
            waiting = _waiting(storage, begun, plan.second_reader)
            asyncio.run(read_matches(waiting, _texts(storage, waiting), model, read))
        except (SourceError, ConfigurationError) as error:
            problem = str(error)
        storage.matches.save(read.matches, examined=[], run_id=begun.run_id, at=begun.started_at)
    return ReadStep(stage=watch.stage(str(read), problem), shifts=read.shifts)


def reread(first: FoundMatch, earlier: FoundMatch | None) -> FoundMatch:
    """``first`` with what a second reader made of it in an earlier run, if our own verdict is still the same."""
    if earlier is None or not earlier.verdict.reader.startswith(first.verdict.reader + BOTH):
        return first
    ours = first.verdict.clauses
    is_same = earlier.verdict.clauses[len(earlier.verdict.clauses) - len(ours) :] == ours
    return replace(first, verdict=earlier.verdict) if is_same else first


def _waiting(storage: wiring.Storage, begun: BegunDiscovery, most: int) -> list[FoundMatch]:
    """Pairs that nobody has read again yet: the same bet first, then the most alike of the others."""
    found = [
        stored.match
        for stored in storage.matches.list_matches(relations=_WORTH_READING, run_id=begun.run_id, limit=None)
        if BOTH not in stored.match.verdict.reader
    ]
    return sorted(found, key=_most_alike_first)[:most]


def _most_alike_first(found: FoundMatch) -> tuple[bool, float, str, str]:
    alike = max(found.similarity or 0.0, found.lexical or 0.0)
    return not found.verdict.relation.is_same_bet, -alike, found.market_a, found.market_b


def _texts(storage: wiring.Storage, matches: Sequence[FoundMatch]) -> dict[str, QuestionText]:
    markets = storage.catalogue.get_markets({name for one in matches for name in (one.market_a, one.market_b)})
    events = storage.catalogue.get_events({one.event_id for one in markets.values() if one.event_id is not None})
    titles = {event_id: event.title for event_id, event in events.items()}
    return {name: text_of(market, titles.get(market.event_id or "", "")) for name, market in markets.items()}


async def read_matches(
    matches: Sequence[FoundMatch], texts: Mapping[str, QuestionText], model: LanguageModel, read: _Read
) -> None:
    """Read ``matches`` one after the other; what was read before an error stays in ``read``.

    Raises:
        SourceError: The service did not answer as agreed. ConfigurationError: The key is refused.
    """
    shifts: Counter[str] = Counter()
    for number, found in enumerate(matches, start=1):
        second = await read_pair(model, texts[found.market_a], texts[found.market_b])
        read.tokens += second.input_tokens + second.output_tokens
        read.cost = None if read.cost is None or second.cost is None else UsdMicros(read.cost + second.cost)
        verdict = with_second_reading(found.verdict, second)
        if second.problem is None:
            read.matches.append(replace(found, verdict=_signed(verdict, found.verdict, second.reader)))
        if verdict.relation is not found.verdict.relation:
            read.changed += 1
            shifts.update({found.verdict.relation.value: -1, verdict.relation.value: 1})
            read.shifts = dict(shifts)
        current_stages().advanced("second reader", number, len(matches))


def _signed(verdict: Verdict, first: Verdict, reader: str) -> Verdict:
    """``verdict`` with the second reader's name, also where it had nothing to add: it need not be asked again."""
    return verdict if verdict.reader != first.reader else replace(verdict, reader=f"{first.reader}{BOTH}{reader}")
