"""Payouts to a receiver by signature: what the account signed counts for that alone, whoever sends it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from dao.abi import encode, keccak
from dao.chain.accounts import KeySigner
from dao.chain.distributor import Series
from dao.claim_order import ClaimOrder, read_claim_order
from dao.errors import AccountError, DocumentError, EpochError
from dao.lifecycle.epochs import claim_to as room
from dao.lifecycle.epochs.claim import claim
from dao.lifecycle.epochs.claim_to import Signed, Terms, claim_to, send_order, sign_to
from dao.lifecycle.epochs.due import Standing
from dao.lifecycle.epochs.local import Selection, payouts_of
from dao.lifecycle.epochs.published import distributor_of
from dao.render.claims import order_text
from dao.types import Address
from tests.support import epochs
from tests.support.ballots import standing_in
from tests.support.chain import ACCOUNTS, DEPLOYER, STRANGER, TOKEN, Dao, deployed
from tests.support.compiled import compiled
from tests.support.epochs import JOBS, RESERVE, WINDOW, balances

KEY = KeySigner(Account.from_key(keccak(b"a contributor without ether")))
OTHER = KeySigner(Account.from_key(keccak(b"somebody else")))
MINE = KEY.address
BOB = ACCOUNTS[2]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """Epoch 1 is open."""
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        epochs.pay_reserve(dao)
        epochs.opened(dao, 1, {JOBS: {MINE: 10 * TOKEN, BOB: 5}, RESERVE: {MINE: 1}})
        yield dao


@pytest.fixture(scope="module")
def contract(chain: Dao) -> Address:
    """A contract account for which KEY answers; epoch 2 pays it, and is open as well."""
    account = standing_in(chain, compiled("ContractAccount").creation + encode(("address",), (MINE,)))
    epochs.opened(chain, 2, {JOBS: {MINE: 4, account: 8 * TOKEN, BOB: 6}})
    epochs.until_over(chain, 3)
    return account


@pytest.fixture
def root(contract: Address, dao: Dao, tmp_path: Path) -> Path:
    shutil.copytree(epochs.folder_of(dao), tmp_path / "epochs")
    return tmp_path / "epochs"


def signed(
    dao: Dao, root: Path, account: Address = MINE, signer: KeySigner = KEY, *, deadline: int | None = None, **named: Any
) -> Signed:
    local = payouts_of(root, account, Selection(**named))
    return sign_to(dao.session(), local, lambda: signer, receiver=DEPLOYER, deadline=deadline)


def changed(order: ClaimOrder, change: Callable[[dict[str, Any]], object]) -> ClaimOrder:
    document = order.model_dump(mode="json")
    change(document)
    return ClaimOrder.model_validate(document)


def unsent(dao: Dao, order: ClaimOrder) -> list[tuple[Standing, str | None]]:
    before = dao.nonces()
    made = send_order(dao.session(STRANGER), order)
    assert dao.nonces() == before
    assert not made.complete
    return [(entry.standing, entry.reason) for entry in made.entitlements]


def test_signed_without_ether_and_sent_by_a_stranger(dao: Dao, root: Path, tmp_path: Path) -> None:
    before = dao.nonces()
    made = signed(dao, root)
    assert (dao.nonces(), dao.connection.nonce(MINE)) == (before, 0)
    path = tmp_path / "order.json"
    path.write_text(order_text(made.order), encoding="utf-8")
    order = read_claim_order(path)
    assert order == made.order
    held = balances(dao, [MINE, DEPLOYER])
    sent = send_order(dao.session(STRANGER), order)
    assert [entry.standing for entry in sent.entitlements] == [Standing.PAID] * 3
    assert (sent.paid, sent.receiver, sent.complete) == (10 * TOKEN + 5, DEPLOYER, True)
    assert balances(dao, [MINE, DEPLOYER]) == [held[0], held[1] + 10 * TOKEN + 5]
    # The same file again pays nobody.
    before = dao.nonces()
    again = send_order(dao.session(STRANGER), order)
    assert {entry.standing for entry in again.entitlements} == {Standing.CLAIMED}
    assert dao.nonces() == before


def test_a_contract_account_by_erc_1271(dao: Dao, root: Path, contract: Address) -> None:
    made = signed(dao, root, contract)
    (held,) = balances(dao, [DEPLOYER])
    assert send_order(dao.session(STRANGER), made.order).paid == 8 * TOKEN
    assert balances(dao, [DEPLOYER]) == [held + 8 * TOKEN]


@pytest.mark.parametrize("kind", ["key", "contract"])
def test_another_key_signs_for_nobody(dao: Dao, root: Path, contract: Address, kind: str) -> None:
    with pytest.raises(AccountError, match="not the account's"):
        signed(dao, root, MINE if kind == "key" else contract, OTHER)


def test_several_signatures_where_one_would_cover_too_much(
    dao: Dao, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_PAYOUTS", 2)
    made = signed(dao, root)
    assert [len(each.payouts) for each in made.order.claims] == [2, 1]
    sent = send_order(dao.session(STRANGER), made.order)
    assert (len(sent.sent), sent.paid) == (2, 10 * TOKEN + 5)


def test_the_document_for_wallets_is_what_is_signed(dao: Dao) -> None:
    keys = [Series(JOBS, 1), Series(RESERVE, 2, 3)]
    typed = claim_to(distributor_of(dao.session()).address, 31337, MINE, Terms(receiver=DEPLOYER, deadline=99), keys)
    document = json.loads(json.dumps(typed.document()))
    message = encode_typed_data(full_message=document)
    assert keccak(b"\x19" + message.version + message.header + message.body) == typed.digest
    assert document["message"]["payouts"][1]["series"] == "3"
    assert document["types"]["PayoutKey"][0] == {"name": "stream", "type": "bytes32"}
    signature = Account.sign_typed_data(KEY._account.key, full_message=document).signature
    assert signature == KEY.sign_typed(typed)


# ------------------------------------------------------------ what does not count


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(receiver=BOB),
        lambda d: d.update(account=BOB),
        lambda d: d.update(deadline=d["deadline"] + 1),
        lambda d: d["claims"][0]["payouts"][0].update(epoch=2),
        lambda d: d["claims"][0]["payouts"].pop(),
        lambda d: d["claims"][0].update(signature="0x" + "11" * 65),
        lambda d: d["claims"][0].update(signature="0x"),
    ],
    ids=["receiver", "account", "deadline", "epoch", "payouts", "signature", "no signature"],
)
def test_what_was_not_signed(dao: Dao, root: Path, change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(EpochError, match="not signed by its account") as error:
        send_order(dao.session(STRANGER), changed(signed(dao, root).order, change))
    assert error.value.remedy


@pytest.mark.parametrize("what", ["amount", "proof"])
def test_what_the_signature_does_not_cover_is_proven_anyway(dao: Dao, root: Path, what: str) -> None:
    def change(document: dict[str, Any]) -> None:
        payout = document["claims"][0]["payouts"][0]
        payout.update(amount=str(int(payout["amount"]) + 1) if what == "amount" else payout["amount"])
        payout.update(proof=["0x" + "22" * 32] if what == "proof" else payout["proof"])

    found = unsent(dao, changed(signed(dao, root).order, change))
    assert found[0][0] is Standing.OTHER_TREE
    assert [standing for standing, _ in found[1:]] == [Standing.FAILED] * 2
    assert "signed together with compute/jobs of epoch 1" in (found[1][1] or "")


def test_one_of_several_was_claimed_meanwhile(dao: Dao, root: Path) -> None:
    made = signed(dao, root)
    claim(dao.session(BOB), payouts_of(root, MINE, Selection(epochs=(2,))))
    found = unsent(dao, made.order)
    assert [standing for standing, _ in found] == [Standing.FAILED, Standing.FAILED, Standing.CLAIMED]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(chain_id=1), "another chain"),
        (lambda d: d.update(distributor=BOB), "another contract"),
    ],
    ids=["chain", "contract"],
)
def test_for_another_chain_or_contract(dao: Dao, root: Path, change: Callable[[Any], object], words: str) -> None:
    with pytest.raises(EpochError, match=words):
        send_order(dao.session(STRANGER), changed(signed(dao, root).order, change))


def test_after_the_deadline(dao: Dao, root: Path) -> None:
    made = signed(dao, root, deadline=dao.connection.block().timestamp + 600)
    dao.advance(700)
    with pytest.raises(EpochError, match="counts no longer"):
        send_order(dao.session(STRANGER), made.order)
    with pytest.raises(EpochError, match="counts no longer"):
        signed(dao, root, deadline=dao.connection.block().timestamp - 1)


def test_only_what_is_due_is_signed(dao: Dao, root: Path) -> None:
    series = epochs.publish(dao, epochs.write(dao, 3, {JOBS: {MINE: 9}}, folder=root))
    with pytest.raises(EpochError, match="nothing of this account is due") as error:
        signed(dao, root, epochs=(3,))
    assert "not open yet" in str(error.value.found)
    made = signed(dao, root)
    covered = [(payout.stream, payout.epoch) for payout in made.order.claims[0].payouts]
    assert covered == [(JOBS, 1), (RESERVE, 1), (JOBS, 2)]
    assert made.entitlements[-1].series == series
    dao.advance(WINDOW)
    assert len(signed(dao, root).order.claims[0].payouts) == 4


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(more=1),
        lambda d: d.update(version=2),
        lambda d: d.update(receiver=DEPLOYER.swapcase()),
        lambda d: d["claims"].clear(),
        lambda d: d["claims"][0]["payouts"][0].update(amount="-1"),
        lambda d: d["claims"][0]["payouts"][0].update(amount=str(2**128)),
        lambda d: d["claims"][0]["payouts"][0].update(stream="compute/Jobs!"),
        lambda d: d["claims"][0]["payouts"][0].update(epoch=2**32),
        lambda d: d["claims"][0]["payouts"][0].update(proof=["0x12"]),
        lambda d: d["claims"][0]["payouts"][0].update(proof=["0x" + "00" * 32] * 65),
    ],
)
def test_files_that_are_no_orders(
    dao: Dao, root: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    document = signed(dao, root).order.model_dump(mode="json")
    change(document)
    path = tmp_path / "order.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DocumentError):
        read_claim_order(path)
