"""The file in which an account has its payouts paid to a receiver: what it signed, with the proofs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dao.document.fields import HexBytes, StreamPath
from dao.document.json_file import read_json
from dao.document.signed import HexAddress, Natural, Number
from dao.types import MAX_EPOCH

MAX_BYTES = 16 * 2**20
"""The longest file, in bytes."""

MAX_SIGNATURE = 32 * 1024
"""The longest signature of a contract account, in bytes."""

MAX_PAYOUTS = 100
"""The most payouts of one signature: what is signed together is claimed together, in one transaction."""

MAX_PROOF = 64
"""The longest proof: no tree is as deep."""

_MAX_AMOUNT = 2**128 - 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SignedPayout(_Frozen):
    """A payout; stream, epoch and series are signed, amount and proof follow from the publication."""

    stream: StreamPath = Field(description="Path of the leaf stream.")
    epoch: Annotated[Natural, Field(le=MAX_EPOCH)] = Field(description="The epoch that is paid for.")
    series: Annotated[Natural, Field(le=MAX_EPOCH)] = Field(description="0 of the main publication.")
    amount: Annotated[Number, Field(gt=0, le=_MAX_AMOUNT)] = Field(description="In the token's smallest unit.")
    proof: Annotated[
        tuple[Annotated[HexBytes, Field(min_length=32, max_length=32)], ...], Field(max_length=MAX_PROOF)
    ] = Field(description="From the leaf up to the root.")


class SignedClaim(_Frozen):
    """Payouts that one signature covers."""

    payouts: Annotated[tuple[SignedPayout, ...], Field(min_length=1, max_length=MAX_PAYOUTS)]
    signature: Annotated[HexBytes, Field(max_length=MAX_SIGNATURE)] = Field(
        description="65 bytes, or what a contract account takes (ERC-1271)."
    )


class ClaimOrder(_Frozen):
    """An account's order to pay its payouts to a receiver. Anybody may send it, and nobody can change it.

    Each signature is of ClaimTo (EIP-712) in the distributor's domain, and counts until the deadline.
    """

    version: Literal[1] = Field(default=1, description="Of this format.")
    chain_id: Natural = Field(description="The chain.")
    distributor: HexAddress = Field(description="The contract that pays.")
    account: HexAddress = Field(description="Whose payouts they are.")
    receiver: HexAddress = Field(description="Who is paid.")
    deadline: Natural = Field(description="Until when it counts (seconds since 1970).")
    claims: Annotated[tuple[SignedClaim, ...], Field(min_length=1, max_length=1_000)]


def read_claim_order(path: Path) -> ClaimOrder:
    """The order at `path`; its signatures are not looked at. Raises DocumentError when it is none."""
    return read_json(path, ClaimOrder, what="claim order", max_bytes=MAX_BYTES)
