"""Check: every proposer had the voting power of the threshold and was the one that the description names."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`proposalProposer` of every proposal, and the proposer's power one second before it was made."""
    for proposal in scene.state.proposals.values():
        what = f"proposal {proposal.id}"
        yield scene.governor("proposalProposer", proposal.id, expected=proposal.proposer, what=what)
        before = proposal.created.timestamp - 1
        power = scene.state.token.past_votes(proposal.proposer, before)
        yield scene.governor("getVotes", proposal.proposer, before, expected=power, what=what)


CHECK = Check(
    name="proposers",
    proves="every proposer had the voting power of the threshold and was the one that the description names",
    rules=(Rule.THRESHOLD, Rule.PROPOSER),
    questions=questions,
)
