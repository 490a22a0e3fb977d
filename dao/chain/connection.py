"""One JSON-RPC connection: requests, batches and contract calls, with every failure as a DaoError."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dao.abi import Signature
from dao.chain.reverts import revert_data, to_error
from dao.chain.transport import Patience, Transport, shown_url
from dao.errors import CallReverted, CodecError, ConnectionFailed, RpcError, WrongChain
from dao.types import Address

BlockRef = int | Literal["latest", "pending"]
"""A block: its number, the newest, or the one that the node is about to make."""

BATCH = 100
"""How many requests travel in one JSON-RPC batch."""


@dataclass(frozen=True, slots=True)
class Block:
    """What we need of a block header. `timestamp` is in seconds."""

    number: int
    timestamp: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Ahead:
    """The block in which a transaction sent now would be mined, as far as the node knows. `timestamp` is in seconds."""

    ref: BlockRef
    timestamp: int


@dataclass(frozen=True, slots=True)
class View:
    """One contract call to be made: function `signature` of `address` with `arguments`."""

    address: Address
    signature: Signature
    arguments: tuple[Any, ...]


class Connection:
    """A node behind a JSON-RPC address. Made by `Connection.open`.

    Nothing is cached but the chain id, so that every answer is the node's answer of that moment.
    """

    def __init__(self, url: str, transport: Transport, chain_id: int) -> None:
        self.url = url
        self.chain_id = chain_id
        self._transport = transport

    @classmethod
    def open(
        cls,
        url: str,
        *,
        expected_chain_id: int | None = None,
        timeout: float | None = None,
        patience: Patience | None = None,
    ) -> Connection:
        """Connects to the node at `url` (http or https).

        Args:
            url: The node's address.
            expected_chain_id: The chain that it must be on, where one is known.
            timeout: Seconds to wait for an answer; those of `patience` if not given.
            patience: How long to wait, and how often to ask.

        Raises:
            ConnectionFailed: The node does not answer.
            WrongChain: It is on another chain.
        """
        if not url.startswith(("http://", "https://")):
            raise ConnectionFailed(
                "the node's address is no URL", expected="http://… or https://…", found=shown_url(url)
            )
        patience = patience or Patience()
        if timeout is not None:
            patience = replace(patience, timeout=timeout)
        connection = cls(url, Transport(url, patience), 0)
        connection.chain_id = quantity(connection.rpc("eth_chainId"), "eth_chainId")
        if expected_chain_id is not None:
            connection.require_chain(expected_chain_id)
        return connection

    def require_chain(self, chain_id: int) -> None:
        """Raises WrongChain unless the node is on chain `chain_id`."""
        if self.chain_id != chain_id:
            raise WrongChain(
                f"the node at {shown_url(self.url)} is on another chain",
                expected=f"chain {chain_id}",
                found=f"chain {self.chain_id}",
                remedy="give the RPC address of the right network with --rpc",
                values={"expected": chain_id, "found": self.chain_id},
            )

    def rpc(self, method: str, params: Sequence[Any] = (), *, decode: Callable[[bytes], Any] = json.loads) -> Any:
        """The result of one request, of a body that `decode` reads (see `Transport.ask`).

        Raises:
            ConnectionFailed: No answer.
            CallReverted: The node says that execution reverted.
            RpcError: Any other error, or an answer that is no JSON-RPC.
        """
        return _result(method, self._transport.ask(method, params, decode=decode))

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The results of many requests, in their order. Raises like `rpc`, for the first that failed."""
        return [_result(method, answer) for method, answer in self._answers(requests)]

    def each(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any | RpcError | CallReverted]:
        """As `batch`, with the error in its place for a request that the node refused, and the results of the others.

        Raises:
            ConnectionFailed: No answer.
            RpcError: The node refuses the batch as a whole.
        """
        return [_outcome(method, answer) for method, answer in self._answers(requests)]

    def _answers(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> Iterator[tuple[str, Any]]:
        """The method and the whole answer of each request."""
        for start in range(0, len(requests), BATCH):
            chunk = requests[start : start + BATCH]
            answers = self._transport.ask_all(chunk)
            if len(answers) != len(chunk):
                for answer in answers[:1]:
                    _result(chunk[0][0], answer)
                raise RpcError("the batch was not answered in full", expected=len(chunk), found=len(answers))
            yield from zip((method for method, _ in chunk), answers, strict=True)

    def block(self, ref: BlockRef = "latest") -> Block:
        """The header of a block. Raises RpcError when the node has no such block."""
        return _block(self.rpc("eth_getBlockByNumber", [_ref(ref), False]), ref)

    def gas_limit(self) -> int:
        """The gas that the newest block could hold."""
        header = self.rpc("eth_getBlockByNumber", ["latest", False])
        if not isinstance(header, dict):
            raise RpcError("the node has no newest block", found=header)
        return quantity(header.get("gasLimit"), "gasLimit")

    def ahead(self) -> Ahead:
        """By which block a transaction is judged before it is sent: the pending one, or the newest if there is none.

        What counts at a timepoint that must be over, such as voting power, differs between the two.
        """
        try:
            header = self.rpc("eth_getBlockByNumber", ["pending", False])
        except RpcError:
            header = None
        if isinstance(header, dict) and header.get("timestamp") is not None:
            return Ahead("pending", quantity(header["timestamp"], "timestamp"))
        return Ahead("latest", self.block().timestamp)

    def blocks(self, numbers: Sequence[int]) -> list[Block]:
        """The headers of many blocks, in their order."""
        answers = self.batch([("eth_getBlockByNumber", [_ref(number), False]) for number in numbers])
        return [_block(answer, number) for answer, number in zip(answers, numbers, strict=True)]

    def call(
        self,
        address: Address,
        signature: Signature,
        *arguments: Any,
        block: BlockRef = "latest",
    ) -> tuple[Any, ...]:
        """What a view of the contract at `address` returns at `block`.

        Raises:
            CallReverted: The call reverted.
            RpcError: The answer does not decode: there is no such contract, or another one.
        """
        return self.views([View(address, signature, arguments)], block=block)[0]

    def views(self, views: Sequence[View], *, block: BlockRef = "latest") -> list[tuple[Any, ...]]:
        """What many views return at `block`, in their order, asked in batches. Raises like `call`."""
        requests = [
            ("eth_call", [{"to": v.address, "data": _hex(v.signature.encode_call(*v.arguments))}, _ref(block)])
            for v in views
        ]
        answers = [self.rpc(*requests[0])] if len(requests) == 1 else self.batch(requests)
        return [_output(view, answer) for view, answer in zip(views, answers, strict=True)]

    def code(self, address: Address, *, block: BlockRef = "latest") -> bytes:
        """The code at `address`; empty where there is none."""
        return hex_bytes(self.rpc("eth_getCode", [address, _ref(block)]), "eth_getCode")

    def codes(self, addresses: Sequence[Address], *, block: BlockRef = "latest") -> list[bytes]:
        """The code at each of `addresses`, asked in batches."""
        answers = self.batch([("eth_getCode", [address, _ref(block)]) for address in addresses])
        return [hex_bytes(answer, "eth_getCode") for answer in answers]

    def storage(self, address: Address, slot: bytes, *, block: BlockRef = "latest") -> bytes:
        """The word (32 bytes) in a storage slot (32 bytes) of `address`."""
        answer = self.rpc("eth_getStorageAt", [address, _hex(slot), _ref(block)])
        return (quantity(answer, "eth_getStorageAt") % 2**256).to_bytes(32, "big")

    def balance(self, address: Address, *, block: BlockRef = "latest") -> int:
        """The ether that `address` holds, in wei."""
        return quantity(self.rpc("eth_getBalance", [address, _ref(block)]), "eth_getBalance")

    def nonce(self, address: Address, *, block: BlockRef = "latest") -> int:
        """How many transactions of `address` are mined at `block`."""
        return quantity(self.rpc("eth_getTransactionCount", [address, _ref(block)]), "eth_getTransactionCount")


def _outcome(method: str, answer: Any) -> Any | RpcError | CallReverted:
    try:
        return _result(method, answer)
    except (RpcError, CallReverted) as error:
        return error


def _result(method: str, answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise RpcError(f"{method} was answered with no JSON-RPC", expected="an object", found=type(answer).__name__)
    if answer.get("error") is not None:
        data = revert_data(answer["error"])
        if data is not None:
            raise to_error(data)
        refused = answer["error"] if isinstance(answer["error"], dict) else {"message": answer["error"]}
        code = refused.get("code")
        raise RpcError(
            f"{method} was refused by the node",
            found=str(refused.get("message"))[:500],
            values={"code": code} if isinstance(code, int) else None,
        )
    if "result" not in answer:
        raise RpcError(f"{method} was answered without a result", found=sorted(map(str, answer))[:10])
    return answer["result"]


def _output(view: View, answer: Any) -> tuple[Any, ...]:
    data = hex_bytes(answer, view.signature.text)
    try:
        return view.signature.decode_output(data)
    except CodecError as error:
        raise RpcError(
            f"{view.address} does not answer {view.signature.text} as the contract would",
            expected=f"({','.join(view.signature.output_types)})",
            found=f"{len(data)} bytes",
            remedy="check that the deployment file belongs to this chain",
        ) from error


def _block(answer: Any, ref: BlockRef) -> Block:
    if not isinstance(answer, dict):
        raise RpcError("the node has no such block", expected=f"block {ref}", found=answer)
    number = quantity(answer.get("number"), "number")
    if ref not in ("latest", number):
        raise RpcError("the node answers with another block", expected=f"block {ref}", found=f"block {number}")
    return Block(
        number=number,
        timestamp=quantity(answer.get("timestamp"), "timestamp"),
        hash=hex_bytes(answer.get("hash"), "hash"),
    )


def _ref(ref: BlockRef) -> str:
    return ref if isinstance(ref, str) else hex(ref)


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def quantity(value: Any, what: str) -> int:
    """The number in a JSON-RPC answer about `what`. Raises RpcError when it is none."""
    try:
        number = int(value, 16)
        if number < 0:
            raise ValueError(value[:10])
        return number
    except (TypeError, ValueError) as error:
        raise RpcError(f"{what} is malformed", expected="a hexadecimal number", found=str(value)[:80]) from error


def hex_bytes(value: Any, what: str) -> bytes:
    """The bytes in a JSON-RPC answer about `what`. Raises RpcError when they are none."""
    try:
        if not value.startswith("0x"):
            raise ValueError(value[:10])
        return bytes.fromhex(value[2:])
    except (AttributeError, TypeError, ValueError) as error:
        raise RpcError(f"{what} is malformed", expected="0x and hexadecimal bytes", found=str(value)[:80]) from error
