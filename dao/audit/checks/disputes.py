"""Check: disputes are made in time, answered once, and hold the claims as long as they are open."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.distributor import publication_name
from dao.replay.ledger import Rule
from dao.rewards.streams import stream_id

_OPEN, _ANSWERED = 1, 2
"""`Publications.Dispute`."""


def questions(scene: Scene) -> Iterator[Question]:
    """`disputeOf` of everybody who ever disputed, for each revision."""
    for publication in scene.state.distributor.publications.values():
        series = (stream_id(publication.stream), publication.epoch, publication.series)
        name = publication_name(publication.stream, publication.epoch, publication.series)
        for revision in publication.revisions:
            for account, dispute in revision.disputes.items():
                expected = _ANSWERED if dispute.answered else _OPEN
                what = f"dispute of {account} on {name}"
                yield scene.distributor("disputeOf", *series, revision.number, account, expected=expected, what=what)


CHECK = Check(
    name="disputes",
    proves="disputes are made in time, answered once, and hold the claims as long as they are open",
    rules=(Rule.DISPUTE, Rule.ANSWER),
    questions=questions,
)
