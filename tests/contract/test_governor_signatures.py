"""Signed ballots: keyed nonces let several be relayed in any order; each counts once, as it was signed."""

from __future__ import annotations

from typing import Any

import brownie
import pytest
from contract_evm import go_to, now, refused
from contract_proposal import Proposal, Support, setting
from contract_system import UNIT, System
from eth_account import Account
from eth_account.signers.local import LocalAccount

BALLOT = [("proposalId", "uint256"), ("support", "uint8"), ("voter", "address"), ("nonce", "uint256")]
EXTENDED = [*BALLOT, ("reason", "string"), ("params", "bytes")]


@pytest.fixture
def voter(system: System) -> LocalAccount:
    """A holder who signs and never sends; its power comes from a delegation by the minnow."""
    account: LocalAccount = Account.create()
    system.token.delegate(account.address, {"from": system.minnow})
    go_to(now() + 10)
    return account


def key_nonce(proposal: Proposal, used: int = 0) -> int:
    """`NoncesKeyed`: the proposal id's low 192 bits are the key."""
    return ((proposal.id % 2**192) << 64) + used


def sign(system: System, voter: LocalAccount, fields: list[tuple[str, str]], **message: Any) -> bytes:
    """An EIP-712 signature of a ballot."""
    domain = {
        "name": "Reward DAO",
        "version": "1",
        "chainId": brownie.web3.eth.chain_id,
        "verifyingContract": system.governor.address,
    }
    name = "Ballot" if fields == BALLOT else "ExtendedBallot"
    types = {name: [{"name": field, "type": kind} for field, kind in fields]}
    return bytes(voter.sign_typed_data(domain, types, {"voter": voter.address, **message}).signature)


def ballot(system: System, voter: LocalAccount, proposal: Proposal, support: int, nonce: int) -> tuple[Any, ...]:
    """What `castVoteBySig` takes."""
    signature = sign(system, voter, BALLOT, proposalId=proposal.id, support=support, nonce=nonce)
    return proposal.id, support, voter.address, signature


def both_active(system: System, target: Any) -> tuple[Proposal, Proposal]:
    first = setting(system, 1, target, description="First").submit()
    second = setting(system, 2, target, description="Second").submit()
    go_to(second.snapshot + 1)
    return first, second


def test_ballots_signed_ahead_are_relayed_in_any_order(system: System, target: Any, voter: LocalAccount) -> None:
    first, second = both_active(system, target)
    ballots = [ballot(system, voter, p, Support.FOR, key_nonce(p)) for p in (first, second)]
    for arguments in reversed(ballots):
        system.governor.castVoteBySig(*arguments, {"from": system.outsider})
    for proposal in (first, second):
        assert system.governor.usedVotes(proposal.id, voter.address) == 10_000 * UNIT
        assert system.governor.nonces(voter.address, proposal.id % 2**192) == key_nonce(proposal, 1)
    assert system.governor.nonces(voter.address) == 0


def test_a_ballot_counts_once_and_as_signed(system: System, target: Any, voter: LocalAccount) -> None:
    first, second = both_active(system, target)
    good = ballot(system, voter, first, Support.FOR, key_nonce(first))
    method, by = system.governor.castVoteBySig, system.outsider
    invalid = ("GovernorInvalidSignature", (voter.address,))
    assert refused(method, second.id, *good[1:], by=by) == invalid
    assert refused(method, first.id, Support.AGAINST, *good[2:], by=by) == invalid
    assert refused(method, *good[:3], good[3][:-1] + bytes([good[3][-1] ^ 1]), by=by) == invalid
    assert refused(method, *good[:2], system.minnow, good[3], by=by) == (
        "GovernorInvalidSignature",
        (system.minnow.address,),
    )
    method(*good, {"from": by})
    assert refused(method, *good, by=by) == invalid


def test_a_plain_nonce_is_taken_as_well_and_voids_no_keyed_one(
    system: System, target: Any, voter: LocalAccount
) -> None:
    first, second = both_active(system, target)
    keyed = ballot(system, voter, second, Support.AGAINST, key_nonce(second))
    system.governor.castVoteBySig(*ballot(system, voter, first, Support.FOR, 0), {"from": system.outsider})
    assert system.governor.nonces(voter.address) == 1
    system.governor.castVoteBySig(*keyed, {"from": system.outsider})
    assert system.governor.proposalVotes(second.id)[0] == 10_000 * UNIT


def test_an_extended_ballot_carries_reason_and_split(system: System, target: Any, voter: LocalAccount) -> None:
    first, second = both_active(system, target)
    params = b"".join(amount.to_bytes(16, "big") for amount in (1, 2, 3))
    fields = {"proposalId": first.id, "support": 255, "nonce": key_nonce(first), "reason": "because", "params": params}
    signature = sign(system, voter, EXTENDED, **fields)
    method = system.governor.castVoteWithReasonAndParamsBySig
    assert refused(method, first.id, 255, voter.address, "other", params, signature, by=system.outsider) == (
        "GovernorInvalidSignature",
        (voter.address,),
    )
    receipt = method(first.id, 255, voter.address, "because", params, signature, {"from": system.outsider})
    event = receipt.events["VoteCastWithParams"]
    assert (event["voter"], event["weight"], event["reason"]) == (voter.address, 6, "because")
    assert tuple(map(int, system.governor.proposalVotes(first.id))) == (1, 2, 3)
    other = ballot(system, voter, second, Support.FOR, key_nonce(second))
    system.governor.castVoteBySig(*other, {"from": system.outsider})
