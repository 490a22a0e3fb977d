"""Writes where each contract keeps its state variables and immutables, as solc says it; `--check` compares instead.

The storage layout takes the compiler's analysis alone, some three seconds, and is what `--check` compares. Where
immutables and libraries' addresses stand in the runtime code takes a whole compilation; that those files are current is
seen from the committed runtime code, in which these places are zero.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dao.artifacts.build import HERE, ROOT, compiler_settings

SOURCES = {
    "TimelockController": "node_modules/@openzeppelin/contracts/governance/TimelockController.sol",
    "RewardToken": "contracts/token/RewardToken.sol",
    "VotesWrapper": "contracts/token/VotesWrapper.sol",
    "RewardGovernor": "contracts/governance/RewardGovernor.sol",
    "Schedules": "contracts/rewards/Schedules.sol",
    "RewardPolicy": "contracts/rewards/RewardPolicy.sol",
    "RewardDistributor": "contracts/rewards/RewardDistributor.sol",
}
"""Where each shipped contract is written."""

_CODE = ("immutables", "links")


def compiled(outputs: list[str], *, root: Path = ROOT) -> dict[str, Any]:
    """What solc says of the contracts in the checkout `root`, with the settings of `brownie-config.yaml`.

    Raises SystemExit with solc's message where it refuses the sources.
    """
    settings = compiler_settings(root)
    request = {
        "language": "Solidity",
        "sources": {path: {"content": (root / path).read_text(encoding="utf-8")} for path in SOURCES.values()},
        "settings": {
            "evmVersion": settings["evm_version"],
            "viaIR": settings["viaIR"],
            "optimizer": settings["optimizer"],
            "remappings": ["@openzeppelin=node_modules/@openzeppelin"],
            "outputSelection": {
                "*": {"": ["ast"] if len(outputs) > 1 else []},
                **{path: {name: outputs} for name, path in SOURCES.items()},
            },
        },
    }
    command = ["node", str(root / "toolchain" / "solc.cjs"), "--standard-json"]
    run = subprocess.run(  # noqa: S603  # the command is made here
        command, input=json.dumps(request), capture_output=True, text=True, cwd=root, check=True
    )
    answer: dict[str, Any] = json.loads(run.stdout)
    errors = [entry["formattedMessage"] for entry in answer.get("errors", []) if entry["severity"] == "error"]
    if errors:
        raise SystemExit("\n".join(errors))
    return answer


def storage(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """The state variables of contract `name`, and the members of every struct, without the compiler's numbering."""
    layout = answer["contracts"][SOURCES[name]][name]["storageLayout"]
    types = layout["types"] or {}

    def members(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                "label": entry["label"],
                "slot": int(entry["slot"]),
                "offset": entry["offset"],
                "bytes": int(types[entry["type"]]["numberOfBytes"]),
                "type": types[entry["type"]]["label"],
            }
            for entry in entries
        ]

    structs = {kind["label"]: members(kind["members"]) for kind in types.values() if "members" in kind}
    return {"contract": name, "storage": members(layout["storage"]), "structs": structs}


def code(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """Where immutables (32 bytes, by name) and libraries' addresses (20 bytes) stand in the runtime code."""
    deployed = answer["contracts"][SOURCES[name]][name]["evm"]["deployedBytecode"]
    names = {
        node["id"]: node["name"]
        for source in answer["sources"].values()
        for node in _nodes(source.get("ast"))
        if node.get("nodeType") == "VariableDeclaration"
    }

    def label(key: str) -> str:
        # A library's own address is an immutable without a declaration.
        return names[int(key)] if key.isdigit() else key

    return {
        "immutables": {
            label(key): sorted(place["start"] for place in places)
            for key, places in deployed["immutableReferences"].items()
        },
        "links": {
            library: sorted(place["start"] for place in places)
            for libraries in deployed["linkReferences"].values()
            for library, places in libraries.items()
        },
    }


def zeros(runtime: bytes) -> dict[int, int]:
    """Where `runtime` pushes 32 or 20 zero bytes, and how many: solc leaves these to immutables and libraries."""
    found = {}
    at = 0
    while at < len(runtime):
        size = runtime[at] - 0x5F if 0x60 <= runtime[at] <= 0x7F else 0
        if size in (20, 32) and not any(runtime[at + 1 : at + 1 + size]) and at + size < len(runtime):
            found[at + 1] = size
        at += 1 + size
    return found


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _text(document: dict[str, Any]) -> str:
    text = json.dumps(document, indent=1, sort_keys=True)
    # One variable a line.
    return re.sub(r"\{\s*(\"bytes\"[^{}]*?)\s*\}", lambda found: "{" + re.sub(r"\s+", " ", found[1]) + "}", text) + "\n"


def main() -> int:
    """Writes the files, or with `--check` exits 1 naming those that differ from the sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    check = parser.parse_args().check
    outputs = ["storageLayout"] if check else ["storageLayout", "evm.deployedBytecode"]
    answer = compiled(outputs)
    stale = []
    for name in SOURCES:
        path = HERE / "layouts" / f"{name}.json"
        committed = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        kept = {key: committed.get(key) for key in _CODE}
        document = storage(answer, name) | (kept if check else code(answer, name))
        if committed != document:
            stale.append(name)
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(_text(document), encoding="utf-8")
    if check and stale:
        sys.stdout.write(f"layouts differ from the sources: {', '.join(stale)}; run `make artifacts`\n")
        return 1
    sys.stdout.write(f"{len(SOURCES)} layouts, {'all current' if not stale else 'written: ' + ', '.join(stale)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
