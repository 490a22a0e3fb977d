"""Commands over a network that fails: an error of its own kind and what to do, in bounded time, and no traceback."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest

from dao.lifecycle.journal import save
from tests.support.chain import ACCOUNTS, CUT, Dao, checkout, deployed
from tests.support.cli import Invoke, invoker
from tests.support.faulty import Exchange, Fault, Faulty, cut_off, dribbling, dropped, faulty, fine, late, status

FIRST, SECOND = ACCOUNTS[:2]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    folder = checkout(tmp_path_factory.mktemp("dao"))
    with deployed(folder) as dao:
        save(folder / "deployments" / "31337.json", dao.deployment)
        dao.delegate_all()
        dao.submit()
        yield dao


@pytest.fixture
def proxy(chain: Dao) -> Iterator[Faulty]:
    with faulty(chain.connection.url) as started:
        yield started


@pytest.fixture
def invoke(chain: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(chain.folder, monkeypatch, capsys)


READING = {
    "status": ("status",),
    "power": ("power", FIRST, "--proposal", "latest"),
    "list": ("proposal", "list"),
    "show": ("proposal", "show", "latest"),
    "check": ("proposal", "check", f"proposals/{CUT}", "--proposer", FIRST),
    "policy": ("policy", "show"),
    "history": ("policy", "history"),
    "audit": ("audit", "replay"),
}
SENDING = {
    "delegate": ("delegate", SECOND, "--from", FIRST, "--yes"),
    "cancel": ("proposal", "cancel", "latest", "--from", FIRST, "--yes"),
}


def mixed_up(exchange: Exchange) -> None:
    """Another request's id."""
    answer = exchange.real()
    entries = answer if isinstance(answer, list) else [answer]
    for entry in entries:
        entry["id"] += 1_000
    exchange.send(answer)


FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "late": (late(1.5), {"NodeTimedOut"}),
    "dribbling": (dribbling, {"NodeTimedOut"}),
    "429": (status(429, Retry_After="1"), {"RateLimited"}),
    "503": (status(503), {"ConnectionFailed"}),
    "reset": (dropped, {"ConnectionFailed"}),
    "cut off": (cut_off, {"ConnectionFailed"}),
    "a page": (lambda exchange: exchange.send(b"<html>"), {"RpcError"}),
    "half a JSON": (lambda exchange: exchange.send(b'{"jsonrpc": "2.0", "id": '), {"RpcError"}),
    "wrong ids": (mixed_up, {"RpcError"}),
}
SLOW = ("late", "dribbling", "429")
"""Of these a few commands are enough: each costs seconds."""

BOUNDED = ("--timeout", "1", "--attempts", "2")


@pytest.mark.parametrize("name", FAULTS)
def test_every_command_says_what_failed(proxy: Faulty, invoke: Invoke, name: str, chain: Dao) -> None:
    fault, kinds = FAULTS[name]
    before = chain.nonces()
    commands = [*SENDING.values(), *READING.values()][: 4 if name in SLOW else None]
    for index, arguments in enumerate(commands):
        # The first requests are answered well, and then none is.
        proxy.plan, proxy.always = [fine] * (index % 4), fault
        began = time.monotonic()
        error = invoke(*arguments, *BOUNDED, "--rpc", proxy.url, "--json", code=1).json()["error"]
        assert error["kind"] in kinds, (arguments, error)
        assert error["remedy"]
        assert time.monotonic() - began < 6
    shown = invoke("status", *BOUNDED, "--rpc", proxy.url, code=1)
    assert shown.err.startswith("error: ")
    assert shown.out == ""
    assert chain.nonces() == before


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("a page", "half a JSON", "wrong ids")])
def test_a_node_that_fails_now_and_then_is_good_enough(proxy: Faulty, invoke: Invoke, name: str) -> None:
    fault, _ = FAULTS[name]
    for arguments in list(READING.values())[: 3 if name in SLOW else None]:
        count = iter(range(10**6))
        proxy.always = lambda exchange, count=count: (
            fault(exchange) if next(count) == 4 else exchange.send(exchange.real())
        )
        through = invoke(*arguments, "--timeout", "1", "--rpc", proxy.url, "--json", code=None)
        direct = invoke(*arguments, "--rpc", proxy.upstream, "--json", code=None)
        assert (through.code, _settled(through.out)) == (direct.code, _settled(direct.out))


def _settled(text: str) -> object:
    """The document without what a report says of itself, and without moments: those ahead follow the clock."""
    document = json.loads(re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "…", text))
    if isinstance(document, dict):
        document.pop("node", None)
        document.pop("rpc", None)
    return document
