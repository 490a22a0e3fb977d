"""Proposals as the chain holds them: found by id or by its beginning, with their calls and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

from dao import artifacts
from dao.abi import keccak
from dao.chain.connection import BlockRef
from dao.chain.contracts import Standing
from dao.chain.logs import pages
from dao.errors import ProposalError
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import ProposalCreated
from dao.lifecycle.session import Session
from dao.proposal.description import MAX_DESCRIPTION
from dao.proposal.identity import proposal_id
from dao.types import Address, Call

KEPT = MAX_DESCRIPTION + 1
"""How many bytes of a description are kept: one more than a description that carries a document can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainProposal:
    """A proposal as `ProposalCreated` recorded it. The description is hostile: any bytes, of any length.

    `description` holds its first `KEPT` bytes and `description_length` says how many there are; `description_hash` is
    the keccak-256 hash of all of them.
    """

    proposal_id: int
    proposer: Address
    calls: tuple[Call, ...]
    description: bytes
    description_hash: bytes
    description_length: int
    snapshot: int
    block_number: int
    timestamp: int
    transaction_hash: bytes

    @property
    def text(self) -> str:
        """What is kept of the description as text; bytes that are no UTF-8 become replacement characters."""
        return self.description.decode("utf-8", errors="replace")

    @property
    def title(self) -> str:
        """The first line of the description, without Markdown's heading mark; hostile like all of it."""
        return self.text.lstrip().split("\n", 1)[0].lstrip("# ").strip()[:200] or "(no title)"

    @property
    def truncated(self) -> bool:
        """Whether the description is longer than what is kept of it."""
        return self.description_length > len(self.description)

    @property
    def arguments(self) -> tuple[list[str], list[int], list[bytes], bytes]:
        """Targets, values, calldatas and description hash, as `queue`, `execute`, `cancel` and `purge` take them."""
        return (
            [call.target for call in self.calls],
            [call.value for call in self.calls],
            [call.calldata for call in self.calls],
            self.description_hash,
        )


def all_proposals(session: Session) -> list[ChainProposal]:
    """Every proposal of the deployment, oldest first.

    Raises ProposalError when a logged proposal does not hash to its own id.
    """
    event = artifacts.load("RewardGovernor").abi.event("ProposalCreated")
    every = pages(
        session.connection,
        [session.deployment.addresses.governor],
        from_block=session.deployment.start_block,
        to_block=session.connection.block().number,
        topics=[event.hash],
    )
    # Page by page: what is kept of a proposal is small, whatever its description.
    return [logged(log) for page in every for log in page]


def logged(log: RawLog) -> ChainProposal:
    """The proposal that `log`, a `ProposalCreated`, records. Raises ProposalError when it does not hash to its id."""
    created = decode_log(log, "RewardGovernor")
    if not isinstance(created, ProposalCreated):
        raise ProposalError("the node answered with another event than it was asked for", found=type(created).__name__)
    calls = tuple(
        Call(target=target, value=value, calldata=calldata)
        for target, value, calldata in zip(created.targets, created.values, created.calldatas, strict=False)
    )
    hashed_text = keccak(created.description)
    hashed = proposal_id(calls, hashed_text)
    if hashed != created.proposal_id:
        raise ProposalError(
            "the node's log of a proposal does not hash to its id",
            expected=created.proposal_id,
            found=hashed,
            remedy="do not trust this node",
        )
    return ChainProposal(
        proposal_id=created.proposal_id,
        proposer=created.proposer,
        calls=calls,
        description=created.description[:KEPT],
        description_hash=hashed_text,
        description_length=len(created.description),
        snapshot=created.vote_start,
        block_number=log.block_number,
        timestamp=log.timestamp,
        transaction_hash=log.transaction_hash,
    )


def find(session: Session, reference: str) -> ChainProposal:
    """The proposal that `reference` names: its id in decimal or hexadecimal, the beginning of one, or `latest`.

    Raises ProposalError when there is none, or more than one.
    """
    proposals = all_proposals(session)
    if reference == "latest" and proposals:
        return proposals[-1]
    wanted = reference.lower()
    found = [
        proposal
        for proposal in proposals
        if (wanted.isdigit() and str(proposal.proposal_id).startswith(wanted))
        or (len(wanted) > 2 and wanted.startswith("0x") and f"{proposal.proposal_id:#066x}".startswith(wanted))
    ]
    exact = [proposal for proposal in proposals if wanted in (str(proposal.proposal_id), hex(proposal.proposal_id))]
    found = exact or found
    if len(found) == 1:
        return found[0]
    raise ProposalError(
        f"{len(found) or 'no'} proposals have this id",
        expected="the id of one proposal, the beginning of it, or `latest`",
        found=reference,
        remedy="see `dao proposal list`",
    )


def standing(session: Session, proposal: ChainProposal, *, block: BlockRef = "latest") -> Standing:
    """Where `proposal` stands at `block`."""
    return session.contracts.governor.standings([proposal.proposal_id], block=block)[0]
