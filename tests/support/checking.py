"""Proposals made for one check each, and what that check says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dao.artifacts import load
from dao.lifecycle.advance import queue
from dao.lifecycle.check import check
from dao.lifecycle.checks import CHECKS
from dao.lifecycle.prepare import Compiled, compile_file, prepare
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.verdict import CheckResult, Verdict
from dao.lifecycle.vote import cast
from dao.rewards.changes import Change
from dao.rewards.encoding import call_of
from dao.types import Address, Call, Support
from tests.support.chain import ACCOUNTS, ROOT, VOTING_DELAY, VOTING_PERIOD, Dao

PROPOSER = ACCOUNTS[0]
STOP = "00"
"""Runtime code that accepts every call and does nothing."""


@dataclass(frozen=True)
class Said:
    """What one check said: its results, the gravest verdict, and all of its words."""

    results: tuple[CheckResult, ...]

    @property
    def verdict(self) -> Verdict | None:
        """The gravest verdict; None where it said nothing."""
        order = (Verdict.FAILURE, Verdict.WARNING, Verdict.SKIPPED, Verdict.PASS)
        found = {result.verdict for result in self.results}
        return next((verdict for verdict in order if verdict in found), None)

    @property
    def text(self) -> str:
        """Details and items, a line each."""
        return "\n".join(line for result in self.results for line in (result.detail, *result.items))


def said(dao: Dao, subject: Compiled | ChainProposal, name: str) -> Said:
    """What the check `name` says of `subject`."""
    (one,) = (check for check in CHECKS if check.name == name)
    return Said(tuple(check(dao.session(), subject, checks=[one], start=ROOT)))


def written(
    dao: Dao,
    folder: Path,
    actions: str,
    *,
    title: str = "A change of the rewards",
    head: str = "",
    proposer: Address | None = None,
) -> Compiled:
    """A proposal file of these actions, compiled."""
    path = folder / "p.yaml"
    path.write_text(f"title: {title}\nsummary: Why it is good.\n{head}actions:\n{actions}", encoding="utf-8")
    return compile_file(dao.session(), path) if proposer is None else prepare(dao.session(), path, proposer=proposer)


def policy_call(dao: Dao, change: Change) -> Call:
    """The call of the policy that makes `change`."""
    function, arguments = call_of(change)
    policy = dao.session().contracts.policy
    return Call(policy.address, 0, policy.calldata(function, *arguments))


def call(dao: Dao, contract: str, function: str, *arguments: object, value: int = 0) -> Call:
    """A call of one of the deployment's contracts."""
    target = getattr(dao.session().contracts, contract)
    return Call(target.address, value, target.calldata(function, *arguments))


def force(dao: Dao, change: Change) -> None:
    """Makes `change` as the timelock, without a proposal."""
    timelock = dao.deployment.addresses.timelock
    dao.impersonate(timelock)
    function, arguments = call_of(change)
    dao.call(timelock, "policy", function, *arguments)


def put_code(dao: Dao, code: str, *, at: Address) -> Address:
    """Places runtime code (hexadecimal digits) at an address."""
    dao.connection.rpc("anvil_setCode", [at, "0x" + code])
    return at


def put_token(dao: Dao, *, decimals: int, treasury: int) -> Address:
    """Another token, of which the treasury has so much (smallest unit); its supply is ten times that."""
    creation = load("RewardToken").creation_code(
        "Other Token",
        "OTHER",
        decimals,
        2**100,
        PROPOSER,
        [],
        [(dao.deployment.addresses.timelock, treasury), (PROPOSER, 9 * treasury)],
    )
    contract = dao.send(PROPOSER, None, creation).contract
    assert contract is not None
    return contract


def carried(dao: Dao, proposal: ChainProposal) -> ChainProposal:
    """`proposal`, voted for and queued."""
    dao.advance(VOTING_DELAY + 1)
    cast(dao.session(PROPOSER), proposal, Support.FOR)
    dao.advance(VOTING_PERIOD)
    queue(dao.session(PROPOSER), proposal)
    return proposal
