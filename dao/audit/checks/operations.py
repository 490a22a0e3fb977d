"""Check: every operation was scheduled before it was executed or cancelled, and is what its id says."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`getTimestamp` and the states of every operation, on the timelock that holds it."""
    for (timelock, identifier), operation in scene.state.operations.items():
        expected = {
            "getTimestamp": operation.timestamp,
            "isOperation": operation.canceled is None,
            "isOperationPending": operation.pending,
            "isOperationReady": operation.pending and operation.ready <= scene.timepoint,
            "isOperationDone": operation.done is not None,
        }
        for function, answer in expected.items():
            yield scene.ask(timelock, function, identifier, expected=answer, what=f"operation 0x{identifier.hex()}")


CHECK = Check(
    name="operations",
    proves="every operation was scheduled before it was executed or cancelled, and is what its id says",
    rules=(Rule.SCHEDULE, Rule.SCHEDULED, Rule.OPERATION_ID),
    questions=questions,
)
