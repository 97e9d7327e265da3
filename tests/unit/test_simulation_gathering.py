"""The beginning of a batch: what each context is made of, and what is said of the markets without one."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from edgeworth.errors import ConfigurationError
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.history import PricePoint
from edgeworth.markets.market import MarketStatus, Outcome
from edgeworth.markets.relation import Relation
from edgeworth.markets.universe import UniverseMode
from edgeworth.markets.venue import Venue
from edgeworth.simulation.context import PriceClaim, SpotScale, Timing
from tasks.settings import Settings
from tasks.simulation.batch import frozen
from tasks.simulation.folder import BatchFolder
from tasks.simulation.gathering import ContextFailure, Gathering, gather
from tasks.simulation.past import EARLIER_POINTS, RECENT_POINTS, price_histories, spot_histories
from tasks.simulation.plan import SimulatePlan
from tasks.taking_up import BegunRun
from tests.builders import NOON, a_bar, a_market, an_event
from tests.findings import a_match, a_verdict
from tests.stored import open_stores, save_markets, settings_at

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
AS_OF = NOON + 6 * HOUR
PLAN = SimulatePlan(count=10, volume_floor_usd=0.0, fetch_books=False)
LABELS = (Outcome(label="Yes", price=500_000), Outcome(label="No", price=500_000))


def a_traded(native_id: str = "0xa", volume: float = 1_000.0, **changes):
    return a_market(native_id, **({"volume_usd": volume, "outcomes": LABELS} | changes))


def a_point(hour: float, price: int = 400_000, *, market: str = "0xa", **changes) -> PricePoint:
    plain = {"interval_seconds": 3600, "outcome_index": 0, "venue": Venue.POLYMARKET}
    return PricePoint(market_native_id=market, at=NOON + hour * HOUR, price=price, **(plain | changes))


def a_book(hour: float, bid: int, ask: int, *, market: str = "0xa", outcome: int = 0) -> OrderBook:
    return OrderBook(
        venue=Venue.POLYMARKET,
        market_native_id=market,
        outcome_index=outcome,
        bids=(BookLevel(bid, 1_000_000),),
        asks=(BookLevel(ask, 1_000_000),),
        observed_at=NOON + hour * HOUR,
    )


async def gathered(tmp_path, storage, plan: SimulatePlan = PLAN, as_of=AS_OF) -> Gathering:
    return await gather(settings_at(tmp_path), plan, as_of, storage)


def bitcoin(native_id: str = "0xa", **changes):
    question = "Will Bitcoin reach $120,000 by November 30, 2026?"
    rules = "Yes if any Binance 1 minute candle for BTC/USDT has a final high price of $120,000 or more."
    return a_traded(native_id, question=question, rules=rules, **changes)


async def test_a_context_holds_what_the_stores_know_of_the_market(tmp_path):
    with open_stores(tmp_path) as storage:
        first = bitcoin(event_native_id="77")
        second = a_traded("0xb", event_native_id="77", volume=10.0)
        save_markets(storage, [first, second], [an_event("77", market_count=2, is_neg_risk=True)])
        storage.history.save_prices([a_point(1), a_point(2, 420_000), a_point(2, 580_000, outcome_index=1)])
        storage.history.save_books([a_book(3, 410_000, 430_000), a_book(3, 570_000, 590_000, outcome=1)])
        storage.history.save_bars([a_bar(hour, close=100.0 + hour) for hour in range(-9, 5)])
        found = await gathered(tmp_path, storage)

    context = found.contexts[0].context
    assert [one.context.market_id for one in found.contexts] == ["polymarket:0xa", "polymarket:0xb"]
    assert found.as_of == context.as_of == AS_OF
    assert context.event.is_complete
    assert [sibling.market_id for sibling in context.event.siblings] == ["polymarket:0xb"]
    assert context.history.values == (0.4, 0.42)
    assert (context.quote.bid, context.quote.ask, context.quote.age_seconds) == (0.41, 0.43, 3 * 3600)
    assert (context.spot.name, context.spot.unit, context.spot.scale) == ("BTC", "USDT", SpotScale.LOG)
    assert context.spot.series.values[-1] == 104.0
    assert context.spot.series.at_seconds[-1] == (NOON + 5 * HOUR).timestamp()
    assert context.claim == PriceClaim(threshold=120_000.0, is_above=True, timing=Timing.BY)
    assert found.contexts[1].context.spot is None
    assert found.failures == ()


async def test_a_bar_that_has_not_ended_is_not_known(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [bitcoin()])
        storage.history.save_bars([a_bar(4, close=1.0), a_bar(5, close=2.0), a_bar(6, close=3.0)])
        found = await gathered(tmp_path, storage, as_of=NOON + 6 * HOUR - timedelta(seconds=1))
    assert found.contexts[0].context.spot.series.values == (1.0,)


@pytest.mark.parametrize(
    ("bars", "problem"), [([], "spot_missing"), ([a_bar(-60)], "spot_stale"), ([a_bar(-24 * 200)], "spot_stale")]
)
async def test_an_asset_whose_present_place_is_not_known_is_left_out_and_counted(tmp_path, bars, problem):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [bitcoin()])
        storage.history.save_bars(bars)
        found = await gathered(tmp_path, storage)
    assert found.contexts[0].context.spot is None
    assert found.contexts[0].context.claim is None
    assert found.contexts[0].rejected == {problem: 1}


async def test_bars_of_the_real_coin_say_nothing_of_an_invented_market(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [bitcoin(venue=Venue.SYNTHETIC_POLYMARKET, event_native_id="20001")])
        storage.history.save_bars([a_bar(hour) for hour in range(5)])
        found = await gathered(tmp_path, storage)
        assert found.contexts[0].context.spot is None
        own = {"asset": "synthetic-polymarket:20001", "is_synthetic": True, "unit": "USD", "source": "a feed"}
        storage.history.save_bars([a_bar(hour, **own) for hour in range(5)])
        found = await gathered(tmp_path, storage)
    assert found.contexts[0].context.spot.scale is SpotScale.LINEAR


async def test_a_match_is_turned_so_that_the_chosen_market_is_its_first(tmp_path):
    with open_stores(tmp_path) as storage:
        names = {name: f"polymarket:{name}" for name in ("0xa", "0xb", "0xc")}
        save_markets(storage, [a_traded(name) for name in names])
        # Reads in the order of the ids: whatever makes B come true makes C come true; A excludes B.
        storage.matches.save(
            [
                a_match(names["0xb"], names["0xc"], verdict=a_verdict(Relation.A_IMPLIES_B, confidence=0.9)),
                a_match(names["0xa"], names["0xb"], verdict=a_verdict(Relation.EXCLUSIVE)),
                a_match(names["0xa"], names["0xc"], verdict=a_verdict(Relation.RELATED)),
            ],
            examined=None,
            run_id="r",
            at=NOON,
        )
        found = await gathered(tmp_path, storage)
    matched = {
        one.context.market_id: [(other.market_id, other.relation) for other in one.context.matched]
        for one in found.contexts
    }
    assert matched == {
        names["0xa"]: [(names["0xb"], Relation.EXCLUSIVE)],
        names["0xb"]: [(names["0xa"], Relation.EXCLUSIVE), (names["0xc"], Relation.A_IMPLIES_B)],
        names["0xc"]: [(names["0xb"], Relation.B_IMPLIES_A)],
    }


async def test_a_match_that_was_gone_by_then_does_not_bind(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_traded("0xa"), a_traded("0xb")])
        storage.matches.save([a_match("polymarket:0xa", "polymarket:0xb")], examined=None, run_id="r", at=NOON)
        storage.matches.save([], examined=None, run_id="s", at=NOON + 2 * HOUR)
        before = await gathered(tmp_path, storage, as_of=NOON + HOUR)
        after = await gathered(tmp_path, storage, as_of=NOON + 3 * HOUR)
    assert [len(one.context.matched) for one in before.contexts] == [1, 1]
    assert [len(one.context.matched) for one in after.contexts] == [0, 0]


async def test_a_match_that_was_found_only_later_does_not_bind_and_is_counted(tmp_path):
    """As of the day of a recording that is searched today, every match is one: that should not look like none."""
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_traded("0xa"), a_traded("0xb")])
        storage.matches.save([a_match("polymarket:0xa", "polymarket:0xb")], examined=None, run_id="r", at=AS_OF + HOUR)
        found = await gathered(tmp_path, storage)
    assert [len(one.context.matched) for one in found.contexts] == [0, 0]
    assert [one.rejected for one in found.contexts] == [{"match_found_later": 1}] * 2


async def test_a_market_with_one_outcome_is_counted_as_left_out_with_its_reason(tmp_path):
    """Only the full record tells; by then it was ranked highest."""
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_traded("0xa", 9_000.0, outcomes=LABELS[:1]), a_traded("0xb")])
        found = await gathered(tmp_path, storage)
        picked = SimulatePlan(mode=UniverseMode.CUSTOM, picks=("0xa",), fetch_books=False)
        alone = await gathered(tmp_path, storage, picked)
    assert [one.context.market_id for one in found.contexts] == ["polymarket:0xb"]
    [left_out] = found.selection.excluded
    assert (left_out.market_id, left_out.reason_code.value, left_out.reason) == (
        "polymarket:0xa",
        "too_few_outcomes",
        "expected at least two outcomes, found 1",
    )
    assert (alone.contexts, alone.selection.reasons) == ((), {"too_few_outcomes": 1})


async def test_a_market_without_a_context_is_a_named_failure_in_the_batch(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_traded("0xa")])
        found = await gathered(tmp_path, storage)
    broken = ContextFailure(market_id="polymarket:0xa", problem="its series decreases")
    begun = BegunRun("run", AS_OF, AS_OF)
    _, [market] = frozen(begun, "b", BatchFolder(tmp_path, Settings()), replace(found, contexts=(), failures=(broken,)))
    assert (market.problem, market.context.question) == ("its series decreases", found.selection.chosen[0].question)


async def test_what_was_not_chosen_is_accounted_for(tmp_path):
    with open_stores(tmp_path) as storage:
        closed = a_traded("0xc", status=MarketStatus.CLOSED)
        save_markets(storage, [a_traded("0xa", 30.0), a_traded("0xb", 20.0), closed, a_traded("0xd", 5.0)])
        plan = SimulatePlan(count=1, volume_floor_usd=10.0, fetch_books=False)
        found = await gathered(tmp_path, storage, plan)
    assert [market.market_id for market in found.selection.chosen] == ["polymarket:0xa"]
    assert found.selection.chosen[0].rules.startswith("Resolves Yes")
    assert found.selection.reasons == {"below_floor": 1, "beyond_count": 1}
    assert found.passed_over == {"closed": 1}


async def test_markets_are_picked_by_id_venue_key_or_slug(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_traded("0xa"), a_traded("0xb", slug="rain"), a_traded("0xc"), a_traded("0xd")])
        picks = ("rain", "0xc", "polymarket:0xa", "snow")
        plan = SimulatePlan(mode=UniverseMode.CUSTOM, picks=picks, fetch_books=False)
        found = await gathered(tmp_path, storage, plan)
    assert [market.native_id for market in found.selection.chosen] == ["0xb", "0xc", "0xa"]
    assert [(one.market_id, one.reason_code.value) for one in found.selection.excluded] == [
        ("snow", "not_in_catalogue")
    ]


async def test_a_choice_that_contradicts_itself_is_refused_before_anything_is_asked(tmp_path):
    with open_stores(tmp_path) as storage, pytest.raises(ConfigurationError, match="category"):
        await gathered(tmp_path, storage, SimulatePlan(mode=UniverseMode.CATEGORY, fetch_books=False))


async def test_an_empty_catalogue_gives_an_empty_batch(tmp_path):
    with open_stores(tmp_path) as storage:
        found = await gathered(tmp_path, storage)
    assert (found.contexts, found.failures, found.books) == ((), (), ())


async def test_a_gathering_can_be_kept(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [bitcoin(), a_traded("0xb", outcomes=LABELS[:1])])
        storage.history.save_bars([a_bar(hour) for hour in range(5)])
        found = await gathered(tmp_path, storage)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Gathering) == found


async def test_books_that_were_used_are_told(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_traded("0xa"), a_traded("0xb")])
        storage.history.save_books([a_book(2, 400_000, 420_000), a_book(7, 100_000, 120_000)])
        found = await gathered(tmp_path, storage)
    (use,) = found.books
    assert (use.venue, use.fresh, use.stored, use.missing) == ("polymarket", 0, 1, 1)
    assert use.newest_at == NOON + 2 * HOUR
    assert "no venue can be asked for books of the past" in use.note
    assert found.contexts[0].context.quote.bid == 0.4


def test_a_long_history_keeps_its_newest_points_and_every_so_many_of_the_others(tmp_path):
    with open_stores(tmp_path) as storage:
        count = RECENT_POINTS + 3 * EARLIER_POINTS - 1
        points = [a_point(-minute / 60, 1_000 * (minute % 900), interval_seconds=60) for minute in range(count)]
        storage.history.save_prices(points)
        storage.history.save_prices([a_point(1 / 60, interval_seconds=60), a_point(0, market="0xb")])
        found = price_histories(storage.history, ["polymarket:0xa", "polymarket:0xb"], NOON)
        again = price_histories(storage.history, ["polymarket:0xa"], NOON)
    kept = [round((NOON - point.at).total_seconds() / 60) for point in found["polymarket:0xa"]]
    older = range(RECENT_POINTS, count, 3)
    assert kept == [*reversed(older), *reversed(range(RECENT_POINTS))]
    assert len(older) == EARLIER_POINTS
    assert len(found["polymarket:0xb"]) == 1
    assert again == {"polymarket:0xa": found["polymarket:0xa"]}


def test_a_point_without_any_price_takes_no_place(tmp_path):
    with open_stores(tmp_path) as storage:
        storage.history.save_prices([a_point(1, None), a_point(2, None, bid=400_000), a_point(3, None, bid=1, ask=3)])
        (found,) = price_histories(storage.history, ["polymarket:0xa"], AS_OF).values()
    assert [point.at for point in found] == [NOON + 3 * HOUR]


def test_bars_nearest_to_an_hour_are_used(tmp_path):
    with open_stores(tmp_path) as storage:
        storage.history.save_bars([a_bar(0, 60.0, interval_seconds=60), a_bar(0, 90.0, interval_seconds=14_400)])
        storage.history.save_bars([a_bar(0, 99.0, interval_seconds=86_400)])
        found = spot_histories(storage.history, {"polymarket:0xa": "BTC", "polymarket:0xb": None}, AS_OF)
    assert {market: spot.history.series.values for market, spot in found.items()} == {"polymarket:0xa": (90.0,)}
