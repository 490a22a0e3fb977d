"""Check: a vote is extended when quorum comes late, once, and by the extension then in force."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule
from dao.replay.proposal_state import proposal_deadline


def questions(scene: Scene) -> Iterator[Question]:
    """`proposalDeadline` of every proposal, extensions included."""
    for proposal in scene.state.proposals.values():
        expected = proposal_deadline(proposal)
        yield scene.governor("proposalDeadline", proposal.id, expected=expected, what=f"proposal {proposal.id}")


CHECK = Check(
    name="late-quorums",
    proves="a vote is extended when quorum comes late, once, and by the extension then in force",
    rules=(Rule.LATE_QUORUM,),
    questions=questions,
)
