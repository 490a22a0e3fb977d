"""Who has voting power: every delegate, from the token's logs."""

from __future__ import annotations

from dao import artifacts
from dao.chain.connection import Block
from dao.chain.logs import fetch
from dao.errors import ProposalError
from dao.events.decode import decode_log
from dao.events.model import DelegateVotesChanged
from dao.lifecycle.session import Session
from dao.types import Address


def powers(session: Session, block: Block, *, snapshot: int | None = None) -> dict[Address, int]:
    """Voting power of every delegate that has any at `block`, or at the timepoint `snapshot` where that is over.

    In the token's smallest unit. Raises ProposalError when the node answers with other logs than it was asked for.
    """
    token = session.contracts.token
    logs = fetch(
        session.connection,
        [token.address],
        from_block=session.deployment.start_block,
        to_block=block.number,
        topics=[artifacts.load(token.artifact).abi.event("DelegateVotesChanged").hash],
    )
    found: dict[Address, int] = {}
    for log in logs:
        event = decode_log(log, token.artifact)
        if not isinstance(event, DelegateVotesChanged):
            raise ProposalError(
                "the node answered with another event than it was asked for", found=type(event).__name__
            )
        found[event.delegate] = event.new_votes
    if snapshot is not None and snapshot < block.timestamp:
        views = [token.view("getPastVotes", account, snapshot) for account in found]
        answers = session.connection.views(views, block=block.number)
        found = {account: int(answer[0]) for account, answer in zip(found, answers, strict=True)}
    return {account: votes for account, votes in found.items() if votes}
