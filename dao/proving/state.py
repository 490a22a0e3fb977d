"""Compares every word of storage that the replayed state implies with the one that a header's state root proves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dao.blocks.headers import Header
from dao.blocks.tries import Nodes
from dao.proving.accounts import account_at, word_at
from dao.proving.layout import Slot
from dao.proving.slots import slots, undecided
from dao.proving.verdict import Contradiction, Line, Standing, Verdict
from dao.replay.state import GovernanceState
from dao.types import Address, Addresses

MOST_FINDINGS = 1_000
"""The most contradictions of one contract that are listed one by one; the rest is counted."""


@dataclass(slots=True)
class _Count:
    proved: int = 0
    missing: int = 0
    contradicted: int = 0
    findings: list[Contradiction] = field(default_factory=list)


def prove_state(header: Header, state: GovernanceState, nodes: Nodes) -> Verdict:
    """Compares the storage that `state` implies with the one that the state root of `header` proves.

    Args:
        header: Of the block after which `state` is so.
        state: What the logs of the bundle say.
        nodes: Nodes of the state trie and of storage tries; none is believed that the root does not lead to.

    Raises CodecError when the state root leads to what is no state: the header is of another kind of chain.
    """
    counts = compare(header, slots(state, header.timestamp), nodes)
    names = contract_names(state)
    lines, findings = [], []
    for account, count in counts.items():
        name = names.get(account, "contract")
        lines.append(_line(name, account, count))
        findings += count.findings
    supply = _supply(header, state, counts.get(state.addresses.token, _Count()))
    lines += [line for line in [supply[0]] if line] + [
        Line("no other state", Standing.TRUSTED, "; ".join(undecided(state, header.timestamp)))
    ]
    findings += supply[1]
    return Verdict(tuple(lines), tuple(findings))


def compare(header: Header, expected: Iterable[Slot], nodes: Nodes) -> dict[Address, _Count]:
    """How many words of each contract are proved as expected, have no proof, or contradict."""
    counts: dict[Address, _Count] = {}
    roots: dict[Address, bytes | None] = {}
    for slot in expected:
        count = counts.setdefault(slot.account, _Count())
        if slot.account not in roots:
            account = account_at(header.state_root, slot.account, nodes)
            roots[slot.account] = account.storage_root if account else None
        root = roots[slot.account]
        word = None if root is None else word_at(root, slot.key, nodes)
        if word is None:
            count.missing += 1
        elif _masked(word, slot.mask) == _masked(slot.expected, slot.mask):
            count.proved += 1
        else:
            count.contradicted += 1
            if count.contradicted <= MOST_FINDINGS:
                count.findings.append(
                    Contradiction(
                        block=header.number,
                        contract=slot.account,
                        what=slot.what,
                        expected="0x" + _masked(slot.expected, slot.mask).hex(),
                        found="0x" + _masked(word, slot.mask).hex(),
                    )
                )
    return counts


def contract_names(state: GovernanceState) -> dict[Address, str]:
    """What each contract of the deployment is, by address; timelocks that it moved to included."""
    return names_of(state.addresses, state.min_delays)


def names_of(addresses: Addresses, timelocks: Iterable[Address]) -> dict[Address, str]:
    """What each contract of a deployment is, by address, with every timelock that it had."""
    names = dict.fromkeys(timelocks, "TimelockController")
    names |= {
        addresses.token: addresses.token_contract,
        addresses.timelock: "TimelockController",
        addresses.governor: "RewardGovernor",
        addresses.policy: "RewardPolicy",
    }
    if addresses.distributor is not None:
        names[addresses.distributor] = "RewardDistributor"
    return names


def _line(name: str, account: Address, count: _Count) -> Line:
    what = f"state of {name} {account}"
    total = count.proved + count.missing + count.contradicted
    if count.contradicted:
        return Line(what, Standing.PROVED, f"{count.contradicted} of {total} words are not what the logs imply")
    if count.missing:
        return Line(what, Standing.TRUSTED, f"{count.missing} of {total} words have no proof in the bundle")
    return Line(what, Standing.PROVED, f"all {total} words that the logs imply, arrays' lengths and zeros included")


def _supply(header: Header, state: GovernanceState, count: _Count) -> tuple[Line | None, list[Contradiction]]:
    """Whether all balances together are the total supply: a holder whom no log names would be missing."""
    total, supply = sum(state.token.balances.values()), state.token.supply.latest()
    if total != supply:
        contradiction = Contradiction(
            block=header.number,
            contract=state.addresses.token,
            what="sum of all balances",
            expected=f"the total supply, {supply}",
            found=str(total),
        )
        return None, [contradiction]
    if count.missing or count.contradicted or not count.proved:
        return None, []
    detail = f"{len(state.token.balances)} balances sum to {supply}: nobody else holds any"
    return Line("balances sum to the total supply", Standing.PROVED, detail), []


def _masked(word: bytes, mask: bytes) -> bytes:
    return bytes(a & b for a, b in zip(word, mask, strict=True))
