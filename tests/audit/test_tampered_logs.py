"""A log that is missing, altered, moved or added makes findings, whichever log of a history it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace as with_changes
from itertools import pairwise

import pytest

from dao.artifacts import load
from dao.audit.report import AuditReport
from dao.audit.run import audit
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import (
    DISTRIBUTOR,
    EVENTS,
    GOVERNOR,
    POLICY,
    TIMELOCK,
    TOKEN,
    WRAPPER,
    DelegateChanged,
    Transfer,
    VoteCast,
)
from tests.support.decoding import decoded_once
from tests.support.history import Dao


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    with decoded_once():
        yield


def audited(life: Dao, logs: Sequence[RawLog], *, ask: bool = True) -> AuditReport:
    return audit(
        logs,
        life.addresses,
        life.chain if ask else None,
        chain_id=1,
        from_block=0,
        to_block=life.chain.number,
        timepoint=life.chain.timestamp,
    )


def noticed(life: Dao, logs: Sequence[RawLog]) -> bool:
    """Whether the audit finds anything. The logs alone are looked at first, because that is quicker."""
    return bool(audited(life, logs, ask=False).findings or audited(life, logs).findings)


def contract_of(life: Dao, log: RawLog) -> str:
    known = life.addresses
    return {known.token: TOKEN, known.timelock: TIMELOCK, known.governor: GOVERNOR, known.policy: POLICY}[log.address]


def name_of(life: Dao, log: RawLog) -> str:
    return load(contract_of(life, log)).abi.events[log.topics[0]].name


def numbers_of(life: Dao, name: str) -> list[int]:
    return [index for index, log in enumerate(life.logs) if name_of(life, log) == name]


def test_the_honest_history_has_no_finding(life: Dao) -> None:
    report = audited(life, life.logs)
    assert report.findings == ()
    assert report.verdict == "agrees"
    assert audited(life, life.logs, ask=False).findings == ()


def test_two_audits_are_byte_identical(life: Dao) -> None:
    logs = life.logs
    del logs[numbers_of(life, "Transfer")[3]], logs[numbers_of(life, "VoteCast")[1]]
    first, second = (json.dumps(audited(life, logs).as_dict()) for _ in range(2))
    assert first == second
    assert json.loads(first)["verdict"] == "disagrees"


def test_every_dropped_log_is_found(life: Dao) -> None:
    """But for what a constructor sets from zero to zero."""
    logs = life.logs
    unnoticed = [
        (name_of(life, log), index)
        for index, log in enumerate(logs)
        if not noticed(life, [*logs[:index], *logs[index + 1 :]])
    ]
    assert unnoticed == [
        ("ProposalThresholdSet", numbers_of(life, "ProposalThresholdSet")[0]),
        ("QuorumNumeratorUpdated", numbers_of(life, "QuorumNumeratorUpdated")[0]),
    ]


def test_every_repeated_log_is_found(life: Dao) -> None:
    for index, log in enumerate(life.logs):
        findings = audited(life, [*life.logs[: index + 1], log, *life.logs[index + 1 :]], ask=False).findings
        assert "logs" in {finding.check for finding in findings}


def test_every_altered_word_is_found(life: Dao) -> None:
    """One bit of every topic and of every 32 bytes of data is turned, one at a time, in three logs of each kind.

    Unnoticed stays who sent a role in a constructor, which decides nothing.
    """
    unnoticed = set()
    logs = life.logs
    kinds = Counter[str]()
    for index, log in enumerate(logs):
        kinds[name_of(life, log)] += 1
        if kinds[name_of(life, log)] > 3:
            continue
        altered = [
            with_changes(log, topics=(*log.topics[:i], flipped(topic, 31), *log.topics[i + 1 :]))
            for i, topic in enumerate(log.topics)
        ]
        altered += [with_changes(log, data=flipped(log.data, at)) for at in range(31, len(log.data), 32)]
        for number, other in enumerate(altered):
            if not noticed(life, [*logs[:index], other, *logs[index + 1 :]]):
                unnoticed.add((name_of(life, log), number))
    assert unnoticed == {("RoleGranted", 3)}


@pytest.mark.parametrize("fill", [b"\xff" * 32, b"\x80" + bytes(31)])
def test_absurd_values_end_in_findings_and_never_in_a_crash(life: Dao, fill: bytes) -> None:
    """A lying node may send anything, in any kind of log; every seventh time the contracts are asked as well."""
    logs = life.logs
    count = 0
    seen = set()
    for index, log in enumerate(logs):
        if name_of(life, log) in seen:
            continue
        seen.add(name_of(life, log))
        for at in range(0, len(log.data), 32):
            count += 1
            absurd = with_changes(log, data=log.data[:at] + fill + log.data[at + 32 :])
            assert audited(life, [*logs[:index], absurd, *logs[index + 1 :]], ask=count % 7 == 0).compared


@pytest.mark.parametrize("timestamp", [-5, 2**300])
def test_an_absurd_time_is_found_in_every_kind_of_log(life: Dao, timestamp: int) -> None:
    logs = life.logs
    firsts = {name_of(life, log): index for index, log in reversed(list(enumerate(logs)))}
    for index in firsts.values():
        absurd = with_changes(logs[index], timestamp=timestamp)
        assert audited(life, [*logs[:index], absurd, *logs[index + 1 :]]).findings


def test_every_two_neighbours_that_change_places_are_found(life: Dao) -> None:
    """Only the list is out of order; every log still says where it belongs."""
    for index in range(len(life.logs) - 1):
        logs = life.logs
        logs[index], logs[index + 1] = logs[index + 1], logs[index]
        assert {finding.check for finding in audited(life, logs, ask=False).findings} == {"logs"}


def test_contents_that_change_places_are_found(life: Dao) -> None:
    """Two logs of one kind swap their contents and keep their places.

    Left out: proposals and ballots of one block, for which it is all the same which came first.
    """
    for name in ("Transfer", "DelegateChanged", "ProposalCreated", "CallScheduled", "CallExecuted", "RoleGranted"):
        numbers = [n for n in numbers_of(life, name) if n >= numbers_of(life, "DelegateChanged")[1]]
        for first, second in pairwise(numbers):
            logs = life.logs
            one, other = logs[first], logs[second]
            same_block = one.block_number == other.block_number
            if (one.topics, one.data) == (other.topics, other.data) or (name == "ProposalCreated" and same_block):
                continue
            logs[first] = with_changes(one, topics=other.topics, data=other.data)
            logs[second] = with_changes(other, topics=one.topics, data=one.data)
            assert noticed(life, logs), (name, first, second)


def test_a_dropped_transfer_is_found_in_balances_and_votes(life: Dao) -> None:
    index = next(n for n in numbers_of(life, "Transfer") if value_of(life, n) == 11 * 10**18)
    checks = {finding.check for finding in audited(life, [*life.logs[:index], *life.logs[index + 1 :]]).findings}
    assert {"balances", "voting-power", "vote-weights"} <= checks


def test_a_dropped_ballot_is_found_in_the_tally(life: Dao) -> None:
    index = numbers_of(life, "VoteCast")[0]
    checks = {finding.check for finding in audited(life, [*life.logs[:index], *life.logs[index + 1 :]]).findings}
    assert {"tallies", "outcomes", "double-votes"} <= checks


def test_an_invented_weight_is_found_from_logs_alone(life: Dao) -> None:
    index = numbers_of(life, "VoteCast")[0]
    log = life.logs[index]
    event = decode_log(log, GOVERNOR)
    assert isinstance(event, VoteCast)
    forged = with_changes(log, data=log.data[:64] + (event.weight + 1).to_bytes(32, "big") + log.data[96:])
    (finding,) = audited(life, [*life.logs[:index], forged, *life.logs[index + 1 :]], ask=False).findings
    assert (finding.check, finding.expected, finding.found) == (
        "vote-weights",
        str(event.weight),
        str(event.weight + 1),
    )
    assert (finding.block, finding.transaction) == (log.block_number, log.transaction_hash)


def test_a_log_that_no_event_explains_is_reported(life: Dao) -> None:
    last = life.logs[-1]
    strange = with_changes(last, topics=(b"\x01" * 32,), log_index=last.log_index + 1)
    (finding,) = audited(life, [*life.logs, strange], ask=False).findings
    assert (finding.check, finding.expected) == ("logs", "an event of its ABI")
    bare = with_changes(strange, topics=())
    assert [f.check for f in audited(life, [*life.logs, bare], ask=False).findings] == ["logs"]


@pytest.mark.parametrize("tail", [b"\0", b"\0" * 32])
def test_a_log_with_bytes_too_many_is_reported(life: Dao, tail: bytes) -> None:
    index = numbers_of(life, "VoteCast")[0]
    logs = life.logs
    logs[index] = with_changes(logs[index], data=logs[index].data + tail)
    findings = audited(life, logs, ask=False).findings
    assert "logs" in {finding.check for finding in findings}


def test_time_that_goes_back_is_reported(life: Dao) -> None:
    logs = life.logs
    logs[-1] = with_changes(logs[-1], timestamp=logs[0].timestamp - 1)
    assert "logs" in {finding.check for finding in audited(life, logs, ask=False).findings}


def value_of(life: Dao, index: int) -> int:
    event = decode_log(life.logs[index], TOKEN)
    assert isinstance(event, Transfer)
    return event.value


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_the_history_holds_every_kind_of_log(life: Dao) -> None:
    """What is tampered with above is all that this release can read, but for what only another deployment emits."""
    seen = {(contract_of(life, log), name_of(life, log)) for log in life.logs}
    missing = {name for contract, name in set(EVENTS) - seen if contract not in (WRAPPER, DISTRIBUTOR)}
    assert missing == {"RoleAdminChanged", "RoleRevoked"} & missing
    assert any(
        isinstance(decode_log(log, TOKEN), DelegateChanged) for log in life.logs if log.address == life.addresses.token
    )
