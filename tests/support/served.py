"""A history of logs behind a JSON-RPC address of its own, with the limits and lies of providers."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import rlp

from dao.abi import checksum, keccak
from dao.types import Addresses
from tests.support.faulty import Exchange, Faulty, faulty

CHAIN_ID = 4242
_NAMES = ("token", "timelock", "governor", "policy")
CONTRACTS = Addresses(**{name: checksum(bytes([place + 1]) * 20) for place, name in enumerate(_NAMES)})
ADDRESSES = tuple(getattr(CONTRACTS, name).lower() for name in _NAMES)
_FIELDS = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
    "baseFeePerGas",
)
_NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}

Json = dict[str, Any]
Refuse = Callable[[int, int, int], Json | None]
"""An error for a range's first block, last block and number of logs; None for none."""


@dataclass
class History:
    """Blocks, each with its header and logs as JSON-RPC has them."""

    headers: list[Json] = field(default_factory=list)
    logs: list[list[Json]] = field(default_factory=list)

    @classmethod
    def random(cls, seed: int, *, blocks: int, busiest: int = 5) -> History:
        """A chain of `blocks` blocks with up to `busiest` logs each; one block in fifty has more."""
        made = cls()
        made.grow(random.Random(seed), blocks, busiest)
        return made

    def grow(self, chance: random.Random, blocks: int, busiest: int) -> None:
        """Adds blocks."""
        for number in range(len(self.headers), len(self.headers) + blocks):
            header = _header(number, self.headers[-1]["hash"] if self.headers else "0x" + "00" * 32, chance)
            count = chance.randint(0, busiest) * (20 if number % 50 == 7 else 1)
            self.headers.append(header)
            self.logs.append([_log(header, place, chance) for place in range(count)])

    def forked(self, depth: int, seed: int) -> History:
        """The same chain with its last `depth` blocks replaced."""
        kept = len(self.headers) - depth
        made = History(self.headers[:kept], self.logs[:kept])
        made.grow(random.Random(seed), depth, 3)
        return made

    def range(self, first: int, last: int) -> list[Json]:
        """The logs of blocks `first` to `last`."""
        return [log for block in self.logs[first : last + 1] for log in block]


@dataclass
class Provider:
    """A node that has a history, and its ways.

    Args:
        history: What it has; may be replaced while it is asked.
        cut: How many logs it answers at most, without a word.
        refuse: The error that it answers with instead.
        lie: What it makes of an answer to eth_getLogs.
        faults: Called before every answer to eth_getLogs with the number of it, from 1; whether it answered itself.
        asked: The ranges that were asked for.
    """

    history: History
    cut: int | None = None
    refuse: Refuse | None = None
    lie: Callable[[list[Json]], list[Json]] | None = None
    faults: Callable[[int, Exchange], bool] | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)
    url: str = ""

    def __call__(self, exchange: Exchange) -> None:
        """Answers one exchange."""
        if exchange.methods == ["eth_getLogs"] and self.faults and self.faults(len(self.asked) + 1, exchange):
            self.asked.append((-1, -1))
            return
        request = exchange.request
        answers = [self._answer(entry) for entry in (request if isinstance(request, list) else [request])]
        exchange.send(json.dumps(answers if isinstance(request, list) else answers[0], separators=(",", ":")).encode())

    def _answer(self, entry: Json) -> Json:
        result = getattr(self, entry["method"])(*entry["params"])
        envelope = {"jsonrpc": "2.0", "id": entry["id"]}
        return (
            {**envelope, **result} if isinstance(result, dict) and "error" in result else {**envelope, "result": result}
        )

    def eth_chainId(self) -> str:  # noqa: N802
        return hex(CHAIN_ID)

    def eth_getBlockByNumber(self, ref: str, full: bool) -> Json | None:  # noqa: N802
        headers = self.history.headers
        number = {"latest": len(headers) - 1, "finalized": len(headers) - 65}.get(ref)
        number = int(ref, 16) if number is None else number
        return headers[number] if number < len(headers) else None

    def eth_getLogs(self, question: Json) -> list[Json] | Json:  # noqa: N802
        first, last = int(question["fromBlock"], 16), int(question["toBlock"], 16)
        self.asked.append((first, last))
        wanted = {address.lower() for address in question["address"]}
        places = [set(place) for place in question.get("topics", [])]
        logs = [
            log
            for log in self.history.range(first, last)
            if log["address"] in wanted
            and len(log["topics"]) >= len(places)
            and all(topic in place for topic, place in zip(log["topics"], places, strict=False))
        ]
        error = self.refuse(first, last, len(logs)) if self.refuse else None
        if error is not None:
            return {"error": error}
        logs = self.lie(logs) if self.lie else logs
        return logs[: self.cut]

    def eth_getBlockReceipts(self, digest: str) -> list[Json] | None:  # noqa: N802
        for header, logs in zip(self.history.headers, self.history.logs, strict=True):
            if header["hash"] == digest:
                return [{"logs": logs}]
        return None

    def eth_getTransactionByHash(self, digest: str) -> None:  # noqa: N802
        return None


@contextmanager
def served(*providers: Provider) -> Iterator[None]:
    """Serves each provider at an address of its own, which is its `url` then."""
    if not providers:
        yield
        return
    with faulty("") as proxy:
        _serve(proxy, providers[0])
        with served(*providers[1:]):
            yield


def _serve(proxy: Faulty, provider: Provider) -> None:
    proxy.always = provider
    provider.url = proxy.url


def too_many(limit: int, *, code: int = -32005, text: str = "query returned more than 10000 results") -> Refuse:
    """Refuses answers of more than `limit` logs."""
    return lambda first, last, count: {"code": code, "message": text} if count > limit else None


def too_wide(blocks: int, text: str) -> Refuse:
    """Refuses ranges of more than `blocks` blocks; `{low}` and `{high}` in `text` become a range that would do."""

    def refuse(first: int, last: int, count: int) -> Json | None:
        if last - first < blocks:
            return None
        named = {"low": hex(first), "high": hex(first + blocks - 1), "blocks": str(blocks)}
        return {"code": -32602, "message": re.sub(r"\{(\w+)\}", lambda match: named[match[1]], text)}

    return refuse


def _header(number: int, parent: str, chance: random.Random) -> Json:
    values: Json = {name: "0x" + chance.randbytes(32).hex() for name in _FIELDS}
    values |= {
        "parentHash": parent,
        "miner": "0x" + "11" * 20,
        "logsBloom": "0x" + "00" * 256,
        "nonce": "0x" + "00" * 8,
    }
    values |= dict.fromkeys(_NUMBERS, "0x0")
    values |= {"number": hex(number), "timestamp": hex(1_700_000_000 + 12 * number), "baseFeePerGas": "0x7"}
    encoded = rlp.encode(
        [int(values[name], 16) if name in _NUMBERS else bytes.fromhex(values[name][2:]) for name in _FIELDS]
    )
    return {**values, "hash": "0x" + keccak(encoded).hex(), "transactions": []}


def _log(header: Json, place: int, chance: random.Random) -> Json:
    return {
        "address": ADDRESSES[chance.randrange(4)],
        "topics": ["0x" + chance.randbytes(32).hex() for _ in range(chance.randint(0, 4))],
        "data": "0x" + chance.randbytes(chance.choice((0, 32, 64, 7))).hex(),
        "blockNumber": header["number"],
        "blockHash": header["hash"],
        "blockTimestamp": "0x1",
        "transactionHash": "0x" + chance.randbytes(32).hex(),
        "transactionIndex": hex(place),
        "logIndex": hex(place),
        "removed": False,
    }
