"""Headers of every fork, and what is none."""

from __future__ import annotations

import pytest
import rlp

from dao.abi import keccak
from dao.blocks.headers import read_header
from dao.errors import CodecError


def fields(count: int) -> list[bytes]:
    values = [bytes([number]) * 32 for number in range(count)]
    for place, value in ((6, b"\x06" * 256), (8, b"\x07"), (11, b"\x09")):
        values[place : place + 1] = [value]
    return values


@pytest.mark.parametrize("count", range(13, 24))
def test_headers_of_every_fork(count: int) -> None:
    """15 fields at first, 21 from Prague to Osaka."""
    data = rlp.encode(fields(count))
    if 15 <= count <= 21:
        header = read_header(data)
        assert header.hash == keccak(data)
        assert (header.number, header.timestamp, header.receipts_root) == (7, 9, b"\x05" * 32)
        assert (header.parent_hash, header.state_root) == (bytes(32), b"\x03" * 32)
        assert header.transactions_root == b"\x04" * 32
        assert header.logs_bloom == b"\x06" * 256
    else:
        with pytest.raises(CodecError):
            read_header(data)


@pytest.mark.parametrize("place", [0, 3, 4, 5, 6, 8, 11])
@pytest.mark.parametrize("value", [b"\x01" * 31, b"\x01" * 33, b"\x00\x01"])
def test_fields_of_another_size(place: int, value: bytes) -> None:
    values = fields(21)
    values[place] = value
    with pytest.raises(CodecError, match="no block header"):
        read_header(rlp.encode(values))


def test_no_header_at_all() -> None:
    for data in (b"", b"\xff", rlp.encode(b"text"), rlp.encode([[b""]] * 21), b"\xc1" * 5_000):
        with pytest.raises(CodecError):
            read_header(data)
