"""Check: nobody votes with more than the power at the snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`usedVotes` and `hasVoted` of every voter on every proposal, and of the proposer where it did not vote."""
    for proposal in scene.state.proposals.values():
        for voter in dict.fromkeys((*proposal.used, proposal.proposer)):
            used = proposal.used.get(voter, 0)
            what = f"ballots of {voter} on proposal {proposal.id}"
            yield scene.governor("usedVotes", proposal.id, voter, expected=used, what=what)
            yield scene.governor("hasVoted", proposal.id, voter, expected=used > 0, what=what)


CHECK = Check(
    name="double-votes",
    proves="nobody votes with more than the power at the snapshot",
    rules=(Rule.BALLOT, Rule.OVERRIDE),
    questions=questions,
)
