"""Full ballots in a batch: each counts once, as it was signed; one that does not count fails no other."""

from __future__ import annotations

from typing import Any

import brownie
import pytest
from contract_evm import go_to, next_at, now, refused
from contract_proposal import Proposal, Support, setting
from contract_system import LATE_EXTENSION, UNIT, System, deploy
from eth_account import Account
from eth_account.signers.local import LocalAccount
from test_governor_signatures import BALLOT, EXTENDED, ballot, both_active, key_nonce, sign

from dao.abi import keccak

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1."""
CHOICES = ("Against", "For", "Abstain")
ALREADY = "GovernorAlreadyCastVote(address)"
TYPE = "GovernorInvalidVoteType()"
SIGNATURE = "GovernorInvalidSignature(address)"


@pytest.fixture
def signers(system: System) -> list[LocalAccount]:
    """Holders who sign and never send: 50,000, 200,000 and 10,000 tokens by delegation, and one without any."""
    accounts = [Account.create() for _ in range(4)]
    system.token.transfer(system.deployer, 50_000 * UNIT, {"from": system.voters[0]})
    for holder, account in zip((system.deployer, system.voters[1], system.minnow), accounts, strict=False):
        system.token.delegate(account.address, {"from": holder})
    go_to(now() + 10)
    return accounts


def full(
    system: System,
    voter: LocalAccount,
    proposal: int,
    support: int,
    *,
    signer: LocalAccount | None = None,
    **domain: Any,
) -> tuple[Any, ...]:
    """A full ballot as `castVotesBySig` takes it; `domain` replaces parts of the governor's."""
    parts = {
        "name": "Reward DAO",
        "version": "1",
        "chainId": brownie.web3.eth.chain_id,
        "verifyingContract": system.governor.address,
    }
    kinds = {"choice": "string", "proposalId": "uint256", "voter": "address"}
    types = {"FullBallot": [{"name": name, "type": kind} for name, kind in kinds.items()]}
    message = {"choice": CHOICES[min(support, 2)], "proposalId": proposal, "voter": voter.address}
    signature = (signer or voter).sign_typed_data({**parts, **domain}, types, message).signature
    return voter.address, support, *compact(bytes(signature))


def compact(signature: bytes) -> tuple[bytes, bytes]:
    """A 65-byte signature in two words (EIP-2098)."""
    return signature[:32], (int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255).to_bytes(32, "big")


def send(system: System, proposal: Proposal, *ballots: tuple[Any, ...]) -> Any:
    """The transaction of an outsider with these ballots."""
    return system.governor.castVotesBySig(proposal.id, list(ballots), {"from": system.outsider})


def skipped(receipt: Any) -> list[tuple[str, str]]:
    """Voter and selector of every ballot that was passed over."""
    if "BallotSkipped" not in receipt.events:
        return []
    return [(event["voter"], str(event["reason"])) for event in receipt.events["BallotSkipped"]]


def because(voter: LocalAccount, error: str) -> tuple[str, str]:
    return voter.address, "0x" + keccak(error.encode())[:4].hex()


def votes(system: System, proposal: Proposal) -> tuple[int, ...]:
    """Against, for and abstaining, in tokens."""
    return tuple(int(amount) // UNIT for amount in system.governor.proposalVotes(proposal.id))


def test_every_ballot_counts_with_its_own_event_and_no_nonce(
    system: System, target: Any, signers: list[LocalAccount]
) -> None:
    proposal = setting(system, 1, target).activate()
    supports = (Support.AGAINST, Support.FOR, Support.ABSTAIN)
    ballots = [full(system, voter, proposal.id, s) for voter, s in zip(signers, supports, strict=False)]
    receipt = send(system, proposal, *ballots)
    found = [
        (event["voter"], event["proposalId"], event["support"], event["weight"], event["reason"])
        for event in receipt.events["VoteCast"]
    ]
    weights = (50_000, 200_000, 10_000)
    assert found == [
        (voter.address, proposal.id, support, weight * UNIT, "")
        for voter, support, weight in zip(signers, supports, weights, strict=False)
    ]
    assert skipped(receipt) == []
    assert votes(system, proposal) == weights
    for voter, weight in zip(signers, weights, strict=False):
        assert system.governor.hasVoted(proposal.id, voter.address)
        assert system.governor.usedVotes(proposal.id, voter.address) == weight * UNIT
        assert system.governor.nonces(voter.address) == 0
        assert system.governor.nonces(voter.address, proposal.id % 2**192) == key_nonce(proposal)


def test_what_does_not_count_is_passed_over_with_its_reason(
    system: System, target: Any, signers: list[LocalAccount]
) -> None:
    first, second, third, powerless = signers
    proposal = setting(system, 1, target).activate()
    assert skipped(send(system, proposal, full(system, first, proposal.id, Support.FOR))) == []
    receipt = send(
        system,
        proposal,
        full(system, first, proposal.id, Support.AGAINST),
        full(system, powerless, proposal.id, Support.FOR),
        full(system, second, proposal.id, 3),
        full(system, second, proposal.id, 255),
        full(system, second, proposal.id, Support.FOR, signer=powerless),
        (second.address, Support.FOR, bytes(32), bytes(32)),
        ("0x" + "0" * 40, Support.FOR, bytes(32), bytes(32)),
        full(system, third, proposal.id, Support.FOR),
        full(system, third, proposal.id, Support.FOR),
    )
    zero = ("0x" + "0" * 40, "0x" + keccak(ALREADY.encode())[:4].hex())
    assert skipped(receipt) == [
        because(first, ALREADY),
        because(powerless, ALREADY),
        because(second, TYPE),
        because(second, TYPE),
        because(second, SIGNATURE),
        because(second, SIGNATURE),
        zero,
        because(third, ALREADY),
    ]
    assert votes(system, proposal) == (0, 60_000, 0)
    assert not system.governor.hasVoted(proposal.id, second.address)


def test_a_ballot_is_for_one_chain_governor_proposal_and_choice(
    system: System, target: Any, signers: list[LocalAccount]
) -> None:
    voter = signers[0]
    first, second = both_active(system, target)
    good = full(system, voter, first.id, Support.FOR)
    attempts = (
        full(system, voter, first.id, Support.FOR, chainId=1),
        full(system, voter, first.id, Support.FOR, verifyingContract=system.token.address),
        full(system, voter, first.id, Support.FOR, name="Reward"),
        full(system, voter, first.id, Support.FOR, version="2"),
        full(system, voter, second.id, Support.FOR),
        (voter.address, Support.AGAINST, *good[2:]),
        (voter.address, Support.FOR, *compact(sign(system, voter, BALLOT, proposalId=first.id, support=1, nonce=0))),
    )
    assert skipped(send(system, first, *attempts)) == [because(voter, SIGNATURE)] * len(attempts)
    assert votes(system, first) == (0, 0, 0)
    assert skipped(send(system, first, good)) == []
    assert skipped(send(system, second, good)) == [because(voter, SIGNATURE)]


def test_a_ballot_counts_nothing_again_in_any_form(system: System, target: Any, signers: list[LocalAccount]) -> None:
    voter = signers[0]
    proposal = setting(system, 1, target).activate()
    good = full(system, voter, proposal.id, Support.FOR)
    half = int.from_bytes(good[3], "big")
    s, parity = half % 2**255, half >> 255
    mirrored = (ORDER - s) % 2**255 | (1 - parity) << 255
    twin = (*good[:3], mirrored.to_bytes(32, "big"))
    # The other form of a signature has a value of more than 255 bits, for which the compact form has no room.
    assert skipped(send(system, proposal, twin)) == [because(voter, SIGNATURE)]
    assert skipped(send(system, proposal, good, good, twin)) == [because(voter, ALREADY)] * 2
    assert votes(system, proposal) == (0, 50_000, 0)


def test_full_and_nonce_ballots_meet(system: System, target: Any, signers: list[LocalAccount]) -> None:
    voter, other = signers[:2]
    first, second = both_active(system, target)
    params = b"".join((amount * UNIT).to_bytes(16, "big") for amount in (1_000, 2_000, 3_000))
    fields = {"proposalId": first.id, "support": 255, "nonce": key_nonce(first), "reason": "part", "params": params}
    part = (first.id, 255, voter.address, "part", params, sign(system, voter, EXTENDED, **fields))
    cast, by = system.governor.castVoteWithReasonAndParamsBySig, system.outsider
    cast(*part, {"from": by})
    # The split ballot consumed its nonce; the full one takes the rest and consumes none.
    invalid = ("GovernorInvalidSignature", (voter.address,))
    assert refused(cast, *part, by=by) == invalid
    assert system.governor.usedVotes(first.id, voter.address) == 6_000 * UNIT
    receipt = send(system, first, full(system, voter, first.id, Support.FOR))
    assert receipt.events["VoteCast"]["weight"] == 44_000 * UNIT
    assert system.governor.usedVotes(first.id, voter.address) == 50_000 * UNIT
    assert votes(system, first) == (1_000, 46_000, 3_000)
    assert system.governor.nonces(voter.address, first.id % 2**192) == key_nonce(first, 1)
    # Another nonce ballot for the same proposal is well signed and finds no weight.
    late = ballot(system, voter, first, Support.AGAINST, key_nonce(first, 1))
    assert refused(system.governor.castVoteBySig, *late, by=by) == ("GovernorAlreadyCastVote", (voter.address,))
    # A ballot with a nonce counts after a full one on another proposal, and a full one after it counts nothing.
    waiting = ballot(system, other, second, Support.FOR, key_nonce(second))
    send(system, first, full(system, other, first.id, Support.ABSTAIN))
    system.governor.castVoteBySig(*waiting, {"from": by})
    assert skipped(send(system, second, full(system, other, second.id, Support.AGAINST))) == [because(other, ALREADY)]
    assert votes(system, second) == (0, 200_000, 0)


def test_a_batch_is_for_an_open_vote(system: System, target: Any, signers: list[LocalAccount]) -> None:
    proposal = setting(system, 1, target).submit()
    ballots = [full(system, signers[0], proposal.id, Support.FOR)]
    method = system.governor.castVotesBySig
    assert refused(method, proposal.id, ballots, by=system.outsider)[0] == "GovernorUnexpectedProposalState"
    assert refused(method, 7, ballots, by=system.outsider) == ("GovernorNonexistentProposal", (7,))
    go_to(proposal.deadline + 1)
    assert refused(method, proposal.id, ballots, by=system.outsider)[0] == "GovernorUnexpectedProposalState"
    cancelled = setting(system, 2, target, description="Cancelled").activate()
    system.governor.cancel(*cancelled.arguments, {"from": system.guardian})
    assert refused(method, cancelled.id, ballots, by=system.outsider)[0] == "GovernorUnexpectedProposalState"


def test_a_batch_that_brings_a_late_quorum_extends_the_vote_once(
    system: System, target: Any, signers: list[LocalAccount]
) -> None:
    proposal = setting(system, 1, target).activate()
    before = proposal.deadline
    next_at(before - 10)
    receipt = send(system, proposal, *(full(system, voter, proposal.id, Support.FOR) for voter in signers[:3]))
    assert [event.name for event in receipt.events] == ["VoteCast"] * 3 + ["ProposalExtended"]
    assert proposal.deadline == before - 10 + LATE_EXTENSION
    next_at(before)
    proposal.vote(system.voters[0], Support.FOR)
    assert proposal.deadline == before - 10 + LATE_EXTENSION


def test_the_typed_data_is_the_one_that_is_published(system: System) -> None:
    text = b"FullBallot(string choice,uint256 proposalId,address voter)"
    assert str(system.governor.FULL_BALLOT_TYPEHASH()) == "0x" + keccak(text).hex()


def test_receipts_of_256_proposals_share_a_slot_and_the_next_do_not(accounts: Any) -> None:
    """Votes on the proposals around the border of two slots, each counted for its own proposal alone."""
    system = deploy(accounts, votingDelay=600, votingPeriod=400_000)
    proposals = [
        Proposal(system, [(system.outsider, 0, "0x")], f"Number {number}").submit() for number in range(1, 259)
    ]
    go_to(proposals[-1].snapshot + 1)
    cast = [1, 2, 255, 256, 257]
    for number in cast:
        proposals[number - 1].vote(system.voters[0], Support.FOR)
    for number, proposal in enumerate(proposals, 1):
        assert system.governor.hasVoted(proposal.id, system.voters[0]) == (number in cast)
