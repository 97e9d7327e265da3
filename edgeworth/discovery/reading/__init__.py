"""Canonical question text: from the words of one market to typed slots, each with the words it came from.

Pure and deterministic; linear in the length of the text. What the text does not say is absent, never guessed. Read each
market once and keep the reading: decisions compare readings. No prices, no vectors, no files, no clock.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Final

from msgspec.structs import replace

from edgeworth.discovery.reading.entities import left_over
from edgeworth.discovery.reading.games import read_game
from edgeworth.discovery.reading.proposition import read_proposition
from edgeworth.discovery.reading.rules import find_definition, find_settlement
from edgeworth.discovery.reading.slots import Bound, Mention, Proposition, QuestionReading, WindowKind
from edgeworth.discovery.reading.tokens import TokenKind, Words, words_of
from edgeworth.discovery.reading.vocabulary.words import POINTING_PAIRS, POINTING_WORDS
from edgeworth.discovery.texts import QuestionText
from edgeworth.markets.relation import Quotation, TextField

__all__ = ["Proposition", "QuestionReading", "read_question"]

_YES: Final = frozenset({"yes", "true", "over", "up"})
_NO: Final = frozenset({"no", "false", "under", "down"})
_LONGEST_QUESTION: Final = 1_000
"""No venue writes longer questions. A longer text is read up to here, and what is read of it decides nothing."""
_LONGEST_EVENT: Final = 300
_LONGEST_LABEL: Final = 100


def read_question(text: QuestionText) -> QuestionReading:
    """Take the words of one market apart. Any text is accepted; one without letters is marked unreadable."""
    words = words_of(text.question, TextField.QUESTION, end=_LONGEST_QUESTION)
    title = _for_first_outcome(read_proposition(words, text.closes_at), text)
    definition = _definition(text)
    event = words_of(text.event, TextField.EVENT, end=_LONGEST_EVENT)
    context = {mention.key for mention in left_over(event, [False] * len(event.tokens), is_title_case=True)}
    listed_in = read_proposition(event, text.closes_at)
    context |= {mention.key for mention in listed_in.mentions}
    title = _of_edition(title, listed_in)
    if definition is not None:
        context |= {mention.key for mention in definition.mentions}
    return QuestionReading(
        text=text,
        title=title,
        definition=definition,
        settlement=find_settlement(text.rules),
        game=read_game(text),
        context=frozenset(context),
        is_readable=len(text.question) <= _LONGEST_QUESTION
        and any(token.kind is TokenKind.WORD for token in words.tokens),
    )


def _of_edition(title: Proposition, listed_in: Proposition) -> Proposition:
    """A question that gives no time is of the one year or season that its event is named after."""
    editions = [window for window in listed_in.windows if window.kind is WindowKind.EDITION]
    if title.windows or len(editions) != 1 or len(listed_in.windows) != 1:
        return title
    return replace(title, windows=tuple(editions))


def _for_first_outcome(title: Proposition, text: QuestionText) -> Proposition:
    """The statement that pays outcome 0: the question, its denial, or the question of the side named first."""
    if not text.outcomes:
        return title
    label = text.outcomes[0].strip()
    plain = label.casefold()
    if plain in {"over", "under"}:
        title = _above_the_line(title)
    if plain in _NO:
        quotation = Quotation(field=TextField.OUTCOMES, start=0, end=len(text.outcomes[0]), text=text.outcomes[0])
        return _denied(title, quotation)
    if plain in _YES or not label:
        return title
    named = read_proposition(words_of(text.outcomes[0], TextField.OUTCOMES, end=_LONGEST_LABEL), None)
    known = {mention.key for mention in title.mentions}
    extra = tuple(mention for mention in named.mentions if mention.key not in known)
    shifted = tuple(replace(one, position=one.position + 10_000, last=one.last + 10_000) for one in extra)
    return replace(title, mentions=(*title.mentions, *shifted), stems=(*title.stems, *named.stems))


def _above_the_line(title: Proposition) -> Proposition:
    """``Points O/U 34.5`` with the outcomes Over and Under: above the line."""
    numbers = [mention for mention in title.mentions if mention.kind == "number" and "." in mention.key]
    if title.bounds or len(numbers) != 1:
        return title
    line = numbers[0]
    kept: tuple[Mention, ...] = tuple(one for one in title.mentions if one is not line and one.key not in {"o", "u"})
    bound = Bound(lower=Decimal(line.key), upper=None, has_lower=False, quotation=line.quotation)
    return replace(title, mentions=kept, bounds=(bound,))


def _denied(proposition: Proposition, quotation: Quotation) -> Proposition:
    """The opposite statement; ``quotation`` is what turns it."""
    polarity = proposition.polarity
    is_negated = None if polarity.is_negated is None else not polarity.is_negated
    turned = replace(polarity, is_negated=is_negated, quotations=(*polarity.quotations, quotation))
    # A mark that no word is: the same words, paid the other way, are not literally one.
    return replace(proposition, polarity=turned, stems=(*proposition.stems, "\u00ac"))


def _definition(text: QuestionText) -> Proposition | None:
    """The statement that the rules define outcome 0 by; ``None`` where they do not in one sentence."""
    found = find_definition(text.rules)
    if found is None:
        return None
    labels = tuple(label.strip().casefold() for label in text.outcomes) or ("yes", "no")
    label = found.label.casefold()
    if label not in labels:
        return None
    words: Words = words_of(text.rules, TextField.RULES, start=found.start, end=found.end)
    if _points_outside(words):
        return None
    proposition = read_proposition(words, text.closes_at)
    if label == labels[0]:
        return proposition
    if len(labels) != 2:
        return None
    quotation = Quotation(
        field=TextField.RULES, start=found.start, end=found.end, text=text.rules[found.start : found.end]
    )
    return _denied(proposition, quotation)


def _points_outside(words: Words) -> bool:
    """Whether a sentence speaks of something that stands elsewhere: "the listed club"."""
    texts = [token.text for token in words.tokens]
    pairs = {f"{one} {other}" for one, other in pairwise(texts)}
    return not POINTING_WORDS.isdisjoint(texts) or not POINTING_PAIRS.isdisjoint(pairs)
