"""Resource classes with weights that contracts read, and the encoded parameters beside them."""

from __future__ import annotations

from typing import Any

import brownie
import pytest
from contract_evm import project, refused
from contract_policy import MAX_AMOUNT, MAX_EPOCH, ROOT, WHOLE, stream
from contract_system import System

from dao.abi import decode, keccak

H100, L40S = keccak(b"H100"), keccak(b"L40S")
GPU = stream("gpu")


@pytest.fixture
def policy(system: System) -> Any:
    """The system's policy in its epoch 0, with the stream `gpu`."""
    system.policy.addStream(ROOT, "gpu", {"from": system.as_timelock})
    return system.policy


def test_weights_from_epoch_to_epoch(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setWeights(GPU, 2, [("H100", 3 * WHOLE), ("L40S", WHOLE)], by)
    policy.setWeights(GPU, 5, [("L40S", WHOLE // 2)], by)
    policy.setWeights(GPU, 7, [], by)
    reads = [[policy.weight(GPU, key, epoch) for epoch in (0, 1, 2, 4, 5, 6, 7, MAX_EPOCH)] for key in (H100, L40S)]
    assert reads == [
        [0, 0, 3 * WHOLE, 3 * WHOLE, 0, 0, 0, 0],
        [0, 0, WHOLE, WHOLE, WHOLE // 2, WHOLE // 2, 0, 0],
    ]
    assert policy.weight(GPU, keccak(b"B200"), 3) == 0
    assert policy.weight(ROOT, H100, 3) == 0


def test_weights_replace_what_was_planned(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    for epoch, weight in ((2, 20), (4, 40), (6, 60), (4, 44)):
        policy.setWeights(GPU, epoch, [("H100", weight)], by)
    assert [(w[0], [tuple(c) for c in w[1]]) for w in policy.weights(GPU)] == [(2, [("H100", 20)]), (4, [("H100", 44)])]


def test_a_contract_reads_weights(system: System, policy: Any) -> None:
    """Whoever pays by classes asks the policy itself, with the id of the class."""
    policy.setWeights(GPU, 1, [("L40S", 1), ("H100", MAX_AMOUNT)], {"from": system.as_timelock})
    contract = project()["Forwarder"].deploy({"from": system.deployer})
    answer = contract.forward.call(policy, policy.weight.encode_input(GPU, H100, 1))
    assert decode(("uint256",), bytes(answer)) == (MAX_AMOUNT,)


def test_as_many_classes_as_may_be(system: System, policy: Any) -> None:
    """With the longest names and every visible character."""
    visible = "".join(map(chr, range(0x21, 0x7F)))
    names = [visible[start : start + 31] for start in range(64)]
    policy.setWeights(GPU, 1, [(name, index) for index, name in enumerate(names)], {"from": system.as_timelock})
    found = [policy.weight(GPU, keccak(name.encode()), 1) for name in names]
    assert found == list(range(64))


def test_parameters_are_kept_as_they_were_written(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    longest = bytes(range(256)) * 32
    for epoch, data in ((1, b"\0"), (3, longest), (9, b"late"), (5, b"")):
        receipt = policy.setParameters(GPU, epoch, data, by)
        (log,) = receipt.logs
        assert decode(("bytes", "bytes32"), bytes(log["data"])) == (data, bytes(policy.policyHash()))
    # Brownie shows no bytes as a zero byte, so the answer is decoded here.
    call = {"to": policy.address, "data": policy.parameters.encode_input(GPU)}
    (found,) = decode(("(uint32,bytes)[]",), bytes(brownie.web3.eth.call(call)))
    assert found == ((1, b"\0"), (3, longest), (5, b""))
    assert list(policy.parameters(ROOT)) == []


def test_an_epoch_that_has_begun_keeps_its_parameters(system: System, policy: Any) -> None:
    for method, value in ((policy.setWeights, []), (policy.setParameters, b"")):
        assert refused(method, GPU, 0, value, by=system.timelock) == ("RewardPolicyEpochNotOpen", (0, 1))
