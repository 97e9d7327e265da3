"""The one template environment: autoescape on, undefined names are errors, filters for amounts and instants."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from edgeworth.units import MICROS

MISSING = "\N{EN DASH}"
"""Shown where the venue said nothing: never 0 and never 50 %."""

_BLANKS = re.compile(r"\s*([{};,])\s*")
"""Blanks that a style sheet does not need."""


def cents(price: int | None) -> str:
    """A price in millionths of a dollar as cents (``520000`` -> ``52¢``, ``21500`` -> ``2.15¢``)."""
    if price is None:
        return MISSING
    return f"{price * 100 / MICROS:.2f}".rstrip("0").rstrip(".") + "¢"


def usd(amount: int | None) -> str:
    """Dollars in millionths, to the cent (``3_000_000`` -> ``$3.00``), with a minus sign where they are lost.

    What rounds to nothing but is something is shown in full: a page must not say that nothing is left.
    """
    if amount is None:
        return MISSING
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    dollars = abs(amount) / MICROS
    if 0 < dollars < 0.005:
        return f"{sign}${dollars:.6f}".rstrip("0")
    return f"{sign}${dollars:,.2f}"


def percent(share: float | None) -> str:
    """A share of one as per cent (``0.358`` -> ``35.8 %``); large ones without decimals."""
    if share is None:
        return MISSING
    return f"{share:,.1%}".replace("%", " %") if abs(share) < 10 else f"{share:,.0%}".replace("%", " %")


def quantity(amount: int | None) -> str:
    """Shares or sets in millionths (``2_500_000`` -> ``2.5``, ``1_250_000_000`` -> ``1,250``)."""
    if amount is None:
        return MISSING
    return f"{amount / MICROS:,.2f}".rstrip("0").rstrip(".")


def compact(amount: float | None) -> str:
    """A large number for reading: ``1234567`` -> ``1.2M``."""
    if amount is None:
        return MISSING
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:.1f}{letter}"
    return f"{amount:.0f}"


def day(instant: datetime | None) -> str:
    """The UTC date of an instant."""
    return MISSING if instant is None else instant.strftime("%Y-%m-%d")


def minute(instant: datetime | None) -> str:
    """An instant to the minute, in UTC and saying so."""
    return MISSING if instant is None else instant.strftime("%Y-%m-%d %H:%M UTC")


def shortened(text: str, most: int = 240) -> str:
    """A text of at most ``most`` characters, and how many it has besides."""
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most:,} more characters)"


def web_link(url: str | None) -> str:
    """``url`` if a click on it is safe (http or https), else nothing: a venue's text may hold ``javascript:``."""
    return url if url and url.startswith(("https://", "http://")) else ""


@cache
def environment() -> Environment:
    """The template environment, made once."""
    loader = PackageLoader("edgeworth.reports", "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters.update(
        cents=cents,
        compact=compact,
        day=day,
        minute=minute,
        percent=percent,
        quantity=quantity,
        shortened=shortened,
        usd=usd,
        web_link=web_link,
    )
    sheets = (("stylesheet", "style.css"), ("batch_stylesheet", "batch.css"), ("replay_stylesheet", "replay.css"))
    for name, file in sheets:
        text = _BLANKS.sub(r"\1", loader.get_source(made, file)[0])
        made.globals[name] = Markup(text)  # noqa: S704  # our own file
    made.globals["table_script"] = Markup(loader.get_source(made, "tables.js")[0])  # noqa: S704  # our own file
    return made
