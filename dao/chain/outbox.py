"""The journal of transactions on their way: written before one is sent, found again by whoever sends the same."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from dao.abi import checksum, encode, keccak
from dao.chain.request import Request
from dao.errors import FileError, TransactionFailed
from dao.types import ZERO_ADDRESS, Address

FORMAT = 1

_MAX_BYTES = 64 * 2**20

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request on its way.

    Args:
        sender: Who sends it.
        nonce: The sender's nonce that it uses, and whatever is sent for it again.
        digest: keccak-256 of sender, target, value and data, which is what makes two requests the same.
        block: The newest block when it was begun.
        raw: The newest signed transaction; None where somebody else signs when it is sent.
        hashes: The hashes of every transaction that was signed for it, as far as they are known.
    """

    sender: Address
    nonce: int
    digest: str
    block: int
    raw: bytes | None = None
    hashes: tuple[str, ...] = ()

    @classmethod
    def at(cls, sender: Address, request: Request, *, nonce: int, block: int) -> Attempt:
        """The beginning of an attempt of `sender` at `request`."""
        return cls(sender=sender, nonce=nonce, digest=_digest(sender, request), block=block)

    def of(self, sender: Address, request: Request) -> bool:
        """Whether this is an attempt of `sender` at `request`."""
        return self.digest == _digest(sender, request)

    def signed(self, raw: bytes) -> Attempt:
        """The same with its newest signed transaction."""
        return replace(self, raw=raw, hashes=(*self.hashes, "0x" + keccak(raw).hex()))

    def sent(self, digest: str) -> Attempt:
        """The same with the hash of what somebody else signed and sent."""
        return replace(self, hashes=(*self.hashes, digest))


def _ignored(attempt: Attempt) -> None:
    """Tells nobody."""


class Outbox:
    """The attempts in one file, beside the deployment's.

    Signed transactions are no secret, but they can be sent by anybody who reads them: the file is its owner's alone.
    """

    def __init__(self, path: Path, *, tell: Callable[[Attempt], None] = _ignored) -> None:
        """Takes the file `path`, which need not exist; `tell` hears of an earlier attempt that is carried on."""
        self.path = path
        self.tell = tell

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lets one process at a time look here and send. Raises FileError where the folder cannot be used."""
        with self._refusals():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            with self._refusals():
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def attempts(self) -> tuple[Attempt, ...]:
        """Everything that is on its way. Raises FileError when the file is damaged or cannot be read."""
        with self._refusals():
            if not self.path.exists():
                return ()
            with self.path.open("rb") as file:
                data = file.read(_MAX_BYTES)
        try:
            document = json.loads(data)
            if document["format"] != FORMAT:
                raise ValueError(f"format {document['format']}")
            return tuple(_attempt(entry) for entry in document["attempts"])
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise FileError(
                f"{self.path} is damaged",
                expected="the journal of transactions on their way",
                found=type(error).__name__,
                remedy="look up what the account sent last, then remove the file",
            ) from None

    def find(self, sender: Address, request: Request) -> Attempt | None:
        """The attempt of `sender` at `request`, if one is on its way."""
        return next((attempt for attempt in self.attempts() if attempt.of(sender, request)), None)

    def put(self, attempt: Attempt) -> None:
        """Records `attempt` before it is sent, in the place of what is recorded of it."""
        kept = tuple(other for other in self.attempts() if other.digest != attempt.digest)
        self._write((*kept, attempt))

    def settle(self, attempt: Attempt, wait: Callable[[], T]) -> T:
        """What `wait` returns, a receipt; the attempt is over then, and also when it was mined and failed."""
        try:
            receipt = wait()
        except TransactionFailed as error:
            if "block" in error.values:
                self.forget(attempt)
            raise
        self.forget(attempt)
        return receipt

    def forget(self, attempt: Attempt) -> None:
        """Removes an attempt that is over; the file goes with the last."""
        self._write(tuple(other for other in self.attempts() if other.digest != attempt.digest))

    def _write(self, attempts: tuple[Attempt, ...]) -> None:
        with self._refusals():
            if not attempts:
                self.path.unlink(missing_ok=True)
                return
            entries = [{**asdict(a), "raw": None if a.raw is None else "0x" + a.raw.hex()} for a in attempts]
            temporary = self.path.with_name(self.path.name + ".tmp")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"format": FORMAT, "attempts": entries}, file, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turns what the file system refuses into a FileError."""
        try:
            yield
        except OSError as error:
            raise FileError(
                f"the journal {self.path} cannot be used",
                found=error.strerror or type(error).__name__,
                remedy="make its folder writable, or name another deployment file with --deployment",
            ) from None


def outbox_path(deployment: Path) -> Path:
    """Where the transactions of the deployment file `deployment` are journaled: `1.json` has `1.outbox.json`."""
    return deployment.with_name(deployment.stem + ".outbox.json")


def _digest(sender: Address, request: Request) -> str:
    # A creation is told apart from a call of the zero address.
    columns = (sender, request.to is None, request.to or ZERO_ADDRESS, request.value, request.data)
    return "0x" + keccak(encode(("address", "bool", "address", "uint256", "bytes"), columns)).hex()


def _attempt(entry: Any) -> Attempt:
    return Attempt(
        sender=checksum(entry["sender"]),
        nonce=int(entry["nonce"]),
        digest=str(entry["digest"]),
        block=int(entry["block"]),
        raw=None if entry["raw"] is None else bytes.fromhex(entry["raw"][2:]),
        hashes=tuple(str(digest) for digest in entry["hashes"]),
    )
