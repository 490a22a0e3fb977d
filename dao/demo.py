"""The whole loop on a throw-away local chain, step by step, each step a value for whoever tells the story."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dao.abi import checksum
from dao.audit.report import AuditReport
from dao.audit.run import audit_replay
from dao.chain import node
from dao.chain.accounts import NodeSigner
from dao.chain.connection import Connection
from dao.deployment.document import DeploymentDocument, load_deployment
from dao.errors import DaoError, DeploymentError, VoteRefused
from dao.lifecycle.actions import decode
from dao.lifecycle.advance import Advanced, execute, queue
from dao.lifecycle.check import check
from dao.lifecycle.delegate import Delegated, delegate
from dao.lifecycle.deploy import deploy
from dao.lifecycle.effect import Effect
from dao.lifecycle.journal import Deployment
from dao.lifecycle.policy import PolicyAt, policy_at
from dao.lifecycle.prepare import Prepared, prepare
from dao.lifecycle.proposals import ChainProposal, find
from dao.lifecycle.session import Session
from dao.lifecycle.show import Shown, show
from dao.lifecycle.submit import Submitted, submit
from dao.lifecycle.verdict import CheckResult
from dao.lifecycle.verify_deployment import Comparison, verify_deployment
from dao.lifecycle.verify_proposal import Verification, verify_description, verify_file
from dao.lifecycle.vote import CastVote, Split, cast
from dao.proposal.actions import Action
from dao.types import Address, Support

if TYPE_CHECKING:
    from dao.audit.reconcile import Reconciliation
    from dao.lifecycle.epochs.compute import Computed
    from dao.lifecycle.epochs.publish import Published

URI = "https://example.org/contributions.csv"
"""Where the contributions of the demo would be; nobody fetches them."""


@dataclass(frozen=True, slots=True)
class Started:
    """The local chain runs."""

    url: str
    chain_id: int


@dataclass(frozen=True, slots=True)
class Deployed:
    """The contracts are on the chain, and compared with artifacts and file."""

    deployment: Deployment
    document: DeploymentDocument
    comparisons: tuple[Comparison, ...]
    policy: PolicyAt


@dataclass(frozen=True, slots=True)
class Delegations:
    """Who delegated to whom."""

    deployment: Deployment
    made: tuple[Delegated, ...]


@dataclass(frozen=True, slots=True)
class Drafted:
    """The proposal file compiled: decoded from its bytes, checked, and what it changes."""

    deployment: Deployment
    path: Path
    prepared: Prepared
    actions: tuple[Action, ...]
    checks: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class Voted:
    """The ballots, one that was refused with its reason, and the tally at the end of the vote."""

    deployment: Deployment
    votes: tuple[CastVote, ...]
    refused: tuple[VoteRefused, ...]
    shown: Shown
    now: int


@dataclass(frozen=True, slots=True)
class Executed:
    """The proposal went through the timelock; the policy before and after, at the epochs of the change."""

    deployment: Deployment
    queued: Advanced
    executed: Advanced
    effect: Effect
    policy: PolicyAt


@dataclass(frozen=True, slots=True)
class Verified:
    """What is on chain, compared with the file and with the proposal's own description."""

    verifications: tuple[Verification, ...]


@dataclass(frozen=True, slots=True)
class Audited:
    """The independent replay of the logs."""

    deployment: Deployment
    report: AuditReport


@dataclass(frozen=True, slots=True)
class Earned:
    """An epoch under the policy that was voted, computed from contributions."""

    deployment: Deployment
    contributions: Path
    computed: Computed


@dataclass(frozen=True, slots=True)
class PayoutsPublished:
    """What the epoch pays, signed by reporters and published by somebody else."""

    deployment: Deployment
    reporters: tuple[Address, ...]
    published: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class PayoutClaimed:
    """A contributor's claim after the challenge window: what it held before and holds now (wei)."""

    deployment: Deployment
    account: Address
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Contributions, the replayed policy, publication and claims beside each other."""

    deployment: Deployment
    reconciliation: Reconciliation


@dataclass(frozen=True, slots=True)
class NotPaid:
    """Why the story ends with the vote: there is no distributor, or what computes payouts is not installed."""

    error: DaoError


Step = (
    Started
    | Deployed
    | Delegations
    | Drafted
    | Submitted
    | Voted
    | Executed
    | Verified
    | Earned
    | PayoutsPublished
    | PayoutClaimed
    | NotPaid
    | Audited
    | Reconciled
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is played.

    Args:
        deployment: The deployment file; its grants must include accounts of the local chain.
        proposal: The proposal file.
        contributions: What was contributed in the first epoch that the proposal changes.
    """

    deployment: Path
    proposal: Path
    contributions: Path


def play(scenario: Scenario, *, tell: Callable[[Step], None]) -> AuditReport:
    """Deploys on a fresh local chain, carries a proposal through a vote, pays an epoch by it, and audits the logs.

    Nothing is left behind: the chain ends with the call, and what is written goes to a temporary folder.

    Args:
        scenario: What is played.
        tell: Called with each step as it is done.

    Raises DaoError where a step fails; a real network would stop there too.
    """
    with TemporaryDirectory(prefix="dao-demo-") as folder, node.ephemeral(Path.cwd()) as connection:
        report = None
        for step in _steps(connection, scenario, Path(folder)):
            tell(step)
            report = step.report if isinstance(step, Audited) else report
    assert report is not None  # noqa: S101  # the audit is the last step
    return report


def _steps(connection: Connection, scenario: Scenario, folder: Path) -> Iterator[Step]:
    yield Started(connection.url, connection.chain_id)

    document = load_deployment(scenario.deployment)
    holders = _holders(connection, document)
    deployer = NodeSigner(checksum(connection.rpc("eth_accounts")[-1]))
    deployment = deploy(connection, deployer, document, journal_path=folder / "deployment.json")
    sessions = [Session.of(connection, deployment, signer=NodeSigner(holder)) for holder in holders]
    proposer = sessions[0]
    comparisons = tuple(verify_deployment(proposer, document))
    yield Deployed(deployment, document, comparisons, policy_at(proposer))

    # The third holder delegates to the second; the last never delegates, as happens to many.
    delegates = [holders[1] if index == 2 else holder for index, holder in enumerate(holders[:-1])] or holders
    made = tuple(delegate(session, to) for session, to in zip(sessions, delegates, strict=False))
    node.advance(connection, 1)
    yield Delegations(deployment, made)

    path = folder / scenario.proposal.name
    shutil.copyfile(scenario.proposal, path)
    prepared = prepare(proposer, path, proposer=holders[0])
    actions = decode(proposer, prepared.calls, prepared.effect.before)
    yield Drafted(deployment, scenario.proposal, prepared, actions, tuple(check(proposer, prepared)))
    yield submit(proposer, path)

    proposal = find(proposer, str(prepared.identity.proposal_id))
    yield _vote(connection, sessions, proposal)

    queued = queue(proposer, proposal)
    node.advance(connection, queued.standing.eta - connection.block().timestamp)
    executed = execute(proposer, proposal)
    epoch = prepared.effect.first_epoch
    yield Executed(deployment, queued, executed, prepared.effect, policy_at(proposer, epoch))

    # The file was copied; it is named as the user named it.
    of_file = replace(verify_file(proposer, proposal, path), against=str(scenario.proposal))
    yield Verified((of_file, verify_description(proposer, proposal)))
    try:
        if epoch is None:
            raise NothingPaid("the proposal changes no epoch")
        yield from _paid(proposer, scenario.contributions, folder / "epochs", epoch)
    except NothingPaid as reason:
        yield NotPaid(reason)
        yield Audited(deployment, audit_replay(connection, deployment.addresses, deployment.start_block))


class NothingPaid(DaoError):
    """Nobody is paid here: the deployment has no distributor, or what computes payouts is not installed."""


def _paid(session: Session, contributions: Path, epochs: Path, epoch: int) -> Iterator[Step]:
    """The epoch computed, published, claimed by its first contributor, audited and reconciled."""
    connection, deployment = session.connection, session.deployment
    distributor = session.contracts.distributor
    if distributor is None:
        raise NothingPaid("contributors are paid elsewhere: this deployment has no distributor")
    from dao.payouts.libraries import require_extra

    try:
        require_extra("payouts")
    except DaoError as error:
        raise NothingPaid(error.what, found=error.found, remedy=error.remedy) from error
    from dao.audit.reconcile import reconcile
    from dao.chain.remote import remote_signer
    from dao.lifecycle.epochs.claim import claim
    from dao.lifecycle.epochs.compute import compute_epoch
    from dao.lifecycle.epochs.endorse import endorse
    from dao.lifecycle.epochs.local import Selection, payouts_of as local_payouts
    from dao.lifecycle.epochs.publish import due, publish
    from dao.payouts.following import Inputs

    over = policy_at(session).policy.start_of(epoch + 1)
    node.advance(connection, over - connection.block().timestamp)
    inputs = Inputs(epoch=epoch, contributions=(contributions,), epochs=epochs)
    computed = compute_epoch(session, inputs)
    # Written to a temporary folder; it is named as a user would find it.
    yield Earned(deployment, contributions, replace(computed, folder=computed.folder.relative_to(epochs.parent)))

    reporters, threshold = distributor.reporters()
    _, dues = due(session, computed.folder, uri=URI)
    to_sign = [each.to_publish for each in dues]
    signers = [remote_signer(connection.url, account=reporter) for reporter in reporters[:threshold]]
    endorsements = [endorse(session, signer, to_sign=to_sign) for signer in signers]
    published = publish(session, dues, endorsements)
    yield PayoutsPublished(deployment, tuple(signer.address for signer in signers), published)

    node.advance(connection, distributor.terms().challenge_window)
    contributor = next(stream.top[0].account for stream in computed.summary.streams if stream.top)
    mine = Session.of(connection, deployment, signer=NodeSigner(contributor))
    before = session.contracts.token.balance(contributor)
    claim(mine, local_payouts(epochs, contributor, Selection()))
    yield PayoutClaimed(deployment, contributor, before, session.contracts.token.balance(contributor))

    yield Audited(deployment, audit_replay(connection, deployment.addresses, deployment.start_block))
    found = reconcile(connection, deployment.addresses, inputs, from_block=deployment.start_block)
    yield Reconciled(deployment, found)


def _vote(connection: Connection, sessions: list[Session], proposal: ChainProposal) -> Voted:
    standing = sessions[0].contracts.governor.standings([proposal.proposal_id])[0]
    node.advance(connection, standing.snapshot - connection.block().timestamp + 1)
    mixed = (Split(Support.FOR, 6_000), Split(Support.AGAINST, 4_000))
    outcomes = [
        _ballot(session, proposal, mixed if index == 3 else Support.FOR) for index, session in enumerate(sessions)
    ]
    standing = sessions[0].contracts.governor.standings([proposal.proposal_id])[0]
    node.advance(connection, standing.deadline - connection.block().timestamp + 1)
    return Voted(
        sessions[0].deployment,
        tuple(outcome for outcome in outcomes if isinstance(outcome, CastVote)),
        tuple(outcome for outcome in outcomes if isinstance(outcome, VoteRefused)),
        show(sessions[0], proposal),
        connection.block().timestamp,
    )


def _ballot(session: Session, proposal: ChainProposal, choice: Support | tuple[Split, ...]) -> CastVote | VoteRefused:
    try:
        return cast(session, proposal, choice)
    except VoteRefused as error:
        return error


def _holders(connection: Connection, document: DeploymentDocument) -> list[Address]:
    managed = {checksum(account) for account in connection.rpc("eth_accounts")}
    holders = [checksum(account) for account, _ in document.file.token.grants if account in managed]
    if not holders:
        raise DeploymentError(
            "nobody on the local chain holds tokens",
            expected=f"a grant to an account of the local chain, such as {min(managed)}",
            found=f"{len(document.file.token.grants)} grants to others",
        )
    return holders
