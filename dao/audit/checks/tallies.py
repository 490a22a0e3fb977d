"""Check: every tally is the sum of its ballots."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene


def questions(scene: Scene) -> Iterator[Question]:
    """`proposalVotes` of every proposal: against, for, abstain."""
    for proposal in scene.state.proposals.values():
        tally = proposal.tally
        expected = (tally.against_votes, tally.for_votes, tally.abstain_votes)
        yield scene.governor("proposalVotes", proposal.id, expected=expected, what=f"proposal {proposal.id}")


CHECK = Check(
    name="tallies",
    proves="every tally is the sum of its ballots",
    questions=questions,
)
