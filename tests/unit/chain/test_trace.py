"""Traces and bytecode: read in order, and refused where a node makes them up."""

from __future__ import annotations

from typing import Any

import pytest

from dao.abi import keccak
from dao.blocks.bytecode import cloned, instructions, without_metadata
from dao.chain import trace
from dao.chain.trace import BALANCE, CODE, read_frames, read_writes
from dao.errors import RpcError

A, B, C = ("0x" + digit * 40 for digit in "123")


def frame(to: str, *calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "CALL", "from": A, "to": to, "value": "0x1", "input": "0x", "calls": list(calls), **more}


def test_frames_stand_after_their_callers_and_failures_undo_what_is_below() -> None:
    inner = frame(C, frame(B))
    frames = read_frames(frame(A, frame(B, inner, error="execution reverted"), frame(C, type="CREATE2")))
    assert [(one.to[2], one.depth, one.undone) for one in frames] == [
        ("1", 0, False),
        ("2", 1, True),
        ("3", 2, True),
        ("2", 3, True),
        ("3", 1, False),
    ]
    assert frames[-1].kind == "CREATE2"
    assert frames[0].value == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        frame("0x12"),
        frame(A, value="one"),
        frame(A, input="zz"),
        {**frame(A), "calls": "many"},
        {**frame(A), "calls": [None]},
        {"type": "CALL", "to": A},
    ],
)
def test_malformed_frames(answer: Any) -> None:
    with pytest.raises(RpcError):
        read_frames(answer)


def test_too_many_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MAX_FRAMES", 3)
    assert len(read_frames(frame(A, frame(B), frame(B)))) == 3
    with pytest.raises(RpcError, match="too many"):
        read_frames(frame(A, frame(B), frame(B), frame(B)))


def test_frames_as_deep_as_the_evm_goes() -> None:
    deepest = frame(A)
    for _ in range(1_024):
        deepest = frame(A, deepest)
    assert read_frames(deepest)[-1].depth == 1_024


def test_writes_by_slot_balance_and_code() -> None:
    before = {A: {"balance": "0x5", "storage": {"0x1": "0x2", "0x3": "0x4"}}, B: {"balance": "0x1", "nonce": 1}}
    after = {A: {"balance": "0x6", "storage": {"0x3": "0x7", "0x8": "0x9"}}, B: {"nonce": 2}, C: {"code": "0x00"}}
    writes = read_writes({"pre": before, "post": after})
    words = [
        (write.account[2], write.slot if isinstance(write.slot, str) else write.slot[-1], write.before, write.after)
        for write in writes
    ]
    word = {number: number.to_bytes(32, "big") for number in range(10)}
    assert words == [
        ("1", 1, word[2], word[0]),
        ("1", 3, word[4], word[7]),
        ("1", 8, word[0], word[9]),
        ("1", BALANCE, word[5], word[6]),
        ("3", CODE, b"", b"\0"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"pre": {}},
        {"pre": 1, "post": 2},
        {"pre": {}, "post": {"x": {"balance": "0x1"}}},
        {"pre": {}, "post": {A: 1}},
    ],
)
def test_malformed_writes(answer: Any) -> None:
    with pytest.raises(RpcError):
        read_writes(answer)


def test_bytecode() -> None:
    assert list(instructions(bytes.fromhex("60ff7f" + "ff" * 32 + "5b"))) == [0x60, 0x7F, 0x5B]
    assert list(instructions(bytes.fromhex("00ff"))) == [0, 0xFF]
    assert list(instructions(bytes.fromhex("62ff"))) == [0x62]
    metadata = bytes.fromhex("a264") + keccak(b"") + bytes.fromhex("0022")
    assert without_metadata(b"\x5b" + metadata) == b"\x5b"
    for code in (b"", b"\x00", b"\x5b\xff\xff", b"\x5b\x00\x01"):
        assert without_metadata(code) == code
    proxy = bytes.fromhex("363d3d373d3d3d363d73" + "22" * 20 + "5af43d82803e903d91602b57fd5bf3")
    assert cloned(proxy) == b"\x22" * 20
    assert cloned(proxy[:40]) is cloned(b"") is None
