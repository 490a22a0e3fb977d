"""The files of ballots: written and read back, refused with the field that is wrong, and of the published shapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dao.ballot.document import Ballot, Request, file_text, read_ballot, read_request
from dao.ballot.schema import MODELS, schema_path, schema_text
from dao.errors import DocumentError

ADDRESS = "0xb19b36b1456E65E3A6D514D3F715f204BD59f431"
COMMON = {"chain_id": 1, "governor": ADDRESS, "governor_name": "DAO", "proposal_id": "7", "voter": ADDRESS}
FULL = {**COMMON, "kind": "full", "choice": "for", "signature": "0x" + "11" * 64}
PLAIN = {**COMMON, "kind": "plain", "choice": "abstain", "nonce": "3", "signature": "0x" + "11" * 65}
SPLIT = {
    **PLAIN,
    "kind": "extended",
    "choice": "split",
    "reason": "both",
    "weights": {"against": "1", "for": str(2**128 - 1), "abstain": "0"},
}


def read(tmp_path: Path, document: Any, reader: Any = read_ballot) -> Any:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return reader(path)


@pytest.mark.parametrize("document", [FULL, PLAIN, SPLIT], ids=["full", "plain", "split"])
def test_what_is_written_is_read_back(tmp_path: Path, document: dict[str, Any]) -> None:
    ballot = read(tmp_path, document)
    path = tmp_path / "again.json"
    path.write_text(file_text(ballot), encoding="utf-8")
    assert read_ballot(path) == ballot
    again = json.loads(path.read_text(encoding="utf-8"))
    assert {"version": 1, "reason": "", **document} == again


@pytest.mark.parametrize(
    ("document", "changes", "words"),
    [
        (FULL, {"version": 2}, "version"),
        (FULL, {"version": "1"}, "version"),
        (FULL, {"kind": "other"}, "kind"),
        (FULL, {"chain_id": "1"}, "chain_id"),
        (FULL, {"chain_id": 1.0}, "chain_id"),
        (FULL, {"chain_id": True}, "chain_id"),
        (FULL, {"governor": ADDRESS.lower()}, "governor"),
        (FULL, {"governor": "alice.eth"}, "governor"),
        (FULL, {"governor_name": ""}, "governor_name"),
        (FULL, {"governor_name": "\ud800"}, "governor_name"),
        (FULL, {"proposal_id": "07"}, "proposal_id"),
        (FULL, {"proposal_id": str(2**256)}, "proposal_id"),
        (FULL, {"proposal_id": "٧"}, "proposal_id"),
        (FULL, {"choice": "FOR"}, "choice"),
        (FULL, {"choice": "split"}, "weights with a split"),
        (FULL, {"weights": SPLIT["weights"]}, "weights with a split"),
        (FULL, {"nonce": "1"}, "nonce"),
        (FULL, {"reason": "x"}, "extended ballot for a reason"),
        (FULL, {"signature": "0x" + "11" * 65}, "64 bytes"),
        (FULL, {"signature": "11" * 64}, "signature"),
        (FULL, {"signature": None}, "signature"),
        (FULL, {"more": 1}, "more"),
        (PLAIN, {"nonce": None}, "nonce"),
        (PLAIN, {"reason": "x"}, "extended ballot for a reason"),
        (PLAIN, {"signature": "0x" + "11" * (32 * 1024 + 1)}, "signature"),
        (SPLIT, {"kind": "plain"}, "extended ballot for a split"),
        (SPLIT, {"weights": None}, "weights with a split"),
        (SPLIT, {"weights": {**SPLIT["weights"], "for": str(2**128)}}, "weights.for"),
        (SPLIT, {"weights": {"against": "1", "for": "1"}}, "weights.abstain"),
        (SPLIT, {"reason": "x" * 10_001}, "reason"),
        (SPLIT, {"reason": "\udfff"}, "reason"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, document: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DocumentError) as error:
        read(tmp_path, {**document, **changes})
    assert words in f"{error.value.field} {error.value}"


def test_a_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_bytes(b" " * (256 * 1024 + 1))
    with pytest.raises(DocumentError, match="too long"):
        read_ballot(path)
    path.write_bytes(b"[" * 100_000)
    with pytest.raises(DocumentError, match="no JSON"):
        read_ballot(path)
    with pytest.raises(DocumentError, match="cannot be read"):
        read_ballot(tmp_path / "missing.json")


def test_a_request_is_no_ballot_and_the_other_way_round(tmp_path: Path) -> None:
    request = read(tmp_path, {**COMMON, "power": "9"}, read_request)
    assert isinstance(request, Request)
    with pytest.raises(DocumentError):
        read(tmp_path, json.loads(file_text(request)))
    with pytest.raises(DocumentError):
        read(tmp_path, FULL, read_request)


@pytest.mark.parametrize("name", MODELS)
def test_the_committed_schemas_are_current(name: str) -> None:
    assert schema_path(name).read_text(encoding="utf-8") == schema_text(name)


def test_the_published_shape_of_a_ballot() -> None:
    """Version 1: a change of these names needs another version."""
    schema = json.loads(schema_text("ballot"))
    assert list(schema["properties"]) == [
        "version", "kind", "chain_id", "governor", "governor_name", "proposal_id", "voter", "choice", "weights",
        "reason", "nonce", "signature",
    ]  # fmt: skip
    assert schema["additionalProperties"] is False
    assert schema["properties"]["version"]["const"] == Ballot.model_fields["version"].default == 1
