"""Which logs are asked for: those of the contracts, of timelocks that a governor moved to, and payouts' payments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from dao.abi import checksum
from dao.artifacts import load
from dao.types import ZERO_ADDRESS, Address

_WORD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What eth_getLogs is asked for.

    Args:
        addresses: Contracts whose logs are wanted.
        topics: Where given, only logs whose first topic is one of these.
        indexed: Where given beside `topics`, only logs whose second topic is one of these.
        party: Where given, only logs that have this as their second or third topic.
    """

    addresses: tuple[Address, ...]
    topics: tuple[bytes, ...] = ()
    indexed: tuple[bytes, ...] = ()
    party: bytes | None = None

    def filters(self) -> dict[str, object]:
        """The question in JSON-RPC, without its blocks."""
        asked: dict[str, object] = {"address": list(self.addresses)}
        if self.topics:
            places = (self.topics, self.indexed) if self.indexed else (self.topics,)
            asked["topics"] = [["0x" + topic.hex() for topic in place] for place in places]
        return asked

    def key(self) -> str:
        """A short name of the question, the same for the same one."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def payments(*, wraps: Address, distributor: Address, timelock: Address) -> Question:
    """A wrapped token's transfers from the distributor, and to it from the treasury."""
    paying, treasury = (bytes(12) + bytes.fromhex(account[2:]) for account in (distributor, timelock))
    transfer = load("RewardToken").abi.event("Transfer").hash
    return Question(addresses=(wraps,), topics=(transfer,), indexed=(paying, treasury), party=paying)


def timelock_change() -> bytes:
    """The topic by which a governor says that it moved to another timelock (OpenZeppelin's GovernorTimelockControl)."""
    return load("RewardGovernor").abi.event("TimelockChange").hash


def proposal_created() -> bytes:
    """The topic of a new proposal: the same event in OpenZeppelin's Governor and Compound's GovernorBravo."""
    return load("RewardGovernor").abi.event("ProposalCreated").hash


def moved_to(data: Iterable[bytes], known: Iterable[Address]) -> tuple[Address, ...]:
    """The timelocks that `TimelockChange(old, new)` with this data names, but those in `known`, in order."""
    seen, found = {*known, ZERO_ADDRESS}, []
    for words in data:
        if len(words) != 2 * _WORD or any(words[:12]) or any(words[_WORD : _WORD + 12]):
            continue
        for timelock in (checksum(words[12:_WORD]), checksum(words[_WORD + 12 :])):
            if timelock not in seen:
                seen.add(timelock)
                found.append(timelock)
    return tuple(found)
