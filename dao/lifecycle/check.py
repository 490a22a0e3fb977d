"""Says before anybody votes what a proposal does, and whether it can be executed: runs every check over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from dao.errors import ConnectionFailed, DaoError
from dao.lifecycle.checks import CHECKS
from dao.lifecycle.delegates import powers
from dao.lifecycle.examined import examine
from dao.lifecycle.prepare import Compiled
from dao.lifecycle.proposals import ChainProposal, all_proposals
from dao.lifecycle.session import Session
from dao.lifecycle.simulation import simulated
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.types import ProposalState


def check(
    session: Session,
    subject: Compiled | ChainProposal,
    *,
    checks: Sequence[Check] = CHECKS,
    start: Path | None = None,
) -> list[CheckResult]:
    """Every check over `subject`, in the registry's order.

    Args:
        session: The deployment.
        subject: A compiled file, or a proposal on chain.
        checks: The checks.
        start: Where to look for the local chain's program from, in which the execution is simulated; here if None.

    What a single check cannot find out, because the node or a contract answers with something else than it must, is a
    warning. Raises ConnectionFailed where the node does not answer at all.
    """
    with gathered(session, subject, start=start or Path.cwd()) as facts:
        return run(checks, facts)


@contextmanager
def gathered(session: Session, subject: Compiled | ChainProposal, *, start: Path) -> Iterator[Facts]:
    """What the checks look at; the simulation in it lives as long as the code block."""
    block = session.connection.block()
    governor = session.contracts.governor
    policy = session.contracts.policy.read(block=block.number)
    examined = examine(session, subject, policy, block)
    proposals = [one for one in all_proposals(session) if one.proposal_id != examined.proposal_id]
    standings = governor.standings([one.proposal_id for one in proposals], block=block.number)
    others = tuple(zip(proposals, standings, strict=True))
    ahead = session.connection.ahead()
    snapshot = None if examined.standing is None else examined.standing.snapshot
    delegates = powers(session, block, snapshot=snapshot)
    settings = governor.settings(block=block.number)

    facts = Facts(
        session=session,
        examined=examined,
        block=block,
        ahead=ahead,
        settings=settings,
        min_delay=session.contracts.timelock.min_delay(block=block.number),
        policy=policy,
        others=others,
        powers=delegates,
        simulation=None,
        unsimulated="",
    )
    if examined.standing is not None and examined.is_over:
        state = examined.standing.state.name.lower()
        yield replace(facts, unsimulated=f"it is {state}, and cannot be executed any more")
        return
    queued = [(one, standing) for one, standing in others if standing.state is ProposalState.QUEUED]
    # Who is excluded does not vote: a token contract, for one.
    voters = {account: votes for account, votes in delegates.items() if account not in settings.exclusions}
    copy = simulated(session, examined, block=block, ahead=ahead.timestamp, powers=voters, queued=queued, start=start)
    with ExitStack() as stack:
        try:
            simulation = stack.enter_context(copy)
        except DaoError as error:
            facts = replace(facts, unsimulated=f"not simulated: {error}")
        else:
            facts = replace(facts, simulation=simulation)
        yield facts


def run(checks: Sequence[Check], facts: Facts) -> list[CheckResult]:
    """What `checks` say of `facts`, in their order."""
    return [result for one in checks for result in _results(one, facts)]


def _results(one: Check, facts: Facts) -> list[CheckResult]:
    if one.simulates and not one.without and facts.simulation is None:
        return [CheckResult(one.name, Verdict.SKIPPED, facts.unsimulated)]
    try:
        return list(one.run(facts))
    except ConnectionFailed:
        raise
    except DaoError as error:
        return [CheckResult(one.name, Verdict.WARNING, f"could not be checked: {error}")]
