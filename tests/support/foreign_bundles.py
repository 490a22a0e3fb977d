"""Bundles of evidence of other people's governors on an in-process EVM, and reports of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from dao.abi import keccak
from dao.audit.compose_governor import compose_governor
from dao.audit.document import ReportDocument
from dao.audit.governor_offline import contracts_of
from dao.audit.standings import of_governor
from dao.blocks.headers import FIELDS, encode
from dao.document.quantities import Units
from dao.events.log import RawLog
from dao.evidence.bundle import Bundle, open_bundle, seal
from dao.evidence.headers import SCHEMA
from dao.evidence.logs import from_raw
from dao.evidence.manifest import Anchor, Kind, Manifest
from dao.evidence.parts import write_tables
from dao.governors.profile import GovernorDeployment
from tests.support.governors import Foreign

UNIT = Units("VOTE", 2)


def composed(life: Foreign, logs: list[RawLog] | None = None) -> ReportDocument:
    """The report of some logs, of all if not given, the contracts asked now."""
    audited = life.examine(logs)
    return compose_governor(audited, of_governor(audited.report, None), UNIT)


def bundled(life: Foreign, folder: Path, deployment: GovernorDeployment | None = None) -> Bundle:
    """The evidence of everything so far, with a header of the end block that holds its number and time."""
    sizes = {"miner": 20, "logsBloom": 256, "nonce": 8, "extraData": 0}
    values = {"number": life.chain.number, "timestamp": life.chain.timestamp}
    end = encode([values.get(name, 0) if is_number else bytes(sizes.get(name, 32)) for name, is_number in FIELDS])
    anchor = Anchor(life.chain.number, keccak(end))
    rows = pa.table({"number": [anchor.number], "hash": [anchor.hash], "rlp": [end]}, schema=SCHEMA)
    folder.mkdir(exist_ok=True)
    parts = (*write_tables(folder, Kind.HEADERS, [rows]), *write_tables(folder, Kind.LOGS, [from_raw(life.logs)]))
    contracts = contracts_of(deployment or life.deployment)
    manifest = Manifest(
        chain_id=1,
        contracts=contracts,
        from_block=0,
        to_block=anchor.number,
        anchor=anchor,
        parts=parts,
        asked=1,
        agreed=1,
    )
    seal(folder, manifest)
    return open_bundle(folder)
