"""Check: every reported epoch yields what its shape makes of the reported value."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule
from dao.rewards.streams import stream_id

LAST = 100
"""How many reports of each stream the contract is asked for: the last ones, whose sums stand for all before."""


def questions(scene: Scene) -> Iterator[Question]:
    """`reportedUntil` of every stream, and what its last reports made."""
    policy = scene.state.policy
    if policy is None:
        return
    for path, reports in policy.reports.items():
        identifier, what = stream_id(path), f"stream {path}"
        yield scene.policy("reportedUntil", identifier, expected=reports.until, what=what)
        for epoch, state in reports.items()[-LAST:]:
            made = [(state.amount, state.carried, state.sum)]
            yield scene.policy("reports", identifier, epoch, epoch + 1, expected=made, what=f"{what} in epoch {epoch}")


CHECK = Check(
    name="policy-reports",
    proves="every reported epoch yields what its shape makes of the reported value",
    rules=(Rule.POLICY_REPORT,),
    questions=questions,
)
