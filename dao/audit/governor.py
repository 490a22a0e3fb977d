"""The audit of any governor: finds its token and timelock, fetches their logs, replays them, asks what it decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dao.chain.connection import BlockRef, View
from dao.collecting.discovery import Node, signature
from dao.errors import CallReverted, CodecError
from dao.events.log import RawLog
from dao.events.model import ProposalCreated
from dao.governors.events import decode_foreign
from dao.governors.profile import GovernorDeployment


def with_quorums(
    node: Node, deployment: GovernorDeployment, logs: Iterable[RawLog], *, clock: int, block: BlockRef
) -> GovernorDeployment:
    """The deployment with the quorum of every snapshot before `clock`, as the governor answers at `block`.

    Where the quorum is a fraction that the logs tell, or one number for all, there is nothing to ask.
    """
    profile = deployment.profile
    if profile.quorum != "views" or profile.trusts("quorum_votes") is not None:
        return deployment
    view = signature("quorum(uint256)", "uint256")
    quorums: dict[int, int] = {}
    for log in logs:
        if log.address != deployment.governor:
            continue
        try:
            event = decode_foreign(log, profile.governor)
            if isinstance(event, ProposalCreated) and event.vote_start < clock and event.vote_start not in quorums:
                answer = node.views([View(deployment.governor, view, (event.vote_start,))], block=block)
                quorums[event.vote_start] = answer[0][0]
        except (CallReverted, CodecError):
            continue
    return replace(deployment, profile=profile.with_quorums(quorums))
