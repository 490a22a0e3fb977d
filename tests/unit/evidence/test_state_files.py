"""`state.json`, `code.json` and `targets.json` depend on what they hold alone, and nothing else is read as one."""

from __future__ import annotations

import pytest

from dao.errors import CodecError
from dao.evidence import json_parts
from dao.evidence.state import code_bytes, evidence, read_code, read_state, state_bytes
from dao.evidence.targets import read_targets, targets_bytes

NODES = (b"\x01" * 40, b"\x02" * 33, b"\x03" * 32)


def test_the_same_bytes_whatever_the_order() -> None:
    made = evidence(7, b"\x07" * 32, NODES)
    data = state_bytes(made)
    assert state_bytes(evidence(7, b"\x07" * 32, [*reversed(NODES), NODES[0]])) == data
    assert read_state(data) == made
    assert code_bytes([b"b", b"a", b"b"]) == code_bytes([b"a", b"b"])
    assert read_code(code_bytes([b"b", b""])) == (b"", b"b")
    assert targets_bytes([*reversed(NODES), NODES[0]]) == targets_bytes(NODES)
    assert read_targets(targets_bytes(NODES)) == NODES


def test_every_other_byte_is_refused_or_says_something_else() -> None:
    data = state_bytes(evidence(7, b"\x07" * 32, NODES))
    for place in range(len(data)):
        other = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            assert state_bytes(read_state(other)) == other
            assert read_state(other) != read_state(data)
        except CodecError:
            continue


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"codes": [1], "nodes": 1}', b"1" * 5_000),
        *(b'{"preimages": []}', b'{"preimages": [1]}', b'{"preimages": ["00"]}'),
    ],
)
def test_what_is_neither(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for read in (read_state, read_code, read_targets):
        with pytest.raises(CodecError):
            read(data)
    monkeypatch.setattr(json_parts, "MAX_BYTES", 3)
    with pytest.raises(CodecError, match="too long"):
        read_code(code_bytes([]))
