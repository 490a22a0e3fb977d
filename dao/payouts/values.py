"""What one epoch's contributions come to, as values that cross rooms; needs no library of the extra."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from dao.rewards.accounts.allocate import AccountState
from dao.types import BASIS_POINTS


@dataclass(frozen=True, slots=True)
class ClassUnits:
    """What was contributed to one stream in one resource class.

    Args:
        name: The class; empty where the stream has no classes.
        rows: Contribution rows.
        units: Their units, exact.
    """

    name: str
    rows: int
    units: int


@dataclass(frozen=True, slots=True)
class StreamPayouts:
    """What one leaf stream pays in the epoch.

    Args:
        stream: Its path.
        pool: Its emission (wei).
        residual: What of the pool nobody is paid (wei): dust, cut-offs, or all of it where nothing counts.
        accounts: Who is paid more than zero, as `0x` and 40 lower-case digits, ascending.
        amounts: What each of them is paid (wei), in the same order; with `residual` they sum to the pool.
        classes: What was contributed, ascending by class; empty where nothing was.
        contributors: Accounts that contributed, those with zero units and those that are paid nothing included.
    """

    stream: str
    pool: int
    residual: int
    accounts: Sequence[str]
    amounts: Sequence[int]
    classes: tuple[ClassUnits, ...]
    contributors: int


@dataclass(frozen=True, slots=True)
class ContributionFile:
    """One file as it was read.

    Args:
        name: Its name without the folder.
        sha256: SHA-256 of its bytes, 32 bytes.
        size: Its bytes.
        rows: Its rows, the header not counted.
    """

    name: str
    sha256: bytes
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What was set apart and counts for nothing.

    Args:
        rows: Bad rows.
        units: The units of those of them whose units are whole numbers, exact.
        of_units: The units of all rows whose units are whole numbers, good and bad.
    """

    rows: int = 0
    units: int = 0
    of_units: int = 0

    @property
    def share(self) -> int:
        """The part of all units that the bad rows hold, in basis points, rounded down."""
        return self.units * BASIS_POINTS // self.of_units if self.of_units else 0


@dataclass(frozen=True, slots=True)
class EpochPayouts:
    """What an epoch's contributions come to under one policy.

    Args:
        epoch: The epoch.
        policy_hash: `RewardPolicy.policyHash` of the policy, 32 bytes.
        files: The contribution files, ascending by name, then by hash.
        quarantine: What was set apart; zeros where nothing was.
        streams: Every leaf stream of the policy in the epoch, ascending by path, those that pay nobody included.
        states: What the accounts of each of them carry into the next epoch, for the streams whose parameters carry
            something.
    """

    epoch: int
    policy_hash: bytes
    files: tuple[ContributionFile, ...]
    quarantine: Quarantine
    streams: tuple[StreamPayouts, ...]
    states: Mapping[str, AccountState] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def data_hash(self) -> bytes:
        """What binds the contributions on chain, 32 bytes.

        The SHA-256 of the file; of several, the SHA-256 of their SHA-256 hashes, ascending, one behind the other.
        """
        hashes = sorted(file.sha256 for file in self.files)
        return hashes[0] if len(hashes) == 1 else hashlib.sha256(b"".join(hashes)).digest()
