"""Check: payouts are published, voided and lapse within the policy's emission, and stand as their events say."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.distributor import publication_name
from dao.replay.distributor_state import Publication
from dao.replay.ledger import Rule
from dao.rewards.streams import stream_id
from dao.types import MAX_EPOCH

LAST = 100
"""For how many ended epochs the contract is asked about every leaf, published or not: the last ones."""


def questions(scene: Scene) -> Iterator[Question]:
    """`publication` of every series, and `committed` of every stream's epoch; zero where nothing was published."""
    payer = scene.state.distributor
    for publication in payer.publications.values():
        stream, epoch, series = publication.stream, publication.epoch, publication.series
        what = publication_name(stream, epoch, series)
        arguments = (stream_id(stream), epoch, series)
        yield scene.distributor("publication", *arguments, expected=_standing(publication), what=what)
    for stream, epoch in dict.fromkeys((*payer.committed, *_last(scene))):
        what, amount = publication_name(stream, epoch, 0), payer.committed.get((stream, epoch), 0)
        yield scene.distributor("committed", stream_id(stream), epoch, expected=amount, what=what)


def _last(scene: Scene) -> Iterator[tuple[str, int]]:
    """Stream and epoch of everything that could have been published lately."""
    policy = scene.state.policy
    if scene.state.addresses.distributor is None or policy is None or scene.timepoint < policy.genesis:
        return
    current = min(MAX_EPOCH, (scene.timepoint - policy.genesis) // policy.epoch_length)
    for epoch in range(max(0, current - LAST), current):
        yield from ((path, epoch) for path in policy.streams if policy.is_leaf(path, epoch))


def _standing(publication: Publication) -> tuple[object, ...]:
    """`Publications.Standing`, whose times stay those of the last revision when it is voided."""
    last = publication.revisions[-1]
    return (
        bytes(32) if last.voided else last.root,
        publication.left,
        last.opens_at,
        last.lapses_at,
        publication.voids,
        publication.total,
        last.window_ends_at,
        last.held_until,
        last.open_disputes,
    )


CHECK = Check(
    name="publications",
    proves="payouts are published, voided and lapse in order, within what the policy as replayed emits",
    rules=(Rule.PUBLICATION, Rule.PUBLICATION_TOTAL, Rule.PUBLICATION_TIMES, Rule.VOID, Rule.LAPSE),
    questions=questions,
)
