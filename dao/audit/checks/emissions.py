"""Check: every stream may pay, around every change, what schedules and splits give it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from dao.audit.check import Check, Question, Scene
from dao.errors import NotReported
from dao.rewards.streams import stream_id
from dao.types import MAX_EPOCH


def questions(scene: Scene) -> Iterator[Question]:
    """`emission`, `share` and `isLeaf` of every stream, at each epoch of a change, before it and after it.

    What depends on a report that was not made is not asked: the contract has no answer either.
    """
    policy = scene.state.policy
    if policy is None:
        return
    around = {epoch + step for epoch in (0, *policy.change_epochs()) for step in (-1, 0, 1)}
    for epoch in sorted(epoch for epoch in around if 0 <= epoch <= MAX_EPOCH):
        for path in policy.streams:
            identifier, what = stream_id(path), f"stream {path} in epoch {epoch}"
            allocation, share = policy.share(path, epoch)
            with suppress(NotReported):
                yield scene.policy("emission", identifier, epoch, expected=policy.emission(path, epoch), what=what)
            yield scene.policy("share", identifier, epoch, expected=(int(allocation), share), what=what)
            yield scene.policy("isLeaf", identifier, epoch, expected=policy.is_leaf(path, epoch), what=what)


CHECK = Check(
    name="emissions",
    proves="every stream may pay, around every change, what schedules and splits give it",
    questions=questions,
)
