"""Operations that pass the governor by, and timelocks that change: the state of proposals follows the timelock."""

from __future__ import annotations

from dao.abi import keccak
from dao.artifacts import load
from dao.replay.proposal_state import proposal_state
from dao.replay.replay import replay, timelocks
from dao.types import ZERO_ADDRESS, Address, Call, ProposalState, Support
from tests.support.history import DELAY, EXTENSION, MIN_DELAY, PERIOD, TOKEN, Dao

INTRUDER = Address("0x" + "99" * 20)


def queued(*, direct: bool = True) -> tuple[Dao, int]:
    """A DAO on whose timelock the intruder holds the governor's roles, and a queued proposal."""
    dao = Dao.deploy(direct=[INTRUDER] if direct else [])
    voter = dao.holders[-1]
    dao.token(voter, "delegate", voter)
    dao.chain.advance(1)
    proposal = dao.propose(voter, [dao.call_token("transfer", voter, 0), dao.call_governor("setVotingDelay", 7)])
    dao.chain.advance(DELAY + 1)
    dao.vote(voter, proposal, Support.FOR)
    dao.chain.advance(PERIOD + EXTENSION)
    dao.carry(proposal, "queue")
    return dao, proposal


def replayed(dao: Dao, proposal: int) -> ProposalState:
    state = dao.replay()
    return proposal_state(state, state.proposals[proposal], dao.chain.timestamp)


def salt_of(dao: Dao, proposal: int) -> bytes:
    operation = dao.replay().proposals[proposal].operation
    assert operation is not None
    return dao.replay().operations[operation].salt


def test_a_direct_cancellation_cancels_the_proposal() -> None:
    dao, proposal = queued()
    operation = dao.replay().proposals[proposal].operation
    assert operation is not None
    dao.timelock(INTRUDER, "cancel", operation[1])
    assert replayed(dao, proposal) is ProposalState.CANCELED
    assert dao.state(proposal) == ProposalState.CANCELED
    assert {finding.check for finding in dao.audit().findings} == {"governor-alone", "roles"}


def test_a_direct_execution_executes_the_proposal() -> None:
    """Alone, the call of the token works; the governor's own setting needs the governor, so it stays out."""
    dao = Dao.deploy(direct=[INTRUDER])
    voter = dao.holders[-1]
    dao.token(voter, "delegate", voter)
    dao.chain.advance(1)
    proposal = dao.propose(voter, [dao.call_token("transfer", voter, 0)])
    dao.chain.advance(DELAY + 1)
    dao.vote(voter, proposal, Support.FOR)
    dao.chain.advance(PERIOD + EXTENSION)
    dao.carry(proposal, "queue")
    dao.chain.advance(MIN_DELAY)
    salt = salt_of(dao, proposal)
    dao.timelock(INTRUDER, "executeBatch", *dao.contents[proposal].columns, bytes(32), salt)
    assert replayed(dao, proposal) is ProposalState.EXECUTED
    assert dao.state(proposal) == ProposalState.EXECUTED
    report = dao.audit()
    assert {finding.check for finding in report.findings} == {"governor-alone", "roles"}
    assert report.proposals[0].execution is not None


def test_what_was_purged_stays_expired_even_if_it_is_scheduled_and_executed_again() -> None:
    dao = Dao.deploy(direct=[INTRUDER])
    voter = dao.holders[-1]
    dao.token(voter, "delegate", voter)
    dao.chain.advance(1)
    proposal = dao.propose(voter, [dao.call_token("transfer", voter, 0)])
    dao.chain.advance(DELAY + 1)
    dao.vote(voter, proposal, Support.FOR)
    dao.chain.advance(PERIOD + EXTENSION)
    dao.carry(proposal, "queue")
    dao.chain.advance(10_000)
    dao.carry(proposal, "purge")
    salt = salt_of(dao, proposal)
    columns = dao.contents[proposal].columns
    dao.timelock(INTRUDER, "scheduleBatch", *columns, bytes(32), salt, MIN_DELAY)
    assert replayed(dao, proposal) is ProposalState.EXPIRED
    dao.chain.advance(MIN_DELAY)
    dao.timelock(INTRUDER, "executeBatch", *columns, bytes(32), salt)
    assert replayed(dao, proposal) is ProposalState.EXPIRED
    assert dao.state(proposal) == ProposalState.EXPIRED
    assert {finding.check for finding in dao.audit().findings} == {"governor-alone", "roles"}


def test_single_operations_with_predecessor_and_without_salt_are_followed() -> None:
    dao = Dao.deploy(direct=[INTRUDER])
    call = dao.call_token("transfer", INTRUDER, 0)
    dao.timelock(INTRUDER, "schedule", call.target, 0, call.calldata, bytes(32), bytes(32), MIN_DELAY + 5)
    first = next(iter(dao.replay().operations.values()))
    assert (first.salt, first.ready) == (bytes(32), dao.chain.timestamp + MIN_DELAY + 5)
    salt = keccak(b"second")
    dao.timelock(INTRUDER, "schedule", call.target, 0, call.calldata, first.id, salt, MIN_DELAY)
    dao.chain.advance(MIN_DELAY + 5)
    dao.timelock(INTRUDER, "execute", call.target, 0, call.calldata, bytes(32), bytes(32))
    dao.timelock(INTRUDER, "execute", call.target, 0, call.calldata, first.id, salt)
    assert all(operation.done for operation in dao.replay().operations.values())
    assert {finding.check for finding in dao.audit().findings} == {"governor-alone", "roles"}


def test_after_a_change_of_timelock_queued_proposals_are_asked_of_the_new_one() -> None:
    dao, waiting = queued(direct=False)
    other = dao.chain.deploy(
        load("TimelockController").creation_code(0, [dao.addresses.governor], [dao.addresses.governor], ZERO_ADDRESS)
    )
    dao.chain.advance(1)
    dao.pass_proposal([dao.call_governor("updateTimelock", other)], "Move")
    mine = {*(log.address for log in dao.logs), other}
    logs = [log for log in dao.chain.logs if log.address in mine]
    assert timelocks(logs, dao.addresses) == (dao.addresses.timelock, other)
    state = replay(logs, dao.addresses)
    assert state.ledger.disagreements == []
    assert state.settings.timelock == other
    assert proposal_state(state, state.proposals[waiting], dao.chain.timestamp) is ProposalState.CANCELED
    assert dao.state(waiting) == ProposalState.CANCELED


def test_several_calls_of_one_proposal_are_one_operation() -> None:
    dao, proposal = queued(direct=False)
    dao.chain.advance(MIN_DELAY)
    dao.carry(proposal, "execute")
    (operation,) = dao.replay().operations.values()
    assert operation.calls == [
        Call(dao.addresses.token, 0, TOKEN.function("transfer").encode_call(dao.holders[-1], 0)),
        dao.call_governor("setVotingDelay", 7),
    ]
    assert dao.replay().settings.voting_delay == 7
    assert dao.audit().findings == ()
