"""Who can cancel a proposal, until when, and what becomes of its timelock operation."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import go_to, now, refused
from contract_proposal import setting
from contract_system import GRACE, VOTING_PERIOD, System

from dao.types import ProposalState as State


@pytest.mark.parametrize("stage", ["submit", "activate", "succeed", "queue", "mature"])
def test_the_guardian_cancels_until_execution(system: System, target: Any, stage: str) -> None:
    proposal = getattr(setting(system, 1, target), stage)()
    assert refused(system.governor.cancel, *proposal.arguments, by=system.outsider) == (
        "GovernorUnableToCancel",
        (proposal.id, system.outsider.address),
    )
    system.governor.cancel(*proposal.arguments, {"from": system.guardian})
    assert proposal.state is State.CANCELED
    assert not system.timelock.isOperation(proposal.operation)
    go_to(now() + GRACE + VOTING_PERIOD)
    assert proposal.state is State.CANCELED
    for method in (system.governor.queue, system.governor.execute, system.governor.purge):
        assert refused(method, *proposal.arguments, by=system.guardian)[0] == "GovernorUnexpectedProposalState"


def test_cancelling_a_queued_proposal_cancels_its_operation(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).queue()
    assert system.timelock.isOperationPending(proposal.operation)
    receipt = system.governor.cancel(*proposal.arguments, {"from": system.guardian})
    assert receipt.events["Cancelled"]["id"] == proposal.operation
    assert receipt.events["ProposalCanceled"]["proposalId"] == proposal.id


def test_the_proposer_cancels_only_while_it_is_pending(system: System, target: Any) -> None:
    pending = setting(system, 1, target).submit()
    system.governor.cancel(*pending.arguments, {"from": system.proposer})
    assert pending.state is State.CANCELED
    queued = setting(system, 2, target).queue()
    assert refused(system.governor.cancel, *queued.arguments, by=system.proposer)[0] == "GovernorUnableToCancel"


def test_the_guardian_cancels_a_defeated_but_not_an_executed_or_expired_proposal(system: System, target: Any) -> None:
    done = setting(system, 1, target)
    done.execute()
    expired = setting(system, 2, target).expire()
    for proposal in (done, expired):
        assert refused(system.governor.cancel, *proposal.arguments, by=system.guardian)[0] == (
            "GovernorUnexpectedProposalState"
        )
