"""A contract that destroys itself and comes back as another one, on a chain that still lets it (before EIP-6780)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dao.abi import keccak
from dao.chain import node
from dao.chain.connection import Connection
from dao.collecting.targets import collect_targets
from dao.events.decode import Place
from dao.proving.called import Decision, Target
from dao.proving.headers import link
from dao.proving.targets import prove_targets
from dao.proving.verdict import Standing, Verdict
from tests.support.chain import ROOT
from tests.support.exchanging import FACTORY, birth, born_at, creation, mined, mined_together
from tests.support.history import create_address
from tests.support.proving import stored_headers

MOTHER = bytes.fromhex("3660065733ff5b3660006000373660006000f000")
"""Creates what it is sent, and destroys itself when it is sent nothing: its next life counts its children anew."""
PARENT = born_at(MOTHER, 0)
CHILD = create_address(PARENT, 1)
FIRST = bytes.fromhex("3615600657005b33ff")
"""Does nothing when it is sent data, and destroys itself when it is sent none."""
SECOND = FIRST + b"\x00"
REBORN = ((CHILD, b""), (PARENT, b""), (FACTORY, birth(MOTHER, 0)))
"""What must happen before PARENT can create another CHILD."""


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    port = node.free_port()
    options = ("--port", str(port), "--hardfork", "shanghai", "--silent", "--prune-history", "256")
    process = node.spawn([str(node.find_anvil(ROOT)), *options], detached=False)
    try:
        yield node.await_node(process, port)
    finally:
        node.end(process)


@pytest.fixture(scope="module")
def blocks(connection: Connection) -> dict[str, int]:
    """FIRST stands there, then SECOND in the next block, then FIRST again in the one after."""
    mined(connection, FACTORY, birth(MOTHER, 0))
    mined(connection, PARENT, creation(FIRST))
    found = {"made": connection.block().number}
    for name, code in (("exchanged", SECOND), ("restored", FIRST)):
        mined_together(connection, *REBORN, (PARENT, creation(code)), (CHILD, b"\x01"))
        found[name] = connection.block().number
        assert connection.code(CHILD) == code
    mined(connection, CHILD, b"\x01")
    return {**found, "after": connection.block().number}


def place(block: int) -> Place:
    return Place(block=block, timestamp=0, transaction=bytes([block]) * 32, log_index=0)


def proved(connection: Connection, made: int, executed: int) -> Verdict:
    """The verdict of a proposal that sends data to CHILD."""
    one = Decision(id=7, targets=(Target(CHILD, True),), created=place(made), executed=place(executed))
    headers = stored_headers(connection, range(connection.block().number + 1))
    chain, _ = link(headers, headers[-1].hash)
    return prove_targets(chain, [one], tuple(collect_targets([connection], [one], chain.headers)))


def shown(code: bytes) -> str:
    return f"code with hash 0x{keccak(code).hex()}, length {len(code)}"


def test_exchanged_in_the_block_of_the_execution(connection: Connection, blocks: dict[str, int]) -> None:
    made, executed = blocks["made"], blocks["exchanged"]
    verdict = proved(connection, made, executed)
    assert [line.standing for line in verdict.lines] == [Standing.PROVED]
    [finding] = verdict.findings
    assert (finding.block, finding.transaction) == (executed, bytes([executed]) * 32)
    assert finding.expected == f"{shown(FIRST)}, as at the end of block {made}, in which it was proposed"
    after = f"{shown(SECOND)} at the end of block {executed}, in which it was executed"
    assert finding.found == f"{shown(FIRST)} at the end of block {made}, {after}"


def test_restored_in_the_block_of_the_execution(connection: Connection, blocks: dict[str, int]) -> None:
    """After it all is as it was: the block before it tells."""
    [finding] = proved(connection, blocks["made"], blocks["restored"]).findings
    assert f"{shown(SECOND)} at the end of block {blocks['exchanged']}" in finding.found


def test_exchanged_and_restored_before_the_execution(connection: Connection, blocks: dict[str, int]) -> None:
    """What ran is what was there when it was proposed."""
    verdict = proved(connection, blocks["made"], blocks["after"])
    assert [line.standing for line in verdict.lines] == [Standing.PROVED]
    assert verdict.findings == ()
