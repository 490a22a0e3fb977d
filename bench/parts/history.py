"""Long histories of a DAO from a seed: logs in their real encoding, as evidence holds them.

A history begins with a life of the shipped contracts on an in-process EVM, which emits events of every kind: proposals
with every end, settings, roles, a policy that changes, payouts that are published, disputed, voided and claimed. What
follows is made here, at a length that no EVM plays in reasonable time: transfers and delegations of many accounts,
approvals, and proposals with their ballots, queued and executed. The specification replay keeps the state of these
parts, so that every later weight, tally and extension is what the contracts would have said.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import pyarrow as arrow

from dao.abi import Signature, checksum, encode
from dao.artifacts import load
from dao.events.decode import decode_log, place_of
from dao.events.log import RawLog
from dao.events.model import GOVERNOR, TIMELOCK, TOKEN
from dao.evidence.logs import SCHEMA, from_raw
from dao.replay.checkpoints import move_delegate_votes
from dao.replay.governor import operation_id
from dao.replay.identity import proposal_id, timelock_salt
from dao.replay.proposal_state import proposal_deadline, proposal_state
from dao.replay.replay import replay
from dao.replay.state import GovernanceState, Proposal
from dao.replay.tiers import tier_of
from dao.replay.transition import apply
from dao.types import Address, Addresses, Call, ProposalState, Support
from tests.support.history import Dao, Reverted
from tests.support.lives import random_life

ROWS = 65_536
BLOCK_TIME = 12
LOGS_PER_BLOCK = 20
DAY = 86_400
GRACE = 30 * DAY
SPLIT, LATE = 20, 8
"""One ballot of so many is a split; one proposal of so many is voted on late."""

_REASONS = ("", "", "I have read it.", "Against: the budget is too large for one epoch, and nobody says who reports.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long votes take (seconds), how late an extension makes them, and how many logs lie between two proposals."""

    delay: int = DAY // 8
    period: int = DAY // 2
    extension: int = 1_200
    logs_per_proposal: int = 3_000


QUICK = Pace(delay=60, period=1_200, extension=120, logs_per_proposal=250)
"""For histories of some thousand logs."""


class History:
    """One history; `batches` makes it, once."""

    def __init__(self, seed: int, *, accounts: int = 20_000, delegates: int = 2_000, pace: Pace | None = None) -> None:
        """Plays the life that the history begins with.

        Args:
            seed: Same seed, same bytes.
            accounts: How many accounts hold tokens later on.
            delegates: How many of them others delegate to.
            pace: How long votes take.
        """
        self._rng = random.Random(seed)
        self._pace = pace or Pace()
        self._dao = _prologue(seed, self._pace)
        self.addresses: Addresses = self._dao.addresses
        self.chain_id = self._dao.chain.chain_id
        self._state: GovernanceState = replay(self._dao.logs, self.addresses)
        self._accounts = [checksum(self._rng.randbytes(20)) for _ in range(accounts)]
        self._delegates = self._accounts[:delegates]
        self._words: dict[Address, bytes] = {}
        self._topics = {
            name: load(contract).abi.event(name).hash
            for contract, names in {
                TOKEN: ("Transfer", "Approval", "DelegateChanged", "DelegateVotesChanged"),
                GOVERNOR: ("VoteCast", "VoteCastWithParams"),
            }.items()
            for name in names
        }
        self._block, self._time = self._dao.chain.number, self._dao.chain.timestamp
        self._rows: list[tuple[Any, ...]] = []
        self._in_block = self._transaction_index = 0
        self._hash = self._transaction = b""
        self._open: list[Proposal] = []
        self._late: set[int] = set()
        self.made = 0

    def batches(self, logs: int) -> Iterator[arrow.Table]:
        """The history as tables of `ROWS` rows, until there are about `logs` of them."""
        prologue = self._dao.logs
        self._next_block()
        yield from_raw(prologue)
        self.made = len(prologue)
        self._endow()
        next_proposal = 0
        while self.made < logs:
            if self._in_block >= LOGS_PER_BLOCK:
                self._next_block()
                self._advance_proposals()
            if self.made >= next_proposal:
                self._propose()
                next_proposal = self.made + self._pace.logs_per_proposal
            self._act()
            if len(self._rows) >= ROWS:
                yield self._table()
        yield self._table()
        wrong = self._state.ledger.disagreements
        if wrong:
            raise AssertionError(f"the history contradicts itself: {wrong[0]}")

    # ------------------------------------------------------------ where a log stands

    def _next_block(self) -> None:
        self._block += 1
        self._time += BLOCK_TIME
        self._in_block, self._transaction_index = 0, -1
        self._hash = self._rng.randbytes(32)
        self._state.clock = self._time

    def _next_transaction(self) -> None:
        self._transaction_index += 1
        self._transaction = self._rng.randbytes(32)

    def _emit(self, address: Address, topics: Sequence[bytes], data: bytes) -> None:
        padded = (*topics, None, None, None)[:4]
        place = (self._block, self._in_block, self._transaction_index, self._time, self._hash, self._transaction)
        self._rows.append((*place, bytes.fromhex(address[2:]), *padded, data))
        self._in_block += 1
        self.made += 1

    def _tell(self, contract: str, address: Address, name: str, *values: Any) -> None:
        """Emits an event, and has the specification apply it."""
        topics, data = _encoded(load(contract).abi.event(name), values)
        log = RawLog(
            address=address,
            topics=topics,
            data=data,
            block_number=self._block,
            block_hash=self._hash,
            timestamp=self._time,
            transaction_hash=self._transaction,
            transaction_index=self._transaction_index,
            log_index=self._in_block,
        )
        self._emit(address, topics, data)
        apply(self._state, decode_log(log, contract), address, place_of(log))

    def _table(self) -> arrow.Table:
        columns = list(zip(*self._rows, strict=True))
        self._rows.clear()
        return arrow.table(
            [arrow.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
        )

    # ------------------------------------------------------------ tokens

    def _endow(self) -> None:
        """Gives every account what it begins with, out of the life's largest holder."""
        rich = self._dao.holders[-1]
        share = self._state.token.balance(rich) // (2 * len(self._accounts))
        for index, account in enumerate(self._accounts):
            if index % 16 == 0:
                self._next_transaction()
            if self._in_block >= LOGS_PER_BLOCK:
                self._next_block()
                self._next_transaction()
            self._transfer(rich, account, share)

    def _act(self) -> None:
        rng = self._rng
        self._next_transaction()
        draw = rng.random()
        if draw < 0.66:
            source, to = self._account(), self._account()
            balance = self._state.token.balance(source)
            self._transfer(source, to, balance if draw < 0.01 else rng.randrange(balance // 3 + 1))
        elif draw < 0.76:
            self._delegate(self._account(), rng.choice(self._delegates))
        elif draw < 0.82:
            owner, spender = self._word(self._account()), self._word(self._account())
            self._emit(self.addresses.token, (self._topics["Approval"], owner, spender), rng.randbytes(32))
        elif self._open:
            for _ in range(rng.choice((1, 1, 1, 4))):
                self._vote()

    def _account(self) -> Address:
        """A few accounts do most."""
        return self._accounts[int(len(self._accounts) * self._rng.random() ** 3)]

    def _word(self, account: Address) -> bytes:
        word = self._words.get(account)
        if word is None:
            word = self._words[account] = bytes(12) + bytes.fromhex(account[2:])
        return word

    def _transfer(self, source: Address, to: Address, amount: int) -> None:
        token = self._state.token
        self._emit(
            self.addresses.token,
            (self._topics["Transfer"], self._word(source), self._word(to)),
            amount.to_bytes(32, "big"),
        )
        token.balances[source] = token.balance(source) - amount
        token.balances[to] = token.balance(to) + amount
        self._move(token.delegate(source), token.delegate(to), amount)

    def _delegate(self, account: Address, delegate: Address) -> None:
        token = self._state.token
        old = token.delegate(account)
        topics = (self._topics["DelegateChanged"], *map(self._word, (account, old, delegate)))
        self._emit(self.addresses.token, topics, b"")
        token.delegates[account] = delegate
        self._move(old, delegate, token.balance(account))

    def _move(self, source: Address, to: Address, amount: int) -> None:
        changes = move_delegate_votes(self._state.token.powers, source=source, to=to, amount=amount, clock=self._time)
        for change in changes:
            data = change.old.to_bytes(32, "big") + change.new.to_bytes(32, "big")
            topics = (self._topics["DelegateVotesChanged"], self._word(change.delegate))
            self._emit(self.addresses.token, topics, data)

    # ------------------------------------------------------------ proposals

    def _propose(self) -> None:
        rng, state, known = self._rng, self._state, self.addresses
        self._next_transaction()
        longest = 2 * self._pace.extension
        choices = (
            Call(known.token, 0, load(TOKEN).abi.function("transfer").encode_call(rng.choice(self._accounts), 0)),
            Call(known.governor, 0, _governor("setVotingDelay", rng.randrange(1, self._pace.delay))),
            Call(known.governor, 0, _governor("setLateQuorumVoteExtension", rng.randrange(1, longest))),
        )
        calls = tuple(rng.sample(choices, rng.choice((1, 1, 2))))
        description = f"# Proposal {self.made}\n\n{'Because it is time. ' * rng.randrange(1, 40)}".encode()
        identifier = proposal_id(calls, description)
        start = self._time + state.settings.voting_delay
        proposer = rng.choice(self._delegates)
        columns = [c.target for c in calls], [c.value for c in calls], [c.calldata for c in calls]
        self._tell(
            GOVERNOR,
            known.governor,
            "ProposalCreated",
            *(identifier, proposer, columns[0], columns[1], [""] * len(calls), columns[2]),
            *(start, start + state.settings.voting_period, description.decode()),
        )
        self._tell(GOVERNOR, known.governor, "ProposalTier", identifier, int(tier_of(state, calls)))
        proposal = state.proposals[identifier]
        self._open.append(proposal)
        if rng.randrange(LATE) == 0:
            self._late.add(identifier)

    def _vote(self) -> None:
        rng, state = self._rng, self._state
        proposal = next(filter(self._is_urgent, self._open), None) or rng.choice(self._open)
        if not proposal.snapshot < self._time <= proposal_deadline(proposal):
            return
        if proposal.id in self._late and not self._is_urgent(proposal):
            return
        voter = rng.choice(self._delegates)
        power = state.token.past_votes(voter, proposal.snapshot)
        left = power - proposal.used.get(voter, 0)
        if left == 0 or (voter in proposal.used and rng.random() < 0.9):
            return
        reason = rng.choice(_REASONS)
        if rng.randrange(SPLIT) == 0 or voter in proposal.used:
            parts = (left // 7, left // 2, left // 9)
            params = b"".join(part.to_bytes(16, "big") for part in parts)
            values = (voter, proposal.id, int(Support.FRACTIONAL), sum(parts), reason, params)
            self._tell(GOVERNOR, self.addresses.governor, "VoteCastWithParams", *values)
        else:
            support = rng.choice((Support.FOR, Support.FOR, Support.FOR, Support.AGAINST, Support.ABSTAIN))
            values = (voter, proposal.id, int(support), left, reason)
            self._tell(GOVERNOR, self.addresses.governor, "VoteCast", *values)
        for identifier, extended, _ in list(state.transaction.extensions):
            self._tell(GOVERNOR, self.addresses.governor, "ProposalExtended", identifier, extended)

    def _is_urgent(self, proposal: Proposal) -> bool:
        """Whether everybody votes on it now, because quorum is to come late and its time is nearly over."""
        left = proposal.first_deadline - self._time
        return proposal.id in self._late and 0 <= left <= self._pace.extension

    def _advance_proposals(self) -> None:
        for proposal in list(self._open):
            current = proposal_state(self._state, proposal, self._time)
            if current is ProposalState.SUCCEEDED:
                self._next_transaction()
                self._queue(proposal)
            elif current is ProposalState.QUEUED and self._time >= proposal.eta:
                self._next_transaction()
                if self._rng.randrange(8) == 0:
                    self._cancel(proposal)
                else:
                    self._execute(proposal)
                self._open.remove(proposal)
            elif current not in (ProposalState.PENDING, ProposalState.ACTIVE, ProposalState.QUEUED):
                self._open.remove(proposal)

    def _queue(self, proposal: Proposal) -> None:
        known, state = self.addresses, self._state
        operation, delay = operation_id(known.governor, proposal), state.min_delays[known.timelock]
        for index, call in enumerate(proposal.calls):
            values = (operation, index, call.target, call.value, call.calldata, bytes(32), delay)
            self._tell(TIMELOCK, known.timelock, "CallScheduled", *values)
        self._tell(TIMELOCK, known.timelock, "CallSalt", operation, timelock_salt(known.governor, proposal.description))
        self._tell(GOVERNOR, known.governor, "ProposalQueued", proposal.id, self._time + delay)

    def _cancel(self, proposal: Proposal) -> None:
        self._tell(GOVERNOR, self.addresses.governor, "ProposalCanceled", proposal.id)
        self._tell(TIMELOCK, self.addresses.timelock, "Cancelled", operation_id(self.addresses.governor, proposal))

    def _execute(self, proposal: Proposal) -> None:
        known, settings = self.addresses, self._state.settings
        operation = operation_id(known.governor, proposal)
        for index, call in enumerate(proposal.calls):
            if call.target == known.token:
                receiver, amount = load(TOKEN).abi.function("transfer").decode_call(call.calldata)
                self._transfer(known.timelock, receiver, amount)
            elif call.calldata[:4] == load(GOVERNOR).abi.function("setVotingDelay").selector:
                new = int.from_bytes(call.calldata[4:], "big")
                self._tell(GOVERNOR, known.governor, "VotingDelaySet", settings.voting_delay, new)
            else:
                new = int.from_bytes(call.calldata[4:], "big")
                values = (settings.late_quorum_extension, new)
                self._tell(GOVERNOR, known.governor, "LateQuorumVoteExtensionSet", *values)
            self._tell(
                TIMELOCK, known.timelock, "CallExecuted", operation, index, call.target, call.value, call.calldata
            )
        self._tell(GOVERNOR, known.governor, "ProposalExecuted", proposal.id)


def _prologue(seed: int, pace: Pace) -> Dao:
    """A life of the shipped contracts, whose voting period and delays are then made those of a DAO of that size.

    It is the first one after `seed` in which the vote on that succeeds.
    """
    for attempt in count(1_000 * seed):
        dao = random_life(attempt, 300, "mint")
        dao.chain.advance(2 * DAY)
        with suppress(Reverted):
            _lengthen(dao, pace)
            return dao
    raise AssertionError("there is always another life")


def _lengthen(dao: Dao, pace: Pace) -> None:
    dao.pass_proposal(
        [
            dao.call_governor("setVotingDelay", pace.delay),
            dao.call_governor("setVotingPeriod", pace.period),
            dao.call_governor("setGracePeriod", GRACE),
            dao.call_governor("setProposalThreshold", 0),
            # Downwards and up again: a tier never needs less than the one below it.
            *(dao.call_governor("setTier", tier, (5_000, 0)) for tier in (2, 1, 0)),
            *(dao.call_governor("setTier", tier, (5_000, quorum)) for tier, quorum in enumerate((400, 300, 200))),
            dao.call_governor("setExclusions", []),
            dao.call_governor("setLateQuorumVoteExtension", pace.extension),
        ],
        "Longer votes",
    )


def _governor(function: str, *arguments: Any) -> bytes:
    return load(GOVERNOR).abi.function(function).encode_call(*arguments)


def _encoded(event: Signature, values: Sequence[Any]) -> tuple[tuple[bytes, ...], bytes]:
    """Topics and data of an event whose indexed parameters are all of static types."""
    pairs = list(zip(event.inputs, values, strict=True))
    topics = tuple(encode([parameter.type], [value]) for parameter, value in pairs if parameter.indexed)
    plain = [(parameter.type, value) for parameter, value in pairs if not parameter.indexed]
    return (event.hash, *topics), encode([kind for kind, _ in plain], [value for _, value in plain])
