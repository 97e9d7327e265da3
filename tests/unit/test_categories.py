"""Tags of both venues become one of five categories, or none."""

from __future__ import annotations

import pytest

from edgeworth.markets.categories import (
    CATEGORIES,
    CATEGORY_BY_TAG,
    HOUSEKEEPING_TAGS,
    PRECEDENCE,
    categorise,
    is_housekeeping,
    tag_slug,
    visible_tags,
)


@pytest.mark.parametrize(
    ("tag", "slug"),
    [
        ("politics", "politics"),
        ("Hide From New", "hide-from-new"),
        ("U.S. Politics", "us-politics"),
        ("  Crypto   Prices ", "crypto-prices"),
        ("Earn 4%", "earn-4"),
        ("Film & TV", "film-tv"),
        ("Women's Cup", "womens-cup"),
        ("gpt-4", "gpt-4"),
        ("4.5 points", "4-5-points"),
        ("選挙", "選挙"),
        ("Café", "café"),
        ("___", ""),
        ("", ""),
    ],
)
def test_labels_and_slugs_become_the_same_slug(tag, slug):
    assert tag_slug(tag) == slug
    assert tag_slug(slug) == slug


@pytest.mark.parametrize(
    ("tags", "category"),
    [
        # Polymarket, as recorded in January and May 2026.
        (["sports", "nba", "games", "basketball"], "sports"),
        (["Recurring", "Crypto Prices", "Hide From New", "Crypto", "Up or Down", "5M"], "crypto"),
        (["world-elections", "global-elections", "elections", "politics", "us-presidential-election"], "politics"),
        (["finance", "equities", "sp-500"], "finance"),
        (["All", "Politics", "2024 election"], "politics"),
        (["pop-culture", "music", "spotify"], None),
        (["All"], None),
        ([], None),
        # Kalshi's category names, as recorded in January and February 2026.
        (["Climate and Weather"], "world"),
        (["World"], "world"),
        (["Elections"], "politics"),
        (["Companies"], "finance"),
        (["Economics"], "finance"),
        (["Financials"], "finance"),
        (["Sports"], "sports"),
        (["Entertainment"], None),
        (["Science and Technology"], None),
        (["Social"], None),
        (["Level 4"], None),
    ],
)
def test_recorded_tags_and_categories(tags, category):
    assert categorise(tags) == category


@pytest.mark.parametrize(
    ("tags", "category"),
    [
        (["politics", "crypto"], "crypto"),  # a bill about crypto
        (["world", "soccer"], "sports"),  # the World Cup
        (["politics", "economy", "fed"], "finance"),  # a rate decision
        (["world", "politics"], "politics"),  # an election abroad
        (["sports", "crypto"], "crypto"),  # a fan token
    ],
)
def test_the_narrower_category_wins_in_any_order_of_the_tags(tags, category):
    assert categorise(tags) == categorise(tags[::-1]) == category


def test_a_country_alone_says_nothing():
    """Ireland stands on Eurovision and on elections alike."""
    assert categorise(["ireland"]) is None


def test_housekeeping_tags_are_dropped_and_the_others_keep_their_order():
    tags = [
        "Recurring",
        "Crypto Prices",
        "Hide From New",
        "Crypto",
        "5M",
        "rewards-20-4pt5-50",
        "Earn 4%",
        "crypto",
        "All",
    ]
    assert visible_tags(tags) == ("crypto-prices", "crypto", "5m")


def test_a_tag_without_any_word_is_dropped():
    assert visible_tags(["", "!!", "ok"]) == ("ok",)


def test_the_table_is_consistent():
    assert set(CATEGORY_BY_TAG.values()) == set(CATEGORIES) == set(PRECEDENCE)
    assert len(PRECEDENCE) == len(CATEGORIES)
    assert all(tag_slug(slug) == slug for slug in [*CATEGORY_BY_TAG, *HOUSEKEEPING_TAGS])
    assert not any(is_housekeeping(slug) for slug in CATEGORY_BY_TAG)
    assert all(categorise([category]) == category for category in CATEGORIES)
