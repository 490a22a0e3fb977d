"""Completeness by blooms: no block of a range holds a log of the contracts that the bundle has not.

A block whose bloom excludes the contracts holds none of their logs. Of every other block the receipts root is rebuilt
from all receipts, and the contracts' logs in them must be those of the bundle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dao.artifacts import load
from dao.blocks.blooms import Filter
from dao.blocks.receipts import read_logs
from dao.blocks.tries import root_of
from dao.errors import CodecError
from dao.events.log import RawLog
from dao.proving.headers import Chain
from dao.proving.logs import between
from dao.proving.verdict import Contradiction, Line, Standing, Verdict
from dao.types import Address

BYTES_A_RECEIPT = 700
"""About how many bytes of JSON-RPC a receipt takes, its bloom of 256 bytes as digits included."""

RECEIPTS_A_BLOCK = 150
"""About how many transactions a block of a busy chain has."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What completeness by blooms takes. `calls` are requests of one block's receipts each, `bytes` an estimate."""

    blocks: int
    candidates: int
    calls: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Watched:
    """Contracts of which no log must be missing, and how their logs show in blooms."""

    addresses: frozenset[Address]
    filter: Filter


def watched_deployment(names: Mapping[Address, str]) -> Watched:
    """The contracts of a deployment of this project, by address and name: by the first topics of their events."""
    events = [(bytes.fromhex(address[2:]), load(contract).abi.events) for address, contract in names.items()]
    return Watched(frozenset(names), Filter(events))


def watched_contracts(addresses: Iterable[Address]) -> Watched:
    """Any contracts: by their addresses alone, because what events they have is not known."""
    known = frozenset(addresses)
    return Watched(known, Filter((bytes.fromhex(address[2:]), ()) for address in sorted(known)))


def candidates(chain: Chain, wanted: Filter, first: int, last: int) -> list[int]:
    """The blocks from `first` to `last` whose bloom does not exclude the contracts, of those whose header is there."""
    return [
        number
        for number in range(first, last + 1)
        if (header := chain.headers.get(number)) is not None and wanted.may_hold(header.logs_bloom)
    ]


def cost(chain: Chain, wanted: Filter, first: int, last: int, *, having: frozenset[int] = frozenset()) -> Cost:
    """What it takes to fetch the receipts of all candidates but those that are there already."""
    found = candidates(chain, wanted, first, last)
    calls = len(set(found) - having)
    size = calls * RECEIPTS_A_BLOCK * BYTES_A_RECEIPT
    return Cost(blocks=last - first + 1, candidates=len(found), calls=calls, bytes=size)


def prove_blooms(
    chain: Chain,
    watched: Watched,
    logs: Sequence[RawLog],
    receipts: Mapping[int, Sequence[bytes]],
    *,
    first: int,
    last: int,
) -> Verdict:
    """Whether the bundle has every log of the contracts in the blocks from `first` to `last`.

    Args:
        chain: Headers, of which all from `first` to the anchor must be there and linked.
        watched: The contracts.
        logs: All logs of the bundle.
        receipts: Receipts (EIP-2718) of candidates by block number, in the order of their transactions.
        first: First block of the range.
        last: Its last block.
    """
    what = f"no log is missing from blocks {first} to {last}"
    unlinked = sum(not chain.linked(number) for number in range(first, last + 1))
    by_block: dict[int, list[RawLog]] = defaultdict(list)
    for log in between(logs, first, last):
        if log.address in watched.addresses:
            by_block[log.block_number].append(log)
    found = candidates(chain, watched.filter, first, last)
    findings: list[Contradiction] = []
    missing = 0
    for number in found:
        if number not in receipts:
            missing += 1
            continue
        findings += _block(chain, number, receipts[number], by_block.get(number, []), watched.addresses)
    for number in sorted(by_block.keys() - set(found)):
        if number in chain.headers:
            what_log = f"{len(by_block[number])} logs"
            findings.append(_contradiction(number, what_log, "a bloom that excludes them", "logs in the bundle"))
    if unlinked or missing:
        detail = f"{unlinked} blocks are not linked to the anchor, {missing} of {len(found)} have no receipts"
        return Verdict((Line(what, Standing.TRUSTED, detail),), tuple(findings))
    detail = f"{last - first + 1 - len(found)} blooms exclude the contracts, {len(found)} receipts roots were rebuilt"
    return Verdict((Line(what, Standing.PROVED, detail),), tuple(findings))


def _block(
    chain: Chain, number: int, values: Sequence[bytes], logs: Sequence[RawLog], own: frozenset[Address]
) -> list[Contradiction]:
    """What the receipts of a block contradict."""
    root = root_of(values)
    header = chain.headers[number]
    if root != header.receipts_root:
        return [_contradiction(number, "receipts root", "0x" + header.receipts_root.hex(), "0x" + root.hex())]
    try:
        proved = list(_logs_in(values, own))
    except CodecError as error:
        return [_contradiction(number, "receipts", "receipts as EIP-2718 has them", str(error))]
    claimed = [
        (log.log_index, log.transaction_index, log.address, log.topics, log.data)
        for log in sorted(logs, key=lambda log: log.log_index)
    ]
    if proved == claimed:
        return []
    left_out, made_up = Counter(proved) - Counter(claimed), Counter(claimed) - Counter(proved)
    findings = []
    for entries, expected, found in (
        (left_out, "a log of the bundle", "left out, or another"),
        (made_up, "a log of the block's receipts, once", "made up, or another"),
    ):
        for index, transaction, address, _, _ in entries:
            place = f"log {index} of transaction {transaction}, of {address}"
            findings.append(_contradiction(number, place, expected, found))
    return findings


_Log = tuple[int, int, Address, tuple[bytes, ...], bytes]


def _logs_in(values: Iterable[bytes], own: frozenset[Address]) -> Iterable[_Log]:
    """The contracts' logs in receipts, with their index in the block."""
    index = 0
    for transaction, value in enumerate(values):
        for log in read_logs(value) or ():
            if log.address in own:
                yield index, transaction, log.address, log.topics, log.data
            index += 1


def _contradiction(number: int, what: str, expected: str, found: str) -> Contradiction:
    return Contradiction(block=number, contract="", what=what, expected=expected, found=found)
