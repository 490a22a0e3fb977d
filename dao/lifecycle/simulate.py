"""Says what a proposal does when it is executed, out of a copy of the chain in which it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dao.errors import ProposalError
from dao.lifecycle.check import gathered, run
from dao.lifecycle.checks import CHECKS
from dao.lifecycle.prepare import Compiled
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.session import Session
from dao.lifecycle.state_changes import StateChange, state_changes
from dao.lifecycle.verdict import CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """An execution that never was. Its texts may hold hostile text.

    Args:
        title: The proposal's title.
        proposal_id: Its id; None where its proposer is not known.
        block: Number of the block whose state it ran on.
        timestamp: When it ran (seconds).
        succeeded: Whether it did.
        gas_used: The gas of the execution.
        voters: How many delegates voted for it.
        is_forced: Whether it was executed although no votes carry it.
        predecessors: Ids of the queued proposals that were executed before it, and whether each succeeded.
        changes: What is different afterwards.
        results: The checks that look at an execution.
    """

    title: str
    proposal_id: int | None
    block: int
    timestamp: int
    succeeded: bool
    gas_used: int
    voters: int
    is_forced: bool
    predecessors: tuple[tuple[int, bool], ...]
    changes: tuple[StateChange, ...]
    results: tuple[CheckResult, ...]


def simulate(session: Session, subject: Compiled | ChainProposal, *, start: Path | None = None) -> Simulated:
    """Executes `subject` in a copy of the chain, at the earliest moment at which it can be.

    Args:
        session: The deployment.
        subject: A compiled file, or a proposal on chain.
        start: Where to look for the local chain's program from; here if None.

    Raises ProposalError where it is over, or cannot be simulated.
    """
    with gathered(session, subject, start=start or Path.cwd()) as facts:
        simulation = facts.simulation
        if simulation is None:
            raise ProposalError(
                "the proposal cannot be simulated",
                found=facts.unsimulated,
                remedy="see `dao proposal show` for where it stands; the simulation needs the npm package "
                "@foundry-rs/anvil and a node that has the newest state",
            )
        looked = tuple(check for check in CHECKS if check.simulates)
        return Simulated(
            title=facts.examined.title,
            proposal_id=facts.examined.proposal_id,
            block=facts.block.number,
            timestamp=simulation.execution.timestamp,
            succeeded=simulation.succeeded,
            gas_used=simulation.execution.gas_used,
            voters=simulation.voters,
            is_forced=simulation.is_forced,
            predecessors=tuple((one.proposal_id, one.error is None) for one in simulation.predecessors),
            changes=tuple(state_changes(simulation)),
            results=tuple(run(looked, facts)),
        )
