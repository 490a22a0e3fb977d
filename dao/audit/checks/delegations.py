"""Check: every account's votes are where it last delegated them."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`delegates` of the treasury, and of every account that holds tokens or ever delegated."""
    token = scene.state.token
    for account in dict.fromkeys((scene.state.settings.timelock, *token.balances, *token.delegates)):
        yield scene.token("delegates", account, expected=token.delegate(account), what=account)


CHECK = Check(
    name="delegations",
    proves="every account's votes are where it last delegated them",
    rules=(Rule.DELEGATE,),
    questions=questions,
)
