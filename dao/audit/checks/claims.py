"""Check: every account is claimed for once, in time, and never beyond the publication's total."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.distributor import publication_name
from dao.replay.ledger import Rule
from dao.rewards.streams import stream_id


def questions(scene: Scene) -> Iterator[Question]:
    """`isClaimed` of everybody who was paid."""
    for publication in scene.state.distributor.publications.values():
        series = (stream_id(publication.stream), publication.epoch, publication.series)
        name = publication_name(publication.stream, publication.epoch, publication.series)
        for account in publication.claims:
            what = f"claim of {account} on {name}"
            yield scene.distributor("isClaimed", *series, account, expected=True, what=what)


CHECK = Check(
    name="claims",
    proves="every account is paid once of a series, while it is open, and never beyond the published total",
    rules=(Rule.CLAIM, Rule.CLAIM_ONCE, Rule.CLAIM_TOTAL),
    questions=questions,
)
