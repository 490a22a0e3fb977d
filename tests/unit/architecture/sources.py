"""House rules that a file's text shows, each as a function that returns what breaks it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

MAX_LINES = 500

# In pieces, so that this file does not find itself.
_FOLDERS = ("work", "root", "home", "Users", "tmp", "opt", "mnt", "private")
MACHINE_PATH = re.compile(r"(?<![\w.~}$/-])/(?:" + "|".join(_FOLDERS) + r")/[\w.]")
_HOSTS = (
    ("registry", "npmjs", "org"),
    ("registry", "yarnpkg", "com"),
    ("files", "pythonhosted", "org"),
    ("pypi", "org"),
)
REGISTRY_HOST = re.compile("|".join(re.escape(".".join(host)) for host in _HOSTS))


def opening(text: str) -> str | None:
    """What is wrong with a Python file's first line, which is to be one sentence that says the file's one job."""
    if not text.startswith('"""'):
        return "the first line is no docstring"
    docstring = ast.get_docstring(ast.parse(text), clean=True) or ""
    first = docstring.split("\n\n")[0].replace("\n", " ")
    if not first.endswith("."):
        return "the first sentence has no end"
    if re.search(r"[.!?] [A-Z]", first):
        return "the first paragraph is more than one sentence"
    return None


def length(text: str) -> str | None:
    """What is wrong with a Python file's length: past MAX_LINES the docstring gives the reason, with "because"."""
    lines = text.count("\n")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    if lines > MAX_LINES and not re.search(r"\blong\b[^.]*\bbecause\b", docstring, re.IGNORECASE):
        return f"{lines} lines; split it, or let the docstring say that it is long because …"
    return None


def inexact(text: str) -> list[str]:
    """Where a Python file leaves the integers: float literals, the name `float`, true division.

    A division with a text literal on one side joins paths.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(f"{node.lineno}: the literal {node.value}")
        elif isinstance(node, ast.Name) and node.id == "float":
            found.append(f"{node.lineno}: the name float")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            if not (_is_text(node.left) or _is_text(node.right)):
                found.append(f"{node.lineno}: a true division")
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div) and not _is_text(node.value):
            found.append(f"{node.lineno}: a true division")
    return found


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def foreign(text: str) -> list[str]:
    """Where a text names a folder of somebody's machine or the host of a package registry."""
    return [
        f"{number}: {match.group()}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern in (MACHINE_PATH, REGISTRY_HOST)
        for match in pattern.finditer(line)
    ]


def python_files(root: Path, *folders: str) -> list[Path]:
    """The Python files under `folders` of `root`, sorted."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))
