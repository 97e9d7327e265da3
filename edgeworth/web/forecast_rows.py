"""Forecasts as rows of a table: what was said, what the market said then, what came out since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from edgeworth.markets.market import Market
from edgeworth.reports import charts
from edgeworth.reports.batch_page import KIND_WORDS, VERDICT_WORDS, author_of
from edgeworth.reports.figures import MISSING, interval, per_cent, points
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.record import MarketStatus
from edgeworth.web import run_files
from edgeworth.web.ports import Site, SiteRun, SiteStore
from edgeworth.web.rendering import run_address

SAMPLED_RUNS = 500
"""Newest runs among which the folder of a forecast's run is looked for."""


class ForecastRow(NamedTuple):
    """One forecast; ``page`` is what its run wrote of the market, ``state`` also names its colour."""

    forecast: Forecast
    market: Market | None
    page: str | None
    model: str
    interval: str
    quoted: str
    difference: str
    chart: Markup
    state: str
    verdict: str
    kind: str
    author: str
    outcome: str


def forecast_rows(
    site: Site, store: SiteStore, forecasts: Sequence[Forecast], markets: Mapping[str, Market]
) -> list[ForecastRow]:
    """``forecasts`` in their order; ``markets`` are those of them that are known."""
    if not forecasts:
        return []
    wanted = {one.run_id for one in forecasts}
    pages: dict[str, str] = {}
    folders = run_files.RunFolders(site.results_dir)
    for run in store.runs(SAMPLED_RUNS):
        if run.run_id in wanted:
            pages |= _pages_of(folders, run)
    return [_row(one, markets.get(one.market_id), pages.get(one.forecast_id)) for one in forecasts]


def _pages_of(folders: run_files.RunFolders, run: SiteRun) -> dict[str, str]:
    """Addresses of the markets' pages that a run has written, by the id of their forecasts."""
    noted = (run.counts or {}).get("folder")
    folder = folders.folder_of(run.run_id, run.started_at, noted)
    if folder is None:
        return {}
    written = run_files.market_folders(folders.results_dir, folder)
    return {f"{run.run_id}/{market_id}": f"{run_address(folder)}{name}/" for market_id, name in written.items()}


def _row(one: Forecast, market: Market | None, page: str | None) -> ForecastRow:
    error = one.sampling_error
    state = one.verdict or (one.status.value if one.status is not MarketStatus.SUCCEEDED else "not_comparable")
    return ForecastRow(
        forecast=one,
        market=market,
        page=page,
        model=per_cent(one.probability, one.difference_error or error),
        interval="" if one.low is None else interval(one.low, one.high, one.difference_error or error),
        quoted=per_cent(one.market_probability, one.market_error),
        difference=points(one.difference, one.difference_error),
        chart=charts.dots(one.probability, one.low, one.high, one.market_probability),
        state=state,
        verdict=VERDICT_WORDS.get(state, state),
        kind="no model" if one.kind is None else KIND_WORDS[one.kind],
        author="+".join(map(author_of, one.author.split("+"))) if one.author else "",
        outcome=_outcome(market),
    )


def _outcome(market: Market | None) -> str:
    """What the first outcome paid, as far as it is known."""
    if market is None:
        return MISSING
    if market.resolution is None:
        return "open" if market.status.value == "open" else market.status.value
    if market.resolution.payouts is None:
        return market.resolution.shape.value.replace("_", " ")
    return f"paid {market.resolution.payouts[0] / 10_000:.4g} %"
