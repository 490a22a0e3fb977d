"""Asks nodes which code stood at the addresses that proposals call, as proofs, and goes on where they do not know.

Only a node that keeps old states, an archive node, can prove what stood there when a proposal was made. What nobody
proves is left out: the verdict says how much that is, and the same command asks again for that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dao.abi import keccak
from dao.blocks.bytecode import NO_CODE
from dao.blocks.headers import Header
from dao.blocks.tries import gather, path_to
from dao.chain.connection import Connection, hex_bytes
from dao.chain.proofs import header_of
from dao.collecting.asking import Ask, answers
from dao.collecting.journal import Journal
from dao.errors import RpcError
from dao.evidence.bundle import Bundle, extend, seal
from dao.evidence.manifest import Kind
from dao.evidence.targets import read_targets, targets_bytes
from dao.proving.accounts import account_at
from dao.proving.bundle import decided_in, headers_in
from dao.proving.called import Decision, Sight, sights
from dao.proving.targets import Witness, exchanged

Progress = Callable[[str, int, int], None]


_Asked = Ask[Sequence[bytes]]
"""A request, and what its answer proves: bytes that are known by their hash."""


def add_targets(connections: Sequence[Connection], bundle: Bundle, progress: Progress | None = None) -> Bundle:
    """The bundle with what proves the code of its proposals' targets, sealed anew where that is more than before.

    Args:
        connections: Nodes, asked one after the other for what those before did not prove.
        bundle: The evidence.
        progress: Told how many of the accounts at blocks are done, and how many there are.

    Raises:
        ProofError: A file is not the one of the manifest.
        ConnectionFailed: A node does not answer; the same call continues then.
    """
    decided = decided_in(bundle)
    blocks = {sight.block for sight in sights(decided)}
    headers = headers_in(bundle, blocks | {block + 1 for block in blocks})
    journal, there = Journal(bundle.folder), bundle.document(Kind.TARGETS)
    held = {*journal.noted(), *(() if there is None else read_targets(there))}
    found = collect_targets(connections, decided, headers, held=held, note=journal.note, progress=progress)
    data = targets_bytes(found)
    if found and data != there:
        bare = tuple(part for part in bundle.manifest.parts if part.kind is not Kind.TARGETS)
        # Between two files that belong together, the bundle is whole without either.
        bundle = extend(seal(bundle.folder, replace(bundle.manifest, parts=bare)), Kind.TARGETS, data)
    journal.remove()
    return bundle


def collect_targets(
    connections: Sequence[Connection],
    decided: Sequence[Decision],
    headers: Mapping[int, Header],
    *,
    held: Iterable[bytes] = (),
    note: Callable[[Sequence[bytes]], None] = lambda _: None,
    progress: Progress | None = None,
) -> set[bytes]:
    """What proves the code of the targets of `decided`, as far as nodes do: see `dao.evidence.targets`.

    Args:
        connections: Nodes, asked one after the other for what those before did not prove.
        decided: The proposals.
        headers: The headers of the blocks in which they were made and executed, by number.
        held: What was answered before, and is not asked for again.
        note: Told what is proved, as soon as it is.
        progress: Told how many of the accounts at blocks are done, and how many there are.

    Raises ConnectionFailed when a node does not answer.
    """
    known = _Known(headers=headers, preimages=set(held), note=note)
    wanted = sights(decided)
    for connection in connections:
        for asks in (known.parents, known.proofs, known.codes):
            known.ask(connection, list(asks(decided, wanted)), progress)
    witness = known.witness()
    return witness.used(wanted, exchanged(decided, witness))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The headers, and what nodes answered so far."""

    headers: Mapping[int, Header]
    preimages: set[bytes]
    note: Callable[[Sequence[bytes]], None]

    def witness(self) -> Witness:
        """What all of it proves."""
        return Witness(self.headers, self.preimages)

    def parents(self, decided: Sequence[Decision], wanted: Sequence[Sight]) -> Iterator[_Asked]:
        """Headers of blocks before executions."""
        witness = self.witness()
        for block in sorted({sight.block for sight in wanted}, reverse=True):
            after = self.headers.get(block + 1)
            if witness.header(block) is None and after is not None:
                digest = "0x" + after.parent_hash.hex()
                yield Ask("eth_getBlockByHash", (digest, False), lambda answer, d=digest: [header_of(answer, d)])  # type: ignore[misc]

    def proofs(self, decided: Sequence[Decision], wanted: Sequence[Sight]) -> Iterator[_Asked]:
        """Accounts in the states of blocks, newest first."""
        witness = self.witness()
        for sight in reversed(wanted):
            header = witness.header(sight.block)
            if header is not None and witness.code_hash(sight) is None:
                parameters: tuple[Any, ...] = (sight.account, [], hex(sight.block))
                yield Ask("eth_getProof", parameters, lambda answer, h=header, s=sight: _proof(answer, h, s))  # type: ignore[misc]

    def codes(self, decided: Sequence[Decision], wanted: Sequence[Sight]) -> Iterator[_Asked]:
        """Code that was exchanged: what it is tells whether that matters."""
        witness = self.witness()
        for digest, sight in exchanged(decided, witness).items():
            if digest != NO_CODE and witness.code(digest) is None:
                parameters = (sight.account, hex(sight.block))
                yield Ask("eth_getCode", parameters, lambda answer, d=digest: [_code(answer, d)])  # type: ignore[misc]

    def ask(self, connection: Connection, asks: Sequence[_Asked], progress: Progress | None) -> None:
        """Asks, and notes what is proved."""
        told = None if progress is None else partial(progress, "targets")
        for chunk in answers(connection, asks, told):
            found = [proved for _, part in chunk for proved in part]
            if found:
                self.preimages.update(found)
                self.note(found)


def _proof(answer: Any, header: Header, sight: Sight) -> Sequence[bytes]:
    """The nodes from the state root of `header` to the account, whatever the node says of it besides.

    Raises RpcError or CodecError where they do not lead there.
    """
    listed = answer.get("accountProof") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise RpcError("a proof of an account is malformed", expected="accountProof", found=str(answer)[:80])
    nodes = gather(hex_bytes(node, "a node of a proof") for node in listed)
    if account_at(header.state_root, sight.account, nodes) is None:
        raise RpcError(f"the node proves nothing of {sight.account} at block {sight.block}")
    return path_to(header.state_root, keccak(bytes.fromhex(sight.account[2:])), nodes)


def _code(answer: Any, digest: bytes) -> bytes:
    code = hex_bytes(answer, "eth_getCode")
    if keccak(code) != digest:
        raise RpcError("the node has other code than it proved", expected="0x" + digest.hex())
    return code
