"""Signs a ballot without a network: what is signed, in words and as typed data, and the ballot with its signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dao.ballot.document import Ballot, Request, Weights
from dao.ballot.fields import MAX_REASON
from dao.chain.typed import TypedData, TypedSigner, compact, normal, signer_of
from dao.errors import AccountError, VoteRefused
from dao.lifecycle.vote import Split, split_params
from dao.types import Address, Support

VERSION = "1"
"""`Governor.version`: the version of the signing domain."""

_WORDS = {Support.AGAINST: "Against", Support.FOR: "For", Support.ABSTAIN: "Abstain"}

_FULL = (("choice", "string"), ("proposalId", "uint256"), ("voter", "address"))
_PLAIN = (("proposalId", "uint256"), ("support", "uint8"), ("voter", "address"), ("nonce", "uint256"))
_EXTENDED = (*_PLAIN, ("reason", "string"), ("params", "bytes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A ballot that is not signed yet. `by_contract` says that a contract account answers for the signature."""

    request: Request
    support: Support
    weights: Weights | None
    reason: str
    by_contract: bool

    @property
    def kind(self) -> str:
        """The cheapest type that can say it."""
        if self.reason or self.weights is not None:
            return "extended"
        return "plain" if self.by_contract else "full"

    @property
    def typed(self) -> TypedData:
        """What is signed."""
        r = self.request
        return _typed(
            r.governor_name,
            r.chain_id,
            r.governor,
            kind=self.kind,
            proposal_id=r.proposal_id,
            voter=r.voter,
            support=self.support,
            nonce=r.nonce or 0,
            reason=self.reason,
            params=b"" if self.weights is None else params_of(self.weights),
        )

    def with_signature(self, signature: bytes) -> Ballot:
        """The ballot with a key's or a contract's signature. Raises AccountError when a key's is none of the voter."""
        r, kind = self.request, self.kind
        if not self.by_contract:
            signature = normal(signature)
            found = signer_of(self.typed, signature)
            if found != r.voter:
                raise AccountError(
                    "the signature is not the voter's",
                    expected=r.voter,
                    found=found or "no signature of this ballot",
                    remedy="sign what --typed-data writes, for the same choice, with the voter's key",
                )
        return Ballot.model_validate(
            {
                "kind": kind,
                "chain_id": r.chain_id,
                "governor": r.governor,
                "governor_name": r.governor_name,
                "proposal_id": r.proposal_id,
                "voter": r.voter,
                "choice": "split" if self.weights is not None else self.support.name.lower(),
                "weights": self.weights,
                "reason": self.reason,
                "nonce": None if kind == "full" else r.nonce,
                "signature": compact(signature) if kind == "full" else signature,
            }
        )


def draft(request: Request, choice: Support | Sequence[Split], *, reason: str = "") -> Draft:
    """The ballot that answers `request`.

    Args:
        request: What is asked.
        choice: One option, or a split of the power in the request; its last option takes the rounding remainder.
        reason: Text to be recorded with the ballot.

    Raises:
        VoteRefused: The split does not add up, the request lacks what this ballot needs, or the reason is too long.
    """
    if len(reason) > MAX_REASON:
        raise VoteRefused(
            "the reason is too long", expected=f"at most {MAX_REASON} characters", found=f"{len(reason)} characters"
        )
    weights = None
    if isinstance(choice, Support):
        support = choice
    else:
        support = Support.FRACTIONAL
        if not request.power:
            raise VoteRefused(
                "a split needs the voter's power at the snapshot",
                expected="power in the request, or --power",
                found=request.power,
                remedy="run `dao vote request` where there is a network",
            )
        weights = weights_of(split_params(choice, request.power))
    made = Draft(request=request, support=support, weights=weights, reason=reason, by_contract=request.contract)
    if made.kind != "full" and request.nonce is None:
        raise VoteRefused(
            "this ballot needs the voter's nonce",
            expected="a nonce in the request, or --nonce",
            remedy="run `dao vote request` where there is a network; a whole ballot without a reason needs none",
        )
    return made


def sign(ballot: Draft, signer: TypedSigner) -> Ballot:
    """The ballot, signed. Raises AccountError when the signer is not the voter, unless a contract answers for it."""
    if not ballot.by_contract and signer.address != ballot.request.voter:
        raise AccountError(
            "the request is for another voter",
            expected=ballot.request.voter,
            found=signer.address,
            remedy="sign with the voter's account",
        )
    return ballot.with_signature(signer.sign_typed(ballot.typed))


def typed_of(ballot: Ballot) -> TypedData:
    """What the signature of `ballot` is of."""
    return _typed(
        ballot.governor_name,
        ballot.chain_id,
        ballot.governor,
        kind=ballot.kind,
        proposal_id=ballot.proposal_id,
        voter=ballot.voter,
        support=support_of(ballot),
        nonce=ballot.nonce or 0,
        reason=ballot.reason,
        params=b"" if ballot.weights is None else params_of(ballot.weights),
    )


def support_of(ballot: Ballot) -> Support:
    """The choice as the governor numbers it."""
    return Support.FRACTIONAL if ballot.choice == "split" else Support[ballot.choice.upper()]


def params_of(weights: Weights) -> bytes:
    """The 48 bytes by which the governor takes a split: against, for, abstain."""
    return b"".join(weight.to_bytes(16, "big") for weight in (weights.against, weights.for_, weights.abstain))


def weights_of(params: bytes) -> Weights:
    """The split in 48 bytes."""
    against, for_, abstain = (int.from_bytes(params[start : start + 16], "big") for start in (0, 16, 32))
    return Weights.model_validate({"against": against, "for": for_, "abstain": abstain})


def _typed(
    name: str,
    chain_id: int,
    governor: Address,
    *,
    kind: str,
    proposal_id: int,
    voter: Address,
    support: Support,
    nonce: int,
    reason: str,
    params: bytes,
) -> TypedData:
    fields: tuple[tuple[str, str], ...]
    message: dict[str, Any]
    if kind == "full":
        struct, fields = "FullBallot", _FULL
        message = {"choice": _WORDS[support], "proposalId": proposal_id, "voter": voter}
    else:
        struct, fields = ("Ballot", _PLAIN) if kind == "plain" else ("ExtendedBallot", _EXTENDED)
        message = {"proposalId": proposal_id, "support": int(support), "voter": voter, "nonce": nonce}
        if kind == "extended":
            message |= {"reason": reason, "params": params}
    return TypedData(
        name=name, version=VERSION, chain_id=chain_id, contract=governor, kind=struct, fields=fields, message=message
    )
