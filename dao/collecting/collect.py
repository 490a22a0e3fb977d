"""Collects evidence from nodes into a bundle: page by page, past limits and reorganisations, and seals it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dao.collecting.blocks import (
    collect_headers,
    hashes_by_number,
    receipts_table,
    transactions_table,
    with_timestamps,
)
from dao.collecting.journal import Journal, Page, Plan
from dao.collecting.panel import Answer, Panel
from dao.collecting.questions import Question, moved_to, payments, proposal_created, timelock_change
from dao.errors import ChainError, FileError, RpcError
from dao.evidence import parts as files
from dao.evidence.bundle import MANIFEST, Bundle, open_bundle, seal
from dao.evidence.manifest import Anchor, Kind, Manifest, Part

Progress = Callable[[str, int, int], None]
"""Told the name of the step, how much of it is done, and how much there is."""

_ROWS = 10_000
_FIRST, _WIDEST = 10_000, 50_000
_FORKS = 64
_WAIT_SECONDS = (1, 2, 4, 8, 15, 30)


class _Moved(Exception):
    """The end block is another one by now."""


class Collector:
    """A collection in a folder: begun, or continued where an earlier one was interrupted.

    Args:
        folder: Where the bundle is to be.
        panel: The nodes.
        plan: What is to be collected; one that was begun in `folder` must be the same, but for the anchor.
        progress: Told how far it is.
        page_rows: About how many logs a page has; it begins with as many blocks at most.

    Raises FileError when another collection was begun in `folder`.
    """

    def __init__(
        self, folder: Path, panel: Panel, plan: Plan, *, progress: Progress | None = None, page_rows: int = _ROWS
    ) -> None:
        self._folder, self._panel, self._progress, self._page_rows = folder, panel, progress, page_rows
        self._journal = Journal(folder)
        self._documents: list[Part] = []
        begun = self._journal.plan()
        if begun is not None:
            require_same(folder, begun, plan)
        self.plan = begun or plan
        self._journal.begin(self.plan)
        self._journal.load()

    def collect(self) -> None:
        """Asks for everything that is not in the journal yet, until all of it belongs to one chain.

        Raises ChainError when nodes do not answer, or do not agree; the same call continues then.
        """
        for _ in range(_FORKS):
            if self._is_whole():
                return
            self._pin_again()
        raise RpcError(
            f"block {self.plan.to_block} changes again and again",
            expected="one chain",
            found="another block in its place at every look",
            remedy="collect up to an older block (--to-block), or with more --confirmations",
        )

    def _is_whole(self) -> bool:
        """Asks for what is lacking; whether the end block was the same all the while."""
        try:
            self._require_anchor()
            for question in self._questions():
                self._ask(question)
            self._require_one_chain()
        except _Moved:
            return False
        return True

    def add_json(self, kind: Kind, data: bytes) -> None:
        """Adds a JSON document about the end block to what is sealed. Raises FileError."""
        self._documents.append(files.write_json(self._folder, kind, data, block=self.plan.to_block))

    def rows(self, kind: Kind) -> Iterator[pa.Table]:
        """What was collected of `kind`, in order."""
        return self._merged(kind, "number" if kind is Kind.HEADERS else "block_number")

    def seal(self) -> Bundle:
        """Writes the parts and the manifest; the journal goes. Raises FileError."""
        plan = self.plan
        written = [
            part
            for kind in (Kind.LOGS, Kind.HEADERS, Kind.RECEIPTS, Kind.TRANSACTIONS)
            for part in files.write_tables(self._folder, kind, self.rows(kind))
        ]
        manifest = Manifest(
            chain_id=plan.chain_id,
            contracts=plan.contracts,
            from_block=plan.from_block,
            to_block=plan.to_block,
            anchor=Anchor(plan.to_block, plan.anchor),
            parts=(),
            asked=plan.asked,
            agreed=plan.agreed,
        ).with_parts(*written, *self._documents)
        bundle = seal(self._folder, manifest)
        self._journal.remove()
        return bundle

    def _known(self) -> Question:
        return Question(addresses=tuple(address for name, address in self.plan.contracts.named if name != "wraps"))

    def _questions(self) -> Iterator[Question]:
        """What is asked; what the first one found tells whether there is a second."""
        known = self._known()
        yield known
        data: list[bytes] = []
        for page in self._journal.pages(known.key()):
            data += self._by_topic(self._journal.read(page, Kind.LOGS), timelock_change()).column("data").to_pylist()
        others = moved_to(data, known.addresses)
        if others:
            yield Question(addresses=others)
        contracts = self.plan.contracts
        wraps, distributor, timelock = (contracts.get(name) for name in ("wraps", "distributor", "timelock"))
        if wraps is not None and distributor is not None and timelock is not None:
            yield payments(wraps=wraps, distributor=distributor, timelock=timelock)

    def _by_topic(self, rows: pa.Table, topic: bytes) -> pa.Table:
        governor = pa.scalar(bytes.fromhex(self.plan.contracts.governor[2:]), pa.binary(20))
        named = pc.fill_null(pc.equal(rows.column("topic0"), pa.scalar(topic, pa.binary(32))), False)
        return rows.filter(pc.and_(named, pc.equal(rows.column("address"), governor)))

    def _ask(self, question: Question) -> None:
        """Asks for the pages of a question that are not there yet."""
        plan, key = self.plan, question.key()
        start, span, again = plan.from_block, min(_FIRST, self._page_rows), True
        while again:
            again = False
            start = plan.from_block
            while start <= plan.to_block:
                finished = {page.first: page for page in self._journal.pages(key)}
                if start in finished:
                    start = finished[start].last + 1
                else:
                    ahead = min((first for first in finished if first > start), default=plan.to_block + 1)
                    end = min(start + span - 1, plan.to_block, ahead - 1)
                    rows = self._page(question, start, end)
                    # A cut that is found later tells which earlier answers may have been cut off as well.
                    cuts = {cut for source in self._panel.sources for cut in source.cuts}
                    again |= bool(self._journal.drop(lambda page, c=cuts: bool(c & set(page.believed))))  # type: ignore[misc]
                    span = max(1, min(_WIDEST, 2 * span, (end - start + 1) * self._page_rows // max(rows, 1)))
                    start = end + 1
                if self._progress is not None:
                    self._progress("logs", start - plan.from_block, plan.to_block - plan.from_block + 1)

    def _page(self, question: Question, first: int, last: int) -> int:
        """Asks for one page and records it; how many logs it has."""
        for source in self._panel.sources:
            source.believed.clear()
        answers = self._panel.page(question, first, last, self.plan.to_block)
        here = [
            answer
            if isinstance(answer, ChainError) or answer.anchor == self.plan.anchor
            else RpcError(
                f"block {self.plan.to_block} changed while logs were read",
                expected="0x" + self.plan.anchor.hex(),
                found="0x" + answer.anchor.hex(),
            )
            for answer in answers
        ]
        try:
            place, answer = self._panel.agreed(here)
            tables = self._tables(question, place, answer, first, last)
        except ChainError:
            self._require_anchor()
            raise
        believed = sorted({size for source in self._panel.sources for size in source.believed})
        cuts = {cut for source in self._panel.sources for cut in source.cuts}
        self._journal.add(
            tables,
            question=question.key(),
            first=first,
            last=last,
            end_hash=answer.end_hash,
            believed=tuple(size for size in believed if size not in cuts),
        )
        return int(answer.rows.num_rows)

    def _tables(self, question: Question, place: int, answer: Answer, first: int, last: int) -> dict[Kind, pa.Table]:
        connection = self._panel.sources[place].connection
        wanted = hashes_by_number(answer.rows)
        main = question == self._known()
        held = dict(wanted)
        if main and last == self.plan.to_block:
            held[last] = self.plan.anchor
        every = range(first, last + 1) if main and self.plan.every_header else range(0)
        headers = collect_headers(connection, {**held, **({last: answer.end_hash} if every else {})}, every)
        tables = {Kind.HEADERS: headers, Kind.LOGS: with_timestamps(answer.rows, headers)}
        if self.plan.receipts:
            tables[Kind.RECEIPTS] = receipts_table(connection, wanted, headers)
        if main:
            made = self._by_topic(tables[Kind.LOGS], proposal_created())
            tables[Kind.TRANSACTIONS] = transactions_table(connection, made, headers, tables.get(Kind.RECEIPTS))
        return tables

    def _require_anchor(self) -> None:
        """Raises _Moved when the end block is another one, or none, by now."""
        try:
            moved = self._panel.block_hash(self.plan.to_block) != self.plan.anchor
        except RpcError:
            moved = True
        if moved:
            raise _Moved

    def _pin_again(self) -> None:
        """Takes the end block as it is now, and forgets the pages that are not before it."""
        digest = self._end_hash(_WAIT_SECONDS)
        self.plan = replace(self.plan, anchor=digest)
        stale = self._stale()
        self._journal.drop(lambda page: page.last in stale)
        self._journal.begin(self.plan)

    def _end_hash(self, pauses: tuple[int, ...]) -> bytes:
        """The hash of the end block. While it reorganises, a node has fewer blocks than before, and nodes differ."""
        try:
            return self._panel.block_hash(self.plan.to_block)
        except RpcError:
            if not pauses:
                raise
        time.sleep(pauses[0])
        return self._end_hash(pauses[1:])

    def _require_one_chain(self) -> None:
        """Raises _Moved unless every page ends in a block of the chain of the end block."""
        stale = self._stale()
        if stale:
            self._journal.drop(lambda page: page.last in stale)
            raise _Moved
        self._require_anchor()

    def _stale(self) -> set[int]:
        """The last blocks of pages that are not what the page was asked at."""
        pages = self._journal.every()
        numbers = sorted({page.last for page in pages})
        now: dict[int, bytes] = {}
        connection = self._panel.sources[0].connection
        for start in range(0, len(numbers), 100):
            chunk = numbers[start : start + 100]
            now.update(zip(chunk, (block.hash for block in connection.blocks(chunk)), strict=True))
        return {page.last for page in pages if now[page.last] != page.end_hash}

    def _merged(self, kind: Kind, column: str) -> Iterator[pa.Table]:
        """The rows of all questions by block, each header once, holding a page of each question in memory."""
        order = [(column, "ascending")]
        if kind is Kind.LOGS:
            order.append(("log_index", "ascending"))
        if kind in (Kind.RECEIPTS, Kind.TRANSACTIONS):
            order.append(("transaction_index", "ascending"))
        questions = list(self._questions())
        main = self._journal.pages(questions[0].key())
        others = [
            _Stream(self._journal, self._journal.pages(question.key()), kind, column) for question in questions[1:]
        ]
        for page in main:
            tables = [self._journal.read(page, kind), *(stream.up_to(page.last) for stream in others)]
            tables = [table for table in tables if table.num_rows]
            if len(tables) > 1:
                yield _each_once(pa.concat_tables(tables).sort_by(order), [name for name, _ in order])
            else:
                yield from tables


class _Stream:
    """The rows of one question's pages, handed on by block."""

    def __init__(self, journal: Journal, pages: list[Page], kind: Kind, column: str) -> None:
        self._journal, self._pages, self._kind, self._column = journal, list(pages), kind, column
        self._held: pa.Table = files.schema_of(kind).empty_table()

    def up_to(self, block: int) -> pa.Table:
        """The rows up to a block that were not handed on yet."""
        tables = [self._held]
        while self._pages and self._pages[0].first <= block:
            tables.append(self._journal.read(self._pages.pop(0), self._kind))
        rows = pa.concat_tables(tables)
        below = pc.less_equal(rows.column(self._column), pa.scalar(block, pa.uint64()))
        self._held = rows.filter(pc.invert(below))
        return rows.filter(below)


def _each_once(rows: pa.Table, keys: list[str]) -> pa.Table:
    """Sorted rows without those that have the keys of the row before: two questions met in one block."""
    columns = [rows.column(key).to_numpy() for key in keys]
    same = columns[0][1:] == columns[0][:-1]
    for column in columns[1:]:
        same &= column[1:] == column[:-1]
    return rows.filter(pa.array([True, *(~same).tolist()]))


def require_same(folder: Path, begun: Plan, plan: Plan) -> None:
    """Raises FileError when a collection that was begun is not the one that is asked for, whatever its anchor."""
    if replace(begun, anchor=plan.anchor) != plan:
        names = [
            name for name in begun.document() if name != "anchor" and getattr(begun, name, 0) != getattr(plan, name, 0)
        ]
        raise FileError(
            f"another collection was begun in {folder}",
            expected="; ".join(f"{name} {begun.document()[name]}" for name in names),
            found="; ".join(f"{name} {plan.document()[name]}" for name in names),
            remedy="run the command with the same options, name another folder with --output, or remove this one",
        )


def begun_plan(folder: Path) -> Plan | None:
    """The plan of a collection that was begun in `folder` and is not sealed; None where there is none."""
    return Journal(folder).plan()


def sealed(folder: Path) -> Bundle | None:
    """The bundle in `folder`; None where none is sealed. Raises like `open_bundle`."""
    return open_bundle(folder) if (folder / MANIFEST).exists() else None
