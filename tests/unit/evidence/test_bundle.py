"""A bundle is what its manifest says, byte for byte, or it is refused with the file's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dao.abi import checksum, keccak
from dao.errors import CodecError, FileError, ProofError
from dao.events.log import RawLog
from dao.evidence import parts
from dao.evidence.bundle import MANIFEST, Bundle, extend, open_bundle, read_batches, seal
from dao.evidence.logs import from_raw, to_raw
from dao.evidence.manifest import Anchor, Contracts, Kind, Manifest, canonical, read_manifest
from tests.support.served import CONTRACTS

LOGS = [
    RawLog(
        address=checksum(bytes([number % 4 + 1]) * 20),
        topics=tuple(keccak(bytes([place])) for place in range(number % 5)),
        data=bytes(number % 70),
        block_number=number // 3,
        block_hash=keccak(bytes([number // 3])),
        timestamp=number // 3 * 12,
        transaction_hash=keccak(bytes([number])),
        transaction_index=number % 3,
        log_index=number % 3,
    )
    for number in range(100)
]


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setattr(parts, "ROWS", 40)
    written = parts.write_tables(tmp_path, Kind.LOGS, [from_raw(LOGS[:33]), from_raw(LOGS[33:90]), from_raw(LOGS[90:])])
    manifest = Manifest(
        chain_id=1,
        contracts=Contracts.of_deployment(CONTRACTS),
        from_block=0,
        to_block=33,
        anchor=Anchor(33, keccak(b"end")),
        parts=tuple(written),
        asked=3,
        agreed=2,
    )
    return seal(tmp_path, manifest)


def test_what_was_written_is_read_in_order(bundle: Bundle) -> None:
    """Every part ends where a block does."""
    opened = open_bundle(bundle.folder)
    assert opened.manifest == bundle.manifest
    assert [(part.rows, part.first_block, part.last_block) for part in opened.manifest.parts] == [
        (42, 0, 13),
        (42, 14, 27),
        (16, 28, 33),
    ]
    assert [log for batch in read_batches(opened) for log in to_raw(batch)] == LOGS
    assert opened.manifest.contracts.deployment() == CONTRACTS


def test_a_bundle_is_extended_and_sealed_anew(bundle: Bundle) -> None:
    before = bundle.manifest.content_hash()
    more = extend(bundle, Kind.STATE, b'{"a": 1}')
    opened = open_bundle(bundle.folder)
    assert opened.manifest.content_hash() == more.manifest.content_hash() != before
    assert opened.document(Kind.STATE) == b'{"a": 1}'
    assert opened.document(Kind.CODE) is None
    opened.verify()


def flip(data: bytes) -> bytes:
    return data[:100] + bytes([data[100] ^ 1]) + data[101:]


@pytest.mark.parametrize("damage", [flip, lambda data: data[:-1], lambda data: b""], ids=["flipped", "short", "empty"])
def test_a_changed_file_is_named(bundle: Bundle, damage: Callable[[bytes], bytes]) -> None:
    path = bundle.folder / "logs-00001.parquet"
    path.write_bytes(damage(path.read_bytes()))
    for reading in (bundle.verify, lambda: list(bundle.batches())):
        with pytest.raises(ProofError) as error:
            reading()
        assert "logs-00001.parquet" in error.value.what
        assert error.value.expected != error.value.found
        assert error.value.remedy


def test_a_lacking_file_is_named(bundle: Bundle) -> None:
    bundle.folder.joinpath("logs-00002.parquet").unlink()
    with pytest.raises(ProofError, match="logs-00002"):
        bundle.verify()


def resealed(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What somebody does who computes the content hash anew."""

    def change(document: dict[str, Any]) -> dict[str, Any]:
        import hashlib

        changed = {name: value for name, value in {**document, **changes}.items() if name != "content_hash"}
        return {**changed, "content_hash": hashlib.sha256(canonical(changed)).hexdigest()}

    return change


CHANGES = {
    "content": lambda document: {**document, "to_block": 34},
    "more": resealed(more=1),
    "format": resealed(format="reward-dao evidence 2"),
    "negative": resealed(from_block=-1),
    "truth": resealed(chain_id=True),
    "path": resealed(
        parts=[
            {
                "file": "../x",
                "kind": "logs",
                "rows": 1,
                "bytes": 1,
                "sha256": "00" * 32,
                "first_block": 0,
                "last_block": 0,
            }
        ]
    ),
    "kind": resealed(contracts={"kind": "x", "addresses": {}, "profile": ""}),
    "address": resealed(
        contracts={"kind": "governor", "addresses": {"governor": "0x12", "token": "0x12"}, "profile": ""}
    ),
    "hash": resealed(anchor={"number": 33, "hash": "0x12"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_manifest_is_refused(bundle: Bundle, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path = bundle.folder / MANIFEST
    path.write_text(json.dumps(change(json.loads(path.read_bytes())), indent=2, sort_keys=True) + "\n")
    with pytest.raises(ProofError, match=r"manifest\.json"):
        open_bundle(bundle.folder)


def test_another_governor_has_a_profile(bundle: Bundle) -> None:
    governor, token = CONTRACTS.governor, CONTRACTS.token
    contracts = Contracts.of_governor(governor=governor, token=token, profile='{"clock":"blocks"}')
    sealed = seal(bundle.folder, Manifest(**{**_fields(bundle.manifest), "contracts": contracts}))
    assert read_manifest(sealed.manifest.encode()).contracts == contracts
    assert contracts.governor == governor
    with pytest.raises(CodecError):
        contracts.deployment()


def _fields(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}


def test_no_bundle_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError) as error:
        open_bundle(tmp_path)
    assert "audit collect" in str(error.value.remedy)
