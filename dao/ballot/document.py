"""The two files of a signed ballot: what its voter is asked, and the ballot itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dao.ballot.fields import Name, Reason
from dao.document.fields import HexBytes
from dao.document.json_file import read_json
from dao.document.model import in_house_words, refusal
from dao.document.signed import HexAddress, Natural, Number
from dao.errors import VoteRefused

MAX_BYTES = 256 * 1024
"""The longest file, in bytes."""

MAX_SIGNATURE = 32 * 1024
"""The longest signature of a contract account, in bytes."""

COMPACT = 64
"""Bytes of a compact signature (EIP-2098), and `PLAIN` of a plain one."""

PLAIN = 65

MAX_WEIGHT = 2**128 - 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Request(_Frozen):
    """What somebody needs who signs without a network. What is named here and not signed is for the eye alone."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    chain_id: Natural = Field(description="The chain.")
    governor: HexAddress = Field(description="The governor.")
    governor_name: Name = Field(description="The governor's name, which its signing domain carries.")
    proposal_id: Number = Field(description="The governor's id of the proposal.")
    title: Annotated[str, Field(strict=True, max_length=1_000)] = Field(
        default="", description="First line of the proposal's description; for the eye alone."
    )
    voter: HexAddress = Field(description="Whose ballot it is.")
    contract: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Whether the voter is a contract, which says itself what it signed (ERC-1271)."
    )
    nonce: Number | None = Field(
        default=None, description="The voter's next nonce under the proposal's key; only a full ballot needs none."
    )
    power: Number | None = Field(
        default=None, description="What the voter can still cast, in the token's smallest unit; a split needs it."
    )
    symbol: Annotated[str, Field(strict=True, max_length=64)] = Field(
        default="", description="The token's symbol; for the eye alone."
    )
    decimals: Annotated[int, Field(strict=True, ge=0, le=255)] = Field(
        default=0, description="The token's decimals; for the eye alone."
    )
    deadline: Natural | None = Field(
        default=None, description="When voting ends, unless it is extended (seconds since 1970); for the eye alone."
    )


class Weights(_Frozen):
    """How a split ballot divides its weight, in the token's smallest unit."""

    against: Annotated[Number, Field(le=MAX_WEIGHT)]
    for_: Annotated[Number, Field(alias="for", le=MAX_WEIGHT)]
    abstain: Annotated[Number, Field(le=MAX_WEIGHT)]

    @property
    def total(self) -> int:
        """Their sum."""
        return self.against + self.for_ + self.abstain


class Ballot(_Frozen):
    """A signed ballot. Anybody may send it, and nobody can change it.

    Three kinds are signed as three types of EIP-712 in the governor's domain: `full` as FullBallot, all the weight that
    is left for one choice; `plain` as Ballot, the same with a nonce, which contract accounts can sign as well;
    `extended` as ExtendedBallot, with a nonce, a reason or a split.
    """

    version: Literal[1] = Field(default=1, description="Of this format.")
    kind: Literal["full", "plain", "extended"] = Field(description="Which type was signed.")
    chain_id: Natural = Field(description="The chain.")
    governor: HexAddress = Field(description="The governor.")
    governor_name: Name = Field(description="The governor's name, which its signing domain carries.")
    proposal_id: Number = Field(description="The governor's id of the proposal.")
    voter: HexAddress = Field(description="Whose ballot it is.")
    choice: Literal["against", "for", "abstain", "split"] = Field(description="What it says.")
    weights: Weights | None = Field(default=None, description="Of a split alone.")
    reason: Reason = Field(default="", description="The text that goes with an extended ballot.")
    nonce: Number | None = Field(default=None, description="Of a plain or extended ballot.")
    signature: Annotated[HexBytes, Field(max_length=MAX_SIGNATURE)] = Field(
        description="Of a full ballot 64 bytes (EIP-2098); otherwise 65, or what a contract account takes."
    )

    @model_validator(mode="after")
    def _one_whole(self) -> Ballot:
        for wrong, expected, found in (
            ((self.choice == "split") != (self.weights is not None), "weights with a split, and else none", "not so"),
            (self.kind != "extended" and self.choice == "split", "an extended ballot for a split", self.kind),
            (self.kind != "extended" and self.reason != "", "an extended ballot for a reason", self.kind),
            ((self.kind == "full") != (self.nonce is None), "a nonce, but of a full ballot none", "not so"),
            (
                self.kind == "full" and len(self.signature) != COMPACT,
                f"a signature of {COMPACT} bytes",
                f"{len(self.signature)} bytes",
            ),
        ):
            if wrong:
                raise refusal("the fields do not go together", expected=expected, found=found)
        return self


def read_request(path: Path) -> Request:
    """The request at `path`. Raises DocumentError when it is none."""
    return read_json(path, Request, what="request", max_bytes=MAX_BYTES)


def read_ballot(path: Path) -> Ballot:
    """The ballot at `path`; its signature is not looked at. Raises DocumentError when it is none."""
    return read_json(path, Ballot, what="ballot", max_bytes=MAX_BYTES)


def file_text(document: BaseModel) -> str:
    """A file of this room as it is written."""
    return document.model_dump_json(indent=2, by_alias=True, exclude_none=True) + "\n"


def make_request(values: Mapping[str, object]) -> Request:
    """The request of `values`, by field, as they were typed. Raises VoteRefused when one has a wrong form."""
    try:
        return Request.model_validate(values)
    except ValidationError as error:
        details = error.errors()[0]
        context = details.get("ctx", {})
        raise VoteRefused(
            f"{details['loc'][0]} has a wrong form",
            expected=context.get("expected") or in_house_words(details)[1],
            found=details["input"],
        ) from error
