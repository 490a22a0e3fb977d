"""RewardPolicy: who writes, from when, what each epoch yields, and the history that stays readable."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import ZERO, go_to, now, refused
from contract_policy import (
    CARVE_OUT,
    MAX_EPOCH,
    NONE,
    RESIDUAL,
    ROOT,
    SHARE,
    chained,
    constant,
    create,
    geometric,
    part,
    rail,
    stream,
    table,
)
from contract_proposal import Proposal
from contract_system import CAP, EPOCH, System

SEGMENTS = "(uint32,uint8,uint128[])[]"
PARTS = "(bytes32,uint8,uint16)[]"
CLASSES = "(string,uint128)[]"
RAIL = "(uint128,uint128,uint32,uint16,uint16,uint16,uint16,uint128)"
WRITES: dict[str, tuple[object, ...]] = {
    "addStream": (ROOT, "x"),
    "setSchedule": (ROOT, [constant(5, 1)]),
    "setSplit": (ROOT, 5, []),
    "setBudget": (ROOT, 5, 1),
    "setWeights": (ROOT, 5, [("H100", 1)]),
    "setParameters": (ROOT, 5, b"\1"),
    "setReporter": (ROOT, (ZERO, 0, 1)),
    "setRail": (ROOT, rail(cap=1)),
    "transferOwnership": ("0x" + "1" * 40,),
    "renounceOwnership": (),
}
"""Every write that is the owner's, with arguments that it takes."""


@pytest.fixture
def policy(system: System) -> Any:
    """The system's policy in its epoch 0, with `compute`, `data` and `rest` under the root."""
    for name in ("compute", "data", "rest"):
        system.policy.addStream(ROOT, name, {"from": system.as_timelock})
    assert system.policy.firstOpenEpoch() == 1
    return system.policy


# ---------------------------------------------------------------- who writes


@pytest.mark.parametrize("name", WRITES)
def test_only_the_timelock_writes(system: System, policy: Any, name: str) -> None:
    for account in (*system.everyone, system.governor, system.policy):
        refusal = ("OwnableUnauthorizedAccount", (str(account),))
        assert refused(getattr(policy, name), *WRITES[name], by=account) == refusal
    getattr(policy, name)(*WRITES[name], {"from": system.as_timelock})


def test_no_other_write_exists(policy: Any) -> None:
    """Reports are not the owner's; `test_policy_reports.py` shows whose they are. `settle` changes no answer."""
    entries = [entry for entry in policy.abi if entry["type"] == "function"]
    writes = {entry["name"] for entry in entries if entry["stateMutability"] not in ("view", "pure")}
    assert writes == {*WRITES, "report", "settle"}


def test_a_vote_writes(system: System, policy: Any) -> None:
    calls = [
        (policy, 0, policy.addStream.encode_input(ROOT, "maps")),
        (policy, 0, policy.setSchedule.encode_input(ROOT, [constant(9, 1_000)])),
        (policy, 0, policy.setSplit.encode_input(ROOT, 9, [part("maps", RESIDUAL)])),
    ]
    Proposal(system, calls, "Maps").execute()
    assert [policy.emission(stream("maps"), epoch) for epoch in (8, 9, MAX_EPOCH)] == [0, 1_000, 1_000]


def test_a_vote_that_comes_too_late_fails_whole(system: System, policy: Any) -> None:
    """Voting, timelock and margin take longer than one epoch: the epoch has begun when the proposal is executed."""
    calls = [
        (policy, 0, policy.addStream.encode_input(ROOT, "maps")),
        (policy, 0, policy.setSchedule.encode_input(ROOT, [constant(1, 1_000)])),
    ]
    proposal = Proposal(system, calls, "Late").mature()
    assert refused(system.governor.execute, *proposal.arguments, by=system.outsider) == (
        "RewardPolicyEpochNotOpen",
        (1, policy.firstOpenEpoch()),
    )
    assert refused(policy.isLeaf, stream("maps"), 0, by=system.outsider)[0] == "RewardPolicyUnknownStream"


# ---------------------------------------------------------------- from when


def test_past_epochs_are_immutable_and_future_ones_replaced(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setSchedule(ROOT, [constant(1, 100), constant(3, 300), constant(6, 600)], by)
    policy.setSplit(ROOT, 1, [part("compute", SHARE, 4_000), part("data", RESIDUAL)], by)
    policy.setSplit(ROOT, 6, [part("data", RESIDUAL)], by)
    go_to(policy.genesis() + 4 * EPOCH)
    assert policy.firstOpenEpoch() == 5
    for epoch in (0, 4):
        late = ("RewardPolicyEpochNotOpen", (epoch, 5))
        assert refused(policy.setSchedule, ROOT, [constant(epoch, 1)], by=system.timelock) == late
        assert refused(policy.setSplit, ROOT, epoch, [], by=system.timelock) == late
    reads = [(policy.emission(stream("compute"), e), policy.emission(stream("data"), e)) for e in range(5)]
    assert reads == [(0, 0), (40, 60), (40, 60), (120, 180), (120, 180)]
    policy.setSchedule(ROOT, [constant(5, 50)], by)
    policy.setSplit(ROOT, 5, [part("compute", RESIDUAL)], by)
    again = [(policy.emission(stream("compute"), e), policy.emission(stream("data"), e)) for e in range(8)]
    assert again == [*reads, (50, 0), (50, 0), (50, 0)]
    assert [(s[0], s[2][0]) for s in policy.schedule(ROOT)] == [(1, 100), (3, 300), (5, 50)]
    assert [s[0] for s in policy.splits(ROOT)] == [1, 5]


def test_an_epoch_begins_in_its_first_second(system: System) -> None:
    genesis = now() + 1_000
    policy = create(system, genesis)
    write = [constant(0, 7)]
    go_to(genesis - 1)
    assert policy.firstOpenEpoch() == 0
    assert refused(policy.epochAt, genesis - 1, by=system.outsider) == (
        "RewardPolicyBeforeGenesis",
        (genesis - 1, genesis),
    )
    go_to(genesis)
    assert (policy.firstOpenEpoch(), policy.epochAt(genesis), policy.epochAt(genesis + 99)) == (1, 0, 0)
    assert policy.epochAt(genesis + 100) == 1
    assert refused(policy.setSchedule, ROOT, write, by=system.timelock) == ("RewardPolicyEpochNotOpen", (0, 1))


def test_before_the_genesis_epoch_zero_is_open(system: System) -> None:
    policy = create(system, now() + 10_000)
    policy.setSchedule(ROOT, [constant(0, 7)], {"from": system.as_timelock})
    assert policy.emission(ROOT, 0) == 7


def test_a_constructor_may_write_the_past(system: System) -> None:
    """A network with a history: the genesis lies in the past, and so do the first segments and splits."""
    policy = create(
        system,
        now() - 1_000,
        [(ROOT, "a"), (stream("a"), "b"), (stream("a"), "c")],
        [(ROOT, [constant(0, 1_000), table(5, 2, 10, 20)]), (stream("a/b"), [constant(2, 30)])],
        [
            (ROOT, 0, [part("a", RESIDUAL)]),
            (stream("a"), 1, [part("a/c", RESIDUAL)]),
            (stream("a"), 3, [part("a/b", CARVE_OUT), part("a/c", RESIDUAL)]),
        ],
    )
    assert policy.firstOpenEpoch() > 10
    assert [policy.emission(ROOT, e) for e in range(10)] == [1_000] * 5 + [10, 10, 20, 20, 0]
    assert [policy.emission(stream("a/b"), e) for e in range(7)] == [0, 0, 0, 30, 30, 10, 10]
    assert [policy.emission(stream("a/c"), e) for e in range(7)] == [0, 1_000, 1_000, 970, 970, 0, 0]
    assert [policy.isLeaf(stream("a"), e) for e in (0, 1)] == [True, False]


# ---------------------------------------------------------------- what epochs yield


def test_splits(system: System, policy: Any) -> None:
    """Carve-outs first, in order and as far as it reaches; shares of the rest, rounded down; dust to the residual."""
    by = {"from": system.as_timelock}
    for name in ("first", "second"):
        policy.addStream(ROOT, name, by)
        policy.setSchedule(stream(name), [constant(1, 60)], by)
    policy.setSchedule(ROOT, [table(1, 1, 0, 1, 59, 100, 120, 221)], by)
    parts = [
        part("compute", SHARE, 3_333),
        part("second", CARVE_OUT),
        part("rest", RESIDUAL),
        part("first", CARVE_OUT),
        part("data", SHARE, 3_333),
    ]
    policy.setSplit(ROOT, 1, parts, by)
    order = ("second", "first", "compute", "data", "rest")
    found = [[policy.emission(stream(name), epoch) for name in order] for epoch in range(1, 8)]
    assert found == [
        [0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [59, 0, 0, 0, 0],
        [60, 40, 0, 0, 0],
        [60, 60, 0, 0, 0],
        [60, 60, 33, 33, 35],
        [0, 0, 0, 0, 0],
    ]
    assert [tuple(policy.share(stream(name), 1)) for name in order] == [
        (CARVE_OUT, 0),
        (CARVE_OUT, 0),
        (SHARE, 3_333),
        (SHARE, 3_333),
        (RESIDUAL, 3_334),
    ]
    assert tuple(policy.share(ROOT, 1)) == (NONE, 0)
    assert tuple(policy.share(stream("compute"), 0)) == (NONE, 0)


def test_a_split_without_parts_makes_a_leaf_again(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setSchedule(ROOT, [constant(1, 9)], by)
    policy.setSplit(ROOT, 1, [part("data", RESIDUAL)], by)
    policy.setSplit(ROOT, 2, [], by)
    assert [policy.isLeaf(ROOT, e) for e in range(3)] == [True, False, True]
    assert [policy.emission(stream("data"), e) for e in range(3)] == [0, 9, 0]


def test_a_deep_and_wide_tree_pays_out_exactly(system: System) -> None:
    """Eight levels, and 64 parts on the last: the leaves sum to the root's emission to the unit."""
    streams, splits, parent, path = [], [], ROOT, ""
    for _ in range(7):
        path = f"{path}/s" if path else "s"
        streams += [(parent, "s"), (parent, "t")]
        splits.append((parent, 0, [part(path, SHARE, 9_999), part(path[:-1] + "t", RESIDUAL)]))
        parent = stream(path)
    names = [f"n{index}" for index in range(64)]
    streams += [(parent, name) for name in names]
    wide = [part(f"{path}/{name}", SHARE, 156) for name in names[1:]] + [part(f"{path}/n0", RESIDUAL)]
    splits.append((parent, 0, wide))
    total = 10**27 + 7
    policy = create(system, now() + 100_000, [], [(ROOT, [constant(0, total)])])
    for added in streams:
        policy.addStream(*added, {"from": system.as_timelock})
    for written in splits:
        policy.setSplit(*written, {"from": system.as_timelock})
    ids = policy.streams()
    assert len(ids) == 1 + 14 + 64
    leaves = [key for key in ids if policy.isLeaf(key, 0)]
    assert len(leaves) == 7 + 64
    assert sum(policy.emission(key, 0) for key in leaves) == total


def test_shapes(system: System, policy: Any) -> None:
    segments = [table(2, 3, 5, 6), geometric(10, 1_000, 1, 2, 2), constant(20, 2**128 - 1)]
    policy.setSchedule(ROOT, segments, {"from": system.as_timelock})
    yields = [policy.emission(ROOT, epoch) for epoch in range(22)]
    assert (
        yields == [0, 0, 5, 5, 5, 6, 6, 6, 0, 0, 1_000, 1_000, 500, 500, 250, 250, 125, 125, 62, 62] + [2**128 - 1] * 2
    )


# ---------------------------------------------------------------- history and hash


def test_history_and_the_chain_of_hashes(system: System) -> None:
    genesis = now() + 5_000
    policy = create(system, genesis)
    by = {"from": system.as_timelock}
    name = "StreamAdded(bytes32,bytes32,string,bytes32)"
    kinds = ("bytes32", "bytes32", "string")
    created = ("uint48", "uint32", "uint128")
    expected = chained(bytes(32), f"PolicyCreated({','.join(created)},bytes32)", created, (genesis, 100, CAP))
    expected = chained(expected, name, kinds, (ROOT, bytes(32), "root"))
    assert bytes(policy.policyHash()) == expected

    receipt = policy.addStream(ROOT, "a", by)
    expected = chained(expected, name, kinds, (stream("a"), ROOT, "a"))
    event = receipt.events["StreamAdded"]
    assert (bytes(event["stream"]), bytes(event["parent"]), event["path"]) == (stream("a"), ROOT, "a")
    assert bytes(event["policyHash"]) == bytes(policy.policyHash()) == expected

    segments = [constant(0, 5), geometric(3, 10, 1, 2, 1)]
    receipt = policy.setSchedule(stream("a"), segments, by)
    expected = chained(
        expected, f"ScheduleSet(bytes32,{SEGMENTS},bytes32)", ("bytes32", SEGMENTS), (stream("a"), segments)
    )
    assert bytes(receipt.events["ScheduleSet"]["policyHash"]) == bytes(policy.policyHash()) == expected

    parts = [part("a", RESIDUAL)]
    receipt = policy.setSplit(ROOT, 2, parts, by)
    expected = chained(
        expected,
        f"SplitSet(bytes32,uint32,{PARTS},bytes32)",
        ("bytes32", "uint32", PARTS),
        (ROOT, 2, parts),
    )
    assert receipt.events["SplitSet"]["fromEpoch"] == 2
    assert bytes(receipt.events["SplitSet"]["policyHash"]) == bytes(policy.policyHash()) == expected

    a = stream("a")
    writes = [
        ("setBudget", "BudgetSet", ("bytes32", "uint32", "uint128"), (a, 4, 1_000)),
        ("setWeights", "WeightsSet", ("bytes32", "uint32", CLASSES), (a, 4, [("H100", 10**18), ("L40S", 3)])),
        ("setParameters", "ParametersSet", ("bytes32", "uint32", "bytes"), (a, 4, b"\1\2\3")),
        ("setRail", "RailSet", ("bytes32", RAIL), (a, rail(cap=9, period=2, change=500, share_cap=10_000))),
    ]
    for method, event, types, values in writes:
        receipt = getattr(policy, method)(*values, by)
        expected = chained(expected, f"{event}({','.join(types)},bytes32)", types, values)
        assert bytes(receipt.events[event]["policyHash"]) == bytes(policy.policyHash()) == expected

    reporter = (system.minnow.address, 1, 2)
    receipt = policy.setReporter(a, reporter, by)
    types = ("bytes32", "address", "uint128", "uint128")
    expected = chained(expected, f"ReporterSet({','.join(types)},bytes32)", types, (a, *reporter))
    assert bytes(receipt.events["ReporterSet"]["policyHash"]) == bytes(policy.policyHash()) == expected
    assert tuple(receipt.events["ReporterSet"].values())[1:4] == reporter

    assert [bytes(key) for key in policy.streams()] == [ROOT, stream("a")]
    assert (bytes(policy.streamInfo(ROOT)[0]), policy.streamInfo(ROOT)[1]) == (bytes(32), "root")
    assert (bytes(policy.streamInfo(stream("a"))[0]), policy.streamInfo(stream("a"))[1]) == (ROOT, "a")
    assert [(s[0], s[1], list(s[2])) for s in policy.schedule(stream("a"))] == segments
    ((epoch, stored),) = policy.splits(ROOT)
    assert (epoch, [(bytes(p[0]), p[1], p[2]) for p in stored]) == (2, parts)
    assert [tuple(budget) for budget in policy.budgets(a)] == [(4, 1_000)]
    assert [(w[0], [tuple(c) for c in w[1]]) for w in policy.weights(a)] == [(4, [("H100", 10**18), ("L40S", 3)])]
    assert [(p[0], bytes(p[1])) for p in policy.parameters(a)] == [(4, b"\1\2\3")]
    assert tuple(policy.rail(a)) == rail(cap=9, period=2, change=500, share_cap=10_000)
    assert tuple(policy.reporter(a)) == reporter


def test_inheritance(system: System) -> None:
    policy = create(system, now() + 1_000, container="ExtendedPolicy")
    by = {"from": system.as_timelock}
    policy.addStream(ROOT, "all", by)
    policy.setSplit(ROOT, 0, [part("all", RESIDUAL)], by)
    policy.setSchedule(ROOT, [constant(0, 100)], by)
    assert [policy.emission(key, 0) for key in (ROOT, stream("all"))] == [50, 50]
    assert policy.scheduled(ROOT, 0) == 50
    policy.requireEmission(ROOT, 0, 50)
    three = [constant(epoch, 1) for epoch in range(3)]
    assert refused(policy.setSchedule, ROOT, three, by=system.timelock) == (
        "ExtendedPolicyTooManySegments",
        (ROOT, 3),
    )
