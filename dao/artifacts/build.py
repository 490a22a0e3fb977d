"""Turns what `brownie compile` built into the committed artifacts; `--check` compares instead of writing."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from dao.artifacts import CONTRACTS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def artifact_text(name: str) -> str:
    """The artifact of contract `name` as it is to be committed, from Brownie's `build/`."""
    build = json.loads((ROOT / "build" / "contracts" / f"{name}.json").read_text(encoding="utf-8"))
    document: dict[str, Any] = {
        "contract": name,
        "compiler": {
            "version": build["compiler"]["version"],
            "evm_version": build["compiler"]["evm_version"],
            "optimizer": build["compiler"]["optimizer"],
            "viaIR": build["compiler"].get("viaIR", True),
        },
        "source_hash": _source_hash(build["allSourcePaths"]),
        "abi": build["abi"],
        "bytecode": build["bytecode"].removeprefix("0x"),
        "deployed_bytecode": build["deployedBytecode"].removeprefix("0x"),
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _source_hash(paths: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths.values()):
        content = (ROOT / path).read_bytes()
        digest.update(f"{path} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def main() -> int:
    """Writes the artifacts, or with `--check` exits 1 naming those that differ from the build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    check = parser.parse_args().check
    stale = []
    for name in CONTRACTS:
        path = HERE / f"{name}.json"
        text = artifact_text(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        print(f"artifacts differ from what the sources compile to: {', '.join(stale)}; run `make artifacts`")
        return 1
    print(f"{len(CONTRACTS)} artifacts, {'all current' if not stale else 'written: ' + ', '.join(stale)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
