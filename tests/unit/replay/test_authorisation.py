"""Which vote an amount goes back to: the last change in force of whatever decides it, and no other."""

from __future__ import annotations

import pytest

from dao.errors import PolicyError
from dao.replay.authorisation import authorising_change
from dao.replay.state import GovernanceState
from dao.rewards.streams import stream_id
from tests.support.history import EPOCH, ROOT_ID, START, Dao

ONE = 10**18
DATA, COMPUTE, JOBS, MAP = (stream_id(path) for path in ("data", "compute", "compute/jobs", "map"))


def proposals(state: GovernanceState, stream: str, first: int, until: int) -> list[int | None]:
    """The proposal behind each epoch of `[first, until)`; None for the deployment."""
    made = [authorising_change(state, stream, epoch) for epoch in range(first, until)]
    found = [change and state.proposal_of(change.operation) for change in made]
    return [proposal.id if proposal else None for proposal in found]


@pytest.fixture(scope="module")
def dao() -> Dao:
    dao = Dao.deploy()
    dao.token(dao.holders[-1], "delegate", dao.holders[-1])
    dao.chain.advance(1)
    return dao


@pytest.fixture(scope="module")
def votes(dao: Dao) -> list[int]:
    """Proposals that change the root, a carve-out, a share, a child and what decides no amount, in this order."""
    calls = [
        [dao.call_policy("setSchedule", ROOT_ID, [(20, 0, [50 * ONE]), (24, 0, [40 * ONE])])],
        [dao.call_policy("setSchedule", DATA, [(22, 0, [2 * ONE])])],
        [dao.call_policy("setSplit", COMPUTE, 26, [(JOBS, 3, 0)])],
        [dao.call_policy("setBudget", ROOT_ID, 28, 10**24)],
        [
            dao.call_policy("setWeights", COMPUTE, 21, [("H100", 4)]),
            dao.call_policy("setParameters", DATA, 21, b"x"),
            dao.call_policy("setRail", MAP, (0, ONE, 0, 0, 0, 5_000, 0, 0)),
            dao.call_policy("setReporter", MAP, (dao.holders[1], 0, ONE)),
            dao.call_policy("setSchedule", MAP, [(21, 0, [ONE])]),
            dao.call_policy("addStream", ROOT_ID, "other"),
        ],
    ]
    return [dao.pass_proposal(each, f"Vote {number}") for number, each in enumerate(calls)]


def test_the_last_change_in_force_up_the_tree_counts(dao: Dao, votes: list[int]) -> None:
    assert (dao.chain.timestamp - (START - 10 * EPOCH)) // EPOCH < 20
    state = dao.replay()
    root, data, split, budget, _ = votes
    assert proposals(state, "root", 18, 30) == [None] * 2 + [root] * 8 + [budget] * 2
    # What is carved out before it changes what is left for the residual, and the root what there is to carve out of.
    assert proposals(state, "data", 18, 30) == [None] * 2 + [root] * 2 + [data] * 6 + [budget] * 2
    assert proposals(state, "compute", 18, 30) == [None] * 2 + [root] * 2 + [data] * 6 + [budget] * 2
    assert proposals(state, "compute/jobs", 24, 30) == [None] * 2 + [split] * 2 + [budget] * 2


def test_a_stream_that_no_split_leads_to_depends_on_the_split_alone(dao: Dao, votes: list[int]) -> None:
    assert proposals(dao.replay(), "map", 18, 30) == [None] * 12


def test_a_plan_that_is_replaced_before_it_began_authorised_nothing(dao: Dao, votes: list[int]) -> None:
    earlier = dao.pass_proposal([dao.call_policy("setSchedule", ROOT_ID, [(19, 0, [60 * ONE])])], "Instead")
    later = dao.pass_proposal([dao.call_policy("setSchedule", DATA, [(40, 0, [ONE])])], "Much later")
    state = dao.replay()
    assert proposals(state, "root", 18, 29) == [None] + [earlier] * 10
    assert proposals(state, "compute", 39, 41) == [earlier, later]


def test_a_carve_out_does_not_depend_on_those_behind_it(dao: Dao, votes: list[int]) -> None:
    split = dao.pass_proposal(
        [dao.call_policy("setSplit", ROOT_ID, 50, [(DATA, 1, 0), (MAP, 1, 0), (COMPUTE, 3, 0)])], "Two carve-outs"
    )
    behind = dao.pass_proposal([dao.call_policy("setSchedule", MAP, [(52, 0, [ONE - 1])])], "The second yields less")
    state = dao.replay()
    assert proposals(state, "data", 50, 54) == [split] * 4
    assert proposals(state, "map", 50, 54) == [split] * 2 + [behind] * 2
    assert proposals(state, "compute", 50, 54) == [split] * 2 + [behind] * 2


def test_a_change_past_the_timelock_is_named_without_a_proposal_and_unknown_streams_are_refused(dao: Dao) -> None:
    state = dao.replay()
    made = authorising_change(state, "root", 41)
    assert made is not None
    made.operation = None
    assert proposals(state, "root", 41, 42) == [None]
    with pytest.raises(PolicyError, match="no such stream"):
        authorising_change(state, "nothing", 41)
    with pytest.raises(PolicyError, match="no such stream"):
        authorising_change(GovernanceState(dao.addresses), "root", 41)
