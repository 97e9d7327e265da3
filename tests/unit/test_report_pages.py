"""The ingest page: everything is on it, nothing of a venue's text is believed."""

import re
from datetime import UTC, datetime

import pytest

from edgeworth.markets.market import Market, MarketStatus, Outcome
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.ports import IngestCounts
from edgeworth.reports.ingest import IngestReport, SourceReport, render_pages, report_json
from edgeworth.reports.rendering import cents, compact, day, minute, web_link
from edgeworth.units import PriceMicros

AT = datetime(2026, 11, 21, 6, 1, tzinfo=UTC)


def a_market(number: int = 1, **fields: object) -> Market:
    given: dict[str, object] = {
        "venue": Venue.KALSHI,
        "native_id": f"KXTEST-{number}",
        "question": f"Will it be {number}?",
        "rules": "",
        "outcomes": (Outcome(label="Yes", price=PriceMicros(520_000)), Outcome(label="No")),
        "status": MarketStatus.OPEN,
        "as_of": AT,
    }
    return Market(**{**given, **fields})  # type: ignore[arg-type]


def a_report(**fields: object) -> IngestReport:
    counts = IngestCounts(fetched=101, parsed=100, refused=1, created=100, refusals={"no_condition_id": 1})
    given: dict[str, object] = {
        "run_id": "r1",
        "started_at": AT,
        "finished_at": AT,
        "sources": [SourceReport(source="kalshi", venue="kalshi", counts=counts)],
        "reasons": {"no_condition_id": "expected a condition id, found an empty one"},
    }
    return IngestReport(**{**given, **fields})  # type: ignore[arg-type]


def the_page(report: IngestReport, *markets: Market) -> str:
    ((name, html),) = render_pages(report, markets, len(markets), [("code", "0.1.0")])
    assert name == "summary.html"
    return html


def test_every_market_and_every_refusal_is_on_the_page():
    html = the_page(a_report(), *(a_market(number) for number in range(30)))
    assert all(f"Will it be {number}?" in html for number in range(30))
    assert "no_condition_id" in html
    assert "expected a condition id, found an empty one" in html


def test_text_of_a_venue_is_shown_and_never_run():
    nasty = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    html = the_page(
        a_report(),
        a_market(question=nasty, outcomes=(Outcome(label=nasty), Outcome(label="No")), native_id=nasty, category=nasty),
    )
    assert nasty not in html
    assert "<img" not in html
    assert html.count("<script>") == 1, "only our own script"
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in html


def test_ten_thousand_characters_neither_fill_the_page_nor_widen_it():
    long = "A" * 10_000
    html = the_page(a_report(), a_market(question=long, outcomes=(Outcome(label=long), Outcome(label="No"))))
    assert len(html) < 15_000
    assert "(9,760 more characters)" in html
    assert "(9,940 more characters)" in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", ""])
def test_only_web_addresses_become_links(url: str):
    html = the_page(a_report(), a_market(url=url or None))
    assert "<a " not in html
    assert web_link(url) == ""


def test_the_page_forbids_every_request_to_elsewhere():
    html = the_page(a_report(), a_market())
    assert "default-src 'none'" in html
    assert not re.findall(r'(?:src|href)="(?!https?://|data:,)', html)


def test_a_missing_price_is_a_dash_and_not_a_number():
    html = the_page(a_report(), a_market())
    assert "No \N{EN DASH}" in html
    assert "Yes 52¢" in html


def test_synthetic_markets_are_called_synthetic():
    assert "invented" in the_page(a_report(), a_market(venue=Venue.SYNTHETIC_KALSHI))
    assert "invented" not in the_page(a_report(), a_market())


def test_a_decided_market_names_its_winner():
    resolution = Resolution(shape=ResolutionShape.DECIDED, payouts=(PriceMicros(0), PriceMicros(1_000_000)))
    html = the_page(a_report(), a_market(status=MarketStatus.RESOLVED, resolution=resolution))
    assert "decided: No" in html


def test_more_markets_than_a_page_holds_go_on_linked_pages():
    markets = (a_market(number) for number in range(25))
    pages = dict(render_pages(a_report(), markets, 25, [], markets_per_page=10))
    assert list(pages) == ["summary.html", "markets_002.html", "markets_003.html"]
    for number in range(25):
        assert sum(f"Will it be {number}?" in html for html in pages.values()) == 1
    assert all('href="markets_003.html"' in html for name, html in pages.items() if name != "markets_003.html")


def test_the_json_adds_up_over_the_sources():
    one = SourceReport(source="a", counts=IngestCounts(fetched=3, parsed=2, refused=1, refusals={"combo": 1}))
    two = SourceReport(
        source="b", counts=IngestCounts(fetched=5, parsed=3, refused=2, refusals={"combo": 2}), error="x"
    )
    told = report_json(a_report(sources=[one, two]))
    assert (told["fetched"], told["parsed"], told["refused"]) == (8, 5, 3)
    assert told["refusals"] == {"combo": 3}
    assert told["failed"] == ["b"]


def test_sources_do_not_share_their_counts():
    first, second = SourceReport(source="a"), SourceReport(source="b")
    first.counts.add(IngestCounts(fetched=1, refusals={"combo": 1}))
    assert (second.counts.fetched, second.counts.refusals) == (0, {})


@pytest.mark.parametrize(
    ("price", "shown"), [(520_000, "52¢"), (21_500, "2.15¢"), (1_000_000, "100¢"), (0, "0¢"), (None, "\N{EN DASH}")]
)
def test_prices_read_as_cents(price: int | None, shown: str):
    assert cents(price) == shown


@pytest.mark.parametrize(
    ("amount", "shown"), [(1_234_567, "1.2M"), (999, "999"), (12_300, "12.3k"), (None, "\N{EN DASH}")]
)
def test_large_amounts_are_shortened(amount: float | None, shown: str):
    assert compact(amount) == shown


def test_instants_say_that_they_are_utc():
    assert minute(AT) == "2026-11-21 06:01 UTC"
    assert day(None) == "\N{EN DASH}"
