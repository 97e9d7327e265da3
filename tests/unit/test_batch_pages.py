"""The pages of a batch: what a reader finds on each, in which words, and that nothing of a venue's text is believed."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from edgeworth.discovery.ports import StoredOpportunity
from edgeworth.markets.relation import Relation
from edgeworth.reports.batch import RunSummary
from edgeworth.reports.batch_page import market_page, render_batch
from edgeworth.reports.discovery import Stage
from edgeworth.reports.index_page import render_index
from edgeworth.reports.market_page import OpportunityLine, opportunity_lines, render_market
from edgeworth.simulation.context import KnownEvent, KnownOutcome, MatchedMarket, Sibling, Snippet
from edgeworth.simulation.estimate import EstimateRule, MarketView, Verdict
from edgeworth.simulation.record import AuthorKind, ResearchUse, Usage
from edgeworth.simulation.result import Anchoring, SimulationStatus, Spread
from edgeworth.units import UsdMicros
from tasks.simulation.pages import standing_at
from tests.batches import (
    NASTY,
    a_batch,
    a_failed_record,
    a_failed_result,
    a_mixed_batch,
    a_model,
    a_record,
    a_result,
    a_skipped_record,
)
from tests.contexts import AS_OF, above, changed, hourly, spot
from tests.findings import an_opportunity

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"


def text_of(page: str) -> str:
    """What a reader sees, in one line; blanks that only align are plain ones."""
    bare = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(bare).split())


def summary(report, **options) -> str:
    return render_batch(report, [("Code", "0.1.0")], **options)


def row_of(page: str, name: str) -> str:
    (found,) = [one for one in re.findall(r"<tr data-state.*?</tr>", page, re.DOTALL) if f"Will {name} happen" in one]
    return text_of(found)


# --- the batch --------------------------------------------------------------------------------------------------------


def test_the_head_says_how_many_markets_what_they_differ_by_and_what_it_cost():
    text = text_of(summary(a_mixed_batch()))
    assert (
        "6 markets simulated, 3 of them comparable with the market. 2 differ by more than noise, 1 of them strongly."
        in text
    )
    assert "Everything as of 2026-11-21 12:00 UTC : nothing later entered." in text
    assert "markets have an estimate; 1 failed, 1 skipped 4 of 6" in text
    assert "average difference, simulation minus market; average size 4 points +1 \N{PLUS-MINUS SIGN} 2 points" in text
    assert "paid for 6 answers of services, 1,500 tokens $0.08" in text
    assert "from start to end 14.2 s" in text


def test_a_row_has_market_simulation_difference_and_verdict_each_rounded_to_its_certainty():
    """The market is known to one point, the models to sqrt(0.004² + 0.03²) = three, the difference to two."""
    row = row_of(summary(a_mixed_batch()), "strong")
    assert row == (
        "Will strong happen? kalshi · built-in model: bounds 40 % 47 % 42 to 52 % +7 +4 to +10 Strong 3.5 "
        f"{TIMES} its noise"
    )


def test_a_market_that_failed_or_was_skipped_has_a_row_with_the_reason():
    page = summary(a_mixed_batch())
    assert row_of(page, "failed").endswith(f"The model did not run. {DASH} {DASH} {DASH} Failed")
    assert row_of(page, "skipped").endswith(f"There was nothing to go by. {DASH} {DASH} {DASH} Skipped")


def test_a_model_that_follows_the_price_shows_no_difference_and_says_why():
    assert row_of(summary(a_mixed_batch()), "alone").endswith(f"{DASH} Not comparable the model follows the price")


def test_a_market_without_both_sides_of_a_quote_has_no_price():
    told = {"market": None, "difference": None, "difference_error": None, "verdict": Verdict.NOT_COMPARABLE}
    row = row_of(summary(a_batch(a_record("a", told=told))), "a")
    assert f"{DASH} no two-sided quote 47 %" in row
    assert "Not comparable" in row


def test_a_fallback_and_an_old_quote_are_called_that():
    model = a_model(kind=AuthorKind.FALLBACK)
    record = a_record("a", models=(model, replace(model, number=1)))
    old = replace(record.estimate.market, age_seconds=7200.0)
    row = row_of(summary(a_batch(replace(record, estimate=replace(record.estimate, market=old)))), "a")
    assert f"built-in model in place of a written one: bounds {TIMES} 2" in row
    assert "quote 2 h 00 min old" in row


def test_rows_stand_strongest_first_and_link_to_their_page_and_to_the_venue():
    page = summary(a_mixed_batch())
    assert re.findall(r'<tr data-state="(\w+)"', page) == [
        "strong", "worth_a_look", "inside_noise", "not_comparable", "failed", "skipped",
    ]  # fmt: skip
    assert '<a href="will-strong-happen/result.html">' in page
    assert '<a href="https://kalshi.com/markets/strong" rel="noreferrer noopener">kalshi</a>' in page


def test_a_page_of_long_shots_has_a_shorter_scale_and_says_so():
    """The highest value drawn is 0.03, so the line ends at 5 %: 0.02 stands at 40 % of its width."""
    market = MarketView(probability=0.02, method="mid", age_seconds=0.0, spread=0.01, standard_error=0.003)
    told = {"model_probability": 0.01, "low": 0.005, "high": 0.03, "market": market}
    page = summary(a_batch(a_record("a", told=told)))
    assert '<span class="scale">0<span>2.5</span>5 %</span>' in page
    assert '<line x1="40%" x2="40%" y1="1" y2="15" class="market"/>' in page
    assert '<span class="scale">0<span>50</span>100 %</span>' in summary(a_batch(a_record("b", told={"high": 0.6})))


def test_the_largest_are_named_in_the_head_with_their_interval():
    text = text_of(summary(a_mixed_batch()))
    assert "Will strong happen? simulation 47 %, market 40 %: +7 points (+4 to +10)" in text
    assert f"Will look happen? simulation 35 %, market 40 %: {MINUS}5 points ({MINUS}8 to {MINUS}2)" in text


def test_what_a_stranger_needs_stands_on_the_page_with_the_numbers_of_this_run():
    text = text_of(summary(a_mixed_batch(rule=EstimateRule(worth_a_look=1.5, strong=4.0))))
    assert "Inside noise Less than 1.5 times its noise" in text
    assert "Strong From 4 times on." in text
    assert "where it says the true chance lies with 90 %" in text
    assert "What a simulation may not know: anything after 2026-11-21 12:00 UTC" in text
    assert "Built-in models read prices and past values only" in text


def test_what_was_used_instead_of_what_stands_on_the_page():
    text = text_of(
        summary(a_mixed_batch(replaced=("The local sandbox instead of Daytona: no key.",), notes=("A note.",)))
    )
    assert "Used instead, and worth knowing The local sandbox instead of Daytona: no key. A note." in text


def test_synthetic_and_recorded_markets_and_a_spent_budget_have_a_banner():
    plain = summary(a_mixed_batch())
    assert "Synthetic markets" not in plain
    assert "Recorded markets" not in plain
    told = summary(
        a_batch(a_record(is_synthetic=True), recorded="As of last week.", budget_note="No tokens were left.")
    )
    assert "Nothing here was ever traded." in told
    assert "Recorded markets. As of last week." in text_of(told)
    assert "Stopped by its budget. No tokens were left." in text_of(told)


def test_a_step_that_stopped_is_told_first_and_the_rest_stays_valid():
    stages = (Stage(name="ingest", did="read 10 rows", seconds=1.0, error="the venue did not answer."),)
    text = text_of(summary(a_mixed_batch(stages=stages)))
    assert "Ingest stopped early: the venue did not answer. What the other steps found is valid." in text


def test_markets_that_were_not_chosen_are_counted_by_reason():
    text = text_of(summary(a_mixed_batch()))
    assert "below floor 2 kalshi:out1 : reason 1 not open 1 kalshi:out0 : reason 0" in text


def test_an_empty_batch_says_so():
    assert "No market was chosen, so nothing was simulated." in text_of(summary(a_batch()))


def test_all_that_differ_may_differ_strongly():
    assert "2 differ by more than noise, all of them strongly." in text_of(
        summary(a_batch(a_record("a"), a_record("b")))
    )
    assert "1 differs by more than noise, strongly." in text_of(summary(a_batch(a_record("a"))))


def test_what_the_page_says_anyway_is_not_said_again_and_names_are_words():
    text = text_of(render_batch(a_batch(a_record()), [("run_id", "run-1"), ("result_hash", "abc")]))
    assert "Run run-1 Result hash abc" in text
    assert text.count("run-1") == 1


def test_an_unknown_bill_is_unknown_rather_than_nothing():
    assert "unknown" in text_of(summary(a_batch(a_record(), usage=Usage(cost=None))))


# --- a market ---------------------------------------------------------------------------------------------------------


def market(record, **options) -> str:
    return render_market(record, batch="top_volume", **options)


def test_a_market_begins_with_its_estimate_in_a_sentence():
    text = text_of(market(a_record("rain")))
    assert (
        "Strong. “Yes”: the simulation says 47 % (42 to 52 %), the market 40 %. "
        "That is 7 points higher, 3.5 times its noise." in text
    )
    assert "market and simulation together; the simulation counts 25 % 42 %" in text


def test_one_point_is_one_point_and_a_quote_of_now_has_no_age():
    text = text_of(market(a_record(told={"difference": 0.012, "difference_error": 0.03})))
    assert "That is 1 point higher, 0.4 times its noise." in text
    assert "The quote is of that instant." in text


def test_each_doubt_stands_alone():
    text = text_of(market(a_record()))
    assert "Sampling 0.40 a finite number of runs" in text
    assert "Belief 3.0 what the models" in text
    assert "Market 1.0 half the spread" in text
    assert "Difference 2.0 all of them together" in text
    assert "None of them covers that the model may be the wrong one." in text


def test_the_price_is_drawn_with_the_estimate_and_told_to_who_does_not_see_it():
    page = market(a_record())
    assert (
        'aria-label="Price of the first outcome, 2026-11-21 09:00 UTC to 2026-11-21 12:00 UTC: '
        'from 30.0 % to 40.0 %, lowest 30.0 %, highest 50.0 %."' in page
    )
    assert "No past price of it was known." in market(
        replace(a_record(), context=changed(a_record().context, history=None))
    )


def test_a_question_about_a_quantity_shows_its_past_and_the_level():
    given = {"spot": spot([100.0, 105.0, 103.0]), "claim": above(110.0)}
    page = market(a_record(given=given))
    assert "Of a feed, in USD; dashed: 110, the level in question." in text_of(page)
    assert (
        'aria-label="Coin, 2026-11-21 10:00 UTC to 2026-11-21 12:00 UTC: from 100 to 103, lowest 100, highest 105."'
        in page
    )


def test_a_model_shows_its_outcomes_drivers_tests_code_and_log():
    page = market(a_record())
    text = text_of(page)
    assert "Built-in model, because: 2 markets elsewhere are about the same bet ." in text
    assert "Yes 47.0 % 44 to 50 %" in text
    assert "a driver 1 2 3 4 5 +20 +12 to +28" in text
    assert f"a constant 1 1 1 1 1 constant {DASH}" in text
    assert "passed: price echo 0.01" in text
    assert "the answer followed 1 % of the move: it is independent." in text
    assert '<i class=s>"""Heads, mostly."""</i>'.replace('"', "&#34;") in page
    assert "all went well" in text
    assert "By builtin/bounds@1, confined by bubblewrap, 1.5 s, seed 7." in text


def test_drivers_stand_by_what_is_left_of_their_swing_after_its_noise():
    """0.30 less 1.645 x 0.2 leaves nothing, 0.1 less 1.645 x 0.01 leaves 0.08."""
    plain = {"p5": 0.5, "p25": 1, "p50": 2, "p75": 3, "p95": 4}
    drivers = (
        Spread(name="noisy", swing=0.30, swing_standard_error=0.2, **plain),
        Spread(name="sure", swing=-0.10, swing_standard_error=0.01, **plain),
    )
    text = text_of(market(a_record(models=(a_model(result=a_result(drivers=drivers)),))))
    assert text.index("sure 0.5") < text.index("noisy 0.5")


def test_several_models_stand_one_after_the_other():
    text = text_of(
        market(a_record(models=(a_model(), a_model(number=1, author="anthropic/one", kind=AuthorKind.WRITTEN))))
    )
    assert "Model 1 of 2: bounds" in text
    assert "Model 2 of 2: anthropic/one Written model" in text


def test_a_failed_market_says_what_stopped_it_with_the_failing_lines():
    text = text_of(market(a_failed_record()))
    assert "This market failed. The model did not run." in text
    assert "It gave no answer. ValueError: no Shown the error and written again: 5. line 7, in simulate raise" in text
    assert "6 answers, 1,500 tokens, $0.08" in text
    assert "Skipped. There was nothing to go by." in text_of(market(a_skipped_record()))
    assert "No model was written for this market." in text_of(market(a_skipped_record()))


def test_an_answer_that_was_never_tested_shows_no_discrepancy_and_says_so():
    text = text_of(market(a_record(models=(a_model(result=a_result(label=None, price_response=None)),))))
    assert "It was not tested for following its market's price, so it shows no discrepancy." in text
    assert "it is anchored. A difference from the price would mean nothing." in text_of(
        market(a_record(models=(a_model(result=a_result(label=Anchoring.ANCHORED, price_response=0.98)),)))
    )


def test_evidence_has_source_and_instant_and_what_was_left_out_is_counted():
    document = Snippet(
        source="the paper", title="Rain ahead", text="x" * 900, published_at=AS_OF, url="https://example.org/a"
    )
    record = a_record(
        given={"research": (document,)},
        left_out={"prices after as_of": 2},
        research=ResearchUse(service="exa", found=3, rejected={"undated": 1}),
    )
    text = text_of(market(record))
    assert "Rain ahead the paper , published 2026-11-21 12:00 UTC" in text
    assert "… (400 more characters)" in text
    assert "Left out: 2 prices after as of, 1 undated." in text
    nothing = text_of(market(a_record(research=ResearchUse(service="exa", problem="it timed out"))))
    assert "exa was asked and failed: it timed out ." in nothing
    assert "no search service was used" in text_of(market(a_record()))


def test_other_markets_stand_with_their_relation_and_price():
    sibling = Sibling(market_id="kalshi:B", question="And snow?", label="Snow", observed_at=AS_OF, bid=0.2, ask=0.23)
    event = KnownEvent(title="Weather", is_exclusive=True, is_complete=False, siblings=(sibling,))
    twin = MatchedMarket(
        market_id="polymarket:0xb", question="Rain?", relation=Relation.INVERSE, confidence=0.91, observed_at=AS_OF, price=0.6
    )  # fmt: skip
    text = text_of(market(a_record(given={"event": event, "matched": (twin,)})))
    assert "Rain? polymarket the same bet from the other side (0.91) 60¢ listed" in text
    assert "Weather . At most one of its markets comes true." in text
    assert "And snow? kalshi Snow 21.5¢ 20¢ to 23¢ 2026-11-21 12:00 UTC" in text


def test_markets_of_the_same_event_stand_likeliest_first():
    def one(name: str, price: float | None) -> Sibling:
        return Sibling(market_id=f"kalshi:{name}", question=f"{name}?", label="x", observed_at=AS_OF, price=price)

    event = KnownEvent(
        title="t", is_exclusive=True, is_complete=True, siblings=(one("c", None), one("b", 0.1), one("a", 0.6))
    )
    text = text_of(market(a_record(given={"event": event})))
    assert text.index("a? kalshi") < text.index("b? kalshi") < text.index("c? kalshi")


def test_opportunities_of_the_market_are_listed():
    one = an_opportunity("kalshi:rain")
    lines = opportunity_lines([one])
    assert set(lines) == {leg.market_id for leg in one.legs}
    assert lines["kalshi:rain"][0].profit == one.best.profit
    given = (OpportunityLine(kind="complete_set", profit=3_000_000, cost=97_000_000, legs=2, is_alive=True),)
    assert "complete set alive 2 $3.00 $97.00" in text_of(market(a_record(), opportunities=given))


def test_what_was_found_only_after_the_instant_is_counted_and_not_shown():
    told = text_of(market(a_record(), opportunities_later=2))
    assert "Opportunities it takes part in 2 are not shown: found, or with other figures, only after 2026-11-21" in told
    assert "Opportunities it takes part in" not in text_of(market(a_record()))


def test_opportunities_stand_as_they_stood_at_the_instant():
    """Found before, still there; gone only later; gone by then; found later, still there; found later and gone."""
    hours = [(-2, None), (-2, 1), (-2, -1), (1, None), (1, 2)]
    stored = [
        StoredOpportunity(
            opportunity=an_opportunity(f"kalshi:{number}", as_of=AS_OF + timedelta(hours=found)),
            first_seen_at=AS_OF - timedelta(hours=3),
            last_seen_at=AS_OF + timedelta(hours=3),
            gone_at=None if gone is None else AS_OF + timedelta(hours=gone),
            run_id="run",
        )
        for number, (found, gone) in enumerate(hours)
    ]
    found, later = standing_at(stored, AS_OF)
    assert [one.legs[0].market_id for one in found] == ["kalshi:0", "kalshi:1"]
    assert later == 1


def test_long_things_are_cut_and_the_page_says_so():
    siblings = tuple(
        Sibling(market_id=f"kalshi:{number}", question="?", label="x", observed_at=AS_OF) for number in range(40)
    )
    event = KnownEvent(title="Many", is_exclusive=False, is_complete=False, siblings=siblings)
    model = a_model(log="l" * 10_000, source="#" * 70_000)
    text = text_of(market(a_record(given={"event": event, "rules": "r" * 5_000}, models=(model,))))
    for told in ("10 more are in", "4,000 more characters", "10,000 more characters", "1,000 more characters"):
        assert told in text


# --- all runs ---------------------------------------------------------------------------------------------------------


def a_run(number: int, **changes) -> RunSummary:
    at = AS_OF + timedelta(days=number)
    plain = {"run_id": f"r{number}", "kind": "batch", "name": "top_volume", "state": "completed", "started_at": at}
    counts = {"markets": 10, "succeeded": 9, "failed": 1, "skipped": 0, "beyond_noise": 2, "cost": UsdMicros(250_000)}
    return RunSummary(
        **{**plain, "finished_at": at + timedelta(seconds=30), "page": f"r{number}/summary.html", **counts, **changes}
    )


def test_runs_stand_newest_first_with_what_became_of_them():
    page = render_index([a_run(0), a_run(2, succeeded=10, failed=0), a_run(1)])
    assert re.findall(r'href="(r\d)/summary.html"', page) == ["r2", "r1", "r0"]
    assert "2026-11-21 12:00 UTC top volume batch completed 9 of 10 1 0 2 $0.25 30.0 s" in text_of(page)


def test_the_trend_is_of_batches_and_its_ends_are_told_in_words():
    ingest = a_run(
        5, kind="ingest", markets=None, succeeded=None, failed=None, skipped=None, beyond_noise=None, cost=None
    )
    page = render_index([a_run(0, succeeded=5, failed=5), a_run(1), ingest])
    assert 'aria-label="Coverage of each batch, oldest first: 50 % to 90 % over 2 batches, last 90 %."' in page
    assert 'aria-label="Failed markets of each batch, oldest first: 1 to 5 over 2 batches, last 1."' in page
    assert f"top volume ingest completed {DASH} {DASH} {DASH} {DASH} {DASH} 30.0 s" in text_of(page)


def test_a_run_that_goes_on_has_no_end_and_no_runs_no_trend():
    page = render_index([a_run(0, state="running", finished_at=None, page=None, cost=None)])
    assert "running" in page
    assert text_of(page).count(f"9 of 10 1 0 2 {DASH} {DASH}") == 1
    assert "Nothing has run yet." in text_of(render_index([]))


# --- every page -------------------------------------------------------------------------------------------------------


def hostile_pages():
    hostile = a_record(
        "x",
        question=NASTY,
        url="javascript:alert(1)",
        models=(
            a_model(source=NASTY, log=NASTY, why=NASTY, author=NASTY),
            a_model(result=a_failed_result(NASTY), problem=NASTY, number=1),
        ),
        problem=NASTY,
        given={
            "outcomes": (KnownOutcome(label=NASTY, price=0.4), KnownOutcome(label="")),
            "rules": NASTY,
            "category": NASTY,
            "research": (Snippet(source=NASTY, title=NASTY, text=NASTY, published_at=AS_OF, url="javascript:1"),),
            "event": KnownEvent(
                title=NASTY,
                is_exclusive=True,
                is_complete=True,
                siblings=(Sibling(market_id=NASTY, question=NASTY, label=NASTY, observed_at=AS_OF),),
            ),
        },
    )
    yield "summary", summary(a_batch(hostile, name=NASTY, replaced=(NASTY,), notes=(NASTY,), recorded=NASTY))
    yield "market", market(hostile, recorded=NASTY)
    yield "index", render_index([a_run(0, name=NASTY, state=NASTY)], note=NASTY)


@pytest.mark.parametrize("page", [pytest.param(page, id=name) for name, page in hostile_pages()])
def test_nothing_of_a_foreign_text_is_believed(page):
    assert "<img" not in page
    assert 'document.title="taken"' not in page
    assert 'href="javascript' not in page
    assert page.count("<script") == page.count("table_script") + (
        1 if "tools" in re.sub("<style>.*?</style>", "", page, flags=re.DOTALL) else 0
    )
    assert "{{ 7*7 }}" in html.unescape(page)


@pytest.mark.parametrize("question", ["", "   ", "x" * 10_000, "\u202e" + "word " * 2_000])
def test_an_empty_or_endless_question_still_has_a_name(question):
    record = a_record("x", question=question)
    for page in (summary(a_batch(record)), market(record)):
        assert ("kalshi:x" in text_of(page)) or "more characters" in page
        assert len(page) < 60_000


def test_every_page_stands_alone_and_forbids_every_request():
    for page in (summary(a_mixed_batch()), market(a_record()), render_index([a_run(0)])):
        assert "default-src 'none'" in page
        assert not re.search(r'(?:src|srcset|data|action)="(?!data:)', page.replace("http-equiv", ""))
        assert not re.search(r"url\(|@import", page)
        assert '<html lang="en">' in page


def test_an_invalid_answer_is_not_shown_as_one():
    result = a_result(status=SimulationStatus.INVALID)
    text = text_of(market(a_failed_record(models=(a_model(result=result, problem="it gave NaN"),))))
    assert "It gave no answer. it gave NaN" in text
    assert "47.0 %" not in text


def test_a_folder_name_is_quoted_in_an_address():
    assert market_page(a_record(slug="50% off?")) == "50%25%20off%3F/result.html"


def test_a_quote_of_two_days_keeps_its_history_short():
    """600 hourly prices are drawn with at most two points in each of 90 stretches, and both ends."""
    record = a_record()
    long = replace(record, context=changed(record.context, history=hourly([0.3 + 0.0005 * n for n in range(600)])))
    (points,) = re.findall(r'points="([^"]*)"', market(long))
    assert 90 <= len(points.split()) <= 182


# --- weight -----------------------------------------------------------------------------------------------------------

QUESTION = "Will the highest temperature in Lower San Aurelio exceed 52.4 degrees by the end of December 28, 2026?"


@pytest.mark.parametrize("number", [10, 100])
def test_a_page_weighs_at_most_twenty_kilobytes_and_two_more_a_market(number):
    records = [
        a_record(
            f"{n:040}", question=f"{QUESTION} ({n})", slug=f"will-the-highest-temperature-in-lower-san-aurelio-{n:03}"
        )
        for n in range(number)
    ]
    page = summary(a_batch(*records), index="../index.html")
    assert page.count(QUESTION) >= number
    assert len(page.encode()) <= 20_000 + 2_000 * number


def test_the_page_of_a_market_weighs_little_more_than_what_it_says():
    """A model of 9 kB, a history of 600 prices, ten sibling markets: what a real one has."""
    source = "".join(
        f"def step_{n}(value):\n    return value + {n}  # a comment on what is done here\n" for n in range(120)
    )
    siblings = tuple(
        Sibling(market_id=f"kalshi:{n}", question=QUESTION, label="x", observed_at=AS_OF, bid=0.1, ask=0.2)
        for n in range(10)
    )
    event = KnownEvent(title=QUESTION, is_exclusive=True, is_complete=True, siblings=siblings)
    record = a_record(given={"event": event}, models=(a_model(source=source),))
    long = changed(record.context, history=hourly([0.3 + 0.0005 * n for n in range(600)]))
    assert len(market(replace(record, context=long)).encode()) <= 50_000
