"""Events against the ABIs of the artifacts, and logs that are not what they should be."""

from __future__ import annotations

import re
from dataclasses import fields, replace as with_changes

import pytest

from dao.abi import encode
from dao.artifacts import CONTRACTS, load
from dao.errors import CodecError
from dao.events.decode import Ignored, Unknown, decode_log, place_of
from dao.events.log import RawLog
from dao.events.model import (
    DISTRIBUTOR,
    EVENTS,
    GOVERNOR,
    IGNORED,
    POLICY,
    TOKEN,
    Claimed,
    PayoutsPublished,
    ReportersSet,
    ScheduleSet,
    Transfer,
    VoteCast,
)
from dao.replay.transition import BY_EMITTER, BY_EVENT
from dao.types import Address

A = Address("0x1111111111111111111111111111111111111111")
B = Address("0x2222222222222222222222222222222222222222")

RENAMED = {"from": "source"}
"""Parameters whose name Python keeps for itself."""


def log(contract: str, event: str, indexed: list[bytes], types: list[str], values: list[object]) -> RawLog:
    return RawLog(
        address=A,
        topics=(load(contract).abi.event(event).hash, *indexed),
        data=encode(types, values),
        block_number=5,
        block_hash=b"\5" * 32,
        timestamp=50,
        transaction_hash=b"\6" * 32,
        transaction_index=0,
        log_index=3,
    )


def word(address: Address) -> bytes:
    return bytes(12) + bytes.fromhex(address[2:])


TRANSFER = log(TOKEN, "Transfer", [word(A), word(B)], ["uint256"], [7])


def test_every_event_of_every_contract_is_modelled_or_ignored_on_purpose() -> None:
    emitted = {(name, event.name) for name in CONTRACTS for event in load(name).abi.events.values()}
    assert set(EVENTS) | set(IGNORED) == emitted
    assert set(EVENTS) & set(IGNORED) == set()


@pytest.mark.parametrize(("contract", "name"), EVENTS)
def test_fields_are_the_parameters_in_their_order(contract: str, name: str) -> None:
    parameters = [RENAMED.get(p.name, p.name) for p in load(contract).abi.event(name).inputs]
    snake = [re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", parameter).lower() for parameter in parameters]
    found = [field.name for field in fields(EVENTS[contract, name])]  # type: ignore[arg-type]
    assert found == snake


def test_every_event_has_one_transition() -> None:
    assert set(BY_EVENT) | set(BY_EMITTER) == set(EVENTS.values())
    assert set(BY_EVENT) & set(BY_EMITTER) == set()


def test_a_log_becomes_its_event_and_place() -> None:
    assert decode_log(TRANSFER, TOKEN) == Transfer(A, B, 7)
    place = place_of(TRANSFER)
    assert (place.block, place.timestamp, place.transaction, place.log_index) == (5, 50, b"\6" * 32, 3)


def test_nested_values_come_back_as_tuples() -> None:
    segments = [(3, 1, [2, 9]), (8, 0, [4])]
    types = ["(uint32,uint8,uint128[])[]", "bytes32"]
    found = decode_log(log(POLICY, "ScheduleSet", [b"\1" * 32], types, [segments, b"\2" * 32]), POLICY)
    assert found == ScheduleSet(b"\1" * 32, ((3, 1, (2, 9)), (8, 0, (4,))), b"\2" * 32)


def test_strings_are_whatever_bytes_were_sent() -> None:
    hostile = b"\xff\x00\xe2\x80\xae"
    types = ["uint256", "uint8", "uint256", "bytes"]
    found = decode_log(log(GOVERNOR, "VoteCast", [word(A)], types, [1, 2, 3, hostile]), GOVERNOR)
    assert found == VoteCast(A, 1, 2, 3, hostile)


def test_publications_and_claims_are_decoded_with_their_places_and_receivers() -> None:
    hostile = b"https://\xff\xe2\x80\xae"
    indexed = [b"\1" * 32, (7).to_bytes(32, "big"), (2).to_bytes(32, "big")]
    types = ["uint32", "bytes32", "uint128", "uint48", "uint48", "uint48", "bytes32", "bytes"]
    values = [3, b"\2" * 32, 10**20, 5, 6, 7, b"\3" * 32, hostile]
    found = decode_log(log(DISTRIBUTOR, "PayoutsPublished", indexed, types, values), DISTRIBUTOR)
    assert found == PayoutsPublished(b"\1" * 32, 7, 2, 3, b"\2" * 32, 10**20, 5, 6, 7, b"\3" * 32, hostile)
    indexed = [b"\1" * 32, (7).to_bytes(32, "big"), word(A)]
    claimed = log(DISTRIBUTOR, "Claimed", indexed, ["uint32", "address", "uint128"], [2, B, 9])
    assert decode_log(claimed, DISTRIBUTOR) == Claimed(b"\1" * 32, 7, A, 2, B, 9)
    reporters = log(DISTRIBUTOR, "ReportersSet", [], ["address[]", "uint256"], [[A, B], 2])
    assert decode_log(reporters, DISTRIBUTOR) == ReportersSet((A, B), 2)


def test_events_without_bearing_are_named() -> None:
    approval = log(TOKEN, "Approval", [word(A), word(B)], ["uint256"], [7])
    assert decode_log(approval, TOKEN) == Ignored("Approval")


def test_unknown_topics_are_kept_as_they_are() -> None:
    for topics in ((), (b"\7" * 32,), (load(GOVERNOR).abi.event("VoteCast").hash,)):
        assert decode_log(with_changes(TRANSFER, topics=topics), TOKEN) == Unknown(topics, TRANSFER.data)


@pytest.mark.parametrize(
    "damaged",
    [
        with_changes(TRANSFER, topics=TRANSFER.topics[:2]),
        with_changes(TRANSFER, topics=(*TRANSFER.topics, bytes(32))),
        with_changes(TRANSFER, topics=(*TRANSFER.topics[:2], TRANSFER.topics[2][1:])),
        with_changes(TRANSFER, topics=(TRANSFER.topics[0], TRANSFER.topics[1] + b"\0", TRANSFER.topics[2][1:])),
        with_changes(TRANSFER, topics=(*TRANSFER.topics[:2], b"\1" + TRANSFER.topics[2][1:])),
        with_changes(TRANSFER, data=b""),
        with_changes(TRANSFER, data=TRANSFER.data + b"\0"),
        with_changes(TRANSFER, data=TRANSFER.data[:-1]),
        with_changes(TRANSFER, data=TRANSFER.data + bytes(32)),
    ],
)
def test_damaged_logs_are_refused(damaged: RawLog) -> None:
    with pytest.raises(CodecError):
        decode_log(damaged, TOKEN)
