"""Carries one proposal through its life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from contract_evm import go_to, next_at
from contract_system import System

from dao.abi import keccak
from dao.types import ProposalState as State


class Support(IntEnum):
    """What a ballot says; `GovernorCountingSimple.VoteType`."""

    AGAINST = 0
    FOR = 1
    ABSTAIN = 2
    FRACTIONAL = 255


@dataclass(frozen=True)
class Proposal:
    """The calls and text of a proposal to one system's governor; nothing is on chain until `submit`."""

    system: System
    calls: Sequence[tuple[Any, int, str]]
    description: str = "A proposal"

    @property
    def _lists(self) -> tuple[list[str], list[int], list[bytes]]:
        return (
            [str(c[0]) for c in self.calls],
            [c[1] for c in self.calls],
            [bytes.fromhex(c[2][2:]) for c in self.calls],
        )

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What `queue`, `execute`, `cancel` and `purge` take."""
        return (*self._lists, keccak(self.description.encode()))

    @property
    def propose_arguments(self) -> tuple[Any, ...]:
        """What `propose` takes."""
        return (*self._lists, self.description)

    @cached_property
    def id(self) -> int:
        """The proposal id."""
        return int(self.system.governor.hashProposal(*self.arguments))

    @cached_property
    def salt(self) -> bytes:
        """The salt of its timelock operation: the governor's address, exclusive or the description's hash."""
        governor = bytes.fromhex(self.system.governor.address[2:]) + bytes(12)
        return bytes(a ^ b for a, b in zip(governor, self.arguments[3], strict=True))

    @cached_property
    def batch(self) -> tuple[Any, ...]:
        """What the timelock's `executeBatch` takes for its operation."""
        return (*self._lists, bytes(32), self.salt)

    @cached_property
    def operation(self) -> str:
        """The id of its timelock operation."""
        return str(self.system.timelock.hashOperationBatch(*self.batch))

    @property
    def state(self) -> State:
        """Its state at the latest block."""
        return State(self.system.governor.state(self.id))

    @property
    def snapshot(self) -> int:
        """Its snapshot's timestamp."""
        return int(self.system.governor.proposalSnapshot(self.id))

    @property
    def deadline(self) -> int:
        """The last second in which it can be voted on."""
        return int(self.system.governor.proposalDeadline(self.id))

    @property
    def eta(self) -> int:
        """The first second in which it can be executed."""
        return int(self.system.governor.proposalEta(self.id))

    @property
    def expiry(self) -> int:
        """The first second in which it is expired."""
        return int(self.system.governor.proposalExpiry(self.id))

    def submit(self) -> Proposal:
        self.system.governor.propose(*self.propose_arguments, {"from": self.system.proposer})
        assert self.state is State.PENDING
        return self

    def activate(self) -> Proposal:
        self.submit()
        go_to(self.snapshot + 1)
        assert self.state is State.ACTIVE
        return self

    def vote(self, voter: Any, support: int) -> Proposal:
        self.system.governor.castVote(self.id, support, {"from": voter})
        return self

    def succeed(self) -> Proposal:
        self.activate().vote(self.system.voters[0], Support.FOR)
        go_to(self.deadline + 1)
        assert self.state is State.SUCCEEDED
        return self

    def queue(self) -> Proposal:
        """In the first second in which it has succeeded: with the shortest grace period there is no other."""
        self.activate().vote(self.system.voters[0], Support.FOR)
        next_at(self.deadline + 1)
        self.system.governor.queue(*self.arguments, {"from": self.system.outsider})
        assert self.state is State.QUEUED
        return self

    def mature(self) -> Proposal:
        self.queue()
        go_to(self.eta)
        assert self.state is State.QUEUED
        return self

    @staticmethod
    def mature_together(*proposals: Proposal) -> None:
        """Carries several proposals side by side until all can be executed."""
        governor = proposals[0].system.governor
        for proposal in proposals:
            proposal.submit()
        go_to(max(proposal.snapshot for proposal in proposals) + 1)
        for proposal in proposals:
            proposal.vote(proposal.system.voters[0], Support.FOR)
        go_to(max(proposal.deadline for proposal in proposals) + 1)
        for proposal in proposals:
            governor.queue(*proposal.arguments, {"from": proposal.system.outsider})
        go_to(max(proposal.eta for proposal in proposals))

    def execute(self, value: int = 0) -> Any:
        self.mature()
        return self.run(value)

    def run(self, value: int = 0) -> Any:
        """Executes a mature proposal and returns the transaction."""
        receipt = self.system.governor.execute(*self.arguments, {"from": self.system.outsider, "value": value})
        assert self.state is State.EXECUTED
        return receipt

    def expire(self) -> Proposal:
        """Queued, then expired."""
        self.queue()
        go_to(self.expiry)
        assert self.state is State.EXPIRED
        return self


def setting(system: System, value: int, target: Any, **fields: Any) -> Proposal:
    """A proposal of one call: `target` remembers `value`."""
    return Proposal(system, [(target, 0, target.set.encode_input(value))], **fields)
