"""A node that changes anything anywhere in its answers: never is something else said without a sign of it."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.lying import Came, Honest, Node, outcome

EXAMPLES = int(os.environ.get("LIES_EXAMPLES", "12"))
HEADERS, BLOCKS, RECEIPTS = "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getBlockReceipts"
METHODS = ("eth_getLogs", HEADERS, BLOCKS, RECEIPTS, "eth_getProof", "eth_getCode")
Way = tuple[Any, ...]


def places(value: Any, here: Way = ()) -> list[Way]:
    """The way to every value within, the lists and objects included."""
    found = [here] if here else []
    if isinstance(value, dict):
        found += [place for name, entry in value.items() for place in places(entry, (*here, name))]
    elif isinstance(value, list):
        found += [place for index, entry in enumerate(value) for place in places(entry, (*here, index))]
    return found


def changed(chance: random.Random, value: Any) -> Any:
    """Something else of the same kind, mostly."""
    if isinstance(value, list):
        made = list(value)
        way = chance.randrange(5)
        if way == 0 and made:
            del made[chance.randrange(len(made))]
        elif way == 1 and made:
            made.insert(chance.randrange(len(made) + 1), chance.choice(made))
        elif way == 2:
            chance.shuffle(made)
        elif way == 3:
            made = made[: chance.randrange(len(made) + 1)]
        else:
            made = []
        return made
    if isinstance(value, str) and value.startswith("0x") and len(value) > 2 and chance.random() < 0.85:
        digits = list(value)
        digits[chance.randrange(2, len(digits))] = chance.choice("0123456789abcdef")
        return "".join(digits)
    return chance.choice([None, "", "0x", "0x0", "-0x1", 0, -1, 1.5, True, [], {}, "0x" + "00" * 40, "\u202e", value])


def lie(chance: random.Random, result: Any) -> Any:
    """The result with something else in one place; any other value where it has no places."""
    every = places(result)
    if not every or chance.random() < 0.03:
        return changed(chance, result)
    *way, last = chance.choice(every)
    inner = result
    for step in way:
        inner = inner[step]
    inner[last] = changed(chance, inner[last])
    return result


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_anything_anywhere(node: Node, honest: Honest, tmp_path: Path, seed: int) -> None:
    """One answer in some is changed, and stays so however often it is asked for."""
    chance = random.Random(seed)
    method = METHODS[seed % len(METHODS)]
    told: dict[str, Any] = {}

    def answer(asked: str, params: list[Any]) -> Any:
        real = node.answer(asked, params)
        if asked != method:
            return real
        key = repr(params)
        if key not in told:
            told[key] = lie(chance, node.answer(asked, params)) if chance.random() < 0.3 else real
        return told[key]

    seen = outcome(node, honest, tmp_path / "evidence", answer)
    assert seen.came is not Came.ACCEPTED
