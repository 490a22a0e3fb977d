"""Check: every change of the policy is in the policy hash, in its order."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`policyHash`, which stands for the whole history."""
    if scene.state.policy is not None:
        yield scene.policy("policyHash", expected=scene.state.policy.hash, what="policy")


CHECK = Check(
    name="policy-hash",
    proves="every change of the policy is in the policy hash, in its order",
    rules=(Rule.POLICY_HASH, Rule.POLICY_CHANGE),
    questions=questions,
)
