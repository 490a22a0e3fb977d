"""An audit together with what its bundle proves: the verdict's lines, and what contradicts the proven state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dao.audit.findings import Finding
from dao.audit.governor import AuditedGovernor
from dao.audit.governor_report import RuleResult
from dao.audit.report import CheckResult
from dao.audit.run import Audited
from dao.proving.verdict import Verdict

CHECK = "proofs"


def with_proofs(audited: Audited, verdict: Verdict) -> Audited:
    """The audit with a check more: every contradiction of `verdict` is a finding of it, unless the replay found it."""
    report = audited.report
    check, findings = _proofs(report.findings, verdict)
    made = replace(report, checks=(*report.checks, check), findings=(*report.findings, *findings))
    return replace(audited, report=made)


def governor_with_proofs(audited: AuditedGovernor, verdict: Verdict) -> AuditedGovernor:
    """The same of another project's governor."""
    report = audited.report
    check, findings = _proofs(report.findings, verdict)
    rule = RuleResult(check=check.name, sentence=check.proves, compared=check.compared, findings=check.findings)
    made = replace(report, rules=(*report.rules, rule), findings=(*report.findings, *findings))
    return replace(audited, report=made)


def _proofs(before: Iterable[Finding], verdict: Verdict) -> tuple[CheckResult, tuple[Finding, ...]]:
    known = {(found.expected, found.found, found.block) for found in before}
    findings = tuple(
        Finding(
            check=CHECK,
            what=f"{found.what} of {found.contract}" if found.contract else found.what,
            expected=found.expected,
            found=found.found,
            block=found.block,
            transaction=found.transaction,
        )
        for found in verdict.findings
        if (found.expected, found.found, found.block) not in known
    )
    check = CheckResult(
        name=CHECK,
        proves="headers, state, code and receipts of the bundle are those of its end block, and agree with its logs",
        compared=len(verdict.lines),
        findings=len(findings),
    )
    return check, findings
