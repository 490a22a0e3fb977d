"""The registry of checks, and the contradictions that only some deployments can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dao.abi import keccak
from dao.artifacts import load
from dao.audit.checks import CHECKS
from dao.audit.run import audit
from dao.chain.connection import BlockRef, View
from dao.errors import CallReverted, ConnectionFailed, ReplayError
from dao.replay.ledger import Rule
from dao.replay.replay import replay
from dao.types import ZERO_ADDRESS, Address, Addresses
from tests.support import paying
from tests.support.history import DEPLOYER, MILLION, START, Chain, Dao, create_address
from tests.support.policy import policy_code

INTRUDER = Address("0x" + "99" * 20)


class Liar:
    """Contracts whose view `function` answers something else, or nothing."""

    def __init__(self, chain: Chain, function: str, answer: tuple[Any, ...] | Exception) -> None:
        self.chain, self.function, self.answer = chain, function, answer

    def views(self, views: Sequence[View], *, block: BlockRef = "latest") -> list[tuple[Any, ...]]:
        answers = self.chain.views(views)
        for index, view in enumerate(views):
            if view.signature.name == self.function:
                if isinstance(self.answer, Exception):
                    raise self.answer
                answers[index] = self.answer
        return answers


def findings_of(life: Dao, contracts: Any) -> set[tuple[str, str]]:
    report = audit(
        life.logs,
        life.addresses,
        contracts,
        chain_id=1,
        from_block=0,
        to_block=life.chain.number,
        timepoint=life.chain.timestamp,
    )
    return {(finding.check, finding.found) for finding in report.findings}


def test_names_are_unique_and_every_rule_belongs_to_one_check() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    rules = [rule for check in CHECKS for rule in check.rules]
    assert sorted(rules, key=lambda rule: rule.name) == sorted(Rule, key=lambda rule: rule.name)


WRONG: dict[str, tuple[Any, ...]] = {
    "balanceOf": (7,),
    "totalSupply": (7,),
    "delegates": (INTRUDER,),
    "getVotes": (7,),
    "numCheckpoints": (77,),
    "checkpoints": ((7, 7),),
    "getPastTotalSupply": (7,),
    "proposalVotes": (7, 7, 7),
    "hasVoted": (7,),
    "usedVotes": (7,),
    "quorum": (7,),
    "proposalQuorum": (7,),
    "circulatingSupply": (7,),
    "proposalTier": (7,),
    "proposalApproval": (7,),
    "tierRules": ((7, 7),),
    "selectorTier": (7,),
    "exclusions": ((INTRUDER,),),
    "proposalDeadline": (7,),
    "proposalSnapshot": (7,),
    "proposalEta": (7,),
    "proposalExpiry": (7,),
    "proposalProposer": (INTRUDER,),
    "hashProposal": (7,),
    "state": (99,),
    "isOperation": (7,),
    "isOperationPending": (7,),
    "isOperationReady": (7,),
    "isOperationDone": (7,),
    "getTimestamp": (7,),
    "getMinDelay": (7,),
    "hasRole": (7,),
    "getRoleAdmin": (INTRUDER,),
    "cap": (7,),
    "owner": (INTRUDER,),
    "policyHash": (b"7",),
    "genesis": (7,),
    "epochLength": (7,),
    "streams": ((),),
    "streamInfo": (b"7", "x"),
    "schedule": ((7,),),
    "splits": ((7,),),
    "emission": (7,),
    "share": (7, 7),
    "isLeaf": (7,),
    "votingDelay": (7,),
    "votingPeriod": (7,),
    "proposalThreshold": (7,),
    "lateQuorumVoteExtension": (7,),
    "proposalGuardian": (INTRUDER,),
    "timelock": (INTRUDER,),
    "token": (INTRUDER,),
    "quorumNumerator": (7,),
    "gracePeriod": (7,),
}


@pytest.mark.parametrize("function", WRONG)
def test_every_view_that_answers_otherwise_is_found(life: Dao, function: str) -> None:
    assert findings_of(life, Liar(life.chain, function, WRONG[function]))


PAYING: dict[str, tuple[Any, ...]] = {
    "publication": ((bytes(32), 0, 0, 0, 0, 0, 0, 0, 0),),
    "committed": (7,),
    "disputeOf": (0,),
    "isClaimed": (False,),
    "terms": ((7, 7, 7),),
    "reporters": ((INTRUDER,),),
    "threshold": (7,),
    "guardian": (INTRUDER,),
    "minted": (False,),
    "token": (INTRUDER,),
    "treasury": (INTRUDER,),
    "policy": (INTRUDER,),
}


@pytest.fixture(scope="module")
def paid() -> Dao:
    """A distributor that mints: one publication, disputed, answered and claimed."""
    dao, key = Dao.deploy(funding="mint"), ("data", 8, 0)
    a = dao.holders[0]
    paying.send(dao, a, paying.published(dao, key, [(a, 7)]))
    paying.send(dao, a, paying.call(dao, "dispute", *paying.arguments(key), "Too little"))
    paying.send(dao, a, paying.answered(dao, key, a))
    dao.chain.advance(paying.WINDOW)
    paying.send(dao, a, paying.claimed(dao, key, 0))
    dao.chain.advance(1)
    assert dao.audit().findings == ()
    return dao


@pytest.mark.parametrize("function", PAYING)
def test_every_view_of_the_distributor_that_answers_otherwise_is_found(paid: Dao, function: str) -> None:
    assert findings_of(paid, Liar(paid.chain, function, PAYING[function]))


def test_drawn_payouts_that_are_not_covered_are_found() -> None:
    dao, key = Dao.deploy(funding="treasury"), ("data", 8, 0)
    paying.send(dao, dao.holders[0], paying.published(dao, key, [(dao.holders[0], 7)]))
    assert dao.audit().findings == ()
    found = findings_of(dao, Liar(dao.chain, "balanceOf", (6,)))
    assert ("payout-funding", "6") in found


def test_an_owner_of_the_distributor_beside_the_timelock_is_found() -> None:
    dao = Dao.deploy(funding="mint")
    dao.token(dao.holders[-1], "delegate", dao.holders[-1])
    dao.chain.advance(1)
    dao.pass_proposal([paying.call(dao, "transferOwnership", INTRUDER)])
    assert {(f.check, f.what) for f in dao.audit().findings} == {("distributor-settings", "owner of the distributor")}
    paying.send(dao, INTRUDER, paying.call(dao, "setGuardian", INTRUDER))
    assert len(dao.audit().findings) == 2


def test_a_distributor_over_another_policy_and_treasury_is_found() -> None:
    """Its payouts may be bound by nothing that was voted on."""
    dao = Dao.deploy(funding="mint")
    terms = (1, 1, 86_400)
    settings = (
        dao.bundler, dao.addresses.token, dao.bundler, False, dao.guardian, terms, [dao.holders[0]], 1
    )  # fmt: skip
    other = dao.chain.deploy(load("RewardDistributor").creation_code(settings))
    dao.addresses = replace(dao.addresses, distributor=other)
    assert {(finding.check, finding.what) for finding in dao.audit().findings} == {
        ("distributor-settings", "owner of the distributor"),
        ("distributor-settings", "distributor: policy"),
        ("payout-funding", "distributor: treasury"),
    }


def test_a_view_that_reverts_is_one_finding_and_hides_nothing(life: Dao) -> None:
    refused = CallReverted("the call reverted", error="", arguments={}, data=b"")
    assert findings_of(life, Liar(life.chain, "policyHash", refused)) == {
        ("policy-hash", "no answer: the call reverted")
    }


def test_a_node_that_does_not_answer_ends_the_audit(life: Dao) -> None:
    with pytest.raises(ConnectionFailed):
        findings_of(life, Liar(life.chain, "policyHash", ConnectionFailed("gone")))


def test_logs_of_another_contract_are_refused(life: Dao) -> None:
    known = life.addresses
    others = Addresses(token=known.token, timelock=known.timelock, governor=known.governor, policy=INTRUDER)
    with pytest.raises(ReplayError, match="another contract"):
        replay(life.logs, others)


def test_a_minter_beside_the_timelock_may_mint_and_an_owner_beside_it_is_found() -> None:
    """A deployment whose timelock was handed over late, and whose token has a second minter."""
    chain = Chain()
    nonce = chain.nonce(DEPLOYER)
    timelock, token, governor, _, policy = (create_address(DEPLOYER, nonce + i) for i in range(5))
    chain.deploy(load("TimelockController").creation_code(5, [governor], [governor], DEPLOYER))
    chain.deploy(
        load("RewardToken").creation_code("R", "R", 18, MILLION, timelock, [timelock, INTRUDER], [(DEPLOYER, 5)])
    )
    settings = ("R", token, timelock, INTRUDER, 1, 10, 0, [(5_000, 100)] * 3, [], [token], 5, 50)
    chain.deploy(load("RewardGovernor").creation_code(settings))
    chain.deploy(policy_code(chain.deploy, INTRUDER, START, 60))
    dao = Dao(
        chain,
        Addresses(token=token, timelock=timelock, governor=governor, policy=policy),
        (DEPLOYER,),
        INTRUDER,
        INTRUDER,
    )
    chain.advance(1)
    dao.token(INTRUDER, "mint", DEPLOYER, 7)
    findings = {(finding.check, finding.what) for finding in dao.audit().findings}
    assert findings == {("roles", f"holders of DEFAULT_ADMIN_ROLE of {timelock}"), ("roles", "owner of the policy")}

    dao.timelock(DEPLOYER, "grantRole", keccak(b"PROPOSER_ROLE"), INTRUDER)
    dao.timelock(DEPLOYER, "revokeRole", keccak(b"PROPOSER_ROLE"), INTRUDER)
    dao.timelock(DEPLOYER, "renounceRole", bytes(32), DEPLOYER)
    assert {finding.what for finding in dao.audit().findings} == {"owner of the policy"}

    schedule = dao.call_policy("setSchedule", keccak(b"root"), [(5, 0, [1])])
    chain.send(INTRUDER, policy, schedule.calldata)
    assert {finding.check for finding in dao.audit().findings} == {"roles", "policy-changes"}
    dao.chain.send(INTRUDER, policy, dao.call_policy("renounceOwnership").calldata)
    assert dao.replay().policy_owner == ZERO_ADDRESS
    assert dao.audit().findings[-1].check == "policy-changes"
