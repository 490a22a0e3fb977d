"""Check: every proposal is in the state that time, tally, quorum and timelock put it in."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule
from dao.replay.proposal_state import proposal_state


def questions(scene: Scene) -> Iterator[Question]:
    """`state` of every proposal."""
    for proposal in scene.state.proposals.values():
        expected = int(proposal_state(scene.state, proposal, scene.timepoint))
        yield scene.governor("state", proposal.id, expected=expected, what=f"proposal {proposal.id}")


CHECK = Check(
    name="outcomes",
    proves="every proposal is in the state that time, tally, quorum and timelock put it in",
    rules=(Rule.QUEUE, Rule.EXECUTE),
    questions=questions,
)
