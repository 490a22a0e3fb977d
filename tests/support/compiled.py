"""Contracts for tests that are not Brownie's, compiled for the EVM that Brownie compiles for.

The compiler's older way of making code is taken: it is done in half the time, and nobody measures this code.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from dao.abi import ContractAbi
from tests.support.chain import ROOT


@dataclass(frozen=True)
class Compiled:
    """A contract's ABI, and its code for creation and on chain."""

    abi: ContractAbi
    creation: bytes
    runtime: bytes


@cache
def compiled(name: str, folder: str = "contracts/mocks") -> Compiled:
    """The contract `name`, which lies in a file of its own name in `folder`."""
    source = f"{folder}/{name}.sol"
    document = {
        "language": "Solidity",
        "sources": {source: {"content": (ROOT / source).read_text(encoding="utf-8")}},
        "settings": {
            **_settings(),
            "outputSelection": {source: {name: ["abi", "evm.bytecode", "evm.deployedBytecode"]}},
        },
    }
    ended = subprocess.run(
        ["node", str(ROOT / "toolchain/solc.cjs"), "--standard-json"],
        input=json.dumps(document),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    output = json.loads(ended.stdout)
    # Warnings of the libraries are their authors' matter; the project's own are errors here, too.
    wrong = [error["formattedMessage"] for error in output.get("errors", ()) if error["severity"] == "error"]
    assert not wrong, wrong
    contract = output["contracts"][source][name]
    creation, runtime = (bytes.fromhex(contract["evm"][kind]["object"]) for kind in ("bytecode", "deployedBytecode"))
    return Compiled(ContractAbi(contract["abi"]), creation, runtime)


def _settings() -> dict[str, Any]:
    """The settings of `brownie-config.yaml`, as the compiler takes them, but for `viaIR`."""
    compiler = yaml.safe_load((ROOT / "brownie-config.yaml").read_text(encoding="utf-8"))["compiler"]
    solc = compiler["solc"]
    return {
        "evmVersion": compiler["evm_version"],
        "optimizer": solc["optimizer"],
        "remappings": solc["remappings"],
    }
