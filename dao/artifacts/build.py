"""Turns what `brownie compile` built into the committed artifacts; `--check` compares instead of writing."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from dao.artifacts import CONTRACTS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Where the address of a library goes: Brownie writes its name, filled up to 40 digits, into creation code, and leaves
# what solc wrote, a hash of its name, in deployed code.
_PLACEHOLDER = re.compile(r"__(?:([A-Za-z0-9]{1,36}?)_+(?=[0-9a-f]|\Z)|\$[0-9a-f]{34}\$__)")


def compiler_settings(root: Path) -> dict[str, Any]:
    """The compiler settings of `brownie-config.yaml`, the one place that states them; remappings left out."""
    compiler = yaml.safe_load((root / "brownie-config.yaml").read_text(encoding="utf-8"))["compiler"]
    return {
        "version": compiler["solc"]["version"],
        "evm_version": compiler["evm_version"],
        "optimizer": compiler["solc"]["optimizer"],
        "viaIR": compiler["solc"]["viaIR"],
    }


def artifact_text(name: str, *, root: Path = ROOT) -> str:
    """The artifact of contract `name` as it is to be committed.

    Args:
        name: The contract's name in the sources.
        root: The checkout whose `build/`, `contracts/` and `brownie-config.yaml` are read.

    Raises:
        SystemExit: Brownie has not built it, or built it with other settings than `brownie-config.yaml` has now.
    """
    path = root / "build" / "contracts" / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{path.relative_to(root)} is missing; run `make compile`")
    build = json.loads(path.read_text(encoding="utf-8"))
    settings = compiler_settings(root)
    built = build["compiler"]
    # Brownie records the version with its commit, and viaIR not at all.
    if not built["version"].startswith(settings["version"] + "+") or any(
        built[key] != settings[key] for key in ("evm_version", "optimizer")
    ):
        raise SystemExit(f"{name} was built with {built}, brownie-config.yaml has {settings}; run `make compile`")
    bytecode, links = _unlinked(build["bytecode"].removeprefix("0x"))
    deployed, _ = _unlinked(build["deployedBytecode"].removeprefix("0x"))
    document = {
        "contract": name,
        "compiler": settings | {"version": built["version"]},
        "source_hash": _source_hash(root, build["allSourcePaths"]),
        "abi": build["abi"],
        "bytecode": bytecode,
        "deployed_bytecode": deployed,
        "links": links,
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _unlinked(code: str) -> tuple[str, dict[str, list[int]]]:
    """`code` with zeros for the addresses of libraries, and the offsets in bytes of each library's."""
    links: dict[str, list[int]] = {}
    for placeholder in _PLACEHOLDER.finditer(code):
        if len(placeholder[0]) != 40:
            raise SystemExit(f"a library's place has no 40 digits: {placeholder[0]}")
        links.setdefault(placeholder[1], []).append(placeholder.start() // 2)
    return _PLACEHOLDER.sub("0" * 40, code), links


def _source_hash(root: Path, paths: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths.values()):
        content = (root / path).read_bytes()
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
