"""Canonical YAML: the strict loader reads back what the emitter wrote."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from dao.document.emitter import emit
from dao.document.loader import load
from dao.document.text import is_safe

TEXTS = st.text(max_size=40).filter(is_safe) | st.text("ab :#-'\"`|>{}[]&*!%@,?\\\n0", max_size=20)
KEYS = TEXTS.filter(lambda text: text != "" and "\n" not in text)
TREES = st.recursive(
    TEXTS, lambda nodes: st.lists(nodes, max_size=4) | st.dictionaries(KEYS, nodes, max_size=4), max_leaves=12
)


@settings(deadline=None, max_examples=300)
@given(st.lists(TREES, min_size=1, max_size=3) | st.dictionaries(KEYS, TREES, min_size=1, max_size=3))
@example({"a": " x\ny", "b": "\n\nx\ny"})
@example({"a": "x \n y\n\n  z"})
@example({"a": "x\n```\n# y\n\n---\nz"})
@example([[["a", []], {}], {"b": [{"c": "\n"}]}])
def test_round_trip(tree: Any) -> None:
    text = emit(tree)
    assert load(text, path="x").plain() == tree
    assert emit(load(text, path="x").plain()) == text


@pytest.mark.parametrize(
    "text", ["no", "Yes", "null", "0x12", "010", "1:30", "1e5", "~", "", "2023-08-01", "0.5", "- a", "# a"]
)
def test_what_another_reader_would_take_for_something_else_is_quoted(text: str) -> None:
    assert emit({"a": text}) == f'a: "{text}"\n'


@pytest.mark.parametrize(
    "text", ["compute/jobs", "15_000.5 RWD", "27.5%", "85/100", "14", "carve-out", "https://a.example/b"]
)
def test_what_people_write_stays_plain(text: str) -> None:
    assert emit({"a": text}) == f"a: {text}\n"


def test_layout() -> None:
    tree = {"a": "x y", "b": ["1", {"c": "d", "e": []}], "f": "one\ntwo\n\nthree", "g": {}}
    assert emit(tree) == ('a: "x y"\nb:\n  - 1\n  - c: d\n    e: []\nf: |-\n  one\n  two\n\n  three\ng: {}\n')
