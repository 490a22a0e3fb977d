"""What a check is made of: a name, what it looks at, and the results that it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from dao.chain.connection import Ahead, Block, Connection
from dao.chain.contracts import Settings, Standing
from dao.lifecycle.examined import OPEN, Examined
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.session import Session
from dao.lifecycle.simulation import Simulation
from dao.rewards.policy import Policy
from dao.types import Address


class Verdict(Enum):
    """What a check found."""

    PASS = "pass"
    WARNING = "warning"
    SKIPPED = "skipped"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check says. Its texts may hold hostile text; the renderer escapes it.

    Args:
        name: The check's name.
        verdict: Its verdict.
        detail: What it saw, in one sentence.
        items: What the sentence is about, one by one.
    """

    name: str
    verdict: Verdict
    detail: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the checks look at.

    Args:
        session: The deployment on its chain.
        examined: The proposal.
        block: The block at which everything is read.
        ahead: The block that a transaction sent now would be mined in.
        settings: The governor's settings.
        min_delay: The timelock's delay (seconds).
        policy: The reward policy.
        others: All other proposals and where they stand, oldest first.
        powers: Voting power of every delegate that has any, at `block` or at the snapshot if that is over.
        simulation: The execution in a copy of the chain; None where there is none.
        unsimulated: Why there is none.
    """

    session: Session
    examined: Examined
    block: Block
    ahead: Ahead
    settings: Settings
    min_delay: int
    policy: Policy
    others: tuple[tuple[ChainProposal, Standing], ...]
    powers: Mapping[Address, int]
    simulation: Simulation | None
    unsimulated: str

    @property
    def open_others(self) -> list[tuple[ChainProposal, Standing]]:
        """The other proposals that may still be executed."""
        return [(proposal, standing) for proposal, standing in self.others if standing.state in OPEN]

    @property
    def ready(self) -> tuple[Connection, int]:
        """Where the state can be asked that the calls will meet, and the block: in the copy if there is one."""
        if self.simulation is not None:
            return self.simulation.session.connection, self.simulation.before
        return self.session.connection, self.block.number

    @property
    def executed_at(self) -> int:
        """When the proposal can be executed at the earliest (seconds)."""
        standing = self.examined.standing
        if standing is None:
            return self.ahead.timestamp + self.settings.voting_delay + self.settings.voting_period + self.min_delay
        if standing.eta:
            return max(standing.eta, self.ahead.timestamp)
        return max(standing.deadline, self.ahead.timestamp) + self.min_delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is looked at before anybody votes.

    Args:
        name: Its name in reports.
        looks: What it looks at, in a few words.
        run: Gives the results; none where there is nothing to look at.
        simulates: Whether it looks at the execution in a copy of the chain.
        without: Whether it says something where there is no such execution as well.
    """

    name: str
    looks: str
    run: Callable[[Facts], Iterable[CheckResult]]
    simulates: bool = False
    without: bool = False


def worst(results: Iterable[CheckResult]) -> Verdict:
    """The verdict of all of `results` together: what was skipped says nothing."""
    found = {result.verdict for result in results}
    return next((one for one in (Verdict.FAILURE, Verdict.WARNING) if one in found), Verdict.PASS)
