"""Every file says its job, stays short and exact, and names nobody's machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.architecture.sources import MAX_LINES, foreign, inexact, length, opening, python_files

ROOT = Path(__file__).resolve().parents[3]
MONEY = ("dao/rewards", "dao/replay", "dao/proposal", "dao/payouts")
WRITTEN_BY_TOOLS = ("build", "interfaces", "node_modules", "reports", "scripts", "dist")


def _repository_files() -> list[Path]:
    """What the repository holds: git's own list, or in an unpacked archive every file that no tool wrote."""
    if (ROOT / ".git").exists():
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        paths = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
        return [path for path in paths if path.is_file()]
    found = []
    for folder, below, names in os.walk(ROOT):
        here = Path(folder)
        generated = WRITTEN_BY_TOOLS if here == ROOT else ("__pycache__",)
        below[:] = [name for name in below if name not in generated and (name == ".ci" or not name.startswith("."))]
        found += [here / name for name in names]
    return found


def test_every_file_opens_with_its_job() -> None:
    files = [ROOT / "cli.py", *python_files(ROOT, "dao", "tests", "bench", "toolchain")]
    found = {str(path.relative_to(ROOT)): opening(path.read_text(encoding="utf-8")) for path in files}
    assert {file: problem for file, problem in found.items() if problem} == {}


def test_long_files_say_why() -> None:
    files = python_files(ROOT, "dao", "tests", "bench", "toolchain")
    found = {str(path.relative_to(ROOT)): length(path.read_text(encoding="utf-8")) for path in files}
    assert {file: problem for file, problem in found.items() if problem} == {}


def test_money_is_counted_in_integers() -> None:
    files = python_files(ROOT, *MONEY)
    assert len(files) > len(MONEY)
    found = {str(path.relative_to(ROOT)): inexact(path.read_text(encoding="utf-8")) for path in files}
    assert {file: places for file, places in found.items() if places} == {}


def test_no_file_names_a_machine_or_a_registry() -> None:
    files = _repository_files()
    assert ROOT / "pyproject.toml" in files
    found = {}
    for path in files:
        places = foreign(path.read_text(encoding="utf-8", errors="replace"))
        if places:
            found[str(path.relative_to(ROOT))] = places
    assert found == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the first line is no docstring"),
        ("# A comment.\n", "the first line is no docstring"),
        ('import json\n"""Late."""\n', "the first line is no docstring"),
        ('"""Does one thing"""\n', "the first sentence has no end"),
        ('"""Does one thing. Does another."""\n', "the first paragraph is more than one sentence"),
        ('"""Does one thing, at\nlength; see `a.b`.\n\nMore. And more.\n"""\n', None),
    ],
)
def test_openings(text: str, problem: str | None) -> None:
    assert opening(text) == problem


def test_lengths() -> None:
    body = "x = 1\n" * MAX_LINES
    assert length('"""Short."""\n' + body[:-6]) is None
    assert length('"""Too long."""\n' + body) is not None
    assert length('"""A table.\n\nLong because every opcode has a row.\n"""\n' + body) is None


@pytest.mark.parametrize(
    "text",
    ["x = 0.5", "x = 1e18", "x = 2j", "x = float(y)", "def f(y: float): ...", "x = a / b", "x = a\nx /= 2"],
)
def test_inexact_code_is_found(text: str) -> None:
    assert len(inexact(text)) == 1


@pytest.mark.parametrize("text", ["x = a // b", "p = folder / 'a.yaml'", 'p = folder / f"{x}.json"', "x = '0.5'"])
def test_exact_code_is_not(text: str) -> None:
    assert inexact(text) == []


@pytest.mark.parametrize("folder", ["work", "root", "home", "Users", "tmp"])
def test_machine_paths_are_found(folder: str) -> None:
    assert len(foreign(f'x = "/{folder}/somebody/x"\n')) == 1
    assert foreign(f"see ~/.cache/{folder}/x, $HOME/{folder}/x, https://example.org/{folder}/x") == []


def test_registry_hosts_are_found() -> None:
    host = ".".join(("registry", "npmjs", "org"))
    assert foreign(f"\n'resolved': 'https://{host}/x.tgz'") == [f"2: {host}"]
