"""The templates of the site, on top of those of the reports: one design for what is written and what is served."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup
from starlette.responses import HTMLResponse

from edgeworth.reports.rendering import environment
from edgeworth.web.parameters import Parameters
from edgeworth.web.policy import site_policy

PLACES = (
    ("/", "Runs"),
    ("/markets", "Markets"),
    ("/discovery", "Discovery"),
    ("/forecasts", "Forecasts"),
    ("/status", "Status"),
)
"""Where every page leads: address, name."""


def market_address(market_id: str) -> str:
    """Address of a market's page."""
    return f"/markets/{quote(market_id, safe=':')}"


def run_address(folder: str) -> str:
    """Address of a run's page."""
    return f"/results/{quote(folder)}/"


@cache
def site_environment() -> Environment:
    """The templates of the reports and of the site, made once."""
    shared = environment()
    own = PackageLoader("edgeworth.web", "templates")
    assert shared.loader is not None
    made = shared.overlay(loader=ChoiceLoader([own, shared.loader]))
    css = Markup(own.get_source(made, "site.css")[0])  # noqa: S704  # our own file
    ours = {"places": PLACES, "site_stylesheet": css, "market_address": market_address, "run_address": run_address}
    made.globals = {**shared.globals, **ours}
    return made


@cache
def policy() -> str:
    """The Content-Security-Policy of every page of the site."""
    return site_policy(_render("site.html.j2", place=""))


def page(template: str, *, place: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the site; ``place`` is the address in ``PLACES`` that it belongs to, or empty."""
    body = _render(template, place=place, **values)
    return HTMLResponse(body, status_code=status, headers={"content-security-policy": policy()})


def message_page(title: str, text: str, *, status: int) -> HTMLResponse:
    """A page with one sentence: what went wrong, and what to do."""
    return page("message.html.j2", place="", status=status, heading=title, text=text)


def _render(template: str, **values: Any) -> str:
    return site_environment().get_template(template).render(**values)


class Paging:
    """Where a page of a long list stands, and the addresses of its neighbours."""

    def __init__(self, asked: Parameters, path: str, *, rows: int, total: int, name: str = "page") -> None:
        self.number = asked.page
        self.first = (self.number - 1) * rows + 1
        self.last = min(total, self.number * rows)
        self.total = total
        self.pages = max(1, -(-total // rows))
        self.is_beyond = self.number > self.pages
        self.before = asked.address(path, **{name: str(min(self.number - 1, self.pages))}) if self.number > 1 else ""
        self.after = asked.address(path, **{name: str(self.number + 1)}) if self.number < self.pages else ""
