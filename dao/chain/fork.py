"""A private copy of a chain as of one block, in which any account can send at any time: what would happen, happens.

The copy is an anvil that reads what it lacks from the node: the contracts' own bytecode runs over the chain's state. In
it gas costs nothing, and its blocks hold as many transactions as they are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dao.abi import checksum
from dao.chain import node
from dao.chain.connection import Block, Connection, quantity
from dao.chain.logs import to_logs
from dao.chain.reverts import to_error
from dao.chain.trace import Frame, Write, read_frames, read_writes
from dao.chain.transaction import GAS_LIMIT_CAP
from dao.errors import CallReverted, RpcError
from dao.events.log import RawLog
from dao.types import Address, Call

_BLOCK_GAS = 10**10
_SOURCE = "DAO_FORK_SOURCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A transaction of a fork, and everything that it did.

    Args:
        block: Number of its block in the fork.
        timestamp: The block's timestamp (seconds).
        error: Why it failed; None where it succeeded.
        gas_used: The gas that it took.
        logs: What was logged, in order.
        frames: Every call that was made, in order, each after its caller; failed ones and what they undid included.
        writes: Every slot, balance and code that it changed; the sender's nonce left out.
    """

    block: int
    timestamp: int
    error: CallReverted | None
    gas_used: int
    logs: tuple[RawLog, ...]
    frames: tuple[Frame, ...]
    writes: tuple[Write, ...]


class Fork:
    """The copy. Made by `forked`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def mine(self, timestamp: int, calls: Sequence[tuple[Address, Call]] = ()) -> list[str]:
        """Mines a block at `timestamp` (seconds), or right after the newest, with one transaction for each call.

        Args:
            timestamp: When.
            calls: Senders and what they call, in order.

        Returns the transactions' hashes. Whether they succeeded is in their receipts.
        """
        hashes = [str(self.connection.rpc("eth_sendTransaction", [_fields(sender, call)])) for sender, call in calls]
        self.connection.rpc("evm_setNextBlockTimestamp", [max(timestamp, self.head().timestamp + 1)])
        self.connection.rpc("evm_mine")
        return hashes

    def execute(self, timestamp: int, sender: Address, call: Call) -> Executed:
        """Mines a block at `timestamp` (seconds) with one transaction, and tells everything that it did."""
        (digest,) = self.mine(timestamp, [(sender, call)])
        return self._executed(digest)

    def succeeded(self, digest: str) -> bool:
        """Whether the mined transaction `digest` succeeded."""
        return _field(self.connection.rpc("eth_getTransactionReceipt", [digest]), "status") == 1

    def error(self, digest: str) -> CallReverted | None:
        """Why the mined transaction `digest` failed; None where it succeeded."""
        return None if self.succeeded(digest) else self._executed(digest).error

    def head(self) -> Block:
        """The newest block."""
        return self.connection.block()

    def set_storage(self, account: Address, slot: bytes, word: bytes) -> None:
        """Writes a slot (32 bytes) of `account`, and mines nothing."""
        self.connection.rpc("anvil_setStorageAt", [account, "0x" + slot.hex(), "0x" + word.hex()])

    def _executed(self, digest: str) -> Executed:
        connection = self.connection
        receipt, calls, state = connection.batch(
            [
                ("eth_getTransactionReceipt", [digest]),
                ("debug_traceTransaction", [digest, {"tracer": "callTracer"}]),
                (
                    "debug_traceTransaction",
                    [digest, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}],
                ),
            ]
        )
        number = _field(receipt, "blockNumber")
        raw = list(receipt.get("logs") or ())
        emitters = sorted({checksum(entry["address"]) for entry in raw})
        frames = read_frames(calls)
        failed = _field(receipt, "status") != 1
        return Executed(
            block=number,
            timestamp=connection.block(number).timestamp,
            error=_failure(frames[0]) if failed else None,
            gas_used=_field(receipt, "gasUsed"),
            logs=tuple(to_logs(connection, raw, addresses=emitters, from_block=number, to_block=number)),
            frames=frames,
            writes=() if failed else read_writes(state),
        )


@contextmanager
def forked(connection: Connection, block: int, *, start: Path) -> Iterator[Fork]:
    """A copy of the chain behind `connection` as of `block`; it ends with the code block, however that ends.

    Args:
        connection: The node. It must answer for the state of `block` as long as the copy lives.
        block: Number of the block.
        start: Where to look for anvil's `node_modules` from.

    Raises NodeError when anvil is not installed or does not come up.
    """
    port = node.free_port()
    command = [
        str(node.find_anvil(start)),
        *("--host", node.HOST, "--port", str(port), "--silent"),
        *("--fork-url", "source", "--fork-block-number", str(block), "--no-storage-caching", "--no-rate-limit"),
        *("--auto-impersonate", "--accounts", "0", "--no-mining", "--order", "fifo"),
        *("--gas-limit", str(_BLOCK_GAS), "--gas-price", "0", "--block-base-fee-per-gas", "0"),
        *("--prune-history", str(node.STATES)),
    ]
    with TemporaryDirectory(prefix="dao-fork-") as folder:
        # By an alias, and the address in the environment: it may hold a key, and arguments are everybody's to read.
        alias = f'[rpc_endpoints]\nsource = "${{{_SOURCE}}}"\n'
        Path(folder, "foundry.toml").write_text(alias, encoding="utf-8")
        process = node.spawn(command, detached=False, folder=Path(folder), environment={_SOURCE: connection.url})
        try:
            yield Fork(node.await_node(process, port, chain_id=connection.chain_id))
        finally:
            node.end(process)


def _fields(sender: Address, call: Call) -> dict[str, Any]:
    return {
        "from": sender,
        "to": call.target,
        "value": hex(call.value),
        "data": "0x" + call.calldata.hex(),
        "gas": hex(GAS_LIMIT_CAP),
        "gasPrice": "0x0",
    }


def _field(receipt: Any, name: str) -> int:
    if not isinstance(receipt, dict):
        raise RpcError("the fork did not mine a transaction", expected="a receipt", found=receipt)
    return quantity(receipt.get(name), name)


def _failure(frame: Frame) -> CallReverted:
    if frame.error == "out of gas" or not frame.output:
        what = frame.error or "it reverted without a reason"
        return CallReverted(what, error="", arguments={}, data=frame.output)
    return to_error(frame.output)
