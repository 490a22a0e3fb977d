"""The contracts of a deployment as Python objects: one method per view, each at a block of the caller's choice."""

from __future__ import annotations

from dataclasses import dataclass

from dao.abi import keccak
from dao.chain.connection import BlockRef, Connection
from dao.chain.contract import Contract
from dao.chain.distributor import Distributor
from dao.chain.policy import RewardPolicyContract
from dao.errors import RpcError
from dao.tiers import Tier, TierRules
from dao.types import Address, Addresses, ProposalState

_LATEST = 2**48 - 1
"""A timepoint at which everything that is set now is in force."""


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


class WrappedToken(Token):
    """VotesWrapper: the votes of a token that the DAO had already."""

    artifact = "VotesWrapper"


class Underlying(Contract):
    """Any ERC-20 that a wrapper wraps; what is asked of it here are functions that the wrapper has as well."""

    artifact = "VotesWrapper"


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
    """RewardGovernor. Periods and timepoints are in seconds, tiers in basis points."""

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
            "lateQuorumVoteExtension",
            "gracePeriod()",
            "proposalGuardian",
            "timelock",
            "token",
            "name",
        )
        views = [self.view(name) for name in names]
        views += [self.view("tierRules", int(tier), _LATEST) for tier in Tier]
        views.append(self.view("exclusions", _LATEST))
        answers = [answer[0] for answer in self.connection.views(views, block=block)]
        values, rules, exclusions = answers[: len(names)], answers[len(names) : -1], answers[-1]
        values += [tuple(TierRules(*entry) for entry in rules), tuple(exclusions)]
        return Settings(*values)

    def tiers(self, functions: list[tuple[Address, bytes]], *, block: BlockRef = "latest") -> list[Tier]:
        """`selectorTier` of each contract and selector (4 bytes)."""
        views = [self.view("selectorTier", target, selector) for target, selector in functions]
        return [_tier(answer[0]) for answer in self.connection.views(views, block=block)]

    def quorum(self, proposal_id: int, *, block: BlockRef = "latest") -> int:
        """`proposalQuorum`, in votes. Raises CallReverted until the snapshot is over."""
        return int(self.ask("proposalQuorum", proposal_id, block=block))

    def standings(self, proposal_ids: list[int], *, block: BlockRef = "latest") -> list[Standing]:
        """Where each proposal stands, in the order asked. Raises CallReverted when one does not exist."""
        per_proposal = (
            "state",
            "proposalSnapshot",
            "proposalDeadline",
            "proposalEta",
            "proposalExpiry",
            "proposalVotes",
            "proposalTier",
        )
        views = [self.view(name, proposal_id) for proposal_id in proposal_ids for name in per_proposal]
        answers = self.connection.views(views, block=block)
        step = len(per_proposal)
        rows = [answers[start : start + step] for start in range(0, len(answers), step)]
        needs = self.connection.views([self.view("tierRules", row[6][0], row[1][0]) for row in rows], block=block)
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
                tier=_tier(row[6][0]),
                rules=TierRules(*rules),
            )
            for proposal_id, row, (rules,) in zip(proposal_ids, rows, needs, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Settings:
    """The governor's settings: seconds, the threshold in the token's smallest unit, tiers in basis points by number."""

    voting_delay: int
    voting_period: int
    proposal_threshold: int
    late_quorum_extension: int
    grace_period: int
    guardian: Address
    timelock: Address
    token: Address
    name: str
    tiers: tuple[TierRules, ...]
    exclusions: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a proposal stands: timepoints in seconds (0 where there is none), votes in the token's smallest unit.

    `rules` are what its tier needs at its snapshot; until that is over they may still change.
    """

    proposal_id: int
    state: ProposalState
    snapshot: int
    deadline: int
    eta: int
    expiry: int
    against_votes: int
    for_votes: int
    abstain_votes: int
    tier: Tier
    rules: TierRules


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts of one deployment on one connection."""

    token: Token
    timelock: Timelock
    governor: Governor
    policy: RewardPolicyContract
    distributor: Distributor | None = None

    @classmethod
    def at(cls, connection: Connection, addresses: Addresses) -> Contracts:
        """The contracts at `addresses`."""
        return cls(
            token=(Token if addresses.wraps is None else WrappedToken)(connection, addresses.token),
            timelock=Timelock(connection, addresses.timelock),
            governor=Governor(connection, addresses.governor),
            policy=RewardPolicyContract(connection, addresses.policy),
            distributor=None if addresses.distributor is None else Distributor(connection, addresses.distributor),
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


def _tier(number: int) -> Tier:
    try:
        return Tier(number)
    except ValueError:
        raise RpcError("the governor answers with an unknown tier", expected="0 to 2", found=number) from None
