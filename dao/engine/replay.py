"""The fast replay: the same state and the same disagreements as `dao.replay`, at the speed of columns.

Most logs of a long history move tokens and votes, or cast full ballots; those are followed by columns. Every other log
goes through the specification, in its place. So does a whole chunk in which a log of the former does not agree: what
a disagreement says is decided in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dao.artifacts import load
from dao.engine.amounts import MOST_ROWS
from dao.engine.ballots import Ballots, Split, full_rows, split_ballots
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.names import Names
from dao.engine.token import TokenColumns
from dao.engine.views import ColumnTokenState, Store
from dao.errors import CodecError
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import GOVERNOR, IGNORED, Event, ProposalCreated, Transfer
from dao.evidence.logs import SCHEMA, to_raw
from dao.replay import token as token_rules
from dao.replay.ledger import Rule
from dao.replay.replay import contract_names, replay, timelocks
from dao.replay.state import GovernanceState
from dao.replay.transition import apply, end_transaction
from dao.types import Address, Addresses

CHUNK = 2**18
"""How many logs are followed at once."""

Source = Callable[[], Iterable[pa.Table | pa.RecordBatch]]
"""Gives the whole history from its beginning, each time that it is called."""


def replay_columns(source: Source, addresses: Addresses, *, chunk_rows: int = CHUNK) -> GovernanceState:
    """The state after the logs of `source`; equal to that of `dao.replay.replay.replay` in everything.

    Args:
        source: The logs in the order of the chain, of `dao.evidence.logs.SCHEMA`, in tables of any size.
        addresses: The deployment.
        chunk_rows: How many logs are followed at once.

    Raises ReplayError when a log comes from another contract.
    """
    found = _timelocks(source, addresses)
    engine = _Engine(addresses, found)
    for table in _chunks(source(), min(chunk_rows, MOST_ROWS)):
        if not engine.follow(table):
            return replay([log for part in source() for log in to_raw(part)], addresses)
    end_transaction(engine.state)
    return engine.state


class _Engine:
    def __init__(self, addresses: Addresses, found: Sequence[Address]) -> None:
        self.state = GovernanceState(addresses)
        self._contracts = contract_names(addresses, found)
        self._kinds = _kinds(addresses, self._contracts)
        self._token = TokenColumns(Names())
        self._store = Store()
        self._last: pa.Table | None = None
        self.state.token = ColumnTokenState(self._token, self.state.token.supply)

    def follow(self, table: pa.Table) -> bool:
        """Moves the state past a chunk. False where the order of the logs is not that of a chain."""
        chunk = Chunk(table, self._kinds)
        if not self._ordered(chunk) or not set(chunk.emitters) <= set(self._contracts):
            return False
        self.state.ledger.compared[Rule.LOG_ORDER] += len(chunk) - (self._last is None)
        self._last = table.slice(len(chunk) - 1)
        ballots = full_rows(chunk), split_ballots(chunk)
        events = self._decoded(chunk, *ballots)
        if events is None or not self._token.apply(chunk):
            return False
        self._count(chunk)
        self._run(chunk, events, *ballots)
        return True

    def _ordered(self, chunk: Chunk) -> bool:
        """Whether the logs follow each other as on a chain, and the last of the chunk before."""
        if self._last is not None:
            border = Chunk(pa.concat_tables([self._last, chunk.table.slice(0, 1)]).combine_chunks(), {})
            if not _follow(border):
                return False
        return _follow(chunk)

    def _decoded(
        self, chunk: Chunk, ballots: Rows, splits: Mapping[int, Split]
    ) -> dict[int, tuple[RawLog, Event]] | None:
        """The logs that are not followed by columns, by row; None where one is not the encoding of its event."""
        unread = chunk.kind == Kind.OTHER
        unread[self._issues(chunk)] = True
        unread[chunk.rows(Kind.VOTE_CAST, Kind.VOTE_CAST_WITH_PARAMS)] = True
        unread[ballots] = False
        unread[list(splits)] = False
        rows = np.flatnonzero(unread)
        logs = to_raw(chunk.table.take(rows))
        try:
            events = [decode_log(log, self._contracts[log.address]) for log in logs]
        except CodecError:
            return None
        return dict(zip(rows.tolist(), zip(logs, events, strict=True), strict=True))

    def _issues(self, chunk: Chunk) -> Rows:
        """The transfers that do more than move a balance: they mint, burn, or may pay what was earned."""
        rows = chunk.rows(Kind.TRANSFER)
        zero = pa.scalar(bytes(32), pa.binary(32))
        ends = (pc.equal(chunk.column(topic).take(rows), zero) for topic in ("topic1", "topic2"))
        special = np.zeros(len(rows), np.bool_)
        for end in ends:
            special |= end.fill_null(True).to_numpy(zero_copy_only=False)
        distributor = self.state.addresses.distributor
        if distributor is not None and self.state.addresses.wraps is None:
            word = pa.scalar(bytes(12) + bytes.fromhex(distributor[2:]), pa.binary(32))
            source = pc.equal(chunk.column("topic1").take(rows), word)
            special |= source.fill_null(True).to_numpy(zero_copy_only=False)
            if distributor in chunk.emitters:
                paying = chunk.ordinal[chunk.emitter == chunk.emitters.index(distributor)]
                special |= np.isin(chunk.ordinal[rows], paying)
        return rows[special]

    def _count(self, chunk: Chunk) -> None:
        """Counts what was compared of the logs that columns followed."""
        compared = self.state.ledger.compared
        kinds = np.bincount(chunk.kind, minlength=len(Kind)).tolist()
        transfers, delegations = kinds[Kind.TRANSFER], kinds[Kind.DELEGATE_CHANGED]
        claims = kinds[Kind.DELEGATE_VOTES_CHANGED]
        followed = transfers + delegations + claims + kinds[Kind.IGNORED]
        compared[Rule.LOG_FORM] += followed
        compared[Rule.LOG_KNOWN] += followed
        rows = chunk.rows(Kind.TRANSFER)
        zero = pa.scalar(bytes(32), pa.binary(32))
        minted = pc.sum(pc.equal(chunk.column("topic1").take(rows), zero)).as_py() or 0
        compared[Rule.BALANCE] += transfers - minted
        compared[Rule.DELEGATE] += delegations
        compared[Rule.POWER] += claims
        self.state.logs += followed

    def _run(
        self, chunk: Chunk, events: dict[int, tuple[RawLog, Event]], full: Rows, splits: Mapping[int, Split]
    ) -> None:
        """Goes through the logs that are not followed by columns alone, in their order."""
        state = self.state
        made = [event for _, event in events.values() if isinstance(event, ProposalCreated)]
        ballots = Ballots(chunk, state, self._token, self._store, full, splits, made)
        rows = np.union1d(ballots.rows, np.fromiter(events, np.int64, len(events)))
        # The row and transaction at which each contract is first heard of.
        firsts = sorted(
            (int(np.argmax(chunk.emitter == number)), emitter)
            for number, emitter in enumerate(chunk.emitters)
            if emitter not in state.constructions
        )
        firsts.reverse()
        starts = np.flatnonzero(chunk.starts)
        ordinal = 0
        for row, current in zip(rows.tolist(), chunk.ordinal[rows].tolist(), strict=True):
            if ballots.cast(row):
                continue
            ballots.settle()
            if current != ordinal:
                end_transaction(state)
                ordinal = current
                state.transaction.place = chunk.place(int(starts[current - 1]))
            while firsts and firsts[-1][0] < row:
                first, emitter = firsts.pop()
                state.constructions.setdefault(emitter, chunk.place(first).transaction)
            if row not in events:
                (log,) = to_raw(chunk.table.slice(row, 1))
                events[row] = log, decode_log(log, self._contracts[log.address])
            log, event = events[row]
            if isinstance(event, Transfer) and log.address == state.addresses.token:
                state.clock = max(state.clock, log.timestamp)
                state.constructions.setdefault(log.address, log.transaction_hash)
                token_rules.issue(state, event, chunk.place(row))
            else:
                state.logs += 1
                state.ledger.compared[Rule.LOG_FORM] += 1
                apply(state, event, log.address, chunk.place(row))
                if log.address == state.addresses.governor:
                    ballots.forget()
        ballots.settle()
        end_transaction(state)
        for first, emitter in reversed(firsts):
            state.constructions.setdefault(emitter, chunk.place(first).transaction)
        state.clock = max(state.clock, int(chunk.timestamp[-1]))
        state.logs += ballots.counted
        for rule in (
            Rule.LOG_FORM, Rule.LOG_KNOWN, Rule.PROPOSAL_KNOWN, Rule.WINDOW, Rule.BALLOT, Rule.WEIGHT,
        ):  # fmt: skip
            state.ledger.compared[rule] += ballots.counted


def _follow(chunk: Chunk) -> bool:
    """Whether each log stands behind the one before it: by block and index, in time, and alike within a block."""
    block, index, time = chunk.block, chunk.log_index, chunk.timestamp
    hashes, order = chunk.fixed("block_hash"), chunk.column("transaction_index").to_numpy()
    same = block[1:] == block[:-1]
    alike = (time[1:] == time[:-1]) & (order[1:] >= order[:-1]) & (index[1:] > index[:-1])
    for part in range(4):
        alike &= hashes[1:, part] == hashes[:-1, part]
    return bool(((block[1:] > block[:-1]) & (time[1:] >= time[:-1]) | same & alike).all())


def _chunks(tables: Iterable[pa.Table | pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """The logs in tables of about so many rows, none of which ends within a transaction; every column in one piece."""
    waiting: list[pa.Table] = []
    count = 0
    for part in tables:
        table = pa.Table.from_batches([part]) if isinstance(part, pa.RecordBatch) else part
        for start in range(0, table.num_rows, rows):
            waiting.append(table.slice(start, rows).cast(SCHEMA))
            count += waiting[-1].num_rows
            if count < rows:
                continue
            whole = pa.concat_tables(waiting).combine_chunks()
            end = int(np.flatnonzero(Chunk(whole, {}).starts)[-1])
            if end:
                yield whole.slice(0, end).combine_chunks()
                waiting = [whole.slice(end)]
                count = waiting[0].num_rows
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _kinds(addresses: Addresses, contracts: dict[Address, str]) -> dict[tuple[Address, bytes], Kind]:
    """How each event of the deployment is treated."""
    kinds: dict[tuple[Address, bytes], Kind] = {}
    token, governor = load(addresses.token_contract).abi, load(GOVERNOR).abi
    for address, name in contracts.items():
        for topic, signature in load(name).abi.events.items():
            if (name, signature.name) in IGNORED:
                kinds[address, topic] = Kind.IGNORED
    columns = {
        "Transfer": Kind.TRANSFER,
        "DelegateChanged": Kind.DELEGATE_CHANGED,
        "DelegateVotesChanged": Kind.DELEGATE_VOTES_CHANGED,
    }
    kinds |= {(addresses.token, token.event(name).hash): kind for name, kind in columns.items()}
    kinds[addresses.governor, governor.event("VoteCast").hash] = Kind.VOTE_CAST
    kinds[addresses.governor, governor.event("VoteCastWithParams").hash] = Kind.VOTE_CAST_WITH_PARAMS
    return kinds


def _timelocks(source: Source, addresses: Addresses) -> tuple[Address, ...]:
    """The deployment's timelocks, found in the few logs that tell of another."""
    topic = pa.scalar(load(GOVERNOR).abi.event("TimelockChange").hash, pa.binary(32))
    logs: list[RawLog] = []
    for part in source():
        told = pc.equal(part.column("topic0"), topic).fill_null(False)
        if pc.any(told).as_py():
            logs += to_raw(part.filter(told))
    return timelocks(logs, addresses)
