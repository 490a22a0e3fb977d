"""The four contracts of a deployment as Python objects: one method per view, each at a block of the caller's choice."""

from __future__ import annotations

from dataclasses import dataclass

from dao.abi import keccak
from dao.chain.connection import BlockRef, Connection
from dao.chain.contract import Contract
from dao.chain.policy import RewardPolicyContract
from dao.errors import RpcError
from dao.types import Address, Addresses, ProposalState


class Token(Contract):
    """RewardToken. Amounts are in the smallest unit, timepoints in seconds."""

    artifact = "RewardToken"

    def balance(self, account: Address, *, block: BlockRef = "latest") -> int:
        """`balanceOf`."""
        return int(self.ask("balanceOf", account, block=block))

    def delegate(self, account: Address, *, block: BlockRef = "latest") -> Address:
        """`delegates`: who votes with the account's balance; the zero address when nobody does."""
        return Address(self.ask("delegates", account, block=block))

    def votes(self, account: Address, *, block: BlockRef = "latest") -> int:
        """`getVotes`: voting power now."""
        return int(self.ask("getVotes", account, block=block))

    def past_votes(self, account: Address, timepoint: int, *, block: BlockRef = "latest") -> int:
        """`getPastVotes`: voting power at `timepoint`, which must be over."""
        return int(self.ask("getPastVotes", account, timepoint, block=block))


class Timelock(Contract):
    """OpenZeppelin's TimelockController. Delays and timestamps are in seconds."""

    artifact = "TimelockController"

    def min_delay(self, *, block: BlockRef = "latest") -> int:
        """`getMinDelay`."""
        return int(self.ask("getMinDelay", block=block))

    def has_role(self, role: bytes, account: Address, *, block: BlockRef = "latest") -> bool:
        """`hasRole`."""
        return bool(self.ask("hasRole", role, account, block=block))


class Governor(Contract):
    """RewardGovernor. Periods and timepoints are in seconds, quorum in basis points."""

    artifact = "RewardGovernor"

    def state(self, proposal_id: int, *, block: BlockRef = "latest") -> ProposalState:
        """`state`. Raises CallReverted when there is no such proposal."""
        return _state(self.ask("state", proposal_id, block=block))

    def snapshot(self, proposal_id: int, *, block: BlockRef = "latest") -> int:
        """`proposalSnapshot`: the timepoint at which voting power counts; 0 when there is no such proposal."""
        return int(self.ask("proposalSnapshot", proposal_id, block=block))

    def settings(self, *, block: BlockRef = "latest") -> Settings:
        """Everything that governs the next proposal."""
        names = (
            "votingDelay",
            "votingPeriod",
            "proposalThreshold",
            "quorumNumerator()",
            "lateQuorumVoteExtension",
            "gracePeriod()",
            "proposalGuardian",
            "timelock",
            "token",
            "name",
        )
        answers = self.connection.views([self.view(name) for name in names], block=block)
        return Settings(*(answer[0] for answer in answers))

    def standings(self, proposal_ids: list[int], *, block: BlockRef = "latest") -> list[Standing]:
        """Where each proposal stands, in the order asked. Raises CallReverted when one does not exist."""
        per_proposal = (
            "state",
            "proposalSnapshot",
            "proposalDeadline",
            "proposalEta",
            "proposalExpiry",
            "proposalVotes",
        )
        views = [self.view(name, proposal_id) for proposal_id in proposal_ids for name in per_proposal]
        answers = self.connection.views(views, block=block)
        step = len(per_proposal)
        rows = [answers[start : start + step] for start in range(0, len(answers), step)]
        return [
            Standing(
                proposal_id=proposal_id,
                state=_state(row[0][0]),
                snapshot=row[1][0],
                deadline=row[2][0],
                eta=row[3][0],
                expiry=row[4][0],
                against_votes=row[5][0],
                for_votes=row[5][1],
                abstain_votes=row[5][2],
            )
            for proposal_id, row in zip(proposal_ids, rows, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Settings:
    """The governor's settings: seconds, the threshold in the token's smallest unit, the quorum in basis points."""

    voting_delay: int
    voting_period: int
    proposal_threshold: int
    quorum: int
    late_quorum_extension: int
    grace_period: int
    guardian: Address
    timelock: Address
    token: Address
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a proposal stands: timepoints in seconds (0 where there is none), votes in the token's smallest unit."""

    proposal_id: int
    state: ProposalState
    snapshot: int
    deadline: int
    eta: int
    expiry: int
    against_votes: int
    for_votes: int
    abstain_votes: int


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts of one deployment on one connection."""

    token: Token
    timelock: Timelock
    governor: Governor
    policy: RewardPolicyContract

    @classmethod
    def at(cls, connection: Connection, addresses: Addresses) -> Contracts:
        """The contracts at `addresses`."""
        return cls(
            token=Token(connection, addresses.token),
            timelock=Timelock(connection, addresses.timelock),
            governor=Governor(connection, addresses.governor),
            policy=RewardPolicyContract(connection, addresses.policy),
        )


TIMELOCK_ROLES = {
    "PROPOSER_ROLE": keccak(b"PROPOSER_ROLE"),
    "CANCELLER_ROLE": keccak(b"CANCELLER_ROLE"),
    "EXECUTOR_ROLE": keccak(b"EXECUTOR_ROLE"),
    "DEFAULT_ADMIN_ROLE": bytes(32),
}
"""The roles of the timelock by name."""

MINTER_ROLE = keccak(b"MINTER_ROLE")
"""The token's role that may mint."""


def _state(number: int) -> ProposalState:
    try:
        return ProposalState(number)
    except ValueError:
        raise RpcError("the governor answers with an unknown state", expected="0 to 7", found=number) from None
