"""A transaction as a node tells it, back into the bytes that its hash is of."""

from __future__ import annotations

from typing import Any

from dao.blocks.transactions import AUTHORIZATION, FIELDS, LEGACY, Field, Form, encode
from dao.chain.connection import hex_bytes, quantity
from dao.errors import CodecError, RpcError

_SAME = {"yParity": "v", "input": "data"}
"""Under what other name older nodes give a field."""


def transaction_of(answer: Any) -> bytes | None:
    """A transaction of JSON-RPC as bytes (EIP-2718); None where its type is not known.

    Raises RpcError when it is malformed. Whether it is the one that was asked for, its hash tells.
    """
    if not isinstance(answer, dict):
        raise RpcError("a transaction is malformed", expected="its fields", found=str(answer)[:80])
    kind = quantity(answer.get("type") or hex(LEGACY), "type")
    fields = FIELDS.get(kind)
    if fields is None:
        return None
    try:
        return encode(kind, [_value(answer, field) for field in fields])
    except CodecError as error:
        raise RpcError(error.what, expected=error.expected, found=error.found) from error


def _value(answer: Any, field: Field) -> Any:
    """A field of a transaction or authorization as `encode` takes it."""
    name, form = field
    value = answer.get(name)
    if value is None and name in _SAME:
        value = answer.get(_SAME[name])
    if form is Form.NUMBER:
        return quantity(value, name)
    if form is Form.RECEIVER:
        return b"" if value is None else hex_bytes(value, name)
    if form is Form.BYTES:
        return hex_bytes(value, name)
    if not isinstance(value, list):
        raise RpcError(f"{name} is malformed", expected="a list", found=str(value)[:80])
    if form is Form.HASHES:
        return [hex_bytes(entry, name) for entry in value]
    if any(not isinstance(entry, dict) for entry in value):
        raise RpcError(f"{name} is malformed", expected="entries with names", found=str(value)[:80])
    if form is Form.ACCESSES:
        return [
            [hex_bytes(entry.get("address"), "address"), _value(entry, ("storageKeys", Form.HASHES))] for entry in value
        ]
    return [[_value(entry, part) for part in AUTHORIZATION] for entry in value]
