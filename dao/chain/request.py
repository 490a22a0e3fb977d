"""What is to be sent, before anybody signs it."""

from __future__ import annotations

from dataclasses import dataclass

from dao.types import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be sent. Without `to`, `data` is creation code. `value` is in wei; a set `nonce` fixes an address."""

    to: Address | None
    data: bytes
    value: int = 0
    nonce: int | None = None
