"""Check: nothing expired was executed, and what was purged had expired."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule
from dao.replay.proposal_state import proposal_expiry, proposal_state
from dao.types import ProposalState


def questions(scene: Scene) -> Iterator[Question]:
    """`proposalExpiry` of every proposal: zero where the proposal does not wait."""
    for proposal in scene.state.proposals.values():
        current = proposal_state(scene.state, proposal, scene.timepoint)
        waiting = current in (ProposalState.SUCCEEDED, ProposalState.QUEUED, ProposalState.EXPIRED)
        expected = proposal_expiry(scene.state, proposal) if waiting else 0
        yield scene.governor("proposalExpiry", proposal.id, expected=expected, what=f"proposal {proposal.id}")


CHECK = Check(
    name="expiry",
    proves="nothing expired was executed, and what was purged had expired",
    rules=(Rule.EXPIRY, Rule.PURGE, Rule.GRACE),
    questions=questions,
)
