"""How the parts of a verdict stand where logs were replayed and nothing was proved."""

from __future__ import annotations

from dao.audit.checks import target_code
from dao.audit.report import AuditReport
from dao.proving.verdict import Line, Standing
from dao.types import ProposalState


def of_logs(report: AuditReport, *, bundle: bool) -> tuple[Line, ...]:
    """What a replay recomputed, and what it took on trust of the node, or of whoever collected the `bundle`."""
    source = "the bundle" if bundle else "the node"
    span = f"blocks {report.from_block} to {report.to_block}"
    lines = [
        Line(
            "Replay of the logs",
            Standing.RECOMPUTED,
            f"{report.logs:_} logs of {span}, every rule of the contracts applied",
        ),
        Line(
            "Claims and answers",
            Standing.RECOMPUTED,
            f"{report.compared:_} comparisons in {len(report.checks)} checks against the logs' claims"
            + (" and the contracts' answers" if report.asked_contracts else ""),
        ),
        Line("Completeness", Standing.TRUSTED, f"{source} left out no log of {span}"),
        Line("Blocks", Standing.TRUSTED, f"block {report.to_block} and those before it are the chain's"),
        Line("Rules", Standing.TRUSTED, "the code at the contracts' addresses is the code that the replay mirrors"),
    ]
    if any(proposal.state is ProposalState.EXECUTED for proposal in report.proposals):
        told = sum(check.compared for check in report.checks if check.name == target_code.CHECK.name)
        detail = f"{source} tells it of {told} targets of executed proposals, and nobody of others"
        lines.append(Line("Code of targets", Standing.TRUSTED, detail))
    if report.asked_contracts:
        lines.append(Line("State", Standing.TRUSTED, f"the node answered for the state of block {report.to_block}"))
    return tuple(lines)
