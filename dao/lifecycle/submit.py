"""Submits a proposal file: sends it once, makes sure that the chain has these very bytes, and writes its lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dao.chain.contracts import Standing
from dao.chain.transaction import Receipt
from dao.errors import DaoError, ProposalError, TransactionFailed
from dao.lifecycle.base import policy_hash_at
from dao.lifecycle.check import check
from dao.lifecycle.outgoing import Confirm, transact, unasked
from dao.lifecycle.prepare import Prepared, context_of, prepare
from dao.lifecycle.proposals import find
from dao.lifecycle.session import Session
from dao.lifecycle.verdict import CheckResult, Verdict
from dao.proposal.identity import columns
from dao.proposal.lock import Forced, Lock, lock_path, make_forced, make_lock, read_lock, reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A proposal on chain, the checks it passed, and the lock file that verifies it.

    `forced` says why it was submitted all the same, where checks failed.
    """

    prepared: Prepared
    checks: tuple[CheckResult, ...]
    standing: Standing
    receipt: Receipt | None
    lock: Path
    forced: Forced | None = None


def submit(
    session: Session,
    path: Path,
    *,
    announce: Callable[[Prepared, tuple[CheckResult, ...]], None] = lambda prepared, checks: None,
    confirm: Confirm = unasked,
    force: str | None = None,
) -> Submitted:
    """Submits the proposal file at `path` as the session's signer.

    Args:
        session: The deployment and the proposer.
        path: The proposal file.
        announce: Sees what is about to be submitted and the checks over it, before the transaction is simulated.
        confirm: Sees the decoded transaction before it is sent.
        force: Why it is submitted although checks fail; the lock file keeps it. None refuses where one fails.

    A proposal that is on chain already, with exactly these bytes, is not sent again: the lock file is completed and
    `receipt` is None.

    Raises:
        DocumentError: The file is no proposal, does not compile, its lock cannot be written, or another submission's
            lies there; nothing was sent.
        ProposalError: A check failed, and nothing was sent; or the proposal is on chain, which it then says, and its
            lock could not be written after all.
        CallReverted: The governor would refuse it; nothing was sent.
    """
    governor = session.contracts.governor
    prepared = prepare(session, path, proposer=session.sender)
    draft = _lock(session, prepared, prepared.block, prepared.base_hash)
    where = lock_path(path)
    identity = prepared.identity.proposal_id
    if governor.snapshot(identity) != 0:
        forced = _complete(session, prepared, draft, where, force)
        standing = governor.standings([identity])[0]
        return Submitted(prepared=prepared, checks=(), standing=standing, receipt=None, lock=where, forced=forced)
    # Before anything is sent: what cannot be recorded is not submitted.
    with reserved(draft, where) as write:
        checks = tuple(check(session, prepared))
        forced = _forced(checks, force)
        announce(prepared, checks)
        targets, values, calldatas = columns(prepared.calls)
        receipt = transact(
            session, governor, "propose", targets, values, calldatas, prepared.description, confirm=confirm
        )
        if governor.snapshot(identity) == 0:
            raise TransactionFailed(
                "the transaction was mined, but the governor has no such proposal", expected=identity
            )
        try:
            block = receipt.block_number
            write(_lock(session, prepared, block, policy_hash_at(session, block), forced))
        except DaoError as error:
            raise _on_chain(error, identity, receipt) from error
    standing = governor.standings([identity])[0]
    return Submitted(prepared=prepared, checks=checks, standing=standing, receipt=receipt, lock=where, forced=forced)


def _lock(
    session: Session, prepared: Prepared, block: int, base_policy_hash: bytes, forced: Forced | None = None
) -> Lock:
    return make_lock(
        context_of(session),
        prepared.identity,
        chain_id=session.deployment.chain_id,
        block=block,
        base_policy_hash=base_policy_hash,
        proposer=prepared.proposer,
        forced=forced,
    )


def _complete(session: Session, prepared: Prepared, draft: Lock, where: Path, force: str | None) -> Forced | None:
    """Writes the lock of a proposal that is on chain already, as its submission would have written it.

    Which checks failed then is not known any more; a reason that is given again is kept all the same.
    """
    with reserved(draft, where) as write:
        block = find(session, str(prepared.identity.proposal_id)).block_number
        written = read_lock(where) if where.exists() else None
        given = None if force is None else make_forced(force, ())
        forced = given if written is None else written.forced
        lock = _lock(session, prepared, block, policy_hash_at(session, block), forced)
        if written != lock:
            write(lock)
    return forced


def _forced(checks: tuple[CheckResult, ...], reason: str | None) -> Forced | None:
    """What the lock says of failed checks; None where none failed. Raises ProposalError without a reason."""
    failed = [result for result in checks if result.verdict is Verdict.FAILURE]
    if not failed:
        return None
    names = list(dict.fromkeys(result.name for result in failed))
    if reason is None:
        raise ProposalError(
            f"the check {failed[0].name!r} failed: {failed[0].detail}",
            remedy="nothing was sent; see `dao proposal check`, or give --force with a reason for the lock file",
            values={"failed": names},
        )
    return make_forced(reason, names)


def _on_chain(error: DaoError, identity: int, receipt: Receipt) -> ProposalError:
    transaction = "0x" + receipt.hash.hex()
    return ProposalError(
        f"the proposal IS on chain, but its lock file is missing: {error.what}",
        expected=f"a lock file for proposal {identity}, of transaction {transaction}",
        found=error.found,
        remedy="run the same command again when the cause is gone: it writes the lock file and sends nothing",
        values={"proposal_id": str(identity), "transaction": transaction, "block": receipt.block_number},
    )
