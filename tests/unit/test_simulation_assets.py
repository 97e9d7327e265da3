"""Which asset a question is about. Wordings of both venues; levels and dates are the tests' own."""

from __future__ import annotations

import pytest

from edgeworth.markets.venue import Venue
from edgeworth.simulation.assets import asset_of, named_assets, spot_asset
from tests.builders import a_market, an_event

ABOUT = [
    ("Will Bitcoin reach $123,000 by December 31, 2026?", "BTC"),
    ("Will Bitcoin dip to $45,500 in February?", "BTC"),
    ("Will Bitcoin hit $133k by December 31?", "BTC"),
    ("Will Bitcoin hit 66,500 in July 2026", "BTC"),
    ("Will Bitcoin go below $51K in July 2026?", "BTC"),
    ("Will Bitcoin reach $91K USD in May 2026?", "BTC"),
    ("Will Bitcoin reach a new all-time high price before October 6, 2026?", "BTC"),
    ("Will bitcoin exceed $88,000 on Friday?", "BTC"),
    ("Will BTC close above 81K by end of March?", "BTC"),
    ("BTC  close above 81K by end of March?", "BTC"),
    ("Bitcoin $155K in 2026?", "BTC"),
    ("Bitcoin below $53K before March 31, 2026?", "BTC"),
    ("Bitcoin above 92,500 on January 8?", "BTC"),
    ("Bitcoin all time high by September 30, 2026?", "BTC"),
    ("Bitcoin Up or Down - January 5, 2:10PM-2:15PM ET", "BTC"),
    ("Bitcoin price at or above $95,250 on Dec 3, 2026?", "BTC"),
    ("Will the price of Bitcoin be above $64,500 on March 11?", "BTC"),
    ("Will the price of Bitcoin be between $88,000 and $90,000 on January 5?", "BTC"),
    ("Will the price of Bitcoin (BTC) be below $70,000 at 5 PM?", "BTC"),
    ("Will Bitcoin's price be greater than $70,000 on May 1?", "BTC"),
    ("Will $BTC reach $17500 by January 4?", "BTC"),
    ("Will the price of $ETH be above $1250 on December 30?", "ETH"),
    ("Will Ethereum hit $7,100 by December 31?", "ETH"),
    ("Ethereum all time high by June 30, 2026?", "ETH"),
    ("ETH Up or Down 15m", "ETH"),
    ("Will Ether trade above $5,000 on Nov 30?", "ETH"),
    ("Will Solana reach $610 by December 31, 2026?", "SOL"),
    ("Solana Up or Down - January 5, 2:15PM-2:30PM ET", "SOL"),
    ("Will the price of Solana be above $210 on March 1?", "SOL"),
    ("XRP Up or Down 5m", "XRP"),
    ("Will XRP dip to $1.10 in May?", "XRP"),
    ("Will Dogecoin reach $0.12 in April?", "DOGE"),
    ("Will Cardano hit $3 in 2026?", "ADA"),
]
NOT_ABOUT = [
    # A company, a person or a state and a coin.
    "Will MicroStrategy hold 680k+ BTC by December 31?",
    "Will MicroStrategy buy more than 10,000 Bitcoin in May?",
    "MicroStrategy announces purchase of Bitcoin above $1b?",
    "Will Powell say Bitcoin at his press conference?",
    "Will Elon and DOGE cut more than $250b in federal spending?",
    "How much spending will DOGE cut in 2026?",
    "Trump announces a Bitcoin reserve above $10b?",
    "Will El Salvador hold more than 7,000 BTC by June?",
    # A ratio, two coins, which of them first.
    "Will the ETH/BTC ratio be above 0.05 on June 1?",
    "Will ETH/BTC be above 0.05 on June 1?",
    "ETHBTC above 0.04 on March 3?",
    "Will Ethereum hit $5,000 before Bitcoin hits $150,000?",
    "Will Ethereum flip Bitcoin in 2026?",
    "Will Bitcoin or Ethereum reach a new all-time high first?",
    "Will Solana outperform Bitcoin in May?",
    # Coins with longer names.
    "Will Bitcoin Cash reach $1,000 in 2026?",
    "Will Ethereum Classic hit $50 by June?",
    "Will Wrapped Bitcoin be above $80,000?",
    "Bitcoin SV above $40 on May 3?",
    # Something of a coin that is not its price.
    "Will Bitcoin Dominance hit 70% before 2027?",
    "Will Bitcoin dominance be above 60 on June 1?",
    "Will Bitcoin ETF inflows exceed $1b on Friday?",
    "Will a Solana ETF reach $1b in volume?",
    "Will Ethereum gas hit 100 gwei?",
    "Ethereum staking yield above 4 in May?",
    "Will Bitcoin's market cap exceed $3 trillion?",
    "Will Bitcoin hash rate exceed 1000 EH/s?",
    "Will Bitcoin have the best performance in 2026?",
    "Will Bitcoin rise above 10% this week?",
    "Will Bitcoin trade below \u20ac80,000 in May?",
    "Will Bitcoin replace SHA-256 before 2027?",
    "Will Bitcoin move away from proof-of-work before 2035?",
    "Ethereum Shanghai Upgrade by April 15?",
    "Will the Ethereum Merge occur by September 1?",
    "Will the floor price of Bored Apes be above 67 ETH on March 31?",
    # A horizon that is another event.
    "Will bitcoin hit $1m before GTA VI?",
    "Will Bitcoin reach $200k before Powell leaves the Fed?",
    # Names that are not coins.
    "NHL: Ottawa Senators vs. Colorado Avalanche",
    "Will the Avalanche reach 100 points?",
    'Will Solange "Sol" Abraham win Big Brother?',
    "Bitcoin above ___ on March 11?",
    "",
]  # fmt: skip


@pytest.mark.parametrize(("question", "asset"), ABOUT)
def test_questions_about_the_price_of_one_asset(question, asset):
    assert asset_of(question, "", "") == asset


@pytest.mark.parametrize("question", NOT_ABOUT)
def test_questions_about_something_else(question):
    assert asset_of(question, "", "") is None


def test_rules_that_do_not_name_the_asset_are_about_something_else():
    question = "Will Bitcoin reach $123,000 by December 31?"
    assert asset_of(question, "", "Resolves by the last price of BTC/USDT on an exchange.") == "BTC"
    assert asset_of(question, "", "Resolves by the share price of a company.") is None


def test_an_event_about_several_assets_is_about_none():
    question = "Will Bitcoin reach $123,000 by December 31?"
    assert asset_of(question, "What price will Bitcoin hit?", "") == "BTC"
    assert asset_of(question, "Bitcoin vs. Ethereum", "") is None


def test_a_symbol_in_brackets_must_be_that_of_the_name():
    assert asset_of("Will Bitcoin (BCH) reach $900 in May?", "", "") is None


def test_assets_are_found_as_whole_words_only():
    assert named_assets("Ethereum and $BTC, ETH/USD; solar bitcoins, EtherRock") == {"ETH", "BTC"}


def test_an_invented_market_has_a_quantity_of_its_own():
    question = "Will the price of Bitcoin be above $95,000 on November 30?"
    real = a_market(question=question, rules="", event_native_id="9")
    invented = a_market(question=question, rules="", event_native_id="9", venue=Venue.SYNTHETIC_KALSHI)
    event = an_event("9", title="Bitcoin above ___ on November 30?")
    assert (spot_asset(real, event), spot_asset(invented, event)) == ("BTC", "synthetic-kalshi:9")
