"""The journal of a relay: which transactions carry which ballots, from before they are sent until they are mined."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dao.abi import checksum
from dao.chain.request import Request
from dao.errors import FileError
from dao.types import Address

FORMAT = 1

_MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Key:
    """Which ballot: proposal, voter, and the hash that was signed as `0x` and hexadecimal digits."""

    proposal_id: int
    voter: Address
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transaction that may be on its way.

    Args:
        sender: Who sends it.
        to: What it calls.
        data: The call.
        gas: Its gas limit.
        ballots: The ballots in it.
    """

    sender: Address
    to: Address
    data: bytes
    gas: int
    ballots: tuple[Key, ...]

    @property
    def request(self) -> Request:
        """What is sent."""
        return Request(to=self.to, data=self.data, gas=self.gas)


class RelayJournal:
    """The entries in one file beside the deployment's, so that a rerun goes on with the very same transactions."""

    def __init__(self, path: Path) -> None:
        """Takes the file `path`, which need not exist."""
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lets one process at a time relay for this deployment.

        Raises FileError where another does, or the folder cannot be used.
        """
        lock = self.path.with_suffix(".lock")
        with self._refusals():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FileError(
                    "ballots of this deployment are being relayed already",
                    found=f"{lock} is held by another process",
                    remedy="wait until that is done, then run this again",
                ) from None
            yield
        finally:
            os.close(descriptor)

    def entries(self) -> tuple[Entry, ...]:
        """Everything that may be on its way. Raises FileError when the file is damaged or cannot be read."""
        with self._refusals():
            if not self.path.exists():
                return ()
            with self.path.open("rb") as file:
                data = file.read(_MAX_BYTES)
        try:
            document = json.loads(data)
            if document["format"] != FORMAT:
                raise ValueError(f"format {document['format']}")
            return tuple(
                Entry(
                    sender=checksum(entry["sender"]),
                    to=checksum(entry["to"]),
                    data=bytes.fromhex(entry["data"][2:]),
                    gas=int(entry["gas"]),
                    ballots=tuple(
                        Key(int(proposal_id), checksum(voter), str(digest))
                        for proposal_id, voter, digest in entry["ballots"]
                    ),
                )
                for entry in document["entries"]
            )
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise FileError(
                f"{self.path} is damaged",
                expected="the journal of a relay",
                found=type(error).__name__,
                remedy="look up what the account sent last, then remove the file",
            ) from None

    def put(self, entry: Entry) -> None:
        """Records `entry` before it is sent."""
        self._write((*(other for other in self.entries() if other != entry), entry))

    def forget(self, entry: Entry) -> None:
        """Removes an entry that is over; the file goes with the last."""
        self._write(tuple(other for other in self.entries() if other != entry))

    def _write(self, entries: tuple[Entry, ...]) -> None:
        with self._refusals():
            if not entries:
                self.path.unlink(missing_ok=True)
                return
            listed = [
                {
                    "sender": entry.sender,
                    "to": entry.to,
                    "data": "0x" + entry.data.hex(),
                    "gas": entry.gas,
                    "ballots": [[str(key.proposal_id), key.voter, key.digest] for key in entry.ballots],
                }
                for entry in entries
            ]
            temporary = self.path.with_name(self.path.name + ".tmp")
            with temporary.open("w", encoding="utf-8") as file:
                json.dump({"format": FORMAT, "entries": listed}, file, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FileError(
                f"the journal {self.path} cannot be used",
                found=error.strerror or type(error).__name__,
                remedy="make its folder writable, or name another deployment file with --deployment",
            ) from None


def journal_path(deployment: Path) -> Path:
    """Where relays for the deployment file `deployment` are journaled: `1.json` has `1.relay.json`."""
    return deployment.with_name(deployment.stem + ".relay.json")
