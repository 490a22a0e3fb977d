"""A DAO over a token that it had already: deployed, deposited, voted, verified, audited, withdrawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dao.artifacts import load
from dao.audit.run import audit_replay
from dao.chain import node, transaction
from dao.chain.accounts import NodeSigner
from dao.chain.transaction import Request
from dao.deployment.document import load_deployment
from dao.errors import CallReverted, DeploymentError, DocumentError, Unsent
from dao.lifecycle import journal
from dao.lifecycle.check import check
from dao.lifecycle.delegate import delegate
from dao.lifecycle.deploy import deploy
from dao.lifecycle.prepare import prepare
from dao.lifecycle.proposals import find
from dao.lifecycle.status import status
from dao.lifecycle.submit import submit
from dao.lifecycle.token import deposit, withdraw
from dao.lifecycle.verdict import Verdict
from dao.lifecycle.verify_deployment import verify_deployment
from dao.lifecycle.verify_proposal import verify_file
from dao.lifecycle.vote import cast
from dao.proving.prove import own_anchor, prove
from dao.proving.verdict import Standing
from dao.tiers import Tier
from dao.types import Address, ProposalState, Support
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT, STRANGER, TOKEN, VOTING_DELAY, VOTING_PERIOD, Dao
from tests.support.proving import collected

FILE = """\
token: {name: Old Votes, symbol: OLD, decimals: 18, wraps: "UNDERLYING"}
governor:
  name: Old Governor
  voting_delay: 1 minute
  voting_period: 1 hour
  proposal_threshold: 1 OLD
  late_quorum_extension: 0 s
  grace_period: 2 days
  guardian: treasury
timelock: {min_delay: 1 hour}
policy: {genesis: deployment, epoch: 7 days, schedules: {root: [{from_epoch: 0, constant: 5 OLD}]}}
"""
PROPOSAL = """\
title: Pay
summary: s
impact: standard
actions:
  - transfer: {to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", amount: 0 OLD}
"""


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """A deployment over another RewardToken, which stands for a DAO's old token; nothing is deposited yet."""
    folder = tmp_path_factory.mktemp("wrapper")
    with node.ephemeral(ROOT) as connection:
        grants = [(account, 1_000 * TOKEN) for account in ACCOUNTS]
        code = load("RewardToken").creation_code("Old", "OLD", 18, 10**30, STRANGER, [], grants)
        signer = NodeSigner(STRANGER)
        receipt = transaction.send(connection, signer, Request(to=None, data=code), chain_id=connection.chain_id)
        path = folder / "deploy.yaml"
        path.write_text(FILE.replace("UNDERLYING", str(receipt.contract)), encoding="utf-8")
        document = load_deployment(path)
        made = deploy(connection, NodeSigner(DEPLOYER), document, journal_path=folder / "deployment.json")
        yield Dao(connection, made, document, folder)


def underlying(dao: Dao) -> Address:
    assert dao.deployment.wraps is not None
    return dao.deployment.wraps


def test_a_wrapper_lives_through_the_whole_loop(dao: Dao, tmp_path: Path) -> None:
    assert journal.load(dao.folder / "deployment.json") == dao.deployment
    comparisons = verify_deployment(dao.session(), dao.document)
    assert [c for c in comparisons if not c.ok] == []
    assert {c.subject for c in comparisons} >= {"VotesWrapper", "RewardGovernor"}

    for index, account in enumerate(ACCOUNTS[:3]):
        session = dao.session(account)
        done = deposit(session, (index + 1) * 100 * TOKEN)
        assert (done.power.balance, done.unwrapped) == ((index + 1) * 100 * TOKEN, (9 - index) * 100 * TOKEN)
        delegate(session, account)
    dao.advance(1)
    path = tmp_path / "p.yaml"
    path.write_text(PROPOSAL, encoding="utf-8")
    session = dao.session(ACCOUNTS[0])
    prepared = prepare(session, path, proposer=ACCOUNTS[0])
    assert {result.name: result.verdict for result in check(session, prepared)}["tier"] is Verdict.PASS
    identity = submit(session, path).prepared.identity.proposal_id
    proposal = find(session, str(identity))
    assert verify_file(session, proposal, path).differences == ()
    dao.advance(VOTING_DELAY + 1)
    for account in ACCOUNTS[:3]:
        cast(dao.session(account), proposal, Support.FOR)
    dao.advance(VOTING_PERIOD + 1)
    (standing,) = session.contracts.governor.standings([identity])
    assert (standing.state, standing.tier) == (ProposalState.SUCCEEDED, Tier.STANDARD)

    assert withdraw(dao.session(ACCOUNTS[2]), 50 * TOKEN).power.votes == 250 * TOKEN
    seen = status(session, [identity])
    assert (seen.cap, seen.supply) == (None, 550 * TOKEN)
    assert set(seen.listed.values()) == {Tier.STANDARD, Tier.ISSUANCE}
    dao.advance(1)
    report = audit_replay(dao.connection, dao.deployment.addresses, dao.deployment.start_block)
    assert report.findings == ()
    assert report.addresses.wraps == underlying(dao)
    evidence = collected(dao)
    verdict = prove(evidence, own_anchor(evidence), blooms=(0, evidence.to_block))
    assert verdict.findings == ()
    proved = {line.what.split(" 0x")[0] for line in verdict.lines if line.standing is Standing.PROVED}
    assert {"state of VotesWrapper", "code of VotesWrapper", "balances sum to the total supply"} <= proved
    assert any("wrapped token" in line.detail for line in verdict.lines if line.standing is Standing.TRUSTED)


def test_deposits_that_went_missing_are_found(dao: Dao) -> None:
    """The old token has an owner who could take tokens out of the wrapper: here its supply shrinks by one wei."""
    dao.impersonate(dao.deployment.addresses.token)
    deposit(dao.session(ACCOUNTS[3]), TOKEN)
    calldata = load("RewardToken").abi.function("transfer").encode_call(STRANGER, 1)
    dao.send(dao.deployment.addresses.token, underlying(dao), calldata)
    report = audit_replay(dao.connection, dao.deployment.addresses, dao.deployment.start_block)
    assert [(finding.check, finding.what) for finding in report.findings] == [("minting", "deposits: balanceOf")]
    back = load("RewardToken").abi.function("transfer").encode_call(dao.deployment.addresses.token, 1)
    dao.send(STRANGER, underlying(dao), back)


def test_nobody_deposits_or_withdraws_more_than_he_has(dao: Dao) -> None:
    before = dao.nonces()
    with pytest.raises(DeploymentError, match="holds too little"):
        deposit(dao.session(STRANGER), 1)
    with pytest.raises(CallReverted, match=r"holds 0 OLD, and 0\.000000000000000001 OLD are needed"):
        withdraw(dao.session(STRANGER), 1)
    assert dao.nonces() == before


def test_an_allowance_that_suffices_is_not_asked_for_again(dao: Dao) -> None:
    token = dao.deployment.addresses.token
    calldata = load("RewardToken").abi.function("approve").encode_call(token, 5)
    dao.send(ACCOUNTS[4], underlying(dao), calldata)
    before = dao.nonces()
    deposit(dao.session(ACCOUNTS[4]), 5)
    assert dao.nonces() == before + 1


def test_a_token_that_does_not_fit_is_refused_before_anything_is_sent(dao: Dao, tmp_path: Path) -> None:
    path, before = tmp_path / "deploy.yaml", dao.nonces()
    for text, what in (
        (FILE.replace("UNDERLYING", STRANGER), "not on this chain"),
        (FILE.replace("UNDERLYING", underlying(dao)).replace("decimals: 18", "decimals: 6"), "other decimals"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DeploymentError, match=what):
            deploy(dao.connection, NodeSigner(DEPLOYER), load_deployment(path), journal_path=tmp_path / "d.json")
    assert dao.nonces() == before
    assert not (tmp_path / "d.json").exists()


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('wraps: "UNDERLYING"', 'wraps: "UNDERLYING", cap: 5 OLD', "token.cap"),
        ('wraps: "UNDERLYING"', 'wraps: "UNDERLYING", minters: [treasury]', "token.minters"),
        ('wraps: "UNDERLYING"', 'wraps: "UNDERLYING", grants: {treasury: 1 OLD}', "token.grants"),
        (', wraps: "UNDERLYING"', "", "token"),
        ('wraps: "UNDERLYING"', "wraps: treasury", "token.wraps"),
    ],
)
def test_files_that_mix_a_wrapper_with_a_new_token(tmp_path: Path, old: str, new: str, field: str) -> None:
    path = tmp_path / "deploy.yaml"
    path.write_text(FILE.replace(old, new).replace("UNDERLYING", STRANGER), encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_deployment(path)
    assert (caught.value.line, caught.value.field) == (1, field)


def test_a_multisig_deposits_by_two_calls_at_once(dao: Dao, tmp_path: Path) -> None:
    """The second is simulated after the first, without which it would fail; the multisig makes both."""
    holder = ACCOUNTS[4]
    session = replace(dao.session(holder), unsigned=tmp_path / "batch.json")
    before, held = dao.nonces(), session.contracts.token.balance(holder)
    with pytest.raises(Unsent) as unsent:
        deposit(session, 30 * TOKEN)
    assert unsent.value.transactions == 2
    assert dao.nonces() == before
    calls = json.loads((tmp_path / "batch.json").read_text(encoding="utf-8"))["transactions"]
    assert [call["to"] for call in calls] == [underlying(dao), dao.deployment.addresses.token]
    requests = [Request(to=Address(call["to"]), data=bytes.fromhex(call["data"][2:])) for call in calls]
    with pytest.raises(CallReverted):
        transaction.simulate(dao.connection, holder, requests[1])
    transaction.simulate_all(dao.connection, holder, requests)
    with pytest.raises(CallReverted, match="InsufficientAllowance"):
        transaction.simulate_all(dao.connection, holder, [requests[0], requests[1], requests[1]])
    for request in requests:
        transaction.send(dao.connection, NodeSigner(holder), request, chain_id=dao.connection.chain_id)
    assert dao.session().contracts.token.balance(holder) == held + 30 * TOKEN
