"""Check: every quorum is of the supply and by the numerator in force at the snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.proposal_state import proposal_quorum


def questions(scene: Scene) -> Iterator[Question]:
    """`quorum` at every snapshot that is over."""
    for proposal in scene.state.proposals.values():
        if proposal.snapshot < scene.timepoint:
            expected = proposal_quorum(scene.state, proposal)
            what = f"snapshot of proposal {proposal.id}"
            yield scene.governor("quorum", proposal.snapshot, expected=expected, what=what)


CHECK = Check(
    name="quorums",
    proves="every quorum is of the supply and by the numerator in force at the snapshot",
    questions=questions,
)
