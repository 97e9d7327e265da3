"""The generator is SplitMix64, so its values are published; everything else in the world is built on it."""

from __future__ import annotations

import numpy as np
import pytest

from edgeworth.adapters.synthetic.draws import Draws, derive, mix, normals, uniforms, words

SPLITMIX_OF_1234567 = (
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
)
"""First outputs for the seed 1234567, as published with the reference implementation (Rosetta Code, Vigna)."""


def test_draws_are_those_of_splitmix64() -> None:
    draws = Draws(1234567)
    assert tuple(draws.word() for _ in SPLITMIX_OF_1234567) == SPLITMIX_OF_1234567


def test_the_array_form_draws_the_same_words() -> None:
    counters = np.arange(len(SPLITMIX_OF_1234567), dtype=np.uint64)
    assert tuple(words(1234567, counters).tolist()) == SPLITMIX_OF_1234567


def test_mixing_is_a_bijection_on_a_sample() -> None:
    assert len({mix(word) for word in range(10_000)}) == 10_000


def test_a_derived_key_depends_on_every_part_and_on_their_order() -> None:
    keys = {derive(1, "a", 2), derive(1, 2, "a"), derive(1, "a", 3), derive(2, "a", 2), derive(1, "b", 2)}
    assert len(keys) == 5


def test_uniform_numbers_fill_the_unit_interval_evenly() -> None:
    sample = uniforms(7, np.arange(100_000, dtype=np.uint64))
    counts, _ = np.histogram(sample, bins=10, range=(0.0, 1.0))
    # The count of a bin has a standard deviation of about 95.
    assert counts.sum() == 100_000
    assert np.abs(counts - 10_000).max() < 400


def test_normal_numbers_have_the_moments_of_a_normal() -> None:
    sample = normals(7, np.arange(200_000, dtype=np.uint64))
    assert sample.mean() == pytest.approx(0.0, abs=0.01)
    assert sample.std() == pytest.approx(1.0, abs=0.01)
    assert (np.abs(sample) > 1.959964).mean() == pytest.approx(0.05, abs=0.003)


def test_a_sample_has_no_repeats() -> None:
    assert sorted(Draws(3).sample(range(20), 20)) == list(range(20))
