"""How far a watch has come: the newest blocks that were read, what was reported of them, and the file with both."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from dao.chain.connection import Block
from dao.errors import FileError, WrongChain
from dao.lifecycle.journal import Deployment
from dao.lifecycle.session import Session
from dao.lifecycle.watch.facts import Fact, Kind

FORMAT = 1
DEPTH = 256
"""How many of the newest blocks are remembered, so that a reorganisation of that many is told exactly."""

_MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A fact that was reported: what makes it the same one, and what is said if it turns out not to have happened."""

    key: str
    block: int
    kind: Kind
    proposal_id: int
    title: str

    @classmethod
    def of(cls, fact: Fact) -> Reported:
        """What is remembered of `fact`."""
        return cls(key=fact.key, block=fact.block, kind=fact.kind, proposal_id=fact.proposal_id, title=fact.title)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a watch has come.

    Args:
        marks: The newest blocks that were read, oldest first; at least one.
        reported: What was reported of the blocks after the oldest of them, and of what comes after the newest.
    """

    marks: tuple[Block, ...]
    reported: tuple[Reported, ...] = ()


def begin(session: Session, *, since: int | None) -> Position:
    """The position of a watch that reports what happens from block `since` on, or from now on.

    Raises RpcError where the chain has not come so far.
    """
    return Position((session.connection.block("latest" if since is None else max(since - 1, 0)),))


def load_cursor(path: Path, deployment: Deployment) -> Position | None:
    """The position in the file `path`; None where there is no such file.

    Raises:
        FileError: The file cannot be read, or is damaged.
        WrongChain: It is of another deployment.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"{path} cannot be read", found=error.strerror or type(error).__name__) from None
    try:
        document = json.loads(data)
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']}")
        owner = (int(document["chain_id"]), str(document["governor"]))
        position = Position(
            tuple(_mark(entry) for entry in document["marks"]),
            tuple(_reported(entry) for entry in document["reported"]),
        )
        numbers = [mark.number for mark in position.marks]
        if not numbers or any(after <= before for before, after in pairwise(numbers)):
            raise ValueError("no blocks in order")
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise FileError(
            f"{path} is damaged",
            expected="the position of `dao proposal watch`",
            found=type(error).__name__,
            remedy="remove the file, and say with --since where to begin",
        ) from None
    if owner != (deployment.chain_id, deployment.addresses.governor):
        raise WrongChain(
            f"{path} is the position in another deployment",
            expected=f"governor {deployment.addresses.governor} on chain {deployment.chain_id}",
            found=f"governor {owner[1]} on chain {owner[0]}",
            remedy="give each deployment a file of its own",
        )
    return position


def save_cursor(path: Path, deployment: Deployment, position: Position) -> None:
    """Writes `position` to the file `path`, whole or not at all. Raises FileError where that cannot be done."""
    document = {
        "format": FORMAT,
        "chain_id": deployment.chain_id,
        "governor": deployment.addresses.governor,
        "marks": [[mark.number, mark.timestamp, "0x" + mark.hash.hex()] for mark in position.marks],
        "reported": [
            [one.key, one.block, one.kind.value, str(one.proposal_id), one.title] for one in position.reported
        ],
    }
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("w", encoding="ascii") as file:
            json.dump(document, file)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise FileError(f"{path} cannot be written", found=error.strerror or type(error).__name__) from None


def _mark(entry: Any) -> Block:
    number, timestamp, digest = entry
    block = Block(number=int(number), timestamp=int(timestamp), hash=bytes.fromhex(digest.removeprefix("0x")))
    if len(block.hash) != 32 or block.number < 0:
        raise ValueError("no block")
    return block


def _reported(entry: Any) -> Reported:
    key, block, kind, proposal_id, title = entry
    return Reported(key=str(key), block=int(block), kind=Kind(kind), proposal_id=int(proposal_id), title=str(title))
