"""From a raw log to its event, strictly and by the ABIs of the shipped artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dao.abi import Signature, decode
from dao.artifacts import load
from dao.errors import CodecError
from dao.events.log import RawLog
from dao.events.model import EVENTS, IGNORED, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a log stands in the chain.

    Args:
        block: Number of the block.
        timestamp: Its timestamp (seconds).
        transaction: Hash of the transaction, 32 bytes.
        log_index: Position of the log in the block, from 0.
    """

    block: int
    timestamp: int
    transaction: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class Ignored(Event):
    """A known event that governance does not depend on; `dao.events.model.IGNORED` says why."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown(Event):
    """A log that no event of the contract's ABI explains: its topics and data as they are."""

    topics: tuple[bytes, ...]
    data: bytes


def place_of(log: RawLog) -> Place:
    """Where `log` stands."""
    return Place(
        block=log.block_number,
        timestamp=log.timestamp,
        transaction=log.transaction_hash,
        log_index=log.log_index,
    )


def decode_log(log: RawLog, contract: str) -> Event:
    """The event in `log`, which `contract` (a name of `dao.artifacts.CONTRACTS`) emitted.

    `Unknown` where the contract has no such event, `Ignored` where it has no bearing. Raises CodecError when topics or
    data are not exactly the encoding of the event's parameters.
    """
    return decode_as(log, _layout(contract, log.topics[0]) if log.topics else None)


def decode_as(log: RawLog, layout: Layout | None) -> Event:
    """The event in `log` by the layout of its first topic; `Unknown` without one. Raises CodecError as `decode_log`."""
    if layout is None:
        return Unknown(log.topics, log.data)
    if layout.event is None:
        return Ignored(layout.name)
    return layout.event(*layout.values(log.topics, log.data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How an event lies in a log. Strings are read as bytes, which are encoded alike.

    Args:
        name: The event's name.
        event: What makes its value of its parameters, in their order; None where it is ignored.
        is_indexed: Of each parameter, whether it is a topic.
        topic_types: ABI types of the indexed parameters.
        data_types: ABI types of the others.
    """

    name: str
    event: Callable[..., Event] | None
    is_indexed: tuple[bool, ...]
    topic_types: tuple[str, ...]
    data_types: tuple[str, ...]

    @classmethod
    def of(cls, signature: Signature, event: Callable[..., Event] | None) -> Layout:
        """The layout of an event by its signature in an ABI."""
        return cls(
            name=signature.name,
            event=event,
            is_indexed=tuple(parameter.indexed for parameter in signature.inputs),
            topic_types=tuple(_topic_type(parameter.type) for parameter in signature.inputs if parameter.indexed),
            data_types=tuple(p.type.replace("string", "bytes") for p in signature.inputs if not p.indexed),
        )

    def values(self, topics: Sequence[bytes], data: bytes) -> Iterator[Any]:
        """The event's parameters in their order. Raises CodecError where topics or data are not exactly that."""
        count = len(self.topic_types) + 1
        if len(topics) != count or any(len(topic) != 32 for topic in topics):
            raise CodecError(
                f"log is no {self.name}",
                expected=f"{count} topics of 32 bytes",
                found=f"topics of {', '.join(str(len(topic)) for topic in topics)} bytes",
            )
        from_topics = iter(decode(self.topic_types, b"".join(topics[1:])) if self.topic_types else ())
        from_data = iter(decode(self.data_types, data))
        return (next(from_topics) if indexed else next(from_data) for indexed in self.is_indexed)


@cache
def _layout(contract: str, topic: bytes) -> Layout | None:
    signature = load(contract).abi.events.get(topic)
    if signature is None:
        return None
    ignored = (contract, signature.name) in IGNORED
    return Layout.of(signature, None if ignored else EVENTS[contract, signature.name])


def _topic_type(kind: str) -> str:
    dynamic = kind in ("string", "bytes") or kind.endswith("]") or kind.startswith("(")
    return "bytes32" if dynamic else kind
