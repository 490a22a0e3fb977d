"""Check: tokens are minted by holders of the role, and never above the cap."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`cap`, which must reach the largest supply that ever was."""
    largest = max(scene.state.token.supply.values, default=0)
    yield scene.ask(scene.state.addresses.token, "cap", expected=largest, what="largest supply", at_least=True)


CHECK = Check(
    name="minting",
    proves="tokens are minted by holders of the role, and never above the cap",
    rules=(Rule.MINTING,),
    questions=questions,
)
