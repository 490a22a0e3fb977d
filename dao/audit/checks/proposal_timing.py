"""Check: snapshots and deadlines follow from the settings in force when a proposal was made."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`proposalSnapshot` of every proposal; its deadline belongs to the check of late quorums."""
    for proposal in scene.state.proposals.values():
        what = f"proposal {proposal.id}"
        yield scene.governor("proposalSnapshot", proposal.id, expected=proposal.snapshot, what=what)


CHECK = Check(
    name="proposal-timing",
    proves="snapshots and deadlines follow from the settings in force when a proposal was made",
    rules=(Rule.SNAPSHOT, Rule.DEADLINE),
    questions=questions,
)
