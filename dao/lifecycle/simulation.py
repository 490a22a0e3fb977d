"""Carries a proposal through the rest of its life in a copy of the chain: voted, queued and executed by the contracts.

What is queued before it is executed before it. Those who have the votes cast them, so that every line of the governor,
the timelock and the targets runs as it would; only where the votes of all delegates would not carry the proposal is its
operation marked as ready in the timelock instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dao.abi import encode, keccak
from dao.chain.connection import Block, View
from dao.chain.contracts import Standing
from dao.chain.fork import Executed, Fork, forked
from dao.errors import CallReverted
from dao.lifecycle.examined import Examined
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.session import Session
from dao.proposal.description import describe
from dao.proposal.identity import columns, operation_id, proposal_id, timelock_salt
from dao.rewards.policy import Policy
from dao.types import BASIS_POINTS, Address, Call, ProposalState, Support

MAX_VOTERS = 200
"""How many delegates vote at most, the most powerful first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predecessor:
    """A queued proposal that was executed before. `error` is why it failed, None where it succeeded."""

    proposal_id: int
    error: CallReverted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """An execution in a copy of the chain, which can be asked as long as it lives.

    Args:
        session: The deployment in the copy.
        before: Number of the copy's last block before the execution.
        execution: The execution itself.
        predecessors: What was executed before it, in order.
        voters: How many delegates voted for it in the copy.
        is_forced: Whether its operation was marked as ready, because no votes would carry it.
        policy_before: The policy right before it.
        policy_after: The policy after it.
    """

    session: Session
    before: int
    execution: Executed
    predecessors: tuple[Predecessor, ...]
    voters: int
    is_forced: bool
    policy_before: Policy
    policy_after: Policy

    @property
    def after(self) -> int:
        """Number of the copy's block with the execution."""
        return self.execution.block

    @property
    def succeeded(self) -> bool:
        """Whether the execution did."""
        return self.execution.error is None

    def both(self, views: Sequence[View]) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        """What `views` answer before and after. Raises like `Connection.views`."""
        ask = self.session.connection.views
        return ask(views, block=self.before), ask(views, block=self.after)


@contextmanager
def simulated(
    session: Session,
    examined: Examined,
    *,
    block: Block,
    ahead: int,
    powers: Mapping[Address, int],
    queued: Sequence[tuple[ChainProposal, Standing]],
    start: Path,
) -> Iterator[Simulation]:
    """The execution of `examined` at the earliest moment at which it can be, in a copy of the chain as of `block`.

    Args:
        session: The deployment.
        examined: The proposal; it is not over.
        block: The block.
        ahead: Timestamp of the next block (seconds).
        powers: Voting power of those who may vote, at `block`, or at the snapshot where there is one.
        queued: The other queued proposals.
        start: Where to look for anvil's `node_modules` from.

    Raises NodeError when there is no anvil, RpcError when the node no longer has the block's state.
    """
    with forked(session.connection, block.number, start=start) as fork:
        inside = Session.of(fork.connection, session.deployment)
        life = _Life(inside, fork, examined, powers=powers, queued=queued)
        yield life.run(max(ahead, block.timestamp + 1))


class _Life:
    """One proposal on its way through the copy."""

    def __init__(
        self,
        session: Session,
        fork: Fork,
        examined: Examined,
        *,
        powers: Mapping[Address, int],
        queued: Sequence[tuple[ChainProposal, Standing]],
    ) -> None:
        self._session = session
        self._fork = fork
        self._examined = examined
        self._powers = sorted(powers.items(), key=lambda item: (-item[1], item[0]))
        self._waiting = sorted(queued, key=lambda entry: (entry[1].eta, entry[0].block_number))
        self._governor = session.contracts.governor
        self._done: list[Predecessor] = []
        self._voters = 0
        self._salt = bytes(32)

    def run(self, now: int) -> Simulation:
        """Takes the proposal from `now` (seconds) to its execution."""
        arguments, hashed, identity = self._propose(now)
        if identity is not None and self._carry(identity, arguments, hashed):
            is_forced, moment = False, max(now, self._governor.standings([identity])[0].eta)
            sender, call = self._anyone(), self._call("execute", *arguments, hashed)
        else:
            is_forced, moment = True, self._earliest(now)
            sender, call = self._force()
        self._predecessors(moment)
        before = self._fork.head().number
        policy = self._session.contracts.policy
        policy_before = policy.read(block=before)
        execution = self._fork.execute(moment, sender, call)
        return Simulation(
            session=self._session,
            before=before,
            execution=execution,
            predecessors=tuple(self._done),
            voters=self._voters,
            is_forced=is_forced,
            policy_before=policy_before,
            policy_after=policy_before if execution.error else policy.read(block=execution.block),
        )

    def _propose(self, now: int) -> tuple[tuple[list[str], list[int], list[bytes]], bytes, int | None]:
        """The arguments of the proposal's calls, and its id; None where it cannot be proposed."""
        examined = self._examined
        arguments = columns(examined.calls)
        if examined.chain is not None:
            hashed = keccak(examined.chain.description)
            self._salt = timelock_salt(hashed, governor=self._governor.address)
            return arguments, hashed, examined.chain.proposal_id
        # Where its proposer cannot propose it, the most powerful delegate does: what it does is the same.
        for proposer in dict.fromkeys((examined.proposer, *(account for account, _ in self._powers[:1]))):
            if proposer is None or examined.document is None:
                continue
            description = describe(examined.document, proposer=proposer)
            hashed = keccak(description.encode())
            (made,) = self._fork.mine(now, [(proposer, self._call("propose", *arguments, description))])
            if self._fork.succeeded(made):
                self._salt = timelock_salt(hashed, governor=self._governor.address)
                return arguments, hashed, proposal_id(examined.calls, hashed)
        return arguments, bytes(32), None

    def _carry(self, identity: int, arguments: tuple[list[str], list[int], list[bytes]], hashed: bytes) -> bool:
        """Votes for the proposal and queues it; whether it is queued then."""
        now = self._governor.standings([identity])[0]
        if now.state is ProposalState.PENDING:
            self._predecessors(now.snapshot)
            self._fork.mine(now.snapshot + 1)
            now = self._governor.standings([identity])[0]
        if now.state is ProposalState.ACTIVE:
            self._vote(identity, now)
            deadline = self._governor.standings([identity])[0].deadline
            self._predecessors(deadline)
            self._fork.mine(deadline + 1)
            now = self._governor.standings([identity])[0]
        if now.state is ProposalState.SUCCEEDED:
            self._fork.mine(0, [(self._anyone(), self._call("queue", *arguments, hashed))])
            now = self._governor.standings([identity])[0]
        return now.state is ProposalState.QUEUED

    def _vote(self, identity: int, now: Standing) -> None:
        quorum = self._governor.quorum(identity)
        votes, decisive, counted = now.for_votes, now.for_votes + now.against_votes, now.for_votes + now.abstain_votes
        candidates = self._powers[:MAX_VOTERS]
        views = [self._governor.view("hasVoted", identity, voter) for voter, _ in candidates]
        voters: list[Address] = []
        for (voter, power), (voted,) in zip(candidates, self._session.connection.views(views), strict=True):
            if counted >= quorum and votes * BASIS_POINTS > decisive * now.rules.approval:
                break
            if not voted:
                voters.append(voter)
                votes, decisive, counted = votes + power, decisive + power, counted + power
        ballot = self._call("castVote", identity, int(Support.FOR))
        cast = self._fork.mine(0, [(voter, ballot) for voter in voters])
        self._voters = sum(self._fork.succeeded(digest) for digest in cast)

    def _predecessors(self, until: int) -> None:
        """Executes what is queued and ready by `until` (seconds), in the order in which it becomes ready."""
        while self._waiting and self._waiting[0][1].eta <= until:
            proposal, standing = self._waiting.pop(0)
            call = self._call("execute", *proposal.arguments)
            (digest,) = self._fork.mine(standing.eta, [(self._anyone(), call)])
            self._done.append(Predecessor(proposal_id=proposal.proposal_id, error=self._fork.error(digest)))

    def _earliest(self, now: int) -> int:
        """When a proposal made now could be executed."""
        settings = self._governor.settings()
        return now + settings.voting_delay + settings.voting_period + self._session.contracts.timelock.min_delay()

    def _force(self) -> tuple[Address, Call]:
        """Marks the operation as ready; what executes it, sent by the governor as if the vote were over.

        TimelockController keeps the timestamp at which an operation is ready in `_timestamps`, slot 1.
        """
        timelock, calls = self._session.contracts.timelock, self._examined.calls
        operation = operation_id(calls, salt=self._salt)
        slot = keccak(encode(("bytes32", "uint256"), (operation, 1)))
        self._fork.set_storage(timelock.address, slot, (2).to_bytes(32, "big"))
        data = timelock.calldata("executeBatch", *columns(calls), bytes(32), self._salt)
        return self._governor.address, Call(timelock.address, 0, data)

    def _anyone(self) -> Address:
        """Who does what anybody may: queue and execute."""
        return self._examined.proposer or self._session.deployment.deployer

    def _call(self, function: str, *arguments: object) -> Call:
        return Call(self._governor.address, 0, self._governor.calldata(function, *arguments))
