"""Runs every check: over logs alone, and over what the contracts answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dao.audit.callers import callers_of
from dao.audit.check import Check, Question, Scene
from dao.audit.checks import CHECKS
from dao.audit.findings import Finding
from dao.audit.gather import Progress, gather, require_unchanged
from dao.audit.history import history_of
from dao.audit.notices import look
from dao.audit.report import AuditReport, CheckResult, summarise
from dao.audit.target_code import codes_of
from dao.audit.witness import NOBODY, Witness
from dao.chain.connection import BlockRef, Connection, View
from dao.errors import CallReverted, CodecError
from dao.events.log import RawLog
from dao.proving.called import decisions
from dao.replay.ledger import show
from dao.replay.replay import replay
from dao.replay.state import GovernanceState
from dao.types import Addresses

QUESTIONS_AT_ONCE = 500
"""How many views are asked between two reports of progress."""

Answer = tuple[Any, ...] | CallReverted | CodecError
"""The values of a view, or that it reverted, or that it cannot even be asked with such arguments."""


class Contracts(Protocol):
    """Whoever answers views, as `dao.chain.connection.Connection` does."""

    def views(self, views: Sequence[View], *, block: BlockRef = "latest") -> list[tuple[Any, ...]]:
        """What the views return at `block`, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """An audit with what it was made from: its report, the state that the logs make, and the logs.

    `logs` gives them each time that it is called; of a bundle it gives the token's transfers alone.
    """

    report: AuditReport
    state: GovernanceState
    logs: Callable[[], Iterable[RawLog]]


def audit_replay(
    connection: Connection,
    addresses: Addresses,
    from_block: int,
    to_block: int | None = None,
    progress: Progress | None = None,
) -> AuditReport:
    """The report of `examine_node`."""
    return examine_node(connection, addresses, from_block, to_block, progress).report


def examine_node(
    connection: Connection,
    addresses: Addresses,
    from_block: int,
    to_block: int | None = None,
    progress: Progress | None = None,
) -> Audited:
    """Replays a deployment from its logs, and compares the result with the logs' claims and the contracts' answers.

    Args:
        connection: A node. It must answer for the state of `to_block`, which for an old block takes an archive node.
        addresses: The deployment.
        from_block: A block not after the one in which the first of the contracts was created.
        to_block: The block at which the contracts are asked; the newest, where it is not given.
        progress: Told how far the audit is.

    Raises ChainError when the node does not answer, or gives up the end block while it is asked.
    """
    end = connection.block("latest" if to_block is None else to_block)
    logs = gather(connection, addresses, from_block=from_block, to_block=end.number, progress=progress)
    audited = examine(
        logs,
        addresses,
        connection,
        chain_id=connection.chain_id,
        from_block=from_block,
        to_block=end.number,
        timepoint=end.timestamp,
        progress=progress,
        witness=Witness(codes=codes_of(connection), callers=callers_of(connection)),
    )
    require_unchanged(connection, end)
    return audited


def audit(
    logs: Sequence[RawLog],
    addresses: Addresses,
    contracts: Contracts | None,
    *,
    chain_id: int,
    from_block: int,
    to_block: int,
    timepoint: int,
    progress: Progress | None = None,
    checks: Sequence[Check] = CHECKS,
) -> AuditReport:
    """The report of `examine`."""
    return examine(
        logs,
        addresses,
        contracts,
        chain_id=chain_id,
        from_block=from_block,
        to_block=to_block,
        timepoint=timepoint,
        progress=progress,
        checks=checks,
    ).report


def examine(
    logs: Sequence[RawLog],
    addresses: Addresses,
    contracts: Contracts | None,
    *,
    chain_id: int,
    from_block: int,
    to_block: int,
    timepoint: int,
    progress: Progress | None = None,
    checks: Sequence[Check] = CHECKS,
    witness: Witness = NOBODY,
) -> Audited:
    """Audits `logs`; the same input gives the same report, byte for byte.

    Args:
        logs: All logs of the deployment's contracts from their creation to `to_block`, in order.
        addresses: The deployment.
        contracts: Who answers the views; without it, only what the logs claim is compared.
        chain_id: The chain, for the report.
        from_block: First block of the logs, for the report.
        to_block: The block at which the contracts are asked.
        timepoint: Its timestamp (seconds).
        progress: Told how far the audit is.
        checks: What is checked.
        witness: Who knows what is no log.

    Raises ReplayError when a log comes from another contract, ChainError when nobody answers.
    """
    return examine_state(
        replay(logs, addresses),
        contracts,
        logs=lambda: logs,
        chain_id=chain_id,
        from_block=from_block,
        to_block=to_block,
        timepoint=timepoint,
        progress=progress,
        checks=checks,
        witness=witness,
    )


def examine_state(
    state: GovernanceState,
    contracts: Contracts | None,
    *,
    logs: Callable[[], Iterable[RawLog]],
    chain_id: int,
    from_block: int,
    to_block: int,
    timepoint: int,
    progress: Progress | None = None,
    checks: Sequence[Check] = CHECKS,
    witness: Witness = NOBODY,
) -> Audited:
    """As `examine`, of logs that were replayed.

    Raises ChainError when nobody answers.
    """
    scene = Scene(state, timepoint, tuple(witness.codes(decisions(state))))
    questions = [list(check.questions(scene)) if contracts is not None else [] for check in checks]
    total, done = sum(map(len, questions)), 0
    findings: list[Finding] = []
    results: list[CheckResult] = []
    for check, asked in zip(checks, questions, strict=True):
        found, compared = _from_logs(check, scene, to_block)
        for start in range(0, len(asked), QUESTIONS_AT_ONCE):
            chunk = asked[start : start + QUESTIONS_AT_ONCE]
            if contracts is not None:
                found += differences(check.name, chunk, contracts, to_block)
            done += len(chunk)
            if progress is not None:
                progress("contracts", done, total)
        findings += found
        results.append(
            CheckResult(name=check.name, proves=check.proves, compared=compared + len(asked), findings=len(found))
        )
    callers = witness.callers([proposal.created.transaction for proposal in state.proposals.values()])
    patterns, notices = look(history_of(scene, callers))
    report = AuditReport(
        chain_id=chain_id,
        from_block=from_block,
        to_block=to_block,
        timepoint=timepoint,
        addresses=state.addresses,
        logs=state.logs,
        asked_contracts=contracts is not None,
        checks=tuple(results),
        findings=tuple(findings),
        patterns=patterns,
        notices=notices,
        **summarise(scene),
    )
    return Audited(report=report, state=state, logs=logs)


def _from_logs(check: Check, scene: Scene, to_block: int) -> tuple[list[Finding], int]:
    ledger = scene.state.ledger
    compared = sum(ledger.compared[rule] for rule in check.rules)
    findings = [
        Finding(
            check=check.name,
            what=disagreement.subject,
            expected=disagreement.expected,
            found=disagreement.found,
            block=disagreement.place.block,
            transaction=disagreement.place.transaction,
        )
        for disagreement in ledger.disagreements
        if disagreement.rule in check.rules
    ]
    for fact in check.facts(scene):
        compared += 1
        if fact.expected != fact.found:
            findings.append(
                Finding(
                    check=check.name,
                    what=fact.what,
                    expected=show(fact.expected),
                    found=show(fact.found),
                    block=fact.place.block if fact.place else to_block,
                    transaction=fact.place.transaction if fact.place else None,
                )
            )
    return findings, compared


def differences(check: str, asked: Sequence[Question], contracts: Contracts, block: int) -> list[Finding]:
    """Every question that the contracts answer otherwise at `block`, as a finding of `check`."""
    findings = []
    for question, answer in zip(asked, _answers(asked, contracts, block), strict=True):
        expected = question.expected
        if isinstance(answer, (CallReverted, CodecError)):
            agrees, found = False, f"no answer: {answer}"
        else:
            value = answer[0] if len(answer) == 1 else answer
            wanted = _plain(expected)
            agrees = _plain(value) >= wanted if question.at_least else _plain(value) == wanted
            found = show(value)
        if not agrees:
            findings.append(
                Finding(
                    check=check,
                    what=question.what,
                    expected=("at least " if question.at_least else "") + show(expected),
                    found=found,
                    block=block,
                    transaction=None,
                )
            )
    return findings


def _answers(asked: Sequence[Question], contracts: Contracts, block: int) -> list[Answer]:
    """The answers in order; where a batch holds one that reverts, each is asked alone, so that it is known which.

    What the node itself refuses contradicts nothing and ends the audit, as ChainError.
    """
    try:
        return list(contracts.views([question.view for question in asked], block=block))
    except (CallReverted, CodecError):
        return [_answer(question, contracts, block) for question in asked]


def _answer(question: Question, contracts: Contracts, block: int) -> Answer:
    try:
        return contracts.views([question.view], block=block)[0]
    except (CallReverted, CodecError) as error:
        return error


def _plain(value: Any) -> Any:
    """Lists as tuples, at every depth: the ABI makes no difference."""
    return tuple(_plain(item) for item in value) if isinstance(value, (list, tuple)) else value
