"""Proposals expire after the grace period, and anyone may then purge what they left on the timelock."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import go_to, next_at, now, refused
from contract_proposal import Proposal, Support, setting
from contract_system import GRACE, System

from dao.types import ProposalState as State

EXPIRED_ONLY = (1 << State.EXPIRED).to_bytes(32, "big")
QUEUED_ONLY = (1 << State.QUEUED).to_bytes(32, "big")
SUCCEEDED_ONLY = (1 << State.SUCCEEDED).to_bytes(32, "big")


@pytest.mark.parametrize(("offset", "state"), [(-1, State.SUCCEEDED), (0, State.EXPIRED), (1, State.EXPIRED)])
def test_a_succeeded_proposal_expires(system: System, target: Any, offset: int, state: State) -> None:
    proposal = setting(system, 1, target).succeed()
    assert proposal.expiry == proposal.deadline + GRACE
    go_to(proposal.expiry + offset)
    assert proposal.state is state
    if state is State.EXPIRED:
        assert refused(system.governor.queue, *proposal.arguments, by=system.outsider) == (
            "GovernorUnexpectedProposalState",
            (proposal.id, State.EXPIRED, SUCCEEDED_ONLY),
        )


def test_it_is_queued_in_the_last_second(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).succeed()
    next_at(proposal.expiry - 1)
    system.governor.queue(*proposal.arguments, {"from": system.outsider})
    assert proposal.state is State.QUEUED
    assert proposal.expiry == proposal.eta + GRACE


@pytest.mark.parametrize(("offset", "state"), [(-1, State.QUEUED), (0, State.EXPIRED), (1, State.EXPIRED)])
def test_a_queued_proposal_expires(system: System, target: Any, offset: int, state: State) -> None:
    proposal = setting(system, 1, target).queue()
    assert proposal.expiry == proposal.eta + GRACE
    go_to(proposal.expiry + offset)
    assert proposal.state is state
    if state is State.EXPIRED:
        assert refused(system.governor.execute, *proposal.arguments, by=system.outsider) == (
            "GovernorUnexpectedProposalState",
            (proposal.id, State.EXPIRED, QUEUED_ONLY),
        )


@pytest.mark.parametrize(("point", "early"), [("eta", True), ("expiry", False)])
def test_it_is_executed_from_its_first_to_its_last_second(system: System, target: Any, point: str, early: bool) -> None:
    proposal = setting(system, 1, target).queue()
    moment = getattr(proposal, point) - (0 if early else 1)
    if early:
        go_to(moment - 1)
        assert refused(system.governor.execute, *proposal.arguments, by=system.outsider)[0] == (
            "TimelockUnexpectedOperationState"
        )
    next_at(moment)
    proposal.run()
    assert (now(), target.value()) == (moment, 1)


def test_only_waiting_proposals_have_an_expiry(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).submit()
    assert proposal.expiry == 0
    go_to(proposal.snapshot + 1)
    assert proposal.expiry == 0
    proposal.vote(system.voters[0], Support.FOR)
    go_to(proposal.deadline + 1)
    assert proposal.expiry == proposal.deadline + GRACE
    system.governor.queue(*proposal.arguments, {"from": system.outsider})
    go_to(proposal.eta)
    proposal.run()
    assert proposal.expiry == 0


# ---------------------------------------------------------------- purging


def test_anyone_purges_an_expired_operation_once_and_it_stays_expired(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).expire()
    assert system.timelock.isOperationReady(proposal.operation)
    receipt = system.governor.purge(*proposal.arguments, {"from": system.outsider})
    assert dict(receipt.events["ProposalPurged"]) == {"proposalId": proposal.id, "operation": proposal.operation}
    assert receipt.events["Cancelled"]["id"] == proposal.operation
    assert not system.timelock.isOperation(proposal.operation)
    assert proposal.state is State.EXPIRED
    assert proposal.expiry == proposal.eta + GRACE
    assert refused(system.governor.purge, *proposal.arguments, by=system.outsider)[0] == (
        "TimelockUnexpectedOperationState"
    )
    go_to(now() + 10 * GRACE)
    assert proposal.state is State.EXPIRED
    for method in (system.governor.queue, system.governor.execute, system.governor.cancel):
        assert refused(method, *proposal.arguments, by=system.guardian)[0] == "GovernorUnexpectedProposalState"


@pytest.mark.parametrize("stage", ["submit", "activate", "succeed", "queue", "mature"])
def test_nothing_is_purged_before_it_expires(system: System, target: Any, stage: str) -> None:
    proposal = getattr(setting(system, 1, target), stage)()
    name, values = refused(system.governor.purge, *proposal.arguments, by=system.guardian)
    assert (name, values[0], values[2]) == ("GovernorUnexpectedProposalState", proposal.id, EXPIRED_ONLY)


def test_an_executed_proposal_is_not_purged(system: System, target: Any) -> None:
    proposal = setting(system, 1, target)
    proposal.execute()
    go_to(now() + 2 * GRACE)
    assert refused(system.governor.purge, *proposal.arguments, by=system.outsider)[0] == (
        "GovernorUnexpectedProposalState"
    )


def test_a_proposal_that_was_never_queued_leaves_nothing_to_purge(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).succeed()
    go_to(proposal.expiry)
    assert refused(system.governor.purge, *proposal.arguments, by=system.outsider)[0] == (
        "TimelockUnexpectedOperationState"
    )
    assert proposal.state is State.EXPIRED


def test_an_unknown_proposal_is_not_purged(system: System, target: Any) -> None:
    proposal = setting(system, 1, target, description="Never submitted")
    assert refused(system.governor.purge, *proposal.arguments, by=system.outsider) == (
        "GovernorNonexistentProposal",
        (proposal.id,),
    )


# ---------------------------------------------------------------- changing the grace period


@pytest.mark.parametrize("new", [2, 3 * GRACE])
def test_a_new_grace_period_leaves_older_proposals_alone(system: System, target: Any, new: int) -> None:
    change = Proposal(system, [(system.governor, 0, system.governor.setGracePeriod.encode_input(new))], "Grace")
    older = setting(system, 1, target, description="Older")
    Proposal.mature_together(change, older)
    before = older.expiry
    receipt = change.run()
    changed = now()
    assert dict(receipt.events["GracePeriodSet"]) == {"oldGracePeriod": GRACE, "newGracePeriod": new}
    assert (older.state, older.expiry) == (State.QUEUED, before)
    assert system.governor.gracePeriod() == new
    assert system.governor.gracePeriod(changed - 1) == GRACE
    assert system.governor.gracePeriod(changed) == new
    go_to(before - 1)
    assert older.state is State.QUEUED
    go_to(before)
    assert older.state is State.EXPIRED
    newer = setting(system, 2, target, description="Newer").queue()
    assert newer.expiry == newer.eta + new
