"""Puts checked ballots into as few transactions as the gas of one transaction allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dao import artifacts
from dao.abi import ContractAbi
from dao.ballot.document import Ballot
from dao.chain import transaction
from dao.chain.transaction import GAS_LIMIT_CAP
from dao.errors import CallReverted, CodecError, RpcError
from dao.lifecycle.ballots.check import Checked, Progress
from dao.lifecycle.ballots.sign import params_of, support_of
from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.session import Session
from dao.lifecycle.wording import reverts_in_units
from dao.types import Address

MULTICALL = Address("0xcA11bde05977b3631167028862bE2a173976CA11")
"""Multicall3, which has the same address on every chain where it is."""

MAX_DATA = 96 * 1024
"""The most calldata of one transaction, in bytes: nodes pass on no more than 128 KiB."""

_FIRST_GUESS = 350
_ESTIMATES = 10
_SPARE = 100_000
"""Gas on top of every limit. With too little, a batch passes a ballot over instead of failing, and an estimate is the
least with which a call succeeds; what one ballot costs at most, a late quorum included, is less than this."""

_Make = Callable[[Sequence[Checked]], Outgoing]

_MULTICALL = ContractAbi(
    [
        {
            "type": "function",
            "name": "aggregate3",
            "stateMutability": "payable",
            "inputs": [
                {
                    "name": "calls",
                    "type": "tuple[]",
                    "components": [
                        {"name": "target", "type": "address"},
                        {"name": "allowFailure", "type": "bool"},
                        {"name": "callData", "type": "bytes"},
                    ],
                }
            ],
            "outputs": [
                {
                    "name": "returnData",
                    "type": "tuple[]",
                    "components": [{"name": "success", "type": "bool"}, {"name": "returnData", "type": "bytes"}],
                }
            ],
        }
    ]
).function("aggregate3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A transaction to be sent: the call, the ballots in it, its gas as estimated and its gas limit."""

    outgoing: Outgoing
    entries: tuple[Checked, ...]
    gas: int
    gas_limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Ballots of which a transaction cannot be made, and why."""

    entries: tuple[Checked, ...]
    reason: str


def pack(
    session: Session, ready: Sequence[Checked], *, progress: Progress = lambda done, total: None
) -> tuple[list[Parcel], list[Failed]]:
    """The transactions that carry the ballots `ready`, and the ballots that none can carry.

    Full ballots go into the governor's own batches, by proposal. Others are single calls; those of voters without code
    go together where the chain has Multicall3, each allowed to fail alone. A contract account's ballot travels alone,
    because its code can use up the gas of whatever is around it.
    """
    packer = _Packer(session, len(ready), progress)

    def one(some: Sequence[Checked]) -> Outgoing:
        return _single(session, some[0])

    full: dict[int, list[Checked]] = {}
    keys: list[Checked] = []
    alone: list[Checked] = []
    codes = dict(_codes(session, ready))
    for entry in ready:
        ballot = ballot_of(entry)
        if ballot.kind == "full":
            full.setdefault(ballot.proposal_id, []).append(entry)
        else:
            (alone if codes[ballot.voter] else keys).append(entry)
    for proposal_id, entries in full.items():
        packer.failed += packer.pack(entries, partial(_batch, session, proposal_id))
    if len(keys) > 1 and _multicall_works(session, keys[:2]):
        refused = packer.pack(
            keys, lambda some: _together(session, some), lambda some: _together(session, some, strict=True)
        )
    else:
        refused = [Failed(entries=(entry,), reason="") for entry in keys]
    # What cannot go together says alone why it cannot.
    for entry in [*(entry for each in refused for entry in each.entries), *alone]:
        packer.failed += packer.pack([entry], one)
    return packer.parcels, packer.failed


def ballot_of(entry: Checked) -> Ballot:
    """The ballot of an entry that has one."""
    assert entry.ballot is not None  # noqa: S101  # for the type checker; only such entries are ever ready
    return entry.ballot


class _Packer:
    """Fills transactions one after the other."""

    def __init__(self, session: Session, total: int, progress: Progress) -> None:
        self.parcels: list[Parcel] = []
        self.failed: list[Failed] = []
        self._session = session
        self._progress = progress
        self._done, self._total = 0, total
        self._most = min(GAS_LIMIT_CAP, session.connection.gas_limit())
        # A little less than may be used, because what happens until it is mined can cost more.
        self._limit = self._most * 95 // 100

    def pack(self, entries: Sequence[Checked], make: _Make, strict: _Make | None = None) -> list[Failed]:
        """Divides `entries` into transactions that `make` makes; those of which none can be made.

        Gas is estimated of what `strict` makes, where the transaction itself would succeed without some of its ballots.
        """
        rest, failed = list(entries), []
        while rest:
            fits, gas, reason = self._fit(rest, strict or make)
            taken = rest[: fits or 1]
            if reason is None:
                gas_limit = min(self._most, gas + gas // 5 + _SPARE)
                self.parcels.append(
                    Parcel(
                        outgoing=replace(make(taken), gas=gas_limit), entries=tuple(taken), gas=gas, gas_limit=gas_limit
                    )
                )
            else:
                failed.append(Failed(entries=tuple(taken), reason=reason))
            rest = rest[len(taken) :]
            self._done += len(taken) if reason is None or strict is None else 0
            self._progress(self._done, self._total)
        return failed

    def _fit(self, entries: Sequence[Checked], make: _Make) -> tuple[int, int, str | None]:
        """How many of the first of `entries` fit, the gas that they need, and why they cannot be sent if so."""
        fits, too_many, gas = 0, len(entries) + 1, 0
        guess = min(len(entries), _FIRST_GUESS)
        for _ in range(_ESTIMATES):
            try:
                needed = self._needed(make(entries[:guess]))
            except CallReverted as error:
                return guess, 0, str(error)
            except RpcError as error:
                # A node says so by an error of its own when a block cannot hold as much.
                if "code" not in error.values:
                    raise
                if guess == 1:
                    return 1, 0, str(error)
                too_many, guess = guess, fits + (guess - fits) // 2
            else:
                if needed <= self._limit:
                    fits, gas = guess, needed
                else:
                    too_many = guess
                # As many as would fit if all of them cost the same.
                guess = min(too_many - 1, max(fits + 1, guess * self._limit // needed))
            if too_many - fits <= 1:
                break
        if fits == 0:
            return 0, 0, f"it needs more gas than one transaction may use ({self._limit})"
        return fits, gas, None

    def _needed(self, outgoing: Outgoing) -> int:
        """The gas of a transaction; more than any may use where its data is too long."""
        if len(outgoing.data) > MAX_DATA:
            return max(self._limit + 1, self._limit * len(outgoing.data) // MAX_DATA)
        session = self._session
        with reverts_in_units(session.deployment):
            return transaction.estimate(session.connection, outgoing.sender, outgoing.request)


def _multicall_works(session: Session, entries: Sequence[Checked]) -> bool:
    """Whether Multicall3 is on this chain: two ballots in it, simulated, are both counted."""
    if not session.connection.code(MULTICALL):
        return False
    outgoing = _together(session, entries)
    try:
        (results,) = _MULTICALL.decode_output(
            transaction.simulate(session.connection, outgoing.sender, outgoing.request)
        )
    except (CallReverted, CodecError, RpcError):
        return False
    return len(results) == len(entries)


def _codes(session: Session, entries: Sequence[Checked]) -> list[tuple[Address, bytes]]:
    voters = sorted({ballot_of(entry).voter for entry in entries if ballot_of(entry).kind != "full"})
    return list(zip(voters, session.connection.codes(voters), strict=True))


def _batch(session: Session, proposal_id: int, entries: Sequence[Checked]) -> Outgoing:
    """`castVotesBySig` of full ballots on one proposal."""
    ballots = []
    for entry in entries:
        ballot = ballot_of(entry)
        ballots.append((ballot.voter, int(support_of(ballot)), ballot.signature[:32], ballot.signature[32:]))
    return _governor(session, "castVotesBySig", proposal_id, ballots)


def _single(session: Session, entry: Checked) -> Outgoing:
    """`castVoteBySig`, or `castVoteWithReasonAndParamsBySig`, of one ballot."""
    ballot = ballot_of(entry)
    common = (ballot.proposal_id, int(support_of(ballot)), ballot.voter)
    if ballot.kind == "plain":
        return _governor(session, "castVoteBySig", *common, ballot.signature)
    params = b"" if ballot.weights is None else params_of(ballot.weights)
    return _governor(session, "castVoteWithReasonAndParamsBySig", *common, ballot.reason, params, ballot.signature)


def _together(session: Session, entries: Sequence[Checked], *, strict: bool = False) -> Outgoing:
    """Single calls in one `aggregate3` of Multicall3, each of which may fail alone, but for a `strict` one."""
    singles = [_single(session, entry) for entry in entries]
    calls = [(single.to, not strict, single.data) for single in singles]
    return Outgoing(
        sender=session.sender,
        to=MULTICALL,
        contract="Multicall3",
        function=_MULTICALL.text,
        arguments=(("calls", tuple(calls)),),
        value=0,
        data=_MULTICALL.encode_call(calls),
    )


def _governor(session: Session, function: str, *arguments: Any) -> Outgoing:
    signature = artifacts.load("RewardGovernor").abi.function(function)
    data = signature.encode_call(*arguments)
    names = [parameter.name for parameter in signature.inputs]
    return Outgoing(
        sender=session.sender,
        to=session.deployment.addresses.governor,
        contract="RewardGovernor",
        function=signature.text,
        arguments=tuple(zip(names, signature.decode_call(data), strict=True)),
        value=0,
        data=data,
    )
