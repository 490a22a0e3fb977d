"""Check: every quorum is of the circulating supply, by tier and exclusions in force at the snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule
from dao.replay.proposal_state import proposal_quorum, quorum_at
from dao.replay.quorum import circulating_supply
from dao.tiers import Tier


def questions(scene: Scene) -> Iterator[Question]:
    """`proposalQuorum` of every proposal whose snapshot is over; `circulatingSupply` and `quorum` at that snapshot."""
    state = scene.state
    for proposal in state.proposals.values():
        if proposal.snapshot < scene.timepoint:
            at, what = proposal.snapshot, f"snapshot of proposal {proposal.id}"
            needed = proposal_quorum(state, proposal)
            yield scene.governor("proposalQuorum", proposal.id, expected=needed, what=f"proposal {proposal.id}")
            circulating = circulating_supply(state.token, state.settings.exclusions(at), at)
            yield scene.governor("circulatingSupply", at, expected=circulating, what=what)
            highest = quorum_at(state, Tier.CONSTITUTIONAL, at)
            yield scene.governor("quorum", at, expected=highest, what=what)


CHECK = Check(
    name="quorums",
    proves="every quorum is of the circulating supply, by tier and exclusions in force at the snapshot",
    rules=(Rule.QUORUM_SNAPSHOT,),
    questions=questions,
)
