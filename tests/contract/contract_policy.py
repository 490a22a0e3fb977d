"""Short words for what RewardPolicy takes: stream ids, segments, parts."""

from __future__ import annotations

from typing import Any

from dao.abi import encode, keccak

ROOT = keccak(b"root")
NONE, CARVE_OUT, SHARE, RESIDUAL = range(4)
CONSTANT, TABLE, GEOMETRIC = range(3)
MAX_EPOCH = 2**32 - 1


def stream(path: str) -> bytes:
    """The id of the stream `path`."""
    return keccak(path.encode())


def constant(from_epoch: int, amount: int) -> tuple[Any, ...]:
    """A segment with the same amount in every epoch."""
    return from_epoch, CONSTANT, [amount]


def table(from_epoch: int, every: int, *amounts: int) -> tuple[Any, ...]:
    """A segment with each of `amounts` for `every` epochs."""
    return from_epoch, TABLE, [every, *amounts]


def geometric(from_epoch: int, amount: int, numerator: int, denominator: int, every: int) -> tuple[Any, ...]:
    """A segment multiplied by a ratio once every `every` epochs."""
    return from_epoch, GEOMETRIC, [amount, numerator, denominator, every]


def part(path: str, allocation: int, share: int = 0) -> tuple[Any, ...]:
    """A stream's place in its parent's split."""
    return stream(path), allocation, share


def chained(previous: bytes, event: str, types: tuple[str, ...], values: tuple[Any, ...]) -> bytes:
    """`policyHash` after one more write, by the definition."""
    change = encode(("bytes32", *types), (keccak(event.encode()), *values))
    return keccak(encode(("bytes32", "bytes32"), (previous, keccak(change))))
