"""Ids, hashes and compiled calls against the shipped contracts, on an in-process EVM."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyrevm import EVM, BlockEnv

from dao.abi import checksum, keccak
from dao.artifacts import load
from dao.chain.create import create_address
from dao.deployment.document import DeploymentDocument, load_deployment
from dao.document.quantities import ETHER
from dao.proposal.actions import Action
from dao.proposal.calldata import Context, compile_proposal
from dao.proposal.description import describe
from dao.proposal.document import ProposalDocument
from dao.proposal.identity import columns, description_hash, identify, timelock_salt
from dao.rewards.changes import SetSchedule
from dao.rewards.policy import Policy
from dao.rewards.schedule import Constant, Segment
from dao.types import Address, Addresses, Call

NOW = 1_800_000_000
DEPLOYER = Address(checksum("0x" + "d1" * 20))
PROPOSER = Address(checksum("0x" + "a1" * 20))
OTHER = Address(checksum("0x" + "b2" * 20))

DEPLOYMENT = """\
token: {name: Test Token, symbol: RWD, decimals: 6, cap: 1_000_000 RWD, grants: {treasury: 10.5 RWD, PROPOSER: 1 RWD}}
governor:
  name: Test Governor
  voting_delay: 0 s
  voting_period: 1 hour
  proposal_threshold: 0 RWD
  tiers:
    constitutional: {approval: 50%, quorum: 0%}
    issuance: {approval: 50%, quorum: 0%}
    standard: {approval: 50%, quorum: 0%}
  late_quorum_extension: 0 s
  grace_period: 1 day
  guardian: treasury
timelock: {min_delay: 0 s}
policy:
  genesis: deployment
  epoch: 7 days
  streams: [compute, compute/jobs, compute/reserve]
  schedules:
    root:
      - {from_epoch: 0, constant: 47_435 RWD}
      - {from_epoch: 10, table: {every: 2, amounts: [1 RWD, 2 RWD]}}
      - {from_epoch: 20, geometric: {amount: 9 RWD, ratio: 85/100, every: 52}}
      - {from_epoch: 99, constant: 0 RWD}
    compute/jobs: [{from_epoch: 0, constant: 15_000 RWD}]
  splits:
    root: [{from_epoch: 0, parts: {compute: residual}}]
    compute:
      - {from_epoch: 0, parts: {compute/jobs: carve-out, compute/reserve: residual}}
      - {from_epoch: 5, parts: {compute/jobs: 27.5%, compute/reserve: residual}}
"""


@dataclass
class Deployed:
    """A deployment on an EVM."""

    evm: EVM
    document: DeploymentDocument
    addresses: Addresses
    now: int = NOW

    def advance(self, seconds: int) -> None:
        self.now += seconds
        self.evm.set_block_env(BlockEnv(number=self.now - NOW + 1, timestamp=self.now, gas_limit=10**9))

    def ask(
        self, contract: str, to: Address, function: str, *arguments: Any, sender: Address = OTHER
    ) -> tuple[Any, ...]:
        signature = load(contract).abi.function(function)
        self.evm.reset_transient_storage()
        output = self.evm.message_call(sender, to, signature.encode_call(*arguments))
        return signature.decode_output(bytes(output))


@pytest.fixture
def deployed(tmp_path: Path) -> Deployed:
    path = tmp_path / "deploy.yaml"
    path.write_text(DEPLOYMENT.replace("PROPOSER", PROPOSER), encoding="utf-8")
    return deploy(load_deployment(path))


def deploy(document: DeploymentDocument) -> Deployed:
    at = {name: create_address(DEPLOYER, nonce) for nonce, name in enumerate(document.contracts)}
    addresses = Addresses(
        token=at["RewardToken"],
        timelock=at["TimelockController"],
        governor=at["RewardGovernor"],
        policy=at["RewardPolicy"],
        distributor=at.get("RewardDistributor"),
    )
    evm = EVM(gas_limit=10**9, spec_id="OSAKA")
    evm.set_block_env(BlockEnv(number=1, timestamp=NOW, gas_limit=10**9))
    arguments = document.constructor_arguments(addresses, genesis=NOW)
    for name in document.contracts:
        code = load(name).creation_code(*arguments[name], libraries=at)
        assert checksum(evm.deploy(DEPLOYER, code)) == at[name]
    return Deployed(evm, document, addresses)


def test_the_deployed_policy_is_the_one_that_the_document_promises(deployed: Deployed) -> None:
    policy = deployed.document.policy(genesis=NOW)
    address = deployed.addresses.policy
    assert deployed.ask("RewardPolicy", address, "policyHash") == (policy.hash,)
    for stream in policy.streams:
        for epoch in (0, 4, 5, 10, 12, 14, 20, 72, 98, 99):
            expected = policy.emission(stream, epoch)
            assert deployed.ask("RewardPolicy", address, "emission", keccak(stream.encode()), epoch) == (expected,)


def test_the_deployed_contracts_have_the_values_of_the_document(deployed: Deployed) -> None:
    token, governor, timelock = deployed.addresses.token, deployed.addresses.governor, deployed.addresses.timelock
    assert deployed.ask("RewardToken", token, "decimals") == (6,)
    assert deployed.ask("RewardToken", token, "cap") == (10**12,)
    assert deployed.ask("RewardToken", token, "balanceOf", timelock) == (10_500_000,)
    assert deployed.ask("RewardToken", token, "hasRole", keccak(b"MINTER_ROLE"), timelock) == (True,)
    assert deployed.ask("RewardGovernor", governor, "votingPeriod") == (3_600,)
    assert deployed.ask("RewardGovernor", governor, "gracePeriod()") == (86_400,)
    assert deployed.ask("RewardGovernor", governor, "proposalGuardian") == (timelock,)
    assert deployed.ask("TimelockController", timelock, "hasRole", keccak(b"EXECUTOR_ROLE"), governor) == (True,)


def proposal(deployed: Deployed) -> tuple[tuple[Call, ...], str]:
    context = Context(addresses=deployed.addresses, symbol="RWD", decimals=6)
    document = ProposalDocument(
        title="Change",
        summary="Because.",
        actions=tuple(
            Action.model_validate(action)
            for action in (
                {"set_schedule": {"stream": "compute/jobs", "from_epoch": 3, "segments": [{"constant": "5 RWD"}]}},
                {"transfer": {"to": OTHER, "amount": "0.5 RWD"}},
                {"send_ether": {"to": OTHER, "amount": ETHER.amount(7)}},
            )
        ),
    )
    return compile_proposal(document, context), describe(document, proposer=PROPOSER)


def test_identity_is_what_the_contracts_compute(deployed: Deployed) -> None:
    calls, description = proposal(deployed)
    identity = identify(calls, description, governor=deployed.addresses.governor)
    hashed = keccak(description.encode())
    assert identity.description_hash == hashed == description_hash(description)
    governor, timelock = deployed.addresses.governor, deployed.addresses.timelock
    asked = deployed.ask("RewardGovernor", governor, "hashProposal", *columns(calls), hashed)
    assert asked == (identity.proposal_id,)
    asked = deployed.ask(
        "TimelockController", timelock, "hashOperationBatch", *columns(calls), bytes(32), identity.salt
    )
    assert asked == (identity.operation_id,)


def test_the_salt_is_the_governor_over_the_hash() -> None:
    governor = Address(checksum("0x" + "0f" * 20))
    assert timelock_salt(b"\xff" * 32, governor=governor) == b"\xf0" * 20 + b"\xff" * 12


def test_only_the_proposer_can_submit_and_gets_the_computed_id(deployed: Deployed) -> None:
    calls, description = proposal(deployed)
    governor = deployed.addresses.governor
    restricted = load("RewardGovernor").abi.errors
    with pytest.raises(RuntimeError) as caught:
        deployed.ask("RewardGovernor", governor, "propose", *columns(calls), description, sender=OTHER)
    wanted = next(error.selector for error in restricted.values() if error.name == "GovernorRestrictedProposer")
    assert wanted.hex() in str(caught.value)
    identity = identify(calls, description, governor=governor)
    # What makes the difference is the last character: with one more, OpenZeppelin sees no suffix.
    deployed.ask("RewardGovernor", governor, "propose", *columns(calls), description + "\n", sender=OTHER)
    found = deployed.ask("RewardGovernor", governor, "propose", *columns(calls), description, sender=PROPOSER)
    assert found == (identity.proposal_id,)


def test_the_compiled_calls_do_on_chain_what_the_actions_say(deployed: Deployed) -> None:
    calls, description = proposal(deployed)
    token, governor = deployed.addresses.token, deployed.addresses.governor
    timelock, policy = deployed.addresses.timelock, deployed.addresses.policy
    deployed.evm.set_balance(timelock, 7)
    deployed.ask("RewardToken", token, "delegate", PROPOSER, sender=PROPOSER)
    deployed.advance(1)
    number = deployed.ask("RewardGovernor", governor, "propose", *columns(calls), description, sender=PROPOSER)[0]
    deployed.advance(1)
    deployed.ask("RewardGovernor", governor, "castVote", number, 1, sender=PROPOSER)
    deployed.advance(3_600)
    for step in ("queue", "execute"):
        deployed.ask("RewardGovernor", governor, step, *columns(calls), description_hash(description))
    assert deployed.ask("RewardToken", token, "balanceOf", OTHER) == (500_000,)
    assert deployed.evm.get_balance(OTHER) == 7
    change = SetSchedule("compute/jobs", (Segment(3, Constant(5_000_000)),))
    after: Policy = deployed.document.policy(genesis=NOW).apply(change, first_open=1)
    assert deployed.ask("RewardPolicy", policy, "policyHash") == (after.hash,)
    assert deployed.ask("RewardPolicy", policy, "emission", keccak(b"compute/jobs"), 3) == (5_000_000,)


def test_the_example_deployment_deploys() -> None:
    document = load_deployment(Path(__file__).parents[3] / "deploy.yaml")
    deployed = deploy(document)
    assert deployed.ask("RewardPolicy", deployed.addresses.policy, "policyHash") == (document.policy(genesis=NOW).hash,)
