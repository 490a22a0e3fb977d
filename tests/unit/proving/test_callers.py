"""Who called for proposals: proved from the header, recomputed without it, trusted where transactions are missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dao.abi import checksum
from dao.blocks.tries import path_in
from dao.chain.transaction_fields import transaction_of
from dao.evidence.transactions import StoredTransaction
from dao.proving.callers import WHAT, proposals_made, prove_callers
from dao.proving.headers import Chain
from dao.proving.verdict import Standing, Verdict
from tests.support.proposing import GOVERNOR, NUMBER, Block, block


@pytest.fixture(scope="module")
def made() -> Block:
    return block()


@pytest.fixture(scope="module")
def held(made: Block) -> tuple[StoredTransaction, ...]:
    data = [transaction_of(answer) or b"" for answer in made.transactions]
    return tuple(
        StoredTransaction(
            hash=log.transaction_hash,
            block_number=NUMBER,
            transaction_index=index,
            data=data[index],
            path=path_in(data, index),
            receipt_path=path_in(made.values, index),
        )
        for index, log in enumerate(made.logs)
    )


def verdict(made: Block, held: tuple[StoredTransaction, ...], *, linked: bool = True) -> Verdict:
    chain = Chain(made.header, {NUMBER: made.header}, NUMBER if linked else NUMBER + 1)
    return prove_callers(chain, made.logs, held)


def standing(found: Verdict) -> Standing:
    (line,) = found.lines
    assert line.what == WHAT
    return line.standing


def test_what_is_in_its_block_is_proved(made: Block, held: tuple[StoredTransaction, ...]) -> None:
    found = verdict(made, held)
    assert (standing(found), found.findings) == (Standing.PROVED, ())
    assert "8 transactions are in their blocks" in found.lines[0].detail
    assert prove_callers(Chain(made.header, {}, NUMBER), [], held) == Verdict((), ())


def test_without_the_header_the_hash_alone_speaks(made: Block, held: tuple[StoredTransaction, ...]) -> None:
    found = verdict(made, held, linked=False)
    assert (standing(found), found.findings) == (Standing.RECOMPUTED, ())
    assert "8 are in blocks that are not linked to the anchor" in found.lines[0].detail
    bare = (replace(held[0], path=(), receipt_path=()), *held[1:])
    found = verdict(made, bare)
    assert (standing(found), found.findings) == (Standing.RECOMPUTED, ())
    assert "of 1 the block has transactions of unknown types" in found.lines[0].detail
    found = prove_callers(Chain(made.header, {}, NUMBER), made.logs, held)
    assert (standing(found), found.findings) == (Standing.RECOMPUTED, ())


@pytest.mark.parametrize("change", ["left out", "hash", "block_number", "transaction_index"])
def test_a_transaction_that_is_missing_is_counted(
    made: Block, held: tuple[StoredTransaction, ...], change: str
) -> None:
    others = {"hash": b"\x01" * 32, "block_number": 6, "transaction_index": 9}
    rest = held[1:] if change == "left out" else (replace(held[0], **{change: others[change]}), *held[1:])
    found = verdict(made, rest)
    assert standing(found) is Standing.TRUSTED
    assert found.lines[0].detail.startswith("1 of 8 transactions")


def test_paths_that_lead_elsewhere_are_found(made: Block, held: tuple[StoredTransaction, ...]) -> None:
    first, second = held[:2]
    for other in (
        replace(first, path=second.path),
        replace(first, path=first.path[:-1]),
        replace(first, path=first.receipt_path),
        replace(first, receipt_path=second.receipt_path),
        replace(first, receipt_path=()),
        replace(first, data=second.data),
    ):
        found = verdict(made, (other, *held[1:]))
        assert [(finding.block, finding.what) for finding in found.findings] == [
            (NUMBER, f"transaction 0x{first.hash.hex()}")
        ]


@pytest.mark.parametrize("field", ["data", "topics", "address"])
def test_logs_that_the_transaction_did_not_make_are_found(
    made: Block, held: tuple[StoredTransaction, ...], field: str
) -> None:
    others = {"data": b"other", "topics": (*made.logs[0].topics, bytes(32)), "address": checksum(b"\x01" * 20)}
    log = replace(made.logs[0], **{field: others[field]})
    found = verdict(replace(made, logs=[log, *made.logs[1:]]), held)
    assert [finding.block for finding in found.findings] == [NUMBER]
    twice = verdict(replace(made, logs=[made.logs[0], *made.logs]), held)
    assert [finding.block for finding in twice.findings] == [NUMBER]


def test_only_the_governor_makes_proposals(made: Block) -> None:
    other = checksum(b"\x01" * 20)
    assert proposals_made(made.logs, {GOVERNOR: "governor", other: "token"}) == made.logs
    assert proposals_made(made.logs, {GOVERNOR: "token", other: "governor"}) == []
    assert proposals_made([replace(made.logs[0], topics=())], {GOVERNOR: "governor"}) == []
