"""Starts Brownie's local chain on a free port of this machine alone, and gives every test module a fresh system."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brownie
import pytest
import requests
from contract_evm import project
from contract_system import System, deploy
from web3.middleware import Web3Middleware

BINARIES = Path(__file__).resolve().parents[2] / "node_modules" / ".bin"


def pytest_configure() -> None:
    """Points Brownie's `development` network at its own anvil: the pinned one, on 127.0.0.1 and a free port.

    Brownie connects after collection, so this is early enough; a `networks:` section in brownie-config.yaml would be
    the documented place, but Brownie 1.22.2 fails on it. SIGTERM must end the chain as Ctrl-C does.
    """
    from brownie._config import CONFIG  # Brownie reads this file's top-level imports as text; this one is binary

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ["PATH"] = f"{BINARIES}{os.pathsep}{os.environ['PATH']}"
    CONFIG.networks["development"].update(
        cmd="anvil --prune-history",
        host="http://127.0.0.1",
        cmd_settings={"host": "127.0.0.1", "port": port, "accounts": 10, "base_fee": 0, "gas_limit": 60_000_000},
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Takes what is loaded by now, the compiler's output above all, out of garbage collection.

    Brownie collects garbage at every revert, which is once a test, and would walk through all of it each time.
    """
    gc.collect()
    gc.freeze()


class Mined(Web3Middleware):
    """Sends transactions so that the node answers once they are mined (EIP-7966).

    Brownie asks for the sender's nonce and then for the receipt, and takes a transaction for dropped that was mined but
    not stored yet in between.
    """

    def wrap_make_request(self, make_request: Any) -> Any:
        def made(method: Any, params: Any) -> Any:
            if method != "eth_sendTransaction":
                return make_request(method, params)
            answer = make_request("eth_sendTransactionSync", params)
            return {**answer, "result": answer["result"]["transactionHash"]} if "result" in answer else answer

        return made


@pytest.fixture(scope="session", autouse=True)
def fewer_requests() -> None:
    """Leaves out what web3 asks and looks up for each request and no test here is about.

    That is the chain's id and the latest block before each transaction, and the environment's proxies.
    """
    brownie.web3.middleware_onion.inject(Mined, "mined", layer=0)
    for needless in ("validation", "gas_price_strategy"):
        brownie.web3.middleware_onion.remove(needless)
    sessions = brownie.web3.provider._request_session_manager
    sessions._explicit_session = requests.Session()
    sessions._explicit_session.trust_env = False


@pytest.fixture(scope="module")
def system(module_isolation: None) -> System:
    """The whole product, deployed as its users deploy it, with voting power delegated."""
    return deploy(brownie.accounts)


@pytest.fixture(scope="module")
def target(system: System) -> Any:
    """A contract that proposals call."""
    return project()["CallTarget"].deploy({"from": system.deployer})


@pytest.fixture(autouse=True)
def isolation(fn_isolation: None) -> Iterator[None]:
    """Every test begins with the chain as the module's fixtures left it."""
    yield


@pytest.fixture(scope="module", autouse=True)
def deployed_first(system: System, target: Any) -> None:
    """Deploys before the first test's snapshot is taken."""
