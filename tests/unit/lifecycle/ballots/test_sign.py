"""Ballots signed without a network: the type that says it, exact weights, and what other wallets are given."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from dao.abi import keccak
from dao.ballot.document import Request, Weights, make_request
from dao.chain.accounts import KeySigner
from dao.chain.typed import compact, expanded, normal, signer_of
from dao.errors import AccountError, VoteRefused
from dao.lifecycle.ballots.sign import Draft, draft, params_of, sign, typed_of, weights_of
from dao.lifecycle.vote import Split
from dao.types import Address, Support
from tests.support.ballots import voter

FOR, AGAINST, ABSTAIN = Support.FOR, Support.AGAINST, Support.ABSTAIN
VOTER, OTHER = voter(0), voter(1)
GOVERNOR = Address("0xb19b36b1456E65E3A6D514D3F715f204BD59f431")
NAME = "Reward DAO"


def asked(**changes: Any) -> Request:
    fields: dict[str, Any] = {
        "chain_id": 31337,
        "governor": GOVERNOR,
        "governor_name": NAME,
        "proposal_id": 2**255 + 7,
        "voter": VOTER.address,
        "nonce": 5,
        "power": 10_001,
    }
    return Request(**{**fields, **changes})


def amounts(weights: Weights | None) -> tuple[int, int, int]:
    assert weights is not None
    return weights.for_, weights.against, weights.abstain


@pytest.mark.parametrize(
    ("choice", "reason", "contract", "kind", "struct"),
    [
        (FOR, "", False, "full", "FullBallot(string choice,uint256 proposalId,address voter)"),
        (FOR, "", True, "plain", "Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)"),
        (
            AGAINST,
            "no",
            False,
            "extended",
            "ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)",
        ),
    ],
)
def test_the_cheapest_type_that_says_it(choice: Support, reason: str, contract: bool, kind: str, struct: str) -> None:
    ballot = draft(asked(contract=contract), choice, reason=reason)
    assert ballot.kind == kind
    typed = ballot.typed
    assert f"{typed.kind}({','.join(f'{how} {name}' for name, how in typed.fields)})" == struct
    signed = sign(ballot, VOTER)
    assert (signed.kind, signed.choice, signed.reason) == (kind, choice.name.lower(), reason)
    assert signed.nonce == (None if kind == "full" else 5)
    assert typed_of(signed) == typed
    assert signer_of(typed, expanded(signed.signature) if kind == "full" else signed.signature) == VOTER.address


def test_the_digest_is_the_one_of_eip_712() -> None:
    """Written out by the standard, beside the library's."""

    def word(value: int | str) -> bytes:
        return (int(value, 16) if isinstance(value, str) else value).to_bytes(32, "big")

    domain_type = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    domain = keccak(keccak(domain_type) + keccak(NAME.encode()) + keccak(b"1") + word(31337) + word(GOVERNOR))
    struct_type = b"FullBallot(string choice,uint256 proposalId,address voter)"
    struct = keccak(keccak(struct_type) + keccak(b"Abstain") + word(2**255 + 7) + word(VOTER.address))
    assert draft(asked(), ABSTAIN).typed.digest == keccak(b"\x19\x01" + domain + struct)


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        ([Split(FOR, 5_000), Split(AGAINST, 5_000)], (5_000, 5_001, 0)),
        ([Split(AGAINST, 5_000), Split(FOR, 5_000)], (5_001, 5_000, 0)),
        ([Split(FOR, 3_333), Split(ABSTAIN, 3_333), Split(AGAINST, 3_334)], (3_333, 3_335, 3_333)),
        ([Split(ABSTAIN, 10_000)], (0, 0, 10_001)),
    ],
)
def test_a_split_is_exact_and_the_last_option_takes_the_rest(splits: list[Split], expected: tuple[int, ...]) -> None:
    ballot = draft(asked(), splits)
    assert ballot.kind == "extended"
    assert amounts(ballot.weights) == expected
    signed = sign(ballot, VOTER)
    assert signed.weights is not None
    assert signed.weights.total == 10_001
    assert weights_of(params_of(signed.weights)) == signed.weights
    assert typed_of(signed).message["params"] == params_of(signed.weights)


def test_a_reason_is_kept_to_the_letter() -> None:
    reason = "  “fair”\n\u202e and\x00 more  "
    assert sign(draft(asked(), FOR, reason=reason), VOTER).reason == reason


def refused(request: Request, choice: Any, **more: Any) -> VoteRefused:
    with pytest.raises(VoteRefused) as error:
        draft(request, choice, **more)
    return error.value


def test_what_a_ballot_needs() -> None:
    half = [Split(FOR, 5_000), Split(AGAINST, 5_000)]
    assert "power" in refused(asked(power=None), half).what
    assert "power" in refused(asked(power=0), half).what
    assert "nonce" in refused(asked(nonce=None), half).what
    assert "nonce" in refused(asked(nonce=None), FOR, reason="because").what
    assert "nonce" in refused(asked(nonce=None, contract=True), FOR).what
    assert "too long" in refused(asked(), FOR, reason="x" * 10_001).what
    assert "add up" in refused(asked(), [Split(FOR, 1)]).what
    assert draft(asked(nonce=None, power=None), FOR).kind == "full"


def test_another_account_signs_nothing() -> None:
    with pytest.raises(AccountError, match="for another voter"):
        sign(draft(asked(), FOR), OTHER)


@pytest.mark.parametrize(
    "field", [{"proposal_id": "1_0"}, {"proposal_id": "-1"}, {"nonce": str(2**256)}, {"power": "1e3"}]
)
def test_options_of_a_wrong_form(field: dict[str, str]) -> None:
    values = {"chain_id": 1, "governor": GOVERNOR, "governor_name": NAME, "proposal_id": "1", "voter": GOVERNOR}
    assert make_request(values).proposal_id == 1
    with pytest.raises(VoteRefused, match="decimal number"):
        make_request({**values, **field})


# ------------------------------------------------------------ other wallets


def by_wallet(ballot: Draft, who: bytes) -> bytes:
    """What a wallet answers that knows nothing but the document."""
    document = json.loads(json.dumps(ballot.typed.document()))
    return bytes(Account.sign_message(encode_typed_data(full_message=document), who).signature)


@pytest.mark.parametrize("reason", ["", "because"])
def test_another_wallet_signs_the_document(reason: str) -> None:
    key = keccak(b"ballot voter 0")
    ballot = draft(asked(), FOR, reason=reason)
    signature = by_wallet(ballot, key)
    expected = sign(ballot, VOTER)
    assert ballot.with_signature(signature) == expected
    # Some wallets count from zero where others count from 27.
    assert ballot.with_signature(signature[:-1] + bytes([signature[-1] - 27])) == expected


def test_a_signature_of_something_else_is_refused() -> None:
    ballot = draft(asked(), FOR)
    for other in (draft(asked(), AGAINST), draft(asked(chain_id=1), FOR), draft(asked(proposal_id=7), FOR)):
        with pytest.raises(AccountError, match="not the voter's"):
            ballot.with_signature(by_wallet(other, keccak(b"ballot voter 0")))
    for wrong in (b"", bytes(64), bytes(65), b"\x01" * 64 + b"\x1b", b"\xff" * 65):
        with pytest.raises(AccountError):
            ballot.with_signature(wrong)


def test_a_contract_answers_for_any_bytes() -> None:
    ballot = draft(asked(contract=True), FOR)
    assert ballot.with_signature(b"safe").signature == b"safe"


@pytest.mark.parametrize("number", range(8))
def test_compact_signatures(number: int) -> None:
    signature = KeySigner(Account.from_key(keccak(bytes([number])))).sign_typed(draft(asked(), FOR).typed)
    assert len(compact(signature)) == 64
    assert expanded(compact(signature)) == normal(signature) == signature
    # The other half of the curve is not taken twice.
    s = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - int.from_bytes(signature[32:64], "big")
    twin = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    assert signer_of(draft(asked(), FOR).typed, twin) is None
