"""What patterns are looked for in: the part of a replayed state that this project's governor shares with any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dao.audit.check import Scene
from dao.events.decode import Place
from dao.replay.proposal_state import proposal_approval, proposal_quorum, proposal_state
from dao.replay.state import Ballot, TokenState
from dao.replay.tally import Tally
from dao.types import Address, Call, ProposalState


class Proposed(Protocol):
    """What a proposal of every replay has; see `dao.replay.state.Proposal`."""

    @property
    def id(self) -> int:
        """Its id."""

    @property
    def proposer(self) -> Address:
        """Who made it."""

    @property
    def calls(self) -> tuple[Call, ...]:
        """What it does, in order."""

    @property
    def description(self) -> bytes:
        """Its text."""

    @property
    def created(self) -> Place:
        """Where it was made."""

    @property
    def snapshot(self) -> int:
        """Timepoint whose voting power counts."""

    @property
    def tally(self) -> Tally:
        """Its votes."""

    @property
    def ballots(self) -> Sequence[Ballot]:
        """Its ballots, in order."""


@runtime_checkable
class Heavy(Protocol):
    """Ballots that find the large ones among them by themselves, as `dao.engine.views.BallotList` does."""

    def heavy(self, least: int) -> list[Ballot]:
        """Those of voters whose power (wei) is `least` or more, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One proposal at the end of the audit.

    Args:
        proposal: The proposal.
        state: Its state.
        quorum: Votes that it needs; None where nobody knows yet.
        approval: Basis points of the votes for and against that those for must exceed.
        abstentions: Whether abstentions count towards the quorum.
    """

    proposal: Proposed
    state: ProposalState
    quorum: int | None
    approval: int
    abstentions: bool = True

    @property
    def name(self) -> str:
        """What reports call it."""
        return f"proposal {self.proposal.id}"

    def heavy(self, least: int) -> list[Ballot]:
        """The ballots of voters whose power is `least` or more, in their order."""
        ballots = self.proposal.ballots
        if isinstance(ballots, Heavy):
            return ballots.heavy(least)
        return [ballot for ballot in ballots if ballot.power >= least]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a transaction to whom; to nobody where it created a contract."""

    sender: Address
    to: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A replayed deployment.

    Args:
        votes: Every proposal, in the order in which they were made.
        token: Who has which voting power when.
        governor: The governor.
        contracts: The deployment's contracts by what they are.
        clock: What timepoints are: `timestamp` for seconds, `blocknumber` for blocks.
        transactions: Sender and receiver of the transactions in which proposals were made, by hash; None where there is
            no evidence of them.
    """

    votes: tuple[Vote, ...]
    token: TokenState
    governor: Address
    contracts: Mapping[str, Address]
    clock: str
    transactions: Mapping[bytes, Caller] | None

    def noteworthy(self, vote: Vote) -> int:
        """The least power of a voter who is looked at: 1 % of the supply at the snapshot, or of the ballots without it.

        At most a hundred voters of a proposal have it.
        """
        supply = self.token.supply.upper_lookup(vote.proposal.snapshot)
        return max((supply or vote.proposal.tally.total) // 100, 1)


def history_of(scene: Scene, transactions: Mapping[bytes, Caller] | None = None) -> History:
    """The history of one of this project's deployments."""
    state, known = scene.state, scene.state.addresses
    contracts = {
        "token": known.token,
        "governor": known.governor,
        "timelock": known.timelock,
        "policy": known.policy,
        "distributor": known.distributor,
        "wrapped token": known.wraps,
    }
    return History(
        votes=tuple(
            Vote(
                proposal=proposal,
                state=proposal_state(state, proposal, scene.timepoint),
                quorum=proposal_quorum(state, proposal) if proposal.snapshot < scene.timepoint else None,
                approval=proposal_approval(state, proposal),
            )
            for proposal in state.proposals.values()
        ),
        token=state.token,
        governor=known.governor,
        contracts={name: address for name, address in contracts.items() if address is not None},
        clock="timestamp",
        transactions=transactions,
    )


def by_voter(ballots: Iterable[Ballot]) -> Iterator[tuple[Ballot, Tally]]:
    """The first ballot of each voter, and what all ballots of the voter count together."""
    first: dict[Address, Ballot] = {}
    counted: dict[Address, Tally] = {}
    for ballot in ballots:
        first.setdefault(ballot.voter, ballot)
        counted[ballot.voter] = counted.get(ballot.voter, Tally()) + ballot.counted
    return ((ballot, counted[voter]) for voter, ballot in first.items())
