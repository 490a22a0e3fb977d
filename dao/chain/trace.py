"""What a transaction did, out of a node's traces: the calls within it, and every slot that it changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dao.abi import checksum
from dao.chain.connection import hex_bytes, quantity
from dao.errors import RpcError
from dao.types import ZERO_ADDRESS, Address, is_hex_address

MAX_FRAMES = 100_000
"""The most calls of one transaction that are read."""

BALANCE = "balance"
CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One call within a transaction.

    Args:
        kind: The instruction: CALL, STATICCALL, DELEGATECALL, CREATE, SELFDESTRUCT and their like.
        depth: 0 for the transaction itself.
        sender: Who called.
        to: Who was called; the zero address where a creation failed.
        value: Ether sent along, in wei.
        data: The calldata, or the creation code.
        output: What came back: values, revert data, or code.
        error: Why it failed, in the node's words; empty where it did not.
        undone: Whether this call or one around it failed, so that what it did is gone.
    """

    kind: str
    depth: int
    sender: Address
    to: Address
    value: int
    data: bytes
    output: bytes
    error: str
    undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One thing that a transaction changed. `slot` is a storage slot (32 bytes), or BALANCE or CODE.

    `before` and `after` are the slot's words, the balance in wei as 32 bytes, or the code.
    """

    account: Address
    slot: bytes | str
    before: bytes
    after: bytes


def read_frames(answer: Any) -> tuple[Frame, ...]:
    """The calls in an answer of the callTracer, each after its caller. Raises RpcError when it is malformed."""
    frames: list[Frame] = []
    waiting: list[tuple[Any, int, bool]] = [(answer, 0, False)]
    while waiting:
        entry, depth, undone = waiting.pop()
        frame = _frame(entry, depth, undone)
        frames.append(frame)
        if len(frames) > MAX_FRAMES:
            raise RpcError("a trace has too many calls", expected=f"at most {MAX_FRAMES}")
        below = entry.get("calls") or []
        if not isinstance(below, list):
            raise _malformed(entry)
        waiting += [(child, depth + 1, frame.undone) for child in reversed(below)]
    return tuple(frames)


def read_writes(answer: Any) -> tuple[Write, ...]:
    """The changes in an answer of the prestateTracer's diff mode, by account. Raises RpcError when it is malformed."""
    try:
        before, after = dict(answer["pre"]), dict(answer["post"])
        return tuple(
            write
            for account in sorted({*before, *after})
            for write in _writes(checksum(account), before.get(account) or {}, after.get(account) or {})
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _malformed(answer) from error


def _writes(account: Address, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Write]:
    old, new = before.get("storage") or {}, after.get("storage") or {}
    for slot in sorted({*old, *new}):
        was, now = _word(old.get(slot)), _word(new.get(slot))
        if was != now:
            yield Write(account=account, slot=_word(slot), before=was, after=now)
    if "balance" in after:
        was, now = _word(before.get("balance")), _word(after["balance"])
        if was != now:
            yield Write(account=account, slot=BALANCE, before=was, after=now)
    if "code" in after:
        was, now = hex_bytes(before.get("code") or "0x", "code"), hex_bytes(after["code"], "code")
        if was != now:
            yield Write(account=account, slot=CODE, before=was, after=now)


def _word(value: Any) -> bytes:
    return (0 if value is None else quantity(value, "a word of a trace")).to_bytes(32, "big")


def _frame(entry: Any, depth: int, undone: bool) -> Frame:
    if not isinstance(entry, dict):
        raise _malformed(entry)
    error = str(entry.get("error") or "")
    try:
        return Frame(
            kind=str(entry["type"])[:20],
            depth=depth,
            sender=_address(entry["from"]),
            to=_address(entry.get("to") or ZERO_ADDRESS),
            value=quantity(entry.get("value") or "0x0", "value"),
            data=hex_bytes(entry.get("input") or "0x", "input"),
            output=hex_bytes(entry.get("output") or "0x", "output"),
            error=error,
            undone=undone or bool(error),
        )
    except KeyError as missing:
        raise _malformed(entry) from missing


def _address(value: Any) -> Address:
    if not isinstance(value, str) or not is_hex_address(value):
        raise RpcError("an address in a trace is malformed", found=str(value)[:80])
    return checksum(value)


def _malformed(found: Any) -> RpcError:
    return RpcError("a trace is malformed", found=str(found)[:200])
