"""The strict YAML loader: what it reads, and everything that it refuses."""

from __future__ import annotations

import time
import unicodedata
from contextlib import suppress
from pathlib import Path

import pytest

from dao.document.loader import MAX_BYTES, MAX_DEPTH, load, load_file
from dao.document.text import character_name, unsafe_at
from dao.errors import DocumentError


@pytest.mark.parametrize(
    "text",
    [
        "0x00000000000000000000000000000000000000ff",
        "no",
        "010",
        "1:30",
        "2023-08-01",
        "1e5",
        "~",
        "null",
        "60%",
        ".inf",
        "<<",
    ],
)
def test_every_scalar_stays_text(text: str) -> None:
    assert load(f"a: {text}", path="x").plain() == {"a": text}


def test_nodes_know_their_lines() -> None:
    source = load("# comment\na: 1\nb:\n  - x\n  - c.d: y\n    e: z\n", path="x")
    lines = {field: source.line_at(field) for field in ("", "a", "b", "b.0", "b.1.c.d", "b.1.e", "b.1.nowhere", "b.7")}
    assert lines == {"": 2, "a": 2, "b": 3, "b.0": 4, "b.1.c.d": 5, "b.1.e": 6, "b.1.nowhere": 5, "b.7": 3}
    assert source.line_of(("b", 1, "e")) == 6


REFUSED = {
    "a key stands twice in one mapping": ("a: 1\nb: 2\na: 3\n", 3),
    "an anchor is not allowed": ("a: 1\nb: &x 2\n", 2),
    "an alias is not allowed": ("a: 1\nb: *x\n", 2),
    "a tag is not allowed": ("a: 1\nb: !!str 2\n", 2),
    "a YAML directive is not allowed": ("%YAML 1.1\n---\na: 1\n", 1),
    "there is more than one document": ("a: 1\n---\nb: 2\n", 2),
    "a key is no name": ("a: 1\n[x]: 2\n", 2),
    "the document is empty": ("# nothing\n", 0),
    "the text is no YAML": ("a: 1\nb: [\n", 3),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    text, line = REFUSED[what]
    with pytest.raises(DocumentError) as caught:
        load(text, path="proposal.yaml")
    assert (caught.value.what, caught.value.path, caught.value.line) == (what, "proposal.yaml", line)


@pytest.mark.parametrize(
    "text", ["a: ! 2", "!x a: 1", "? {a: b}\n: c", '"": 1', "? |\n  a\n  b\n: c", "a: {b: 1, b: 2}"]
)
def test_refused_in_other_places(text: str) -> None:
    with pytest.raises(DocumentError):
        load(text, path="x")


def test_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
    )
    with pytest.raises(DocumentError, match="anchor"):
        load(bomb, path="x")


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\t", "\r", "\x85", "\u200b", "\u202e", "\u2028", "\ufeff", "\ufe0f"]
)
def test_invisible_characters_are_refused_with_their_line(character: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load(f"a: 1\nb: x{character}y\n", path="x")
    assert (caught.value.line, caught.value.found) == (2, character_name(character))


@pytest.mark.parametrize("escape", [r"\u202e", r"\0", r"\x1b", r"\e", r"\N", r"\_\u200d", r"\t"])
def test_escapes_do_not_smuggle_invisible_characters(escape: str) -> None:
    with pytest.raises(DocumentError, match="invisible"):
        load(f'a: "x{escape}y"', path="x")
    with pytest.raises(DocumentError, match="invisible"):
        load(f'"x{escape}y": a', path="x")


def test_every_format_control_and_private_character_is_unsafe() -> None:
    categories = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    missed = [
        character_name(chr(point))
        for point in range(0x110000)
        if unicodedata.category(chr(point)) in categories and unsafe_at(chr(point), lines=False) is None
    ]
    assert missed == []
    assert unsafe_at("Aé漢🙂 \n") is None
    assert unsafe_at("a\nb", lines=False) == 1


def test_windows_line_ends_are_read() -> None:
    assert load(b"a: 1\r\nb: |\r\n  x\r\n  y\r\n", path="x").plain() == {"a": "1", "b": "x\ny\n"}


def test_invalid_utf8_is_refused_with_its_line() -> None:
    with pytest.raises(DocumentError) as caught:
        load(b"a: 1\nb: \xff\n", path="x")
    assert (caught.value.line, caught.value.found) == (2, "byte 0xff")


def test_size_and_depth_are_bounded() -> None:
    assert load("[" * MAX_DEPTH + "]" * MAX_DEPTH, path="x")
    with pytest.raises(DocumentError, match="too deeply"):
        load("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), path="x")
    with pytest.raises(DocumentError, match="too deeply"):
        load("[" * (MAX_BYTES - 1), path="x")
    with pytest.raises(DocumentError, match="too long"):
        load("a" * (MAX_BYTES + 1), path="x")


@pytest.mark.parametrize("unit", ["- x\n", "{}, ", "'' ", "a: b\n", "? ", "# x\n", "- " * 60 + "\n", "\n"])
def test_a_hostile_document_of_full_size_is_answered_in_time(unit: str) -> None:
    began = time.monotonic()
    prefix = "[" if unit == "{}, " else ""
    with suppress(DocumentError):
        load((prefix + unit * MAX_BYTES)[:MAX_BYTES], path="x")
    assert time.monotonic() - began < 60


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\n")
    assert load_file(path).plain() == {"a": "1"}
    assert load_file(path).path == str(path)
    with pytest.raises(DocumentError, match="cannot be read"):
        load_file(tmp_path / "none.yaml")
    with pytest.raises(DocumentError, match="cannot be read"):
        load_file(tmp_path)
