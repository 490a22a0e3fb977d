"""Lock files, and the comparison of file and lock with the chain."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from dao.abi import checksum
from dao.errors import DaoError, DocumentError
from dao.proposal.calldata import Context, compile_proposal
from dao.proposal.description import describe
from dao.proposal.document import ProposalDocument, read_proposal
from dao.proposal.identity import identify
from dao.proposal.lock import MAX_BYTES, Lock, lock_path, make_lock, read_lock, write_lock
from dao.proposal.verify import verify
from dao.types import Address, Addresses, Call

TOKEN, TIMELOCK, GOVERNOR, POLICY, PROPOSER = (
    Address(checksum("0x" + f"{0xABCDEF0123456789 + n:040x}")) for n in range(5)
)
CONTEXT = Context(
    addresses=Addresses(token=TOKEN, timelock=TIMELOCK, governor=GOVERNOR, policy=POLICY), symbol="RWD", decimals=18
)
TEXT = """\
title: t
summary: s
actions:
  - transfer: {to: policy, amount: 1 RWD}
  - mint: {to: policy, amount: 2 RWD}
"""


def made() -> tuple[ProposalDocument, Lock, tuple[Call, ...], str]:
    document, _ = read_proposal(TEXT, path="x")
    calls, description = compile_proposal(document, CONTEXT), describe(document, proposer=PROPOSER)
    identity = identify(calls, description, governor=GOVERNOR)
    lock = make_lock(CONTEXT, identity, chain_id=31_337, block=7, base_policy_hash=b"\x01" * 32, proposer=PROPOSER)
    return document, lock, calls, description


def test_round_trip(tmp_path: Path) -> None:
    path = lock_path(tmp_path / "0001-x.yaml")
    assert path.name == "0001-x.lock.json"
    lock = made()[1]
    write_lock(lock, path)
    assert read_lock(path) == lock
    assert read_lock(path).context == CONTEXT
    assert list(tmp_path.iterdir()) == [path], "the temporary file is gone"
    write_lock(lock, path)


def test_another_submission_is_not_overwritten(tmp_path: Path) -> None:
    path, lock = tmp_path / "x.lock.json", made()[1]
    write_lock(lock, path)
    before = path.read_bytes()
    with pytest.raises(DocumentError, match="another submission"):
        write_lock(lock.model_copy(update={"chain_id": 1}), path)
    assert path.read_bytes() == before


def test_a_lock_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be written"):
        write_lock(made()[1], tmp_path / "none" / "x.lock.json")
    assert list(tmp_path.iterdir()) == []


WRONG: list[tuple[str, Any]] = [
    ("version", 2),
    ("chain_id", "31337"),
    ("chain_id", -1),
    ("chain_id", 1.0),
    ("block", True),
    ("decimals", 256),
    ("decimals", "18"),
    ("symbol", 5),
    ("proposer", "0x" + "ab" * 20),
    ("proposal_id", "0x12"),
    ("proposal_id", str(2**256)),
    ("proposal_id", "01"),
    ("base_policy_hash", "0x12"),
    ("base_policy_hash", "0x" + "AB" * 32),
    ("description_hash", None),
    ("addresses", {}),
    ("more", 1),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_field_is_named(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "x.lock.json"
    content = made()[1].model_dump(mode="json")
    path.write_text(json.dumps({**content, field: value}), encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        read_lock(path)
    assert caught.value.field.split(".")[0] == field
    assert caught.value.path == str(path)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff", b'{"version": 1, "version": 1}', b"[" * 50_000, b" " * (MAX_BYTES + 1), b"1" * 5_000],
)
def test_what_is_no_lock(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.lock.json"
    path.write_bytes(data)
    with pytest.raises(DocumentError):
        read_lock(path)
    with pytest.raises(DocumentError):
        read_lock(tmp_path / "none.json")


def test_a_repeated_key_and_a_long_file_are_refused_though_the_rest_is_right(tmp_path: Path) -> None:
    path, text = tmp_path / "x.lock.json", json.dumps(made()[1].model_dump(mode="json"))
    path.write_text(text.replace("{", '{"chain_id": 1, ', 1), encoding="utf-8")
    with pytest.raises(DocumentError, match="no JSON"):
        read_lock(path)
    path.write_text(text + " " * (MAX_BYTES - len(text)), encoding="utf-8")
    assert read_lock(path) == made()[1]
    path.write_text(text + " " * (MAX_BYTES - len(text) + 1), encoding="utf-8")
    with pytest.raises(DocumentError, match="too long"):
        read_lock(path)


def test_the_same_proposal_verifies() -> None:
    document, lock, calls, description = made()
    assert verify(document, lock, calls=calls, description=description) == ()


def test_every_difference_is_named() -> None:
    document, lock, calls, description = made()

    def fields(**changes: Any) -> set[str]:
        given = {"document": document, "lock": lock, "calls": calls, "description": description, **changes}
        found = verify(given["document"], given["lock"], calls=given["calls"], description=given["description"])
        return {difference.field for difference in found}

    other = [calls[0], dataclasses.replace(calls[1], value=1)]
    assert fields(calls=other) == {"calls.1.value"}
    assert fields(calls=[calls[0], dataclasses.replace(calls[1], target=POLICY)]) == {"calls.1.target"}
    assert fields(calls=[dataclasses.replace(calls[0], calldata=calls[0].calldata + b"\0"), calls[1]]) == {
        "calls.0.calldata"
    }
    assert fields(calls=calls[:1]) == {"calls"}
    assert fields(calls=calls[::-1]) == {"calls.0.calldata", "calls.1.calldata"}
    assert fields(description=description + " ") == {"description"}
    assert fields(lock=lock.model_copy(update={"proposal_id": 5})) == {"proposal_id"}
    assert fields(lock=lock.model_copy(update={"description_hash": bytes(32)})) == {"description_hash"}
    assert fields(lock=lock.model_copy(update={"decimals": 6})) == {
        "proposal_id",
        "calls.0.calldata",
        "calls.1.calldata",
    }
    changed = document.model_copy(update={"title": "T"})
    assert fields(document=changed) == {"proposal_id", "description_hash", "description"}
    with pytest.raises(DaoError):
        fields(lock=lock.model_copy(update={"symbol": "X"}))
