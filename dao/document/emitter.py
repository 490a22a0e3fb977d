"""Canonical YAML: one text for one tree, byte for byte, which the strict loader reads back to the same tree."""

from __future__ import annotations

import json
import re
from typing import Any

# Plain where no YAML reader, old or new, could take the text for anything else; a number is left plain on purpose.
_PLAIN = re.compile(
    r"(?:"
    r"[A-Za-z][A-Za-z0-9_./-]*"  # names and paths
    r"|0|[1-9][0-9]{0,14}"  # epochs and counts
    r"|[0-9][0-9_]*(?:\.[0-9]+)? [A-Za-z][A-Za-z0-9]*"  # amounts and durations
    r"|[0-9]+(?:\.[0-9]+)?%"  # shares
    r"|[0-9]+/[0-9]+"  # ratios
    r"|https?://[A-Za-z0-9._~/?&=%+-]+"
    r")\Z"
)
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def emit(tree: Any) -> str:
    """`tree`, made of dictionaries, lists and texts, as canonical YAML that ends with a line feed."""
    return "\n".join(_lines(tree)) + "\n"


def _lines(tree: Any) -> list[str]:
    if isinstance(tree, dict) and tree:
        lines = []
        for key, value in tree.items():
            lines += _entry(f"{_scalar(str(key))}:", value)
        return lines
    if isinstance(tree, (list, tuple)) and tree:
        return [line for item in tree for line in _item(item)]
    if isinstance(tree, dict):
        return ["{}"]
    return ["[]"] if isinstance(tree, (list, tuple)) else [_scalar(str(tree))]


def _entry(head: str, value: Any) -> list[str]:
    if isinstance(value, (dict, list, tuple)) and value:
        return [head, *_indented(_lines(value))]
    if isinstance(value, str) and _is_block(value):
        return [head + " |-", *_indented(value.split("\n"))]
    return [f"{head} {_lines(value)[0]}"]


def _item(item: Any) -> list[str]:
    if isinstance(item, str) and _is_block(item):
        return ["- |-", *_indented(item.split("\n"))]
    first, *rest = _lines(item)
    return ["- " + first, *_indented(rest)]


def _indented(lines: list[str]) -> list[str]:
    return ["  " + line if line else "" for line in lines]


def _is_block(text: str) -> bool:
    lines = text.split("\n")
    return len(lines) > 1 and bool(lines[-1]) and all(line == line.strip() for line in lines)


def _scalar(text: str) -> str:
    if _PLAIN.match(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)
