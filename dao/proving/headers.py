"""Links the headers of a bundle to the anchor: each names its parent's hash, and a hash is recomputed from the bytes.

A block's place in the chain is proved by the headers between it and the anchor. Where only some headers were collected,
those that no chain of parents reaches are taken on trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dao.blocks.headers import Header, read_header
from dao.errors import CodecError, ProofError
from dao.events.log import RawLog
from dao.proving.logs import claims
from dao.proving.verdict import Contradiction, Line, Standing, Verdict


@dataclass(frozen=True, slots=True)
class StoredHeader:
    """A header as a bundle has it: the number and hash that it claims, and the bytes that decide."""

    number: int
    hash: bytes
    rlp: bytes


@dataclass(frozen=True, slots=True)
class Chain:
    """Headers of a bundle, by number.

    Args:
        anchor: The block that the auditor pinned.
        headers: All that are sound, by number; at most one of each.
        linked_from: The number from which on every header up to the anchor is there and linked to it.
    """

    anchor: Header
    headers: dict[int, Header]
    linked_from: int

    def linked(self, number: int) -> bool:
        """Whether the block of this number is proved to be an ancestor of the anchor, or the anchor."""
        return self.linked_from <= number <= self.anchor.number


def link(stored: Iterable[StoredHeader], anchor_hash: bytes) -> tuple[Chain, list[Contradiction]]:
    """The headers linked to the anchor, and those whose bytes or number contradict what is claimed of them.

    Raises ProofError when the header of the anchor is not among them: nothing would be proved.
    """
    found: dict[bytes, Header] = {}
    findings = []
    for entry in stored:
        try:
            header = read_header(entry.rlp)
        except CodecError as error:
            findings.append(_contradiction(entry.number, "header", "a block header", str(error)))
            continue
        if (header.number, header.hash) != (entry.number, entry.hash):
            expected = f"block {entry.number}, 0x{entry.hash.hex()}"
            findings.append(
                _contradiction(entry.number, "header", expected, f"block {header.number}, 0x{header.hash.hex()}")
            )
        found[header.hash] = header
    anchor = found.get(anchor_hash)
    if anchor is None:
        raise ProofError(
            "the bundle does not reach the anchor",
            expected="the header of block 0x" + anchor_hash.hex(),
            found=f"{len(found)} headers, none with this hash",
            remedy="pin the end block of this bundle, or collect again up to the block that you pin",
        )
    by_number = {anchor.number: anchor}
    lowest = anchor
    while (parent := found.get(lowest.parent_hash)) is not None:
        if parent.number != lowest.number - 1:
            findings.append(
                _contradiction(lowest.number, "parent's number", str(lowest.number - 1), str(parent.number))
            )
            break
        by_number[parent.number] = parent
        lowest = parent
    for header in found.values():
        known = by_number.setdefault(header.number, header)
        if known is not header:
            where = "in the anchor's chain" if header.number >= lowest.number else "in the bundle as well"
            findings.append(
                _contradiction(header.number, "header", f"0x{known.hash.hex()}, {where}", "0x" + header.hash.hex())
            )
    return Chain(anchor, by_number, lowest.number), findings


def prove_headers(chain: Chain, logs: Sequence[RawLog], *, from_block: int, to_block: int) -> Verdict:
    """Whether the logs' blocks are in the chain of the anchor, with the hash and time that the logs claim.

    Args:
        chain: The headers.
        logs: All logs of the bundle.
        from_block: The first block that logs were collected of.
        to_block: The last one; its state is compared with the logs.
    """
    findings: list[Contradiction] = []
    blocks: dict[int, tuple[bytes, int]] = {}
    for number, digest, timestamp in claims(logs):
        claimed = (digest, timestamp)
        known = blocks.setdefault(number, claimed)
        if known != claimed:
            findings.append(_contradiction(number, "block of a log", _block(known), _block(claimed)))
        if not from_block <= number <= to_block:
            findings.append(
                _contradiction(number, "block of a log", f"a block from {from_block} to {to_block}", "another")
            )
    trusted = 0
    for number, claimed in blocks.items():
        header = chain.headers.get(number)
        if header is not None and (header.hash, header.timestamp) != claimed:
            actual = _block((header.hash, header.timestamp))
            findings.append(_contradiction(number, "block of a log", _block(claimed), actual))
        trusted += not chain.linked(number)
    lines = [_end(chain, to_block)]
    what = "blocks of the logs are in the anchor's chain"
    if trusted:
        detail = f"{trusted} of {len(blocks)} blocks are not linked to the anchor: their headers were not all collected"
        lines.append(Line(what, Standing.TRUSTED, detail))
    else:
        detail = f"{len(blocks)} blocks, headers linked from {chain.linked_from} to {chain.anchor.number}"
        lines.append(Line(what, Standing.PROVED, detail))
    return Verdict(tuple(lines), tuple(findings))


def _end(chain: Chain, to_block: int) -> Line:
    what = f"end block {to_block}"
    if not chain.linked(to_block) or to_block not in chain.headers:
        return Line(what, Standing.TRUSTED, "no chain of headers leads from it to the anchor")
    if to_block == chain.anchor.number:
        return Line(what, Standing.PROVED, "it is the anchor")
    return Line(what, Standing.PROVED, f"an ancestor of the anchor, {chain.anchor.number - to_block} blocks before it")


def _block(claimed: tuple[bytes, int]) -> str:
    return f"0x{claimed[0].hex()} at {claimed[1]}"


def _contradiction(number: int, what: str, expected: str, found: str) -> Contradiction:
    return Contradiction(block=number, contract="", what=what, expected=expected, found=found)
