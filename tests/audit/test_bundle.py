"""The audit of a bundle says what the audit of its logs says, whatever the files are, and refuses other files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from eth_account import Account

from dao.abi import keccak
from dao.audit.offline import audit_bundle, examine_bundle
from dao.audit.proved import with_proofs
from dao.audit.run import audit
from dao.blocks.headers import FIELDS, encode
from dao.blocks.tries import pack
from dao.engine.ahead import ahead
from dao.errors import ProofError
from dao.evidence.bundle import Bundle, open_bundle, seal
from dao.evidence.headers import SCHEMA as HEADERS
from dao.evidence.logs import from_raw
from dao.evidence.manifest import Anchor, Contracts, Kind, Manifest
from dao.evidence.parts import write_tables
from dao.evidence.transactions import SCHEMA as TRANSACTIONS
from dao.proving.verdict import Contradiction, Verdict
from tests.support.history import Dao


def header(number: int, timestamp: int) -> bytes:
    """The header of a block that holds nothing but its number and time."""
    sizes = {"miner": 20, "logsBloom": 256, "nonce": 8, "extraData": 0}
    values = {"number": number, "timestamp": timestamp}
    return encode([values.get(name, 0) if is_number else bytes(sizes.get(name, 32)) for name, is_number in FIELDS])


@pytest.fixture
def bundle(life: Dao, tmp_path: Path) -> Bundle:
    end = header(life.chain.number, life.chain.timestamp)
    anchor = Anchor(life.chain.number, keccak(end))
    rows = pa.table({"number": [anchor.number], "hash": [anchor.hash], "rlp": [end]}, schema=HEADERS)
    manifest = Manifest(
        chain_id=1,
        contracts=Contracts.of_deployment(life.addresses),
        from_block=0,
        to_block=anchor.number,
        anchor=anchor,
        parts=(
            *write_tables(tmp_path, Kind.HEADERS, [rows]),
            *write_tables(tmp_path, Kind.LOGS, [from_raw(life.logs)]),
        ),
        asked=1,
        agreed=1,
    )
    seal(tmp_path, manifest)
    return open_bundle(tmp_path)


def test_the_audit_of_a_bundle_is_that_of_its_logs(life: Dao, bundle: Bundle) -> None:
    steps: list[tuple[str, int, int]] = []
    found = audit_bundle(bundle, lambda *step: steps.append(step))
    expected = audit(
        life.logs,
        life.addresses,
        None,
        chain_id=1,
        from_block=0,
        to_block=life.chain.number,
        timepoint=life.chain.timestamp,
    )
    assert json.dumps(found.as_dict()) == json.dumps(expected.as_dict())
    assert ("logs", 1, 1) in steps


def test_transactions_of_a_bundle_tell_who_was_called(life: Dao, bundle: Bundle) -> None:
    """All proposals were made by calling the governor, but the second, whose transaction called the token."""
    assert [one.name for one in audit_bundle(bundle).patterns if one.notices is None] == ["internal-proposal"]
    made = list(life.replay().proposals.values())
    sender = Account.from_key(b"\x07" * 32)
    rows, hashes = [], {}
    for nonce, one in enumerate(made):
        to = life.addresses.token if one is made[1] else life.addresses.governor
        signed = sender.sign_transaction({"nonce": nonce, "gasPrice": 1, "gas": 21_000, "to": to, "value": 0})
        data = bytes(signed.raw_transaction)
        hashes[one.created.transaction] = keccak(data)
        rows.append((keccak(data), one.created.block, 0, data, pack(()), pack(())))
    logs = [replace(log, transaction_hash=hashes.get(log.transaction_hash, log.transaction_hash)) for log in life.logs]
    columns = zip(TRANSACTIONS, zip(*rows, strict=True), strict=True)
    table = pa.table([pa.array(values, field.type) for field, values in columns], schema=TRANSACTIONS)
    other = bundle.manifest.with_parts(
        *write_tables(bundle.folder, Kind.LOGS, [from_raw(logs)]),
        *write_tables(bundle.folder, Kind.TRANSACTIONS, [table]),
    )
    report = audit_bundle(seal(bundle.folder, other))
    [notice] = [notice for notice in report.notices if notice.pattern == "internal-proposal"]
    assert notice.what == f"proposal {made[1].id}"
    assert f"sent by {sender.address}, called {life.addresses.token}" in notice.detail


def test_a_transaction_that_nobody_signed_is_refused(bundle: Bundle) -> None:
    data = b"\x7e\xc0"
    table = pa.table([[value] for value in (keccak(data), 9, 0, data, pack(()), pack(()))], schema=TRANSACTIONS)
    other = bundle.manifest.with_parts(*write_tables(bundle.folder, Kind.TRANSACTIONS, [table]))
    with pytest.raises(ProofError, match=f"0x{keccak(data).hex()} of block 9"):
        audit_bundle(seal(bundle.folder, other))


def test_a_changed_file_is_refused(bundle: Bundle) -> None:
    (part,) = bundle.manifest.of_kind(Kind.LOGS)
    path = bundle.folder.joinpath(part.file)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ProofError, match=part.file):
        audit_bundle(bundle)


def test_another_end_block_is_refused(bundle: Bundle) -> None:
    manifest = bundle.manifest
    other = Manifest(
        **{name: getattr(manifest, name) for name in manifest.__slots__ if name != "anchor"},
        anchor=Anchor(manifest.to_block, bytes(32)),
    )
    with pytest.raises(ProofError, match="end block"):
        audit_bundle(seal(bundle.folder, other))


def test_reading_ahead_keeps_order_and_raises_in_its_place() -> None:
    def pieces() -> object:
        yield from (1, 2, 3)
        raise ValueError("four")

    taken = []
    with pytest.raises(ValueError, match="four"):
        for piece in ahead(pieces()):  # type: ignore[arg-type]
            taken.append(piece)  # noqa: PERF402
    assert taken == [1, 2, 3]


def test_what_a_proof_contradicts_keeps_its_transaction(bundle: Bundle) -> None:
    found = Contradiction(block=7, contract="", what="code", expected="a", found="b", transaction=b"\x07" * 32)
    report = with_proofs(examine_bundle(bundle), Verdict((), (found,))).report
    assert [(finding.check, finding.transaction) for finding in report.findings] == [("proofs", b"\x07" * 32)]
