"""Words that carry nothing a bet could turn on, and words that turn a sentence. Data only."""

# ruff: noqa: E501, SIM905 -- tables, one entry a line

from __future__ import annotations

from typing import Final

EMPTY_WORDS: Final = frozenset(
    """
    a an the will would shall be is are was were been being am do does did has have had having to of in on at for with
    by from as and it its it's their his her hers him he she they them our this that these those there here who whom
    which what when where whether than then so such upon into onto within among amongst during per via about x vs versus
    also case expected going set likely happen occur take place set get become remain's
    between both either
    officially official publicly successfully actually currently reportedly ever now own
    """.split()
)
"""Dropped before two questions are compared."""

LIGHT_VERBS: Final = frozenset("name finish come have hold reach agree achieve receive earn make part set".split())
"""Verbs that say nothing beside the noun they stand with: extra on either side they make no difference."""

SOFT_WORDS: Final = frozenset(
    """
    price value level reading figure song chart track single game match season full total amount number event result
    title award prize party political candidate individual person man's leader's country's conflict
    world's mr ms mrs dr sir gov sen rep
    president's mainland national upcoming annual contest tournament edition city state team club fc cf athlete
    crude oil barrel bbl year inc corp company shipping world rate
    """.split()
)
"""Extra on one side only, these do not make two questions differ; they lower the confidence."""

ASKING_WORDS: Final = frozenset({"who", "which", "what", "whom"})
"""A title that begins with one of these asks for its answer."""
NEGATIONS: Final = ("not", "never", "without", "neither", "nor", "nobody", "none", "cannot", "no")
CONTRACTED: Final = ("won't", "isn't", "doesn't", "don't", "didn't", "wasn't", "hasn't", "can't", "aren't", "haven't")
NEGATION_PHRASES: Final = (
    "fail to", "fails to", "failed to", "failing to", "it is not the case that", "it is not true that",
    "it is false that", "will not be the case that",
)  # fmt: skip
TURNING_WORDS: Final = frozenset(
    "that who whom which if conditional given assuming provided whether unless because although while but except excluding other else instead rather despite "
    "announce say claim state deny declare predict believe".split()
)
"""A negation after one of these denies a part of the sentence only, so it makes no opposite of the question."""
SMALL_WORDS: Final = frozenset("a an the of in on at to for and or by with from vs v as per".split())
"""Not written large in titles that write every word large."""
POINTING_WORDS: Final = frozenset("following specified respective option options bracket".split())
"""A defining sentence with one of these points to words outside it, and defines nothing on its own."""
POINTING_PAIRS: Final = frozenset(
    f"{one} {other}"
    for one in ("listed", "named", "described", "above")
    for other in "individual team club candidate player person party company film movie song artist date outcome".split()
)
"""So does one with two such words in a row: "the listed club"."""
DISCRIMINATING: Final = frozenset(
    "or other another else only except excluding any all every each most more less fewer first second third last "
    "again still yet new former acting interim both than same next".split()
)
"""Never soft, whatever else they look like."""
