"""Which change of a target's code is a contradiction, and which is not."""

from __future__ import annotations

import pytest

from dao.abi import checksum, keccak
from dao.blocks.bytecode import NO_CODE
from dao.events.decode import Place
from dao.proving.called import Comparison, Decision, Sight, Target, compare, sights
from dao.types import Address

ACCOUNT = Address("0x" + "11" * 20)
MADE, EXECUTED = 10, 20
FIRST, SECOND = b"\x60\x01", b"\x60\x02"
CLONE = bytes.fromhex("363d3d373d3d3d363d73" + "22" * 20 + "5af43d82803e903d91602b57fd5bf3")
DELEGATES = [bytes.fromhex("ef0100" + digits * 20) for digits in ("aa", "bb")]
UNKNOWN = None


def place(block: int) -> Place:
    return Place(block=block, timestamp=block, transaction=bytes([block]) * 32, log_index=0)


def decision(*, called: bool = True, guarded: bool = False, executed: int | None = EXECUTED) -> Decision:
    done = None if executed is None else place(executed)
    return Decision(id=7, targets=(Target(ACCOUNT, called),), created=place(MADE), executed=done, guarded=guarded)


def compared(one: Decision, made: bytes | None, before: bytes | None, after: bytes | None) -> list[Comparison]:
    """The comparison where these codes stood there; None for one that nobody proves."""
    codes = {keccak(code): code for code in (made, before, after) if code}
    blocks = dict(zip((MADE, EXECUTED - 1, EXECUTED), (made, before, after), strict=True))
    hashes = {Sight(block, ACCOUNT): None if code is None else keccak(code) for block, code in blocks.items()}
    return list(compare([one], hashes.__getitem__, codes.get))


@pytest.mark.parametrize("code", [b"", FIRST, CLONE, DELEGATES[0]])
@pytest.mark.parametrize("called", [True, False])
def test_code_that_stays(code: bytes, called: bool) -> None:
    [one] = compared(decision(called=called), code, code, code)
    assert one.expected == one.found
    assert not one.delegated
    assert one.empty == (called and not code)


@pytest.mark.parametrize("called", [True, False])
@pytest.mark.parametrize(
    ("made", "before", "after", "words"),
    [
        (FIRST, SECOND, SECOND, "at the ends of blocks 19 and 20"),
        (FIRST, FIRST, SECOND, "length 2 at the end of block 20"),
        (FIRST, SECOND, FIRST, "length 2 at the end of block 19"),
        (FIRST, FIRST, b"", "no code at the end of block 20"),
        (b"", FIRST, FIRST, "length 2 at the ends of blocks"),
        (b"", b"", CLONE, "a minimal proxy (EIP-1167) of " + checksum(b"\x22" * 20)),
        (b"", FIRST, b"", "no code at the end of block 20"),
        (DELEGATES[0], FIRST, FIRST, "length 2 at the ends of blocks"),
        (FIRST, UNKNOWN, SECOND, "unknown code at the end of block 19"),
        (FIRST, SECOND, UNKNOWN, "unknown code at the end of block 20"),
    ],
)
def test_code_that_changed(
    called: bool, made: bytes | None, before: bytes | None, after: bytes | None, words: str
) -> None:
    [one] = compared(decision(called=called), made, before, after)
    assert one.expected != one.found
    assert words in one.found
    assert one.expected.endswith("as at the end of block 10, in which it was proposed")
    assert one.place == place(EXECUTED)
    assert one.what == f"code of {ACCOUNT}, which proposal 7 calls"


@pytest.mark.parametrize(("made", "after"), [(b"", DELEGATES[0]), (DELEGATES[0], DELEGATES[1]), (DELEGATES[0], b"")])
def test_an_owner_who_lets_other_code_run(made: bytes, after: bytes) -> None:
    """It is the owner's ether either way; what data does is another matter."""
    [paid] = compared(decision(called=False), made, after, after)
    assert paid.delegated
    assert paid.expected == paid.found
    [sent] = compared(decision(called=True), made, after, after)
    assert not sent.delegated
    assert sent.expected != sent.found
    assert "(EIP-7702)" in sent.found + sent.expected


def test_a_change_to_code_that_nobody_has_is_no_excuse() -> None:
    hashes = {Sight(MADE, ACCOUNT): NO_CODE}
    [one] = compare([decision(called=False)], lambda sight: hashes.get(sight, keccak(DELEGATES[0])), lambda _: None)
    assert one.expected != one.found


def test_code_that_must_have_been_there() -> None:
    """A governor that sends no data where there is no code found some: it came and went in one transaction."""
    [one] = compared(decision(guarded=True), b"", b"", b"")
    assert not one.empty
    assert "came and went within block 20" in one.found != one.expected
    [paid] = compared(decision(guarded=True, called=False), b"", b"", b"")
    assert paid.found == paid.expected
    [half] = compared(decision(guarded=True), b"", UNKNOWN, b"")
    assert half.found == half.expected


def test_what_nobody_proves_is_not_compared() -> None:
    assert compared(decision(), UNKNOWN, FIRST, SECOND) == []
    assert compared(decision(), FIRST, UNKNOWN, UNKNOWN) == []
    assert compared(decision(executed=None), FIRST, FIRST, SECOND) == []


def test_what_must_be_known() -> None:
    every = sights([decision(), decision(), decision(executed=None)])
    assert [sight.block for sight in every] == [MADE, EXECUTED - 1, EXECUTED]
    assert [sight.block for sight in sights([decision(executed=MADE)])] == [MADE]
    assert [sight.block for sight in sights([decision(executed=MADE + 1)])] == [MADE, MADE + 1]
