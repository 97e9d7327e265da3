"""The trial ledger on both databases: what was made comes back to the bit, under the code that made it and no other."""

from __future__ import annotations

import math
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from edgeworth.adapters.storage.connection import writing
from edgeworth.adapters.storage.database import open_database
from edgeworth.adapters.storage.schema import trial as table
from edgeworth.adapters.storage.trials import SqlTrials
from edgeworth.errors import DataError
from edgeworth.replay.sweep import Trial, run_trials
from tests.builders import NOON
from tests.replaying import QUICK_HOLDER, walked_bars

BARS = walked_bars(3, 300)
[FIRST] = run_trials(BARS, [QUICK_HOLDER])
SECOND = replace(FIRST, configuration="b" * 64, sharpe=-0.25)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def ledger(engine) -> SqlTrials:
    return SqlTrials(engine)


def save(ledger: SqlTrials, *trials: Trial, version: str = "1.0+aaaaaaa", at=NOON, run_id: str = "r1") -> None:
    ledger.save(trials, is_synthetic=True, code_version=version, run_id=run_id, made_at=at)


def test_a_trial_comes_back_to_the_bit(ledger):
    save(ledger, SECOND, FIRST)
    found = ledger.known(BARS.digest, [FIRST.configuration, SECOND.configuration, "unknown"], "1.0+aaaaaaa")
    assert found == {FIRST.configuration: FIRST, SECOND.configuration: SECOND}
    assert found[FIRST.configuration].blocks == FIRST.blocks


def test_what_was_made_of_other_bars_or_by_other_code_is_not_known(ledger):
    save(ledger, FIRST)
    assert ledger.known(BARS.digest, [FIRST.configuration], "1.0+bbbbbbb") == {}
    assert ledger.known("0" * 64, [FIRST.configuration], "1.0+aaaaaaa") == {}
    assert ledger.known(BARS.digest, [], "1.0+aaaaaaa") == {}
    assert ledger.sharpes("0" * 64) == {}


def test_for_the_deflation_a_setting_counts_once_and_its_newest_trial_stands(ledger):
    save(ledger, FIRST, SECOND)
    save(ledger, replace(FIRST, sharpe=0.5), version="1.0+bbbbbbb", at=LATER)
    save(ledger, replace(FIRST, sharpe=0.4), version="0.9+ccccccc", at=NOON - timedelta(days=9))
    assert ledger.sharpes(BARS.digest) == {FIRST.configuration: 0.5, SECOND.configuration: -0.25}


def test_a_changed_source_of_ones_own_is_another_attempt(ledger):
    save(ledger, FIRST, version="1.0+aaaaaaa/source1")
    save(ledger, replace(FIRST, sharpe=0.7), version="1.0+aaaaaaa/source2", at=LATER)
    save(ledger, replace(FIRST, sharpe=0.8), version="1.1+bbbbbbb/source2", at=LATER + timedelta(hours=1))
    assert sorted(ledger.sharpes(BARS.digest).values()) == sorted([FIRST.sharpe, 0.8])


def test_the_same_again_replaces_the_row(ledger):
    save(ledger, FIRST)
    save(ledger, replace(FIRST, sharpe=0.125), FIRST, replace(FIRST, sharpe=0.25), at=LATER, run_id="r2")
    assert ledger.sharpes(BARS.digest) == {FIRST.configuration: 0.25}


def test_an_infinite_turnover_survives(ledger):
    endless = replace(FIRST, metrics=replace(FIRST.metrics, turnover=math.inf, sharpe=None))
    save(ledger, endless)
    assert ledger.known(BARS.digest, [FIRST.configuration], "1.0+aaaaaaa")[FIRST.configuration] == endless


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("figure", ["sharpe", "kurtosis", "blocks", "metrics.total_return", "metrics.sortino"])
def test_what_could_not_be_read_again_is_not_stored(ledger, figure, value):
    """A database says infinity as little as JSON does; one such trial would end every later sweep of these bars."""
    name, _, part = figure.partition(".")
    if part:
        changed = replace(FIRST, metrics=replace(FIRST.metrics, **{part: value}))
    else:
        changed = replace(FIRST, **{name: ((1.0, 2.0, value),) if name == "blocks" else value})
    with pytest.raises(DataError, match=f"expected a finite {part or name[:5]}"):
        save(ledger, SECOND, changed)
    assert ledger.sharpes(BARS.digest) == {}


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_no_other_turnover_than_an_endless_one_may_be_no_number(ledger, value):
    with pytest.raises(DataError, match="expected a finite turnover"):
        save(ledger, replace(FIRST, metrics=replace(FIRST.metrics, turnover=value)))


def test_text_that_no_database_holds_is_stored_all_the_same(ledger):
    save(ledger, replace(FIRST, strategy="a\x00b", asset="\ud800", settings={"note": "\x00"}))
    assert len(ledger.sharpes(BARS.digest)) == 1


def test_a_row_that_somebody_changed_is_told(ledger, engine):
    save(ledger, FIRST)
    with writing(engine) as connection:
        connection.execute(sa.update(table).values(blocks={"not": "blocks"}))
    with pytest.raises(DataError, match="expected a trial, found"):
        ledger.known(BARS.digest, [FIRST.configuration], "1.0+aaaaaaa")


def test_many_more_trials_than_a_statement_has_parameters(ledger):
    many = [replace(FIRST, configuration=f"{number:064x}") for number in range(5_000)]
    save(ledger, *many)
    assert len(ledger.known(BARS.digest, [one.configuration for one in many], "1.0+aaaaaaa")) == 5_000


def test_two_sweeps_that_save_at_once_leave_each_trial_once(database_url, ledger):
    trials = [replace(FIRST, configuration=f"{number:064x}", sharpe=number / 100) for number in range(40)]
    errors: list[BaseException] = []

    def sweep(run_id: str) -> None:
        engine = open_database(database_url)
        try:
            for one in trials:
                save(SqlTrials(engine), one, run_id=run_id)
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=sweep, args=(f"r{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert ledger.sharpes(BARS.digest) == {one.configuration: one.sharpe for one in trials}
