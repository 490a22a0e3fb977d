"""Check: the policy holds the streams, schedules and splits that its events say."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.rewards.policy import ROOT, parent_of, parts_value, segments_value, stream_id


def questions(scene: Scene) -> Iterator[Question]:
    """Genesis, epoch length, the tree of streams, and every schedule and split."""
    policy = scene.state.policy
    if policy is None:
        return
    yield scene.policy("genesis", expected=policy.genesis, what="policy")
    yield scene.policy("epochLength", expected=policy.epoch_length, what="policy")
    yield scene.policy("streams", expected=tuple(map(stream_id, policy.streams)), what="policy")
    for path in policy.streams:
        identifier, what = stream_id(path), f"stream {path}"
        parent = bytes(32) if path == ROOT else stream_id(parent_of(path))
        yield scene.policy("streamInfo", identifier, expected=(parent, path), what=what)
        segments = segments_value(policy.schedules.get(path, ()))
        yield scene.policy("schedule", identifier, expected=segments, what=what)
        splits = [(split.from_epoch, parts_value(split.parts)) for split in policy.splits.get(path, ())]
        yield scene.policy("splits", identifier, expected=splits, what=what)


CHECK = Check(
    name="policy-contents",
    proves="the policy holds the streams, schedules and splits that its events say",
    questions=questions,
)
