"""Every word that a replayed life implies is the word in the contracts' storage."""

from __future__ import annotations

import pytest

from dao.proving.layout import Slot
from dao.proving.slots import slots
from tests.support.history import Dao
from tests.support.lives import random_life
from tests.support.paying import Funding

SEEDS = range(4)
STEPS = 150


def differing(dao: Dao, expected: list[Slot]) -> list[str]:
    """What the EVM has another word of, within the mask."""
    found = []
    for slot in expected:
        word = dao.chain.evm.storage(slot.account, int.from_bytes(slot.key, "big"))
        mask = int.from_bytes(slot.mask, "big")
        if word & mask != int.from_bytes(slot.expected, "big") & mask:
            found.append(f"{slot.what}: expected 0x{slot.expected.hex()}, found {word:#066x}")
    return found


@pytest.mark.parametrize("funding", [None, "mint", "treasury"])
@pytest.mark.parametrize("seed", SEEDS)
def test_random_lives(seed: int, funding: Funding | None) -> None:
    dao = random_life(seed, STEPS, funding)
    expected = list(slots(dao.replay()))
    assert len(expected) > 100
    assert differing(dao, expected) == []
