"""What is to be sent, before anybody signs it."""

from __future__ import annotations

from dataclasses import dataclass

from dao.types import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be sent.

    Args:
        to: Who is called; None where `data` is creation code.
        data: The call.
        value: Ether sent along, in wei.
        nonce: The sender's nonce, where an address depends on it.
        gas: The gas limit, where the call succeeds in part with less than it needs, so that an estimate is too low.
    """

    to: Address | None
    data: bytes
    value: int = 0
    nonce: int | None = None
    gas: int | None = None
