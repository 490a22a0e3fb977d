"""What the files of an epoch's folder are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.streams import MAX_DEPTH, NAME, stream_id

SUMMARY = "summary.json"
PAYOUTS_PARQUET = "payouts.parquet"
PAYOUTS_CSV = "payouts.csv"
STATE = "state.parquet"

_LONGEST = 200
"""Of a stream's part of a file name; file systems take 255 bytes."""


@dataclass(frozen=True, slots=True)
class TreeNames:
    """The files of one stream's tree: `StandardMerkleTree`'s JSON, and its nodes."""

    json: str
    nodes: str


def folder_name(epoch: int, series: int) -> str:
    """What the folder of an epoch is called, and of a supplementary publication of it."""
    return f"{epoch}.{series}" if series else str(epoch)


def tree_names(streams: Sequence[str]) -> dict[str, TreeNames]:
    """The files of each of `streams`: its path, a dot for each slash.

    Paths may hold dots, and be longer than file names: where two would have one name or one is too long, the first 16
    digits of the stream's id follow.

    Raises PolicyError where one is no path of a stream, which is what would lead out of the folder.
    """
    plain = {}
    for stream in streams:
        steps = stream.split("/")
        if len(steps) > MAX_DEPTH or not all(NAME.match(step) for step in steps):
            raise PolicyError("this is no path of a stream", found=stream)
        plain[stream] = ".".join(steps)
    taken = Counter(plain.values())
    return {stream: _names(stream, name, alone=taken[name] == 1) for stream, name in plain.items()}


def _names(stream: str, name: str, *, alone: bool) -> TreeNames:
    if not alone or len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}~{stream_id(stream).hex()[:16]}"
    return TreeNames(f"{name}.tree.json", f"{name}.nodes.arrow")
