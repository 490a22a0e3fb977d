"""StreamPayer, the example of a contract that pays by the policy: what, when, to whom, and never twice."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import ZERO, go_to, now, project, refused, refused_creation
from contract_policy import RESIDUAL, ROOT, SHARE, constant, part, stream
from contract_system import EPOCH, UNIT, System

JOBS, DATA = stream("compute/jobs"), stream("data")
SHARED = 400 * UNIT


@pytest.fixture
def policy(system: System) -> Any:
    """From epoch 1 on 1,000 tokens an epoch: 40 % for the jobs of `compute`, the rest for `data`."""
    by = {"from": system.as_timelock}
    for parent, name in ((ROOT, "compute"), (ROOT, "data"), (stream("compute"), "jobs")):
        system.policy.addStream(parent, name, by)
    system.policy.setSchedule(ROOT, [constant(1, 1_000 * UNIT)], by)
    system.policy.setSplit(ROOT, 1, [part("compute", SHARE, 4_000), part("data", RESIDUAL)], by)
    system.policy.setSplit(stream("compute"), 1, [part("compute/jobs", RESIDUAL)], by)
    return system.policy


@pytest.fixture
def payer(system: System, policy: Any) -> Any:
    """Pays the jobs to the outsider, and holds what two epochs take and half of a third."""
    made = project()["StreamPayer"].deploy(policy, system.token, JOBS, system.outsider, {"from": system.deployer})
    system.token.transfer(made, SHARED * 5 // 2, {"from": system.voters[0]})
    return made


def end_of(policy: Any, epoch: int) -> int:
    return int(policy.genesis()) + (epoch + 1) * EPOCH


def test_it_pays_what_the_policy_says_to_the_beneficiary(system: System, policy: Any, payer: Any) -> None:
    go_to(end_of(policy, 1))
    paid = payer.pay(1, {"from": system.minnow})
    assert system.token.balanceOf(system.outsider) == SHARED == policy.emission(JOBS, 1)
    assert dict(paid.events["EpochPaid"]) == {"epoch": 1, "beneficiary": system.outsider, "amount": SHARED}
    assert payer.paid(1)
    assert not payer.paid(2)


def test_an_epoch_is_paid_once_and_in_any_order(system: System, policy: Any, payer: Any) -> None:
    go_to(end_of(policy, 2))
    for epoch in (2, 1):
        payer.pay(epoch, {"from": system.minnow})
        assert refused(payer.pay, epoch, by=system.minnow) == ("StreamPayerPaidAlready", (epoch,))
    assert system.token.balanceOf(system.outsider) == 2 * SHARED


def test_an_epoch_is_paid_when_it_is_over(system: System, policy: Any, payer: Any) -> None:
    end = end_of(policy, 1)
    assert payer.endOf(1) == end
    go_to(end - 10)
    assert now() < end
    assert refused(payer.pay, 1, by=system.minnow) == ("StreamPayerEpochNotOver", (1, end))


def test_what_is_not_held_is_paid_later(system: System, policy: Any, payer: Any) -> None:
    go_to(end_of(policy, 3))
    for epoch in (1, 2):
        payer.pay(epoch, {"from": system.minnow})
    held = system.token.balanceOf(payer)
    refusal = ("ERC20InsufficientBalance", (payer.address, held, SHARED))
    assert refused(payer.pay, 3, by=system.minnow) == refusal
    assert not payer.paid(3)
    system.token.transfer(payer, SHARED - held, {"from": system.voters[0]})
    payer.pay(3, {"from": system.minnow})
    assert system.token.balanceOf(payer) == 0


def test_a_stream_with_children_is_not_paid(system: System, policy: Any) -> None:
    compute = project()["StreamPayer"].deploy(
        policy, system.token, stream("compute"), system.outsider, {"from": system.deployer}
    )
    go_to(end_of(policy, 1))
    assert refused(compute.pay, 1, by=system.minnow) == ("StreamPayerNotALeaf", (stream("compute"), 1))
    # In epoch 0 it had none yet, and no emission either.
    compute.pay(0, {"from": system.minnow})
    assert system.token.balanceOf(system.outsider) == 0


def test_what_is_voted_later_is_paid_later(system: System, policy: Any, payer: Any) -> None:
    policy.setSplit(ROOT, 2, [part("data", SHARE, 9_000), part("compute", RESIDUAL)], {"from": system.as_timelock})
    go_to(end_of(policy, 2))
    for epoch in (1, 2):
        payer.pay(epoch, {"from": system.minnow})
    assert system.token.balanceOf(system.outsider) == SHARED + 100 * UNIT


def test_what_cannot_be_created(system: System, policy: Any) -> None:
    container, unknown = project()["StreamPayer"], stream("none")
    refusal = ("RewardPolicyUnknownStream", (unknown,))
    assert refused_creation(container, policy, system.token, unknown, system.outsider) == refusal
    assert refused_creation(container, policy, system.token, DATA, ZERO) == ("StreamPayerNoBeneficiary", ())
