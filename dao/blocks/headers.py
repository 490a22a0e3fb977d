"""Block headers between RLP and values: the execution layer's, from Frontier to Osaka."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import rlp  # type: ignore[import-untyped]  # rlp ships no types

from dao.abi import keccak
from dao.blocks.tries import decoded
from dao.errors import CodecError

QUANTITY, BYTES = True, False

FIELDS: tuple[tuple[str, bool], ...] = (
    ("parentHash", BYTES),
    ("sha3Uncles", BYTES),
    ("miner", BYTES),
    ("stateRoot", BYTES),
    ("transactionsRoot", BYTES),
    ("receiptsRoot", BYTES),
    ("logsBloom", BYTES),
    ("difficulty", QUANTITY),
    ("number", QUANTITY),
    ("gasLimit", QUANTITY),
    ("gasUsed", QUANTITY),
    ("timestamp", QUANTITY),
    ("extraData", BYTES),
    ("mixHash", BYTES),
    ("nonce", BYTES),
)
"""The fields of a header by their names in JSON-RPC (Yellow Paper, section 4.3), and whether they are numbers."""

LATER: tuple[tuple[str, bool], ...] = (
    ("baseFeePerGas", QUANTITY),  # London, EIP-1559
    ("withdrawalsRoot", BYTES),  # Shanghai, EIP-4895
    ("blobGasUsed", QUANTITY),  # Cancun, EIP-4844
    ("excessBlobGas", QUANTITY),
    ("parentBeaconBlockRoot", BYTES),  # Cancun, EIP-4788
    ("requestsHash", BYTES),  # Prague, EIP-7685; Osaka adds none
)
"""What forks added at the end, in their order; a header has the first so many of them."""

BLOOM = 256
"""Bytes of a logs bloom."""

_PARENT, _STATE_ROOT, _TRANSACTIONS_ROOT, _RECEIPTS_ROOT, _BLOOM, _NUMBER, _TIMESTAMP = 0, 3, 4, 5, 6, 8, 11
_SIZES = {_PARENT: 32, _STATE_ROOT: 32, _TRANSACTIONS_ROOT: 32, _RECEIPTS_ROOT: 32, _BLOOM: BLOOM}
_LONGEST_NUMBER = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What proofs need of a header. `timestamp` is in seconds; hashes and roots have 32 bytes, the bloom 256."""

    hash: bytes
    parent_hash: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    logs_bloom: bytes
    number: int
    timestamp: int


def encode(values: Sequence[bytes | int]) -> bytes:
    """The header in RLP of the values of FIELDS, then of the first so many of LATER."""
    return bytes(rlp.encode(list(values)))


def read_header(data: bytes) -> Header:
    """The header in RLP; its hash is that of `data`. Raises CodecError when it is none."""
    fields = decoded(data, "a header")
    least, most = len(FIELDS), len(FIELDS) + len(LATER)
    if not isinstance(fields, list) or not least <= len(fields) <= most or any(isinstance(f, list) for f in fields):
        raise CodecError("this is no block header", expected=f"{least} to {most} fields", found="others")
    for place, size in _SIZES.items():
        if len(fields[place]) != size:
            raise CodecError(
                "this is no block header", expected=f"{FIELDS[place][0]} of {size} bytes", found=len(fields[place])
            )
    return Header(
        hash=keccak(data),
        parent_hash=bytes(fields[_PARENT]),
        state_root=bytes(fields[_STATE_ROOT]),
        transactions_root=bytes(fields[_TRANSACTIONS_ROOT]),
        receipts_root=bytes(fields[_RECEIPTS_ROOT]),
        logs_bloom=bytes(fields[_BLOOM]),
        number=_number(fields, _NUMBER),
        timestamp=_number(fields, _TIMESTAMP),
    )


def _number(fields: list[bytes], place: int) -> int:
    value = fields[place]
    if len(value) > _LONGEST_NUMBER or value[:1] == b"\x00":
        raise CodecError(
            "this is no block header", expected=f"{FIELDS[place][0]} as a number", found="0x" + value.hex()
        )
    return int.from_bytes(value, "big")
