"""The lock file beside a submitted proposal: everything that its bytes depended on besides the YAML."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError

from dao.document.fields import Line
from dao.document.forms import parse_address, parse_hex
from dao.document.json_file import read_json
from dao.document.model import kind_of, parsed, refusal
from dao.errors import DocumentError, ProposalError
from dao.proposal.calldata import Context
from dao.proposal.identity import Identity
from dao.types import Address, Addresses

MAX_BYTES = 64 * 1024
"""The longest lock file, in bytes."""

_HASH_LENGTH = 32


def _hash(value: Any) -> bytes:
    if isinstance(value, bytes) and len(value) == _HASH_LENGTH:
        return value
    if isinstance(value, str) and len(value) == 2 + 2 * _HASH_LENGTH and re.fullmatch(r"0x[0-9a-f]+", value):
        return parse_hex(value)
    raise refusal("this is no hash", expected="0x and 64 digits out of 0-9 and a-f", found=kind_of(value))


def _number(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256:
        return value
    if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,77}", value) and int(value) < 2**256:
        return int(value)
    raise refusal("this is no proposal id", expected="a decimal number in quotes", found=kind_of(value))


Hash = Annotated[bytes, PlainValidator(_hash), PlainSerializer(lambda value: "0x" + value.hex(), when_used="json")]
ProposalId = Annotated[int, PlainValidator(_number), PlainSerializer(str, when_used="json")]
HexAddress = Annotated[Address, parsed(parse_address)]
Natural = Annotated[int, Field(strict=True, ge=0, lt=2**63)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LockedAddresses(_Frozen):
    """The contracts of the deployment."""

    token: HexAddress
    timelock: HexAddress
    governor: HexAddress
    policy: HexAddress
    wraps: HexAddress | None = None
    distributor: HexAddress | None = None


class Forced(_Frozen):
    """Why a proposal was submitted although checks failed: the proposer's reason, and the checks."""

    reason: Line
    failed: tuple[Annotated[str, Field(strict=True, max_length=64)], ...]


class Lock(_Frozen):
    """What a proposal's bytes depended on when it was submitted, and what it became.

    Args:
        version: Of this format.
        chain_id: The chain.
        block: The block that the proposal was submitted in.
        addresses: The contracts.
        symbol: The token's symbol.
        decimals: The token's decimals.
        base_policy_hash: `RewardPolicy.policyHash` at the end of that block.
        proposer: Who submitted it.
        description_hash: Keccak-256 of the description.
        proposal_id: The governor's id.
        forced: Why it was submitted although checks failed; None where none did.
    """

    version: Literal[1] = 1
    chain_id: Natural
    block: Natural
    addresses: LockedAddresses
    symbol: Annotated[str, Field(strict=True, max_length=64)]
    decimals: Annotated[int, Field(strict=True, ge=0, le=255)]
    base_policy_hash: Hash
    proposer: HexAddress
    description_hash: Hash
    proposal_id: ProposalId
    forced: Forced | None = None

    @property
    def context(self) -> Context:
        """The deployment as the proposal saw it."""
        addresses = Addresses(**self.addresses.model_dump())
        return Context(addresses=addresses, symbol=self.symbol, decimals=self.decimals)

    def same_submission(self, other: Lock) -> bool:
        """Whether `other` is for the same bytes on the same chain, if perhaps of another block or otherwise forced."""
        theirs = {"block": other.block, "base_policy_hash": other.base_policy_hash, "forced": other.forced}
        return other == self.model_copy(update=theirs)


def make_forced(reason: str, failed: Sequence[str]) -> Forced:
    """The record of a submission that the checks `failed` did not stop.

    Raises ProposalError unless `reason` is one line of visible text.
    """
    try:
        return Forced(reason=reason, failed=tuple(failed))
    except ValidationError as error:
        raise ProposalError(
            "this is no reason to submit a proposal that failed its checks",
            expected="one line of 1 to 1,000 visible characters",
            found=f"{len(reason)} characters",
            remedy="give it as --force 'REASON'",
        ) from error


def make_lock(
    context: Context,
    identity: Identity,
    *,
    chain_id: int,
    block: int,
    base_policy_hash: bytes,
    proposer: Address,
    forced: Forced | None = None,
) -> Lock:
    """The lock of a proposal with this identity, compiled in this context."""
    return Lock(
        chain_id=chain_id,
        block=block,
        addresses=LockedAddresses(**asdict(context.addresses)),
        symbol=context.symbol,
        decimals=context.decimals,
        base_policy_hash=base_policy_hash,
        proposer=proposer,
        description_hash=identity.description_hash,
        proposal_id=identity.proposal_id,
        forced=forced,
    )


def lock_path(proposal: Path) -> Path:
    """Where the lock of the proposal file `proposal` lies: `0001-x.yaml` has `0001-x.lock.json`."""
    return proposal.with_name(proposal.stem + ".lock.json")


def find_locked(folder: Path, proposal_id: int) -> Path | None:
    """The proposal file in `folder` whose lock is for the proposal `proposal_id`; None where there is none.

    Locks that cannot be read are passed over: they say nothing of this proposal.
    """
    for path in sorted(folder.glob("*.lock.json")):
        file = path.with_name(path.name.removesuffix(".lock.json") + ".yaml")
        try:
            if read_lock(path).proposal_id == proposal_id and file.is_file():
                return file
        except DocumentError:
            continue
    return None


def write_lock(lock: Lock, path: Path) -> None:
    """Writes `lock` at `path`, which afterwards holds the whole text or what it held before.

    Raises DocumentError when it cannot be written, or when another submission's lock lies there.
    """
    with reserved(lock, path) as write:
        write(lock)


@contextmanager
def reserved(draft: Lock, path: Path) -> Iterator[Callable[[Lock], None]]:
    """Proves that a lock can be written at `path`, and hands out the function that writes it.

    A file of the lock's size lies beside `path` from the beginning to the end of the block; writing renames it, so that
    `path` holds the whole text or what it held before.

    Args:
        draft: The lock as far as it is known.
        path: Where it will lie.

    Raises DocumentError when it cannot be written, or when another submission's lock lies there.
    """
    if path.exists() and not read_lock(path).same_submission(draft):
        raise DocumentError(
            "the lock file belongs to another submission",
            path=str(path),
            remedy="copy the proposal to a new file, or move the lock file away",
        )
    with _refusals(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(descriptor)
    temporary = Path(name)

    def fill(lock: Lock) -> None:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(lock.model_dump(mode="json"), file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())

    def write(lock: Lock) -> None:
        with _refusals(path):
            fill(lock)
            temporary.chmod(0o644)
            temporary.replace(path)

    try:
        with _refusals(path):
            fill(draft)
        yield write
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turns what the file system refuses into a DocumentError."""
    try:
        yield
    except OSError as error:
        raise DocumentError("the lock file cannot be written", path=str(path), found=error.strerror) from error


def read_lock(path: Path) -> Lock:
    """The lock at `path`. Raises DocumentError when it cannot be read or holds anything else."""
    return read_json(path, Lock, what="lock file", max_bytes=MAX_BYTES)
