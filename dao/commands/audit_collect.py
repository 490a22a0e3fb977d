"""`dao audit collect`: from nodes to a bundle of evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, address, reading

if TYPE_CHECKING:
    from dao.chain.connection import Connection
    from dao.collecting.panel import Panel
    from dao.evidence.bundle import Bundle
    from dao.evidence.manifest import Contracts


@click.command("collect", epilog="Example: dao audit collect --output evidence")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("evidence"),
    show_default=True,
    help="Folder of the bundle. A collection that was interrupted there goes on.",
)
@click.option("--governor", metavar="ADDRESS", help="Collect of any OpenZeppelin Governor or GovernorBravo instead.")
@click.option("--from-block", type=click.IntRange(0), help="With --governor: a block before its contracts. Default 0.")
@click.option("--to-block", type=click.IntRange(0), help="Last block; the newest finalized one if not given.")
@click.option(
    "--confirmations",
    type=click.IntRange(0, 100_000),
    help="End this many blocks before the newest, instead of at the finalized one.",
)
@click.option(
    "--also",
    "others",
    metavar="URL",
    multiple=True,
    envvar="DAO_ALSO_RPC",
    help="Another node that is asked the same, and compared. As often as wanted.  [env: DAO_ALSO_RPC]",
)
@click.option("--agree", type=click.IntRange(1), help="How many nodes must agree; all of them if not given.")
@click.option(
    "--headers",
    type=click.Choice(["logs", "all"]),
    default="logs",
    show_default=True,
    help="Headers of blocks with logs, or of all, so that they link to the end block.",
)
@click.option("--receipts", is_flag=True, help="Collect all receipts of every block with logs as well.")
@click.option(
    "--proofs/--no-proofs",
    default=True,
    show_default=True,
    help="Collect proofs of the state and the code at the end block, which the node must still have, and of the code "
    "that proposals call, as far as a node keeps the states of their blocks.",
)
@reading
def collect_command(
    options: Options,
    *,
    output: Path,
    governor: str | None,
    from_block: int | None,
    to_block: int | None,
    confirmations: int | None,
    others: tuple[str, ...],
    agree: int | None,
    headers: str,
    receipts: bool,
    proofs: bool,
) -> None:
    """Collect the logs of a deployment, and the headers that date them, into a bundle that is all an audit needs.

    The same command continues what was interrupted, however it was. What is sealed is the same, byte for byte, whatever
    limits the nodes had and however often it was interrupted.
    """
    from dao.collecting.libraries import require_audit_extra

    require_audit_extra()
    from dao.audit.governor_offline import add_quorums, quorums_of
    from dao.collecting.collect import Collector, begun_plan, sealed
    from dao.collecting.journal import Journal, Plan
    from dao.collecting.pin import end_block
    from dao.collecting.state import add_state
    from dao.collecting.targets import add_targets
    from dao.errors import FileError
    from dao.evidence.manifest import Kind
    from dao.render.progress import progress

    if from_block is not None and governor is None:
        raise click.UsageError("--from-block goes with --governor; a deployment file says where it begins")
    panel = _panel(options, others, agree)
    connection = panel.sources[0].connection
    begun = begun_plan(output)
    done = sealed(output)
    if to_block is None:
        to_block = done.manifest.to_block if done else begun.to_block if begun else None
    if to_block is None:
        to_block = end_block(panel, confirmations=confirmations)
    contracts, start = _contracts(options, connection, done, governor, from_block, to_block)
    if to_block < start:
        raise click.UsageError(f"the logs begin with block {start}, after block {to_block}")
    plan = Plan(
        chain_id=connection.chain_id,
        contracts=contracts,
        from_block=start,
        to_block=to_block,
        anchor=begun.anchor if begun else done.manifest.anchor.hash if done else panel.block_hash(to_block),
        every_header=headers == "all",
        receipts=receipts,
        asked=len(panel.sources),
        agreed=panel.agree,
    )
    if done is not None:
        held = done.manifest
        # What kind of governor it is was found when the bundle was collected.
        if (held.chain_id, held.contracts.named, held.from_block, held.to_block) != (
            plan.chain_id,
            plan.contracts.named,
            plan.from_block,
            plan.to_block,
        ):
            raise FileError(
                f"{output} holds other evidence",
                expected=f"chain {plan.chain_id}, blocks {plan.from_block} to {plan.to_block} of this deployment",
                found=f"chain {held.chain_id}, blocks {held.from_block} to {held.to_block}",
                remedy="name another folder with --output",
            )
        done.verify()
        bundle = done
    with progress(hidden=options.json) as told:
        if done is None:
            collector = Collector(output, panel, plan, progress=told)
            collector.collect()
            bundle = collector.seal()
        if proofs and not bundle.manifest.of_kind(Kind.STATE):
            bundle = add_state(connection, bundle, told)
        if proofs:
            bundle = add_targets([source.connection for source in panel.sources], bundle, told)
        if governor is not None and (done is None or not quorums_of(bundle)):
            bundle = add_quorums(connection, bundle)
    # An earlier run may have been interrupted after the bundle was sealed, and before the journal was removed.
    Journal(output).remove()
    _show(options, bundle)


def _contracts(
    options: Options,
    connection: Connection,
    done: Bundle | None,
    governor: str | None,
    from_block: int | None,
    to_block: int,
) -> tuple[Contracts, int]:
    """Whose logs are collected, and the first block. What kind of governor it is, a finished bundle says itself."""
    from dao.evidence.manifest import Contracts

    if governor is None:
        deployment = options.reading_session().deployment
        return Contracts.of_deployment(deployment.addresses), deployment.start_block
    from dao.audit.governor_offline import contracts_of
    from dao.collecting.discovery import discover

    asked = address(governor)
    if done is not None and dict(done.manifest.contracts.named).get("governor") == asked:
        return done.manifest.contracts, from_block or 0
    return contracts_of(discover(connection, asked, block=to_block)), from_block or 0


def _panel(options: Options, others: tuple[str, ...], agree: int | None) -> Panel:
    """The node of --rpc and those of --also."""
    from dao.chain.connection import Connection
    from dao.collecting.panel import Panel
    from dao.collecting.source import Source

    first = options.connect()
    patience = options.patience()
    more = [Connection.open(url, expected_chain_id=first.chain_id, patience=patience) for url in others]
    if agree is not None and agree > len(more) + 1:
        raise click.UsageError(f"--agree {agree} of {len(more) + 1} nodes: give more with --also")
    return Panel([Source(connection) for connection in (first, *more)], agree or len(more) + 1)


def _show(options: Options, bundle: Bundle) -> None:
    from dao.evidence.manifest import Kind
    from dao.render.console import show, show_json

    manifest = bundle.manifest
    if options.json:
        show_json(
            {
                "folder": str(bundle.folder),
                "chain_id": manifest.chain_id,
                "from_block": manifest.from_block,
                "to_block": manifest.to_block,
                "anchor": "0x" + manifest.anchor.hash.hex(),
                "rows": {kind.value: manifest.rows(kind) for kind in Kind if manifest.of_kind(kind)},
                "nodes": {"asked": manifest.asked, "agreed": manifest.agreed},
                "content_hash": manifest.content_hash().hex(),
            }
        )
        return
    held = ", ".join(f"{manifest.rows(kind):,} {kind.value}" for kind in Kind if manifest.of_kind(kind))
    show(
        f"{bundle.folder}: blocks {manifest.from_block:,} to {manifest.to_block:,} of chain {manifest.chain_id}",
        f"holds      {held or 'nothing'}",
        f"end block  0x{manifest.anchor.hash.hex()}",
        f"content    {manifest.content_hash().hex()}",
    )
