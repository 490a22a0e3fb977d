"""The file in which a reporter signs what an epoch pays, or the answer to a dispute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dao.document.fields import Hash, HexBytes
from dao.document.json_file import read_json
from dao.document.signed import HexAddress, LetterText, Natural, Number

MAX_BYTES = 1024 * 1024
"""The longest file, in bytes."""

MAX_SIGNATURE = 32 * 1024
"""The longest signature of a contract account, in bytes."""

MAX_TEXT = 2_048
"""The longest address, reason or answer, in bytes; `Publications.MAX_TEXT`."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_UInt32 = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
_Signature = Annotated[HexBytes, Field(max_length=MAX_SIGNATURE)]


class SignedPublication(_Frozen):
    """A publication and its signature; the fields as the distributor takes them."""

    stream: Annotated[str, Field(strict=True, max_length=1_000)] = Field(description="The stream's path.")
    epoch: _UInt32
    series: _UInt32
    revision: _UInt32 = Field(description="How often the series was voided before.")
    root: Hash = Field(description="Root of the Merkle tree.")
    total: Number = Field(description="Sum of the payouts, in the token's smallest unit.")
    data_hash: Hash = Field(description="SHA-256 of the contributions.")
    data_uri: LetterText = Field(description="Where the contributions are.")
    signature: _Signature


class SignedAnswer(_Frozen):
    """The answer to a dispute and its signature; the fields as the distributor takes them."""

    stream: Annotated[str, Field(strict=True, max_length=1_000)] = Field(description="The stream's path.")
    epoch: _UInt32
    series: _UInt32
    revision: _UInt32
    account: HexAddress = Field(description="Who disputes.")
    text: LetterText = Field(description="The answer.")
    signature: _Signature


class Endorsement(_Frozen):
    """What one reporter signed."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    chain_id: Natural = Field(description="The chain.")
    distributor: HexAddress = Field(description="The distributor, in whose domain it is signed (EIP-712).")
    reporter: HexAddress = Field(description="Who signed.")
    publications: tuple[SignedPublication, ...] = ()
    answers: tuple[SignedAnswer, ...] = ()


def read_endorsement(path: Path) -> Endorsement:
    """The endorsement at `path`; its signatures are not looked at. Raises DocumentError when it is none."""
    return read_json(path, Endorsement, what="endorsement", max_bytes=MAX_BYTES)


def endorsement_text(endorsement: Endorsement) -> str:
    """The file as it is written."""
    return endorsement.model_dump_json(indent=2) + "\n"
