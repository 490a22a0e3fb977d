"""What `dao audit replay` and `dao audit report` examine: a bundle of evidence, or the deployment behind a node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options

if TYPE_CHECKING:
    from dao.audit.run import Audited
    from dao.document.quantities import Units
    from dao.evidence.bundle import Bundle
    from dao.types import Addresses

BASE_UNITS = ("wei", 0)
"""How amounts are written of a token whose symbol and decimals nobody said."""


def foreign(folder: Path) -> Bundle | None:
    """The bundle in `folder` where it is of another project's governor; None where it is of this project's."""
    from dao.collecting.libraries import require_audit_extra

    require_audit_extra()
    from dao.evidence.bundle import open_bundle
    from dao.evidence.manifest import GOVERNOR

    bundle = open_bundle(folder)
    return bundle if bundle.manifest.contracts.kind == GOVERNOR else None


def examined(options: Options, bundle: Path | None, to_block: int | None) -> tuple[Audited, Units]:
    """The audit, and how amounts are written.

    A bundle says nothing of symbol and decimals; the deployment file does, where there is one of these contracts.
    """
    from dao.audit.run import examine_node
    from dao.document.quantities import Units
    from dao.render.progress import progress

    if bundle is None:
        session = options.session()
        deployment = session.deployment
        with progress(hidden=options.json) as told:
            audited = examine_node(
                session.connection, deployment.addresses, deployment.start_block, to_block, progress=told
            )
        return audited, Units(deployment.symbol, deployment.decimals)
    if to_block is not None:
        raise click.UsageError("--to-block is for a node; a bundle ends where it was collected to")
    from dao.collecting.libraries import require_audit_extra

    require_audit_extra()
    from dao.audit.offline import examine_bundle
    from dao.evidence.bundle import open_bundle

    opened = open_bundle(bundle)
    with progress(hidden=options.json) as told:
        audited = examine_bundle(opened, progress=told)
    return audited, _units(options, opened.manifest.chain_id, audited.report.addresses)


def _units(options: Options, chain_id: int, addresses: Addresses) -> Units:
    from dao.document.quantities import Units
    from dao.errors import DaoError
    from dao.lifecycle.journal import load_complete

    try:
        deployment = load_complete(options.deployment_path(chain_id))
    except DaoError:
        if options.deployment is not None:
            raise
        return Units(*BASE_UNITS)
    if deployment.chain_id != chain_id or deployment.addresses != addresses:
        return Units(*BASE_UNITS)
    return Units(deployment.symbol, deployment.decimals)
