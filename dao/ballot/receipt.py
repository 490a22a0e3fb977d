"""The file that proves that a ballot was counted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dao.ballot.document import Weights
from dao.document.fields import Hash, HexBytes
from dao.document.json_file import read_json
from dao.document.signed import HexAddress, Natural, Number

MAX_BYTES = 4 * 2**20
"""The longest file, in bytes: one node holds the whole receipt, with the logs of every ballot of its batch."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CountedLog(_Frozen):
    """The governor's log of the ballot, as the chain holds it."""

    topics: Annotated[tuple[Hash, ...], Field(min_length=1, max_length=4)]
    data: HexBytes


class Counted(_Frozen):
    """One ballot as it was counted, and the proof."""

    weights: Weights = Field(description="What was cast, in the token's smallest unit.")
    reason: HexBytes = Field(description="The text that went with it, in UTF-8 as a rule.")
    timestamp: Natural = Field(description="Of the block, in seconds since 1970.")
    block: Natural = Field(description="Number of the block.")
    block_hash: Hash = Field(description="Hash of the block: whoever knows that it is the chain's knows the rest.")
    header: HexBytes = Field(description="The block's header in RLP; its Keccak-256 is the hash of the block.")
    transaction_index: Natural = Field(description="The transaction's place in the block, from 0.")
    log_index: Natural = Field(description="The log's place among those of its transaction, from 0.")
    log: CountedLog = Field(description="The log.")
    nodes: Annotated[tuple[HexBytes, ...], Field(min_length=1, max_length=64)] = Field(
        description="The nodes from the receipts root of the header to the receipt, in RLP."
    )


class VoteReceipt(_Frozen):
    """Proof that every ballot of a voter on a proposal that was counted until then was counted."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    chain_id: Natural = Field(description="The chain, which the block's hash is of.")
    governor: HexAddress = Field(description="The governor.")
    proposal_id: Number = Field(description="The governor's id of the proposal.")
    voter: HexAddress = Field(description="Whose ballot it is.")
    ballots: Annotated[tuple[Counted, ...], Field(min_length=1, max_length=64)] = Field(
        description="The ballots; more than one where the voter cast a part of the weight at a time."
    )


def read_receipt(path: Path) -> VoteReceipt:
    """The receipt at `path`; what it claims is not looked at. Raises DocumentError when it is none."""
    return read_json(path, VoteReceipt, what="receipt", max_bytes=MAX_BYTES)
