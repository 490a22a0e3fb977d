"""Asks a node for the code of what proposals called: after they were made, before they were executed, and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dao.abi import keccak
from dao.audit.findings import Finding
from dao.audit.witness import Codes
from dao.chain.connection import Connection, hex_bytes
from dao.collecting.asking import Ask, answers
from dao.proving.called import Comparison, Decision, Sight, compare, sights


def codes_of(connection: Connection) -> Codes:
    """What a node says of it, as far as it keeps the states of those blocks; the calls raise ConnectionFailed."""

    def ask(decided: Sequence[Decision]) -> Sequence[Comparison]:
        wanted = sights(one for one in decided if one.executed is not None)
        asks = {Ask("eth_getCode", (sight.account, hex(sight.block)), _code): sight for sight in reversed(wanted)}
        hashes: dict[Sight, bytes] = {}
        codes: dict[bytes, bytes] = {}
        for chunk in answers(connection, list(asks)):
            for asked, code in chunk:
                digest = keccak(code)
                hashes[asks[asked]] = digest
                codes[digest] = code
        return tuple(compare(decided, hashes.get, codes.get))

    return ask


def exchanged(compared: Sequence[Comparison], check: str) -> list[Finding]:
    """Every target whose code changed, as a finding of `check`."""
    return [
        Finding(
            check=check,
            what=one.what,
            expected=one.expected,
            found=one.found,
            block=one.place.block,
            transaction=one.place.transaction,
        )
        for one in compared
        if one.expected != one.found
    ]


def _code(answer: Any) -> bytes:
    return hex_bytes(answer, "eth_getCode")
