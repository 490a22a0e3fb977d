"""The pure functions of the specification, against values worked out by hand and against the contracts."""

from __future__ import annotations

import pytest

from dao.errors import ReplayError
from dao.replay.checkpoints import PowerChange, Trace, move_delegate_votes
from dao.replay.governor import operation_id
from dao.replay.identity import proposal_id, restricted_proposer, single_id, timelock_salt
from dao.replay.late_quorum import extended_deadline
from dao.replay.quorum import circulating_supply, quorum
from dao.replay.state import Settings, TokenState
from dao.replay.tally import Tally, count_vote, quorum_reached, vote_succeeded
from dao.tiers import Tier, call_tier, highest_tier
from dao.types import ZERO_ADDRESS, Address, Call, Support
from tests.support.history import TIMELOCK, Dao

A = Address("0x" + "11" * 20)
B = Address("0x" + "22" * 20)


def split(against: int, for_: int, abstain: int) -> bytes:
    return b"".join(part.to_bytes(16, "big") for part in (against, for_, abstain))


def test_trace_overwrites_at_one_timepoint_and_finds_the_value_in_force() -> None:
    trace = Trace()
    assert trace.latest() == 0
    assert trace.push(10, 5) == (0, 5)
    assert trace.push(10, 7) == (5, 7)
    assert trace.push(20, 1) == (7, 1)
    assert (trace.keys, trace.values) == ([10, 20], [7, 1])
    assert [trace.upper_lookup(t) for t in (0, 9, 10, 19, 20, 99)] == [0, 0, 7, 7, 1, 1]


def test_votes_move_from_one_delegate_to_the_other() -> None:
    powers = {A: Trace([1], [10])}
    assert move_delegate_votes(powers, source=A, to=B, amount=4, clock=2) == [
        PowerChange(A, 10, 6),
        PowerChange(B, 0, 4),
    ]
    assert move_delegate_votes(powers, source=A, to=A, amount=4, clock=3) == []
    assert move_delegate_votes(powers, source=A, to=B, amount=0, clock=3) == []
    assert move_delegate_votes(powers, source=ZERO_ADDRESS, to=B, amount=1, clock=3) == [PowerChange(B, 4, 5)]
    assert move_delegate_votes(powers, source=B, to=ZERO_ADDRESS, amount=5, clock=3) == [PowerChange(B, 5, 0)]
    assert powers[A].keys == [1, 2]
    assert ZERO_ADDRESS not in powers


@pytest.mark.parametrize(
    ("support", "expected"),
    [
        (Support.AGAINST, Tally(against_votes=70)),
        (Support.FOR, Tally(for_votes=70)),
        (Support.ABSTAIN, Tally(abstain_votes=70)),
    ],
)
def test_a_full_ballot_takes_what_is_left(support: Support, expected: Tally) -> None:
    assert count_vote(power=100, used=30, support=support, params=b"") == expected


def test_a_split_ballot_takes_what_it_names() -> None:
    counted = count_vote(power=100, used=30, support=255, params=split(1, 2, 67))
    assert counted == Tally(against_votes=1, for_votes=2, abstain_votes=67)
    assert counted.total == 70
    assert count_vote(power=1, used=0, support=255, params=split(0, 0, 0)) == Tally()


@pytest.mark.parametrize(
    ("power", "used", "support", "params", "what"),
    [
        (0, 0, 1, b"", "no weight left"),
        (5, 5, 1, b"", "no weight left"),
        (5, 6, 255, split(0, 0, 0), "no weight left"),
        (5, 0, 1, split(0, 1, 0), "has parameters"),
        (5, 0, 255, b"", "other parameters"),
        (5, 0, 255, split(0, 1, 0) + b"\0", "other parameters"),
        (5, 1, 255, split(1, 2, 2), "exceeds"),
        (5, 0, 3, b"", "no such vote type"),
    ],
)
def test_ballots_that_the_governor_refuses(power: int, used: int, support: int, params: bytes, what: str) -> None:
    with pytest.raises(ReplayError, match=what):
        count_vote(power=power, used=used, support=support, params=params)


def test_quorum_is_rounded_down_and_of_what_circulates_at_its_timepoint() -> None:
    token = TokenState(supply=Trace([5, 9], [19_999, 40_000]), powers={A: Trace([6], [9_999]), B: Trace([9], [1])})
    assert [circulating_supply(token, (A, B), timepoint) for timepoint in (4, 5, 8, 9)] == [0, 19_999, 10_000, 30_000]
    assert circulating_supply(token, (), 9) == 40_000
    assert [quorum(19_999, 1), quorum(10_000, 2_500), quorum(9_999, 10_000), quorum(5, 0)] == [1, 2_500, 9_999, 0]


def test_abstentions_count_for_quorum_and_a_tie_fails() -> None:
    tally = Tally(against_votes=5, for_votes=5, abstain_votes=2)
    assert quorum_reached(tally, 7)
    assert not quorum_reached(tally, 8)
    assert not vote_succeeded(tally, 5_000)
    assert vote_succeeded(tally + Tally(for_votes=1), 5_000)


def test_approval_is_exceeded_and_not_just_reached() -> None:
    tally = Tally(against_votes=4, for_votes=6, abstain_votes=90)
    assert not vote_succeeded(tally, 6_000)
    assert vote_succeeded(tally, 5_999)
    assert not vote_succeeded(Tally(abstain_votes=1), 5_000)


@pytest.mark.parametrize(
    ("call", "tier"),
    [
        (Call(A, 0, b"list"), Tier.STANDARD),
        (Call(A, 0, b"listed"), Tier.STANDARD),
        (Call(A, 0, b"lis"), Tier.CONSTITUTIONAL),
        (Call(A, 0, b""), Tier.CONSTITUTIONAL),
        (Call(A, 1, b"list"), Tier.CONSTITUTIONAL),
        (Call(A, 0, b"more"), Tier.CONSTITUTIONAL),
        (Call(B, 0, b"list"), Tier.CONSTITUTIONAL),
    ],
)
def test_the_tier_of_a_call(call: Call, tier: Tier) -> None:
    settings = Settings(selector_tiers={(A, b"list"): Tier.STANDARD, (B, b"list"): Tier.ISSUANCE})
    assert call_tier(call, listed=settings.listed, own=(B,)) is tier
    assert highest_tier([call, Call(A, 0, b"list")], listed=settings.listed, own=(B,)) is tier


def test_the_deadline_is_extended_once() -> None:
    assert extended_deadline(previous=0, reached=False, clock=10, extension=5) == 0
    assert extended_deadline(previous=0, reached=True, clock=10, extension=5) == 15
    assert extended_deadline(previous=15, reached=True, clock=14, extension=5) == 15


def test_ids_equal_those_of_the_contracts() -> None:
    dao = Dao.deploy()
    calls = [dao.call_governor("setVotingDelay", 5), dao.call_token("mint", dao.holders[0], 1)]
    identifier = dao.propose(dao.holders[0], calls, "Two calls: été")
    assert proposal_id(calls, "Two calls: été".encode()) == identifier
    proposal = dao.replay().proposals[identifier]
    salt = timelock_salt(dao.addresses.governor, proposal.description)
    columns = dao.contents[identifier].columns
    batch = dao.ask(dao.addresses.timelock, TIMELOCK, "hashOperationBatch", *columns, bytes(32), salt)
    assert operation_id(dao.addresses.governor, proposal) == batch
    one = calls[0]
    single = dao.ask(
        dao.addresses.timelock, TIMELOCK, "hashOperation", one.target, one.value, one.calldata, bytes(32), salt
    )
    assert single_id(one, predecessor=bytes(32), salt=salt) == single


@pytest.mark.parametrize(
    ("description", "account"),
    [
        (b"Text#proposer=0x" + b"aB" * 20, bytes.fromhex("ab" * 20)),
        (b"#proposer=0x" + b"00" * 20, bytes(20)),
        (b"Text#proposer=0X" + b"ab" * 20, None),
        (b"Text#proposer=0x" + b"ag" * 20, None),
        (b"Text#proposer=0x" + b"ab" * 20 + b"\n", None),
        (b"Text#proposer=0x" + b"ab" * 19, None),
        (b"Text#proposer= 0x" + b"ab" * 20, None),
        (b"", None),
    ],
)
def test_who_may_submit_a_description(description: bytes, account: bytes | None) -> None:
    assert restricted_proposer(description) == account
