"""Targets that call the governor back while they are executed."""

from __future__ import annotations

from typing import Any

from contract_evm import decode_error, project, refused
from contract_proposal import Proposal, setting
from contract_system import System

from dao.types import ProposalState as State


def test_a_target_that_calls_back_changes_nothing(system: System, target: Any) -> None:
    governor = system.governor
    reenterer = project()["Reenterer"].deploy({"from": system.deployer})
    proposal = Proposal(system, [(reenterer, 0, reenterer.poke.encode_input(governor))], "Poke")
    other = setting(system, 8, target, description="Other")
    Proposal.mature_together(proposal, other)
    calls = [
        governor.execute.encode_input(*proposal.arguments),
        governor.queue.encode_input(*proposal.arguments),
        governor.cancel.encode_input(*proposal.arguments),
        governor.purge.encode_input(*proposal.arguments),
        governor.castVote.encode_input(proposal.id, 1),
        governor.relay.encode_input(target, 0, target.set.encode_input(1)),
        governor.setGracePeriod.encode_input(1),
        governor.cancel.encode_input(*other.arguments),
    ]
    reenterer.arm(calls, {"from": system.outsider})
    receipt = governor.execute(*proposal.arguments, {"from": system.outsider})
    successes, data = reenterer.answers()
    assert not any(successes)
    assert [decode_error(bytes(answer))[0] for answer in data] == [
        "GovernorUnexpectedProposalState",
        "GovernorUnexpectedProposalState",
        "GovernorUnableToCancel",
        "GovernorUnexpectedProposalState",
        "GovernorUnexpectedProposalState",
        "GovernorOnlyExecutor",
        "GovernorOnlyExecutor",
        "GovernorUnableToCancel",
    ]
    assert len(receipt.events["CallExecuted"]) == 1
    assert (proposal.state, other.state, target.value()) == (State.EXECUTED, State.QUEUED, 0)


def test_one_execution_inside_another_is_each_done_once(system: System, target: Any) -> None:
    """Executing a mature proposal is open to anyone, a target being executed included."""
    reenterer = project()["Reenterer"].deploy({"from": system.deployer})
    inner = setting(system, 8, target, description="Inner")
    outer = Proposal(system, [(reenterer, 0, reenterer.poke.encode_input(system.governor))], "Outer")
    Proposal.mature_together(inner, outer)
    again = system.governor.execute.encode_input(*inner.arguments)
    reenterer.arm([again, again], {"from": system.outsider})
    outer.run()
    assert tuple(reenterer.answers()[0]) == (True, False)
    assert (inner.state, target.value()) == (State.EXECUTED, 8)


def test_an_inner_execution_takes_the_outer_ones_authorisations(system: System, target: Any) -> None:
    """OpenZeppelin clears the list of authorised self-calls when an execution ends; the outer one then fails whole."""
    governor = system.governor
    reenterer = project()["Reenterer"].deploy({"from": system.deployer})
    inner = setting(system, 8, target, description="Inner")
    calls = [
        (reenterer, 0, reenterer.poke.encode_input(governor)),
        (governor, 0, governor.setVotingDelay.encode_input(1)),
    ]
    outer = Proposal(system, calls, "Outer")
    Proposal.mature_together(inner, outer)
    reenterer.arm([governor.execute.encode_input(*inner.arguments)], {"from": system.outsider})
    assert refused(governor.execute, *outer.arguments, by=system.outsider)[0] == "Panic"
    assert (inner.state, outer.state, target.value()) == (State.QUEUED, State.QUEUED, 0)
    inner.run()
    outer.run()
    assert governor.votingDelay() == 1
