"""Transactions for a multisig: written as Safe's Transaction Builder reads them, and worth what sending would be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from dao.chain.accounts import NoSigner
from dao.errors import AccountError, CallReverted, FileError, Unsent, VoteRefused
from dao.lifecycle.delegate import delegate
from dao.lifecycle.proposals import find
from dao.lifecycle.safe import SafeCall, batch, checksum
from dao.lifecycle.session import Session
from dao.lifecycle.submit import submit
from dao.lifecycle.vote import cast
from dao.types import Address, Support
from tests.support.chain import ACCOUNTS, CUT, ROOT, STRANGER, TOKEN, VOTING_DELAY, Dao

FIRST, SECOND, THIRD, _, _ = ACCOUNTS
SAFE = Address("0xDF8a1Ce35c9a6ACE153B4e0767942f1E2291a1Aa")

# The batch and its checksum in the Transaction Builder's own test.
ADDRESS = "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6"


def method(name: str, kind: str, parameter: str) -> dict[str, Any]:
    inputs = [{"internalType": kind, "name": parameter, "type": kind}]
    return {"inputs": inputs, "name": name, "payable": False}


PUBLISHED: dict[str, Any] = {
    "version": "1.0",
    "chainId": "4",
    "createdAt": 1646321521061,
    "meta": {
        "name": "test batch file",
        "txBuilderVersion": "1.4.0",
        "checksum": "",
        "createdFromSafeAddress": SAFE,
        "createdFromOwnerAddress": ADDRESS,
    },
    "transactions": [
        {
            "to": ADDRESS,
            "value": "0",
            "contractMethod": method("testAddress", "address", "paramAddress"),
            "contractInputsValues": {"paramAddress": ADDRESS},
        },
        {
            "to": ADDRESS,
            "value": "0",
            "contractMethod": method("testBool", "bool", "paramBool"),
            "contractInputsValues": {"paramAddress": "", "paramBool": "false"},
        },
        {
            "to": ADDRESS,
            "value": "2000000000000000000",
            "data": f"0x42f4579{'0' * 25}{ADDRESS[2:].lower()}",
        },
    ],
}
CHECKSUM = "0x4ecbfd364aa6759983915644e73f8bd411e85a2dc306f252a387c2728c4db64c"


def test_the_checksum_is_that_of_the_transaction_builder() -> None:
    assert checksum(PUBLISHED) == CHECKSUM
    # The order of keys and the name do not count; the order of transactions does.
    assert checksum(dict(reversed(PUBLISHED.items()))) == CHECKSUM
    assert checksum({**PUBLISHED, "meta": {**PUBLISHED["meta"], "name": "another"}}) == CHECKSUM
    assert checksum({**PUBLISHED, "transactions": PUBLISHED["transactions"][::-1]}) != CHECKSUM


def test_a_batch_carries_its_checksum() -> None:
    made = batch([SafeCall(FIRST, 5, b"\x12")], chain_id=1, account=SAFE, name="é", created=7)
    without = {**made, "meta": {key: value for key, value in made["meta"].items() if key != "checksum"}}
    assert made["meta"]["checksum"] == checksum(without)
    assert (made["version"], made["chainId"], made["createdAt"]) == ("1.0", "1", 7_000)
    assert made["transactions"] == [
        {"to": FIRST, "value": "5", "data": "0x12", "contractMethod": None, "contractInputsValues": None}
    ]


def multisig(dao: Dao, path: Path, account: Address = SAFE) -> Session:
    return Session(
        connection=dao.connection,
        deployment=dao.deployment,
        contracts=dao.session().contracts,
        signer=NoSigner(account),
        unsigned=path,
    )


def written(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    meta = {key: value for key, value in document["meta"].items() if key != "checksum"}
    assert document["meta"]["checksum"] == checksum({**document, "meta": meta})
    return document


def execute(dao: Dao, path: Path) -> None:
    """Does what the multisig's owners would have it do."""
    document = written(path)
    account = Address(document["meta"]["createdFromSafeAddress"])
    dao.impersonate(account)
    for entry in document["transactions"]:
        dao.send(account, Address(entry["to"]), bytes.fromhex(entry["data"][2:]), int(entry["value"]))


def test_a_multisig_delegates_votes_and_proposes(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / "batch.json"
    session = multisig(dao, path)
    dao.call(SECOND, "token", "transfer", SAFE, 200_000 * TOKEN)
    before = dao.nonces()
    shown: list[str] = []
    with pytest.raises(Unsent) as unsent:
        delegate(session, SAFE, confirm=lambda outgoing: shown.append(outgoing.function))
    assert shown == ["delegate(address)"]
    assert (unsent.value.transactions, unsent.value.exit_code) == (1, 0)
    document = written(path)
    assert document["chainId"] == "31337"
    assert document["meta"]["createdFromSafeAddress"] == SAFE
    assert unsent.value.checksum == document["meta"]["checksum"]
    assert dao.nonces() == before
    execute(dao, path)
    assert dao.session().contracts.token.votes(SAFE) == 200_000 * TOKEN
    # Run again when it is executed, a command finds that nothing is left to do.
    assert delegate(session, SAFE).receipt is None

    dao.advance(1)
    file = shutil.copy(ROOT / "proposals" / CUT, tmp_path / CUT)
    with pytest.raises(Unsent):
        submit(session, file)
    assert [entry.name for entry in sorted(tmp_path.iterdir())] == [CUT, "batch.json"]
    execute(dao, path)
    done = submit(session, file)
    assert (done.receipt, done.prepared.proposer) == (None, SAFE)
    assert done.lock.is_file()

    dao.advance(VOTING_DELAY + 1)
    proposal = find(session, "latest")
    with pytest.raises(Unsent):
        cast(session, proposal, Support.FOR, reason="as the council decided")
    execute(dao, path)
    assert dao.session().contracts.governor.standings([proposal.proposal_id])[0].for_votes == 200_000 * TOKEN
    with pytest.raises(VoteRefused, match="voted already"):
        cast(session, proposal, Support.FOR)


def test_what_would_fail_is_not_written(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / "batch.json"
    proposal = dao.submit()
    from dao.lifecycle.advance import cancel

    with pytest.raises(CallReverted):
        cancel(multisig(dao, path), proposal)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_where_the_new_cannot_be_written(dao: Dao, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        delegate(multisig(dao, tmp_path / "none" / "batch.json", STRANGER), FIRST)
    assert list(tmp_path.iterdir()) == []


def test_nobody_signs_for_a_multisig(dao: Dao) -> None:
    signer = NoSigner(SAFE)
    for attempt in (lambda: signer.sign({}), lambda: signer.send(dao.connection, {})):
        with pytest.raises(AccountError, match="nobody here signs"):
            attempt()
    assert THIRD != SAFE
