"""Property: what is encoded without eth-abi comes out as eth-abi encodes it, and nothing passes that it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode as reference
from eth_abi.exceptions import EncodingError
from hypothesis import given, settings, strategies as st

from dao.abi import checksum, decode, encode
from dao.errors import CodecError
from dao.words import Unusual, encoder

ADDRESSES = st.binary(min_size=20, max_size=20).flatmap(lambda raw: st.sampled_from([checksum(raw), "0x" + raw.hex()]))
SIZES = st.integers(1, 32)
BASIC: st.SearchStrategy[tuple[str, st.SearchStrategy[Any]]] = st.one_of(
    SIZES.map(lambda size: (f"uint{8 * size}", st.integers(0, 2 ** (8 * size) - 1))),
    SIZES.map(lambda size: (f"bytes{size}", st.binary(min_size=size, max_size=size))),
    st.sampled_from(
        [
            ("address", ADDRESSES),
            ("bool", st.booleans()),
            ("bytes", st.binary(max_size=70)),
            ("string", st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)),
        ]
    ),
)


def lists(inner: tuple[str, st.SearchStrategy[Any]]) -> tuple[str, st.SearchStrategy[Any]]:
    kind, values = inner
    return f"{kind}[]", st.lists(values, max_size=3).flatmap(lambda made: st.sampled_from([made, tuple(made)]))


def tuples(inner: list[tuple[str, st.SearchStrategy[Any]]]) -> tuple[str, st.SearchStrategy[Any]]:
    return f"({','.join(kind for kind, _ in inner)})", st.tuples(*(values for _, values in inner))


KINDS = st.recursive(
    BASIC, lambda inner: st.one_of(inner.map(lists), st.lists(inner, min_size=1, max_size=3).map(tuples)), max_leaves=5
)
MANY = st.lists(KINDS, max_size=4)
BASES = [f"uint{8 * size}" for size in range(1, 33)] + [f"bytes{size}" for size in range(1, 33)]
BASES += ["address", "bool", "bytes", "string"]
ODD = [
    *(0, 1, 2, -1, 2**256, True, 1.0, None),
    *("", "é", "\ud800", "0x", "0x" + "ab" * 19 + "Cd", "0x" + "aB" * 20, "ab" * 20),
    *(b"", b"a", b"a" * 32, b"a" * 33, b"b" * 20, bytearray(b"a" * 32)),
    *([], ((),), {}, {1: 2}, range(3)),
]


@settings(max_examples=60, deadline=None)
@given(many=MANY, data=st.data())
def test_plain_values(many: list[tuple[str, st.SearchStrategy[Any]]], data: st.DataObject) -> None:
    types = tuple(kind for kind, _ in many)
    values = tuple(data.draw(values) for _, values in many)
    quick = encoder(types)
    assert quick is not None
    assert quick(values) == reference(types, values)
    assert encode(types, decode(types, quick(values))) == quick(values)


def test_odd_values() -> None:
    """Every kind of value for every basic type, alone, in a list and in a tuple."""
    for base in BASES:
        edges = [2 ** int(base[4:]) - 1, 2 ** int(base[4:])] if base.startswith("uint") else []
        for odd in [*ODD, *edges]:
            same(base, odd)
            same(f"{base}[]", [odd])
            same(f"({base},bytes)", (odd, b""))


def same(kind: str, value: Any) -> None:
    try:
        expected = reference((kind,), (value,))
    except (EncodingError, TypeError, ValueError, OverflowError):
        with pytest.raises(CodecError):
            encode((kind,), (value,))
    else:
        assert encode((kind,), (value,)) == expected


@pytest.mark.parametrize(
    "kind", ["uint256[2]", "int256", "ufixed128x18", "function", "uint7", "uint", "nothing", "(", "()"]
)
def test_what_is_left_to_the_library(kind: str) -> None:
    assert encoder((kind,)) is None


def test_a_list_of_another_length() -> None:
    quick = encoder(("uint8", "uint8"))
    assert quick is not None
    with pytest.raises(Unusual):
        quick((1,))
