"""Transactions for a multisig to sign, as the JSON that Safe's Transaction Builder loads."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dao.abi import keccak
from dao.errors import FileError, Unsent
from dao.types import Address

_VERSION = "1.0"
_BUILDER = "1.16.5"
"""The release of the Transaction Builder whose files these are like."""


@dataclass(frozen=True, slots=True)
class SafeCall:
    """One call of the batch; `value` is in wei."""

    to: Address
    value: int
    data: bytes


def write(path: Path, calls: Sequence[SafeCall], *, chain_id: int, account: Address, name: str, created: int) -> Unsent:
    """Writes `calls` to `path`, whole or not at all; what there is to say of it.

    Args:
        path: The file.
        calls: What the multisig is to do, in this order and at once.
        chain_id: The chain.
        account: The multisig.
        name: What the batch is called.
        created: When it was made (seconds).

    Raises FileError when it cannot be written.
    """
    document = batch(calls, chain_id=chain_id, account=account, name=name, created=created)
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise FileError(f"{path} cannot be written", found=error.strerror or type(error).__name__) from None
    return Unsent(str(path), transactions=len(calls), checksum=document["meta"]["checksum"])


def batch(calls: Sequence[SafeCall], *, chain_id: int, account: Address, name: str, created: int) -> dict[str, Any]:
    """The batch file, its checksum included; `BatchFile` of Safe's Transaction Builder."""
    document: dict[str, Any] = {
        "version": _VERSION,
        "chainId": str(chain_id),
        "createdAt": created * 1_000,
        "meta": {
            "name": name,
            "description": "",
            "txBuilderVersion": _BUILDER,
            "createdFromSafeAddress": account,
            "createdFromOwnerAddress": "",
        },
        "transactions": [
            {
                "to": call.to,
                "value": str(call.value),
                "data": "0x" + call.data.hex(),
                "contractMethod": None,
                "contractInputsValues": None,
            }
            for call in calls
        ],
    }
    document["meta"]["checksum"] = checksum(document)
    return document


def checksum(document: dict[str, Any]) -> str:
    """The checksum of a batch file without one: `calculateChecksum` of the Transaction Builder.

    keccak-256 over a serialisation of its own, in which the batch has no name: objects are their sorted keys and then
    their values, each followed by a comma.
    """
    nameless = {**document, "meta": {**document["meta"], "name": None}}
    return "0x" + keccak(_serialized(nameless).encode()).hex()


def _serialized(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_serialized, value))}]"
    if isinstance(value, dict):
        keys = sorted(value)
        return f"{{{_json(keys)}{''.join(f'{_serialized(value[key])},' for key in keys)}}}"
    return _json(value)


def _json(value: Any) -> str:
    """As JavaScript's JSON.stringify writes texts, integers, null, and lists of texts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
