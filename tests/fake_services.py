"""Anthropic, OpenAI and Exa on loopback, as far as their clients ask: each market gets the answers written for it.

A question belongs to the market whose number stands in it (``team 7``). Answers of a market are given in order, the last
for ever; ``asked`` counts every request, which is what a user would be billed for.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.authoring import answer
from tests.serving import served

AUTHOR, RESEARCH = "author", "research"

INPUT_TOKENS, OUTPUT_TOKENS = 1_000, 100
"""Of every answer of an author."""

SEARCH_DOLLARS = 0.005
ANSWER_DOLLARS = 0.02
"""Of an author who states what an answer costs, as OpenRouter does."""

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Says:
    """One answer.

    ``value`` is what the author says, as JSON unless it is text; ``stop`` why it stopped, in Anthropic's words. With a
    ``status`` it is an error instead. ``hangs``: nothing comes. ``is_torn``: half of the body comes, as if whole.
    ``is_late``: it comes after somebody else's that hangs has been asked for.
    """

    value: Any = None
    stop: str = "end_turn"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "not now"
    hangs: bool = False
    is_torn: bool = False
    is_late: bool = False


GOOD = Says(answer())


class FakeServices:
    """State, switches and counts."""

    def __init__(self) -> None:
        self.origin = ""
        self.author: dict[int, list[Says]] = {}
        self.research: dict[int, list[Says]] = {}
        self.asked: Counter[tuple[str, int]] = Counter()
        self.prompts: dict[int, list[str]] = {}
        self.refused_keys: set[str] = set()
        self.release = threading.Event()
        self.hanging = threading.Semaphore(0)
        """Is raised by one whenever a request begins to hang."""

    def calls(self, service: str) -> dict[int, int]:
        """Requests by market."""
        return {number: count for (name, number), count in sorted(self.asked.items()) if name == service}

    def wait_until_one_hangs(self) -> None:
        assert self.hanging.acquire(timeout=PATIENCE_SECONDS), "no request came to the answer that is held back"

    async def messages(self, request: Request) -> Response:
        """Anthropic."""
        return await self._author(request, request.headers.get("x-api-key", ""), _anthropic)

    async def completions(self, request: Request) -> Response:
        """OpenAI."""
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        return await self._author(request, key, _openai)

    async def search(self, request: Request) -> Response:
        """Exa."""
        body = await request.json()
        said = await self._next(RESEARCH, self.research, body["query"], request.headers.get("x-api-key", ""))
        return _sent(said, _exa(body["query"]))

    async def _author(self, request: Request, key: str, shape: Any) -> Response:
        body = await request.json()
        text = body["messages"][-1]["content"]
        said = await self._next(AUTHOR, self.author, text, key)
        self.prompts.setdefault(_number(text), []).append(text)
        return _sent(said, shape(said, body["model"]))

    async def _next(self, service: str, plan: dict[int, list[Says]], text: str, key: str) -> Says:
        number = _number(text)
        self.asked[service, number] += 1
        if key in self.refused_keys:
            return Says(status=401, message=f"invalid key {key}")
        planned = plan.get(number) or [GOOD]
        said = planned.pop(0) if len(planned) > 1 else planned[0]
        if said.is_late:
            await asyncio.to_thread(self.wait_until_one_hangs)
        if said.hangs:
            self.hanging.release()
            await asyncio.to_thread(self.release.wait, PATIENCE_SECONDS)
        return said


def _number(text: str) -> int:
    found = re.search(r"\bteam (\d+)\b", text)
    assert found is not None, text[:500]
    return int(found[1])


def _sent(said: Says, body: dict) -> Response:
    if said.status != 200:
        error = {"type": "error", "error": {"type": "some_error", "message": said.message}}
        return JSONResponse(error, status_code=said.status, headers=said.headers)
    content = json.dumps(body).encode()
    return Response(content[: len(content) // 2] if said.is_torn else content, media_type="application/json")


def _text(said: Says) -> str:
    return said.value if isinstance(said.value, str) else json.dumps(said.value)


def _anthropic(said: Says, model: str) -> dict:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": _text(said)}],
        "stop_reason": said.stop,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS},
    }


def _openai(said: Says, model: str) -> dict:
    refusal = _text(said) if said.stop == "refusal" else None
    message = {"role": "assistant", "content": None if refusal else _text(said), "refusal": refusal}
    reason = "length" if said.stop == "max_tokens" else "stop"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": INPUT_TOKENS,
            "completion_tokens": OUTPUT_TOKENS,
            "total_tokens": 1_100,
            "cost": ANSWER_DOLLARS,
        },
    }


def _exa(query: str) -> dict:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    news = {"url": "https://news.example/1", "title": "News", "text": f"About: {query}", "publishedDate": yesterday}
    undated = {"url": "https://news.example/2", "title": "Rumour", "text": "Undated."}
    return {"results": [news, undated], "costDollars": {"total": SEARCH_DOLLARS}}


@contextmanager
def running_services() -> Iterator[FakeServices]:
    """Served until the block ends; then what hangs is let go."""
    fake = FakeServices()
    routes = [
        Route("/v1/messages", fake.messages, methods=["POST"]),
        Route("/openai/chat/completions", fake.completions, methods=["POST"]),
        Route("/search", fake.search, methods=["POST"]),
    ]
    with served(Starlette(routes=routes), before_end=fake.release.set) as fake.origin:
        yield fake
