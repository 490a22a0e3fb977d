"""`dao audit prove`: what a bundle of evidence proves, from the hash of one block."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, local

if TYPE_CHECKING:
    from dao.proving.prove import Anchor, Evidence
    from dao.proving.verdict import Verdict

_HASH, _RANGE = re.compile(r"0x[0-9a-fA-F]{64}\Z"), re.compile(r"(\d{1,18}):(\d{1,18})\Z")


@click.command("prove", epilog="Example: dao audit prove evidence --blooms 0:200")
@click.argument("bundle", type=click.Path(path_type=Path, file_okay=False), default="evidence")
@click.option("--anchor", metavar="HASH", help="Hash of the block from which everything is proved.")
@click.option(
    "--rpc",
    "urls",
    metavar="URL",
    multiple=True,
    envvar="DAO_AUDIT_RPC",
    help="Without --anchor: address that must say that the end block is final; may be given several times. With "
    "--blooms: the first one is asked for receipts that are missing.  [env: DAO_AUDIT_RPC, separated by spaces]",
)
@click.option("--agree", type=click.IntRange(1), help="How many of these addresses must agree; all if not given.")
@click.option("--blooms", metavar="FROM:TO", help="Prove of these blocks that no log of the contracts is missing.")
@click.option("--yes", is_flag=True, help="Fetch receipts that are missing without asking.")
@local
def command(
    options: Options,
    *,
    bundle: Path,
    anchor: str | None,
    urls: tuple[str, ...],
    agree: int | None,
    blooms: str | None,
    yes: bool,
) -> None:
    """Prove BUNDLE, or say what of it is trusted: headers, state, code, and with --blooms that no log is missing.

    Nothing is asked of a node but what --rpc is for. Every line is proved (it follows from the anchor's hash),
    recomputed (from logs, and agrees with others) or trusted. Exit code 3 where anything contradicts.
    """
    from dao.collecting.libraries import require_audit_extra

    require_audit_extra()
    from dao.evidence.bundle import open_bundle
    from dao.proving.bundle import read_evidence
    from dao.proving.prove import prove
    from dao.render.console import show, show_json
    from dao.render.proving import proving_json, proving_view

    span = _span(blooms)
    evidence = read_evidence(open_bundle(bundle))
    pinned = _anchor(evidence, anchor, urls, agree)
    if span is not None:
        if not evidence.from_block <= span[0] <= span[1] <= evidence.to_block:
            raise click.UsageError(f"--blooms lies within {evidence.from_block}:{evidence.to_block}")
        evidence = _complete(options, evidence, pinned, span, urls, yes=yes)
    verdict = prove(evidence, pinned, blooms=span)
    if options.json:
        show_json(proving_json(verdict))
    else:
        show(proving_view(verdict))
    if verdict.findings:
        raise click.exceptions.Exit(3)


def prove_bundle(bundle: Path, anchor: str | None) -> Verdict:
    """What the bundle proves from `anchor`, or from its own end block, without asking anybody."""
    from dao.evidence.bundle import open_bundle
    from dao.proving.bundle import read_evidence
    from dao.proving.prove import prove

    evidence = read_evidence(open_bundle(bundle))
    return prove(evidence, _anchor(evidence, anchor, (), None))


def _span(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _RANGE.match(text)
    if found is None or int(found[1]) > int(found[2]):
        raise click.UsageError("--blooms takes two blocks, such as 100:200")
    return int(found[1]), int(found[2])


def _anchor(evidence: Evidence, text: str | None, urls: tuple[str, ...], agree: int | None) -> Anchor:
    from dao.chain.connection import Connection
    from dao.collecting.anchor import agreed_anchor
    from dao.proving.prove import Anchor, own_anchor

    different = tuple(dict.fromkeys(urls))
    if agree is not None and agree > len(different):
        raise click.UsageError(f"--agree is at most the number of different --rpc addresses, {len(different)}")
    if text is not None:
        if not _HASH.match(text):
            raise click.UsageError("--anchor takes a block's hash: 0x and 64 hexadecimal digits")
        return Anchor(hash=bytes.fromhex(text[2:]), pinned=True, source="given with --anchor")
    if not different:
        return own_anchor(evidence)
    connections = [Connection.open(url, expected_chain_id=evidence.chain_id) for url in different]
    return agreed_anchor(connections, evidence.to_block, evidence.end_hash, need=agree or len(different))


def _complete(
    options: Options, evidence: Evidence, anchor: Anchor, span: tuple[int, int], urls: tuple[str, ...], *, yes: bool
) -> Evidence:
    """The evidence with the receipts that are missing, where there is a node to ask and it is wanted."""
    from dao.chain.connection import Connection
    from dao.collecting.receipts import missing_receipts, with_receipts
    from dao.render.progress import progress
    from dao.render.proving import cost_line

    missing = missing_receipts(evidence, anchor, first=span[0], last=span[1])
    click.echo(cost_line(missing.cost), err=True)
    if not missing.headers or not urls:
        return evidence
    if not yes:
        if options.json or not sys.stdin.isatty():
            raise click.UsageError("nobody is here to confirm the calls: add --yes to make them")
        click.confirm(f"Make {missing.cost.calls} calls?", abort=True, err=True)
    connection = Connection.open(urls[0], expected_chain_id=evidence.chain_id)
    with progress(hidden=options.json) as told:
        return with_receipts(connection, evidence, missing, told)
