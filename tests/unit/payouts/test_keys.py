"""Accounts as integers: back to the same text, in the same order, with the right checksum."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as arrow
import pytest

from dao.abi import checksum
from dao.errors import PolicyError
from dao.payouts.keys import (
    KEYS,
    MIXED_CASE,
    NO_ACCOUNT,
    ONE_CASE,
    checksum_case,
    decode_accounts,
    encode_accounts,
    key_columns,
    spelled,
)

CHANCE = random.Random(5)
LOWER = [f"0x{CHANCE.getrandbits(160):040x}" for _ in range(300)]
LOWER += ["0x" + "0" * 40, "0x" + "f" * 40, "0x" + "80" * 20, "0x" + "7f" * 20, "0x" + "0123456789" * 4]


def encoded(texts: list[str]) -> dict[str, Any]:
    return encode_accounts(arrow.array(texts, arrow.string()))


def spelling(account: str) -> str:
    return "".join(CHANCE.choice((str.upper, str.lower))(digit) for digit in account[2:])


def test_any_spelling_comes_back() -> None:
    texts = ["0x" + spelling(account) for account in LOWER]
    columns = encoded(texts)
    keys = [columns[name] for name in KEYS]
    assert decode_accounts(keys) == LOWER
    assert spelled(keys, columns["case"].tolist()) == texts
    for text, kind in zip(texts, columns["kind"].tolist(), strict=True):
        one = text[2:] in (text[2:].lower(), text[2:].upper())
        assert kind == (ONE_CASE if one else MIXED_CASE), text


def test_integers_are_in_the_order_of_accounts() -> None:
    columns = encoded(LOWER)
    keys = list(zip(*(columns[name].tolist() for name in KEYS), strict=True))
    assert [account for _, account in sorted(zip(keys, LOWER, strict=True))] == sorted(LOWER)
    assert all(number >= 0 for key in keys for number in key)


def test_the_checksum_is_that_of_eip_55() -> None:
    columns = encoded([checksum(account) for account in LOWER])
    keys = [columns[name] for name in KEYS]
    assert checksum_case(keys).tolist() == columns["case"].tolist()
    assert spelled(keys, checksum_case(keys).tolist()) == [checksum(account) for account in LOWER]


@pytest.mark.parametrize(
    "text",
    ["", "0x", "x" * 42, "0x" + "g" * 40, "0X" + "1" * 40, "1x" + "1" * 40, "0x" + "1" * 39, "0x" + "1" * 41, "é" * 21],
)
def test_what_is_no_account_is_kept_as_text(text: str) -> None:
    columns = encoded([LOWER[0], text, LOWER[1]])
    assert columns["kind"].tolist() == [ONE_CASE, NO_ACCOUNT, ONE_CASE]
    assert columns["text"].to_pylist() == ["", text, ""]
    assert columns["a0"].tolist()[1] == 0
    assert decode_accounts([columns[name][::2] for name in KEYS]) == LOWER[:2]


def test_parts_of_a_column() -> None:
    texts = arrow.array(["padding", *LOWER[:9], "x"])
    columns = encode_accounts(texts.slice(1, 9))
    assert decode_accounts([columns[name] for name in KEYS]) == LOWER[:9]
    assert encoded([])["kind"].tolist() == []


def test_state_is_in_lower_case() -> None:
    assert decode_accounts([key_columns(LOWER[:2])[name] for name in KEYS]) == LOWER[:2]
    for wrong in (checksum(LOWER[0]), "0x12"):
        with pytest.raises(PolicyError, match="not spelled as state has it"):
            key_columns([LOWER[1], wrong])
