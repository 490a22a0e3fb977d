"""Whether what stands on chain is what file and lock compile to, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dao.document.loader import Source
from dao.proposal.calldata import compile_proposal
from dao.proposal.description import describe
from dao.proposal.document import ProposalDocument
from dao.proposal.identity import description_hash, proposal_id
from dao.proposal.lock import Lock
from dao.types import Call


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Args:
        field: What differs: `description`, `proposal_id`, `calls.0.calldata` and the like.
        expected: What file and lock compile to.
        found: What is there instead.
        where: Where it was found: `chain` or `lock`.
    """

    field: str
    expected: str
    found: str
    where: Literal["chain", "lock"] = "chain"


def verify(
    document: ProposalDocument,
    lock: Lock,
    *,
    calls: Sequence[Call],
    description: str,
    source: Source | None = None,
) -> tuple[Difference, ...]:
    """Every difference between a proposal file with its lock and a proposal on chain; none if they are the same.

    Args:
        document: The proposal file.
        lock: Its lock.
        calls: The calls of the proposal on chain.
        description: Its description.
        source: Where the document was loaded from, so that errors name file and line.

    Raises DocumentError or ProposalError when the file does not compile in the lock's context.
    """
    expected_calls = compile_proposal(document, lock.context, source=source)
    expected_text = describe(document, proposer=lock.proposer)
    expected_hash = description_hash(expected_text)
    locked = [
        ("proposal_id", str(proposal_id(expected_calls, expected_hash)), str(lock.proposal_id)),
        ("description_hash", _hex(expected_hash), _hex(lock.description_hash)),
    ]
    on_chain = [("description", expected_text, description), *_call_pairs(expected_calls, calls)]
    return (
        *(Difference(field, expected, found, "lock") for field, expected, found in locked if expected != found),
        *(Difference(field, expected, found) for field, expected, found in on_chain if expected != found),
    )


def _call_pairs(expected: Sequence[Call], found: Sequence[Call]) -> Iterator[tuple[str, str, str]]:
    yield "calls", str(len(expected)), str(len(found))
    for index, (ours, theirs) in enumerate(zip(expected, found, strict=False)):
        yield f"calls.{index}.target", ours.target.lower(), theirs.target.lower()
        yield f"calls.{index}.value", str(ours.value), str(theirs.value)
        yield f"calls.{index}.calldata", _hex(ours.calldata), _hex(theirs.calldata)


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
