"""`targets.json`: what proves which code stood at the addresses that proposals call, at their blocks.

All of it is found by its Keccak-256, from the state roots of headers that the bundle has for its logs: nodes of state
tries, the header of the block before an execution, and code whose hash an account has. So the file lists nothing but
these bytes, ascending and each once: it depends on its contents alone, and what was altered in it is not found.
"""

from __future__ import annotations

from collections.abc import Iterable

from dao.errors import CodecError
from dao.evidence.json_parts import document_in, encoded, hex_in

FORMAT = "reward-dao targets 1"


def targets_bytes(preimages: Iterable[bytes]) -> bytes:
    """The bytes of `targets.json`."""
    return encoded({"format": FORMAT, "preimages": ["0x" + data.hex() for data in sorted(set(preimages))]})


def read_targets(data: bytes) -> tuple[bytes, ...]:
    """What `targets_bytes` wrote. Raises CodecError when it is anything else, one byte different included."""
    document = document_in(data, "evidence of targets")
    try:
        preimages = tuple(hex_in(entry) for entry in document["preimages"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CodecError("this is no evidence of targets", found=type(error).__name__) from error
    if targets_bytes(preimages) != data:
        raise CodecError("the evidence of targets was written by something else, or changed")
    return preimages
