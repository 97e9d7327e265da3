"""The chain of digests that holds registered forecasts: each digest covers a forecast and the digest before it.

Pure: how a digest is made, and where a chain does not hold. Whoever can write the table can also make the whole chain
anew; only an end that was noted elsewhere (``ChainEnd``, in every batch's manifest) shows that, and that the last
forecasts were taken away.

The digest is SHA-256 of one JSON object: the fields of the forecast that are not missing and, but for the first,
``previous_digest``; keys sorted, no spaces, ASCII, instants as ``2026-11-21 09:30:00.000000`` in UTC. A field that is
missing is left out, so that a field added to forecasts one day leaves the digests of earlier ones as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.errors import DataError
from edgeworth.simulation.forecast import Forecast

INSTANTS = ("as_of", "registered_at", "closes_at")
"""Fields of a forecast that are instants, as plain values text in UTC."""


class ChainEnd(Struct, frozen=True, kw_only=True):
    """The last link of a chain: how many forecasts there were, and the digest that covers them all."""

    position: int
    digest: str


class ChainFault(Struct, frozen=True, kw_only=True):
    """The first place at which a chain does not hold.

    Attributes:
        position: Of the place, from 1.
        forecast_id: The forecast that stands there; ``None`` when none does.
        problem: What is wrong, for a person.
    """

    position: int
    forecast_id: str | None
    problem: str


class Link(Struct, frozen=True, kw_only=True):
    """A forecast as it is stored. Unchecked: any value may be of any kind.

    Attributes:
        values: By name of field; see ``plain_values``.
    """

    position: int
    forecast_id: str
    values: Mapping[str, Any]
    digest: str
    previous_digest: str | None


def plain_values(forecast: Forecast) -> dict[str, Any]:
    """The fields of ``forecast`` as text, numbers, booleans and ``None``: what a digest is made of and a row holds.

    Raises:
        DataError: A number is not finite, or an instant has no time zone.
    """
    return {name: _plain(name, getattr(forecast, name)) for name in forecast.__struct_fields__}


def as_registered(forecast: Forecast) -> Forecast:
    """``forecast`` as it will be read back.

    Instants in UTC, whole numbers as floats where floats belong, and texts that every database can hold (NUL and half
    characters are replaced).

    Raises:
        DataError: It cannot be registered: a number is not finite, or an instant has no time zone.
    """
    return read_forecast(plain_values(forecast))


def read_forecast(values: Mapping[str, Any]) -> Forecast:
    """The forecast of which ``values`` are the ``plain_values``.

    Raises:
        DataError: It is none.
    """
    zoned = {name: f"{values[name]}Z" for name in INSTANTS if values.get(name) is not None}
    try:
        return msgspec.convert({**values, **zoned}, Forecast)
    except msgspec.ValidationError as error:
        raise DataError(f"expected a forecast, found something else: {error}") from error


def digest_of(values: Mapping[str, Any], previous_digest: str | None) -> str:
    """The digest, in hexadecimal, of a forecast with ``plain_values`` that follows ``previous_digest``."""
    covered = {**values, "previous_digest": previous_digest}
    known = {name: value for name, value in covered.items() if value is not None}
    # The plainest encoder there is: anyone can make the digest again without our code.
    body = json.dumps(known, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=repr)
    return hashlib.sha256(body.encode("ascii")).hexdigest()


def check_links(links: Iterable[Link], end: ChainEnd | None = None) -> ChainFault | None:
    """The first place at which ``links``, in the order of their positions, are not as they were registered.

    Args:
        links: The whole chain.
        end: Its end as it was noted elsewhere; later links may follow it.
    """
    position, digest = 0, None
    for link in links:
        expected = position + 1
        if problem := _problem(link, expected, digest, end):
            return ChainFault(position=expected, forecast_id=link.forecast_id, problem=problem)
        position, digest = expected, link.digest
    if end is not None and position < end.position:
        problem = f"expected {end.position} forecasts, found {position}: the last ones were removed"
        return ChainFault(position=position + 1, forecast_id=None, problem=problem)
    return None


def says_the_same(one: Forecast, other: Forecast) -> bool:
    """Whether both hold the same but for when they were written down and by which version: a batch taken up again."""
    fixed = {"registered_at": one.registered_at, "code_version": one.code_version}
    return msgspec.structs.replace(other, **fixed) == one


def _problem(link: Link, position: int, before: str | None, end: ChainEnd | None) -> str | None:
    if link.position != position:
        return f"expected position {position}, found {link.position}: what stood between was removed"
    if link.previous_digest != before:
        return "it does not follow the forecast before it: one was removed, inserted or moved here"
    if link.digest != digest_of(link.values, link.previous_digest):
        return "its digest is not that of its content: it was changed, or inserted"
    if end is not None and position == end.position and link.digest != end.digest:
        return "the chain ended here with another digest: it was made anew"
    return None


def _plain(name: str, value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime():
            if value.tzinfo is None:
                raise DataError(f"{name}: expected an instant with a time zone, found {value.isoformat()}")
            return instant_text(value)
        case float():
            if value - value != 0.0:
                raise DataError(f"{name}: expected a finite number, found {value}")
            return value + 0.0  # Databases do not all keep the sign of zero.
        case str():
            return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
        case _:
            return value


def instant_text(value: datetime) -> str:
    """``value`` in UTC, as it stands in a digest."""
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]
