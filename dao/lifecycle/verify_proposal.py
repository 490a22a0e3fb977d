"""Verifies a proposal on chain: against a file and its lock, or against what its own description says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dao.errors import DocumentError, ProposalError
from dao.lifecycle.base import policy_hash_at
from dao.lifecycle.prepare import context_of
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.session import Session
from dao.proposal.calldata import compile_proposal
from dao.proposal.description import parse_description
from dao.proposal.document import ProposalDocument, load_proposal
from dao.proposal.lock import lock_path, read_lock
from dao.proposal.verify import Difference, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was compared with what, and every difference. `document` is what the proposal says it does."""

    proposal: ChainProposal
    against: str
    document: ProposalDocument
    differences: tuple[Difference, ...]


def verify_file(session: Session, proposal: ChainProposal, path: Path) -> Verification:
    """Compiles the file at `path` in the context of its lock and compares with `proposal`, byte for byte.

    What the lock says of the submission, its block and the policy hash at that block, is compared with the logs.

    Raises DocumentError when file or lock cannot be read, ProposalError when the lock is for another deployment.
    """
    document, source = load_proposal(path)
    where = lock_path(path)
    if not where.exists():
        raise DocumentError(
            "the proposal file has no lock file beside it",
            path=str(path),
            expected=str(where),
            remedy="verify without --file: the description on chain carries the document as well",
        )
    lock = read_lock(where)
    deployment = session.deployment
    if lock.chain_id != deployment.chain_id or lock.context.addresses != deployment.addresses:
        raise ProposalError(
            "the lock file is for another deployment",
            expected=f"chain {deployment.chain_id}, governor {deployment.addresses.governor}",
            found=f"chain {lock.chain_id}, governor {lock.context.addresses.governor}",
        )
    differences = verify(document, lock, calls=proposal.calls, description=proposal.text, source=source)
    if lock.proposal_id != proposal.proposal_id:
        differences += (Difference("proposal_id", str(lock.proposal_id), str(proposal.proposal_id)),)
    elif lock.block != proposal.block_number:
        differences += (Difference("block", str(proposal.block_number), str(lock.block), "lock"),)
    else:
        logged = policy_hash_at(session, lock.block)
        if logged != lock.base_policy_hash:
            found = "0x" + lock.base_policy_hash.hex()
            differences += (Difference("base_policy_hash", "0x" + logged.hex(), found, "lock"),)
    return Verification(proposal=proposal, against=str(path), document=document, differences=differences)


def verify_description(session: Session, proposal: ChainProposal) -> Verification:
    """Compiles the document in the proposal's own description and compares its calls with those on chain.

    Raises ProposalError when the description carries no document: another tool made it.
    """
    described = parse_description(proposal.text)
    expected = compile_proposal(described.document, context_of(session))
    differences = []
    if described.proposer != proposal.proposer:
        differences.append(Difference("proposer", described.proposer, proposal.proposer))
    if len(expected) != len(proposal.calls):
        differences.append(Difference("calls", str(len(expected)), str(len(proposal.calls))))
    for index, (ours, theirs) in enumerate(zip(expected, proposal.calls, strict=False)):
        for field, one, other in (
            ("target", ours.target, theirs.target),
            ("value", str(ours.value), str(theirs.value)),
            ("calldata", "0x" + ours.calldata.hex(), "0x" + theirs.calldata.hex()),
        ):
            if one != other:
                differences.append(Difference(f"calls.{index}.{field}", one, other))
    return Verification(
        proposal=proposal,
        against="the document in its description",
        document=described.document,
        differences=tuple(differences),
    )
