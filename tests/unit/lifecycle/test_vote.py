"""Ballots: counted as they were meant, and refused with the reason and the way out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dao.errors import VoteRefused
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.vote import Split, cast, remaining_weight, split_params
from dao.types import Address, Support
from tests.support.chain import ACCOUNTS, RAISE, STRANGER, TOKEN, VOTING_DELAY, VOTING_PERIOD, Dao, rewound

FOR, AGAINST, ABSTAIN = Support.FOR, Support.AGAINST, Support.ABSTAIN
PROPOSER, SECOND, THIRD, FOURTH, FIFTH = ACCOUNTS


@pytest.fixture(scope="module")
def proposal(chain: Dao) -> ChainProposal:
    """One for all tests, because its submission is checked for long."""
    return chain.submit()


@pytest.fixture
def dao(chain: Dao, proposal: ChainProposal) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def active(dao: Dao, proposal: ChainProposal) -> ChainProposal:
    dao.advance(VOTING_DELAY + 1)
    return proposal


def votes(dao: Dao, proposal: ChainProposal) -> tuple[int, int, int]:
    """Against, for and abstain as the governor counts them."""
    against, for_, abstain = dao.session().contracts.governor.ask("proposalVotes", proposal.proposal_id)
    return against, for_, abstain


def refusal(dao: Dao, proposal: ChainProposal, voter: Address) -> VoteRefused:
    before = dao.nonces()
    with pytest.raises(VoteRefused) as refused:
        cast(dao.session(voter), proposal, FOR)
    assert dao.nonces() == before
    return refused.value


@pytest.mark.parametrize("support", [FOR, AGAINST, ABSTAIN])
@pytest.mark.parametrize("reason", ["", "fair to availability"])
def test_a_plain_ballot_counts_whole(dao: Dao, active: ChainProposal, support: Support, reason: str) -> None:
    result = cast(dao.session(SECOND), active, support, reason=reason)
    weights = {AGAINST: result.against, FOR: result.for_, ABSTAIN: result.abstain}
    assert weights == {option: 3_000_000 * TOKEN * (option == support) for option in weights}
    assert votes(dao, active) == (result.against, result.for_, result.abstain)
    (ballot,) = (log for log in result.receipt.logs if log.address == dao.deployment.addresses.governor)
    assert reason.encode() in ballot.data


def test_a_split_ballot(dao: Dao, active: ChainProposal) -> None:
    result = cast(dao.session(FOURTH), active, [Split(FOR, 6_000), Split(AGAINST, 4_000)])
    assert (result.against, result.for_, result.abstain) == (600_000 * TOKEN, 900_000 * TOKEN, 0)
    assert votes(dao, active) == (600_000 * TOKEN, 900_000 * TOKEN, 0)


def test_what_a_partial_ballot_left_is_cast(dao: Dao, active: ChainProposal) -> None:
    partial = b"".join((part * TOKEN).to_bytes(16, "big") for part in (1, 2, 3))
    dao.call(SECOND, "governor", "castVoteWithReasonAndParams", active.proposal_id, Support.FRACTIONAL, "", partial)
    assert remaining_weight(dao.session(), active, SECOND) == 2_999_994 * TOKEN
    cast(dao.session(SECOND), active, [Split(ABSTAIN, 5_000), Split(AGAINST, 5_000)])
    assert votes(dao, active) == (1_499_998 * TOKEN, 2 * TOKEN, 1_500_000 * TOKEN)
    error = refusal(dao, active, SECOND)
    assert "voted already" in error.what
    assert error.values["used"] == str(3_000_000 * TOKEN)


def test_the_last_option_takes_the_rounding_remainder() -> None:
    params = split_params([Split(FOR, 3_333), Split(ABSTAIN, 3_333), Split(AGAINST, 3_334)], 10_001)
    against, for_, abstain = (int.from_bytes(params[start : start + 16], "big") for start in (0, 16, 32))
    assert (for_, abstain, against) == (3_333, 3_333, 3_335)
    params = split_params([Split(AGAINST, 1), Split(FOR, 9_999)], 1)
    assert params == bytes(16) + (1).to_bytes(16, "big") + bytes(16)


@pytest.mark.parametrize(
    "splits",
    [
        [],
        [Split(FOR, 9_999)],
        [Split(FOR, 6_000), Split(AGAINST, 4_001)],
        [Split(FOR, 5_000), Split(FOR, 5_000)],
        [Split(FOR, 11_000), Split(AGAINST, -1_000)],
        [Split(Support.FRACTIONAL, 10_000)],
    ],
)
def test_a_split_that_does_not_add_up(splits: list[Split]) -> None:
    with pytest.raises(VoteRefused, match="does not add up"):
        split_params(splits, 100)


def test_never_delegated(dao: Dao, active: ChainProposal) -> None:
    error = refusal(dao, active, FIFTH)
    assert "never delegated" in error.what
    assert "dao delegate self" in str(error.remedy)
    assert error.values["balance"] == str(500_000 * TOKEN)


def test_delegated_to_another(dao: Dao) -> None:
    dao.call(FIFTH, "token", "delegate", SECOND)
    dao.advance(1)
    proposal = dao.submit(RAISE)
    dao.advance(VOTING_DELAY + 1)
    error = refusal(dao, proposal, FIFTH)
    assert f"delegated to {SECOND}" in error.what
    assert "ask the delegate" in str(error.remedy)
    assert cast(dao.session(SECOND), proposal, FOR).for_ == 3_500_000 * TOKEN


def test_acquired_after_the_snapshot(dao: Dao, active: ChainProposal) -> None:
    dao.call(STRANGER, "token", "delegate", STRANGER)
    dao.call(SECOND, "token", "transfer", STRANGER, TOKEN)
    error = refusal(dao, active, STRANGER)
    assert "after the snapshot" in error.what
    assert "next proposal" in str(error.remedy)
    assert cast(dao.session(SECOND), active, FOR).for_ == 3_000_000 * TOKEN


def test_no_tokens(dao: Dao, active: ChainProposal) -> None:
    assert "holds no tokens" in refusal(dao, active, STRANGER).what


def test_voted_already(dao: Dao, active: ChainProposal) -> None:
    cast(dao.session(SECOND), active, FOR)
    assert "voted already" in refusal(dao, active, SECOND).what


def test_not_begun(dao: Dao, proposal: ChainProposal) -> None:
    error = refusal(dao, proposal, SECOND)
    assert "not begun" in error.what
    assert error.values["opens"] == proposal.snapshot


def test_over(dao: Dao, active: ChainProposal) -> None:
    dao.advance(VOTING_PERIOD)
    error = refusal(dao, active, SECOND)
    assert "over: the proposal is defeated" in error.what
    assert error.values["state"] == "defeated"
