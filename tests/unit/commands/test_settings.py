"""Where a command finds what it was not told: option over variable over dao.yaml over what is built in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from eth_account import Account

from dao.chain.accounts import NoSigner
from dao.commands.options import Options, sending
from dao.errors import AccountError, DaoError, DocumentError
from tests.support.chain import ACCOUNTS

FIRST, SECOND, THIRD = ACCOUNTS[:3]
KEY = "0x" + "5e" * 32
RPC = "http://127.0.0.1:{}"


def options(folder: Path, *arguments: str, yaml: str | None = None, **env: str) -> Options:
    """The options as a sending command gets them."""
    seen: list[Options] = []

    @click.command()
    @sending
    def command(options: Options) -> None:
        seen.append(options)

    if yaml is not None:
        (folder / "dao.yaml").write_text(yaml, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner(env=env).invoke(command, arguments, catch_exceptions=True)
    if isinstance(result.exception, DaoError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return seen[0]


WHOLE = f"""\
network:
  rpc: http://127.0.0.1:3
  chain_id: 3
deployment: there/3.json
account:
  address: "{THIRD}"
defaults:
  timeout: 3 s
  attempts: 3
"""
VARIABLES = {"DAO_RPC": RPC.format(2), "DAO_CHAIN_ID": "2", "DAO_DEPLOYMENT": "2.json", "DAO_FROM": SECOND}
VARIABLES |= {"DAO_TIMEOUT": "2", "DAO_ATTEMPTS": "2"}
ARGUMENTS = ("--rpc", RPC.format(1), "--chain-id", "1", "--deployment", "1.json", "--from", FIRST)
ARGUMENTS += ("--timeout", "1", "--attempts", "1")


def told(found: Options) -> tuple[Any, ...]:
    patience = found.patience()
    assert patience.timeout == found.timeout or found.timeout is None
    return found.rpc, found.chain_id, str(found.deployment), found.sender, found.timeout, patience.attempts


def test_precedence(tmp_path: Path) -> None:
    one = (RPC.format(1), 1, "1.json", FIRST, 1, 1)
    two = (RPC.format(2), 2, "2.json", SECOND, 2, 2)
    three = (RPC.format(3), 3, "there/3.json", THIRD, 3, 3)
    assert told(options(tmp_path, *ARGUMENTS, yaml=WHOLE, **VARIABLES)) == one
    assert told(options(tmp_path, yaml=WHOLE, **VARIABLES)) == two
    assert told(options(tmp_path, yaml=WHOLE)) == three
    (tmp_path / "dao.yaml").unlink()
    assert told(options(tmp_path)) == (None, None, "None", None, None, 5)
    assert options(tmp_path).patience().timeout == 30


@pytest.mark.parametrize("index", range(6))
def test_each_on_its_own(tmp_path: Path, index: int) -> None:
    arguments = ARGUMENTS[2 * index : 2 * index + 2]
    found = told(options(tmp_path, *arguments, yaml=WHOLE))
    wanted = [RPC.format(3), 3, "there/3.json", THIRD, 3, 3]
    wanted[index] = told(options(tmp_path, *ARGUMENTS))[index]
    assert list(found) == wanted


def test_another_file(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.yaml").write_text(WHOLE, encoding="utf-8")
    for found in (
        options(tmp_path, "--config", "other/mine.yaml", yaml="network: {rpc: http://127.0.0.1:9}\n"),
        options(tmp_path, DAO_CONFIG="other/mine.yaml"),
    ):
        # Paths in it start at the file, not at where the command runs.
        assert told(found) == (RPC.format(3), 3, "other/there/3.json", THIRD, 3, 3)


# ------------------------------------------------------------ who signs


def who(found: Options) -> dict[str, Any]:
    named = {"account": found.account, "keystore": found.keystore, "from": found.sender, "signer": found.signer_url}
    return {key: str(value) for key, value in (named | {"password": found.password_file}).items() if value is not None}


def test_the_nearest_source_decides_who_signs(tmp_path: Path) -> None:
    (tmp_path / "k.json").write_text("{}", encoding="utf-8")
    (tmp_path / "p").write_text("", encoding="utf-8")
    yaml = "account: {name: alice, password_file: p}\n"
    assert who(options(tmp_path, yaml=yaml)) == {"account": "alice", "password": "p"}
    assert who(options(tmp_path, "--keystore", "k.json", yaml=yaml)) == {"keystore": "k.json"}
    assert who(options(tmp_path, yaml=yaml, DAO_FROM=FIRST)) == {"from": FIRST}
    assert who(options(tmp_path, "--account", "bob", yaml=yaml, DAO_FROM=FIRST)) == {"account": "bob"}
    # A password goes with its key, and may come from nearer by.
    assert who(options(tmp_path, "--password-file", "p", yaml="account: {name: alice}\n")) == {
        "account": "alice",
        "password": "p",
    }
    assert "password" not in who(options(tmp_path, "--account", "bob", yaml=yaml))
    assert "password" not in who(options(tmp_path, "--account", "bob", DAO_PASSWORD_FILE="p"))
    # An address says for whom another signer signs.
    signer = "account: {signer: http://127.0.0.1:1248}\n"
    assert who(options(tmp_path, "--from", FIRST, yaml=signer)) == {"from": FIRST, "signer": "http://127.0.0.1:1248"}
    assert who(options(tmp_path, "--account", "bob", yaml=signer)) == {"account": "bob"}


def test_whose_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keystore = dict(Account.encrypt(KEY, "x", iterations=2))
    (tmp_path / "k.json").write_text(json.dumps(keystore), encoding="utf-8")
    address = Account.from_key(KEY).address
    monkeypatch.chdir(tmp_path)
    assert options(tmp_path, "--keystore", "k.json").own_address() == address
    assert options(tmp_path, "--from", FIRST.lower()).own_address() == FIRST
    del keystore["address"]
    (tmp_path / "k.json").write_text(json.dumps(keystore), encoding="utf-8")
    with pytest.raises(AccountError, match="does not say its address"):
        options(tmp_path, "--keystore", "k.json").own_address()
    with pytest.raises(AccountError, match="is not said"):
        options(tmp_path).own_address()


def test_a_multisig_needs_no_signer(tmp_path: Path) -> None:
    found = options(tmp_path, "--from", FIRST, "--unsigned", "batch.json")
    signer = found.signer(None)  # type: ignore[arg-type]
    assert isinstance(signer, NoSigner)
    assert signer.address == FIRST


# ------------------------------------------------------------ a file that is wrong


@pytest.mark.parametrize(
    ("yaml", "line", "field"),
    [
        ("network:\n  rcp: http://127.0.0.1\n", 2, "network.rcp"),
        ("network:\n  chain_id: mainnet\n", 2, "network.chain_id"),
        ("network:\n  chain_id: 0\n", 2, "network.chain_id"),
        ("network:\n  rpc: ws://127.0.0.1\n", 2, "network.rpc"),
        ("account:\n  password: hunter2\n", 2, "account.password"),
        ("account:\n  key: 5e5e\n", 2, "account.key"),
        ("account:\n  name: a\n  keystore: b\n", 2, "account"),
        ("account:\n  name: a\n  signer: http://127.0.0.1\n", 2, "account"),
        ("account:\n  address: 0x12\n", 2, "account.address"),
        (f"account:\n  address: {FIRST.lower()}\n", 2, "account.address"),
        ("defaults:\n  attempts: 21\n", 2, "defaults.attempts"),
        ("defaults:\n  timeout: soon\n", 2, "defaults.timeout"),
        ("deployment: [1]\n", 1, "deployment"),
        ("deployment: &a x\n", 1, ""),
        ("deployment: a\ndeployment: b\n", 2, "deployment"),
        ("", 0, ""),
        ("- a\n", 1, ""),
    ],
)
def test_a_wrong_file_is_named_with_line_and_field(tmp_path: Path, yaml: str, line: int, field: str) -> None:
    with pytest.raises(DocumentError) as error:
        options(tmp_path, yaml=yaml)
    assert (error.value.path, error.value.field) == ("dao.yaml", field)
    assert error.value.line in (line, line - 1) if field == "account" else error.value.line == line


def test_no_error_shows_what_an_address_may_hide(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as error:
        options(tmp_path, yaml="network: {rpc: 'wss://example.org/v3/5f0c1d2e3b4a5968'}\n")
    assert "5f0c1d2e" not in str(error.value)
