"""The order of the rooms under dao/, which library each may use, and what breaks it in a source tree."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

_GROUND = ("errors", "types", "abi", "artifacts", "rewards", "tiers")
_HISTORY = (*_GROUND, "events")
_PAPER = (*_GROUND, "document")
_LOOP = (*_PAPER, "proposal", "ballot", "claim_order", "endorsement", "deployment", "events", "blocks", "chain")
_RECORDS = ("blocks", "evidence", "replay", "engine", "governors", "proving")
_EVIDENCE = (*_LOOP, *_RECORDS, "collecting")
_LIBRARY = (*_EVIDENCE, "payouts", "lifecycle", "audit")

PUBLIC = "policy"
"""The room whose names the package itself offers; it imports that room when somebody asks for one of them."""

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    # one path up to the rewards
    "errors": (),
    "types": ("errors",),
    "abi": ("errors", "types"),
    "artifacts": ("errors", "types", "abi"),
    "rewards": ("errors", "types", "abi", "artifacts"),
    "tiers": ("errors", "types", "abi", "artifacts"),
    # from contributions to payouts, with the libraries of an extra
    "payouts": _GROUND,
    # from text to calldata
    "document": _GROUND,
    "proposal": _PAPER,
    "ballot": _PAPER,
    "claim_order": _PAPER,
    "endorsement": _PAPER,
    "deployment": (*_PAPER, "proposal"),
    # from logs to state: the replay never sees a node, the node's room never sees the replay
    "events": _GROUND,
    "blocks": _HISTORY,
    "chain": (*_HISTORY, "blocks"),
    "replay": _HISTORY,
    "governors": (*_HISTORY, "replay"),
    # from logs that were kept to the same state, with the libraries of an extra
    "evidence": (*_HISTORY, "blocks"),
    "engine": (*_HISTORY, "blocks", "evidence", "replay", "governors"),
    "proving": (*_HISTORY, "blocks", "evidence", "replay", "governors", "engine"),
    "collecting": (*_LOOP, *_RECORDS),
    # what is done with both, neither seeing the other
    "lifecycle": (*_LOOP, "payouts"),
    "audit": (*_EVIDENCE, "payouts"),
    # what other programs import
    "policy": _LIBRARY,
    # both in one run, then what a person sees, then what a person types
    "demo": _LIBRARY,
    "render": (*_LIBRARY, "demo"),
    "commands": (*_LIBRARY, "demo", "render"),
}
"""Room → rooms that it may import, besides itself. A room is a module or package directly under dao/."""

LIBRARIES: dict[str, tuple[str, ...]] = {
    "altair": ("render",),
    "click": ("commands",),
    "confusable_homoglyphs": ("lifecycle",),
    "duckdb": ("payouts",),
    "eth_abi": ("abi",),
    "eth_account": ("blocks", "chain"),
    "eth_hash": ("abi",),
    "eth_utils": ("abi", "types"),
    "ibis": ("payouts",),
    "jinja2": ("render",),
    "markupsafe": ("render",),
    "msgspec": ("collecting",),
    "numpy": ("payouts", "evidence", "engine", "proving", "collecting"),
    "platformdirs": ("commands",),
    "plotille": ("render",),
    "py4j": ("payouts",),
    "pyarrow": ("payouts", "render", "audit", "evidence", "engine", "proving", "collecting"),
    "pydantic": ("document", "proposal", "ballot", "claim_order", "endorsement", "deployment", "audit"),
    "pydantic_core": ("document", "proposal", "ballot", "claim_order", "endorsement", "deployment"),
    "pyspark": ("payouts",),
    "requests": ("chain",),
    "rich": ("render",),
    "rlp": ("blocks", "chain"),
    "sha3": ("abi", "payouts", "blocks", "engine", "proving"),
    "tenacity": ("chain",),
    "trie": ("blocks", "chain"),
    "urllib3": ("chain",),
    "vl_convert": ("render",),
    "web3": ("chain",),
    "yaml": ("document",),
}
"""Library → rooms that may import it. A library that is not listed, Brownie above all, is imported nowhere."""

EXCEPTIONS = {
    ("artifacts/build.py", "yaml"): "runs in a checkout only, and reads Brownie's own configuration file",
}
"""(file, library) → why it may, against LIBRARIES."""


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a file, those inside functions and TYPE_CHECKING blocks included.

    `from dao import types` counts as `dao.types`; a relative import counts as its dots, which nothing allows.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, "." * node.level + (node.module or "")
            elif node.module == "dao":
                yield from ((node.lineno, f"dao.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, str(node.module)


def violations(package: Path) -> list[str]:
    """Every import under `package` (a dao/ folder) that the tables forbid, as `file:line: sentence`."""
    found = []
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        room = "" if file == "__init__.py" else file.split("/")[0].removesuffix(".py")
        if room and room not in MAY_IMPORT:
            found.append(f"{file}:1: the room {room} has no place in the order")
            continue
        for line, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
            reason = _forbidden(file, room, name)
            if reason:
                found.append(f"{file}:{line}: {reason}")
    return found


def _forbidden(file: str, room: str, name: str) -> str | None:
    if name.startswith("."):
        return f"relative import {name}"
    top, _, rest = name.partition(".")
    if top == "dao":
        target = rest.split(".")[0]
        if not room:
            return None if target in ("", PUBLIC) else f"the package itself imports {name}"
        if target and target != room and target not in MAY_IMPORT[room]:
            return f"{room} imports {name}, which is not below it"
        return None
    if top in sys.stdlib_module_names:
        return None
    if room in LIBRARIES.get(top, ()) or (file, top) in EXCEPTIONS:
        return None
    return (
        f"{room or 'the package itself'} imports {top}, which is for {', '.join(LIBRARIES.get(top, ())) or 'no room'}"
    )
