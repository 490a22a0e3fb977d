"""Puts checked ballots into as few transactions as the gas of one transaction allows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from dao import artifacts
from dao.abi import ContractAbi
from dao.ballot.document import Ballot
from dao.chain import transaction
from dao.errors import CallReverted, CodecError, RpcError
from dao.lifecycle.ballots.check import Checked, Progress
from dao.lifecycle.ballots.sign import params_of, support_of
from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.packing import Packed, Packer, Refused
from dao.lifecycle.session import Session
from dao.types import Address

MULTICALL = Address("0xcA11bde05977b3631167028862bE2a173976CA11")
"""Multicall3, which has the same address on every chain where it is."""

_SPARE = 100_000
"""Gas on top of every limit. With too little, a batch passes a ballot over instead of failing, and an estimate is the
least with which a call succeeds; what one ballot costs at most, a late quorum included, is less than this."""

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


Parcel = Packed[Checked]
"""A transaction to be sent, with the ballots in it."""

Failed = Refused[Checked]
"""Ballots of which a transaction cannot be made, and why."""


def pack(
    session: Session, ready: Sequence[Checked], *, progress: Progress = lambda done, total: None
) -> tuple[list[Parcel], list[Failed]]:
    """The transactions that carry the ballots `ready`, and the ballots that none can carry.

    Full ballots go into the governor's own batches, by proposal. Others are single calls; those of voters without code
    go together where the chain has Multicall3, each allowed to fail alone. A contract account's ballot travels alone,
    because its code can use up the gas of whatever is around it.
    """
    packer: Packer[Checked] = Packer(session, len(ready), progress, spare=_SPARE)

    def one(some: Sequence[Checked]) -> Outgoing:
        return _single(session, some[0])

    failed: list[Failed] = []
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
        failed += packer.pack(entries, partial(_batch, session, proposal_id))
    if len(keys) > 1 and _multicall_works(session, keys[:2]):
        refused = packer.pack(
            keys, lambda some: _together(session, some), lambda some: _together(session, some, strict=True)
        )
    else:
        refused = [Failed(entries=(entry,), reason="") for entry in keys]
    # What cannot go together says alone why it cannot.
    for entry in [*(entry for each in refused for entry in each.entries), *alone]:
        failed += packer.pack([entry], one)
    return packer.packed, failed


def ballot_of(entry: Checked) -> Ballot:
    """The ballot of an entry that has one."""
    assert entry.ballot is not None  # noqa: S101  # for the type checker; only such entries are ever ready
    return entry.ballot


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
