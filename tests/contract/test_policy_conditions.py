"""Conditions in a batch: the hash that it was written against comes first, what it promises to yield last."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import refused
from contract_policy import RESIDUAL, ROOT, chained, constant, part, stream
from contract_proposal import Proposal
from contract_system import System

SEGMENTS = "(uint32,uint8,uint128[])[]"
LATER = 20
"""An epoch that is open when a proposal made now is executed."""


@pytest.fixture
def policy(system: System) -> Any:
    """The system's policy with `data` and 1,000 units an epoch."""
    by = {"from": system.as_timelock}
    system.policy.addStream(ROOT, "data", by)
    system.policy.setSchedule(ROOT, [constant(1, 1_000)], by)
    return system.policy


def call(policy: Any, method: str, *arguments: Any) -> tuple[Any, int, str]:
    """One call of a proposal."""
    return policy, 0, getattr(policy, method).encode_input(*arguments)


def test_the_second_proposal_written_against_the_same_hash_changes_nothing(system: System, policy: Any) -> None:
    """Both pass and are queued; whichever is executed first makes the other fail, the next one written does not."""
    base = bytes(policy.policyHash())
    first, second = (
        Proposal(
            system,
            [call(policy, "requireHash", base), call(policy, "setSchedule", ROOT, [constant(LATER, amount)])],
            f"To {amount}",
        )
        for amount in (2_000, 3_000)
    )
    Proposal.mature_together(first, second)
    first.run()
    written = bytes(policy.policyHash())
    assert refused(system.governor.execute, *second.arguments, by=system.outsider) == (
        "RewardPolicyHashMismatch",
        (base, written),
    )
    assert (bytes(policy.policyHash()), policy.emission(ROOT, LATER)) == (written, 2_000)
    again = [call(policy, "requireHash", written), call(policy, "setSchedule", ROOT, [constant(LATER, 3_000)])]
    Proposal(system, again, "To 3000, again").execute()
    assert policy.emission(ROOT, LATER) == 3_000


def test_without_the_condition_the_later_one_overwrites(system: System, policy: Any) -> None:
    first, second = (
        Proposal(system, [call(policy, "setSchedule", ROOT, [constant(LATER, amount)])], f"To {amount}")
        for amount in (2_000, 3_000)
    )
    Proposal.mature_together(first, second)
    first.run()
    second.run()
    assert policy.emission(ROOT, LATER) == 3_000


def test_the_hash_can_be_required_last(system: System, policy: Any) -> None:
    """The hash that a batch leaves is known before it is executed."""
    segments = [constant(LATER, 5)]
    types = ("bytes32", SEGMENTS)
    after = chained(bytes(policy.policyHash()), f"ScheduleSet(bytes32,{SEGMENTS},bytes32)", types, (ROOT, segments))
    calls = [call(policy, "setSchedule", ROOT, segments), call(policy, "requireHash", after)]
    Proposal(system, calls, "Exactly this").execute()
    assert bytes(policy.policyHash()) == after


def test_an_unkept_promise_undoes_the_whole_batch(system: System, policy: Any) -> None:
    """Executed, it would split off all of `data`; it promises another figure, so not even the new stream remains."""
    before = policy.policyHash()
    calls = [
        call(policy, "addStream", ROOT, "maps"),
        call(policy, "setSchedule", ROOT, [constant(LATER, 2_000)]),
        call(policy, "setSplit", ROOT, LATER, [part("maps", RESIDUAL)]),
        call(policy, "requireEmission", stream("maps"), LATER, 2_001),
    ]
    proposal = Proposal(system, calls, "Maps").mature()
    assert refused(system.governor.execute, *proposal.arguments, by=system.outsider) == (
        "RewardPolicyEmissionMismatch",
        (stream("maps"), LATER, 2_001, 2_000),
    )
    assert policy.policyHash() == before
    assert refused(policy.streamInfo, stream("maps"), by=system.outsider)[0] == "RewardPolicyUnknownStream"


def test_a_kept_promise(system: System, policy: Any) -> None:
    calls = [
        call(policy, "setSchedule", ROOT, [constant(LATER, 2_000)]),
        call(policy, "requireEmission", ROOT, LATER - 1, 1_000),
        call(policy, "requireEmission", ROOT, LATER, 2_000),
    ]
    Proposal(system, calls, "Kept").execute()
    assert policy.emission(ROOT, LATER) == 2_000


def test_anyone_may_ask(system: System, policy: Any) -> None:
    """They write nothing, so a proposer simulates them before the vote."""
    for account in (*system.everyone, system.timelock):
        policy.requireHash(policy.policyHash(), {"from": account})
        policy.requireEmission(ROOT, 1, 1_000, {"from": account})
