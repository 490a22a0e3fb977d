"""Reconciles an epoch: what its contributions earn by the replayed policy, what was published, what was claimed."""

from __future__ import annotations

from dataclasses import dataclass, field

from dao.abi import checksum
from dao.audit.check import Scene
from dao.audit.due_payouts import on_chain_before, publications
from dao.audit.findings import Finding
from dao.audit.gather import Progress, gather, require_unchanged
from dao.audit.payouts import Authority, authority_of
from dao.chain.connection import Connection
from dao.errors import CallReverted, CodecError, EpochError
from dao.payouts.following import Inputs, beside, less_paid, payouts_of
from dao.payouts.leaves import leaf_hashes
from dao.payouts.publication import Publication as Leaves
from dao.payouts.tree import build_tree
from dao.payouts.values import EpochPayouts, StreamPayouts
from dao.replay.distributor_state import Publication
from dao.replay.ledger import show
from dao.replay.replay import replay
from dao.replay.state import GovernanceState
from dao.rewards.streams import stream_id
from dao.types import Addresses

CHECK = "reconciliation"
"""The name of what finds here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReconciliation:
    """One leaf stream of the epoch. Amounts in wei.

    Args:
        stream: Its path.
        authority: What its amount goes back to, and `proposal` the vote behind it; None where it is no vote.
        emission: What the replayed policy lets it pay.
        computed: What its contributions earn.
        published: What stands on chain; None where nothing does.
        claimed: What of it was claimed.
        lapsed: What lapsed.
        accounts: How many accounts earn something.
        claims: How many of them claimed.
    """

    stream: str
    authority: Authority
    proposal: int | None
    emission: int
    computed: int
    published: int | None
    claimed: int
    lapsed: int
    accounts: int
    claims: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One epoch and series, reconciled at a block. Findings are the figures that differ, of `compared` in all."""

    chain_id: int
    epoch: int
    series: int
    to_block: int
    data_hash: bytes
    streams: tuple[StreamReconciliation, ...]
    compared: int
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Figures:
    """What was compared so far."""

    block: int
    compared: int = 0
    findings: list[Finding] = field(default_factory=list)

    def same(self, what: str, *, expected: object, found: object, of: Publication | None = None) -> None:
        self.compared += 1
        if expected == found:
            return
        last = of.revisions[-1].published if of is not None and of.revisions else None
        self.findings.append(
            Finding(
                check=CHECK,
                what=what,
                expected=show(expected),
                found=show(found),
                block=last.block if last else self.block,
                transaction=last.transaction if last else None,
            )
        )


def reconcile(
    connection: Connection,
    addresses: Addresses,
    inputs: Inputs,
    *,
    from_block: int,
    series: int = 0,
    progress: Progress | None = None,
) -> Reconciliation:
    """Recomputes an epoch from its contributions under the policy as replayed from logs, and compares with the chain.

    Compared are: the hash of the contributions, and of every leaf stream its emission (with the contract's answer), the
    total and the Merkle root of its payouts, and of every claim its amount. What accounts claimed of voided revisions
    is compared with what they earn, and is no part of what was published later.

    Args:
        connection: A node.
        addresses: The deployment.
        inputs: The contributions; a supplementary series needs the folders of those before it.
        from_block: A block not after the deployment's first.
        series: 0, or the number of a supplementary publication.
        progress: Told how far it is.

    Raises:
        EpochError: The deployment has no distributor, the epoch is not over, or an earlier epoch is not here.
        DocumentError: The contributions are bad.
        ChainError: The node does not answer.
    """
    end = connection.block()
    logs = gather(connection, addresses, from_block=from_block, to_block=end.number, progress=progress)
    state = replay(logs, addresses)
    _require_over(state, inputs.epoch, now=end.timestamp)
    assert state.policy is not None  # noqa: S101  # for the type checker; the line above has asked
    told = progress or (lambda step, done, total: None)
    chain = on_chain_before(state, inputs.epoch, series)
    earned = payouts_of(state.policy, inputs, chain, told=told)
    unvoided = beside(inputs, earned, chain, series)
    due = less_paid(unvoided, chain.claimed(inputs.epoch, (series,)))
    figures = _Figures(end.number)
    _contributions(figures, state, earned, inputs.epoch, series)
    streams = tuple(
        _stream(figures, connection, state, due, each, chain_id=connection.chain_id, series=series)
        for each in due.streams
    )
    computed = {each.stream for each in due.streams}
    for found in publications(state, inputs.epoch, series):
        if found.stream not in computed and found.standing is not None:
            figures.same(f"{found.stream}: a leaf of the policy", expected=False, found=True, of=found)
    for stream, whole in zip(due.streams, unvoided.streams, strict=True):
        _claims(figures, _of(state, stream.stream, inputs.epoch, series), due=stream, unvoided=whole)
    require_unchanged(connection, end)
    return Reconciliation(
        chain_id=connection.chain_id,
        epoch=inputs.epoch,
        series=series,
        to_block=end.number,
        data_hash=earned.data_hash,
        streams=streams,
        compared=figures.compared,
        findings=tuple(figures.findings),
    )


def _require_over(state: GovernanceState, epoch: int, *, now: int) -> None:
    if state.addresses.distributor is None or state.policy is None:
        raise EpochError(
            "this deployment has no distributor",
            remedy="there is nothing to reconcile: contributors are paid elsewhere",
        )
    ends = state.policy.start_of(epoch + 1)
    if now < ends:
        raise EpochError(f"epoch {epoch} is not over", expected=f"a block after timestamp {ends}", found=now)


def _of(state: GovernanceState, stream: str, epoch: int, series: int) -> Publication | None:
    return state.distributor.publications.get((stream, epoch, series))


def _contributions(figures: _Figures, state: GovernanceState, earned: EpochPayouts, epoch: int, series: int) -> None:
    for found in publications(state, epoch, series):
        if found.standing is not None:
            figures.same(
                f"{found.stream}: hash of the contributions",
                expected="0x" + earned.data_hash.hex(),
                found="0x" + found.standing.data_hash.hex(),
                of=found,
            )


def _stream(
    figures: _Figures,
    connection: Connection,
    state: GovernanceState,
    due: EpochPayouts,
    made: StreamPayouts,
    *,
    chain_id: int,
    series: int,
) -> StreamReconciliation:
    assert state.policy is not None and state.addresses.distributor is not None  # noqa: S101  # see _require_over
    epoch, stream = due.epoch, made.stream
    emission = state.policy.emission(stream, epoch)
    figures.same(
        f"{stream}: emission of epoch {epoch}", expected=emission, found=_emission(connection, state, stream, epoch)
    )
    total = sum(made.amounts)
    found = _of(state, stream, epoch, series)
    standing = found.standing if found is not None else None
    root = None
    if made.accounts:
        leaves = Leaves(
            chain_id=chain_id,
            distributor=state.addresses.distributor,
            stream=stream,
            epoch=epoch,
            series=series,
        )
        root = "0x" + build_tree(leaf_hashes(leaves, made.accounts, made.amounts)).root.hex()
    figures.same(f"{stream}: total", expected=total, found=standing.total if standing else 0, of=found)
    figures.same(
        f"{stream}: Merkle root",
        expected=root,
        found="0x" + standing.root.hex() if standing else None,
        of=found,
    )
    authority, proposal = authority_of(state, stream, epoch)
    claims = [claim for claim in found.claims.values() if claim.revision == found.voids] if found else []
    return StreamReconciliation(
        stream=stream,
        authority=authority,
        proposal=proposal,
        emission=emission,
        computed=total,
        published=standing.total if standing else None,
        claimed=sum(claim.amount for claim in claims),
        lapsed=found.lapsed if found else 0,
        accounts=len(made.accounts),
        claims=len(claims),
    )


def _claims(figures: _Figures, found: Publication | None, *, due: StreamPayouts, unvoided: StreamPayouts) -> None:
    """Every claim: of the revision that stands beside what is due by it, of a voided one beside what was due before."""
    if found is None:
        return
    standing, voided = (dict(zip(made.accounts, made.amounts, strict=True)) for made in (due, unvoided))
    for account, claim in found.claims.items():
        amounts = standing if claim.revision == found.voids else voided
        figures.same(
            f"{due.stream}: what {checksum(account)} was paid",
            expected=amounts.get(account.lower(), 0),
            found=claim.amount,
            of=found,
        )


def _emission(connection: Connection, state: GovernanceState, stream: str, epoch: int) -> object:
    question = Scene(state, 0).policy("emission", stream_id(stream), epoch, expected=0, what=stream)
    try:
        return connection.views([question.view])[0][0]
    except (CallReverted, CodecError) as error:
        return f"no answer: {error}"
