"""Scoring registered forecasts against how their markets ended. No Prefect, and nothing stored: reading alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from edgeworth.errors import ConfigurationError, DataError
from edgeworth.simulation.chain import ChainEnd, ChainFault
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.track_record import Ending, TrackRecord, by_author_kind, ending_of, track_record
from tasks import wiring
from tasks.results.elsewhere import MANIFEST
from tasks.settings import Settings


class Scored(Struct, frozen=True, kw_only=True):
    """Forecasts that may be scored together: ``total``, and the same by the kind of author."""

    total: TrackRecord
    by_author_kind: dict[str, TrackRecord]


class ScoredForecasts(Struct, frozen=True, kw_only=True):
    """What registered forecasts of one world were worth, and whether they are still those that were registered.

    Attributes:
        is_synthetic: The world: invented markets, or real ones.
        live: Those written down while their instant was the present (``Forecast.is_live``); ``None`` where what stands
            in the store cannot be read as forecasts any more.
        past: All others, as of runs with ``--as-of``. Never in one figure with the live ones.
        registered: Forecasts of both worlds that the chain holds.
        noted: The end of the chain that a batch wrote down, when one was named.
        fault: Where the chain does not hold; ``None`` when it does.
    """

    is_synthetic: bool
    live: Scored | None
    past: Scored | None
    registered: int
    noted: ChainEnd | None
    fault: ChainFault | None


def score_forecasts(settings: Settings, *, is_synthetic: bool = False, batch: Path | None = None) -> ScoredForecasts:
    """Score every registered forecast of real markets, or of invented ones; never of both at once.

    Args:
        settings: Where the store is.
        is_synthetic: Which of the two.
        batch: Folder of a batch whose manifest says where the chain ended then; without one, the removal of the last
            forecasts cannot be seen.

    Raises:
        ConfigurationError: ``batch`` is no folder of a batch that has ended.
        StorageError: The store cannot be read.
    """
    noted = None if batch is None else read_noted_end(batch)
    with wiring.open_storage(settings) as storage:
        end = storage.simulations.chain_end()
        fault = storage.simulations.check_chain(noted)
        try:
            forecasts = storage.simulations.forecasts(is_synthetic=is_synthetic)
        except DataError:
            if fault is None:
                raise
            # What was changed is no forecast any more: the fault says which and how.
            live = past = None
        else:
            markets = storage.catalogue.get_markets({one.market_id for one in forecasts})
            endings = {market_id: ending_of(market) for market_id, market in markets.items()}
            live = _scored([one for one in forecasts if one.is_live], endings)
            past = _scored([one for one in forecasts if not one.is_live], endings)
    return ScoredForecasts(
        is_synthetic=is_synthetic,
        live=live,
        past=past,
        registered=0 if end is None else end.position,
        noted=noted,
        fault=fault,
    )


def _scored(forecasts: Sequence[Forecast], endings: Mapping[str, Ending]) -> Scored:
    return Scored(total=track_record(forecasts, endings), by_author_kind=by_author_kind(forecasts, endings))


class _Manifest(Struct):
    """What of a batch's manifest matters here."""

    last_forecast: ChainEnd | None


def read_noted_end(batch: Path) -> ChainEnd:
    """Where the chain of forecasts ended when the batch in the folder ``batch`` did.

    Raises:
        ConfigurationError: There is no manifest, it notes no end since the batch did not come to its own, or there was
            no forecast at all.
    """
    path = batch / MANIFEST
    expected = f"--batch: expected the folder of a batch that has ended, with last_forecast in its {MANIFEST}"
    try:
        noted = msgspec.json.decode(path.read_bytes(), type=_Manifest).last_forecast
    except OSError as error:
        raise ConfigurationError(f"{expected}; found {path}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{expected}; found {path}: {error}") from None
    if noted is None:
        raise ConfigurationError(
            f"--batch: no forecast had been registered by the end of this batch ({path}): nothing of it can be gone"
        )
    return noted
