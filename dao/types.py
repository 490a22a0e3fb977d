"""The small values that every room shares: addresses, timepoints, states, calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import NewType

Address = NewType("Address", str)
"""An EIP-55 checksummed address: `0x` and 40 hexadecimal digits."""

Wei = NewType("Wei", int)
"""An amount in a token's smallest unit."""

Timepoint = NewType("Timepoint", int)
"""Seconds since the Unix epoch, as ERC-6372's timestamp clock counts them."""

Seconds = NewType("Seconds", int)
"""A duration in seconds."""

Epoch = NewType("Epoch", int)
"""Number of an epoch, from 0 at the policy's genesis to 2³² − 1."""

BasisPoints = NewType("BasisPoints", int)
"""A part of 10,000."""

ZERO_ADDRESS = Address("0x" + "0" * 40)
BASIS_POINTS = 10_000
MAX_EPOCH = 2**32 - 1

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\Z")


class ProposalState(IntEnum):
    """State of a proposal, numbered as OpenZeppelin's `IGovernor.ProposalState`."""

    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


class Support(IntEnum):
    """What a ballot says, numbered as OpenZeppelin's `GovernorCountingFractional` has it."""

    AGAINST = 0
    FOR = 1
    ABSTAIN = 2
    FRACTIONAL = 255


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a proposal.

    Args:
        target: The account that is called.
        value: Ether sent along, in wei.
        calldata: Selector and arguments; empty for a plain transfer of ether.
    """

    target: Address
    value: int
    calldata: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The contracts of one deployment.

    `wraps` is the token that `token` wraps, None where it is no wrapper; `distributor` is None where there is none.
    """

    token: Address
    timelock: Address
    governor: Address
    policy: Address
    wraps: Address | None = None
    distributor: Address | None = None

    @property
    def token_contract(self) -> str:
        """Name of the artifact behind `token`."""
        return "RewardToken" if self.wraps is None else "VotesWrapper"


def is_hex_address(text: str) -> bool:
    """Whether `text` has the form of an address; its checksum is not looked at."""
    return _ADDRESS.match(text) is not None
