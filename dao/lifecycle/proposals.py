"""Proposals as the chain holds them: found by id or by its beginning, with their calls and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

from dao import artifacts
from dao.abi import keccak
from dao.chain.connection import BlockRef
from dao.chain.contracts import Standing
from dao.chain.logs import fetch
from dao.errors import ProposalError
from dao.events.decode import decode_log
from dao.events.model import ProposalCreated
from dao.lifecycle.session import Session
from dao.proposal.identity import proposal_id
from dao.types import Address, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainProposal:
    """A proposal as `ProposalCreated` recorded it. The description is hostile: any bytes, of any length."""

    proposal_id: int
    proposer: Address
    calls: tuple[Call, ...]
    description: bytes
    snapshot: int
    block_number: int
    timestamp: int
    transaction_hash: bytes

    @property
    def text(self) -> str:
        """The description as text; bytes that are no UTF-8 become replacement characters."""
        return self.description.decode("utf-8", errors="replace")

    @property
    def title(self) -> str:
        """The first line of the description, without Markdown's heading mark; hostile like all of it."""
        return self.text.lstrip().split("\n", 1)[0].lstrip("# ").strip()[:200] or "(no title)"

    @property
    def arguments(self) -> tuple[list[str], list[int], list[bytes], bytes]:
        """Targets, values, calldatas and description hash, as `queue`, `execute`, `cancel` and `purge` take them."""
        return (
            [call.target for call in self.calls],
            [call.value for call in self.calls],
            [call.calldata for call in self.calls],
            keccak(self.description),
        )


def all_proposals(session: Session) -> list[ChainProposal]:
    """Every proposal of the deployment, oldest first.

    Raises ProposalError when a logged proposal does not hash to its own id.
    """
    event = artifacts.load("RewardGovernor").abi.event("ProposalCreated")
    logs = fetch(
        session.connection,
        [session.deployment.addresses.governor],
        from_block=session.deployment.start_block,
        to_block=session.connection.block().number,
        topics=[event.hash],
    )
    proposals = []
    for log in logs:
        created = decode_log(log, "RewardGovernor")
        if not isinstance(created, ProposalCreated):
            raise ProposalError(
                "the node answered with another event than it was asked for", found=type(created).__name__
            )
        calls = tuple(
            Call(target=target, value=value, calldata=calldata)
            for target, value, calldata in zip(created.targets, created.values, created.calldatas, strict=False)
        )
        hashed = proposal_id(calls, keccak(created.description))
        if hashed != created.proposal_id:
            raise ProposalError(
                "the node's log of a proposal does not hash to its id",
                expected=created.proposal_id,
                found=hashed,
                remedy="do not trust this node",
            )
        proposals.append(
            ChainProposal(
                proposal_id=created.proposal_id,
                proposer=created.proposer,
                calls=calls,
                description=created.description,
                snapshot=created.vote_start,
                block_number=log.block_number,
                timestamp=log.timestamp,
                transaction_hash=log.transaction_hash,
            )
        )
    return proposals


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
