"""Asks a node for many things of which it may not have all: goes on past what it refuses, until it refuses all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dao.chain.connection import BATCH, Connection
from dao.errors import CallReverted, ChainError, CodecError, RpcError

MOST_REFUSALS = 12
"""After so many refusals in a row a node is asked no further. Old blocks come last: it has none that are older."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A request, and what is read out of its answer. `read` raises RpcError or CodecError where it is no answer."""

    method: str
    parameters: tuple[Any, ...]
    read: Callable[[Any], T]

    def answered(self, answer: Any) -> T | None:
        """What `answer` says; None where it is no answer."""
        try:
            return self.read(answer)
        except (RpcError, CodecError):
            return None


def answers(
    connection: Connection, asks: Sequence[Ask[T]], told: Callable[[int, int], None] | None = None
) -> Iterator[list[tuple[Ask[T], T]]]:
    """What the node answers, in batches, which become shorter where it refuses a whole one; the rest is left out.

    Args:
        connection: The node.
        asks: The requests, those that it will know most likely first.
        told: Told how many are done, and how many there are.

    Raises ConnectionFailed when it does not answer at all.
    """
    waiting = deque(asks[start : start + BATCH] for start in range(0, len(asks), BATCH))
    refused = 0
    while waiting and refused < MOST_REFUSALS:
        chunk = waiting.popleft()
        try:
            results = connection.each([(ask.method, ask.parameters) for ask in chunk])
        except (RpcError, CallReverted):
            half = len(chunk) // 2
            refused += not half
            waiting.extendleft(part for part in (chunk[half:], chunk[:half]) if half)
            continue
        found: list[tuple[Ask[T], T]] = []
        for ask, result in zip(chunk, results, strict=True):
            value = None if isinstance(result, ChainError) else ask.answered(result)
            refused = refused + 1 if value is None else 0
            if value is not None:
                found.append((ask, value))
        yield found
        if told is not None:
            told(len(asks) - sum(map(len, waiting)), len(asks))
    if told is not None and asks:
        told(len(asks), len(asks))
