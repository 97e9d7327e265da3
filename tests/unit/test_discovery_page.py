"""The discovery page: every finding with what it rests on, the deciding words marked, nothing of a venue's text believed."""

from __future__ import annotations

import html
import re

import pytest
from msgspec.structs import replace

from edgeworth.discovery.opportunity import GateFailure
from edgeworth.markets.market import Outcome
from edgeworth.markets.relation import Clause, Finding, Quotation, Relation, TextField
from edgeworth.markets.venue import Venue
from edgeworth.reports.discovery import (
    AROUND_A_MARK,
    ROWS_ON_PAGE,
    SHORTEST_GAP,
    BookUse,
    DiscoveryReport,
    Passage,
    Stage,
    evidence,
    market_view,
    passages,
    price_hint,
    quotations_of,
    render_page,
    report_json,
)
from edgeworth.reports.rendering import percent, quantity, usd
from tests.builders import NOON, a_market
from tests.findings import NASTY, RAIN_A, RAIN_B, a_match, a_report, a_verdict, a_view, an_opportunity, point

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


def page_of(report: DiscoveryReport, **options: int) -> str:
    return render_page(report, [("code", "0.1.0")], **options)


def text_of(page: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(html.unescape(re.sub(r"<(script|style)>.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


# --- opportunities ----------------------------------------------------------------------------------------------------


def test_an_opportunity_shows_its_profit_at_every_budget_and_the_state_in_which_it_loses():
    text = text_of(page_of(a_report()))
    assert "at $10 at $100 at $1,000 at $10,000" in text
    assert "$0.30 $3.00 $3.00 books end $3.00 books end $3.00 on $97.00" in text
    assert "250 sets 31.5 35.8 %" in text
    assert f"one venue calls it off declared, not counted $0.00 {MINUS}$97.00" in text
    assert "Both venues pay on the same reading." in text


def test_an_opportunity_that_is_dead_at_size_is_called_dead():
    alive, dead = an_opportunity(), an_opportunity("kalshi:X", is_dead_at_size=True)
    page = page_of(a_report(opportunities=[alive, dead]))
    assert re.findall(r'data-life="(\w+)"', page) == ["alive", "dead"]
    assert "dead at size" in text_of(page)
    assert "1 of 2 opportunities are alive at size" in text_of(page)


def test_a_limit_that_is_passed_stands_beside_the_opportunity_which_is_shown_all_the_same():
    gate = GateFailure(code="days", reason="locked for 31.5 days, at most 30 were asked for")
    page = page_of(a_report(opportunities=[an_opportunity(failed_gates=(gate,))]))
    assert "locked for 31.5 days, at most 30 were asked for" in page
    assert "0 of 1 opportunities are alive at size and within every limit" in text_of(page)


def test_a_budget_that_buys_less_than_can_be_ordered_is_told_from_books_that_end():
    nothing = point(10, sets=0, cost=0, fees=0, profit=0, is_filled=False)
    page = page_of(a_report(opportunities=[an_opportunity(capacity=(nothing, *an_opportunity().capacity[1:]))]))
    assert "$0.00 below the smallest order $3.00 $3.00 books end" in text_of(page)


def test_what_nobody_said_is_a_dash_and_no_number():
    one = an_opportunity(days_locked=None, annualised_return=None, dies_at=None)
    assert f"books end first {DASH} {DASH}" in text_of(page_of(a_report(opportunities=[one])))


def test_what_could_not_be_judged_is_counted_with_an_example():
    text = text_of(page_of(a_report()))
    assert "5 sets of trades were looked at: 1 opportunities, 3 that earn nothing, 1 that could not be judged" in text
    assert "unknown fee 1 no fee is known" in text


# --- matches ----------------------------------------------------------------------------------------------------------


def test_a_match_shows_both_texts_with_the_deciding_words_marked():
    page = page_of(a_report())
    assert "Will it rain in Oslo <mark>on 2 Novem</mark>" not in page
    assert page.count("<mark>Nov 2</mark> counts from midnight") == 1, "in the rules of B only"
    assert "equivalent" in text_of(page)
    assert f"0.97 0.875 words 0.500 52¢ {DASH}" in text_of(page)


@pytest.mark.parametrize(
    ("finding", "mark"),
    [(Finding.SAME, "same"), (Finding.DIFFERENT, "apart"), (Finding.OPPOSITE, "apart"), (Finding.A_NARROWER, "apart")],
)
def test_words_are_marked_by_what_comparing_them_gave(finding, mark):
    quotation = Quotation(field=TextField.RULES, start=0, end=5, text="Nov 2")
    clause = Clause(name="window", finding=finding, b=(quotation,))
    assert quotations_of([clause], "b", TextField.RULES) == [(quotation, mark)]
    assert quotations_of([clause], "a", TextField.RULES) == []
    assert quotations_of([replace(clause, finding=Finding.UNKNOWN)], "b", TextField.RULES) == []


def at(start: int, words: str, mark: str = "same") -> tuple[Quotation, str]:
    return Quotation(field=TextField.RULES, start=start, end=start + len(words), text=words), mark


def test_a_text_is_cut_at_its_quotations():
    assert passages("above 3 on Friday", [at(6, "3", "apart"), at(11, "Friday")]) == [
        Passage("above "),
        Passage("3", "apart"),
        Passage(" on "),
        Passage("Friday", "same"),
    ]


def test_marked_words_that_follow_one_another_are_one_mark():
    assert passages("New York wins", [at(0, "New"), at(4, "York")]) == [Passage("New York", "same"), Passage(" wins")]
    assert passages("New, York", [at(0, "New"), at(5, "York")]) == [
        Passage("New", "same"),
        Passage(", "),
        Passage("York", "same"),
    ]


def quoted(field: TextField, text: str, *words: str) -> tuple[Quotation, ...]:
    starts = [(text.index(word), word) for word in words]
    return tuple(Quotation(field=field, start=at, end=at + len(word), text=word) for at, word in starts)


CLAUSES = (
    Clause(
        name="subject",
        finding=Finding.DIFFERENT,
        a=quoted(TextField.QUESTION, "Will New York win?", "New", "York"),
        b=quoted(TextField.QUESTION, "Will Iran/Israel talk?", "Iran", "Israel"),
    ),
    Clause(
        name="zone",
        finding=Finding.SAME,
        a=quoted(TextField.RULES, "Times are ET.", "ET"),
        b=quoted(TextField.RULES, "All times: ET", "ET"),
    ),
    Clause(name="threshold", finding=Finding.SAME, note="No threshold in either."),
    Clause(name="tie", finding=Finding.UNKNOWN, a=quoted(TextField.RULES, "Times are ET.", "Times")),
)
TWO_VIEWS = {
    RAIN_A: a_view(RAIN_A, question="Will New York win?", rules="Times are ET."),
    RAIN_B: a_view(RAIN_B, question="Will Iran/Israel talk?", rules="All times: ET"),
}


def test_of_a_pair_that_binds_every_clause_is_told_and_a_quotation_is_never_put_together_across_other_words():
    shown = evidence(a_match(verdict=a_verdict(Relation.EXCLUSIVE, clauses=CLAUSES)), TWO_VIEWS)
    assert [one.name for one in shown.quoted] == ["subject", "tie"]
    assert shown.quoted[0].a == [(TextField.QUESTION, ["New York"])]
    assert shown.quoted[0].b == [(TextField.QUESTION, ["Iran", "Israel"])]
    assert shown.shared == ["zone"]
    assert shown.unspoken == ["No threshold in either."]
    assert (shown.same, shown.silent) == ([], [])


def test_of_a_pair_from_which_nothing_follows_what_sets_it_apart_is_quoted_and_the_rest_named():
    shown = evidence(a_match(verdict=a_verdict(Relation.RELATED, clauses=CLAUSES)), TWO_VIEWS)
    assert [one.name for one in shown.quoted] == ["subject"]
    assert (shown.shared, shown.unspoken) == ([], [])
    assert (shown.same, shown.silent) == (["zone", "threshold"], ["tie"])


def test_of_a_pair_that_is_undetermined_the_silence_is_told_since_it_is_why():
    shown = evidence(a_match(verdict=a_verdict(Relation.UNDETERMINED, clauses=CLAUSES[1:])), TWO_VIEWS)
    assert [(one.name, one.a, one.b) for one in shown.quoted] == [("tie", [(TextField.RULES, ["Times"])], [])]
    assert shown.same == ["zone", "threshold"]


def test_nothing_is_left_out_to_save_a_few_characters():
    text = "by Friday" + "a" * (2 * AROUND_A_MARK + SHORTEST_GAP - 1) + "or Monday" + "z" * 4_000
    quotations = [at(0, "by Friday"), at(text.index("or Monday"), "or Monday")]
    assert [one.left_out for one in passages(text, quotations, shown=0) if one.left_out] == [4_000 - AROUND_A_MARK]


def test_rules_of_a_pair_that_can_be_traded_on_are_shown_at_length_and_others_by_their_beginning():
    rules = "Nov 2 counts. " + "word " * 140
    views = {RAIN_A: a_view(RAIN_A, rules=rules), RAIN_B: a_view(RAIN_B, rules=rules)}
    pages = [
        page_of(a_report(views=views, opportunities=[], matches=[a_match(verdict=a_verdict(relation))]))
        for relation in (Relation.EQUIVALENT, Relation.RELATED)
    ]
    assert "left out" not in pages[0]
    assert pages[1].count("characters left out") == 2


def test_the_later_of_two_overlapping_quotations_wins():
    assert passages("abcd", [at(0, "abc"), at(2, "cd", "apart")]) == [Passage("ab", "same"), Passage("cd", "apart")]


@pytest.mark.parametrize("quotation", [at(1, "3"), at(40, "3"), at(-1, "y"), at(0, "")])
def test_a_quotation_that_does_not_stand_where_it_says_is_not_marked(quotation):
    assert passages("3 on Friday", [quotation]) == [Passage("3 on Friday")]


def test_of_a_long_text_the_beginning_and_the_words_that_decided_are_shown():
    text = "a" * 6_000 + "by Friday" + "z" * 4_000
    assert passages(text, [at(6_000, "by Friday")], shown=100) == [
        Passage("a" * 100),
        Passage("", left_out=5_900 - AROUND_A_MARK),
        Passage("a" * AROUND_A_MARK),
        Passage("by Friday", "same"),
        Passage("z" * AROUND_A_MARK),
        Passage("", left_out=4_000 - AROUND_A_MARK),
    ]


def test_no_character_is_lost_without_being_counted():
    text = "".join(chr(97 + number % 26) for number in range(9_999))
    pieces = passages(text, [at(3_000, text[3_000:3_020]), at(7_000, text[7_000:9_500], "apart")])
    assert sum(len(piece.text) + piece.left_out for piece in pieces) == 9_999


def test_an_empty_text_has_no_passages():
    assert passages("", [at(0, "x")]) == []


@pytest.mark.parametrize(
    ("price_a", "price_b", "hint"),
    [
        (300_000, 310_000, "alike"),
        (300_000, 690_000, "add up to a dollar"),
        (500_000, 510_000, ""),  # both would fit: no hint
        (300_000, 500_000, ""),
        (None, 500_000, ""),
    ],
)
def test_prices_hint_at_polarity_only_where_they_tell_the_two_apart(price_a, price_b, hint):
    assert price_hint(price_a, price_b) == hint


# --- the page as a whole ----------------------------------------------------------------------------------------------


def test_text_of_a_venue_is_shown_and_never_run():
    view = a_view(RAIN_A, question=NASTY, rules=NASTY, event=NASTY, outcomes=(NASTY, NASTY), url="javascript:alert(1)")
    clause = Clause(
        name=NASTY,
        finding=Finding.SAME,
        note=NASTY,
        a=(Quotation(field=TextField.RULES, start=0, end=len(NASTY), text=NASTY),),
    )
    hostile = an_opportunity(worst_state=NASTY, losing_states=(NASTY,), assumptions=(NASTY,))
    page = page_of(
        a_report(
            views={RAIN_A: view, RAIN_B: a_view(RAIN_B)},
            matches=[a_match(verdict=a_verdict(clauses=(clause,), reader=NASTY))],
            opportunities=[hostile],
            stages=[Stage(name="embed", did=NASTY, error=NASTY)],
            notes=[NASTY],
        )
    )
    assert page.count("<script>") == 1, "only our own script"
    assert "<img" not in page
    assert "javascript:" not in page
    assert "{{ 7*7 }}" in html.unescape(page)


def test_a_market_without_any_words_breaks_nothing():
    bare = a_view(RAIN_A, question="", rules="", event="", outcomes=(), closes_at=None, price=None)
    page = page_of(a_report(views={RAIN_A: bare, RAIN_B: a_view(RAIN_B)}))
    assert RAIN_A in page, "its id stands for its question"


def test_a_leg_in_a_market_that_is_not_in_the_catalogue_breaks_nothing():
    page = page_of(a_report(matches=[], views={RAIN_A: a_view(RAIN_A)}))
    assert "a market that is not in the catalogue" in page


def test_the_page_is_bounded_and_says_where_the_rest_is():
    many = [a_match(f"kalshi:{number:03d}") for number in range(30)]
    views = {one.market_a: a_view(one.market_a) for one in many} | {RAIN_B: a_view(RAIN_B), RAIN_A: a_view(RAIN_A)}
    opportunities = [an_opportunity(f"kalshi:{number:03d}") for number in range(20)]
    text = text_of(page_of(a_report(matches=many, opportunities=opportunities, views=views), rows=8))
    assert "22 more, of less consequence, are not on this page: see discovery.json" in text
    assert "12 more, with smaller profits, are not on this page: see discovery.json" in text


def test_ten_thousand_characters_of_rules_stay_a_small_page():
    long = a_view(RAIN_A, rules="word " * 2_000)
    assert len(page_of(a_report(views={RAIN_A: long, RAIN_B: long}))) < 60_000


def test_a_full_page_of_pairs_that_bind_stays_below_a_megabyte():
    rules = "Nov 2 counts from midnight. " + "word " * 200
    many = [a_match(f"kalshi:{number:03d}") for number in range(ROWS_ON_PAGE)]
    views = {one.market_a: a_view(one.market_a, rules=rules) for one in many} | {RAIN_B: a_view(RAIN_B, rules=rules)}
    report = a_report(matches=many, opportunities=[], views=views)
    assert len(page_of(report).encode()) < 800_000


def test_ten_thousand_characters_of_a_question_are_cut_and_the_cut_is_counted():
    long = a_view(RAIN_A, question="word " * 2_000)
    page = page_of(a_report(views={RAIN_A: long, RAIN_B: a_view(RAIN_B)}))
    assert "characters left out" in page
    assert "more characters)" in page, "in the legs of the opportunity"
    assert len(page) < 40_000


def test_a_step_that_stopped_is_told_at_the_top():
    report = a_report(stages=[Stage(name="embed", did="3 of 9 embedded", error="the service answered 500")])
    assert report.has_failed
    assert "Embed stopped early: the service answered 500" in text_of(page_of(report))


def test_invented_markets_are_called_invented():
    assert "invented" not in page_of(a_report())
    synthetic = {RAIN_A: a_view(RAIN_A), RAIN_B: a_view(RAIN_B, venue=Venue.SYNTHETIC_KALSHI)}
    assert "invented" in page_of(a_report(views=synthetic))


def test_books_are_shown_with_where_they_come_from_and_how_old_they_are():
    books = [BookUse(venue="kalshi", stored=4, missing=1, oldest_at=NOON, newest_at=NOON, note="no answer")]
    assert "kalshi 0 4 1 2026-11-01 12:00 UTC 2026-11-01 12:00 UTC no answer" in text_of(page_of(a_report(books=books)))


def test_nothing_found_is_said_in_words():
    empty = a_report(
        matches=[], opportunities=[], refused={}, not_tradable=[], books=[], views={}, relations={}, considered=0
    )
    text = text_of(page_of(empty))
    assert "None of the 0 sets of trades that were looked at earns in its worst state." in text
    assert "No two markets have anything to say about each other." in text


def test_tools_that_need_the_script_are_hidden_until_it_runs():
    page = page_of(a_report())
    assert page.count('data-for="opportunities" hidden') == page.count('data-for="matches" hidden') == 1
    assert "[hidden]{display: none !important;}" in page, "a display of their own would show them all the same"


def test_the_page_asks_nobody_for_anything():
    page = page_of(a_report())
    assert "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?!https?://|data:,)', page)


def test_a_view_takes_the_listing_price_where_no_book_gave_one():
    market = a_market(outcomes=(Outcome(label="Yes", price=300_000), Outcome(label="No")))
    assert market_view(market, "Oslo").price == 300_000
    assert market_view(market, "Oslo", 310_000).price == 310_000
    assert market_view(a_market(outcomes=())).price is None


# --- the JSON ---------------------------------------------------------------------------------------------------------


def test_the_json_holds_every_finding_and_says_what_it_leaves_out():
    report = a_report(matches=[a_match(f"kalshi:{number}") for number in range(3)])
    told = report_json(report, rows=2)
    assert [one["market_a"] for one in told["matches"]] == ["kalshi:0", "kalshi:1"]
    assert told["matches_left_out"] == 1
    assert told["opportunities"][0]["best"]["profit"] == 3_000_000
    assert told["refused"] == {"unknown_fee": 1}
    assert told["failed"] == []
    assert told["matches"][0]["verdict"]["relation"] == Relation.EQUIVALENT.value


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (3_000_000, "$3.00"),
        (-97_000_000, f"{MINUS}$97.00"),
        (0, "$0.00"),
        (1_234_567_890, "$1,234.57"),
        (40, "$0.00004"),
        (None, DASH),
    ],
)
def test_dollars(amount, shown):
    assert usd(amount) == shown


@pytest.mark.parametrize(("share", "shown"), [(0.358, "35.8 %"), (12.5, "1,250 %"), (0.0, "0.0 %"), (None, DASH)])
def test_shares_of_one_read_as_per_cent(share, shown):
    assert percent(share) == shown


@pytest.mark.parametrize(("amount", "shown"), [(2_500_000, "2.5"), (1_250_000_000, "1,250"), (None, DASH)])
def test_quantities(amount, shown):
    assert quantity(amount) == shown
