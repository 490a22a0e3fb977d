"""The audit of any governor: finds its token and timelock, replays their logs, and asks the contracts the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dao.audit.callers import callers_of
from dao.audit.check import Question
from dao.audit.checks import CHECKS, target_code
from dao.audit.findings import Finding
from dao.audit.gather import Progress, require_unchanged
from dao.audit.governor_history import history_of_governor
from dao.audit.governor_report import ForeignProposal, GovernorReport, RuleResult
from dao.audit.notices import look
from dao.audit.run import Contracts, differences
from dao.audit.target_code import codes_of, exchanged
from dao.audit.witness import NOBODY, Witness
from dao.chain.connection import BlockRef, Connection, View
from dao.chain.logs import fetch
from dao.collecting.discovery import discover, signature
from dao.errors import CallReverted, CodecError
from dao.events.log import RawLog
from dao.events.model import ProposalCreated
from dao.governors.events import decode_foreign
from dao.governors.profile import GovernorDeployment
from dao.governors.proposal_state import proposal_deadline, proposal_state, quorum_at, quorum_in_force
from dao.governors.replay import replay, timelocks
from dao.governors.state import GovernorState, Moment, Proposal
from dao.proving.called import decisions
from dao.replay.ledger import Rule
from dao.types import Address, ProposalState

CHECK_OF = {rule: check.name for check in CHECKS for rule in check.rules}
"""The name of the check that reports each rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedGovernor:
    """An audit with what it was made from: its report, the state that the logs make up to `end`, and the logs."""

    report: GovernorReport
    state: GovernorState
    end: Moment
    logs: Sequence[RawLog]


def audit_governor(
    connection: Connection,
    governor: Address,
    *,
    from_block: int = 0,
    to_block: int | None = None,
    progress: Progress | None = None,
) -> AuditedGovernor:
    """Replays the deployment behind `governor`, and compares with the logs' claims and the contracts' answers.

    Args:
        connection: A node. It must answer for the state of `to_block`, which for an old block takes an archive node.
        governor: The governor. Token and timelock are found from there.
        from_block: A block not after the one in which the first of the contracts was created.
        to_block: The block at which the contracts are asked; the newest, where it is not given.
        progress: Told how far the audit is.

    Raises:
        DeploymentError: There is no governor that can be replayed.
        ChainError: The node does not answer, or gives up the end block while it is asked.
    """

    def told(done: int, total: int) -> None:
        if progress is not None:
            progress("logs", done, total)

    end = connection.block("latest" if to_block is None else to_block)
    deployment = discover(connection, governor, block=end.number)
    known = [deployment.governor, deployment.token, *timelocks((), deployment)]
    logs = fetch(connection, known, from_block=from_block, to_block=end.number, progress=told)
    others = [timelock for timelock in timelocks(logs, deployment) if timelock not in known]
    if others and deployment.profile.timelock is not None:
        logs = fetch(connection, [*known, *others], from_block=from_block, to_block=end.number, progress=told)
    moment = Moment(end.number, end.timestamp)
    audited = audit_logs(
        logs,
        deployment,
        connection,
        chain_id=connection.chain_id,
        from_block=from_block,
        end=moment,
        witness=Witness(codes=codes_of(connection), callers=callers_of(connection)),
    )
    require_unchanged(connection, end)
    return audited


def audit_logs(
    logs: Sequence[RawLog],
    deployment: GovernorDeployment,
    contracts: Contracts | None,
    *,
    chain_id: int,
    from_block: int,
    end: Moment,
    witness: Witness = NOBODY,
) -> AuditedGovernor:
    """Audits the `logs` of a deployment up to `end`, at which `contracts` are asked; without them, the logs alone.

    Args:
        logs: All logs of its contracts, in order.
        deployment: The contracts, and what kind they are.
        contracts: Who answers the views.
        chain_id: The chain, for the report.
        from_block: First block of the logs, for the report.
        end: The last one.
        witness: Who knows what is no log.

    Raises ReplayError when a log comes from another contract, ChainError when nobody answers.
    """
    clock = end.block if deployment.profile.clock == "blocknumber" else end.timestamp
    if contracts is not None:
        deployment = with_quorums(contracts, deployment, logs, clock=clock, block=end.block)
    state = replay(logs, deployment)
    asked = [] if contracts is None else list(questions(state, end))
    answers = [] if contracts is None else differences("contracts", asked, contracts, end.block)
    ledger = state.ledger
    findings = [
        Finding(
            check=CHECK_OF[disagreement.rule],
            what=disagreement.subject,
            expected=disagreement.expected,
            found=disagreement.found,
            block=disagreement.place.block,
            transaction=disagreement.place.transaction,
        )
        for disagreement in ledger.disagreements
    ]
    compared = witness.codes(decisions(state))
    changed = exchanged(compared, target_code.CHECK.name)
    broken = [disagreement.rule for disagreement in ledger.disagreements]
    callers = witness.callers([proposal.created.transaction for proposal in state.proposals.values()])
    patterns, notices = look(history_of_governor(state, end, callers))
    report = GovernorReport(
        chain_id=chain_id,
        from_block=from_block,
        to_block=end.block,
        deployment=deployment,
        logs=state.logs,
        unknown=state.unknown,
        asked_contracts=contracts is not None,
        trusted=(*sorted(state.trusted.items()), *_quorums(deployment)),
        rules=(
            *(
                RuleResult(check=CHECK_OF[rule], sentence=rule.value, compared=count, findings=broken.count(rule))
                for rule in Rule
                if (count := ledger.compared[rule])
            ),
            RuleResult(
                check=target_code.CHECK.name,
                sentence=target_code.CHECK.proves,
                compared=len(compared),
                findings=len(changed),
            ),
            RuleResult(
                check="contracts",
                sentence="the contracts answer what the replay computed",
                compared=len(asked),
                findings=len(answers),
            ),
        ),
        findings=(*findings, *changed, *answers),
        patterns=patterns,
        notices=notices,
        proposals=tuple(_summary(state, proposal, end) for proposal in state.proposals.values()),
    )
    return AuditedGovernor(report=report, state=state, end=end, logs=logs)


def with_quorums(
    contracts: Contracts, deployment: GovernorDeployment, logs: Iterable[RawLog], *, clock: int, block: BlockRef
) -> GovernorDeployment:
    """The deployment with the quorum of every snapshot before `clock`, as the governor answers at `block`.

    Where the quorum is a fraction that the logs tell, or one number for all, there is nothing to ask.
    """
    profile = deployment.profile
    if profile.quorum != "views" or profile.trusts("quorum_votes") is not None:
        return deployment
    view = signature("quorum(uint256)", "uint256")
    quorums: dict[int, int] = {}
    for log in logs:
        if log.address != deployment.governor:
            continue
        try:
            event = decode_foreign(log, profile.governor)
            if isinstance(event, ProposalCreated) and event.vote_start < clock and event.vote_start not in quorums:
                answer = contracts.views([View(deployment.governor, view, (event.vote_start,))], block=block)
                quorums[event.vote_start] = answer[0][0]
        except (CallReverted, CodecError):
            continue
    return replace(deployment, profile=profile.with_quorums(quorums))


def questions(state: GovernorState, end: Moment) -> Iterator[Question]:
    """What the contracts are asked at `end`: balances, delegates, votes, supply, proposals, operations."""
    deployment, token = state.deployment, state.token
    comp = deployment.profile.token_votes == "getCurrentVotes"
    now = f"{deployment.profile.token_votes}(address)"
    for account, balance in token.balances.items():
        yield _ask(deployment.token, "balanceOf(address)", "uint256", account, expected=balance)
    for account, delegate in token.delegates.items():
        yield _ask(deployment.token, "delegates(address)", "address", account, expected=delegate)
    for account, power in token.powers.items():
        yield _ask(deployment.token, now, "uint96" if comp else "uint256", account, expected=power.latest())
    if deployment.profile.token_kind == "erc20":
        yield _ask(deployment.token, "totalSupply()", "uint256", expected=token.supply.latest())
    for proposal in state.proposals.values():
        yield from _about(state, proposal, end)
    for (timelock, identifier), operation in state.operations.items():
        if deployment.profile.timelock_kind == "controller":
            yield _ask(timelock, "getTimestamp(bytes32)", "uint256", identifier, expected=operation.timestamp)
        else:
            yield _ask(timelock, "queuedTransactions(bytes32)", "bool", identifier, expected=operation.pending)


def _about(state: GovernorState, proposal: Proposal, end: Moment) -> Iterator[Question]:
    governor, identifier, tally = state.deployment.governor, proposal.id, proposal.tally
    expected = int(proposal_state(state, proposal, end))
    yield _ask(governor, "state(uint256)", "uint8", identifier, expected=expected)
    votes: tuple[int, ...] = (tally.against_votes, tally.for_votes, tally.abstain_votes)
    if state.profile.counting != "bravo":
        yield _ask(governor, "proposalVotes(uint256)", ("uint256",) * 3, identifier, expected=votes)
        yield _ask(governor, "proposalSnapshot(uint256)", "uint256", identifier, expected=proposal.snapshot)
        yield _ask(governor, "proposalDeadline(uint256)", "uint256", identifier, expected=proposal_deadline(proposal))
        if state.profile.timelock is not None:
            yield _ask(governor, "proposalEta(uint256)", "uint256", identifier, expected=_eta(state, proposal))
        if state.profile.quorum == "fraction" and proposal.snapshot < state.timepoint(end):
            needed = quorum_in_force(state, proposal.snapshot)
            yield _ask(governor, "quorum(uint256)", "uint256", proposal.snapshot, expected=needed)
        return
    kinds = ("uint256", "address", *("uint256",) * 6, "bool", "bool")
    canceled, executed = expected == ProposalState.CANCELED, expected == ProposalState.EXECUTED
    votes = (tally.for_votes, tally.against_votes, tally.abstain_votes)
    times = (proposal.snapshot, proposal_deadline(proposal))
    known = (identifier, proposal.proposer, _eta(state, proposal), *times, *votes, canceled, executed)
    yield _ask(governor, "proposals(uint256)", kinds, identifier, expected=known)


def _eta(state: GovernorState, proposal: Proposal) -> int:
    """What the governor answers for `proposalEta`: OpenZeppelin 4 asks its timelock, and forgets what is cancelled."""
    if state.profile.family == "bravo" or state.profile.keeps_eta:
        return proposal.eta
    if proposal.canceled is not None or proposal.operation is None:
        return 0 if proposal.canceled is not None else proposal.eta
    operation = state.operations.get((state.settings.timelock, proposal.operation[1]))
    return operation.ready if operation is not None and operation.pending else 0


def _ask(address: Address, text: str, outputs: str | tuple[str, ...], *arguments: Any, expected: Any) -> Question:
    kinds = (outputs,) if isinstance(outputs, str) else outputs
    what = f"{text.partition('(')[0]} of {', '.join(_shown(argument) for argument in arguments)}"
    return Question(View(address, signature(text, *kinds), arguments), expected, what)


def _shown(argument: Any) -> str:
    return "0x" + argument.hex() if isinstance(argument, bytes) else str(argument)


def _quorums(deployment: GovernorDeployment) -> Iterator[tuple[str, int]]:
    return ((f"quorum at {snapshot}", votes) for snapshot, votes in deployment.profile.quorums)


def _summary(state: GovernorState, proposal: Proposal, end: Moment) -> ForeignProposal:
    lines = proposal.description.decode("utf-8", "backslashreplace").strip().splitlines()
    over = proposal.snapshot < state.timepoint(end)
    return ForeignProposal(
        id=proposal.id,
        proposer=proposal.proposer,
        title=lines[0] if lines else "",
        state=proposal_state(state, proposal, end),
        snapshot=proposal.snapshot,
        deadline=proposal_deadline(proposal),
        tally=proposal.tally,
        quorum=quorum_at(state, proposal.snapshot) if over else None,
        ballots=len(proposal.ballots),
        canceled_by=proposal.canceled_by,
        block=proposal.created.block,
    )
