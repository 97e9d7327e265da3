"""The site as an ASGI application: which address shows what, and what is said when something cannot be shown."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from edgeworth.errors import EdgeworthError
from edgeworth.reports.index_page import INDEX_PAGE
from edgeworth.web.catalogue_pages import search, show
from edgeworth.web.discovery_pages import discovery
from edgeworth.web.forecast_pages import forecasts
from edgeworth.web.guard import LOOPBACK_NAMES, Guard
from edgeworth.web.parameters import BadParameterError
from edgeworth.web.ports import Site
from edgeworth.web.rendering import message_page
from edgeworth.web.run_pages import index_of_runs, results_index, run_file
from edgeworth.web.status_page import status

PAGES: tuple[tuple[str, Callable[[Site, Request], Response]], ...] = (
    ("/", index_of_runs),
    ("/results/", results_index),
    (f"/results/{INDEX_PAGE}", results_index),
    ("/results/{path:path}", run_file),
    ("/markets", search),
    ("/markets/{market_id:path}", show),
    ("/discovery", discovery),
    ("/forecasts", forecasts),
    ("/status", status),
)


def create_app(site: Site, *, names: Collection[str] | None = LOOPBACK_NAMES) -> ASGIApp:
    """The site.

    Args:
        site: What it shows.
        names: Host names it answers under; ``None`` for any, when it is public anyway.
    """
    # Plain functions: each request runs in a thread of its own, so a slow question holds up nobody else.
    routes = [Route(path, partial(answer, site)) for path, answer in PAGES]
    pages = Starlette(
        routes=routes,
        exception_handlers={
            BadParameterError: _bad_parameter,
            EdgeworthError: _not_readable,
            HTTPException: _http_error,
            Exception: _defect,
        },
    )
    # Around all of it: what Starlette itself answers after a defect is guarded too.
    return Guard(pages, names)


def _bad_parameter(_: Request, error: Exception) -> Response:
    return message_page("This cannot be meant", f"{error}.", status=400)


def _not_readable(_: Request, error: Exception) -> Response:
    return message_page("This cannot be shown now", str(error), status=503)


def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return message_page("Not found", "There is no such page here.", status=error.status_code)


def _defect(_: Request, __: Exception) -> Response:
    told = "A defect of Edgeworth. What went wrong stands where the command runs."
    return message_page("This page broke off", told, status=500)
