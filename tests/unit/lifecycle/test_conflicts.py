"""Which open proposals decide the same streams, and parameters that nobody could compute a payout with."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.errors import ProposalError, RailCrossed
from dao.lifecycle.advance import cancel
from dao.lifecycle.check import check
from dao.lifecycle.policy import policy_at
from dao.lifecycle.prepare import compile_file
from dao.lifecycle.submit import submit
from dao.lifecycle.verdict import CheckResult, Verdict
from dao.rewards.changes import (
    AddStream,
    Allocation,
    Change,
    Parameters,
    Part,
    Rail,
    SetParameters,
    SetRail,
    SetSchedule,
    SetSplit,
    Split,
)
from dao.rewards.encoding import call_of
from dao.rewards.schedule import Constant, Segment
from dao.types import Call
from tests.support.chain import ACCOUNTS, TOKEN, Dao

PROPOSER = ACCOUNTS[0]
HEAD = "title: A title\nsummary: A summary.\nactions:\n"
SCHEDULE = "  - set_schedule: {stream: %s, from_epoch: 3, segments: [{constant: 1 RENDER}]}\n"


def call(dao: Dao, change: Change) -> Call:
    function, arguments = call_of(change)
    return Call(dao.deployment.addresses.policy, 0, dao.session().contracts.policy.calldata(function, *arguments))


def force(dao: Dao, change: Change) -> None:
    """Makes `change` as the timelock, without a proposal."""
    timelock = dao.deployment.addresses.timelock
    dao.impersonate(timelock)
    function, arguments = call_of(change)
    dao.call(timelock, "policy", function, *arguments)


def results(dao: Dao, folder: Path, actions: str, name: str) -> list[CheckResult]:
    path = folder / "p.yaml"
    path.write_text(HEAD + actions, encoding="utf-8")
    return [result for result in check(dao.session(), compile_file(dao.session(), path)) if result.name == name]


def conflicts(dao: Dao, folder: Path, actions: str) -> str:
    """What the check says; empty where it passes."""
    (result,) = results(dao, folder, actions, "conflicts")
    return "" if result.verdict is Verdict.PASS else result.detail


def schedule(stream: str, amount: int) -> SetSchedule:
    return SetSchedule(stream, (Segment(2, Constant(amount)),))


def test_a_change_that_a_rail_refuses_now_is_named(dao: Dao, tmp_path: Path) -> None:
    force(dao, SetRail("compute/jobs", Rail(cap=50_000 * TOKEN)))
    over = schedule("compute/jobs", 60_000 * TOKEN)
    with pytest.raises(RailCrossed):
        policy_at(dao.session()).policy.apply(over)
    other = dao.propose([call(dao, over)], b"# Over the rail")
    assert f"{str(other.proposal_id)[:12]}…, pending, also changes compute/jobs" in conflicts(
        dao, tmp_path, SCHEDULE % "compute/jobs"
    )
    assert conflicts(dao, tmp_path, SCHEDULE % "compute/reserve") == ""
    cancel(dao.session(PROPOSER), other)
    assert conflicts(dao, tmp_path, SCHEDULE % "compute/jobs") == ""


def test_a_call_that_does_not_decode_hides_no_other(dao: Dao, tmp_path: Path) -> None:
    policy = dao.deployment.addresses.policy
    unknown = call(dao, schedule("nowhere", 1))
    broken = Call(policy, 0, unknown.calldata[:4] + b"\xff" * 40)
    dao.propose([broken, unknown, call(dao, schedule("compute/jobs", 1))], b"# Three calls")
    assert "also changes compute/jobs" in conflicts(dao, tmp_path, SCHEDULE % "compute/jobs")


@pytest.mark.parametrize("stream", ["compute", "compute/jobs", "compute/reserve"])
def test_a_split_decides_its_parent_its_parts_and_those_of_the_split_that_it_ends(
    dao: Dao, tmp_path: Path, stream: str
) -> None:
    # compute/jobs stands in the split in force alone.
    split = SetSplit("compute", Split(2, (Part("compute/reserve", Allocation.RESIDUAL),)))
    dao.propose([call(dao, split)], b"# A split")
    assert f"also changes {stream}" in conflicts(dao, tmp_path, SCHEDULE % stream)
    assert conflicts(dao, tmp_path, SCHEDULE % "root") == ""


def test_a_split_decides_the_parts_of_planned_splits_that_it_voids(dao: Dao, tmp_path: Path) -> None:
    force(dao, AddStream("compute/later"))
    force(dao, SetSplit("compute", Split(9, (Part("compute/later", Allocation.RESIDUAL),))))
    early = SetSplit("compute", Split(5, (Part("compute/jobs", Allocation.RESIDUAL),)))
    dao.propose([call(dao, early)], b"# An earlier split")
    assert "also changes compute/later" in conflicts(dao, tmp_path, SCHEDULE % "compute/later")


def test_a_split_decides_parts_that_it_brings_in(dao: Dao, tmp_path: Path) -> None:
    force(dao, AddStream("compute/new"))
    split = SetSplit("compute", Split(2, (Part("compute/new", Allocation.RESIDUAL),)))
    dao.propose([call(dao, split)], b"# A split")
    assert "also changes compute/new" in conflicts(dao, tmp_path, SCHEDULE % "compute/new")


def test_a_split_over_a_stream_that_the_same_proposal_adds(dao: Dao, tmp_path: Path) -> None:
    split = SetSplit("root", Split(2, (Part("data", Allocation.SHARE, 100), Part("compute", Allocation.RESIDUAL))))
    dao.propose([call(dao, AddStream("data")), call(dao, split)], b"# Data")
    assert "also changes compute" in conflicts(dao, tmp_path, SCHEDULE % "compute")


def test_two_proposals_that_add_one_stream(dao: Dao, tmp_path: Path) -> None:
    dao.propose([call(dao, AddStream("data")), call(dao, schedule("data", 1))], b"# Data")
    assert "also changes data" in conflicts(dao, tmp_path, "  - add_stream: {path: data}\n")
    assert conflicts(dao, tmp_path, "  - add_stream: {path: maps}\n") == ""


def test_a_stream_that_only_the_checked_proposal_adds_is_known_by_its_path(dao: Dao, tmp_path: Path) -> None:
    dao.propose([call(dao, schedule("data", 1))], b"# Data comes from elsewhere")
    assert "also changes data" in conflicts(dao, tmp_path, "  - add_stream: {path: data}\n")


# ------------------------------------------------------------ parameters


def raw(dao: Dao, data: bytes, epoch: int = 2) -> str:
    encoded = call(dao, SetParameters("compute/jobs", Parameters(epoch, data))).calldata
    return f"  - raw: {{target: policy, calldata: '0x{encoded.hex()}'}}\n"


def test_parameters_that_do_not_decode_fail_and_stop_the_submission(dao: Dao, tmp_path: Path) -> None:
    (result,) = results(dao, tmp_path, raw(dao, b"\x01\x02"), "parameters")
    assert result.verdict is Verdict.FAILURE
    assert "compute/jobs" in result.detail
    assert "epoch 2" in result.detail
    before = dao.nonces()
    with pytest.raises(ProposalError, match="the check 'parameters' failed"):
        submit(dao.session(PROPOSER), tmp_path / "p.yaml")
    assert dao.nonces() == before


def test_parameters_that_decode_pass(dao: Dao, tmp_path: Path) -> None:
    set_parameters = "  - set_parameters: {stream: compute/jobs, from_epoch: 2, %s}\n"
    operators = "operators: [{per_unit: {rate: 2 RENDER, per: 1}}]"
    for actions in (set_parameters % operators, set_parameters % "data: '0x'"):
        (result,) = results(dao, tmp_path, actions, "parameters")
        assert result.verdict is Verdict.PASS
    # What a later call of the same proposal voids is never in force.
    (result,) = results(dao, tmp_path, raw(dao, b"\x01", 5) + raw(dao, b"", 4), "parameters")
    assert result.verdict is Verdict.PASS


def test_who_sets_no_parameters_is_not_asked(dao: Dao, tmp_path: Path) -> None:
    force(dao, SetParameters("compute/jobs", Parameters(2, b"\x01")))
    assert results(dao, tmp_path, SCHEDULE % "compute/jobs", "parameters") == []
