"""The bytes of a stream's parameters: what they are, and what is refused."""

from __future__ import annotations

from dataclasses import fields

import pytest

from dao.abi import encode as abi_encode
from dao.errors import PolicyError
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.normalise import FullAt
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.parameters import ENVELOPE, KINDS, MAX_BYTES, VERSION, decode, encode


def word(value: int) -> str:
    return f"{value:064x}"


def name(text: str) -> str:
    return text.encode().hex().ljust(64, "0")


def test_every_byte_of_an_example() -> None:
    """Written out by the contract ABI specification, so that another language can be held against it."""
    expected = [
        *(word(1), word(64)),  # version, offset of the array
        *(word(2), word(64), word(416)),  # two operators and their offsets
        *(word(1), word(64), word(256)),  # kind 1, offset and length of the body
        *(name("class"), word(96), name("")),  # column, offset of the weights, into
        *(word(2), name("a100"), word(7 * WAD // 2), name("h100"), word(4 * WAD)),
        *(word(30), word(64), word(64), word(25 * WAD), word(168)),  # kind 30: rate, per
    ]
    table = LabelWeights(column="class", weights=(("a100", 7 * WAD // 2), ("h100", 4 * WAD)))
    operators = (table, PerUnit(rate=25 * WAD, per=168))
    assert encode(operators).hex() == "".join(expected)
    assert decode(encode(operators)) == operators


def test_no_bytes_are_no_operators() -> None:
    assert decode(b"") == ()
    assert decode(encode(())) == ()


def test_kinds_have_one_number_and_one_type_per_field() -> None:
    assert len({kind.number for kind in KINDS}) == len({kind.operator for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert len(kind.layout) == len(fields(kind.operator)), kind.operator.__name__


def enveloped(*bodies: tuple[int, bytes], version: int = VERSION) -> bytes:
    return abi_encode(ENVELOPE, (version, list(bodies)))


def padded(text: bytes) -> bytes:
    return text.ljust(32, b"\0")


FULL = ("bytes32", "uint128", "bytes32")
CAP = ("uint8", "uint128", "uint8", "bytes32")
GOOD = (8, abi_encode(FULL, (padded(b"x"), 5, bytes(32))))


def test_the_hand_made_envelope_is_right() -> None:
    assert decode(enveloped(GOOD)) == (FullAt(column="x", full=5),)
    cap = (40, abi_encode(CAP, (0, 7, 1, bytes(32))))
    assert decode(enveloped(cap)) == (Cap(scope=Scope.ACCOUNT_EPOCH, limit=7, cut=Cut.REDISTRIBUTE),)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\0", id="one byte"),
        pytest.param(bytes(64), id="zeros"),
        pytest.param(enveloped(GOOD, version=2), id="another version"),
        pytest.param(enveloped(GOOD, version=0), id="no version"),
        pytest.param(enveloped((0, b"")), id="unknown kind"),
        pytest.param(enveloped((255, GOOD[1])), id="unused kind"),
        pytest.param(enveloped(GOOD) + bytes(32), id="a word behind the end"),
        pytest.param(enveloped(GOOD)[:-1], id="a byte short"),
        pytest.param(enveloped((8, GOOD[1] + bytes(32))), id="a word behind a body"),
        pytest.param(enveloped((8, b"")), id="an empty body"),
        pytest.param(enveloped((8, abi_encode(FULL, (padded(b"x"), 0, bytes(32))))), id="out of range"),
        pytest.param(enveloped((8, abi_encode(FULL, (bytes(32), 5, bytes(32))))), id="an empty name"),
        pytest.param(enveloped((8, abi_encode(FULL, (padded(b"a\0b"), 5, bytes(32))))), id="a gap in a name"),
        pytest.param(enveloped((8, abi_encode(FULL, (b"x".rjust(32, b"\0"), 5, bytes(32))))), id="right-aligned"),
        pytest.param(enveloped((8, abi_encode(FULL, (b"x" * 32, 5, bytes(32))))), id="a name of 32"),
        pytest.param(enveloped((8, abi_encode(FULL, (padded(b"\xff"), 5, bytes(32))))), id="not ASCII"),
        pytest.param(enveloped((40, abi_encode(CAP, (9, 7, 0, bytes(32))))), id="unknown scope"),
        pytest.param(enveloped((40, abi_encode(CAP, (0, 7, 2, bytes(32))))), id="unknown cut"),
        pytest.param(enveloped((30, abi_encode(("uint128", "uint64"), (1, 1))), GOOD), id="out of order"),
        pytest.param(bytes(MAX_BYTES + 1), id="too long"),
    ],
)
def test_bytes_that_are_refused(data: bytes) -> None:
    with pytest.raises(PolicyError):
        decode(data)


def test_parameters_that_do_not_fit() -> None:
    def table(size: int) -> tuple[LabelWeights, ...]:
        return (LabelWeights(column="class", weights=tuple((f"class-{index:03}", WAD) for index in range(size))),)

    assert len(encode(table(122))) <= MAX_BYTES
    with pytest.raises(PolicyError) as error:
        encode(table(123))
    assert (error.value.expected, error.value.found) == ("at most 8192 bytes", 8_224)


def test_only_operators_that_go_together_are_encoded() -> None:
    rate = PerUnit(rate=1, per=1)
    with pytest.raises(PolicyError):
        encode([rate, rate])
