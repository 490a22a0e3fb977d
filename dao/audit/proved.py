"""An audit together with what its bundle proves: the verdict's lines, and what contradicts the proven state."""

from __future__ import annotations

from dataclasses import replace

from dao.audit.findings import Finding
from dao.audit.report import CheckResult
from dao.audit.run import Audited
from dao.proving.verdict import Verdict

CHECK = "proofs"


def with_proofs(audited: Audited, verdict: Verdict) -> Audited:
    """The audit with a check more: every contradiction of `verdict` is a finding of it, unless the replay found it."""
    known = {(found.expected, found.found, found.block) for found in audited.report.findings}
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
    report = audited.report
    made = replace(report, checks=(*report.checks, check), findings=(*report.findings, *findings))
    return replace(audited, report=made)
