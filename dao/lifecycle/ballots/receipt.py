"""Writes what proves that a voter's ballots were counted, and checks it without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dao import artifacts
from dao.ballot.document import Weights
from dao.ballot.receipt import Counted, CountedLog, VoteReceipt
from dao.blocks.receipts import ProvenLog, ReceiptProof, proven_logs
from dao.chain.logs import fetch
from dao.chain.proofs import prove
from dao.errors import CodecError, ProofError, VoteRefused
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import VoteCast, VoteCastWithParams
from dao.lifecycle.ballots.sign import weights_of
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.session import Session
from dao.types import Address, Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one log of the governor says. Weights are in the token's smallest unit, the reason is any bytes."""

    proposal_id: int
    voter: Address
    weights: Weights
    reason: bytes


def receipt(session: Session, proposal: ChainProposal, voter: Address) -> VoteReceipt:
    """The proof that the ballots of `voter` on `proposal` were counted.

    Raises:
        VoteRefused: None was.
        RpcError: The node does not give what the proof needs.
    """
    connection, governor = session.connection, session.deployment.addresses.governor
    abi = artifacts.load("RewardGovernor").abi
    logs = fetch(
        connection,
        [governor],
        from_block=proposal.block_number,
        to_block=connection.block().number,
        topics=[abi.event("VoteCast").hash, abi.event("VoteCastWithParams").hash],
        indexed=[bytes(12) + bytes.fromhex(voter[2:])],
    )
    own = [(log, vote) for log in logs if (vote := _vote(log)) and vote.proposal_id == proposal.proposal_id]
    if not own:
        raise VoteRefused(
            f"no ballot of {voter} on this proposal was counted",
            remedy="vote with `dao vote cast`, or name another account with --voter",
        )
    made = VoteReceipt(
        chain_id=session.deployment.chain_id,
        governor=governor,
        proposal_id=proposal.proposal_id,
        voter=voter,
        ballots=tuple(
            _counted(session, log, vote, earlier=sum(_alike(log, other) for other, _ in own[:number]))
            for number, (log, vote) in enumerate(own)
        ),
    )
    verify_receipt(made)
    return made


def verify_receipt(claimed: VoteReceipt) -> None:
    """Checks every field of `claimed` but the chain, which only whoever knows the blocks' hashes can tell.

    Raises ProofError for the first that its proof does not bear out.
    """
    seen: set[tuple[bytes, int, int]] = set()
    for index, ballot in enumerate(claimed.ballots):
        place = (ballot.block_hash, ballot.transaction_index, ballot.log_index)
        if place in seen:
            raise ProofError(f"ballot {index} is named twice", expected="each log once", found=ballot.log_index)
        seen.add(place)
        _verify(claimed, ballot, f"ballots.{index}")


def _verify(claimed: VoteReceipt, ballot: Counted, where: str) -> None:
    proof = ReceiptProof(header=ballot.header, transaction_index=ballot.transaction_index, nodes=tuple(ballot.nodes))
    try:
        header, logs = proven_logs(proof)
    except CodecError as error:
        raise ProofError(f"{where}: {error.what}", expected=error.expected, found=error.found) from error
    _require(f"{where}.block_hash", "0x" + header.hash.hex(), "0x" + ballot.block_hash.hex())
    _require(f"{where}.block", header.number, ballot.block)
    _require(f"{where}.timestamp", header.timestamp, ballot.timestamp)
    if ballot.log_index >= len(logs):
        raise ProofError(f"{where}.log_index: the receipt has no such log", expected=len(logs), found=ballot.log_index)
    log = logs[ballot.log_index]
    _require(f"{where}.log", _shown(log.topics, log.data), _shown(ballot.log.topics, ballot.log.data))
    _require("governor", log.address, claimed.governor)
    vote = _vote(_raw(log, ballot))
    if vote is None:
        raise ProofError(f"{where}.log: it tells of no ballot", expected="VoteCast or VoteCastWithParams")
    _require("proposal_id", vote.proposal_id, claimed.proposal_id)
    _require("voter", vote.voter, claimed.voter)
    _require(f"{where}.weights", vote.weights, ballot.weights)
    _require(f"{where}.reason", "0x" + vote.reason.hex(), "0x" + ballot.reason.hex())


def _require(field: str, proven: Any, claimed: Any) -> None:
    if proven != claimed:
        raise ProofError(f"{field} is not what the block says", expected=proven, found=claimed)


def _shown(topics: tuple[bytes, ...], data: bytes) -> str:
    return " ".join("0x" + part.hex() for part in (*topics, data))


def _alike(log: RawLog, other: RawLog) -> bool:
    """Whether one transaction logged the same twice."""
    return (log.transaction_hash, log.topics, log.data) == (other.transaction_hash, other.topics, other.data)


def _counted(session: Session, log: RawLog, vote: Vote, *, earlier: int) -> Counted:
    """The ballot in `log`, proven. Of logs that are alike in its transaction, `earlier` come before it."""
    proof = prove(session.connection, log.block_hash, log.transaction_index)
    header, logs = proven_logs(proof)
    wanted = ProvenLog(log.address, log.topics, log.data)
    places = [index for index, found in enumerate(logs) if found == wanted]
    if len(places) <= earlier:
        raise ProofError("the receipt does not hold the log that the node told of", expected=f"log {log.log_index}")
    return Counted(
        weights=vote.weights,
        reason=vote.reason,
        timestamp=header.timestamp,
        block=header.number,
        block_hash=header.hash,
        header=proof.header,
        transaction_index=log.transaction_index,
        log_index=places[earlier],
        log=CountedLog(topics=log.topics, data=log.data),
        nodes=proof.nodes,
    )


def _raw(log: ProvenLog, ballot: Counted) -> RawLog:
    return RawLog(
        address=log.address,
        topics=log.topics,
        data=log.data,
        block_number=ballot.block,
        block_hash=ballot.block_hash,
        timestamp=ballot.timestamp,
        transaction_hash=b"",
        transaction_index=ballot.transaction_index,
        log_index=ballot.log_index,
    )


def _vote(log: RawLog) -> Vote | None:
    """What a log of the governor says of a ballot; None where it tells of none."""
    try:
        event = decode_log(log, "RewardGovernor")
    except CodecError:
        return None
    if isinstance(event, VoteCastWithParams) and event.support == Support.FRACTIONAL:
        if len(event.params) != 48:
            return None
        weights = weights_of(event.params)
    elif isinstance(event, VoteCast | VoteCastWithParams) and event.support in (0, 1, 2):
        named = ("against", "for", "abstain")
        weights = Weights.model_validate(
            {name: event.weight if event.support == number else 0 for number, name in enumerate(named)}
        )
    else:
        return None
    return Vote(proposal_id=event.proposal_id, voter=event.voter, weights=weights, reason=event.reason)
