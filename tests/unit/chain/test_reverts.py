"""Custom errors of the contracts come back as sentences with their values, from real calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dao.abi import encode
from dao.chain.reverts import revert_data, to_error
from dao.errors import CallReverted
from dao.types import ZERO_ADDRESS, Support
from tests.support.chain import ACCOUNTS, STRANGER, TOKEN, VOTING_DELAY, Dao, deployed, rewound

FIRST, SECOND, _, _, FIFTH = ACCOUNTS


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        dao.delegate_all()
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


def reverted(dao: Dao, sender: Any, contract: str, function: str, *arguments: Any) -> CallReverted:
    """The error of a call that must fail in its simulation, so that nothing is sent."""
    before = dao.nonces()
    with pytest.raises(CallReverted) as caught:
        dao.call(sender, contract, function, *arguments)
    assert dao.nonces() == before
    return caught.value


def token_balance(dao: Dao) -> tuple[CallReverted, str, str]:
    error = reverted(dao, STRANGER, "token", "transfer", FIRST, 7)
    return error, "ERC20InsufficientBalance", f"{STRANGER} holds 0, and 7 are needed"


def token_role(dao: Dao) -> tuple[CallReverted, str, str]:
    return (
        reverted(dao, FIRST, "token", "mint", FIRST, 1),
        "AccessControlUnauthorizedAccount",
        f"{FIRST} lacks the role",
    )


def token_cap(dao: Dao) -> tuple[CallReverted, str, str]:
    treasury = dao.deployment.addresses.timelock
    dao.impersonate(treasury)
    error = reverted(dao, treasury, "token", "mint", FIRST, 644_245_094 * TOKEN)
    return error, "ERC20ExceededSafeSupply", f"above the cap of {644_245_094 * TOKEN}"


def future_lookup(dao: Dao) -> tuple[CallReverted, str, str]:
    with pytest.raises(CallReverted) as caught:
        dao.session().contracts.token.past_votes(FIRST, 2**40)
    return caught.value, "ERC5805FutureLookup", f"timepoint {2**40} is not over yet"


def threshold(dao: Dao) -> tuple[CallReverted, str, str]:
    error = reverted(dao, FIFTH, "governor", "propose", [FIRST], [1], [b""], "text")
    wanted = f"{FIFTH} has voting power of 0, and the proposal threshold is {100_000 * TOKEN}"
    return error, "GovernorInsufficientProposerVotes", wanted


def no_code(dao: Dao) -> tuple[CallReverted, str, str]:
    error = reverted(dao, FIRST, "governor", "propose", [STRANGER], [0], [b"\x01\x02\x03\x04"], "text")
    return error, "GovernorTargetWithoutCode", f"{STRANGER} has no code of its own to receive the call 0x01020304"


def restricted(dao: Dao) -> tuple[CallReverted, str, str]:
    error = reverted(dao, FIRST, "governor", "propose", [FIRST], [1], [b""], f"text#proposer={SECOND}")
    return error, "GovernorRestrictedProposer", f"another proposer than {FIRST}"


def nonexistent(dao: Dao) -> tuple[CallReverted, str, str]:
    error = reverted(dao, FIRST, "governor", "castVote", 12_345, Support.FOR)
    return error, "GovernorNonexistentProposal", "there is no proposal 12345"


def twice(dao: Dao) -> tuple[CallReverted, str, str]:
    proposal = dao.submit()
    error = reverted(dao, FIRST, "governor", "propose", *_columns(proposal), proposal.text)
    return error, "GovernorUnexpectedProposalState", f"proposal {proposal.proposal_id} exists already; it is pending"


def wrong_state(dao: Dao) -> tuple[CallReverted, str, str]:
    proposal = dao.submit()
    error = reverted(dao, FIRST, "governor", "queue", *proposal.arguments)
    return error, "GovernorUnexpectedProposalState", "is pending, and this needs it succeeded"


def voted(dao: Dao) -> tuple[CallReverted, str, str]:
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    dao.call(FIRST, "governor", "castVote", proposal.proposal_id, Support.FOR)
    error = reverted(dao, FIRST, "governor", "castVote", proposal.proposal_id, Support.FOR)
    return error, "GovernorAlreadyCastVote", f"{FIRST} has no weight left"


def too_much(dao: Dao) -> tuple[CallReverted, str, str]:
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    params = bytes(16) + (2**100).to_bytes(16, "big") + bytes(16)
    function = "castVoteWithReasonAndParams"
    error = reverted(dao, FIRST, "governor", function, proposal.proposal_id, Support.FRACTIONAL, "", params)
    return error, "GovernorExceedRemainingWeight", f"uses {2**100}, and only {4_000_000 * TOKEN} are left"


def only_executor(dao: Dao) -> tuple[CallReverted, str, str]:
    error = reverted(dao, FIRST, "governor", "setVotingDelay", 1)
    return error, "GovernorOnlyExecutor", f"through a proposal; {FIRST} is not it"


def not_the_owner(dao: Dao) -> tuple[CallReverted, str, str]:
    error = reverted(dao, FIRST, "policy", "setSchedule", bytes(32), [])
    return error, "OwnableUnauthorizedAccount", f"through a proposal; {FIRST} is not it"


def unknown_stream(dao: Dao) -> tuple[CallReverted, str, str]:
    with pytest.raises(CallReverted) as caught:
        dao.session().contracts.policy.emission(bytes([7]) * 32, 0)
    return caught.value, "RewardPolicyUnknownStream", "there is no stream with the id 0x0707"


def unable_to_cancel(dao: Dao) -> tuple[CallReverted, str, str]:
    proposal = dao.submit()
    error = reverted(dao, SECOND, "governor", "cancel", *proposal.arguments)
    return error, "GovernorUnableToCancel", f"{SECOND} may not cancel proposal {proposal.proposal_id}"


def without_a_sentence(dao: Dao) -> tuple[CallReverted, str, str]:
    error = reverted(dao, FIRST, "token", "transfer", ZERO_ADDRESS, 1)
    return error, "ERC20InvalidReceiver", f"ERC20InvalidReceiver: receiver {ZERO_ADDRESS}"


def _columns(proposal: Any) -> tuple[Any, ...]:
    return tuple(proposal.arguments[:3])


CASES = (
    token_balance,
    token_role,
    token_cap,
    future_lookup,
    threshold,
    no_code,
    restricted,
    nonexistent,
    twice,
    wrong_state,
    voted,
    too_much,
    only_executor,
    not_the_owner,
    unknown_stream,
    unable_to_cancel,
    without_a_sentence,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_an_error_of_the_contracts(dao: Dao, case: Callable[[Dao], tuple[CallReverted, str, str]]) -> None:
    error, name, sentence = case(dao)
    assert error.error == name
    assert sentence in error.what
    assert error.values["error"] == name
    for value in error.arguments.values():
        assert isinstance(value, str | int | list)


def test_standard_reverts() -> None:
    reason = to_error(bytes.fromhex("08c379a0") + encode(["string"], ["{0} {reason} no"]))
    assert (reason.error, reason.what) == ("Error", "{0} {reason} no")
    panic = to_error(bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]))
    assert panic.what == "the contract stopped: arithmetic overflow"
    assert "0x99" in to_error(bytes.fromhex("4e487b71") + encode(["uint256"], [0x99])).what


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "without a reason"),
        (bytes([1, 2, 3, 4, 5]), "unknown data 0x0102030405"),
        (bytes.fromhex("08c379a0ff"), "malformed Error"),
        (bytes.fromhex("08c379a0") + encode(["bytes"], [b"\xff\xfe"]), "malformed Error"),
    ],
)
def test_revert_data_that_says_nothing(data: bytes, sentence: str) -> None:
    error = to_error(data)
    assert sentence in error.what
    assert error.data == data


@pytest.mark.parametrize(
    ("error", "data"),
    [
        ({"data": "0x01"}, b"\x01"),
        ({"data": "Reverted 0x01"}, b"\x01"),
        ({"data": {"data": "0x02"}}, b"\x02"),
        ({"data": {"result": {"data": "0x03"}}}, b"\x03"),
        ({"code": 3, "message": "execution reverted"}, b""),
        ({"code": 3, "message": "VM Exception: revert"}, b""),
        ({"data": "0xzz", "message": "execution reverted"}, None),
        ({"message": "nonce too low"}, None),
        ({"message": 5}, None),
        ("execution reverted", None),
        (None, None),
    ],
)
def test_where_nodes_put_the_data(error: Any, data: bytes | None) -> None:
    assert revert_data(error) == data
