"""`dao epoch proof`, `claim` and `history` as they are typed."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from dao.abi import keccak
from dao.chain.accounts import KeySigner
from dao.lifecycle.journal import save
from dao.payouts import libraries
from dao.payouts.publication import Publication, verify
from tests.support import epochs
from tests.support.chain import ACCOUNTS, DEPLOYER, STRANGER, TOKEN, Dao, checkout, deployed, rewound
from tests.support.cli import Invoke, Result, invoker
from tests.support.epochs import JOBS, RESERVE, balances

ALICE, BOB, CAROL = ACCOUNTS[1], ACCOUNTS[2], ACCOUNTS[3]
PASSWORD = "only for this test 5c1"
KEY = KeySigner(Account.from_key(keccak(b"a contributor by keystore")))
KEYED = ("--keystore", "key.json", "--password-file", "password")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    folder = checkout(tmp_path_factory.mktemp("dao"))
    with deployed(folder) as dao:
        save(folder / "deployments" / "31337.json", dao.deployment)
        key = json.dumps(Account.encrypt(keccak(b"a contributor by keystore"), PASSWORD, iterations=2))
        (folder / "key.json").write_text(key, encoding="utf-8")
        (folder / "key.json").chmod(0o600)
        (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        epochs.pay_reserve(dao)
        pays = {JOBS: {ALICE: 30 * TOKEN, BOB: 5, KEY.address: 9 * TOKEN}, RESERVE: {ALICE: 7 * TOKEN, CAROL: 1}}
        epochs.opened(dao, 1, pays)
        epochs.opened(dao, 2, {JOBS: {ALICE: 2 * TOKEN + 5, BOB: 6}})
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def invoke(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(dao.folder, monkeypatch, capsys)


@pytest.fixture
def epoch(dao: Dao, invoke: Invoke) -> Invoke:
    """Runs `dao epoch` against the chain."""

    def run(*arguments: str, code: int | None = 0) -> Result:
        return invoke("epoch", *arguments, "--rpc", dao.connection.url, code=code)

    return run


# ------------------------------------------------------------ proof


def test_a_proof_needs_no_network_and_claims_anywhere(dao: Dao, invoke: Invoke) -> None:
    """The call in the JSON is sent as it stands, as a block explorer or ethers would."""
    found = invoke("epoch", "proof", "--account", ALICE.lower(), "--epoch", "1", "--stream", JOBS, "--json").json()
    (payout,) = found["payouts"]
    assert (payout["amount"], payout["stream"], payout["epoch"]) == (str(30 * TOKEN), JOBS, 1)
    publication = Publication(chain_id=31337, distributor=payout["distributor"], stream=JOBS, epoch=1)
    leaf = publication.leaf(ALICE, 30 * TOKEN)
    nodes = [bytes.fromhex(node[2:]) for node in payout["proof"]]
    assert payout["leaf"] == "0x" + leaf.hex()
    assert verify(bytes.fromhex(payout["root"][2:]), leaf, nodes)
    call = payout["claim"]
    account, (stream, *rest) = call["arguments"]
    assert (account, stream) == (ALICE, "0x" + keccak(JOBS.encode()).hex())
    assert rest == [1, 0, str(30 * TOKEN), payout["proof"]]
    assert call["function"] == "claim(address,(bytes32,uint32,uint32,uint128,bytes32[]))"
    (held,) = balances(dao, [ALICE])
    dao.send(STRANGER, call["to"], bytes.fromhex(call["data"][2:]))
    assert balances(dao, [ALICE]) == [held + 30 * TOKEN]


def test_a_proof_as_a_table(invoke: Invoke, dao: Dao, tmp_path: Path) -> None:
    shown = invoke("epoch", "proof", "--account", ALICE).out
    assert "30 RENDER (30_000_000_000_000_000_000 of the smallest unit)" in shown
    assert shown.count("leaf ") == 3
    # Where there is no deployment file, there is no unit either.
    shutil.copytree(epochs.folder_of(dao), tmp_path / "epochs")
    bare = invoke(
        "epoch", "proof", "--account", CAROL, "--epochs", str(tmp_path / "epochs"), "--deployment", "x", code=1
    )
    assert "there is no deployment here" in bare.err


def test_a_damaged_folder_is_told(invoke: Invoke, dao: Dao, tmp_path: Path) -> None:
    shutil.copytree(epochs.folder_of(dao), tmp_path / "epochs")
    (tmp_path / "epochs" / "2" / "summary.json").write_text('{"x": "\u202e"}', encoding="utf-8")
    shown = invoke("epoch", "proof", "--account", ALICE, "--epochs", str(tmp_path / "epochs"), code=1)
    assert "epoch 2: " in shown.out
    assert "\u202e" not in shown.out
    assert shown.out.count("leaf ") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--account", STRANGER), "the account is paid nothing there"),
        (("--account", ALICE, "--epoch", "8"), "the payouts of epoch 8 are not here"),
        (("--account", ALICE, "--stream", "x"), "no epoch here has this leaf stream"),
        (("--account", ALICE, "--epochs", "none"), "there are no epochs here"),
        (("--account", "nobody"), "there is no such account"),
        ((), "whose account is meant is not said"),
    ],
)
def test_no_proof(invoke: Invoke, arguments: tuple[str, ...], words: str) -> None:
    result = invoke("epoch", "proof", *arguments, code=1)
    assert words in result.err
    assert result.out == ""


# ------------------------------------------------------------ claim


def test_claiming(dao: Dao, epoch: Invoke) -> None:
    (held,) = balances(dao, [ALICE])
    made = epoch("claim", "--from", ALICE, "--yes")
    assert "3 payouts, together 39.000000000000000005 RENDER, in 1 transaction" in made.err
    assert "paid to" in made.out
    assert balances(dao, [ALICE]) == [held + 39 * TOKEN + 5]
    again = epoch("claim", "--from", ALICE, "--json").json()
    assert (again["complete"], again["transactions"]) == (True, [])
    assert {payout["standing"] for payout in again["payouts"]} == {"claimed"}


def test_nothing_is_sent_unasked(dao: Dao, epoch: Invoke) -> None:
    before = dao.nonces()
    assert "add --yes" in epoch("claim", "--from", ALICE, code=2).err
    assert "add --yes" in epoch("claim", "--from", ALICE, "--for", accounts(dao, [BOB]), code=2).err
    assert dao.nonces() == before


def test_what_cannot_be_claimed_ends_with_1(dao: Dao, epoch: Invoke) -> None:
    epochs.void(dao, epochs.Series(RESERVE, 1))
    made = epoch("claim", "--from", CAROL, "--yes", code=1)
    assert "voided" in made.out
    assert "nothing was sent" in made.out


def test_to_another_receiver(dao: Dao, epoch: Invoke) -> None:
    (held,) = balances(dao, [DEPLOYER])
    made = epoch("claim", "--from", ALICE, "--to", DEPLOYER, "--epoch", "2", "--yes", "--json").json()
    assert (made["receiver"], made["paid"]) == (DEPLOYER, str(2 * TOKEN + 5))
    assert balances(dao, [DEPLOYER]) == [held + 2 * TOKEN + 5]


def test_signed_by_one_and_sent_by_another(dao: Dao, epoch: Invoke) -> None:
    (held,) = balances(dao, [DEPLOYER])
    signed = epoch("claim", "--sign-to", DEPLOYER, *KEYED, "--deadline", "2100-01-01")
    assert f"paid to {DEPLOYER}" in signed.err
    path = f"claims/{KEY.address}-{DEPLOYER}.json"
    assert f"wrote {path}" in signed.out
    assert PASSWORD not in signed.out + signed.err
    made = epoch("claim", "--signed", path, "--from", STRANGER, "--yes", "--json").json()
    assert (made["account"], made["receiver"], made["paid"]) == (KEY.address, DEPLOYER, str(9 * TOKEN))
    assert balances(dao, [DEPLOYER]) == [held + 9 * TOKEN]
    assert "claimed before" in epoch("claim", "--signed", path, "--from", STRANGER, "--yes").out


def test_signed_by_an_account_of_the_node(dao: Dao, epoch: Invoke) -> None:
    """The node is asked for a signature of nested structs (`eth_signTypedData_v4`)."""
    (held,) = balances(dao, [DEPLOYER])
    made = epoch("claim", "--sign-to", DEPLOYER, "--from", ALICE, "--output", "order.json", "--json").json()
    assert (made["file"], made["receiver"], len(made["claims"][0]["payouts"])) == ("order.json", DEPLOYER, 3)
    epoch("claim", "--signed", "order.json", "--from", STRANGER, "--yes")
    assert balances(dao, [DEPLOYER]) == [held + 39 * TOKEN + 5]


def accounts(dao: Dao, listed: list[str]) -> str:
    path = dao.folder / "accounts.csv"
    path.write_text("\r\n".join(["account", *listed]), encoding="utf-8")
    return str(path)


def test_for_many(dao: Dao, epoch: Invoke) -> None:
    held = balances(dao, [ALICE, BOB, CAROL])
    epoch("claim", "--from", BOB, "--epoch", "2", "--yes")
    shown = epoch("claim", "--for", accounts(dao, [ALICE, BOB, CAROL]), "--from", STRANGER, "--yes")
    assert "5 payouts in 3 transactions" in shown.err
    assert "together 39.000000000000000011 RENDER" in shown.err
    assert balances(dao, [ALICE, BOB, CAROL]) == [held[0] + 39 * TOKEN + 5, held[1] + 11, held[2] + 1]
    made = epoch("claim", "--for", accounts(dao, [ALICE, BOB]), "--from", STRANGER, "--yes", "--json").json()
    assert (made["complete"], made["transactions"]) == (True, [])
    assert [entry["claimed_before"] for entry in made["publications"]] == [2, 1, 2]
    wrong = epoch("claim", "--for", accounts(dao, [BOB, DEPLOYER]), "--from", STRANGER, "--yes", code=1)
    assert f"paid by none of these: {DEPLOYER}" in wrong.out


def test_a_bad_list_names_line_and_field(dao: Dao, epoch: Invoke) -> None:
    path = accounts(dao, [ALICE, "0xhello\u202e"])
    result = epoch("claim", "--for", path, "--from", STRANGER, "--yes", code=1)
    assert f"{path}:3 account" in result.err
    assert "\\u202e" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--to", ALICE, "--for", "accounts.csv"),
        ("--deadline", "2100-01-01"),
        ("--output", "x.json"),
        ("--signed", "accounts.csv", "--epoch", "1"),
        ("--sign-to", ALICE, "--unsigned", "safe.json"),
        ("--to", "0x12"),
        ("--for", "no-such-file.csv"),
        ("--epoch", "-1"),
    ],
)
def test_wrong_usage(dao: Dao, epoch: Invoke, arguments: tuple[str, ...]) -> None:
    accounts(dao, [ALICE])
    assert epoch("claim", "--from", ALICE, "--yes", *arguments, code=2).out == ""


# ------------------------------------------------------------ history


def test_history(dao: Dao, epoch: Invoke) -> None:
    epoch("claim", "--from", ALICE, "--epoch", "1", "--yes")
    shown = epoch("history", "--account", ALICE).out
    assert "37 RENDER" not in shown
    assert "30 RENDER" in shown
    assert "2.000000000000000005 RENDER" in shown
    found = epoch("history", "--from", ALICE, "--json").json()
    assert [entry["standing"] for entry in found["others"]] == ["due"]
    assert found["totals"][JOBS] == {
        "paid": str(30 * TOKEN),
        "open": str(2 * TOKEN + 5),
        "waiting": "0",
        "lost": "0",
    }
    assert "wrote paid.csv" in epoch("history", "--account", ALICE, "--csv", "paid.csv").out
    assert (dao.folder / "paid.csv").read_bytes().count(b"\r\n") == 4
    assert "was paid nothing" in epoch("history", "--account", DEPLOYER).out


def test_history_where_no_folder_is(dao: Dao, epoch: Invoke) -> None:
    moved = dao.folder / "elsewhere"
    (dao.folder / "epochs").rename(moved)
    try:
        assert "was paid nothing" in epoch("history", "--account", ALICE).out
        assert "there are no epochs here" in epoch("history", "--account", ALICE, "--epochs", "epochs", code=1).err
        found = epoch("history", "--account", ALICE, "--epochs", "elsewhere", "--json").json()
        assert len(found["others"]) == 3
    finally:
        moved.rename(dao.folder / "epochs")


def test_the_clock_of_this_machine_counts_for_nothing(epoch: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert epoch("claim", "--from", BOB, "--yes", "--json").json()["paid"] == "11"


def test_without_the_libraries_of_the_extra(
    dao: Dao, epoch: Invoke, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads files of epochs says what to install; what needs none of them works."""
    epoch("claim", "--sign-to", DEPLOYER, *KEYED, "--output", "order.json")
    monkeypatch.setattr(libraries, "find_spec", lambda name: None)
    for arguments in (("claim", "--from", ALICE, "--yes"), ("claim", "--for", accounts(dao, [BOB]), "--from", ALICE)):
        assert "pip install 'reward-dao[payouts]'" in epoch(*arguments, code=1).err
    assert "pip install 'reward-dao[payouts]'" in invoke("epoch", "proof", "--account", ALICE, code=1).err
    epoch("claim", "--signed", "order.json", "--from", STRANGER, "--yes")
    (dao.folder / "epochs").rename(dao.folder / "elsewhere")
    try:
        assert "9 RENDER" in epoch("history", "--account", KEY.address).out
    finally:
        (dao.folder / "elsewhere").rename(dao.folder / "epochs")
