"""Check: every operation waited for the minimum delay that was in force."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`proposalEta` of every proposal."""
    for proposal in scene.state.proposals.values():
        yield scene.governor("proposalEta", proposal.id, expected=proposal.eta, what=f"proposal {proposal.id}")


CHECK = Check(
    name="delays",
    proves="every operation waited for the minimum delay that was in force",
    rules=(Rule.ETA, Rule.DELAY, Rule.READY),
    questions=questions,
)
