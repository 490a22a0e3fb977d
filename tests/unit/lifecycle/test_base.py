"""The policy's hash at a past block: every kind of change that the policy logs moves it."""

from __future__ import annotations

import pytest

from dao.lifecycle.base import policy_hash_at
from dao.rewards.changes import (
    AddStream,
    Allocation,
    Budget,
    Change,
    ClassWeight,
    Parameters,
    Part,
    Rail,
    Reporter,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.schedule import Constant, Segment
from tests.support.chain import ACCOUNTS, Dao
from tests.support.checking import force

STREAM = "compute/jobs"


@pytest.mark.parametrize(
    "change",
    [
        AddStream("data"),
        SetSchedule(STREAM, (Segment(2, Constant(1)),)),
        SetSplit("compute", Split(2, (Part(STREAM, Allocation.RESIDUAL),))),
        SetBudget(STREAM, Budget(2, 5)),
        SetWeights(STREAM, Weights(2, (ClassWeight("gpu", 10**18),))),
        SetParameters(STREAM, Parameters(2, b"")),
        SetReporter(STREAM, Reporter(account=ACCOUNTS[0], maximum=1)),
        SetRail(STREAM, Rail(cap=10**30)),
    ],
    ids=lambda change: type(change).__name__,
)
def test_the_hash_after_each_kind_of_change(dao: Dao, change: Change) -> None:
    contract = dao.session().contracts.policy
    before = contract.policy_hash()
    force(dao, change)
    head = dao.connection.block().number
    assert policy_hash_at(dao.session(), head) == contract.policy_hash() != before
    assert policy_hash_at(dao.session(), head - 1) == before
