"""The fast replay: the same state and the same disagreements as `dao.replay`, at the speed of columns.

Most logs of a long history move tokens and votes, or cast ballots; those are followed by columns. Every other log goes
through the specification, in its place. So does every log of a chunk in which one of the former does not agree: what a
disagreement says is decided in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dao.artifacts import load
from dao.engine.ahead import ahead
from dao.engine.amounts import MOST_ROWS
from dao.engine.ballots import Ballots, Split, full_rows, split_ballots
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.chunks import chunks
from dao.engine.names import Names
from dao.engine.token import TokenColumns
from dao.engine.views import ColumnTokenState, Store
from dao.engine.walk import Decoded, Walk
from dao.errors import CodecError
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import GOVERNOR, IGNORED, ProposalCreated
from dao.evidence.logs import from_raw, to_raw
from dao.replay.ledger import Rule
from dao.replay.replay import contract_names, replay, step, timelocks
from dao.replay.state import GovernanceState
from dao.replay.transition import end_transaction
from dao.types import Address, Addresses

CHUNK = 2**16
"""How many logs are followed at once, at least."""

Source = Callable[[], Iterable[pa.Table | pa.RecordBatch]]
"""Gives the whole history from its beginning, each time that it is called."""


def replay_columns(source: Source, addresses: Addresses, *, chunk_rows: int = CHUNK) -> GovernanceState:
    """The state after the logs of `source`; equal to that of `dao.replay.replay.replay` in everything.

    Args:
        source: The logs in the order of the chain, of `dao.evidence.logs.SCHEMA`, in tables of any size.
        addresses: The deployment.
        chunk_rows: How many logs are followed at once, at least.

    Raises ReplayError when a log comes from another contract.
    """
    # Hardly any governor ever moves to another timelock: the logs are searched for one where a stranger's turn up.
    state = _followed(source, addresses, (addresses.timelock,), chunk_rows)
    if state is None:
        state = _followed(source, addresses, _timelocks(source, addresses), chunk_rows)
    if state is None:
        # What is wrong with the order is said of the logs as a whole, and a stranger's logs are refused.
        state = replay([log for part in source() for log in to_raw(part)], addresses)
    return state


def replay_raw(logs: Sequence[RawLog], addresses: Addresses) -> GovernanceState:
    """The same of raw logs. Raises like `replay_columns`."""
    try:
        tables = [from_raw(logs[start : start + CHUNK]) for start in range(0, len(logs), CHUNK)]
    except CodecError:
        # A log that has no room in columns is no log of a chain; the specification says what is wrong with it.
        return replay(logs, addresses)
    return replay_columns(lambda: tables, addresses)


def _followed(
    source: Source, addresses: Addresses, known: Sequence[Address], chunk_rows: int
) -> GovernanceState | None:
    """The state after all logs; None where they do not stand in order, or another contract's are among them."""
    engine = _Engine(addresses, known)
    for chunk in ahead(engine.prepared(chunks(source(), min(chunk_rows, MOST_ROWS // 2)))):
        if not engine.follow(chunk):
            return None
    end_transaction(engine.state)
    return engine.state


class _Engine:
    def __init__(self, addresses: Addresses, found: Sequence[Address]) -> None:
        self.state = GovernanceState(addresses)
        self._contracts = contract_names(addresses, found)
        self._kinds = _kinds(addresses, self._contracts)
        self._names = Names()
        self._store = Store()
        self._token: TokenColumns | None = TokenColumns(self._names)
        self.state.token = ColumnTokenState(self._token, self.state.token.supply)

    def prepared(self, tables: Iterable[pa.Table]) -> Iterator[Chunk]:
        """The chunks of `tables`, with all done that needs no state."""
        last: pa.Table | None = None
        for table in tables:
            chunk = Chunk(table, self._kinds, self._names, last)
            chunk.prepare()
            yield chunk
            last = table.slice(table.num_rows - 1)

    def follow(self, chunk: Chunk) -> bool:
        """Moves the state past a chunk. False, and nothing done, where it is not to be followed at all."""
        if not chunk.orderly or not set(chunk.emitters) <= set(self._contracts):
            return False
        self.state.ledger.compared[Rule.LOG_ORDER] += len(chunk) - (chunk.last is None)
        if not self._by_columns(chunk):
            self._one_by_one(chunk.table)
        return True

    def _by_columns(self, chunk: Chunk) -> bool:
        """False, and nothing done, where a log that columns follow does not agree with them."""
        if self._token is None:
            return False
        full, splits = full_rows(chunk), split_ballots(chunk)
        events = self._decoded(chunk, full, splits)
        if events is None or not self._token.apply(chunk):
            return False
        self._count(chunk)
        made = [event for _, event in events.values() if isinstance(event, ProposalCreated)]
        ballots = Ballots(chunk, self.state, self._token, self._store, full, splits, made)
        Walk(chunk, self.state, self._contracts, events, ballots).run()
        return True

    def _one_by_one(self, table: pa.Table) -> None:
        """Moves the state past a chunk by the specification alone."""
        if isinstance(self.state.token, ColumnTokenState):
            self.state.token = self.state.token.plain()
        for log in to_raw(table):
            step(self.state, log, self._contracts)
        end_transaction(self.state)
        try:
            self._token = TokenColumns.read(self.state.token, self._names)
        except OverflowError:
            self._token = None
        else:
            self.state.token = ColumnTokenState(self._token, self.state.token.supply)

    def _decoded(self, chunk: Chunk, full: Rows, splits: Mapping[int, Split]) -> dict[int, Decoded] | None:
        """The logs that are followed one by one, but for ballots; None where one is not the encoding of its event."""
        unread = np.isin(chunk.kind, (Kind.OTHER, Kind.VOTE_CAST, Kind.VOTE_CAST_WITH_PARAMS))
        unread[self._issues(chunk)] = True
        unread[full] = False
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
        source, to = (numbers[rows] for numbers in chunk.topics[:2])
        # Below zero is no topic at all.
        special = (source <= 0) | (to <= 0)
        known = self.state.addresses
        if known.distributor is not None and known.wraps is None:
            special |= source == self._names.number(known.distributor)
            if known.distributor in chunk.emitters:
                paying = chunk.ordinal[chunk.emitter == chunk.emitters.index(known.distributor)]
                special |= np.isin(chunk.ordinal[rows], paying)
        return np.asarray(rows[special])

    def _count(self, chunk: Chunk) -> None:
        """Counts what was compared of the logs that columns followed."""
        compared = self.state.ledger.compared
        kinds = np.bincount(chunk.kind, minlength=len(Kind)).tolist()
        transfers, delegations = kinds[Kind.TRANSFER], kinds[Kind.DELEGATE_CHANGED]
        claims = kinds[Kind.DELEGATE_VOTES_CHANGED]
        followed = transfers + delegations + claims + kinds[Kind.IGNORED]
        compared[Rule.LOG_FORM] += followed
        compared[Rule.LOG_KNOWN] += followed
        compared[Rule.BALANCE] += int(np.count_nonzero(chunk.topics[0][chunk.rows(Kind.TRANSFER)]))
        compared[Rule.DELEGATE] += delegations
        compared[Rule.POWER] += claims
        self.state.logs += followed


def _kinds(addresses: Addresses, contracts: Mapping[Address, str]) -> dict[tuple[Address, bytes], Kind]:
    """How each event of the deployment is treated."""
    kinds = {
        (address, topic): Kind.IGNORED
        for address, name in contracts.items()
        for topic, signature in load(name).abi.events.items()
        if (name, signature.name) in IGNORED
    }
    token, governor = load(addresses.token_contract).abi, load(GOVERNOR).abi
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
