"""Amounts, shares, durations and moments: exact, or an error."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from dao.document.quantities import (
    MAX_AMOUNT,
    Amount,
    Units,
    format_amount,
    format_duration,
    format_share,
    format_timestamp,
    parse_amount,
    parse_duration,
    parse_integer,
    parse_share,
    parse_timestamp,
)
from dao.errors import AmountError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15_000 RWD", 15_000 * 10**18),
        ("15000 RWD", 15_000 * 10**18),
        ("1_234.5 RWD", 1_234_500_000_000_000_000_000),
        ("1_234.50 RWD", 1_234_500_000_000_000_000_000),
        ("0.000000000000000001 RWD", 1),
        ("250 wei", 250),
        ("0 RWD", 0),
        (f"{MAX_AMOUNT} wei", MAX_AMOUNT),
    ],
)
def test_amounts(text: str, value: int) -> None:
    assert parse_amount(text, symbol="RWD", decimals=18) == value


@pytest.mark.parametrize(
    "text",
    [
        "15_000",  # no unit: tokens or wei?
        "15000000000000000000000",
        "15_000 ETH",  # another unit
        "1 rwd",
        "-1 RWD",
        "+1 RWD",
        "1e3 RWD",
        "0x10 RWD",
        "010 RWD",
        "1,000 RWD",
        "1'000 RWD",
        "1_00 RWD",
        "1_0000 RWD",
        "1__000 RWD",
        "_1 RWD",
        "1. RWD",
        ".5 RWD",
        "1.5_0 RWD",
        "0.0000000000000000001 RWD",
        "0.5 wei",
        "1 RWD RWD",
        "RWD 1",
        "",
        " 1 RWD",
        "1 RWD\n",
        "١ RWD",
        "1RWD",
        f"{MAX_AMOUNT + 1} wei",
        "9" * 80 + " RWD",
        "9" * 5_000 + " RWD",
    ],
)
def test_what_is_no_exact_amount(text: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(text, symbol="RWD", decimals=18)


def test_a_bare_number_says_what_was_expected() -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount("15_000", symbol="RWD", decimals=18)
    assert caught.value.what == "an amount has no unit"
    assert "RWD" in str(caught.value.expected)


def test_an_amount_for_18_decimals_is_refused_for_6() -> None:
    assert parse_amount("1.123456 RWD", symbol="RWD", decimals=6) == 1_123_456
    with pytest.raises(AmountError, match="not exact"):
        parse_amount("1.1234567 RWD", symbol="RWD", decimals=6)


@given(st.integers(0, MAX_AMOUNT), st.integers(0, 77))
@example(MAX_AMOUNT, 0)
@example(10**18, 18)
def test_amounts_round_trip(value: int, decimals: int) -> None:
    text = format_amount(value, symbol="RWD", decimals=decimals)
    assert parse_amount(text, symbol="RWD", decimals=decimals) == value
    assert str(Amount.parse(text)) == text


@pytest.mark.parametrize("symbol", ["", "A B", "wei", "R\u202eWD", "\x1b[31m", "R\nD", "x" * 65])
def test_a_symbol_that_cannot_be_written_gives_way_to_wei(symbol: str) -> None:
    assert format_amount(5, symbol=symbol, decimals=0) == "5 wei"
    assert parse_amount("5 wei", symbol=symbol, decimals=18) == 5


def test_equal_amounts_are_equal_values() -> None:
    assert Amount.parse("1.50 RWD") == Amount.parse("1.5 RWD") == Amount(15, 1, "RWD") == Amount(1_500, 3, "RWD")
    with pytest.raises(AmountError):
        Units("RWD", 18).amount(-1)


@pytest.mark.parametrize(
    ("text", "points"), [("60%", 6_000), ("27.5%", 2_750), ("0.01%", 1), ("100%", 10_000), ("0%", 0), ("5.00 %", 500)]
)
def test_shares(text: str, points: int) -> None:
    assert parse_share(text) == points


@pytest.mark.parametrize("text", ["60", "0.6", "0.001%", "100.01%", "-5%", "%", "5%%", "05%", "1e1%"])
def test_what_is_no_exact_share(text: str) -> None:
    with pytest.raises(AmountError):
        parse_share(text)


@given(st.integers(0, 10_000))
def test_shares_round_trip(points: int) -> None:
    assert parse_share(format_share(points)) == points


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7 days", 604_800),
        ("1 week", 604_800),
        ("3600 s", 3_600),
        ("2_628_000 s", 2_628_000),
        ("12 hours", 43_200),
        ("1 minute", 60),
        ("5 seconds", 5),
        ("0 s", 0),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["7", "7days", "1.5 hours", "-1 s", "1 month", "1 year", "7 Days", "1:30", "1 ss", "s", "1 "]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(AmountError):
        parse_duration(text)


@given(st.integers(0, 2**48))
@example(604_800)
@example(3_600)
def test_durations_round_trip(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


def test_durations_are_written_in_the_largest_unit() -> None:
    texts = [format_duration(seconds) for seconds in (0, 1, 60, 90, 7_200, 86_400, 604_800, 31_557_600)]
    assert texts == ["0 s", "1 s", "1 minute", "90 s", "2 hours", "1 day", "7 days", "8_766 hours"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2023-08-01", 1_690_848_000), ("2023-08-01T00:00:00Z", 1_690_848_000), ("1970-01-01T00:00:01Z", 1)],
)
def test_moments(text: str, seconds: int) -> None:
    assert parse_timestamp(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "2023-8-1",
        "2023-02-30",
        "2023-08-01T00:00:00",
        "2023-08-01T00:00:00+02:00",
        "2023-08-01 00:00:00Z",
        "1690848000",
        "1969-12-31",
        "2023-08-01T24:00:00Z",
        "2023-08-01T00:00:60Z",
        "0000-01-01",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(AmountError):
        parse_timestamp(text)


@given(st.integers(0, 253_402_300_799))
def test_moments_round_trip(seconds: int) -> None:
    assert parse_timestamp(format_timestamp(seconds)) == seconds


def test_values_that_cannot_be_written() -> None:
    for write, value in (
        (format_timestamp, 253_402_300_800),
        (format_timestamp, -1),
        (format_share, 10_001),
        (format_share, -1),
        (format_duration, -1),
    ):
        with pytest.raises(AmountError):
            write(value)


@pytest.mark.parametrize("text", ["", "-1", "1.0", "01", "1_0", "0x1", "1e3", "9" * 81])
def test_what_is_no_integer(text: str) -> None:
    with pytest.raises(AmountError):
        parse_integer(text)
