"""Check: tokens are minted or moved by the distributor exactly as its events say."""

from __future__ import annotations

from collections.abc import Iterator

from dao.artifacts import load
from dao.audit.check import Check, Question, Scene
from dao.chain.connection import View
from dao.replay.funding import payment_token
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`minted`, `token` and `treasury`; where payouts are drawn, a balance that covers everything unclaimed."""
    state = scene.state
    address, payer = state.addresses.distributor, state.distributor
    if address is None:
        return
    token = payment_token(state)
    yield scene.distributor("token", expected=token, what="distributor")
    yield scene.distributor("treasury", expected=state.addresses.timelock, what="distributor")
    if payer.minted is not None:
        yield scene.distributor("minted", expected=payer.minted, what="distributor")
    if payer.minted is False:
        balance = View(token, load("RewardToken").abi.function("balanceOf"), (address,))
        yield Question(balance, payer.left, "unclaimed payouts: balanceOf", at_least=True)


CHECK = Check(
    name="payout-funding",
    proves="tokens are minted or moved by the distributor exactly as its events say, and cover what is unclaimed",
    rules=(Rule.PAYOUT_FUNDING,),
    questions=questions,
)
