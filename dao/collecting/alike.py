"""An answer whose logs are all written the same way, as one node writes them, read by the places of its commas.

A node's program writes every log's members in one order and without spaces, so the first log tells how each other one
must look, but for the number of its topics and the length of its data and numbers. Every byte between the values is
compared with that, all logs at once, and the values are taken from their places. An answer that differs anywhere is
left to the reader that makes no such assumption; both give the same columns.
"""

from __future__ import annotations

import json
import re
from binascii import Error as HexError, unhexlify
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from dao.collecting.columns import COLUMNS, Page
from dao.evidence.logs import TOPICS

_MEMBER = rb'"(?:jsonrpc":"2\.0"|id":(?:\d{1,18}|"[\w-]{0,40}"))'
_HEAD = re.compile(rb"\{(?:%s,){0,2}\"result\":\[(?=\{)" % _MEMBER)
_TAIL = re.compile(rb"\](?:,%s){0,2}\}\s*\Z" % _MEMBER)
_LONGEST_TAIL = 100

_WIDTHS = {"address": 40, "blockHash": 64, "transactionHash": 64}
"""Hexadecimal digits of the members that always have as many."""

_QUANTITIES = ("blockNumber", "transactionIndex", "logIndex", "blockTimestamp")
_NEEDED = {*_WIDTHS, *_QUANTITIES[:3], "topics", "data"}
_TEXTS = {*_NEEDED, *_QUANTITIES}

_QUOTE, _BRACE, _COMMA, _BRACKET = b'"{,]'
_DIGITS = 16
"""The most hexadecimal digits of a number."""
_LARGEST_INDEX = 2**32 - 1

_TOPIC = 69
"""Characters of a topic in its list: quotes, 0x, digits, and the comma or bracket behind."""

_NIBBLES = np.full(256, 0xFF, np.uint8)
_NIBBLES[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)

Places = np.ndarray[Any, np.dtype[np.int64]]


class _Different(Exception):
    """The answer is not of the kind that is read here."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How the logs of an answer are written: the text before each value, and the text behind the last."""

    members: tuple[tuple[bytes, str, int], ...]
    """Of each member that has a value: the text before that, the name, and which of all members it is."""
    tail: bytes
    count: int
    """How many members there are."""


def read_alike(body: bytes) -> tuple[bytes, Page] | None:
    """The logs of an answer to eth_getLogs, and the answer without them; None where it is not of this kind.

    Args:
        body: The answer. Nothing is assumed of it.
    """
    head, tail = _HEAD.match(body), _TAIL.search(body, max(0, len(body) - _LONGEST_TAIL))
    if head is None or tail is None or head.end() > tail.start() or b"\\" in body:
        return None
    try:
        page = _Reader(body, head.end(), tail.start()).page()
    except (_Different, HexError):
        return None
    return body[: head.end()] + body[tail.start() :], page


class _Reader:
    def __init__(self, body: bytes, begin: int, end: int) -> None:
        self._body, self._begin, self._end = body, begin, end
        self._held = np.frombuffer(body, np.uint8)
        self._form = _form(body[begin : body.find(b"}", begin, end) + 1])

    def page(self) -> Page:
        # What ends the last log is no comma, but stands where one would.
        commas = np.append(np.flatnonzero(self._held[self._begin : self._end] == _COMMA) + self._begin, self._end)
        lasts = np.flatnonzero(self._held.take(commas + 1, mode="clip") == _BRACE)
        lasts = np.append(lasts, len(commas) - 1)
        firsts = np.append(0, lasts[:-1] + 1)
        starts = at = np.append(self._begin, commas[lasts[:-1]] + 1)
        # A list of topics has one comma less than topics.
        more = lasts - firsts - (self._form.count - 1)
        made: dict[str, Any] = {}
        for before, name, place in self._form.members:
            self._same(at, before)
            at = at + len(before)
            if name == "topics":
                topics = more + (self._held[at] == _QUOTE)
                made.update(self._topics(at, topics))
                at = at + np.maximum(_TOPIC * topics - 1, 0)
                firsts = firsts + more
                continue
            # Behind a value stands its quote, and at the end of the log a brace.
            behind = commas.take(firsts + place, mode="clip")
            digits = behind - (1 if place < self._form.count - 1 else 2) - at
            made[name] = self._value(name, at, digits)
            at = at + digits
        self._same(at, self._form.tail)
        at = at + len(self._form.tail)
        _require(int(at[-1]) == self._end and bool((at[:-1] + 1 == starts[1:]).all()))
        times = made.pop("blockTimestamp", None)
        return Page(pa.table([made[name] for name in _ORDER], schema=COLUMNS), times)

    def _windows(self, starts: Places, width: int) -> np.ndarray[Any, Any]:
        """`width` bytes from each of `starts`, one after the other."""
        count = len(self._held) - width + 1
        _require(count > 0 and bool(starts.min() >= 0) and bool(starts.max() < count))
        everywhere: np.ndarray[Any, Any] = np.ndarray((count,), f"V{width}", self._body, strides=(1,))
        return everywhere[starts]

    def _same(self, starts: Places, text: bytes) -> None:
        _require(self._windows(starts, len(text)).tobytes() == text * len(starts))

    def _value(self, name: str, starts: Places, digits: Places) -> Any:
        if name == "data":
            return self._data(starts, digits)
        if name in _WIDTHS:
            _require(bool((digits == _WIDTHS[name]).all()))
            return _fixed(unhexlify(self._windows(starts, _WIDTHS[name]).data), _WIDTHS[name] // 2)
        numbers = self._numbers(starts, digits)
        if name in ("transactionIndex", "logIndex"):
            _require(int(numbers.max()) <= _LARGEST_INDEX)
            numbers = numbers.astype(np.uint32)
        return numbers if name == "blockTimestamp" else pa.array(numbers)

    def _numbers(self, starts: Places, digits: Places) -> np.ndarray[Any, np.dtype[np.uint64]]:
        _require(bool(digits.min() > 0) and bool(digits.max() <= _DIGITS))
        width = (int(digits.max()) + 1) & ~1
        nibbles = _NIBBLES[self._windows(starts + digits - width, width).view(np.uint8).reshape(-1, width)]
        nibbles[np.arange(width) < width - digits[:, None]] = 0
        leading = self._held[starts] == ord("0")
        _require(bool(nibbles.max() <= 0xF) and not bool((leading & (digits > 1)).any()))
        numbers = np.zeros((len(starts), 8), np.uint8)
        numbers[:, 8 - width // 2 :] = nibbles[:, 0::2] << 4 | nibbles[:, 1::2]
        return numbers.view(">u8").ravel().astype(np.uint64)

    def _data(self, starts: Places, digits: Places) -> pa.Array:
        _require(bool(digits.min() >= 0) and not bool((digits & 1).any()))
        # Every second slice is data, the others are what lies between.
        cuts = np.empty(2 * len(starts), np.int64)
        cuts[0::2], cuts[1::2] = starts, starts + digits
        buffers = [None, pa.py_buffer(cuts), pa.py_buffer(self._body)]
        slices = pa.Array.from_buffers(pa.large_binary(), len(cuts) - 1, buffers, null_count=0)
        taken = slices.take(pa.array(np.arange(0, len(cuts), 2)))
        offsets = np.zeros(len(starts) + 1, np.int32)
        np.cumsum(digits // 2, out=offsets[1:])
        packed = unhexlify(taken.buffers()[2] or b"")
        return pa.Array.from_buffers(
            pa.binary(), len(starts), [None, pa.py_buffer(offsets), pa.py_buffer(packed)], null_count=0
        )

    def _topics(self, starts: Places, counts: Places) -> dict[str, pa.Array]:
        _require(bool(counts.min() >= 0) and bool(counts.max() <= len(TOPICS)))
        made = {}
        for place, name in enumerate(TOPICS):
            there = counts > place
            everywhere = bool(there.all())
            column = np.zeros(len(starts), "V32")
            if there.any():
                whole = self._windows(starts[there] + place * _TOPIC, _TOPIC).view(np.uint8).reshape(-1, _TOPIC)
                last = np.where(counts[there] == place + 1, _BRACKET, _COMMA)
                _require(whole[:, :3].tobytes() == b'"0x' * len(whole))
                _require(bool((whole[:, 67] == _QUOTE).all()) and bool((whole[:, 68] == last).all()))
                column[there] = np.frombuffer(unhexlify(np.ascontiguousarray(whole[:, 3:67]).data), "V32")
            validity = None if everywhere else pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
            absent = int(len(starts) - there.sum())
            buffers = [validity, pa.py_buffer(column)]
            made[name] = pa.Array.from_buffers(pa.binary(32), len(starts), buffers, null_count=absent)
        return made


_ORDER = [re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in COLUMNS.names]


def _form(first: bytes) -> _Form:
    """How the log is written whose text is `first`. Raises _Different where it is not one without spaces."""
    try:
        members = json.loads(first)
        _require(json.dumps(members, separators=(",", ":")).encode() == first)
    except (ValueError, RecursionError):
        raise _Different from None
    _require(isinstance(members, dict) and members.keys() >= _NEEDED)
    form = _Form((), b"{", len(members))
    for place, name in enumerate(members):
        _require(name in _TEXTS or name == "removed")
        begun = form.tail + (b"," if place else b"") + b'"%s":' % name.encode()
        if name == "removed":
            form = replace(form, tail=begun + b"false")
        elif name == "topics":
            form = replace(form, members=(*form.members, (begun + b"[", name, place)), tail=b"]")
        else:
            form = replace(form, members=(*form.members, (begun + b'"0x', name, place)), tail=b'"')
    return replace(form, tail=form.tail + b"}")


def _fixed(packed: bytes, width: int) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(width), len(packed) // width, [None, pa.py_buffer(packed)], null_count=0)


def _require(holds: bool) -> None:
    if not holds:
        raise _Different
