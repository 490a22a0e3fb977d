"""Submits a proposal file: sends it once, makes sure that the chain has these very bytes, and writes its lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dao.chain.contracts import Standing
from dao.chain.transaction import Receipt
from dao.errors import DocumentError, ProposalError, TransactionFailed
from dao.lifecycle.check import CheckResult, Verdict, check
from dao.lifecycle.outgoing import Confirm, transact, unasked
from dao.lifecycle.prepare import Prepared, context_of, prepare
from dao.lifecycle.session import Session
from dao.proposal.identity import columns
from dao.proposal.lock import lock_path, make_lock, read_lock, write_lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A proposal on chain, the checks it passed, and the lock file that verifies it."""

    prepared: Prepared
    checks: tuple[CheckResult, ...]
    standing: Standing
    receipt: Receipt | None
    lock: Path


def submit(
    session: Session,
    path: Path,
    *,
    announce: Callable[[Prepared, tuple[CheckResult, ...]], None] = lambda prepared, checks: None,
    confirm: Confirm = unasked,
) -> Submitted:
    """Submits the proposal file at `path` as the session's signer.

    Args:
        session: The deployment and the proposer.
        path: The proposal file.
        announce: Sees what is about to be submitted and the checks over it, before the transaction is simulated.
        confirm: Sees the decoded transaction before it is sent.

    A proposal that is on chain already, with exactly these bytes, is not sent again: the lock file is completed and
    `receipt` is None.

    Raises:
        DocumentError: The file is no proposal, does not compile, or another submission's lock lies beside it.
        ProposalError: A check failed; nothing was sent.
        CallReverted: The governor would refuse it; nothing was sent.
    """
    governor = session.contracts.governor
    prepared = prepare(session, path, proposer=session.sender)
    lock = make_lock(
        context_of(session),
        prepared.identity,
        chain_id=session.deployment.chain_id,
        block=prepared.block,
        base_policy_hash=prepared.base_hash,
        proposer=prepared.proposer,
    )
    where = lock_path(path)
    identity = prepared.identity.proposal_id
    if governor.snapshot(identity) != 0:
        if not where.exists():
            write_lock(lock, where)
        standing = governor.standings([identity])[0]
        return Submitted(prepared=prepared, checks=(), standing=standing, receipt=None, lock=where)
    if where.exists() and read_lock(where) != lock:
        raise DocumentError(
            "the lock file belongs to another submission; nothing was sent",
            path=str(where),
            remedy="copy the proposal to a new file, or move the lock file away",
        )
    checks = tuple(check(session, prepared))
    failed = [result for result in checks if result.verdict is Verdict.FAILURE]
    if failed:
        raise ProposalError(
            f"the check {failed[0].name!r} failed: {failed[0].detail}",
            remedy="see `dao proposal check`",
            values={"failed": [result.name for result in failed]},
        )
    announce(prepared, checks)
    targets, values, calldatas = columns(prepared.calls)
    receipt = transact(session, governor, "propose", targets, values, calldatas, prepared.description, confirm=confirm)
    if governor.snapshot(identity) == 0:
        raise TransactionFailed("the transaction was mined, but the governor has no such proposal", expected=identity)
    write_lock(lock, where)
    standing = governor.standings([identity])[0]
    return Submitted(prepared=prepared, checks=checks, standing=standing, receipt=receipt, lock=where)
