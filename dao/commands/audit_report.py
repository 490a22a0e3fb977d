"""`dao audit report`: the audit as a page and as JSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, reading

if TYPE_CHECKING:
    from dao.audit.document import ReportDocument
    from dao.document.quantities import Units
    from dao.evidence.bundle import Bundle

PAGE = ".html"
MAX_DECIMALS = 255
_UNIT = re.compile(r"([^\s:]{1,32}):(\d{1,3})\Z")


@click.command("report", epilog="Example: dao audit report --out audit-report")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--anchor", metavar="HASH", help="With BUNDLE: hash of the block from which everything is proved.")
@click.option("--to-block", type=click.IntRange(0), help="Audit up to this block; the newest if not given.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("audit-report"),
    show_default=True,
    help="Folder for report.html and report.json; or NAME.html, with NAME.json beside it.",
)
@click.option(
    "--unit",
    metavar="SYMBOL:DECIMALS",
    help="How amounts are written, such as COMP:18. If not given: as a deployment file says, or in the smallest unit.",
)
@reading
def report_command(
    options: Options, *, bundle: Path | None, anchor: str | None, to_block: int | None, out: Path, unit: str | None
) -> None:
    """Audit as `dao audit replay` does, a node or a BUNDLE, and write the result as one HTML page and as JSON.

    The page loads nothing from anywhere: verdict, what was proved and what is taken on trust, findings, every proposal
    with its tally and what it changed, emission as voted and as paid, turnout and concentration, and a search for one's
    own vote. The JSON holds the same exactly, under a content hash. A bundle of another project's governor gives the
    same without rewards. Exit code 3 where anything disagrees.
    """
    if anchor is not None and bundle is None:
        raise click.UsageError("--anchor is for a bundle; a node proves nothing here")
    from dao.payouts.libraries import require_extra

    require_extra("report")
    from dao.commands.examined import foreign
    from dao.render.console import show, show_json
    from dao.render.output import save_all
    from dao.render.report.page import report_html
    from dao.render.report_diff import written_view

    page, data = (out, out.with_suffix(".json")) if out.suffix == PAGE else (out / "report.html", out / "report.json")
    written = _unit(unit)
    held = None if bundle is None else foreign(bundle)
    if held is None:
        document = _document(options, bundle, anchor, to_block, written)
    elif to_block is None:
        document = _document_of_governor(held, anchor, written)
    else:
        raise click.UsageError("--to-block is for a node; a bundle ends where it was collected to")
    save_all({data: document.text(), page: report_html(document)})
    if options.json:
        show_json(
            {
                "verdict": document.verdict,
                "findings": len(document.findings),
                "notices": len(document.notices),
                "content_hash": document.content_hash,
                "page": str(page),
                "report": str(data),
            }
        )
    else:
        show(written_view(document, page, data))
    if document.findings:
        raise click.exceptions.Exit(3)


def _unit(text: str | None) -> Units | None:
    if text is None:
        return None
    from dao.document.quantities import Units

    found = _UNIT.match(text)
    if found is None or int(found[2]) > MAX_DECIMALS:
        raise click.UsageError("--unit takes a symbol and decimals, such as COMP:18")
    return Units(found[1], int(found[2]))


def _document(
    options: Options, bundle: Path | None, anchor: str | None, to_block: int | None, written: Units | None
) -> ReportDocument:
    """The report of this project's deployment, behind a node or in a bundle."""
    from dao.audit.compose import compose
    from dao.audit.proved import with_proofs
    from dao.audit.standings import of_logs
    from dao.commands.audit_prove import prove_bundle
    from dao.commands.examined import examined

    audited, known = examined(options, bundle, to_block)
    unit = written or known
    if bundle is None:
        return compose(audited, of_logs(audited.report, bundle=False), unit)
    verdict = prove_bundle(bundle, anchor)
    return compose(with_proofs(audited, verdict), verdict.lines, unit)


def _document_of_governor(bundle: Bundle, anchor: str | None, written: Units | None) -> ReportDocument:
    """The report of another project's governor, in a bundle."""
    from dao.audit.compose_governor import compose_governor
    from dao.audit.governor_offline import audit_governor_bundle
    from dao.audit.proved import governor_with_proofs
    from dao.audit.standings import of_governor
    from dao.commands.audit_prove import prove_bundle
    from dao.commands.examined import BASE_UNITS
    from dao.document.quantities import Units

    audited = audit_governor_bundle(bundle)
    verdict = prove_bundle(bundle.folder, anchor)
    lines = of_governor(audited.report, verdict)
    return compose_governor(governor_with_proofs(audited, verdict), lines, written or Units(*BASE_UNITS))
