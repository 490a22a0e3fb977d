"""Who called for proposals: each transaction hashes to what the logs name, lies in its block, and made the logs there.

By its hash alone a transaction follows from the logs that name it. That the logs name the right one follows from the
header: at the same place of the block the transactions root has the transaction, and the receipts root its receipt with
the logs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto

from dao.artifacts import load
from dao.blocks.receipts import read_logs
from dao.blocks.tries import value_on_path
from dao.errors import CodecError
from dao.events.log import RawLog
from dao.evidence.transactions import StoredTransaction
from dao.proving.headers import Chain
from dao.proving.verdict import Contradiction, Line, Standing, Verdict
from dao.types import Address

WHAT = "who called for proposals"


class _Found(Enum):
    PROVED = auto()
    UNLINKED = auto()
    ALONE = auto()
    MISSING = auto()


def prove_callers(chain: Chain, created: Sequence[RawLog], transactions: Iterable[StoredTransaction]) -> Verdict:
    """Whether the transactions of the logs in `created` are in the blocks of these logs, and made them.

    Args:
        chain: The headers.
        created: The logs with which proposals were made.
        transactions: Transactions of the bundle, each of which has its hash.
    """
    if not created:
        return Verdict((), ())
    held = {(entry.hash, entry.block_number, entry.transaction_index): entry for entry in transactions}
    by_place: dict[tuple[bytes, int, int], list[RawLog]] = defaultdict(list)
    for log in created:
        by_place[log.transaction_hash, log.block_number, log.transaction_index].append(log)
    found: Counter[_Found] = Counter()
    findings: list[Contradiction] = []
    for place, logs in by_place.items():
        entry = held.get(place)
        header = chain.headers.get(place[1])
        if entry is None:
            found[_Found.MISSING] += 1
        elif header is None or not entry.path:
            found[_Found.ALONE] += 1
        else:
            found[_Found.PROVED if chain.linked(header.number) else _Found.UNLINKED] += 1
            try:
                if value_on_path(header.transactions_root, entry.transaction_index, entry.path) != entry.data:
                    raise CodecError("the block has another transaction at its place")
                _require_logs(value_on_path(header.receipts_root, entry.transaction_index, entry.receipt_path), logs)
            except CodecError as error:
                findings.append(
                    Contradiction(
                        block=header.number,
                        contract="",
                        what=f"transaction 0x{entry.hash.hex()}",
                        expected="to be in the block, and to have made the logs that name it",
                        found=str(error),
                    )
                )
    return Verdict((_line(found),), tuple(findings))


def proposals_made(logs: Iterable[RawLog], contracts: Mapping[Address, str]) -> list[RawLog]:
    """The logs with which the governor among `contracts`, by address with their names, says that a proposal was made.

    It is the same event in OpenZeppelin's Governor and in Compound's GovernorBravo.
    """
    governors = {address for address, name in contracts.items() if name == "governor"}
    topics = (load("RewardGovernor").abi.event("ProposalCreated").hash,)
    return [log for log in logs if log.topics[:1] == topics and log.address in governors]


def _require_logs(receipt: bytes, logs: Sequence[RawLog]) -> None:
    made = Counter((log.address, log.topics, log.data) for log in read_logs(receipt) or ())
    if Counter((log.address, log.topics, log.data) for log in logs) - made:
        raise CodecError("the receipt at its place has not these logs")


def _line(found: Counter[_Found]) -> Line:
    count = found.total()
    if found[_Found.MISSING]:
        detail = f"{found[_Found.MISSING]} of {count} transactions are not in the bundle, or of an unknown type"
        return Line(WHAT, Standing.TRUSTED, detail)
    if found[_Found.PROVED] == count:
        detail = f"{count} transactions are in their blocks and made the logs there; signatures tell the senders"
        return Line(WHAT, Standing.PROVED, detail)
    detail = f"{count} transactions hash to what the logs name, signatures tell the senders"
    if found[_Found.UNLINKED]:
        detail += f"; {found[_Found.UNLINKED]} are in blocks that are not linked to the anchor"
    if found[_Found.ALONE]:
        detail += f"; of {found[_Found.ALONE]} the block has transactions of unknown types"
    return Line(WHAT, Standing.RECOMPUTED, detail)
