"""The logs of a chunk that are followed one by one, in their order: ballots, and what the specification decides."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dao.engine.ballots import Ballots
from dao.engine.chunk import Chunk
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import Event, Transfer
from dao.evidence.logs import to_raw
from dao.replay import token
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.replay.transition import apply, end_transaction
from dao.types import Address

Decoded = tuple[RawLog, Event]

_COUNTED = (Rule.LOG_FORM, Rule.LOG_KNOWN, Rule.PROPOSAL_KNOWN, Rule.WINDOW, Rule.BALLOT, Rule.WEIGHT)
"""What the specification compares of a ballot that it counts."""


class Walk:
    """One chunk's way through the specification.

    Args:
        chunk: The chunk, whose transfers and delegations the token's columns followed already.
        state: The state, moved past the chunk by `run`.
        contracts: The deployment's contracts and their names.
        events: The logs that are not ballots, by row, decoded.
        ballots: The chunk's ballots.
    """

    def __init__(
        self,
        chunk: Chunk,
        state: GovernanceState,
        contracts: Mapping[Address, str],
        events: Mapping[int, Decoded],
        ballots: Ballots,
    ) -> None:
        self._chunk, self._state, self._contracts = chunk, state, contracts
        self._events, self._ballots = events, ballots
        self._starts = np.flatnonzero(chunk.starts)
        self._ordinal = 0
        # Where each contract is first heard of, the last of them first.
        self._firsts = sorted(
            (
                (int(np.argmax(chunk.emitter == number)), emitter)
                for number, emitter in enumerate(chunk.emitters)
                if emitter not in state.constructions
            ),
            reverse=True,
        )

    def run(self) -> None:
        """Goes through all of them."""
        state, chunk, ballots = self._state, self._chunk, self._ballots
        rows = sorted(self._events)
        before = np.searchsorted(ballots.rows, rows).tolist()
        place = 0
        for row, end in zip([*rows, None], [*before, len(ballots.rows)], strict=True):
            while place < end:
                place += ballots.cast(place, end)
                if place < end:
                    self._unusual(int(ballots.rows[place]))
                    place += 1
            if row is not None:
                self._step(row, *self._events[row])
        ballots.settle()
        end_transaction(state)
        self._hear(len(chunk))
        state.clock = max(state.clock, int(chunk.timestamp[-1]))
        state.logs += ballots.counted
        for rule in _COUNTED:
            state.ledger.compared[rule] += ballots.counted

    def _unusual(self, row: int) -> None:
        (log,) = to_raw(self._chunk.table.slice(row, 1))
        self._step(row, log, decode_log(log, self._contracts[log.address]))

    def _step(self, row: int, log: RawLog, event: Event) -> None:
        """Applies one log as the specification does, in the transaction that it stands in."""
        state, chunk = self._state, self._chunk
        self._ballots.settle()
        ordinal = int(chunk.ordinal[row])
        if ordinal != self._ordinal:
            end_transaction(state)
            self._ordinal = ordinal
            state.transaction.place = chunk.place(int(self._starts[ordinal - 1]))
        self._hear(row)
        if isinstance(event, Transfer) and log.address == state.addresses.token:
            # What it moves, columns followed; what it means beside is left.
            state.clock = max(state.clock, log.timestamp)
            state.constructions.setdefault(log.address, log.transaction_hash)
            token.issue(state, event, chunk.place(row))
            return
        state.logs += 1
        state.ledger.compared[Rule.LOG_FORM] += 1
        apply(state, event, log.address, chunk.place(row))
        if log.address == state.addresses.governor:
            self._ballots.forget()

    def _hear(self, row: int) -> None:
        """Notes the transactions that created contracts whose first log stands before `row`."""
        while self._firsts and self._firsts[-1][0] < row:
            first, emitter = self._firsts.pop()
            self._state.constructions.setdefault(emitter, self._chunk.place(first).transaction)
