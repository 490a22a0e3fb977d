"""Pattern: a proposal names an address that begins and ends like a known one and is another.

In May 2024 somebody sent 1,155 WBTC to an address with the first and last digits of their own
(https://www.todayscrypto.news/address-poisoning-how-an-individual-lost-68-million-in-wbtc-in-one-transaction/).
In a proposal it is a target, a receiver, or an address in its text over calls that name another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dao.abi import checksum
from dao.audit.history import History, Proposed
from dao.audit.notice import Notice, Pattern
from dao.types import Address

NAME = "look-alike"
ENDS = 4
"""How many hexadecimal digits people compare at either end."""

_WRITTEN = re.compile(rb"0x([0-9a-fA-F]{40})(?![0-9a-fA-F])")
_PAD = bytes(12)
_LEAST = 2**144
"""Words below this are numbers: an address with so many zeros is not told from an amount."""


def notices(history: History) -> Iterator[Notice]:
    """One for each pair of addresses, at the proposal that names the second of them first."""
    known: dict[str, dict[str, str]] = {}
    for what, contract in history.contracts.items():
        digits = contract[2:].lower()
        known.setdefault(_ends(digits), {}).setdefault(digits, f"the {what}")
    for vote in history.votes:
        proposal = vote.proposal
        for where, digits in _named(proposal):
            alike = known.setdefault(_ends(digits), {})
            if digits in alike:
                continue
            for other, who in alike.items():
                yield Notice(
                    pattern=NAME,
                    what=vote.name,
                    detail=f"{_shown(digits)}, {where}, begins and ends like {_shown(other)}, {who}, and is another",
                    block=proposal.created.block,
                    transaction=proposal.created.transaction,
                )
            alike[digits] = f"{where} of {vote.name}"
        for ballot in vote.heavy(history.noteworthy(vote)):
            digits = ballot.voter[2:].lower()
            known.setdefault(_ends(digits), {}).setdefault(digits, f"a voter on {vote.name}")


def _ends(digits: str) -> str:
    """The digits at either end of an address."""
    return digits[:ENDS] + digits[-ENDS:]


def _shown(digits: str) -> Address:
    return checksum(bytes.fromhex(digits))


def _named(proposal: Proposed) -> Iterator[tuple[str, str]]:
    """The digits of every address that a proposal names, and where: proposer, text, targets, arguments."""
    yield "the proposer", proposal.proposer[2:].lower()
    for written in _WRITTEN.findall(proposal.description):
        yield "in the text", written.decode().lower()
    for index, call in enumerate(proposal.calls):
        yield f"the target of call {index}", call.target[2:].lower()
        for digits in _arguments(call.calldata):
            yield f"in call {index}", digits


def _arguments(calldata: bytes) -> Iterator[str]:
    """Words that can be addresses, of a call and of a call that is packed in its arguments."""
    for first in (4, 8):
        for start in range(first, len(calldata) - 31, 32):
            word = calldata[start : start + 32]
            if word.startswith(_PAD) and int.from_bytes(word, "big") >= _LEAST:
                yield word[12:].hex()


PATTERN = Pattern(
    name=NAME,
    looks_for="an address that begins and ends with the digits of a known one and is another",
    notices=notices,
)
