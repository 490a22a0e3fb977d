"""What happens to a proposal: the kinds of it, and one happening as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dao.types import Address, Support


class Kind(Enum):
    """What can happen. What no log tells follows from the clock: opened, succeeded, defeated, expired."""

    PROPOSED = "proposed"
    OPENED = "opened"
    VOTED = "voted"
    QUORUM = "quorum"
    EXTENDED = "extended"
    SUCCEEDED = "succeeded"
    DEFEATED = "defeated"
    QUEUED = "queued"
    EXECUTED = "executed"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to a proposal. Timepoints are in seconds, votes in the token's smallest unit.

    Args:
        kind: What happened.
        proposal_id: The proposal.
        title: Its title. Hostile.
        block: The block with the log; for what the clock does, the first block at which it is so.
        timestamp: When it happened.
        transaction: The transaction with the log, 32 bytes; None for what the clock does.
        account: The proposer, or the voter.
        votes: What a ballot adds to each option.
        reason: The beginning of the reason given with a ballot. Hostile.
        quorum: The votes that were needed, where they are reached.
        begins: When voting begins, of a new proposal.
        ends: When voting ends, of a new or an extended proposal.
        ready: From when on a queued proposal can be executed.
        number: How many ballots just like this one the same transaction has before it.
    """

    kind: Kind
    proposal_id: int
    title: str
    block: int
    timestamp: int
    transaction: bytes | None = None
    account: Address | None = None
    votes: tuple[tuple[Support, int], ...] = ()
    reason: str = ""
    quorum: int | None = None
    begins: int | None = None
    ends: int | None = None
    ready: int | None = None
    number: int = 0

    @property
    def key(self) -> str:
        """What makes it the same fact wherever it stands in the chain: a ballot its transaction, all else its kind.

        All else happens to a proposal once.
        """
        if self.kind is not Kind.VOTED or self.transaction is None:
            return f"{self.kind.value} {self.proposal_id}"
        votes = " ".join(f"{support.name.lower()}={weight}" for support, weight in self.votes)
        return f"{self.kind.value} {self.proposal_id} 0x{self.transaction.hex()} {self.account} {votes} {self.number}"
