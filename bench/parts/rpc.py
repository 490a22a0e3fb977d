"""A small JSON-RPC server of a history of logs: what a node would answer, written once and served from a file.

`python -m bench.parts.rpc FOLDER` serves what `write` left in FOLDER on 127.0.0.1, prints its port, and ends with its
standard input. It knows eth_chainId, eth_blockNumber, eth_getLogs by range, and eth_call for the past votes that were
asked for in the history's ballots.
"""

from __future__ import annotations

import json
import mmap
import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow

MOST_RESULTS = 10_000
"""How many logs an answer holds at most, as with many providers."""

LOGS, INDEX, FACTS = "logs.json", "blocks.npy", "facts.json"


def write(folder: Path, tables: Iterable[arrow.Table], *, chain_id: int, calls: dict[str, str]) -> None:
    """Writes every log as JSON-RPC has it, one after the other, and where each block's begin.

    Args:
        folder: Where to.
        tables: The logs.
        chain_id: The chain.
        calls: What eth_call answers, by the call's data, both in hexadecimal.
    """
    offset, index = 0, []
    with (folder / LOGS).open("wb") as file:
        for table in tables:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                block, log_index, transaction, time, block_hash, transaction_hash, address, *topics, data = row
                entry = {
                    "address": "0x" + address.hex(),
                    "topics": ["0x" + topic.hex() for topic in topics if topic is not None],
                    "data": "0x" + data.hex(),
                    "blockNumber": hex(block),
                    "transactionHash": "0x" + transaction_hash.hex(),
                    "transactionIndex": hex(transaction),
                    "blockHash": "0x" + block_hash.hex(),
                    "blockTimestamp": hex(time),
                    "logIndex": hex(log_index),
                    "removed": False,
                }
                text = json.dumps(entry, separators=(",", ":")).encode() + b","
                file.write(text)
                index.append((block, offset))
                offset += len(text)
    np.save(folder / INDEX, np.array([*index, (2**62, offset)], np.int64))
    facts = {"chain_id": chain_id, "head": index[-1][0], "calls": calls}
    (folder / FACTS).write_text(json.dumps(facts), encoding="utf-8")


class History:
    """What `write` wrote."""

    def __init__(self, folder: Path) -> None:
        self._index = np.load(folder / INDEX)
        with (folder / LOGS).open("rb") as file:
            self._logs = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        self.chain_id, self.head, self._calls = facts["chain_id"], facts["head"], facts["calls"]

    def logs(self, first: int, last: int) -> memoryview | None:
        """The logs of blocks `first` to `last` as what is in a JSON list of them; None where they are too many."""
        start, end = np.searchsorted(self._index[:-1, 0], (first, last + 1)).tolist()
        if end - start > MOST_RESULTS:
            return None
        begin, stop = int(self._index[start, 1]), int(self._index[end, 1])
        return memoryview(self._logs)[begin : max(begin, stop - 1)]

    def answer(self, method: str, params: list[Any]) -> tuple[bytes | memoryview, ...]:
        """The result of one request, or its error, as the member of an answer, in pieces."""
        if method == "eth_getLogs":
            first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
            found = self.logs(first, last)
            if found is not None:
                # As they lie in the file: copies would take the time of whoever is measured beside.
                return b'"result":[', found, b"]"
            return (b'"error":{"code":-32005,"message":"query returned more than 10000 results"}',)
        return (self._short(method, params),)

    def _short(self, method: str, params: list[Any]) -> bytes:
        if method == "eth_chainId":
            return b'"result":"0x%x"' % self.chain_id
        if method == "eth_blockNumber":
            return b'"result":"0x%x"' % self.head
        if method == "eth_call":
            return b'"result":"%s"' % self._calls.get(params[0]["data"], "0x").encode()
        return b'"error":{"code":-32601,"message":"no such method"}'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    history: History

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        member = self.history.answer(request["method"], request.get("params", []))
        body = b'{"jsonrpc":"2.0","id":%s,' % json.dumps(request["id"]).encode(), *member, b"}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(sum(map(len, body))))
        self.end_headers()
        for piece in body:
            self.wfile.write(piece)

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


def serve(folder: Path) -> None:
    """Serves until standard input ends."""
    handler = type("Handler", (_Handler,), {"history": History(folder)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
