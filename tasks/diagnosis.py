"""What ``edgeworth doctor`` finds out: versions, folders, database, keys, services, Prefect. Never a secret."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import os
import platform
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from edgeworth.errors import EdgeworthError
from tasks import wiring
from tasks.clock import new_id
from tasks.code_version import code_version
from tasks.results import elsewhere
from tasks.settings import Settings

State = Literal["ok", "missing", "failed", "skipped"]

PINNED = ("prefect", "fastapi", "sqlalchemy")
"""Packages whose other versions break the scheduler in silence; see pyproject.toml."""

KEYS = (
    "openai_api_key",
    "anthropic_api_key",
    "daytona_api_key",
    "exa_api_key",
    "perplexity_api_key",
    "openrouter_api_key",
)


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    state: State
    detail: str


def diagnose(settings: Settings, *, offline: bool) -> list[Finding]:
    """Everything that decides whether Edgeworth works here, in the order a reader would ask."""
    return [
        Finding("edgeworth", "ok", f"{code_version()} on Python {platform.python_version()}, {platform.system()}"),
        *(_version(name) for name in PINNED),
        _folder("data folder", settings.data_dir.absolute().as_posix()),
        _folder("results folder", settings.results_dir.absolute().as_posix()),
        _database(settings),
        *_stores(settings, offline=offline),
        *_keys(settings),
        _embedder(settings),
        _language_model(settings),
        _research(settings),
        _sandbox(settings),
        *_services(settings, offline=offline),
        *_prefect(),
    ]


def _version(name: str) -> Finding:
    """Whether the installed version of a pinned package is one that the pin allows."""
    from packaging.requirements import Requirement

    installed = importlib.metadata.version(name)
    wanted = [Requirement(line) for line in importlib.metadata.requires("edgeworth") or []]
    for requirement in wanted:
        if requirement.name == name and not requirement.specifier.contains(installed):
            return Finding(
                name, "failed", f"{installed} is installed, {requirement.specifier} works: run `make install`"
            )
    return Finding(name, "ok", installed)


def _folder(name: str, path: str) -> Finding:
    try:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
        with tempfile.NamedTemporaryFile(dir=path, prefix=".doctor-"):
            pass
    except OSError as error:
        return Finding(name, "failed", f"{path}: cannot be written ({error.strerror})")
    return Finding(name, "ok", path)


def _database(settings: Settings) -> Finding:
    try:
        with wiring.open_storage(settings) as storage:
            return Finding(
                "database", "ok", f"{storage.catalogue.description}, {storage.catalogue.count_markets():,} markets"
            )
    except (EdgeworthError, OSError) as error:
        return Finding("database", "failed", str(error))


def _stores(settings: Settings, *, offline: bool) -> Iterator[Finding]:
    """Whether history and results can be kept where their addresses say, found out by making and removing an object."""
    for name, url in (("history address", settings.history_url), ("results address", settings.results_url)):
        if url is None:
            continue
        if offline and not url.startswith("file:"):
            yield Finding(name, "skipped", f"{url}: not asked (--offline)")
            continue
        try:
            wiring.open_objects(url).check(new_id())
        except EdgeworthError as error:
            yield Finding(name, "failed", str(error))
        else:
            yield Finding(name, "ok", f"{url}: written and deleted")
    if settings.results_url is not None and (runs := elsewhere.waiting(settings)):
        why = next((told for told in map(elsewhere.why_waiting, runs) if told), "not tried yet")
        waiting = f"{len(runs)} {'run waits' if len(runs) == 1 else 'runs wait'}, from {runs[0].name} on"
        yield Finding("results that wait", "missing", f"{waiting}; the next run puts them. {why}")


def _keys(settings: Settings) -> Iterator[Finding]:
    for name in KEYS:
        is_set = getattr(settings, name) is not None
        yield Finding(
            name.upper(), "ok" if is_set else "missing", "set" if is_set else "not set; everything works without it"
        )


def _embedder(settings: Settings) -> Finding:
    """Which embedder a discovery run would use, and why; no service is asked."""
    try:
        chosen = wiring.choose_embedder(settings)
    except EdgeworthError as error:
        return Finding("embedder", "failed", str(error))
    state: State = "missing" if chosen.is_fallback else "ok"
    return Finding("embedder", state, f"{chosen.embedder.space.model}, {chosen.reason}")


def _sandbox(settings: Settings) -> Finding:
    """What would confine a generated program; on this machine found out by running one that tries to get out."""

    async def enter() -> tuple[str, str]:
        async with wiring.build_sandbox_provider(settings) as provider:
            return provider.level, provider.explanation

    try:
        if wiring.choose_sandbox(settings) == "daytona":
            return Finding("sandbox", "ok", "daytona, because DAYTONA_API_KEY is set; not asked")
        level, why_not_better = asyncio.run(enter())
    except EdgeworthError as error:
        return Finding("sandbox", "failed", str(error))
    detail = level + (f" ({why_not_better})" if why_not_better else "")
    return Finding("sandbox", "missing" if level == "none" else "ok", detail)


def _language_model(settings: Settings) -> Finding:
    """Which language model would be asked; none is asked now."""
    try:
        model = wiring.build_language_model(settings)
    except EdgeworthError as error:
        return Finding("language model", "failed", str(error))
    if model is None:
        return Finding(
            "language model", "missing", f"none is asked; one of {_settings_of(wiring.MODEL_KEYS)} names one"
        )
    return Finding("language model", "ok", model.name)


def _research(settings: Settings) -> Finding:
    """Who would be searched for news; nobody is asked now."""
    try:
        research = wiring.build_research(settings)
    except EdgeworthError as error:
        return Finding("research", "failed", str(error))
    if research is None:
        return Finding(
            "research", "missing", f"nobody is searched; one of {_settings_of(wiring.RESEARCH_KEYS)} names one"
        )
    return Finding("research", "ok", research.name)


def _settings_of(services: Sequence[str]) -> str:
    return ", ".join(f"{service.upper()}_API_KEY" for service in services)


def _services(settings: Settings, *, offline: bool) -> list[Finding]:
    if offline:
        return [Finding("venues", "skipped", "not asked (--offline)")]
    return asyncio.run(_ask_services(settings))


async def _ask_services(settings: Settings) -> list[Finding]:
    asked = wiring.service_probes(settings)
    answers = await asyncio.gather(*(probe() for probe in asked.values()), return_exceptions=True)
    findings = []
    for name, answer in zip(asked, answers, strict=True):
        if isinstance(answer, EdgeworthError):
            findings.append(Finding(name, "missing", f"not reached: {answer}"))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            findings.append(Finding(name, "ok", answer))
    return findings


def _prefect() -> Iterator[Finding]:
    """The server that commands would use, and which of our limits and deployments it has."""
    from tasks.orchestration.prefect_server import find_server

    try:
        api = find_server()
    except EdgeworthError as error:
        yield Finding("Prefect server", "failed", str(error))
        return
    if api is None:
        yield Finding("Prefect server", "missing", "none is running; commands start a private one for their own time")
        return
    yield Finding("Prefect server", "ok", api)
    try:
        limits = _ask(f"{api}/v2/concurrency_limits/filter", {})
        deployments = _ask(f"{api}/deployments/filter", {})
    except (urllib.error.URLError, ValueError) as error:
        yield Finding("Prefect set-up", "failed", f"the server did not answer as expected: {error}")
        return
    names = sorted(limit["name"] for limit in limits if not limit["name"].startswith("deployment:"))
    if names and deployments:
        yield Finding("Prefect set-up", "ok", f"limits {', '.join(names)}; {len(deployments)} deployments")
    else:
        yield Finding("Prefect set-up", "missing", "limits or deployments are missing; `edgeworth setup` makes them")


def _ask(url: str, body: dict[str, object]) -> list[dict[str, str]]:
    request = urllib.request.Request(  # noqa: S310  # the address of our own Prefect server
        url, data=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return list(json.load(answer))
