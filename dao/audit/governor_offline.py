"""The audit of a bundle of another project's governor, without any node; and what a bundle needs for that."""

from __future__ import annotations

from dataclasses import replace

from dao.audit.governor import AuditedGovernor, audit_logs, with_quorums
from dao.audit.offline import anchor_time, witness_of
from dao.chain.connection import Connection
from dao.errors import RpcError
from dao.events.log import RawLog
from dao.evidence.bundle import Bundle, seal
from dao.evidence.logs import to_raw
from dao.evidence.manifest import Contracts, Kind, canonical
from dao.governors.profile import GovernorDeployment
from dao.governors.state import Moment
from dao.proving.bundle import governor_of


def contracts_of(deployment: GovernorDeployment) -> Contracts:
    """How a manifest holds a governor's deployment, its profile included."""
    return Contracts.of_governor(
        governor=deployment.governor,
        token=deployment.token,
        timelock=deployment.timelock,
        profile=canonical(deployment.profile.to_dict()).decode("utf-8"),
    )


def audit_governor_bundle(bundle: Bundle) -> AuditedGovernor:
    """Replays the logs of a bundle of any governor, and compares them with each other.

    Raises:
        ProofError: The manifest says nothing of the governor's kind, or a file is not the one of the manifest.
        ReplayError: A log comes from another contract.
    """
    manifest = bundle.manifest
    return audit_logs(
        _logs(bundle),
        governor_of(manifest.contracts),
        None,
        chain_id=manifest.chain_id,
        from_block=manifest.from_block,
        end=Moment(manifest.to_block, anchor_time(bundle)),
        witness=witness_of(bundle),
    )


def add_quorums(connection: Connection, bundle: Bundle) -> Bundle:
    """The bundle with the quorum of every snapshot that only the governor can tell, sealed anew.

    Raises ChainError when the node does not answer for the end block, or has another in its place by now.
    """
    manifest = bundle.manifest
    deployment = governor_of(manifest.contracts)
    by_block = deployment.profile.clock == "blocknumber"
    clock = manifest.to_block if by_block else anchor_time(bundle)
    found = with_quorums(connection, deployment, _logs(bundle), clock=clock, block=manifest.to_block)
    there = connection.block(manifest.to_block).hash
    if there != manifest.anchor.hash:
        raise RpcError(
            f"block {manifest.to_block} changed while the contracts were asked",
            expected="0x" + manifest.anchor.hash.hex(),
            found="0x" + there.hex(),
            remedy="remove the bundle and collect again, up to an older block",
        )
    if found == deployment:
        return bundle
    return seal(bundle.folder, replace(manifest, contracts=contracts_of(found)))


def quorums_of(bundle: Bundle) -> tuple[tuple[int, int], ...]:
    """The quorums that `add_quorums` noted, by snapshot."""
    return governor_of(bundle.manifest.contracts).profile.quorums


def _logs(bundle: Bundle) -> list[RawLog]:
    return [log for rows in bundle.batches(Kind.LOGS) for log in to_raw(rows)]
