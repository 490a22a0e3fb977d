"""Several nodes that are asked the same: so many must agree, and who does not is named, with the block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa

from dao.chain.transport import shown_url
from dao.collecting.questions import Question
from dao.collecting.source import Source
from dao.errors import ChainError, RpcError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """One page as one node has it: logs, and the hashes of its last block and of the end block after they were read."""

    rows: pa.Table
    end_hash: bytes
    anchor: bytes


class Panel:
    """The nodes, and how many must agree."""

    def __init__(self, sources: Sequence[Source], agree: int) -> None:
        self.sources = tuple(sources)
        self.agree = agree

    def name(self, place: int) -> str:
        """How a node is called: by its place among the addresses that were given, and its address without keys."""
        return f"node {place + 1} ({shown_url(self.sources[place].connection.url)})"

    def each(self, ask: Callable[[Source], T]) -> list[T | ChainError]:
        """What every node answers, or why it does not; all are asked at the same time."""

        def one(source: Source) -> T | ChainError:
            try:
                return ask(source)
            except ChainError as error:
                return error

        if len(self.sources) == 1:
            return [one(self.sources[0])]
        with ThreadPoolExecutor(len(self.sources)) as pool:
            return list(pool.map(one, self.sources))

    def block_hash(self, number: int) -> bytes:
        """The hash of a block, on which enough nodes agree. Raises ChainError when they do not."""
        answers = self.each(lambda source: source.connection.block(number).hash)
        hashes = [answer for answer in answers if isinstance(answer, bytes)]
        best = max(hashes, key=hashes.count, default=b"")
        if hashes.count(best) >= self.agree:
            return best
        errors = [answer for answer in answers if isinstance(answer, ChainError)]
        if errors and len(hashes) < self.agree:
            raise errors[0]
        raise RpcError(
            f"the nodes do not agree on block {number}",
            expected=f"the same hash from {self.agree} of {len(self.sources)}",
            found=", ".join(
                f"{self.name(place)} 0x{answer.hex()}"
                for place, answer in enumerate(answers)
                if isinstance(answer, bytes)
            ),
            remedy="leave out a node that lies or lags behind, or lower --agree",
            values={"block": number},
        )

    def page(self, question: Question, first: int, last: int, end: int) -> list[Answer | ChainError]:
        """The logs of a page as each node has them."""

        def ask(source: Source) -> Answer:
            rows = source.logs(question, first, last)
            closing, anchor = source.connection.blocks([last, end])
            return Answer(rows, closing.hash, anchor.hash)

        return self.each(ask)

    def agreed(self, answers: Sequence[Answer | ChainError]) -> tuple[int, Answer]:
        """What enough nodes say alike, and the place of the first of them. Raises ChainError when they do not."""
        given = [(place, answer) for place, answer in enumerate(answers) if isinstance(answer, Answer)]
        groups: list[list[tuple[int, Answer]]] = []
        for place, answer in given:
            for group in groups:
                if group[0][1].end_hash == answer.end_hash and group[0][1].rows.equals(answer.rows):
                    group.append((place, answer))
                    break
            else:
                groups.append([(place, answer)])
        best = max(groups, key=len, default=[])
        if len(best) >= self.agree:
            return best[0]
        if len(given) < self.agree:
            # One that answers and contradicts tells more than one that does not answer.
            raise next(answer for answer in answers if isinstance(answer, ChainError))
        others = [entry for group in groups if group is not best for entry in group]
        place, other = others[0]
        block, said = _difference(best[0][1].rows, other.rows)
        raise RpcError(
            f"the nodes do not agree on the logs of block {block}",
            expected=f"the same from {self.agree} of {len(self.sources)}; {self.name(best[0][0])}: {said[0]}",
            found=f"{self.name(place)}: {said[1]}",
            remedy="leave out a node that lies or lags behind, or lower --agree",
            values={"block": block, "node": place + 1},
        )


def _difference(left: pa.Table, right: pa.Table) -> tuple[int, tuple[str, str]]:
    """The first block in which two tables differ, and how many logs each has there."""
    ours, theirs = left.combine_chunks(), right.combine_chunks()
    count = min(ours.num_rows, theirs.num_rows)
    low, high = 0, count
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if ours.slice(0, middle).equals(theirs.slice(0, middle)) else (low, middle - 1)
    numbers = [table.column("block_number")[low].as_py() for table in (ours, theirs) if low < table.num_rows]
    block = min(numbers, default=0)
    counts = [table.column("block_number").to_pylist().count(block) for table in (ours, theirs)]
    return block, (f"{counts[0]} logs", f"{counts[1]} logs" if counts[0] != counts[1] else "other logs")
