"""News enters a context by its instant, with its source; a search that fails costs the news and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeworth.errors import BudgetSpentError, ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.ports import ResearchAnswer, ResearchSnippet
from edgeworth.simulation.context import KnownEvent, Snippet
from edgeworth.simulation.record import ResearchUse, Usage
from edgeworth.simulation.researching import query_of, research
from edgeworth.units import UsdMicros
from tests.contexts import AS_OF, changed, context


def found(number, at=AS_OF - timedelta(hours=1)):
    return ResearchSnippet(
        source="news.example",
        url=f"https://news.example/{number}",
        title=f"Title {number}",
        text="Said.",
        published_at=at,
    )


class Search:
    name = "search"
    has_known_price = True

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def search(self, query, as_of, limit):
        self.asked.append((query, as_of, limit))
        if isinstance(self.answer, Exception):
            raise self.answer
        return ResearchAnswer(service="search", query=query, as_of=as_of, **self.answer)


@pytest.mark.anyio
async def test_what_was_found_stands_in_the_context_with_source_and_instant():
    search = Search({"snippets": (found(1), found(2)), "rejected": {"undated": 3}, "cost": UsdMicros(5_000)})
    got = await research(search, context(), limit=5)
    assert search.asked == [("Will it happen by December 21, 2026?", AS_OF, 5)]
    assert got.context.research[0] == Snippet(
        source="news.example",
        title="Title 1",
        text="Said.",
        published_at=AS_OF - timedelta(hours=1),
        url="https://news.example/1",
    )
    assert len(got.context.research) == 2
    assert changed(got.context, research=()) == context()
    assert got.use == ResearchUse(
        service="search",
        query="Will it happen by December 21, 2026?",
        found=2,
        rejected={"undated": 3},
        usage=Usage(cost=UsdMicros(5_000), calls=1),
    )


@pytest.mark.anyio
async def test_what_is_later_or_too_much_is_left_out_and_counted_whoever_let_it_through():
    later = found(9, AS_OF + timedelta(seconds=1))
    search = Search({"snippets": (later, found(1, AS_OF), found(2), found(3)), "rejected": {"later": 1}})
    got = await research(search, context(), limit=2)
    assert [one.title for one in got.context.research] == ["Title 1", "Title 2"]
    assert got.use.rejected == {"beyond_limit": 1, "later": 2}
    assert (got.use.found, got.use.usage) == (2, Usage(cost=None, calls=1))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error", [RetriableSourceError("HTTP 503"), FatalSourceError("no credit left"), BudgetSpentError("spent")]
)
async def test_a_search_that_fails_costs_the_news_and_says_so(error):
    got = await research(Search(error), context())
    assert got.context == context()
    assert got.use == ResearchUse(service="search", query="Will it happen by December 21, 2026?", problem=str(error))


@pytest.mark.anyio
async def test_a_refused_key_is_for_the_user():
    with pytest.raises(ConfigurationError):
        await research(Search(ConfigurationError("refused")), context())


@pytest.mark.anyio
async def test_without_a_service_nothing_is_claimed():
    got = await research(None, context())
    assert (got.context, got.use) == (context(), ResearchUse())


@pytest.mark.parametrize(
    ("question", "title", "query"),
    [
        ("Will A win?", "Election  of\n2026", "Will A win? (Election of 2026)"),
        ("Will A win the Election of 2026?", "election of 2026", "Will A win the Election of 2026?"),
        ("Will A win?", "", "Will A win?"),
        ("half \ud83d?", "", "half ??"),
        ("w" * 1_000, "", "w" * 300),
    ],
)
def test_the_query_is_the_question_and_what_the_event_adds(question, title, query):
    event = KnownEvent(title=title, is_exclusive=False, is_complete=False)
    assert query_of(context(question=question, event=event)) == query
