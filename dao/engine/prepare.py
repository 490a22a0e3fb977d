"""What is read of a chunk before anything is known of the chunks before it; a thread of its own may do that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dao.artifacts import load
from dao.engine.ballot_columns import BallotColumns, read_ballots
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.movements import TokenLogs, read_token
from dao.engine.names import Names
from dao.engine.walk import Decoded
from dao.errors import CodecError
from dao.events.decode import decode_log
from dao.events.model import GOVERNOR, IGNORED
from dao.evidence.logs import to_raw
from dao.replay.replay import contract_names
from dao.types import Address, Addresses


@dataclass(frozen=True, slots=True)
class Columns:
    """A chunk whose logs can be followed by columns.

    Args:
        token: The token's logs that move votes.
        ballots: The ballots that are the exact encoding of their event.
        events: The logs that are followed one by one, by row; no ballots.
    """

    token: TokenLogs
    ballots: BallotColumns
    events: Mapping[int, Decoded]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk and its columns; None where some of its logs are left to the specification whatever the state is."""

    chunk: Chunk
    columns: Columns | None


class Preparation:
    """Reads chunks of one deployment's history.

    Args:
        addresses: The deployment.
        timelocks: Its timelocks.
        names: Numbers for its accounts, which it adds to.
    """

    def __init__(self, addresses: Addresses, timelocks: Sequence[Address], names: Names) -> None:
        self.contracts = contract_names(addresses, timelocks)
        self._addresses, self._names = addresses, names
        self._kinds = _kinds(addresses, self.contracts)

    def chunks(self, tables: Iterable[pa.Table]) -> Iterator[Prepared]:
        """The chunks of `tables`, each once it is read."""
        last: pa.Table | None = None
        for table in tables:
            chunk = Chunk(table, self._kinds, self._names, last)
            known = chunk.orderly and set(chunk.emitters) <= set(self.contracts)
            yield Prepared(chunk, self._columns(chunk) if known else None)
            last = table.slice(table.num_rows - 1)

    def _columns(self, chunk: Chunk) -> Columns | None:
        token, ballots = read_token(chunk), read_ballots(chunk)
        events = None if token is None else self._decoded(chunk, ballots)
        return None if token is None or events is None else Columns(token, ballots, events)

    def _decoded(self, chunk: Chunk, ballots: BallotColumns) -> dict[int, Decoded] | None:
        """The logs that are followed one by one, but for ballots; None where one is not the encoding of its event."""
        unread = np.isin(chunk.kind, (Kind.OTHER, Kind.VOTE_CAST, Kind.VOTE_CAST_WITH_PARAMS))
        unread[self._issues(chunk)] = True
        unread[ballots.rows] = False
        rows = np.flatnonzero(unread)
        logs = to_raw(chunk.table.take(rows))
        try:
            events = [decode_log(log, self.contracts[log.address]) for log in logs]
        except CodecError:
            return None
        return dict(zip(rows.tolist(), zip(logs, events, strict=True), strict=True))

    def _issues(self, chunk: Chunk) -> Rows:
        """The transfers that do more than move a balance: they mint, burn, or may pay what was earned."""
        rows = chunk.rows(Kind.TRANSFER)
        source, to = (numbers[rows] for numbers in chunk.topics[:2])
        # Below zero is no topic at all.
        special = (source <= 0) | (to <= 0)
        known = self._addresses
        if known.distributor is not None and known.wraps is None:
            special |= source == self._names.number(known.distributor)
            if known.distributor in chunk.emitters:
                paying = chunk.ordinal[chunk.emitter == chunk.emitters.index(known.distributor)]
                special |= np.isin(chunk.ordinal[rows], paying)
        return np.asarray(rows[special])


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
