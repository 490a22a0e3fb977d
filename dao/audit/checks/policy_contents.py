"""Check: the policy holds everything that its events say."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.rewards.changes import Reporter
from dao.rewards.encoding import classes_value, parts_value, rail_value, reporter_value, segments_value
from dao.rewards.streams import ROOT, parent_of, stream_id


def questions(scene: Scene) -> Iterator[Question]:
    """Genesis, epoch length, supply cap, the tree of streams, and everything that was set for each."""
    policy = scene.state.policy
    if policy is None:
        return
    yield scene.policy("genesis", expected=policy.genesis, what="policy")
    yield scene.policy("epochLength", expected=policy.epoch_length, what="policy")
    yield scene.policy("supplyCap", expected=policy.supply_cap, what="policy")
    yield scene.policy("streams", expected=tuple(map(stream_id, policy.streams)), what="policy")
    for path in policy.streams:
        identifier, what = stream_id(path), f"stream {path}"
        parent = bytes(32) if path == ROOT else stream_id(parent_of(path))
        yield scene.policy("streamInfo", identifier, expected=(parent, path), what=what)
        segments = segments_value(policy.schedules.get(path, ()))
        yield scene.policy("schedule", identifier, expected=segments, what=what)
        splits = [(split.from_epoch, parts_value(split.parts)) for split in policy.splits.get(path, ())]
        yield scene.policy("splits", identifier, expected=splits, what=what)
        budgets = [(budget.from_epoch, budget.amount) for budget in policy.budgets.get(path, ())]
        yield scene.policy("budgets", identifier, expected=budgets, what=what)
        weights = [(made.from_epoch, classes_value(made.classes)) for made in policy.weights.get(path, ())]
        yield scene.policy("weights", identifier, expected=weights, what=what)
        parameters = [(made.from_epoch, made.data) for made in policy.parameters.get(path, ())]
        yield scene.policy("parameters", identifier, expected=parameters, what=what)
        reporter = reporter_value(policy.reporters.get(path, Reporter()))
        yield scene.policy("reporter", identifier, expected=reporter, what=what)
        yield scene.policy("rail", identifier, expected=rail_value(policy.rail(path)), what=what)


CHECK = Check(
    name="policy-contents",
    proves="the policy holds everything that its events say: the tree, schedules, splits, budgets, parameters, rails",
    questions=questions,
)
