"""The page of a certificate: equal or where it first is not, why, and what looks ahead."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from edgeworth.replay.truncation import LookAhead, PastChange
from edgeworth.reports.parity_page import render_parity
from edgeworth.reports.replay_markdown import parity_markdown
from tests.replay_reports import (
    a_parity_report,
    an_unequal_parity_report,
)
from tests.unit.test_batch_pages import text_of

TIMES = "\N{MULTIPLICATION SIGN}"


def test_an_equal_certificate_says_so_in_a_sentence_with_its_digests():
    report = a_parity_report()
    text = text_of(render_parity(report))
    assert (
        "Equal. Full and focused replay over 400 bars of 1 hour, 2025-06-15 00:00 to 2025-07-05 06:00 UTC made the same "
        "9 trades, to the last bit, with the same equity at every bar." in text
    )
    assert "Where they first differ" not in text
    assert "Yes. Every one of the 9 entries of the full replay was decided on within 8 bars of a candidate" in text
    assert report.certificate.dataset in text
    assert report.certificate.configuration in text
    assert "0.1.0+abc" in text


def test_a_certificate_says_how_long_each_way_took():
    """2.5 s in full; 0.25 s to screen and 0.25 s around candidates: five times as fast."""
    text = text_of(render_parity(a_parity_report()))
    assert f"speed-up: time of the full replay over that of screening and the focused one 5.0 {TIMES}" in text
    assert "Full replay, bar by bar as it would run live 2.5000 400 160" in text
    assert "Screening 0.2500 400 1,600" in text
    assert "Screening and focused replay together 0.5000 400 800" in text


def test_a_difference_is_shown_side_by_side_in_full():
    page = render_parity(an_unequal_parity_report())
    text = text_of(page)
    assert "Not equal." in text
    assert "first differ in the bar of 2026-08-13 12:00 UTC" in text
    assert "the bar of 2026-08-13 12:00 UTC, number 124" in text
    assert "Equity, dollars 10012.5 10000.0" in text
    assert "Held long 2.5 at 2000.25 since 2026-08-13T11:00:00+00:00 nothing" in text
    assert page.count('<mark class="apart">') == 6
    assert "No. 1 of 9 entries of the full replay was decided on outside every window" in text


def test_a_lookback_that_is_declared_too_small_is_named_as_the_reason():
    report = an_unequal_parity_report()
    assert "lookback" not in text_of(render_parity(report))
    short = replace(report, certificate=replace(report.certificate, keeps_lookback=False))
    assert "The strategy reads further back than its lookback says." in text_of(render_parity(short))


def test_one_bit_is_a_difference_that_can_be_seen():
    report = an_unequal_parity_report()
    found = report.certificate.first_divergence
    close = replace(found, focused=replace(found.full, equity=float(np.nextafter(found.full.equity, 0.0))))
    page = render_parity(replace(report, certificate=replace(report.certificate, first_divergence=close)))
    assert "10012.499999999998" in text_of(page)
    assert page.count('<mark class="apart">') == 2


def test_a_certificate_of_nothing_says_that_it_proves_little():
    report = a_parity_report()
    nothing = replace(
        report.certificate, trades=0, soundness=replace(report.certificate.soundness, entries=0, inside=0)
    )
    text = text_of(render_parity(replace(report, certificate=nothing)))
    assert "Where nothing happens, this proves little." in text
    assert "there was nothing to miss" in text


# --- what looks ahead -------------------------------------------------------------------------------------------------

CHANGED = PastChange(bar=41, cut=42, with_future="1.5", without="<b>2.5</b>")


def test_a_certificate_says_that_nothing_looks_ahead_only_where_that_was_looked_for():
    assert "look ahead" not in render_parity(a_parity_report()).lower()
    clean = LookAhead(cuts=3, looked_at=("strategy", "screener", "mean"), changes={})
    page = render_parity(a_parity_report(look_ahead=clean))
    assert "No. The bars were cut short at 3 random places, and the strategy, its screener and 1 indicator run" in page


def test_what_looks_ahead_is_shown_with_what_it_said_both_times():
    peeking = LookAhead(cuts=1, looked_at=("strategy", "screener", "<i>mean</i>"), changes={"<i>mean</i>": CHANGED})
    report = a_parity_report(look_ahead=peeking)
    page = render_parity(report)
    assert "Yes. The bars were cut short at 1 random place" in page
    assert "&lt;i&gt;mean&lt;/i&gt;" in page
    assert "&lt;b&gt;2.5&lt;/b&gt;" in page
    assert "<b>2.5</b>" not in page
    assert "they knew what came later" in parity_markdown(report)
