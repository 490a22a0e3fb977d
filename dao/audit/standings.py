"""How the parts of a verdict stand where logs were replayed and nothing was proved."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.checks import target_code
from dao.audit.governor_report import GovernorReport
from dao.audit.report import AuditReport
from dao.governors.profile import Profile
from dao.proving.verdict import Line, Standing, Verdict
from dao.types import ProposalState


def of_logs(report: AuditReport, *, bundle: bool) -> tuple[Line, ...]:
    """What a replay recomputed, and what it took on trust of the node, or of whoever collected the `bundle`."""
    source = "the bundle" if bundle else "the node"
    return (*_replayed(report, len(report.checks)), _completeness(report, source), *_blocks(report, source))


def of_governor(report: GovernorReport, verdict: Verdict | None) -> tuple[Line, ...]:
    """The same of another project's governor: of a node, or of a bundle with the `verdict` of what it proves.

    The verdict's own lines come first. What kind of governor it is, its views alone say.
    """
    made = _replayed(report, len({rule.check for rule in report.rules}))
    kind = [Line("Kind of governor", Standing.TRUSTED, f"its views say what it is: {_kind(report.deployment.profile)}")]
    if report.trusted:
        detail = f"views answered what no log tells: {_settings(report)}"
        kind.append(Line("Settings", Standing.TRUSTED, detail))
    if verdict is None:
        return (*made, _completeness(report, "the node"), *_blocks(report, "the node"), *kind)
    return (*verdict.lines, *made, _completeness(report, "the bundle"), *kind)


def _replayed(report: AuditReport | GovernorReport, checks: int) -> tuple[Line, ...]:
    span = f"blocks {report.from_block} to {report.to_block}"
    return (
        Line(
            "Replay of the logs",
            Standing.RECOMPUTED,
            f"{report.logs:_} logs of {span}, every rule of the contracts applied",
        ),
        Line(
            "Claims and answers",
            Standing.RECOMPUTED,
            f"{report.compared:_} comparisons in {checks} checks against the logs' claims"
            + (" and the contracts' answers" if report.asked_contracts else ""),
        ),
    )


def _completeness(report: AuditReport | GovernorReport, source: str) -> Line:
    detail = f"{source} left out no log of blocks {report.from_block} to {report.to_block}"
    return Line("Completeness", Standing.TRUSTED, detail)


def _blocks(report: AuditReport | GovernorReport, source: str) -> Iterator[Line]:
    yield Line("Blocks", Standing.TRUSTED, f"block {report.to_block} and those before it are the chain's")
    yield Line("Rules", Standing.TRUSTED, "the code at the contracts' addresses is the code that the replay mirrors")
    if any(proposal.state is ProposalState.EXECUTED for proposal in report.proposals):
        told = _compared(report, target_code.CHECK.name)
        detail = f"{source} tells it of {told} targets of executed proposals, and nobody of others"
        yield Line("Code of targets", Standing.TRUSTED, detail)
    if report.asked_contracts:
        yield Line("State", Standing.TRUSTED, f"the node answered for the state of block {report.to_block}")


def _compared(report: AuditReport | GovernorReport, check: str) -> int:
    if isinstance(report, AuditReport):
        return sum(result.compared for result in report.checks if result.name == check)
    return sum(rule.compared for rule in report.rules if rule.check == check)


def _kind(profile: Profile) -> str:
    counts = "blocks" if profile.clock == "blocknumber" else "seconds"
    return f"{profile.family}, {profile.counting} counting, clock in {counts}, timelock {profile.timelock_kind}"


def _settings(report: GovernorReport) -> str:
    """What views answered; of quorums, how many."""
    quorums = len(report.deployment.profile.quorums)
    said = [f"{name.replace('_', ' ')} {value}" for name, value in report.trusted[: len(report.trusted) - quorums]]
    if quorums:
        said.append(f"the quorum of {quorums} snapshot{'' if quorums == 1 else 's'}")
    return ", ".join(said)
