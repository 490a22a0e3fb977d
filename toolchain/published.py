"""Writes docs/coverage.md: every leaf of the published figures, and what reproduces it; `--check` compares instead.

The figures are copies in tests/data/networks. What covers which leaf stands in tests/data/coverage.yaml, by file: a
list of rules of which the first that matches a leaf decides. A rule has `leaves`, a pattern or a list of them (dotted
paths; `*` is one step, `**` any number), and one of

    preset: NAME#TEXT        an entry of that preset with TEXT in it (expression, figure or source) prints the number
    follows: NAME#TEXT       the number goes into the policy, and that entry would be wrong without it
    tests: [FILE::TEST]      a test under tests/unit that reproduces it
    inconsistent: …          NAME#TEXT of an entry that is marked so, or a FILE::TEST: the source contradicts itself
    outside: REASON          no part of a reward policy

TEXT may hold `{.name}`, the leaf beside this one, and `{1}`, `{2}`, what the pattern's single stars stand for. A rule
that decides no leaf, a leaf that no rule decides, and a test or an entry that does not exist are errors.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from dao.document import loader
from dao.document.preset import Preset, Published, load_preset

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "tests" / "data" / "networks"
RULES = ROOT / "tests" / "data" / "coverage.yaml"
PRESETS = ROOT / "proposals" / "presets"
TESTS = ROOT / "tests" / "unit"
OUTPUT = ROOT / "docs" / "coverage.md"
ORIGINALS = ROOT.parent / "shared" / "data" / "networks"
"""Where the figures were copied from, where that is beside the checkout."""

VERDICTS = {
    "preset": "reproduced",
    "follows": "reproduced",
    "tests": "reproduced",
    "inconsistent": "inconsistent",
    "outside": "out of scope",
}
_MILLION = 1_000_000


class CoverageError(Exception):
    """A rule that does not hold, or a leaf that none decides."""


@dataclass(frozen=True)
class Leaf:
    """A figure or a text in one file.

    Args:
        path: The keys and indices that lead to it.
        text: What stands there.
        beside: The leaves beside it, by key or index.
    """

    path: tuple[str, ...]
    text: str
    beside: dict[str, str]

    @property
    def name(self) -> str:
        """The dotted path."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Covered:
    """A leaf, the verdict on it, and by what."""

    leaf: Leaf
    verdict: str
    by: str


def leaves(node: Any, path: tuple[str, ...] = (), beside: dict[str, str] | None = None) -> Iterator[Leaf]:
    """Every leaf of a loaded file, in order."""
    if not isinstance(node, (dict, list)):
        yield Leaf(path, str(node), beside or {})
        return
    entries = list(node.items()) if isinstance(node, dict) else [(str(index), item) for index, item in enumerate(node)]
    texts = {str(key): str(value) for key, value in entries if not isinstance(value, (dict, list))}
    for key, value in entries:
        yield from leaves(value, (*path, str(key)), texts)


def load_figures(path: Path) -> list[Leaf]:
    """The leaves of the file at `path`, every number as it is printed there."""
    return list(leaves(loader.load_file(path).plain()))


def pattern(text: str) -> re.Pattern[str]:
    """The regular expression of a rule's pattern, with a group for every single star."""
    parts = re.split(r"(\*\*|\*)", text)
    return re.compile("".join({"**": ".+", "*": r"([^.]+)"}.get(part, re.escape(part)) for part in parts) + r"\Z")


def cover(found: Sequence[Leaf], rules: Sequence[dict[str, Any]]) -> tuple[list[Covered], list[str]]:
    """What decides each leaf, and everything that is wrong."""
    problems: list[str] = []
    covered = []
    compiled = [
        (pattern(text), rule)
        for rule in rules
        for text in ([rule["leaves"]] if isinstance(rule["leaves"], str) else rule["leaves"])
    ]
    patterns_used = set()
    for leaf in found:
        decided = next(((p, m, r) for p, r in compiled if (m := p.match(leaf.name))), None)
        if decided is None:
            problems.append(f"{leaf.name}: no rule decides it")
            continue
        form, match, rule = decided
        patterns_used.add(form.pattern)
        try:
            covered.append(decide(leaf, match.groups(), rule))
        except CoverageError as error:
            problems.append(f"{leaf.name}: {error}")
    problems += [f"{form.pattern}: decides no leaf" for form, _ in compiled if form.pattern not in patterns_used]
    return covered, problems


def decide(leaf: Leaf, stars: Sequence[str], rule: dict[str, Any]) -> Covered:
    """The verdict of `rule` on `leaf`. Raises CoverageError where the rule does not hold."""
    kinds = [kind for kind in VERDICTS if kind in rule]
    if len(kinds) != 1 or set(rule) != {"leaves", *kinds}:
        raise CoverageError(f"the rule has not one of {', '.join(VERDICTS)}")
    kind = kinds[0]
    given = rule[kind]
    references = given if isinstance(given, list) else [given]
    if kind == "outside":
        return Covered(leaf, VERDICTS[kind], str(given))
    shown = []
    for reference in references:
        if "::" in reference:
            require_test(reference)
            shown.append(f"`{reference}`")
            continue
        name, _, text = fill(reference, leaf, stars).partition("#")
        entry = require_entry(name, text, leaf, kind)
        shown.append(f"preset {name}: `{entry.expression}`" + (f" is {entry.printed}" if kind == "follows" else ""))
    return Covered(leaf, VERDICTS[kind], ", ".join(shown))


def fill(reference: str, leaf: Leaf, stars: Sequence[str]) -> str:
    """`reference` with its placeholders replaced."""

    def value(match: re.Match[str]) -> str:
        key = match[1]
        return leaf.beside[key[1:]] if key.startswith(".") else stars[int(key) - 1]

    return re.sub(r"\{(\.[^}]+|[0-9])\}", value, reference)


def require_test(reference: str) -> None:
    """Raises CoverageError unless the test exists."""
    file, _, name = reference.partition("::")
    if name not in tests_in(file):
        raise CoverageError(f"there is no test {reference}")


@cache
def tests_in(file: str) -> frozenset[str]:
    """Names of the test functions in a file under tests/unit."""
    path = TESTS / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@cache
def preset(name: str) -> Preset | None:
    """The preset called `name`; None where there is none."""
    path = PRESETS / f"{name}.yaml"
    return load_preset(path)[0] if path.is_file() else None


def require_entry(name: str, text: str, leaf: Leaf, kind: str) -> Published:
    """The entry that `text` is in and that prints the leaf's number. Raises CoverageError where there is none."""
    held = preset(name)
    if held is None:
        raise CoverageError(f"there is no preset {name}")
    entries = [
        entry
        for entry in held.published
        if text in f"{entry.expression} | {entry.printed} | {entry.source} |"
        and (kind == "follows" or entry.inconsistent == (kind == "inconsistent"))
    ]
    if not entries:
        raise CoverageError(f"the preset {name} has no such entry: {text}")
    number = decimal(leaf.text)
    if kind == "follows" or number is None:
        return entries[0]
    for entry in entries:
        printed = decimal(entry.printed.removesuffix("%").split(" ")[0].replace("_", ""))
        if printed in (number, number * _MILLION):
            return entry
    raise CoverageError(f"none of the preset {name}'s entries with {text} prints {leaf.text}")


def decimal(text: str) -> Decimal | None:
    """The number in `text`, or None."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def render(files: dict[str, list[Covered]]) -> str:
    """The page."""
    total = [entry for entries in files.values() for entry in entries]
    counts = {verdict: sum(entry.verdict == verdict for entry in total) for verdict in dict.fromkeys(VERDICTS.values())}
    lines = [
        "# What of the networks' published figures is covered",
        "",
        "Written by `python -m toolchain.published` from `tests/data/networks` and `tests/data/coverage.yaml`, not by",
        "hand. Tests are under `tests/unit`, presets under `proposals/presets`. *Inconsistent* is what contradicts the",
        "source's own rules; the test or the preset's entry evaluates both figures.",
        "",
        f"{len(total)} leaves: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + ".",
    ]
    for file, entries in files.items():
        lines += ["", f"## {file}", "", "| Leaf | Published | Verdict | By |", "|---|---|---|---|"]
        for entry in entries:
            lines.append(f"| {entry.leaf.name} | {cell(entry.leaf.text)} | {entry.verdict} | {cell(entry.by)} |")
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """`text` for a cell of a table."""
    shown = text if len(text) <= 120 or "`" in text else text[:117] + "…"
    return shown.replace("|", "\\|").replace("\n", " ")


def page() -> str:
    """The page as it is to be committed. Raises CoverageError with everything that is wrong."""
    rules = loader.load_file(RULES).plain()
    names = sorted(path.name for path in FIGURES.glob("*.yaml"))
    problems: list[str] = []
    files = {}
    if sorted(rules) != names:
        problems.append(f"rules are for {', '.join(sorted(rules))}, figures are in {', '.join(names)}")
    for name in names:
        files[name], wrong = cover(load_figures(FIGURES / name), rules.get(name, []))
        problems += [f"{name}: {line}" for line in wrong]
    problems += differing()
    if problems:
        raise CoverageError("\n".join(problems))
    return render(files)


def differing(originals: Path = ORIGINALS) -> list[str]:
    """Copies that are not byte for byte what is beside the checkout; none where nothing is."""
    if not originals.is_dir():
        return []
    names = {path.name for folder in (originals, FIGURES) for path in folder.glob("*.yaml")}
    pairs = [(originals / name, FIGURES / name) for name in sorted(names)]
    return [
        f"{copy.name}: the copy is not the original"
        for original, copy in pairs
        if not original.is_file() or not copy.is_file() or original.read_bytes() != copy.read_bytes()
    ]


def main() -> int:
    """Writes the page, or with `--check` exits 1 if the committed one is another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed file, write nothing")
    check = parser.parse_args().check
    try:
        text = page()
    except CoverageError as error:
        print(error)
        return 1
    current = OUTPUT.exists() and OUTPUT.read_text(encoding="utf-8") == text
    if check and not current:
        print("docs/coverage.md differs from the figures and rules; run `python -m toolchain.published`")
        return 1
    if not current:
        OUTPUT.write_text(text, encoding="utf-8")
    print(f"{OUTPUT.name}: {'current' if current else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
