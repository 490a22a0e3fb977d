"""Check: every account holds what its transfers left it."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`balanceOf` of every account that tokens ever moved to or from, and `totalSupply`."""
    token = scene.state.token
    for account, balance in token.balances.items():
        yield scene.token("balanceOf", account, expected=balance, what=account)
    yield scene.token("totalSupply", expected=token.supply.latest(), what="token")


CHECK = Check(
    name="balances",
    proves="every account holds what its transfers left it",
    rules=(Rule.BALANCE,),
    questions=questions,
)
