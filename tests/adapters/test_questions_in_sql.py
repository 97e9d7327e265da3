"""The questions of ``docs/questions-in-sql.md``, asked on both databases: they give what the page prints."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from edgeworth.adapters.storage.database import SqlCatalogue, SqlSimulations
from edgeworth.markets.market import MarketStatus as Trading
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.simulation.record import AuthorKind, MarketStatus, Usage
from edgeworth.simulation.track_record import by_author_kind, ending_of
from edgeworth.units import PriceMicros
from tests.builders import a_market
from tests.contexts import context
from tests.pages import Walk, of_markets
from tests.simulations import a_forecast, a_model, a_record

PAGE = (Path(__file__).parents[2] / "docs" / "questions-in-sql.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^## (.+?)$.*?```sql\n(.*?)```\n\n(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)

WEDNESDAY = datetime(2026, 11, 18, 6, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 20, 6, tzinfo=UTC)
RESOLVED_AT = datetime(2026, 11, 20, 7, tzinfo=UTC)
RAINED_AT = datetime(2026, 11, 19, 12, tzinfo=UTC)


def ended(yes: bool, at: datetime = RESOLVED_AT) -> dict[str, Any]:
    payouts = (PriceMicros(1_000_000 * yes), PriceMicros(1_000_000 * (not yes)))
    resolution = Resolution(shape=ResolutionShape.DECIDED, payouts=payouts, resolved_at=at)
    return {"status": Trading.RESOLVED, "resolution": resolution, "closed_at": at}


MARKETS = [
    a_market("rain", **ended(True, RAINED_AT)),
    a_market("snow", **ended(False)),
    a_market("wind", **ended(False)),
    a_market("frost", **ended(False)),
    a_market("sun", question="Will the sun shine in Oslo?"),
    a_market("fog", question="Will there be fog in Oslo?"),
    a_market("dew"),
    a_market("hail"),
    a_market("invented", venue=Venue.SYNTHETIC_POLYMARKET),
]

DIFFERENT: dict[str, Any] = {"anchoring": "independent", "verdict": "strong"}


@pytest.fixture
def _a_week(engine) -> None:
    catalogue, store = SqlCatalogue(engine), SqlSimulations(engine)
    for market in MARKETS:
        Walk(catalogue, market.market_id).page(of_markets(market, native_id=market.native_id), venue=market.venue)
    for kind, run_id, at in (
        ("ingest", "read", FRIDAY),
        ("simulate", "long-ago", WEDNESDAY - timedelta(days=7)),
        ("simulate", "daily-1118", WEDNESDAY),
        ("simulate", "daily-1120", FRIDAY),
    ):
        catalogue.start_run(run_id, kind=kind, parameters={}, started_at=at, code_version="1.0")
        catalogue.finish_run(run_id, finished_at=at, status="complete", counts={})

    def say(run_id: str, name: str, *said: float | None, usage: Usage | None = None, **changes: Any) -> None:
        at = WEDNESDAY if run_id == "daily-1118" else FRIDAY
        market_id = name if ":" in name else f"polymarket:{name}"
        model = a_model() if usage is None else a_model(usage=usage)
        record = a_record(market_id, models=(model,), context=context(market_id=market_id, as_of=at))
        names = ("probability", "market_probability", "combined", "difference", "difference_error")
        plain = dict.fromkeys(names) | dict(zip(names, said, strict=False))
        forecast = a_forecast(record, run_id, registered_at=at + timedelta(minutes=5))
        assert store.register(run_id, record, replace(forecast, **(plain | changes)))

    say("daily-1118", "rain", 0.9, 0.8, 0.85)
    say("daily-1118", "snow", 0.2, 0.3, 0.25)
    say("daily-1118", "wind", 0.6, 0.5, 0.55, kind=AuthorKind.BUILTIN)
    say("daily-1118", "sun", 0.5, 0.4, 0.45, 0.1, 0.01, **DIFFERENT)  # not its last word
    say("daily-1120", "rain", 1.0, 0.99, 0.99)  # too late
    say(
        "daily-1120",
        "frost",
        None,
        0.4,
        status=MarketStatus.FAILED,
        usage=Usage(input_tokens=1_000, output_tokens=200, cost=None),
    )
    say("daily-1120", "sun", 0.7, 0.4, 0.5, 0.3, 0.05, **DIFFERENT)
    say("daily-1120", "fog", 0.35, 0.5, 0.45, -0.15, 0.06, **(DIFFERENT | {"verdict": "worth_a_look"}))
    say("daily-1120", "dew", 0.9, 0.4, 0.4, anchoring="anchored", verdict="not_comparable")
    say("daily-1120", "hail", None, 0.4, status=MarketStatus.SKIPPED)
    say("daily-1120", "synthetic-polymarket:invented", 0.9, 0.1, 0.2, 0.8, 0.01, **DIFFERENT)


def printed(table: str) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a table of the page."""
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.strip().splitlines()]
    return lines[0], lines[2:]


def is_shown_as(cell: str, value: Any) -> bool:
    """Whether the page prints ``value`` as ``cell``; missing is empty, an instant stops at its minutes."""
    match value:
        case None:
            return cell == ""
        case str():
            return value == cell or (len(cell) == 16 and value.startswith(cell))
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M") == cell
        case _:
            return float(value) == pytest.approx(float(cell))


def test_the_page_has_three_questions():
    assert len(QUESTIONS) == PAGE.count("```sql") == 3


@pytest.mark.usefixtures("_a_week")
@pytest.mark.parametrize(("sql", "table"), [one[1:] for one in QUESTIONS], ids=["batches", "differences", "scores"])
def test_a_question_is_answered_as_printed(engine, sql, table):
    if engine.dialect.name == "sqlite" and sqlite3.sqlite_version_info < (3, 38):
        pytest.skip(f"SQLite {sqlite3.sqlite_version} has no ->> for JSON; the page asks for 3.38")
    with engine.connect() as connection:
        result = connection.exec_driver_sql(sql)
        heads, rows = list(result.keys()), [tuple(row) for row in result]
    expected_heads, cells = printed(table)
    assert heads == expected_heads
    assert len(rows) == len(cells)
    for row, shown in zip(rows, cells, strict=True):
        assert all(map(is_shown_as, shown, row)), (row, shown)


@pytest.mark.usefixtures("_a_week")
def test_the_track_record_agrees_with_the_scores_in_sql(engine):
    endings = {market.market_id: ending_of(market) for market in SqlCatalogue(engine).find_markets(limit=100)}
    found = by_author_kind(SqlSimulations(engine).forecasts(is_synthetic=False), endings)
    _, cells = printed(QUESTIONS[2][2])
    for kind, forecasts, without_answer, *briers in cells:
        record = found[kind]
        assert (record.answerable, record.answerable - record.scored) == (int(forecasts), int(without_answer))
        assert [record.model.brier, record.market.brier, record.combined.brier] == pytest.approx(
            list(map(float, briers)), abs=1e-4
        )
    # Of "written" also: rain once more, too late; sun, sun, fog, dew and hail, which still trade.
    assert found["written"].unscored == {"unresolved": 5, "too_late": 1, "failed": 1}
