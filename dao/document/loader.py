"""Strict YAML: a text becomes a tree of strings, sequences and mappings in which every node knows its line.

The subset is what people write and nothing that can surprise: every scalar stays the text it is (so `0x…`, `no`, `010`
and `1:30` are harmless), and anchors, aliases, tags, directives, several documents and repeated keys are refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dao.document.text import character_name, unsafe_at
from dao.errors import DocumentError

MAX_BYTES = 256 * 1024
"""The longest document, in bytes of UTF-8. A proposal of this size could not be paid for on any chain."""

MAX_DEPTH = 64
"""How deep sequences and mappings may be nested."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, and the line where it begins."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes, and the line where it begins."""

    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping with its own line, and its node."""

    line: int
    key: str
    node: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Entries in the order of the text, and the line where the first begins."""

    line: int
    entries: tuple[Entry, ...]


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Source:
    """A loaded document: where it came from, and its tree.

    Args:
        path: The file as the user named it; any label for a text from elsewhere.
        root: The tree.
        digest: SHA-256 of the bytes that were loaded.
    """

    path: str
    root: Node
    digest: bytes

    def plain(self) -> Any:
        """The tree as `str`, `list` and `dict` values."""
        return _plain(self.root)

    def line_of(self, location: tuple[str | int, ...]) -> int:
        """The line of the node at `location` (keys and indices from the root), or of the nearest node above it."""
        line, node = self.root.line, self.root
        for step in location:
            if isinstance(node, Mapping):
                entry = next((e for e in node.entries if e.key == step), None)
                if entry is None:
                    break
                line, node = entry.line, entry.node
            elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
                node = node.items[step]
                line = node.line
            else:
                break
        return line

    def line_at(self, field: str) -> int:
        """The line of the node at the dotted path `field`, or of the nearest node above it. Keys may hold dots."""
        line, node = self.root.line, self.root
        while field:
            if isinstance(node, Mapping):
                entry = _longest(node, field)
                if entry is None:
                    break
                line, node, field = entry.line, entry.node, field[len(entry.key) + 1 :]
                continue
            step, _, field = field.partition(".")
            if not isinstance(node, Sequence) or not step.isdecimal() or int(step) >= len(node.items):
                break
            node = node.items[int(step)]
            line = node.line
        return line


def load_file(path: Path) -> Source:
    """Loads the file at `path`. Raises DocumentError when it cannot be read or is no strict YAML."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(
            "the file cannot be read", path=str(path), found=error.strerror or type(error).__name__
        ) from error
    return load(data, path=str(path))


def load(data: bytes | str, *, path: str) -> Source:
    """Loads one document from UTF-8 bytes or a text.

    Args:
        data: The document.
        path: What errors call it.

    Raises DocumentError, which names the line, for everything outside of the strict subset.
    """
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    text = _decode(raw, path)
    try:
        root = _Builder(path).build(yaml.parse(text, Loader=yaml.SafeLoader))
        return Source(path, root, hashlib.sha256(raw).digest())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DocumentError(
            "the text is no YAML",
            path=path,
            line=mark.line + 1 if mark else 0,
            found=getattr(error, "problem", None) or getattr(error, "reason", None),
        ) from error


def _decode(raw: bytes, path: str) -> str:
    if len(raw) > MAX_BYTES:
        raise DocumentError(
            "the document is too long", path=path, expected=f"at most {MAX_BYTES} bytes", found=f"more than {MAX_BYTES}"
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(
            "the document is no UTF-8",
            path=path,
            line=raw.count(b"\n", 0, error.start) + 1,
            found=f"byte 0x{raw[error.start]:02x}",
            remedy="save the file as UTF-8",
        ) from error
    text = text.replace("\r\n", "\n")
    index = unsafe_at(text)
    if index is not None:
        raise _unsafe(text[index], path=path, line=text.count("\n", 0, index) + 1)
    return text


def _unsafe(character: str, *, path: str, line: int) -> DocumentError:
    return DocumentError(
        "the text holds a control or invisible character",
        path=path,
        line=line,
        expected="visible characters, spaces and line feeds",
        found=character_name(character),
        remedy="indent with spaces" if character == "\t" else "delete the character, or write what it stands for",
    )


class _Builder:
    """Builds the tree from the parser's events, which come one by one: nothing is expanded or resolved."""

    def __init__(self, path: str) -> None:
        self._path = path

    def build(self, events: Iterator[Any]) -> Node:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self._refuse(event, "there is more than one document", remedy="one file, one document")
                if event.version or event.tags:
                    raise self._refuse(event, "a YAML directive is not allowed", remedy="delete the line with `%`")
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, events, depth=0)
        if root is None or (isinstance(root, Scalar) and not root.text):
            raise DocumentError("the document is empty", path=self._path)
        return root

    def _node(self, event: Any, events: Iterator[Any], *, depth: int) -> Node:
        line = int(event.start_mark.line) + 1
        if isinstance(event, yaml.AliasEvent):
            raise self._refuse(event, "an alias is not allowed", found=f"*{event.anchor}", remedy="write the value out")
        if event.anchor is not None:
            raise self._refuse(event, "an anchor is not allowed", found=f"&{event.anchor}", remedy="delete the anchor")
        if event.tag is not None:
            raise self._refuse(event, "a tag is not allowed", found=event.tag, remedy="delete the tag")
        if isinstance(event, yaml.ScalarEvent):
            text = str(event.value)
            index = unsafe_at(text)
            if index is not None:
                raise _unsafe(text[index], path=self._path, line=line)
            return Scalar(line, text)
        if depth == MAX_DEPTH:
            raise self._refuse(event, "the document is nested too deeply", expected=f"at most {MAX_DEPTH} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(line, tuple(self._items(events, depth=depth + 1)))
        return Mapping(line, tuple(self._entries(events, depth=depth + 1)))

    def _items(self, events: Iterator[Any], *, depth: int) -> Iterator[Node]:
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, events, depth=depth)

    def _entries(self, events: Iterator[Any], *, depth: int) -> Iterator[Entry]:
        seen: dict[str, int] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            key = self._node(event, events, depth=depth)
            if not isinstance(key, Scalar) or not key.text or "\n" in key.text:
                raise self._refuse(event, "a key is no name", expected="a text of one line")
            if key.text in seen:
                raise self._refuse(
                    event,
                    "a key stands twice in one mapping",
                    found=f"{key.text}, first on line {seen[key.text]}",
                    remedy="delete one of them",
                    field=key.text,
                )
            seen[key.text] = key.line
            yield Entry(key.line, key.text, self._node(next(events), events, depth=depth))

    def _refuse(self, event: Any, what: str, *, field: str = "", **values: Any) -> DocumentError:
        return DocumentError(what, path=self._path, line=int(event.start_mark.line) + 1, field=field, **values)


def _longest(mapping: Mapping, field: str) -> Entry | None:
    """The entry with the longest key that `field` begins with."""
    matching = [entry for entry in mapping.entries if f"{field}.".startswith(f"{entry.key}.")]
    return max(matching, key=lambda entry: len(entry.key), default=None)


def _plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return {entry.key: _plain(entry.node) for entry in node.entries}
