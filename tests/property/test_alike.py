"""Answers that are read by the places of their commas, against the reader that takes any JSON."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dao.collecting.alike import read_alike
from dao.collecting.columns import Page
from dao.collecting.fields import Log, read_fields
from dao.errors import RpcError

MEMBERS = (
    *("address", "topics", "data", "blockNumber", "transactionHash", "transactionIndex", "blockHash"),
    *("blockTimestamp", "logIndex", "removed"),
)
NEEDLESS = ("blockTimestamp", "removed")
ENVELOPES = (
    '{"jsonrpc":"2.0","id":1,"result":%s}',
    '{"id":"a-1","jsonrpc":"2.0","result":%s}\n',
    '{"result":%s,"id":7,"jsonrpc":"2.0"}',
)


class Answer(msgspec.Struct):
    """What the other reader makes of an answer."""

    id: Any
    result: list[Log]


def entry(dice: random.Random, data: int) -> dict[str, Any]:
    def digits(count: int) -> str:
        return "0x" + "".join(dice.choices("0123456789abcdef", k=count))

    return {
        "address": digits(40),
        "topics": [digits(64) for _ in range(dice.randint(0, 4))],
        "data": digits(2 * dice.randint(0, data)),
        "blockNumber": hex(dice.getrandbits(dice.choice([1, 24, 64]))),
        "transactionHash": digits(64),
        "transactionIndex": hex(dice.getrandbits(dice.choice([1, 8, 32]))),
        "blockHash": digits(64),
        "blockTimestamp": hex(dice.getrandbits(31)),
        "logIndex": hex(dice.getrandbits(9)),
        "removed": False,
    }


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Answers as nodes write them: members in some order, the same in every log."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    left_out = draw(st.sets(st.sampled_from(NEEDLESS)))
    order = [name for name in draw(st.permutations(MEMBERS)) if name not in left_out]
    logs = [entry(dice, dice.choice([0, 32, 300])) for _ in range(draw(st.integers(1, 12)))]
    text = json.dumps([{name: log[name] for name in order} for log in logs], separators=(",", ":"))
    return (draw(st.sampled_from(ENVELOPES)) % text).encode()


def general(body: bytes) -> tuple[Any, Page] | None:
    """What the reader of any JSON makes of it; None where it refuses."""
    try:
        answer = msgspec.json.decode(body, type=Answer)
        return answer.id, read_fields(answer.result)
    except (msgspec.DecodeError, RpcError):
        return None


def require_same(alike: tuple[bytes, Page], other: tuple[Any, Page] | None) -> None:
    assert other is not None
    identity, page = other
    rest = json.loads(alike[0])
    assert (rest["id"], rest["result"]) == (identity, [])
    assert alike[1].table.equals(page.table)
    alike[1].table.validate(full=True)
    assert alike[1].removed == page.removed
    assert (alike[1].times is None) == (page.times is None)
    assert page.times is None or np.array_equal(alike[1].times, page.times)


@given(answers())
@settings(max_examples=40, deadline=None)
def test_what_nodes_write_is_read_and_equals_the_general_reading(body: bytes) -> None:
    alike = read_alike(body)
    assert alike is not None
    require_same(alike, general(body))


@given(answers(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_read_otherwise_than_by_the_general_reader(body: bytes, dice: random.Random) -> None:
    pieces = (
        b'"',
        b"0",
        b"0x",
        b"A",
        b"g",
        b",",
        b"}",
        b"{",
        b"]",
        b"[",
        b" ",
        b"\\",
        b'":"',
        b"true",
        b"},{",
        b"\xff",
    )
    for _ in range(20):
        at = dice.randrange(len(body))
        cut = dice.choice([0, 1, 1, 2, 66, 69])
        changed = body[:at] + dice.choice(pieces) * dice.choice([0, 1, 1, 2]) + body[at + cut :]
        alike = read_alike(changed)
        if alike is not None:
            require_same(alike, general(changed))


def written(**changes: Any) -> bytes:
    logs = [entry(random.Random(seed), 64) for seed in range(3)]
    logs[1].update(changes)
    return b'{"jsonrpc":"2.0","id":1,"result":%s}' % json.dumps(logs, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"removed": True},
        {"blockNumber": "0x01"},
        {"blockNumber": "0x"},
        {"blockNumber": "0x1" + 16 * "0"},
        {"logIndex": "0x100000000"},
        {"logIndex": "0xA"},
        {"data": "0x1"},
        {"data": "0xzz"},
        {"data": "12"},
        {"address": "0x" + 38 * "a"},
        {"topics": 5 * ["0x" + 64 * "a"]},
        {"topics": ["0x" + 62 * "a"]},
        {"topics": "0x"},
        {"more": "0x00"},
        {"address": None},
    ],
)
def test_a_log_that_differs_leaves_the_whole_answer_to_the_general_reader(changes: dict[str, Any]) -> None:
    assert read_alike(written()) is not None
    assert read_alike(written(**changes)) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"id":1,"result":null}',
        b'{"id":1,"result":[]}',
        b'{"id":1,"result":[{}]}',
        b'{"id":1,"result":[{"address":"0x"}]}',
        b'{"id":1,"error":{"code":-32005}}',
        written()[:-2],
        written().replace(b'"id":1', b'"id":{"result":[{}]}'),
        written().replace(b",", b", "),
        written().replace(b"}]", b"},]"),
        written().replace(b"}]", b"} ]"),
        written().replace(b"},{", b"}x,{", 1),
        written().replace(b":false", b": true", 1),
        written().replace(b"false}]", b"0.000}]"),
        written().replace(b"false", b"true"),
        written().replace(b"false", b"1"),
        written().replace(b'"removed":false', b'"removed":false,"removed":false'),
    ],
)
def test_other_answers_are_left_to_the_general_reader(body: bytes) -> None:
    assert read_alike(body) is None
