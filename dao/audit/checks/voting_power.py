"""Check: every account's voting power, at every timepoint, is what transfers and delegations made it."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """`getVotes` and every checkpoint of every delegate; the past total supply around each of its changes.

    Checkpoints hold the power at every timepoint, so nothing between them needs asking.
    """
    token = scene.state.token
    for account in dict.fromkeys((*token.balances, *token.delegates, *token.powers)):
        yield scene.token("getVotes", account, expected=token.votes(account), what=account)
        trace = token.powers.get(account)
        count = len(trace.keys) if trace else 0
        yield scene.token("numCheckpoints", account, expected=count, what=account)
        if trace is not None:
            for index, checkpoint in enumerate(zip(trace.keys, trace.values, strict=True)):
                yield scene.token("checkpoints", account, index, expected=checkpoint, what=account)
    for timepoint in _around(token.supply.keys, before=scene.timepoint):
        expected = token.supply.upper_lookup(timepoint)
        yield scene.token("getPastTotalSupply", timepoint, expected=expected, what=f"supply at {timepoint}")


def _around(keys: list[int], *, before: int) -> list[int]:
    return sorted({t for key in keys for t in (key - 1, key) if t < before})


CHECK = Check(
    name="voting-power",
    proves="every account's voting power, at every timepoint, is what transfers and delegations made it",
    rules=(Rule.POWER,),
    questions=questions,
)
