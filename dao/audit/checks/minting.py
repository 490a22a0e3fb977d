"""Check: tokens are minted by holders of the role within the cap, or for what was deposited."""

from __future__ import annotations

from collections.abc import Iterator

from dao.artifacts import load
from dao.audit.check import Check, Question, Scene
from dao.chain.connection import View
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`cap`, which must reach the largest supply that ever was; of a wrapper, what its supply is covered by."""
    token, wraps = scene.state.addresses.token, scene.state.addresses.wraps
    if wraps is not None:
        yield scene.token("underlying", expected=wraps, what="wrapper")
        supply = scene.state.token.supply.latest()
        balance = View(wraps, load("VotesWrapper").abi.function("balanceOf"), (token,))
        yield Question(balance, supply, "deposits: balanceOf", at_least=True)
        return
    largest = max(scene.state.token.supply.values, default=0)
    yield scene.ask(token, "cap", expected=largest, what="largest supply", at_least=True)


CHECK = Check(
    name="minting",
    proves="tokens are minted by holders of the role within the cap, or for what was deposited",
    rules=(Rule.MINTING,),
    questions=questions,
)
