"""Check: every ballot counts by the voter's power at the snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`getVotes` of every voter at the snapshot."""
    for proposal in scene.state.proposals.values():
        for voter in proposal.used:
            power = scene.state.token.past_votes(voter, proposal.snapshot)
            what = f"{voter} at the snapshot of proposal {proposal.id}"
            yield scene.governor("getVotes", voter, proposal.snapshot, expected=power, what=what)


CHECK = Check(
    name="vote-weights",
    proves="every ballot counts by the voter's power at the snapshot",
    rules=(Rule.WEIGHT,),
    questions=questions,
)
