"""One node as a source of logs: it is asked in ranges that adapt by themselves, and not believed when it may cut off.

Many providers cut an answer off at some number of logs and say nothing. The rule against it: an answer is taken as
whole when the node has given a longer one before, because then its limit is higher. Every other answer, and every one
of a size at which providers are known to cut off, is asked for again in halves, which follow the same rule; what the
halves hold together counts. Since only an answer longer than all before it costs this, it is rare. In one block, where
there are no halves, the block's receipts decide.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dao.chain.connection import Connection
from dao.collecting import wire
from dao.collecting.columns import COLUMNS
from dao.collecting.limits import refusal
from dao.collecting.questions import Question
from dao.errors import ConnectionFailed, NodeTimedOut, RpcError

WIDEST = 10_000
"""The most blocks of one question: what the big providers allow at most."""

LEAST_CUT = 25
"""The lowest number of logs at which a provider is known to cut off."""

ROUND = frozenset({25, 50, 100, 200, 250, 500, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 50_000, 100_000})
"""Sizes at which an answer is always asked for again in halves."""

_WANTED = 5_000
"""How many logs an answer is to have: half of what the big providers allow."""


class Source:
    """A node that is asked for logs. It remembers the node's limits."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cuts: set[int] = set()
        """Numbers of logs at which the node cut an answer off."""
        self.believed: set[int] = set()
        """Sizes of answers that were taken as whole without asking again; whoever reads it may empty it."""
        self._longest = 0
        self._allowed = WIDEST
        self._step = WIDEST

    def logs(self, question: Question, from_block: int, to_block: int) -> pa.Table:
        """Every log of these blocks in the columns of `COLUMNS`, by block and log index.

        Raises:
            ConnectionFailed: The node does not answer.
            RpcError: It refuses, also one block alone, or answers with what was not asked for.
        """
        found: list[pa.Table] = []
        start = from_block
        while start <= to_block:
            end = min(start + self._step - 1, to_block)
            answer = self._asked(question, start, end)
            if answer is None:
                continue
            found.append(self._whole(question, start, end, answer))
            self._adapt(end - start + 1, found[-1].num_rows)
            start = end + 1
        return _kept(question, pa.concat_tables(found)) if found else COLUMNS.empty_table()

    def _adapt(self, span: int, rows: int) -> None:
        wanted = min([_WANTED, *(cut * 3 // 5 for cut in self.cuts)])
        fitting = span * wanted // max(rows, 1)
        self._step = max(1, min(self._allowed, 2 * span, fitting))

    def _asked(self, question: Question, start: int, end: int) -> pa.Table | None:
        """The answer, or None where the node wants a smaller question; the step is smaller then."""
        try:
            return self._answer(question, start, end)
        except NodeTimedOut:
            if start == end:
                raise
            self._step = (end - start + 1) // 2
        except RpcError as error:
            refused = refusal(error, from_block=start, to_block=end)
            if refused is None:
                raise
            if start == end:
                # One block has more than the node answers with: its receipts have it all.
                return self._receipts(question, start, self.connection.block(start).hash)
            if refused.blocks is not None:
                self._step = refused.blocks
                if refused.blocks == _round(refused.blocks):
                    self._allowed = min(self._allowed, refused.blocks)
            else:
                self._step = (end - start + 1) // 2
        return None

    def _answer(self, question: Question, start: int, end: int) -> pa.Table:
        asked = {**question.filters(), "fromBlock": hex(start), "toBlock": hex(end)}
        logs = self.connection.rpc("eth_getLogs", [asked], decode=wire.decode_answer)
        return wire.to_columns(logs, asked=question.addresses, from_block=start, to_block=end)

    def _whole(self, question: Question, start: int, end: int, answer: pa.Table) -> pa.Table:
        """The logs of these blocks, of which `answer` was the node's answer."""
        rows = answer.num_rows
        doubtful = rows >= LEAST_CUT and (rows >= self._longest or rows in ROUND or rows in self.cuts)
        self._longest = max(self._longest, rows)
        if not doubtful:
            self.believed.add(rows)
            return answer
        if start == end:
            return self._of_receipts(question, start, answer)
        middle = (start + end) // 2
        halves = pa.concat_tables([self._half(question, start, middle), self._half(question, middle + 1, end)])
        if halves.num_rows < rows or not _holds(halves, answer):
            raise RpcError(
                f"the node answers differently about blocks {start} to {end} and about their halves",
                expected=f"{rows} logs",
                found=f"{halves.num_rows}, not all of them the same",
                remedy="take another node (--rpc)",
            )
        if halves.num_rows > rows:
            self._cut_at(rows)
        return halves

    def _half(self, question: Question, start: int, end: int) -> pa.Table:
        pending, found = deque([(start, end)]), []
        while pending:
            first, last = pending.popleft()
            answer = self._asked(question, first, last)
            if answer is None:
                middle = min(first + self._step, last) - 1 if self._step < last - first + 1 else (first + last) // 2
                pending.extendleft([(middle + 1, last), (first, middle)])
            else:
                found.append(self._whole(question, first, last, answer))
        return pa.concat_tables(found)

    def _of_receipts(self, question: Question, number: int, answer: pa.Table) -> pa.Table:
        """The logs of one block out of its receipts, which no limit on logs cuts off."""
        found = self._receipts(question, number, answer.column("block_hash")[0].as_py())
        if not _holds(found, answer):
            raise RpcError(
                f"the receipts of block {number} lack logs that the node answered with",
                expected=f"{answer.num_rows} logs",
                found=found.num_rows,
                remedy="take another node (--rpc)",
            )
        if found.num_rows > answer.num_rows:
            self._cut_at(answer.num_rows)
        return found

    def _receipts(self, question: Question, number: int, block_hash: bytes) -> pa.Table:
        digest = "0x" + block_hash.hex()
        try:
            receipts = self.connection.rpc("eth_getBlockReceipts", [digest])
            if not isinstance(receipts, list):
                raise RpcError("the node has no such block")
        except RpcError:
            receipts = self._single_receipts(digest)
        entries = [log for receipt in receipts for log in receipt.get("logs") or () if _matches(question, log)]
        logs = wire.decode_entries(entries)
        return wire.to_columns(logs, asked=question.addresses, from_block=number, to_block=number)

    def _cut_at(self, rows: int) -> None:
        self.cuts.add(rows)
        # Longer answers were given by another machine behind the same address, which says nothing about this one.
        self._longest = rows

    def _single_receipts(self, digest: str) -> list[Any]:
        block = self.connection.rpc("eth_getBlockByHash", [digest, False])
        if not isinstance(block, dict) or not isinstance(block.get("transactions"), list):
            raise RpcError("the node has no such block", expected=digest)
        receipts = self.connection.batch([("eth_getTransactionReceipt", [entry]) for entry in block["transactions"]])
        if not all(isinstance(receipt, dict) for receipt in receipts):
            raise ConnectionFailed("the node lacks receipts of a block that it has", expected=digest)
        return receipts


def _round(blocks: int) -> int:
    """`blocks` where it is a limit as people set them, else 0: suggested ranges depend on what lies in them."""
    return blocks if blocks % 10 == 0 or blocks & (blocks - 1) == 0 else 0


def _holds(table: pa.Table, part: pa.Table) -> bool:
    """Whether every row of `part` is in `table`."""
    keys = ("block_number", "log_index", "block_hash", "transaction_hash")
    held, wanted = (set(zip(*(rows.column(name).to_pylist() for name in keys), strict=True)) for rows in (table, part))
    return wanted <= held


def _kept(question: Question, table: pa.Table) -> pa.Table:
    if question.party is None or not table.num_rows:
        return table
    party = pa.scalar(question.party, pa.binary(32))
    either = [pc.fill_null(pc.equal(table.column(name), party), False) for name in ("topic1", "topic2")]
    return table.filter(pc.or_(*either))


def _matches(question: Question, log: Any) -> bool:
    """Whether a log of a receipt is one that `question` asks for."""
    if not isinstance(log, dict) or str(log.get("address")).lower() not in {a.lower() for a in question.addresses}:
        return False
    topics = log.get("topics")
    if not isinstance(topics, list):
        return False
    wanted = [place for place in (question.topics, question.indexed) if place]
    return len(topics) >= len(wanted) and all(
        str(topic).lower() in {"0x" + value.hex() for value in place}
        for topic, place in zip(topics, wanted, strict=False)
    )
