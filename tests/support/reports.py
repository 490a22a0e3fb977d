"""Reports of audits for tests: of a DAO on the in-process EVM, and of that with thousands of proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dao.audit.compose import compose
from dao.audit.document import ReportDocument, sealed
from dao.audit.findings import Finding
from dao.audit.notice import Notice
from dao.audit.run import Audited, examine
from dao.audit.standings import of_logs
from dao.document.quantities import Units
from dao.events.log import RawLog
from tests.support.history import Dao

UNIT = Units("RWD", 18)


def examined(dao: Dao, logs: Sequence[RawLog] | None = None) -> Audited:
    """The audit of `logs`, or of everything so far, against the contracts."""
    return examine(
        dao.logs if logs is None else logs,
        dao.addresses,
        dao.chain,
        chain_id=dao.chain.chain_id,
        from_block=0,
        to_block=dao.chain.number,
        timepoint=dao.chain.timestamp,
    )


def composed(audited: Audited, *, findings: Sequence[Finding] = (), notices: Sequence[Notice] = ()) -> ReportDocument:
    """The report of `audited`, with more findings and notices."""
    known = audited.report
    report = replace(known, findings=(*known.findings, *findings), notices=(*known.notices, *notices))
    return compose(replace(audited, report=report), of_logs(report, bundle=False), UNIT)


def repeated(document: ReportDocument, count: int) -> ReportDocument:
    """`document` with its proposals over and over, `count` in all, each with an id and a title of its own."""
    proposals = tuple(
        made.model_copy(update={"id": made.id ^ number, "title": f"Decision {number}: {made.title}"})
        for number in range(count)
        for made in (document.proposals[number % len(document.proposals)],)
    )
    return sealed(document.model_copy(update={"proposals": proposals}))
