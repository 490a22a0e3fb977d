"""Accounts from the terminal: made, imported, found where other tools keep them, and no secret of them anywhere."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account

from dao.lifecycle.journal import save
from tests.support.chain import ACCOUNTS, ROOT, TOKEN, Dao, checkout, deployed
from tests.support.cli import COMMAND, Result, anew, environment, run
from tests.support.forked import forked
from tests.support.terminal import in_terminal

FIRST, SECOND = ACCOUNTS[:2]
# Planted, to be looked for wherever a command leaves something.
PASSWORD = "planted-password-3c9a41d7"
OTHER_PASSWORD = "planted-other-5b7e22f0"
KEY = "c0ffee5e" * 8
HOLDER = Account.from_key(KEY).address
SECRETS = (PASSWORD, OTHER_PASSWORD, KEY)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's home with a keystore of Brownie and one of Foundry, which names no address."""
    for folder in (".brownie/accounts", ".foundry/keystores", "work"):
        (tmp_path / folder).mkdir(parents=True)
    brownie = dict(Account.encrypt("0x" + "6a" * 32, PASSWORD, iterations=2))
    (tmp_path / ".brownie/accounts/deployer.json").write_text(json.dumps(brownie), encoding="utf-8")
    foundry = dict(Account.encrypt(KEY, PASSWORD, iterations=2))
    del foundry["address"]
    (tmp_path / ".foundry/keystores/forge").write_text(json.dumps(foundry), encoding="utf-8")
    for path in (tmp_path / ".brownie/accounts/deployer.json", tmp_path / ".foundry/keystores/forge"):
        path.chmod(0o600)
    for name, text in (("password", PASSWORD), ("other", OTHER_PASSWORD), ("key", f"0x{KEY}")):
        (tmp_path / "work" / name).write_text(text + "\n", encoding="utf-8")
        (tmp_path / "work" / name).chmod(0o600)
    return tmp_path


def dao_in(home: Path, *arguments: str, code: int | None = 0, **env: str) -> Result:
    return run(*arguments, cwd=home / "work", code=code, HOME=str(home), XDG_DATA_HOME=str(home / "data"), **env)


def own(home: Path) -> Path:
    return home / "data" / "dao" / "keystores"


def test_made_listed_and_shown(home: Path) -> None:
    made = dao_in(home, "account", "new", "alice", "--password-file", "password", "--json").json()
    path = own(home) / "alice.json"
    assert made["keystore"] == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    parameters = json.loads(path.read_text(encoding="utf-8"))["crypto"]["kdfparams"]
    assert parameters["n"] >= 2**18
    assert "already" in dao_in(home, "account", "new", "alice", "--password-file", "password", code=1).err
    shown = dao_in(home, "account", "show", "alice", "--password-file", "password", "--json").json()
    assert (shown["address"], shown["opened"], shown["mode"]) == (made["address"], True, "0600")
    assert "does not open" in dao_in(home, "account", "show", "alice", "--password-file", "other", code=1).err
    listed = {entry["account"]: entry for entry in dao_in(home, "account", "list", "--json").json()}
    assert [(name, listed[name]["store"]) for name in listed] == [
        ("alice", "dao"),
        ("deployer", "brownie"),
        ("forge", "foundry"),
    ]
    assert listed["deployer"]["address"] == Account.from_key("0x" + "6a" * 32).address
    assert listed["forge"]["address"] is None
    table = dao_in(home, "account", "list").out
    assert made["address"] in table
    assert "not said" in table


def test_imported(home: Path) -> None:
    one = dao_in(home, "account", "import", "one", "--key-file", "key", "--password-file", "other", "--json").json()
    wallet = str(home / ".foundry/keystores/forge")
    again = ("--keystore", wallet, "--keystore-password-file", "password", "--password-file", "other")
    two = dao_in(home, "account", "import", "two", *again, "--json").json()
    assert one["address"] == two["address"] == HOLDER
    assert "expected either" in dao_in(home, "account", "import", "x", *again, "--key-file", "key", code=2).err
    assert "no private key" in dao_in(home, "account", "import", "x", "--key-file", "other", code=1).err
    assert "nobody is here to type" in dao_in(home, "account", "import", "x", code=2).err
    assert sorted(path.name for path in own(home).iterdir()) == ["one.json", "two.json"]


def test_found_by_name(home: Path) -> None:
    opened = dao_in(home, "account", "show", "forge", "--password-file", "password", "--json").json()
    assert opened["address"] == HOLDER
    shutil.copy(home / ".foundry/keystores/forge", home / ".brownie/accounts/forge.json")
    several = dao_in(home, "account", "show", "forge", "--json", code=1).json()["error"]
    assert several["expected"] == "brownie:forge or foundry:forge"
    assert dao_in(home, "account", "show", "foundry:forge", "--json").json()["store"] == "foundry"
    missing = dao_in(home, "account", "show", "nobody", "--json", code=1).json()["error"]
    assert "deployer" in missing["expected"]
    (home / ".brownie/accounts/bad.json").write_text("{}", encoding="utf-8")
    listed = {entry["account"]: entry for entry in dao_in(home, "account", "list", "--json").json()}
    assert "is no keystore" in listed["bad"]["problem"]
    assert "is no keystore" in dao_in(home, "account", "show", "bad", code=1).err
    (home / ".foundry/keystores/forge").chmod(0o644)
    assert "chmod 600" in dao_in(home, "account", "show", "foundry:forge").out


def typed(home: Path, arguments: list[str], answers: list[str]) -> str:
    """Everything that a terminal showed in which `arguments` were run and `answers` typed."""
    return in_terminal(home / "work", arguments, answers, HOME=str(home), XDG_DATA_HOME=str(home / "data"))


def test_what_is_typed_is_not_shown(home: Path) -> None:
    shown = typed(home, ["account", "import", "typed"], [KEY, PASSWORD, PASSWORD])
    assert HOLDER in shown
    assert not any(secret in shown for secret in SECRETS)
    assert HOLDER in typed(home, ["account", "show", "typed", "--open"], [PASSWORD])


# ------------------------------------------------------------ no secret anywhere


class Watch(threading.Thread):
    """Reads the arguments and the environment of this test's processes, again and again, as anybody's `ps` would."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self._ended = threading.Event()

    def run(self) -> None:
        own = str(os.getpid())
        while not self._ended.is_set():
            for folder in Path("/proc").iterdir():
                if not folder.name.isdecimal() or folder.name == own:
                    continue
                for name in ("cmdline", "environ"):
                    try:
                        data = (folder / name).read_bytes()
                    except OSError:
                        continue
                    if b"cli.py" in data or b"XDG_DATA_HOME" in data:
                        self.seen.add(data)
            self._ended.wait(0.1)

    def end(self) -> set[bytes]:
        self._ended.set()
        self.join()
        return self.seen


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    folder = checkout(tmp_path_factory.mktemp("dao"))
    with deployed(folder) as dao:
        dao.connection.rpc("anvil_setBalance", [HOLDER, hex(10**20)])
        dao.call(SECOND, "token", "transfer", HOLDER, 200_000 * TOKEN)
        yield dao


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads the arguments of other processes")
@pytest.mark.parametrize(
    ("more", "debug"), [(("--json",), {}), ((), {"DAO_DEBUG": "1", "PYTHONWARNINGS": "default"})], ids=["json", "debug"]
)
def test_no_secret_in_any_output_process_or_file(
    home: Path, chain: Dao, more: tuple[str, ...], debug: dict[str, str]
) -> None:
    """Secrets are planted, commands are run and made to fail in every way, and everything they leave is searched.

    What other processes see does not depend on the way of output: three that are given secrets, and do what they are
    for, start anew in the first. What any of the others starts is seen as well.
    """
    url = chain.connection.url
    save(home / "work" / "deployments" / "31337.json", chain.deployment)
    damaged = json.loads((home / ".foundry/keystores/forge").read_text(encoding="utf-8"))
    (home / "work" / "liar.json").write_text(json.dumps({**damaged, "address": FIRST[2:]}), encoding="utf-8")
    heavy = {**damaged, "crypto": {**damaged["crypto"], "kdfparams": {**damaged["crypto"]["kdfparams"], "n": 2**30}}}
    (home / "work" / "heavy.json").write_text(json.dumps(heavy), encoding="utf-8")
    (home / "work" / "binary").write_bytes(PASSWORD.encode() + b"\xff\xfe")
    (home / "work" / "bad.yaml").write_text(f"account: {{password: {PASSWORD}}}\n", encoding="utf-8")
    signing = ("--account", "forge", "--password-file", "password")
    nobody = ("--rpc", "http://127.0.0.1:1")
    watch = Watch()
    watch.start()
    started: list[tuple[tuple[str, ...], int | None]] = [
        (("account", "new", "alice", "--password-file", "password"), 0),
        (("account", "import", "bob", "--key-file", "key", "--password-file", "other"), 0),
        (("delegate", "self", *signing, "--yes", "--rpc", url), 0),
    ]
    commands: list[tuple[tuple[str, ...], int | None]] = [
        (("account", "import", "bob", "--key-file", "key", "--password-file", "other"), 1),
        (("account", "import", "carol", "--key-file", "password", "--password-file", "other"), 1),
        (("account", "import", "carol", "--keystore", "liar.json", "--keystore-password-file", "password"), 1),
        (("account", "show", "forge", "--password-file", "password"), 0),
        (("account", "show", "forge", "--password-file", "other"), 1),
        (("account", "show", "forge", "--password-file", "binary"), 1),
        (("account", "list"), 0),
        (("delegate", FIRST, *signing, "--rpc", url), 2),
        (("delegate", FIRST, *signing, "--yes", *nobody), 1),
        (("delegate", FIRST, *signing, "--from", FIRST, "--yes", "--rpc", url), None),
        (("delegate", FIRST, "--keystore", "liar.json", "--password-file", "password", "--yes", "--rpc", url), 1),
        (("delegate", FIRST, "--keystore", "heavy.json", "--password-file", "password", "--yes", "--rpc", url), 1),
        (("delegate", FIRST, "--account", "forge", "--password-file", "other", "--yes", "--rpc", url), 1),
        (("proposal", "queue", "latest", *signing, "--yes", "--rpc", url), 1),
        (("vote", "cast", "latest", "for", *signing, "--yes", "--rpc", url), 1),
        (("deploy", "deploy.yaml", *signing, "--yes", "--rpc", url), None),
        (("doctor", "--account", "forge", "--rpc", url), None),
        (("power", "--from", HOLDER, "--rpc", url), 0),
    ]
    left: list[str] = []
    try:
        for each in started + commands:
            arguments, code = each
            start = anew if each in started and not debug else forked
            result = _ran(start, home, *arguments, *more, code=code, **debug)
            left += [result.out, result.err]
    finally:
        seen = watch.end()
    assert debug or any(b"--password-file" in data for data in seen), "no process was seen"
    planted = {home / "work" / name for name in ("password", "other", "key", "binary", "bad.yaml")}
    files = {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and path not in planted}
    assert own(home) / "bob.json" in files
    for secret in SECRETS:
        raw = bytes.fromhex(secret) if secret == KEY else secret.encode()
        for form in {secret.encode(), raw, secret.upper().encode(), secret.encode().hex().encode()}:
            assert [path for path, data in files.items() if form in data] == []
            assert [text for text in left if form.decode("latin-1") in text] == []
            assert [data for data in seen if form in data] == []
    # The search itself finds what is there.
    assert any(PASSWORD.encode() in path.read_bytes() for path in planted)


def _ran(
    start: Callable[..., subprocess.CompletedProcess[str]], home: Path, *arguments: str, code: int | None, **env: str
) -> Result:
    """As `dao_in`; in debug runs a traceback is what is asked for."""
    own = environment(HOME=str(home), XDG_DATA_HOME=str(home / "data"), **env)
    ended = start(arguments, cwd=home / "work", env=own, timeout=120)
    result = Result(arguments, ended.returncode, ended.stdout, ended.stderr)
    assert code is None or result.code == code, result
    assert env or "Traceback" not in result.err, result
    assert "a defect of this program" not in result.err, result
    return result


def test_a_password_in_the_settings_is_refused_unshown(home: Path) -> None:
    (home / "work" / "dao.yaml").write_text(f"account: {{password: {PASSWORD}}}\n", encoding="utf-8")
    for more in ((), ("--json",)):
        result = dao_in(home, "delegate", "self", *more, code=1)
        assert "no such field" in result.out + result.err
        assert PASSWORD not in result.out + result.err


def test_a_defect_shows_its_kind_alone(home: Path) -> None:
    """What an unexpected exception says may hold anything, such as what a library was given."""
    script = (
        "import sys; sys.argv = ['dao', 'status']; import dao.commands as c\n"
        f"def broken(*a, **k): raise RuntimeError('{PASSWORD}')\n"
        "c.cli.main = broken\nc.main()"
    )
    ended = subprocess.run(
        [COMMAND[0], "-c", script],
        cwd=ROOT,
        env=environment(HOME=str(home)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "RuntimeError" in ended.stderr
    assert PASSWORD not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
