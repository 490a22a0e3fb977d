"""Payouts of a short history, whose logs are dropped, repeated, altered or moved: each of that is found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace as with_changes
from typing import Any

import pytest

from dao.audit.report import AuditReport
from dao.audit.run import audit
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import DISTRIBUTOR, EVENTS, TOKEN, Transfer
from dao.types import ZERO_ADDRESS
from tests.support import paying
from tests.support.decoding import decoded_once
from tests.support.history import EPOCH, ROOT_ID, START, Dao
from tests.support.paying import REPORTERS, Funding

ONE = 10**18
JOBS, DATA, LATER, MORE, ALONE = ("compute", 8, 0), ("data", 8, 0), ("data", 9, 0), ("data", 8, 1), ("compute", 9, 0)


def made(funding: Funding) -> Dao:
    """A history with every event of the distributor; its settings change by a vote, its owner by the constructor."""
    dao = Dao.deploy(funding=funding)
    a, b, c, d, e = dao.holders

    def send(call: Any, sender: str = e) -> None:
        paying.send(dao, sender, call)

    for holder in dao.holders:
        dao.token(holder, "delegate", holder)
    send(paying.published(dao, JOBS, [(a, 7 * ONE), (b, 2 * ONE), (c, 3 * ONE), (d, 1)]))
    send(paying.published(dao, DATA, [(a, ONE), (b, 2 * ONE)]))
    dao.chain.advance(10)
    send(paying.call(dao, "dispute", *paying.arguments(JOBS), "I was left out"), a)
    send(paying.call(dao, "dispute", *paying.arguments(JOBS), "I, too"), b)
    send(paying.answered(dao, JOBS, a))
    dao.chain.advance(paying.WINDOW)
    send(paying.claimed(dao, DATA, 0))
    send(paying.answered(dao, JOBS, b, "Now it is counted."))
    send(paying.claimed_batch(dao, JOBS, half=True))
    send(paying.call(dao, "void", *paying.arguments(DATA), "A wrong tree"), dao.guardian)
    send(paying.published(dao, DATA, [(b, 2 * ONE), (c, ONE)]))
    epoch = (dao.chain.timestamp - (START - 10 * EPOCH)) // EPOCH + 1
    dao.pass_proposal(
        [
            paying.call(dao, "setReporters", REPORTERS[2:4], 1),
            paying.call(dao, "setTerms", (60, 0, paying.CLAIM_PERIOD + 1)),
            paying.call(dao, "setGuardian", dao.addresses.timelock),
            dao.call_policy("setSchedule", ROOT_ID, [(epoch, 0, [90 * ONE])]),
            dao.call_token("mint", a, 77),
        ],
        "Rotate the reporters",
    )
    send(paying.published(dao, LATER, [(b, ONE), (a, ONE)]))
    send(paying.published(dao, MORE, [(a, 5)]))
    dao.chain.advance(60)
    send(paying.claimed_to(dao, 1, c, [DATA, LATER]))
    dao.bundle([paying.claimed(dao, DATA, 1), paying.call(dao, "claimMany", a, paying.claims_of(dao, a, [MORE]))])
    dao.pass_proposal([paying.call(dao, "void", *paying.arguments(LATER), "été")], "Void")
    dao.chain.advance(2 * EPOCH)
    send(paying.published(dao, ("compute", epoch, 0), [(a, 80 * ONE)]))
    send(paying.published(dao, ALONE, [(a, ONE), (b, ONE)]))
    dao.chain.advance(paying.CLAIM_PERIOD + paying.WINDOW + paying.HOLD)
    send(paying.call(dao, "lapse", *paying.arguments(JOBS)))
    dao.chain.advance(1)
    dao.token(a, "delegate", b)
    dao.chain.advance(1)
    return dao


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    with decoded_once():
        yield


@pytest.fixture(scope="module", params=["mint", "treasury"])
def life(request: pytest.FixtureRequest) -> Dao:
    """The history in either mode; nobody changes it."""
    return made(request.param)


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


def name_of(life: Dao, log: RawLog) -> str:
    return type(decode_log(log, DISTRIBUTOR if log.address == life.addresses.distributor else TOKEN)).__name__


def payout_logs(life: Dao) -> list[int]:
    """Numbers of the distributor's logs, and of the transfers that it makes."""
    distributor = life.addresses.distributor
    mine = {log.transaction_hash for log in life.logs if log.address == distributor}
    return [
        index
        for index, log in enumerate(life.logs)
        if log.address == distributor
        or (log.address == life.addresses.token and log.transaction_hash in mine and name_of(life, log) == "Transfer")
    ]


def test_the_honest_history_has_no_finding_and_holds_every_event(life: Dao) -> None:
    report = audited(life, life.logs)
    assert report.findings == ()
    assert audited(life, life.logs, ask=False).findings == ()
    kinds = {name_of(life, log) for log in life.logs if log.address == life.addresses.distributor}
    assert kinds == {name for contract, name in EVENTS if contract == DISTRIBUTOR}
    compared = {check.name: check.compared for check in report.checks}
    assert all(
        compared[name] for name in ("publications", "disputes", "claims", "payout-funding", "distributor-settings")
    )


def test_the_summary_says_what_was_paid_and_who_authorised_it(life: Dao) -> None:
    report = audited(life, life.logs)
    payouts = report.payouts
    assert payouts is not None
    assert payouts.minted is (name_of_funding(life) == "mint")
    sums = {made.stream: (made.published, made.claimed, made.lapsed, made.open) for made in payouts.streams}
    assert sums == {
        "compute": (12 * ONE + 1 + 82 * ONE, 9 * ONE, 3 * ONE + 1, 82 * ONE),
        "data": (5 * ONE + 5, 5 * ONE + 5, 0, 0),
    }
    proposal = report.proposals[0].id
    stands = {(made.stream, made.epoch, made.series): made for made in payouts.publications}
    assert {key: (made.authority, made.proposal) for key, made in stands.items() if made.proposal} == {
        ("compute", max(epoch for _, epoch, _ in stands), 0): ("proposal", proposal)
    }
    assert {made.authority for made in payouts.publications} == {"proposal", "deployment"}
    void = stands[LATER]
    assert (void.stands, void.voids, void.total, void.claimed, void.left) == (False, 1, ONE, ONE, 0)
    assert (stands[DATA].voids, stands[DATA].accounts, stands[DATA].total) == (1, 3, 3 * ONE)
    text = json.dumps(report.as_dict())
    found = json.loads(text)["payouts"]
    assert found["streams"][0] == {
        "stream": "compute",
        "published": str(94 * ONE + 1),
        "claimed": str(9 * ONE),
        "lapsed": str(3 * ONE + 1),
        "open": str(82 * ONE),
    }
    assert [made["proposal"] for made in found["publications"]].count(str(proposal)) == 1


def test_every_dropped_log_is_found(life: Dao) -> None:
    logs = life.logs
    unnoticed = [
        (name_of(life, logs[index]), index)
        for index in payout_logs(life)
        if not noticed(life, [*logs[:index], *logs[index + 1 :]])
    ]
    assert unnoticed == []


def test_every_repeated_log_is_found_even_at_a_place_of_its_own(life: Dao) -> None:
    """A repeated log at its own place breaks the order; one that claims a place behind breaks what it repeats."""
    logs = life.logs
    distributor = life.addresses.distributor
    for index in payout_logs(life):
        log = logs[index]
        findings = audited(life, [*logs[: index + 1], log, *logs[index + 1 :]], ask=False).findings
        assert "logs" in {finding.check for finding in findings}
        last = logs[-1]
        again = with_changes(last, address=log.address, topics=log.topics, data=log.data, log_index=last.log_index + 1)
        # To set what is set already changes nothing, in the constructor: behind it, no executed call explains it.
        assert log.address != distributor or audited(life, [*logs, again], ask=False).findings, name_of(life, log)


def test_every_altered_word_is_found(life: Dao) -> None:
    """One bit of every topic and of every 32 bytes of data is turned, in two logs of each kind.

    Unnoticed stays what the log alone says and nothing follows from, as it is signed by the reporters or free: the hash
    and the place of the contributions, and texts, but for the reason of what a vote voided. So does what no contract
    can be asked for any more: the root of what was voided, and the reporters that a vote replaced.
    """
    logs = life.logs
    kinds = Counter[str]()
    unnoticed = set()
    for index in payout_logs(life):
        log, name = logs[index], name_of(life, logs[index])
        kinds[name] += 1
        if kinds[name] > 2:
            continue
        topics = enumerate(log.topics)
        altered = [with_changes(log, topics=(*log.topics[:i], flipped(t, 31), *log.topics[i + 1 :])) for i, t in topics]
        altered += [with_changes(log, data=flipped(log.data, at)) for at in range(31, len(log.data), 32)]
        for other in altered:
            if not noticed(life, [*logs[:index], other, *logs[index + 1 :]]):
                event, before = decode_log(other, DISTRIBUTOR), decode_log(log, DISTRIBUTOR)
                unnoticed |= {
                    (name, field) for field in fields_of(event) if getattr(event, field) != getattr(before, field)
                }
    assert unnoticed == {
        ("PayoutsPublished", "data_hash"),
        ("PayoutsPublished", "data_uri"),
        ("PayoutsPublished", "root"),
        ("PayoutsDisputed", "reason"),
        ("DisputeAnswered", "text"),
        ("PayoutsVoided", "reason"),
        ("ReportersSet", "reporters"),
        ("ReportersSet", "threshold"),
    }


def test_what_a_vote_voided_keeps_its_reason(life: Dao) -> None:
    index = [n for n in payout_logs(life) if name_of(life, life.logs[n]) == "PayoutsVoided"][1]
    log = life.logs[index]
    other = with_changes(log, data=log.data.replace("été".encode(), b"\xff\xfeabc"))
    (finding,) = audited(life, [*life.logs[:index], other, *life.logs[index + 1 :]], ask=False).findings
    assert finding.check == "publications"


@pytest.mark.parametrize("fill", [b"\xff" * 32, b"\x80" + bytes(31)])
def test_absurd_values_end_in_findings_and_never_in_a_crash(life: Dao, fill: bytes) -> None:
    logs, seen = life.logs, set()
    for index in payout_logs(life):
        log = logs[index]
        if name_of(life, log) in seen:
            continue
        seen.add(name_of(life, log))
        for at in range(0, len(log.data), 32):
            absurd = with_changes(log, data=log.data[:at] + fill + log.data[at + 32 :])
            assert audited(life, [*logs[:index], absurd, *logs[index + 1 :]], ask=at == 0).compared
        for timestamp in (-5, 2**300):
            assert audited(life, [*logs[:index], with_changes(log, timestamp=timestamp), *logs[index + 1 :]]).findings


def test_a_changed_amount_is_found_in_the_claim_and_in_its_payment(life: Dao) -> None:
    index = next(n for n in payout_logs(life) if name_of(life, life.logs[n]) == "Claimed")
    log = life.logs[index]
    forged = with_changes(log, data=log.data[:-32] + (ONE + 1).to_bytes(32, "big"))
    findings = audited(life, [*life.logs[:index], forged, *life.logs[index + 1 :]]).findings
    assert {"payout-funding", "publications"} <= {finding.check for finding in findings}


def test_tokens_that_no_event_explains_are_found(life: Dao) -> None:
    """A mint, and a payment of the distributor, at the end of the history; one of nothing could be anybody's."""
    last, token = life.logs[-1], life.addresses.token
    topic = life.logs[payout_logs(life)[-1]].topics[0]
    assert life.addresses.distributor is not None
    transfer = next(log for log in life.logs if log.address == token and name_of(life, log) == "Transfer")
    for source, value, checks in (
        (ZERO_ADDRESS, ONE, {"minting"}),
        (life.addresses.distributor, ONE, {"payout-funding"}),
        (life.addresses.distributor, 0, set()),
    ):
        words = (bytes(12) + bytes.fromhex(account[2:]) for account in (source, life.bundler))
        forged = with_changes(
            last,
            address=token,
            topics=(transfer.topics[0], *words),
            data=value.to_bytes(32, "big"),
            transaction_hash=b"\7" * 32,
            transaction_index=last.transaction_index + 1,
            log_index=last.log_index + 1,
        )
        assert isinstance(decode_log(forged, TOKEN), Transfer)
        findings = {finding.check for finding in audited(life, [*life.logs, forged], ask=False).findings}
        assert findings - {"voting-power", "balances"} == checks, topic


def name_of_funding(life: Dao) -> str:
    return "mint" if paying.ask(life, "minted") else "treasury"


def fields_of(event: object) -> tuple[str, ...]:
    return tuple(type(event).__dataclass_fields__)  # type: ignore[attr-defined]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
