"""Addresses that look like known ones: the same first or last characters, and another account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dao.abi import checksum
from dao.lifecycle.decoded import decoded, named
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.types import ZERO_ADDRESS, Address, is_hex_address

ENDS = 4
"""How many hexadecimal digits people compare at either end."""

MAX_TEXT = 50_000
"""How many characters of a text are looked at."""

_WRITTEN = re.compile(r"0x[0-9a-fA-F]{40}(?![0-9a-fA-F])")
_PAD = bytes(12)
_SMALL = 2**96


def _run(facts: Facts) -> Iterator[CheckResult]:
    known = _known(facts)
    found = False
    for address in sorted(_used(facts) - set(known)):
        for other in _alike(address, known):
            found = True
            head, tail = _ends(address)[0] == _ends(other)[0], _ends(address)[1] == _ends(other)[1]
            ends = "first and last" if head and tail else "first" if head else "last"
            yield CheckResult(
                "lookalikes",
                Verdict.FAILURE if head and tail else Verdict.WARNING,
                f"{address} has the {ends} characters of {other}, {known[other]}, and is another account",
            )
    if not found:
        yield CheckResult("lookalikes", Verdict.PASS, "no address looks like a known one")


def _alike(address: Address, known: Mapping[Address, str]) -> list[Address]:
    """Those of `known` that begin or end as `address` does."""
    head, tail = _ends(address)
    return [other for other in known if _ends(other)[0] == head or _ends(other)[1] == tail]


def _ends(address: Address) -> tuple[str, str]:
    """The digits at either end, without regard to the checksum's case."""
    return address[2 : 2 + ENDS].lower(), address[-ENDS:].lower()


def _known(facts: Facts) -> dict[Address, str]:
    """Addresses that voters have met, and what as."""
    deployment = facts.session.deployment
    a = deployment.addresses
    known: dict[Address, str] = {}
    for contract in (a.token, a.timelock, a.governor, a.policy):
        known[contract] = f"the {named(contract, deployment)}"
    for address, who in (
        *((account, "a delegate") for account in facts.powers),
        *((account, "an excluded delegate") for account in facts.settings.exclusions),
        (facts.settings.guardian, "the guardian"),
        (deployment.deployer, "the deployer"),
        *((proposal.proposer, "an earlier proposer") for proposal, _ in facts.others),
        *((call.target, "an earlier target") for proposal, _ in facts.others for call in proposal.calls),
    ):
        known.setdefault(address, who)
    if a.wraps is not None:
        known.setdefault(a.wraps, "the wrapped token")
    known.pop(ZERO_ADDRESS, None)
    return known


def _used(facts: Facts) -> set[Address]:
    """Every address in the proposal's calls and texts."""
    found = {checksum(text) for text in _WRITTEN.findall(f"{facts.examined.title} {facts.examined.text}"[:MAX_TEXT])}
    for one in decoded(facts.examined.calls, facts.session.deployment):
        found.add(one.call.target)
        if one.function:
            found |= set(_in(one.arguments))
        else:
            found |= set(_words(one.call.calldata[4:]))
    return found - {ZERO_ADDRESS}


def _in(value: object) -> Iterator[Address]:
    if isinstance(value, str) and is_hex_address(value):
        yield checksum(value)
    elif isinstance(value, (tuple, list)):
        for entry in value:
            yield from _in(entry)


def _words(data: bytes) -> Iterator[Address]:
    """Words of unexplained calldata that can be addresses: twelve zero bytes, then something large."""
    for start in range(0, len(data) - 31, 32):
        word = data[start : start + 32]
        if word.startswith(_PAD) and int.from_bytes(word, "big") >= _SMALL:
            yield checksum(word[12:])


CHECK = Check(name="lookalikes", looks="addresses that look like known ones", run=_run)
