"""Transactions as bytes: of every type, and what is none or nobody signed."""

from __future__ import annotations

import pytest
import rlp

from dao.abi import keccak
from dao.blocks.transactions import FIELDS, encode, read_transaction
from dao.chain.transaction_fields import transaction_of
from dao.errors import CodecError
from tests.support.proposing import known


@pytest.mark.parametrize(("name", "answer"), known().items())
def test_transactions_of_every_type(name: str, answer: dict[str, str]) -> None:
    """The sender is never read from the answer, which has it for the comparison."""
    data = transaction_of({key: value for key, value in answer.items() if key not in ("from", "hash")})
    assert data is not None
    read = read_transaction(data)
    assert "0x" + read.hash.hex() == "0x" + keccak(data).hex() == answer["hash"]
    assert read.sender.lower() == answer["from"]
    assert (read.to and read.to.lower()) == answer["to"]
    assert "0x" + read.input.hex() == answer["input"]
    assert (read.to is None) == ("creates" in name)


def test_all_types_are_among_them() -> None:
    kinds = [int(answer.get("type", "0x0"), 16) for answer in known().values()]
    assert set(kinds) == set(FIELDS)
    signatures = {int(answer["v"], 16) for answer, kind in zip(known().values(), kinds, strict=True) if kind == 0}
    assert signatures == {28, 37}, "without and with a chain in the signature"


def fields(kind: int) -> tuple[list[str], list[object]]:
    """The names and decoded values of a known transaction of type `kind`."""
    answer = next(answer for answer in known().values() if answer.get("type") == hex(kind))
    data = transaction_of(answer)
    assert data is not None
    return [name for name, _ in FIELDS[kind]], rlp.decode(data[kind != 0 :])


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("to", b"\x01" * 19, "no transaction"),
        ("to", b"\x01" * 21, "no transaction"),
        ("to", [b"\x01" * 20], "no transaction"),
        ("input", [b"\x01"], "no transaction"),
        ("nonce", [b"\x01"], "not signed"),
        ("gas", b"\x00\x01", "not signed"),
        ("r", b"", "not signed"),
        ("s", b"", "not signed"),
        ("s", b"\xff" * 33, "not signed"),
    ],
)
def test_fields_of_another_form(kind: int, name: str, value: object, words: str) -> None:
    names, values = fields(kind)
    values[names.index(name)] = value
    with pytest.raises(CodecError, match=words):
        read_transaction(encode(kind, values))


@pytest.mark.parametrize("kind", FIELDS)
def test_too_few_and_too_many_fields(kind: int) -> None:
    _, values = fields(kind)
    for other in (values[:-1], [*values, b""], [values, [], [], []]):
        with pytest.raises(CodecError, match="no transaction"):
            read_transaction(encode(kind, other))


def test_what_is_no_transaction_at_all() -> None:
    _, values = fields(0)
    whole = encode(0, values)
    for data in (b"", b"\xc0", b"\x80", whole + b"\x00", whole[:-1], b"\xf9" + whole):
        with pytest.raises(CodecError):
            read_transaction(data)
    for data in (b"\x05" + whole, b"\x7e" + whole, b"\x00" + whole):
        with pytest.raises(CodecError, match="type that is not known"):
            read_transaction(data)
    with pytest.raises(CodecError, match="cannot be written"):
        encode(0, [-1, *values[1:]])
