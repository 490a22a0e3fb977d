"""What the shared options accept, and how errors leave the command line."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click
import pytest
from eth_account import Account

from dao.chain import node
from dao.commands.options import address
from dao.commands.vote import parse_split
from dao.errors import AmountError
from dao.lifecycle.vote import Split
from dao.types import Support
from tests.support.chain import ACCOUNTS, ORDER, ROOT, checkout
from tests.support.cli import Invoke, invoker

FIRST = ACCOUNTS[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkout(tmp_path)


@pytest.fixture
def invoke(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    for name in ("DAO_RPC", "DAO_DEPLOYMENT", "DAO_FROM", "DAO_KEYSTORE"):
        monkeypatch.delenv(name, raising=False)
    return invoker(folder, monkeypatch, capsys)


@pytest.mark.parametrize("text", [FIRST, FIRST.lower()])
def test_an_address(text: str) -> None:
    assert address(text) == FIRST


@pytest.mark.parametrize(
    "text",
    ["", "0x", FIRST[2:], FIRST[:-1], FIRST + "0", FIRST.upper(), FIRST.replace("f39F", "F39f"), "0x" + "é" * 40],
)
def test_no_address(text: str) -> None:
    with pytest.raises(click.BadParameter):
        address(text)


def test_a_split() -> None:
    assert parse_split("for=60%,against=40%") == [Split(Support.FOR, 6_000), Split(Support.AGAINST, 4_000)]
    assert parse_split(" abstain=0.01% , for=99.99%") == [Split(Support.ABSTAIN, 1), Split(Support.FOR, 9_999)]


@pytest.mark.parametrize("text", ["", "for", "=60%", "yes=100%", "for=60%,", "For=100%"])
def test_no_split(text: str) -> None:
    with pytest.raises((click.BadParameter, AmountError)):
        parse_split(text)


@pytest.mark.parametrize("text", ["for=60", "for=101%", "for=0.001%", "for=-1%", "for=60%=1"])
def test_a_share_that_is_none(text: str) -> None:
    with pytest.raises(AmountError):
        parse_split(text)


def test_nobody_answers(invoke: Invoke) -> None:
    rpc = f"http://127.0.0.1:{node.free_port()}"
    shown = invoke("status", "--rpc", rpc, code=1)
    assert "does not answer" in shown.err
    assert shown.out == ""
    error = invoke("status", "--rpc", rpc, "--json", code=1).json()["error"]
    assert (error["kind"], error["expected"]) == ("ConnectionFailed", None)
    assert "dao node start" in error["remedy"]


def test_a_proposal_is_checked_without_a_chain(invoke: Invoke) -> None:
    good = "proposals/0001-cut-node-job-rewards.yaml"
    assert invoke("proposal", "check", good, "--offline", "--json").json()["title"].startswith("Cut node job rewards")
    assert "the form is right" in invoke("proposal", "check", good, "--offline").out


@pytest.mark.parametrize("damage", ["constant: 15_000", "constant: 15 000 RENDER", "constant: 1e3 RENDER"])
def test_a_wrong_file_is_named_with_its_line_and_field(invoke: Invoke, folder: Path, damage: str) -> None:
    path = folder / "proposals" / "wrong.yaml"
    text = (folder / "proposals" / "0001-cut-node-job-rewards.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("constant: 15_000 RENDER", damage), encoding="utf-8")
    line = next(number for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if damage in row)
    shown = invoke("proposal", "check", "proposals/wrong.yaml", "--offline", code=1)
    assert f"proposals/wrong.yaml:{line}" in shown.err
    error = invoke("proposal", "check", "proposals/wrong.yaml", "--offline", "--json", code=1).json()["error"]
    assert error["values"]["line"] == line
    assert error["values"]["field"].startswith("actions.0.set_schedule.segments.0")


def test_drafts_are_numbered(invoke: Invoke, folder: Path) -> None:
    first = invoke("proposal", "new", "Größe & more: 5%!", "--symbol", "RENDER", "--stream", "compute/jobs", "--json")
    path = folder / first.json()["file"]
    assert path.name == "0003-gr-e-more-5.yaml"
    assert invoke("proposal", "check", str(path), "--offline", "--json").json()["title"] == "Größe & more: 5%!"
    assert "0004-again.yaml" in invoke("proposal", "new", "again").out
    error = invoke("proposal", "new", "票", "--json", code=1).json()["error"]
    assert error["kind"] == "ProposalError"
    elsewhere = invoke("proposal", "new", "x", "--folder", "drafts", "--json").json()["file"]
    assert (folder / elsewhere).name == "0001-x.yaml"


def test_a_keystore_that_does_not_open(invoke: Invoke, folder: Path) -> None:
    secret = "a long secret 7c1"
    keystore, password = folder / "key.json", folder / "password"
    keystore.write_text(json.dumps(Account.encrypt("0x" + "5e" * 32, secret, iterations=2)), encoding="utf-8")
    password.write_text("not the secret 9b2\n", encoding="utf-8")
    shutil.copy(ROOT / "deploy.yaml", folder / "other.yaml")
    with node.ephemeral(ROOT) as connection:
        arguments = ("deploy", "other.yaml", "--rpc", connection.url, "--keystore", str(keystore), "--yes")
        for extra in ((), ("--json",)):
            result = invoke(*arguments, "--password-file", str(password), *extra, code=1)
            assert "does not open" in result.out + result.err
            assert "9b2" not in result.out + result.err
        named = invoke(*arguments, "--password-file", str(password), "--from", FIRST, code=1)
        assert "name different accounts" in named.err
        password.write_bytes(b"\xff\xfe")
        assert "cannot be read" in invoke(*arguments, "--password-file", str(password), code=1).err
    assert not (folder / "deployments").exists()


def test_options_before_the_deployment_file(invoke: Invoke) -> None:
    with node.ephemeral(ROOT) as connection:
        arguments = ("--rpc", connection.url, "--from", FIRST, "--yes", "--json")
        assert invoke("deploy", *arguments, "deploy.yaml").json()["complete"]
        assert connection.nonce(FIRST) == len(ORDER)
        assert invoke("deploy", "verify", *arguments[:2], "deploy.yaml", "--json").json()["verified"]
    assert "No such option" in invoke("deploy", "--nonsense", "deploy.yaml", code=2).err


def test_nobody_confirms(invoke: Invoke, folder: Path) -> None:
    with node.ephemeral(ROOT) as connection:
        arguments = ("deploy", "deploy.yaml", "--rpc", connection.url, "--from", FIRST)
        assert "add --yes" in invoke(*arguments, code=2).err
        assert "add --yes" in invoke(*arguments, "--json", code=2).err
        assert "does not sign for" in invoke(*arguments[:-1], "0x" + "11" * 20, "--yes", code=1).err
        assert "nobody signs" in invoke(*arguments[:-2], "--yes", code=1).err
        assert connection.nonce(FIRST) == 0
    assert not (folder / "deployments").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe whose reader is gone")
def test_a_reader_that_is_gone(folder: Path) -> None:
    import subprocess

    from tests.support.cli import COMMAND, environment

    with subprocess.Popen(
        [*COMMAND, "completion", "zsh"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(30) in (0, 1)


def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(invoke: Invoke, folder: Path) -> None:
    (folder / "taken").write_text("a file where a folder belongs", encoding="utf-8")
    (folder / ".dao").write_text("the same", encoding="utf-8")
    with node.ephemeral(ROOT) as connection:
        deploying = ("deploy", "deploy.yaml", "--rpc", connection.url, "--from", FIRST, "--yes")
        for arguments, kind in (
            (("node", "start", "--port", "0"), "NodeError"),
            ((*deploying, "--deployment", "taken/x.json"), "DeploymentError"),
            ((*deploying, "--deployment", "/proc/nobody/x.json"), "DeploymentError"),
            (("proposal", "new", "t", "--folder", "/proc/nobody"), "FileError"),
        ):
            assert "cannot be" in invoke(*arguments, code=1).err
            assert invoke(*arguments, "--json", code=1).json()["error"]["kind"] == kind
        assert connection.nonce(FIRST) == 0


def test_what_the_file_system_refuses_anywhere_is_no_traceback(invoke: Invoke) -> None:
    with node.ephemeral(ROOT) as connection:
        # A name that no file can have, of which `Path.exists` itself complains.
        arguments = ("deploy", "deploy.yaml", "--rpc", connection.url, "--from", FIRST, "--yes")
        shown = invoke(*arguments, "--deployment", "x" * 300, code=1)
        assert "File name too long" in shown.err
        error = invoke(*arguments, "--deployment", "x" * 300, "--json", code=1).json()["error"]
        assert (error["kind"], error["found"]) == ("FileError", "File name too long")
        assert connection.nonce(FIRST) == 0


def test_a_password_that_nobody_can_type(invoke: Invoke, folder: Path) -> None:
    keystore = folder / "key.json"
    keystore.write_text(json.dumps(Account.encrypt("0x" + "5e" * 32, "x", iterations=2)), encoding="utf-8")
    with node.ephemeral(ROOT) as connection:
        arguments = ("deploy", "deploy.yaml", "--rpc", connection.url, "--keystore", str(keystore), "--yes")
        assert "give --password-file FILE" in invoke(*arguments, code=2).err


@pytest.mark.parametrize(
    "text", ["title: x\nsummary: y\n", "title: x\nsummary: y\nactions: []\n", "title: x\nsummary: y\nactions: 5\n"]
)
def test_refusals_are_in_the_words_of_this_house(invoke: Invoke, folder: Path, text: str) -> None:
    (folder / "wrong.yaml").write_text(text, encoding="utf-8")
    shown = invoke("proposal", "check", "wrong.yaml", "--offline", code=1).err
    for prose in ("Field required", "Input should", "should have", "Tuple", "valid "):
        assert prose not in shown


def test_stop_and_reset_have_words_of_their_own(invoke: Invoke) -> None:
    assert invoke("node", "stop").out == "no local node was running\n"
    assert "no chain to remove" in invoke("node", "reset").out
