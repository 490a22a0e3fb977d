"""Property: `getPastVotes`, which asks the newest checkpoint first, answers what all checkpoints together say."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings, strategies as st

from dao.artifacts import load
from dao.chain.connection import View
from dao.errors import CallReverted
from tests.support.history import DEPLOYER, MILLION, TOKEN, Chain

HOLDER = DEPLOYER
OTHER = "0x" + "33" * 20


@settings(max_examples=40, deadline=None, suppress_health_check=HealthCheck.all())
@given(moves=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**18)), max_size=30))
def test_past_votes_are_those_of_the_checkpoint_before(moves: list[tuple[int, int]]) -> None:
    chain = Chain()
    grants = [(HOLDER, 10**20)]
    token = chain.deploy(load("RewardToken").creation_code("R", "RWD", 18, MILLION, OTHER, [], grants))
    start = chain.timestamp
    chain.send(HOLDER, token, TOKEN.function("delegate").encode_call(HOLDER))
    for wait, amount in moves:
        chain.advance(wait)
        chain.send(HOLDER, token, TOKEN.function("transfer").encode_call(OTHER, amount))
    chain.advance(1)

    def ask(name: str, *arguments: object) -> tuple[object, ...]:
        return chain.views([View(token, TOKEN.function(name), arguments)])[0]

    count = ask("numCheckpoints", HOLDER)[0]
    assert isinstance(count, int)
    checkpoints = [ask("checkpoints", HOLDER, index)[0] for index in range(count)]
    for timepoint in range(start - 1, chain.timestamp):
        expected = [value for key, value in checkpoints if key <= timepoint]  # type: ignore[misc]
        assert ask("getPastVotes", HOLDER, timepoint) == ((expected or [0])[-1],)
        assert ask("getPastVotes", OTHER, timepoint) == (0,)
    try:
        ask("getPastVotes", HOLDER, chain.timestamp)
    except CallReverted:
        return
    raise AssertionError("the present was answered as if it were over")
