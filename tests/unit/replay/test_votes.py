"""Balances, delegations and voting power: every trap of `ERC20Votes`, on the real contract."""

from __future__ import annotations

from dao.events.decode import Place
from dao.events.model import DelegateVotesChanged, Transfer
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.replay.transition import apply, end_transaction
from dao.types import ZERO_ADDRESS
from tests.support.history import TOKEN, Dao

ONE = 10**18


def votes(dao: Dao, account: str) -> int:
    return int(dao.ask(dao.addresses.token, TOKEN, "getVotes", account))


def test_delegating_to_the_same_delegate_changes_nothing() -> None:
    dao = Dao.deploy()
    a, b = dao.holders[:2]
    dao.token(a, "delegate", b)
    dao.chain.advance(1)
    dao.token(a, "delegate", b)
    token = dao.replay().token
    assert token.votes(b) == votes(dao, b) == 500 * ONE
    assert len(token.powers[b].keys) == 1
    assert dao.audit().findings == ()


def test_self_transfers_and_transfers_of_nothing_write_no_checkpoint() -> None:
    dao = Dao.deploy()
    a, b = dao.holders[:2]
    dao.token(a, "delegate", a)
    dao.token(b, "delegate", b)
    dao.chain.advance(1)
    dao.token(a, "transfer", a, 3 * ONE)
    dao.token(a, "transfer", b, 0)
    token = dao.replay().token
    assert token.balance(a) == token.votes(a) == votes(dao, a) == 500 * ONE
    assert [len(token.powers[x].keys) for x in (a, b)] == [1, 1]
    assert dao.audit().findings == ()


def test_transfers_between_holders_of_one_delegate_move_no_votes() -> None:
    dao = Dao.deploy()
    a, b, c = dao.holders[:3]
    dao.token(a, "delegate", c)
    dao.token(b, "delegate", c)
    dao.chain.advance(1)
    dao.token(a, "transfer", b, ONE)
    assert dao.replay().token.powers[c].keys == [dao.chain.timestamp - 1]
    assert dao.audit().findings == ()


def test_delegating_to_nobody_takes_the_votes_away() -> None:
    dao = Dao.deploy()
    a, b = dao.holders[:2]
    dao.token(a, "delegate", b)
    dao.chain.advance(1)
    dao.token(a, "delegate", ZERO_ADDRESS)
    token = dao.replay().token
    assert token.delegate(a) == ZERO_ADDRESS
    assert token.votes(b) == votes(dao, b) == 0
    assert token.past_votes(b, dao.chain.timestamp - 1) == 500 * ONE
    assert dao.audit().findings == ()


def test_one_transaction_with_many_transfers_and_delegations_of_one_account() -> None:
    dao = Dao.deploy()
    a, b, c = dao.holders[:3]
    for holder in (a, b, c):
        dao.token(holder, "delegate", holder)
    dao.chain.advance(1)
    dao.bundle(
        [
            dao.call_token("delegate", a),
            dao.call_token("transfer", b, 100 * ONE),
            dao.call_token("delegate", b),
            dao.call_token("transfer", c, 50 * ONE),
            dao.call_token("transfer", dao.bundler, 7 * ONE),
            dao.call_token("delegate", c),
            dao.call_token("delegate", a),
        ]
    )
    token = dao.replay().token
    assert token.balance(dao.bundler) == 350 * ONE
    assert [token.votes(x) for x in (a, b, c)] == [850 * ONE, 2_100 * ONE, 3_050 * ONE]
    assert [votes(dao, x) for x in (a, b, c)] == [850 * ONE, 2_100 * ONE, 3_050 * ONE]
    assert [len(token.powers[x].keys) for x in (a, b, c)] == [2, 2, 2]
    assert dao.audit().findings == ()


def test_several_transactions_in_one_block_and_blocks_of_one_timestamp_share_a_checkpoint() -> None:
    dao = Dao.deploy()
    a, b = dao.holders[:2]
    dao.token(a, "delegate", a)
    dao.token(b, "delegate", b)
    dao.token(a, "transfer", b, ONE)
    dao.chain.advance(0)
    dao.token(b, "transfer", a, 2 * ONE)
    token = dao.replay().token
    assert token.powers[a].keys == [dao.chain.timestamp]
    assert token.votes(a) == votes(dao, a) == 501 * ONE
    assert dao.audit().findings == ()


def test_minting_raises_supply_and_votes_together() -> None:
    dao = Dao.deploy(quorum=0)
    receiver, voter = dao.holders[0], dao.holders[-1]
    for holder in (receiver, voter):
        dao.token(holder, "delegate", holder)
    dao.chain.advance(1)
    before = dao.replay().token.supply.latest()
    dao.pass_proposal([dao.call_token("mint", receiver, 9 * ONE)])
    token = dao.replay().token
    assert token.supply.latest() == before + 9 * ONE
    assert token.votes(receiver) == votes(dao, receiver) == 509 * ONE
    assert dao.audit().findings == ()


def test_burning_lowers_supply_and_votes_together() -> None:
    """This token burns nothing; one derived from it may, and its `Transfer` to zero must be understood."""
    dao = Dao.deploy()
    holder = dao.holders[0]
    dao.token(holder, "delegate", holder)
    state = dao.replay()
    supply = state.token.supply.latest()
    place = Place(block=99, timestamp=dao.chain.timestamp + 9, transaction=bytes(32), log_index=0)
    apply(state, Transfer(holder, ZERO_ADDRESS, 2 * ONE), dao.addresses.token, place)
    apply(state, DelegateVotesChanged(holder, 500 * ONE, 498 * ONE), dao.addresses.token, place)
    end_transaction(state)
    assert state.ledger.disagreements == []
    assert state.token.supply.latest() == supply - 2 * ONE
    assert state.token.past_votes(holder, place.timestamp) == 498 * ONE


def test_spending_more_than_one_has_is_a_disagreement() -> None:
    dao = Dao.deploy()
    state: GovernanceState = dao.replay()
    a, b = dao.holders[:2]
    place = Place(block=99, timestamp=dao.chain.timestamp + 9, transaction=bytes(32), log_index=0)
    apply(state, Transfer(a, b, 10**30), dao.addresses.token, place)
    assert [d.rule for d in state.ledger.disagreements] == [Rule.BALANCE]
