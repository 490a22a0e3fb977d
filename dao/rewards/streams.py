"""Names and ids of streams and resource classes: paths as people write them, hashes as the contract holds them."""

from __future__ import annotations

import re

from dao.abi import keccak

ROOT = "root"
"""Path of the root stream."""

MAX_DEPTH = 8
"""How far below the root a stream may stand; `PolicyTree.MAX_DEPTH`."""

NAME = re.compile(r"[a-z0-9._-]{1,31}\Z")
"""What one stream of a path may be called; `PolicyTree._validName`."""

CLASS_NAME = re.compile(r"[!-~]{1,31}\Z")
"""What a resource class may be called; `PolicyParameters._validClass`."""


def stream_id(path: str) -> bytes:
    """A stream's id on chain: the keccak-256 hash of its path, 32 bytes."""
    return keccak(path.encode())


def parent_of(path: str) -> str:
    """Path of the parent of the stream `path`, which must not be the root."""
    return path.rsplit("/", 1)[0] if "/" in path else ROOT
