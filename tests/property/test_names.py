"""Property: words have the numbers that a dictionary would give them, also where all belong into one slot."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from dao.engine.names import Names


@pytest.mark.parametrize("colliding", [False, True])
def test_numbers_are_those_of_a_dictionary(colliding: bool) -> None:
    dice = random.Random(4)
    names, expected = Names(), {bytes(32): 0}
    if colliding:
        names._multipliers = np.zeros(4, np.uint64)
    known = [bytes(12) + dice.randbytes(20) for _ in range(200 if colliding else 6_000)]
    # Words that differ in one part alone, and one that is no address.
    known += [bytes(place) + b"\1" + bytes(31 - place) for place in range(12, 32)]
    for size in (0, 1, 50, 4_000, 3_000):
        words = [None if dice.random() < 0.1 else dice.choice(known) for _ in range(size)]
        for word in filter(None, words):
            expected.setdefault(word, len(expected))
        numbers = names.numbers(pa.array(words, pa.binary(32))).tolist()
        assert numbers == [-1 if word is None else expected[word] for word in words]
    assert len(names) == len(expected)
    every = np.arange(len(names))
    assert names.are_addresses(every, every)
    odd = names.numbers(pa.array([b"\1" + bytes(31)], pa.binary(32)))
    assert odd.tolist() == [len(expected)]
    assert names.are_addresses(odd, every[:0])
    assert not names.are_addresses(odd, np.array([0]))
    assert names.find(names.address(7)) == 7
