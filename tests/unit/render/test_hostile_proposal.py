"""A proposal made of hostile bytes is listed and shown escaped and bounded, and never stops a command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dao.abi import encode
from dao.artifacts import load
from dao.chain.transaction import Receipt
from dao.lifecycle.journal import save
from dao.types import Address, Call, Support
from tests.support.chain import ACCOUNTS, VOTING_DELAY, Dao, deployed, rewound
from tests.support.cli import Invoke, invoker

ESCAPES = (
    b"\x1b]0;owned\x07\x1b[2J\r# Pay \xe2\x80\xaenobody\xe2\x80\xac\xe2\x80\x8b\n\n"
    b"\x9b31m \xff\xfe\xc3( \xed\xa0\x80 [red]x[/]\n"
)
LONG = b"# " + b"\xf3\xa0\x81\x81" * 25_000
DANGEROUS = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u202c", "\u200b"} - {"\n"}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        dao.delegate_all()
        save(dao.folder / "deployments" / "31337.json", dao.deployment)
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def invoke(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(dao.folder, monkeypatch, capsys)


def assert_safe(text: str) -> None:
    found = DANGEROUS.intersection(text)
    assert not found, found


def read_everything(dao: Dao, invoke: Invoke) -> dict[str, Any]:
    """Runs every command that reads the newest proposal, for people and for programs."""
    rpc = ("--rpc", dao.connection.url)
    documents = {}
    for name, arguments in {
        "list": ("proposal", "list"),
        "show": ("proposal", "show", "latest"),
        "status": ("status",),
        "history": ("policy", "history"),
    }.items():
        code = 0
        shown = invoke(*arguments, *rpc, code=code)
        assert_safe(shown.out + shown.err)
        assert len(shown.out) < 300_000
        result = invoke(*arguments, *rpc, "--json", code=code)
        assert result.out.isascii()
        documents[name] = result.json()
    verified = invoke("proposal", "verify", "latest", *rpc, "--json", code=1).json()
    assert verified["error"]["kind"] == "ProposalError"
    audit = invoke("audit", "replay", *rpc)
    assert_safe(audit.out + audit.err)
    documents["audit"] = invoke("audit", "replay", *rpc, "--json").json()
    return documents


@pytest.mark.parametrize(
    "description", [ESCAPES, LONG, b"", b"\n\n\n", b"#" * 100_000, b"\xff"], ids=lambda d: str(len(d))
)
def test_a_hostile_description(dao: Dao, invoke: Invoke, description: bytes) -> None:
    proposal = dao.propose([Call(ACCOUNTS[1], 1, b"")], description)
    dao.advance(VOTING_DELAY + 1)
    documents = read_everything(dao, invoke)
    (listed,) = documents["list"]
    assert listed["proposal_id"] == str(proposal.proposal_id)
    assert len(listed["title"]) <= 200
    assert documents["show"]["description"] == description.decode("utf-8", errors="replace")
    shown = invoke("proposal", "show", "latest", "--rpc", dao.connection.url).out
    if description == ESCAPES:
        assert "\\x1b]0;owned\\x07" in shown
        assert "\\u202enobody\\u202c\\u200b" in shown
        assert "[red]x[/]" in shown
    if description == LONG:
        assert "more characters" in shown


def test_a_hostile_reason(dao: Dao, invoke: Invoke) -> None:
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    contracts = dao.session().contracts
    selector = load("RewardGovernor").abi.function("castVoteWithReason").selector
    data = selector + encode(("uint256", "uint8", "bytes"), (proposal.proposal_id, Support.FOR, ESCAPES))
    assert isinstance(dao.send(ACCOUNTS[1], contracts.governor.address, data), Receipt)
    audit = invoke("audit", "replay", "--rpc", dao.connection.url)
    assert_safe(audit.out)


def _policy_call(dao: Dao, function: str, types: tuple[str, ...], values: tuple[Any, ...]) -> Call:
    selector = load("RewardPolicy").abi.function(function).selector
    return Call(dao.deployment.addresses.policy, 0, selector + encode(types, values))


STREAM = ("bytes32", "(uint32,uint8,uint256[])[]")
SPLIT = ("bytes32", "uint32", "(bytes32,uint8,uint16)[]")
JOBS = bytes(32)


@pytest.mark.parametrize(
    "made",
    [
        lambda dao: _policy_call(dao, "addStream", ("bytes32", "bytes"), (JOBS, b"\xff\x1b[2J")),
        lambda dao: _policy_call(dao, "addStream", ("bytes32", "bytes"), (bytes([9]) * 32, b"x" * 5_000)),
        lambda dao: _policy_call(dao, "setSplit", SPLIT, (_root(dao), 9, [(_root(dao), 9, 1)])),
        lambda dao: _policy_call(dao, "setSplit", SPLIT, (_root(dao), 2**32 - 1, [(_root(dao), 2, 65_535)])),
        lambda dao: _policy_call(dao, "setSplit", SPLIT, (bytes([9]) * 32, 0, [])),
        lambda dao: _policy_call(dao, "setSchedule", STREAM, (_root(dao), [])),
        lambda dao: _policy_call(dao, "setSchedule", STREAM, (_root(dao), [(9, 77, [1])])),
        lambda dao: _policy_call(dao, "setSchedule", STREAM, (_root(dao), [(9, 0, [])])),
        lambda dao: _policy_call(dao, "setSchedule", STREAM, (_root(dao), [(9, 0, [2**256 - 1])])),
        lambda dao: _policy_call(dao, "setSchedule", STREAM, (_root(dao), [(9, 2, [2**255, 1, 0, 0])])),
        lambda dao: _policy_call(dao, "setSchedule", STREAM, (_root(dao), [(9, 1, [0] * 50)])),
        lambda dao: Call(dao.deployment.addresses.policy, 0, b"\x01"),
        lambda dao: Call(
            dao.deployment.addresses.policy, 0, _policy_call(dao, "setSplit", SPLIT, (JOBS, 0, [])).calldata[:40]
        ),
        lambda dao: Call(dao.deployment.addresses.token, 2**255, b"\xff" * 4),
        lambda dao: Call(dao.deployment.addresses.governor, 0, load("RewardGovernor").abi.function("relay").selector),
    ],
)
def test_hostile_calls(dao: Dao, invoke: Invoke, made: Any) -> None:
    call = made(dao)
    dao.propose([call], b"Odd calls")
    documents = read_everything(dao, invoke)
    assert documents["show"]["calls"] == [
        {"target": call.target, "value": str(call.value), "calldata": "0x" + call.calldata.hex()}
    ]
    assert json.dumps(documents["show"]["actions"])


def _root(dao: Dao) -> bytes:
    identity: bytes = dao.session().contracts.policy.ask("streams")[0]
    return identity


def test_another_proposer_cannot_be_mistaken(dao: Dao, invoke: Invoke) -> None:
    pretender = Address(ACCOUNTS[1])
    dao.propose([Call(ACCOUNTS[1], 1, b"")], f"Pay\nproposer: {ACCOUNTS[0]}".encode(), proposer=pretender)
    shown = invoke("proposal", "show", "latest", "--rpc", dao.connection.url, "--json").json()
    assert shown["proposer"] == pretender
