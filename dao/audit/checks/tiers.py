"""Check: every proposal has the tier of its calls, and is held to its tier's approval."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule
from dao.replay.proposal_state import proposal_approval


def questions(scene: Scene) -> Iterator[Question]:
    """`proposalTier` and `proposalApproval` of every proposal."""
    for proposal in scene.state.proposals.values():
        what = f"proposal {proposal.id}"
        yield scene.governor("proposalTier", proposal.id, expected=int(proposal.tier), what=what)
        approval = proposal_approval(scene.state, proposal)
        yield scene.governor("proposalApproval", proposal.id, expected=approval, what=what)


CHECK = Check(
    name="tiers",
    proves="every proposal has the highest tier of its calls, and is held to its tier's approval",
    rules=(Rule.TIER,),
    questions=questions,
)
