"""The fast replay: the same state and the same disagreements as `dao.replay`, at the speed of columns.

Most logs of a long history move tokens and votes, or cast ballots; those are followed by columns. Every other log goes
through the specification, in its place. So does every log of a chunk in which one of the former does not agree: what a
disagreement says is decided in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dao.artifacts import load
from dao.engine.ahead import ahead
from dao.engine.amounts import MOST_ROWS
from dao.engine.ballots import Ballots
from dao.engine.chunk import Chunk, Kind
from dao.engine.chunks import chunks
from dao.engine.collection import without_collection
from dao.engine.names import Names
from dao.engine.prepare import Columns, Preparation, Prepared
from dao.engine.token import TokenColumns
from dao.engine.views import ColumnTokenState, Store
from dao.engine.walk import Walk
from dao.errors import CodecError
from dao.events.log import RawLog
from dao.events.model import GOVERNOR, ProposalCreated
from dao.evidence.logs import from_raw, to_raw
from dao.replay.ledger import Rule
from dao.replay.replay import replay, step, timelocks
from dao.replay.state import GovernanceState
from dao.replay.transition import end_transaction
from dao.types import Address, Addresses

CHUNK = 2**16
"""How many logs are followed at once, at least."""

Source = Callable[[], Iterable[pa.Table | pa.RecordBatch]]
"""Gives the whole history from its beginning, each time that it is called."""


@without_collection()
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
    names = Names()
    preparation = Preparation(addresses, known, names)
    engine = _Engine(addresses, preparation.contracts, names)
    for prepared in ahead(preparation.chunks(chunks(source(), min(chunk_rows, MOST_ROWS // 2)))):
        if not engine.follow(prepared):
            return None
    end_transaction(engine.state)
    return engine.state


class _Engine:
    def __init__(self, addresses: Addresses, contracts: Mapping[Address, str], names: Names) -> None:
        self.state = GovernanceState(addresses)
        self._contracts, self._names = contracts, names
        self._store = Store()
        self._token: TokenColumns | None = TokenColumns(names)
        self.state.token = ColumnTokenState(self._token, self.state.token.supply)

    def follow(self, prepared: Prepared) -> bool:
        """Moves the state past a chunk. False, and nothing done, where it is not to be followed at all."""
        chunk = prepared.chunk
        if not chunk.orderly or not set(chunk.emitters) <= set(self._contracts):
            return False
        self.state.ledger.compared[Rule.LOG_ORDER] += len(chunk) - (chunk.last is None)
        if prepared.columns is None or not self._by_columns(chunk, prepared.columns):
            self._one_by_one(chunk.table)
        return True

    def _by_columns(self, chunk: Chunk, columns: Columns) -> bool:
        """False, and nothing done, where a log that columns follow does not agree with them."""
        if self._token is None or not self._token.apply(columns.token):
            return False
        self._count(chunk)
        made = [event for _, event in columns.events.values() if isinstance(event, ProposalCreated)]
        ballots = Ballots(chunk, columns.ballots, self.state, self._token, self._store, made)
        Walk(chunk, self.state, self._contracts, columns.events, ballots).run()
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


def _timelocks(source: Source, addresses: Addresses) -> tuple[Address, ...]:
    """The deployment's timelocks, found in the few logs that tell of another."""
    topic = pa.scalar(load(GOVERNOR).abi.event("TimelockChange").hash, pa.binary(32))
    logs: list[RawLog] = []
    for part in source():
        told = pc.equal(part.column("topic0"), topic).fill_null(False)
        if pc.any(told).as_py():
            logs += to_raw(part.filter(told))
    return timelocks(logs, addresses)
