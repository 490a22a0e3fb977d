"""Check: every proposal is known by the hash of its calls and description, and made once."""

from __future__ import annotations

from collections.abc import Iterator

from dao.abi import keccak
from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`hashProposal` of every proposal's contents."""
    for proposal in scene.state.proposals.values():
        contents = (
            [call.target for call in proposal.calls],
            [call.value for call in proposal.calls],
            [call.calldata for call in proposal.calls],
            keccak(proposal.description),
        )
        yield scene.governor("hashProposal", *contents, expected=proposal.id, what=f"proposal {proposal.id}")


CHECK = Check(
    name="proposal-ids",
    proves="every proposal is known by the hash of its calls and description, and made once",
    rules=(Rule.PROPOSAL_ID, Rule.PROPOSAL_NUMBER, Rule.PROPOSAL_KNOWN, Rule.PROPOSAL_FORM),
    questions=questions,
)
