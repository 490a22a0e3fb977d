"""Ballots by the command line: signed where there is no network, sent by a stranger, proven to a third."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from dao.chain.accounts import KeySigner
from dao.lifecycle.ballots.journal import RelayJournal, journal_path
from dao.lifecycle.journal import save
from dao.lifecycle.proposals import ChainProposal
from tests.support.ballots import SHARE, enfranchise, signed, tally, voter, written
from tests.support.chain import ACCOUNTS, STRANGER, VOTING_DELAY, Dao, checkout, deployed, rewound
from tests.support.cli import Result, environment, invoker, run
from tests.support.faulty import Fault, Faulty, faulty, forwarded_then, late
from tests.support.forked import Forked, forked
from tests.support.terminal import in_terminal

SECOND = ACCOUNTS[1]
PASSWORD = "only for this test 83b"
KEY = "0x" + "83" * 32
HOLDER = Account.from_key(KEY).address
KEYED = ("--keystore", "key.json", "--password-file", "password")
CROWD = 30
VOTERS = [voter(number) for number in range(CROWD)]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    folder = checkout(tmp_path_factory.mktemp("dao"))
    with deployed(folder) as dao:
        save(folder / "deployments" / "31337.json", dao.deployment)
        (folder / "key.json").write_text(json.dumps(Account.encrypt(KEY, PASSWORD, iterations=2)), encoding="utf-8")
        (folder / "key.json").chmod(0o600)
        (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        dao.delegate_all()
        enfranchise(dao, [HOLDER, *(each.address for each in VOTERS)])
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def active(dao: Dao) -> ChainProposal:
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    return proposal


def online(dao: Dao, *arguments: str, rpc: str = "", code: int | None = 0) -> Result:
    return run(*arguments, "--rpc", rpc or dao.connection.url, cwd=dao.folder, code=code)


def offline(folder: Path, *arguments: str, code: int = 0) -> Result:
    """Runs `dao` in a process that has no network, in a folder of its own, without any variable that names one."""
    env = {name: value for name, value in environment().items() if "RPC" not in name and "PROXY" not in name.upper()}
    ended = forked(arguments, cwd=folder, env=env, timeout=120, offline=True)
    result = Result(arguments, ended.returncode, ended.stdout, ended.stderr)
    assert "Traceback" not in result.err, result
    assert result.code == code, result
    return result


@pytest.fixture
def apart(dao: Dao, tmp_path: Path) -> Path:
    """The voter's own machine: the keystore, and nothing of the deployment."""
    for name in ("key.json", "password"):
        (tmp_path / name).write_bytes((dao.folder / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    return tmp_path


def request_for(dao: Dao, apart: Path, voter: str = HOLDER) -> str:
    path = apart / "request.json"
    online(dao, "vote", "request", "latest", "--voter", voter, "--output", str(path))
    return path.name


def test_there_is_no_network_there(dao: Dao, apart: Path) -> None:
    """Not even the node that answers everybody else."""
    result = offline(apart, "status", "--rpc", dao.connection.url, "--attempts", "1", code=1)
    assert "does not answer" in result.err or "no network" in result.err, result


@pytest.mark.usefixtures("active")
@pytest.mark.parametrize(
    ("ballot", "expected", "words"),
    [
        (("for",), (SHARE, 0, 0), "for, with all the weight that is left: 0.000000000000001001 RENDER"),
        (("against", "--reason", "too \u202elate"), (0, SHARE, 0), "against, with all the weight"),
        (
            ("--split", "for=60%,against=40%", "--reason", "both"),
            (600, 401, 0),
            "for 0.0000000000000006 RENDER, against 0.000000000000000401 RENDER",
        ),
    ],
    ids=["whole", "reason", "split"],
)
def test_signed_apart_and_sent_by_a_stranger(
    dao: Dao, apart: Path, active: ChainProposal, ballot: tuple[str, ...], expected: tuple[int, ...], words: str
) -> None:
    request = request_for(dao, apart)
    shown = offline(apart, "vote", "sign", *ballot, "--request", request, *KEYED, "--output", "ballot.json")
    assert words in shown.err
    assert "\u202e" not in shown.err
    assert str(active.proposal_id) in shown.err
    assert "Cut node job rewards" in shown.err
    ballots = str(apart / "ballot.json")
    sent = online(dao, "vote", "relay", ballots, "--from", STRANGER, "--yes", "--json").json()
    assert [entry["verdict"] for entry in sent["ballots"]] == ["relayed"]
    assert tally(dao, active) == expected
    assert dao.connection.nonce(HOLDER) == 1
    # A third proves it from a file alone.
    online(dao, "vote", "receipt", "latest", "--voter", HOLDER, "--output", str(apart / "receipt.json"))
    proven = offline(apart, "vote", "receipt", "--verify", "receipt.json", "--json").json()
    assert (proven["voter"], proven["proposal_id"]) == (HOLDER, str(active.proposal_id))
    assert tuple(int(proven["ballots"][0][word]) for word in ("for", "against", "abstain")) == expected
    assert "of no deployment here" in offline(apart, "vote", "receipt", "--verify", "receipt.json").out
    secrets = (PASSWORD, KEY[2:])
    for path in apart.iterdir():
        if path.name not in ("password", "key.json"):
            assert not any(secret in path.read_text(encoding="utf-8") for secret in secrets)
    assert not any(secret in shown.out + shown.err for secret in secrets)


@pytest.mark.usefixtures("active")
def test_the_words_come_before_the_password(dao: Dao, apart: Path) -> None:
    request = request_for(dao, apart)
    shown = in_terminal(apart, ["vote", "sign", "for", "--request", request, "--keystore", "key.json"], [PASSWORD])
    assert 0 < shown.index("for, with all the weight that is left") < shown.index("Password:")
    assert "wrote ballots/" in shown
    assert PASSWORD not in shown


@pytest.mark.usefixtures("active")
def test_a_relay_is_shown_and_asked_for_in_a_terminal(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    path = str(written(tmp_path, signed(dao, active, VOTERS[0])))
    arguments = ["vote", "relay", path, "--from", STRANGER, "--rpc", dao.connection.url]
    shown = in_terminal(dao.folder, arguments, ["y"])
    assert (
        0
        < shown.index("1 ballot of 1 in 1 transaction")
        < shown.index("Send them?")
        < shown.index("1 sent and counted")
    )
    assert tally(dao, active) == (SHARE, 0, 0)


def test_named_by_options_alone(dao: Dao, apart: Path, active: ChainProposal) -> None:
    named = ["--proposal-id", str(active.proposal_id), "--governor", dao.deployment.addresses.governor]
    named += ["--governor-name", "Render Governor", "--chain-id", "31337"]
    split = ("--split", "for=50%,abstain=50%")
    assert "power" in offline(apart, "vote", "sign", *split, *named, *KEYED, code=1).err
    assert "nonce" in offline(apart, "vote", "sign", *split, *named, "--power", "1001", *KEYED, code=1).err
    nonce = str((active.proposal_id % 2**192) << 64)
    made = offline(apart, "vote", "sign", *split, *named, "--power", "1001", "--nonce", nonce, *KEYED, "--json").json()
    assert made["weights"] == {"for": "500", "abstain": "501", "against": "0"}
    sent = online(dao, "vote", "relay", str(apart / made["file"]), "--from", STRANGER, "--yes")
    assert "1 sent and counted" in sent.out
    assert tally(dao, active) == (500, 0, 501)


@pytest.mark.usefixtures("active")
def test_another_wallet_signs(dao: Dao, apart: Path) -> None:
    request = request_for(dao, apart, SECOND)
    asked = offline(apart, "vote", "sign", "for", "--request", request, "--typed-data", "typed.json", "--json").json()
    document = json.loads((apart / "typed.json").read_text(encoding="utf-8"))
    assert document == asked["typed_data"]
    (apart / "signature").write_text(dao.connection.rpc("eth_signTypedData_v4", [SECOND, document]), encoding="utf-8")
    offline(apart, "vote", "sign", "for", "--request", request, "--signature", "signature", "--output", "ballot.json")
    refused = offline(apart, "vote", "sign", "against", "--request", request, "--signature", "signature", code=1)
    assert "not the voter's" in refused.err
    sent = online(dao, "vote", "relay", str(apart / "ballot.json"), "--from", STRANGER, "--yes")
    assert "together 3_000_000 RENDER" in sent.out


@pytest.mark.usefixtures("active")
def test_wrong_input_is_told(
    dao: Dao, apart: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke = invoker(apart, monkeypatch, capsys)
    request = request_for(dao, apart, SECOND)
    assert "another voter" in invoke("vote", "sign", "for", "--request", request, *KEYED, code=1).err
    twice = ("--request", request, "--nonce", "1", *KEYED)
    assert "leave out --nonce" in invoke("vote", "sign", "for", *twice, code=2).err
    elsewhere = ("--request", request, "--chain-id", "1", *KEYED)
    assert "another chain" in invoke("vote", "sign", "for", *elsewhere, code=1).err
    assert "nobody signs" in invoke("vote", "sign", "for", "--request", request, code=1).err
    for text in ("", "0xzz", "0x"):
        (apart / "signature").write_text(text, encoding="utf-8")
        given = ("--request", request, "--signature", "signature")
        assert "signature" in invoke("vote", "sign", "for", *given, code=1).err
    document = json.loads((apart / request).read_text(encoding="utf-8"))
    (apart / "request.json").write_text(json.dumps({**document, "governor": "0x12"}), encoding="utf-8")
    assert "governor" in invoke("vote", "sign", "for", "--request", request, *KEYED, code=1).err
    (apart / "receipt.json").write_text("{}", encoding="utf-8")
    assert "chain_id" in invoke("vote", "receipt", "--verify", "receipt.json", code=1).err
    assert "no ballot of" in online(dao, "vote", "receipt", "latest", "--voter", SECOND, code=1).err


def test_what_is_refused_is_told_and_the_rest_is_sent(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    paths = [str(written(tmp_path, signed(dao, active, who))) for who in VOTERS[:3]]
    document = json.loads(Path(paths[1]).read_text(encoding="utf-8"))
    Path(paths[1]).write_text(json.dumps({**document, "choice": "against"}), encoding="utf-8")
    asked = online(dao, "vote", "relay", *paths, "--from", STRANGER, code=2)
    assert "add --yes" in asked.err
    sent = online(dao, "vote", "relay", *paths, "--from", STRANGER, "--yes", code=1)
    assert "2 sent and counted, 1 refused" in sent.out
    assert f"{paths[1]} refused: it is signed by 0x" in " ".join(sent.out.split())
    assert tally(dao, active) == (2 * SHARE, 0, 0)


# ------------------------------------------------------------ killed and run again


@pytest.fixture
def proxy(dao: Dao) -> Iterator[Faulty]:
    with faulty(dao.connection.url) as started:
        started.only = ("eth_sendRawTransaction", "eth_sendTransaction")
        yield started


def killed(dao: Dao, proxy: Faulty, plan: list[Fault], *arguments: str) -> None:
    proxy.plan = plan
    proxy.reached.clear()
    with Forked((*arguments, "--rpc", proxy.url), cwd=dao.folder, env=environment()) as process:
        assert proxy.reached.wait(60), process.returncode
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL


@pytest.mark.parametrize("by_key", [True, False], ids=["key here", "key at the node"])
@pytest.mark.parametrize(
    "fault", [late(5), forwarded_then(late(5))], ids=["killed before it was sent", "killed after it was sent"]
)
def test_a_rerun_sends_nothing_twice(
    dao: Dao, proxy: Faulty, active: ChainProposal, tmp_path: Path, fault: Fault, by_key: bool
) -> None:
    dao.connection.rpc("anvil_setBalance", [HOLDER, hex(10**19)])
    signing, sender = ((*KEYED, "--yes"), HOLDER) if by_key else (("--from", STRANGER, "--yes"), STRANGER)
    paths = [str(written(tmp_path, signed(dao, active, who))) for who in VOTERS]
    before = dao.connection.nonce(sender)
    killed(dao, proxy, [fault], "vote", "relay", *paths, *signing)
    journal = RelayJournal(journal_path(dao.folder / "deployments" / "31337.json"))
    (entry,) = journal.entries()
    assert (entry.sender, len(entry.ballots)) == (sender, CROWD)
    # Other ballots come along; what was begun goes on as it was.
    other = (
        str(written(tmp_path, signed(dao, active, KeySigner(Account.from_key(KEY))), "other"))
        if sender != HOLDER
        else None
    )
    again = online(dao, "vote", "relay", *paths[5:], *([other] if other else []), *signing, "--json").json()
    assert {entry["verdict"] for entry in again["ballots"]} == {"relayed"}
    expected = SHARE * (CROWD + (1 if other else 0))
    assert tally(dao, active) == (expected, 0, 0)
    assert dao.connection.nonce(sender) == before + (2 if other else 1)
    assert journal.entries() == ()
    third = online(dao, "vote", "relay", *paths, *signing, "--json").json()
    assert {entry["verdict"] for entry in third["ballots"]} == {"voted"}
    assert (third["transactions"], third["complete"]) == ([], True)
    assert tally(dao, active) == (expected, 0, 0)
