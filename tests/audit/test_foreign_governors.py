"""Lies about governors that are not this project's: each leaves a finding that names the block."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

import pytest

from dao.audit.governor_report import GovernorReport
from dao.chain.connection import View
from dao.collecting.discovery import discover
from dao.errors import CallReverted, DeploymentError, ReplayError
from dao.events.decode import Unknown
from dao.events.log import RawLog
from dao.governors.events import Kind, decode_foreign, topic
from dao.governors.profile import GovernorDeployment, Profile
from dao.governors.proposal_state import proposal_state
from dao.governors.state import Moment
from dao.replay.ledger import Rule
from dao.types import ZERO_ADDRESS, Address, Call, ProposalState
from tests.support.governor_lives import play
from tests.support.governors import DAY, PEOPLE, STRANGER, VARIANTS, Foreign, Variant
from tests.support.history import DEPLOYER, Reverted

CONTROLLED = Variant(version="5.7", governor="Controlled", seconds=True)
COMPATIBLE = Variant(version="4.9", governor="Compatible", token="Uni", timelock="compound")
BRAVO = Variant(version="5.7", governor="Bravo", token="Uni", timelock="compound")
OVERRIDABLE = Variant(version="5.7", governor="Overridable", token="ExtendedToken", seconds=True, timelock="none")


def passed(variant: Variant) -> Foreign:
    """A proposal that was voted on by four people, and executed."""
    life = Foreign.deploy(variant)
    proposal = life.propose(PEOPLE[3], (Call(STRANGER, 0, b"\1\2\3\4"),), "A proposal")
    wait(life, 5)
    for voter in PEOPLE[:4]:
        life.vote(voter, proposal, 1)
        wait(life, 1)
    wait(life, 40)
    if variant.timelock != "none":
        life.carry(proposal, "queue")
        life.chain.advance(200 if variant.timelock == "controller" else 3 * DAY)
    life.carry(proposal, "execute")
    life.chain.advance(12)
    return life


def wait(life: Foreign, blocks: int) -> None:
    for _ in range(blocks):
        life.chain.advance(12)


@pytest.fixture(scope="module", params=[CONTROLLED, COMPATIBLE, BRAVO], ids=lambda variant: variant.name)
def life(request: pytest.FixtureRequest) -> Foreign:
    found = passed(request.param)
    assert found.audit().findings == ()
    return found


def rules(life: Foreign, logs: Iterable[RawLog]) -> set[Rule]:
    """The rules that the logs break by themselves, without the contracts."""
    return {each.rule for each in life.replay(list(logs)).ledger.disagreements}


def kind(life: Foreign, name: str) -> Kind:
    profile = life.deployment.profile
    kinds = [each for each in (profile.token, profile.governor, profile.timelock) if each is not None]
    return next(each for each in kinds if _has(each, name))


def _has(kind: Kind, name: str) -> bool:
    try:
        return bool(topic(name, kind))
    except StopIteration:
        return False


def where(life: Foreign, name: str) -> list[int]:
    """Where the logs of that event stand."""
    hash_ = topic(name, kind(life, name))
    return [index for index, log in enumerate(life.logs) if log.topics[:1] == (hash_,)]


def changed(logs: list[RawLog], index: int, change: Callable[[RawLog], RawLog]) -> list[RawLog]:
    return [*logs[:index], change(logs[index]), *logs[index + 1 :]]


def word(data: bytes, number: int, value: int) -> bytes:
    return data[: 32 * number] + value.to_bytes(32, "big") + data[32 * number + 32 :]


def names(life: Foreign) -> dict[str, tuple[str, str]]:
    """The events of queueing, executing and the call itself, by the kind of the timelock."""
    controller = life.variant.timelock == "controller"
    scheduled = ("CallScheduled", "CallExecuted") if controller else ("QueueTransaction", "ExecuteTransaction")
    return {"timelock": scheduled, "governor": ("ProposalQueued", "ProposalExecuted")}


@pytest.mark.parametrize(
    "event",
    ["Transfer", "DelegateChanged", "DelegateVotesChanged", "ProposalCreated", "VoteCast", "ProposalQueued"],
)
def test_a_dropped_log_is_found(life: Foreign, event: str) -> None:
    index = where(life, event)[-1]
    report = life.audit([*life.logs[:index], *life.logs[index + 1 :]])
    assert report.findings


def test_every_log_that_tells_of_the_timelock_is_missed(life: Foreign) -> None:
    scheduled, executed = names(life)["timelock"]
    without = [log for index, log in enumerate(life.logs) if index not in where(life, scheduled)]
    assert {Rule.QUEUED_OPERATION, Rule.SCHEDULED} <= rules(life, without)
    without = [log for index, log in enumerate(life.logs) if index not in where(life, executed)]
    assert Rule.EXECUTED_OPERATION in rules(life, without)


def test_an_altered_weight_is_found(life: Foreign) -> None:
    index = where(life, "VoteCast")[1]
    lied = changed(life.logs, index, lambda log: replace(log, data=word(log.data, 2, 7)))
    report = life.audit(lied)
    found = next(finding for finding in report.findings if finding.check == "vote-weights")
    assert (found.found, found.block) == ("7", life.logs[index].block_number)


def test_a_second_ballot_is_found(life: Foreign) -> None:
    first, second = where(life, "VoteCast")[:2]
    twice = changed(life.logs, second, lambda log: replace(log, topics=life.logs[first].topics))
    assert Rule.BALLOT in rules(life, twice)


@pytest.mark.parametrize("late", [True, False])
def test_a_ballot_outside_the_window_is_found(life: Foreign, late: bool) -> None:
    """The ballot moves to the block of another log, before or after its time."""
    index = where(life, "VoteCast")[0]
    to = where(life, "ProposalQueued")[0] if late else where(life, "ProposalCreated")[0]
    there = life.logs[to]
    moved = replace(
        life.logs[index],
        block_number=there.block_number,
        block_hash=there.block_hash,
        timestamp=there.timestamp,
        transaction_hash=b"\1" * 32,
        transaction_index=there.transaction_index + 1,
        log_index=99,
    )
    rest = [log for number, log in enumerate(life.logs) if number != index]
    assert Rule.WINDOW in rules(life, sorted([*rest, moved], key=lambda log: (log.block_number, log.log_index)))


def test_another_calldata_is_found(life: Foreign) -> None:
    """What was executed, and what was scheduled, is the proposal's own call."""
    for name, broken in zip(names(life)["timelock"], ("scheduled", "executed"), strict=True):
        index = where(life, name)[0]
        at = life.logs[index].data.rindex(b"\1\2\3\4")
        data = life.logs[index].data[:at] + b"\1\2\3\5" + life.logs[index].data[at + 4 :]
        lied = changed(life.logs, index, lambda log, data=data: replace(log, data=data))  # type: ignore[misc]
        found = rules(life, lied)
        assert found & {Rule.OPERATION_ID, Rule.EXECUTED_CALL}, broken


def test_a_changed_text_is_another_proposal(life: Foreign) -> None:
    index = where(life, "ProposalCreated")[0]
    data = life.logs[index].data.replace(b"A proposal", b"B proposal")
    found = rules(life, changed(life.logs, index, lambda log: replace(log, data=data)))
    # Where proposals are numbered, the text is bound by nothing on chain.
    assert (Rule.PROPOSAL_ID in found) is (life.variant is not BRAVO)


@pytest.mark.parametrize(("field", "rule"), [(6, Rule.SNAPSHOT), (7, Rule.DEADLINE)])
def test_a_proposal_has_its_own_times(life: Foreign, field: int, rule: Rule) -> None:
    index = where(life, "ProposalCreated")[0]
    value = int.from_bytes(life.logs[index].data[32 * field : 32 * field + 32], "big") + 1
    assert rule in rules(life, changed(life.logs, index, lambda log: replace(log, data=word(log.data, field, value))))


def test_a_proposer_below_the_threshold_is_found(life: Foreign) -> None:
    index = where(life, "ProposalCreated")[0]
    nobody = int(PEOPLE[4], 16)
    lied = changed(life.logs, index, lambda log: replace(log, data=word(log.data, 1, nobody)))
    assert Rule.THRESHOLD in rules(life, lied)


@pytest.mark.parametrize("variant", [BRAVO, COMPATIBLE], ids=lambda variant: variant.name)
def test_the_threshold_itself_is_enough_but_for_compound(variant: Variant) -> None:
    life = Foreign.deploy(variant)
    life.send(PEOPLE[3], life.deployment.token, "transfer", PEOPLE[4], 100)
    life.send(PEOPLE[4], life.deployment.token, "delegate", PEOPLE[4])
    wait(life, 2)
    life.propose(PEOPLE[3], (Call(STRANGER, 0, b""),), "A proposal")
    if variant is BRAVO:
        with pytest.raises(Reverted):
            life.propose(PEOPLE[4], (Call(STRANGER, 0, b""),), "Another one")
    else:
        life.propose(PEOPLE[4], (Call(STRANGER, 0, b""),), "Another one")
    index = where(life, "ProposalCreated")[0]
    just = changed(life.logs, index, lambda log: replace(log, data=word(log.data, 1, int(PEOPLE[4], 16))))
    assert (Rule.THRESHOLD in rules(life, just)) is (variant is BRAVO)


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v.governor != "Bravo"], ids=lambda variant: variant.name)
def test_ballots_by_signature_are_the_signers(variant: Variant) -> None:
    life = Foreign.deploy(variant)
    proposal = life.propose(PEOPLE[3], (Call(STRANGER, 0, b""),), "A proposal")
    wait(life, 5)
    life.vote_by_signature(2, proposal, 2)
    life.chain.advance(12)
    made = life.replay().proposals[proposal]
    assert [(ballot.voter, ballot.support) for ballot in made.ballots] == [(PEOPLE[2], 2)]
    assert made.tally.abstain_votes == (4 if variant.token == "Collection" else 900)
    assert life.audit().findings == ()


def test_an_operation_that_was_scheduled_directly_is_what_its_id_says() -> None:
    life = Foreign.deploy(CONTROLLED)
    timelock, salt = life.deployment.timelock, b"\3" * 32
    assert timelock is not None
    life.send(DEPLOYER, timelock, "schedule", STRANGER, 0, b"\1\2\3\4", bytes(32), salt, 200)
    assert rules(life, life.logs) == set()
    for name, part in (("CallScheduled", b"\1\2\3\4"), ("CallSalt", salt)):
        index = where(life, name)[0]
        data = life.logs[index].data.replace(part, b"\7" + part[1:])
        lied = changed(life.logs, index, lambda log, data=data: replace(log, data=data))  # type: ignore[misc]
        assert rules(life, lied) == {Rule.OPERATION_ID}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_block_of_a_vote_has_the_state_that_the_contract_answers(variant: Variant) -> None:
    """One proposal that most are for, and one with few votes for it and many abstentions."""
    life = Foreign.deploy(variant)
    many = life.propose(PEOPLE[3], (Call(STRANGER, 0, b"\1"),), "Many are for it")
    few = life.propose(PEOPLE[3], (Call(STRANGER, 0, b"\2"),), "Few are for it")
    answers: list[tuple[Moment, int, int]] = []
    for block in range(40):
        answers.append((life.moment, *(int(life.governor("state", each)) for each in (many, few))))
        life.chain.advance(12)
        if block == 4:
            for voter, supports in zip(PEOPLE, ((1, 1), (1, 2), (0, 2)), strict=False):
                for proposal, support in zip((many, few), supports, strict=True):
                    life.vote(voter, proposal, support)
    state = life.replay()
    assert {answer for _, *both in answers for answer in both} >= {0, 1}
    for moment, *expected in answers:
        assert [int(proposal_state(state, state.proposals[each], moment)) for each in (many, few)] == expected


def test_execution_before_its_time_and_after_it_expired_is_found() -> None:
    life = passed(BRAVO)
    begin = where(life, "ProposalExecuted")[0]
    for seconds, rule in ((-DAY * 2, Rule.READY), (DAY * 15, Rule.GRACE), (DAY * 15, Rule.EXPIRY)):
        block = life.logs[begin].block_number
        moved = [
            replace(log, timestamp=log.timestamp + seconds) if log.block_number == block else log for log in life.logs
        ]
        assert rule in rules(life, moved)


def test_a_later_numerator_that_changes_an_outcome_is_found() -> None:
    """Before 4.7.2 a quorum that was raised defeated a proposal that had passed; since then it does not."""
    for version, defeated in (("4.6", True), ("4.7", False)):
        life = Foreign.deploy(Variant(version=version, governor="Controlled"))
        raising = life.call(life.deployment.governor, "updateQuorumNumerator", 50)
        more = life.propose(PEOPLE[3], (raising,), "Raise the quorum")
        few = life.propose(PEOPLE[3], (Call(STRANGER, 0, b""),), "Few are for it")
        wait(life, 5)
        for voter in PEOPLE[1:4]:
            life.vote(voter, more, 1)
        life.vote(PEOPLE[0], few, 1)
        wait(life, 40)
        life.carry(more, "queue")
        life.chain.advance(200)
        assert ProposalState(life.governor("state", few)) is ProposalState.SUCCEEDED
        life.carry(more, "execute")
        life.chain.advance(12)
        now = ProposalState.DEFEATED if defeated else ProposalState.SUCCEEDED
        assert ProposalState(life.governor("state", few)) is now
        report = life.audit()
        assert report.proposals[1].state is now
        found = [(finding.check, finding.what, finding.expected, finding.found) for finding in report.findings]
        assert found == ([("quorums", f"proposal {few}", "passed", "defeated")] if defeated else [])


def test_an_override_that_takes_from_another_ballot_is_found() -> None:
    life = Foreign.deploy(OVERRIDABLE)
    life.send(PEOPLE[0], life.deployment.token, "delegate", PEOPLE[1])
    wait(life, 1)
    proposal = life.propose(PEOPLE[3], (Call(STRANGER, 0, b""),), "A proposal")
    wait(life, 5)
    life.vote(PEOPLE[1], proposal, 1)
    life.override(PEOPLE[0], proposal, 0)
    life.chain.advance(12)
    assert life.audit().findings == ()
    state = life.replay()
    assert state.proposals[proposal].tally.against_votes == 300
    index = where(life, "VoteReduced")[0]
    assert Rule.OVERRIDE in rules(life, [*life.logs[:index], *life.logs[index + 1 :]])
    lied = changed(life.logs, index, lambda log: replace(log, data=word(log.data, 2, 299)))
    assert Rule.OVERRIDE in rules(life, lied)
    index = where(life, "OverrideVoteCast")[0]
    assert Rule.OVERRIDE in rules(life, [*life.logs[:index], *life.logs[index + 1 :]])


def test_a_setting_that_nobody_decided_is_found() -> None:
    """The log of a change whose call was never executed, with a value in sequence."""
    life = passed(CONTROLLED)
    first = where(life, "VotingDelaySet")[0]
    last = life.logs[-1]
    forged = replace(
        life.logs[first],
        data=(24).to_bytes(32, "big") + (1).to_bytes(32, "big"),
        block_number=last.block_number + 1,
        block_hash=b"\7" * 32,
        timestamp=last.timestamp + 12,
        transaction_hash=b"\7" * 32,
        log_index=0,
    )
    assert rules(life, [*life.logs, forged]) == {Rule.SETTING_AUTHORITY}


def test_what_is_set_where_a_proxy_is_initialised_needs_no_proposal() -> None:
    """Logs of the constructor in a later transaction than the first: with `Initialized` they still are one."""
    life = passed(CONTROLLED)
    first = next(index for index, log in enumerate(life.logs) if log.address == life.deployment.governor)
    creation = life.logs[first].transaction_hash
    logs = [
        replace(log, transaction_hash=b"\7" * 32) if index > first and log.transaction_hash == creation else log
        for index, log in enumerate(life.logs)
    ]
    assert rules(life, logs) == {Rule.SETTING_AUTHORITY}
    last = max(index for index, log in enumerate(logs) if log.transaction_hash == b"\7" * 32)
    told = replace(
        logs[last],
        topics=(topic("Initialized", Kind.OPENZEPPELIN),),
        data=(1).to_bytes(32, "big"),
        log_index=logs[last].log_index + 1,
    )
    assert rules(life, [*logs[: last + 1], told, *logs[last + 1 :]]) == set()
    again = replace(told, data=(2).to_bytes(32, "big"))
    assert rules(life, [*logs[: last + 1], again, *logs[last + 1 :]]) == {Rule.SETTING_AUTHORITY}


# ---------------------------------------------------------------- what a governor is


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_discovery_tells_versions_apart(variant: Variant) -> None:
    life = Foreign.deploy(variant)
    deployment, profile = life.deployment, life.deployment.profile
    assert GovernorDeployment.from_dict(deployment.to_dict()) == deployment
    minor = int(variant.version.replace(".", ""))
    bravo = variant.governor == "Bravo"
    assert profile.family == ("bravo" if bravo else "openzeppelin")
    assert profile.clock == ("timestamp" if variant.seconds else "blocknumber")
    assert profile.timelock_kind == variant.timelock
    assert profile.token_kind == ("erc721" if variant.token == "Collection" else "erc20")
    assert profile.ids == ("sequential" if bravo or variant.governor == "Super" else "hash")
    assert profile.early is (minor == 43)
    assert profile.follows_timelock is (bravo or minor >= 45)
    assert profile.restricted is (minor >= 49 and not bravo)
    if variant.governor == "Controlled":
        assert profile.checkpointed is (minor >= 47)
        assert profile.salted is (minor >= 49)
        assert profile.late_quorum is (minor >= 45)
    counting = {"Fractional": "fractional", "Overridable": "overridable", "Compatible": "bravo", "Bravo": "bravo"}
    assert profile.counting == counting.get(variant.governor, "simple")


class Liar:
    """A node whose contracts answer one view in another way."""

    def __init__(self, life: Foreign, text: str, answer: object) -> None:
        self.chain, self.text, self.answer = life.chain, text, answer

    def views(self, views: list[View], *, block: object = "latest") -> list[tuple[object, ...]]:
        if views[0].signature.name == self.text:
            if isinstance(self.answer, Exception):
                raise self.answer
            return [(self.answer,)]
        return list(self.chain.views(views))

    def code(self, address: Address, *, block: object = "latest") -> bytes:
        return self.chain.code(address)

    def storage(self, address: Address, slot: bytes, *, block: object = "latest") -> bytes:
        return self.chain.storage(address, slot)


REVERTED = CallReverted("a view reverted", error="", arguments={}, data=b"")


@pytest.mark.parametrize(
    ("view", "answer", "message"),
    [
        ("COUNTING_MODE", REVERTED, "no governor that can be replayed"),
        ("COUNTING_MODE", "support=quadratic&quorum=for", "counts ballots in another way"),
        ("COUNTING_MODE", "support=bravo&quorum=for,abstain&params=zk", "counts ballots in another way"),
        ("COUNTING_MODE", "\u202e", "counts ballots in another way"),
        ("CLOCK_MODE", "mode=epoch", "counts time in another way"),
        ("token", ZERO_ADDRESS, "names no contract"),
        ("token", STRANGER, "names no contract"),
        ("token", REVERTED, "no token that is replayed"),
        ("timelock", STRANGER, "names no contract"),
        ("getMinDelay", REVERTED, "timelock is none that is replayed"),
        ("getVotes", REVERTED, "token has no votes"),
        ("votingDelay", 2**255, "answers nonsense"),
        ("quorumDenominator", 0, "quorum is no fraction"),
    ],
)
def test_a_hostile_answer_ends_in_a_clear_error(view: str, answer: object, message: str) -> None:
    life = Foreign.deploy(CONTROLLED)
    with pytest.raises((DeploymentError, ReplayError), match=message):
        discover(Liar(life, view, answer), life.deployment.governor)  # type: ignore[arg-type]
    with pytest.raises(DeploymentError, match="no contract at this address"):
        discover(life.chain, STRANGER)


def test_a_false_answer_about_what_no_log_tells_shows_in_the_replay() -> None:
    """A governor of constants: the proposals' own times contradict the delay that the view claims."""
    life = Foreign.deploy(Variant(version="5.7", governor="Constant", token="Collection", timelock="none"))
    life.propose(PEOPLE[3], (Call(STRANGER, 0, b""),), "A proposal")
    life.chain.advance(12)
    report = life.audit()
    assert report.findings == ()
    assert {"voting_delay", "voting_period", "proposal_threshold"} <= {name for name, _ in report.trusted}
    life.deployment = discover(Liar(life, "votingDelay", 9), life.deployment.governor)  # type: ignore[arg-type]
    assert Rule.SNAPSHOT in {each.rule for each in life.replay().ledger.disagreements}


@pytest.mark.parametrize(
    "change",
    [
        {"family": "aragon"},
        {"clock": 7},
        {"denominator": 0},
        {"denominator": True},
        {"trusted": {"voting_delay": "x"}},
        {"quorums": []},
        {"unheard": 1},
    ],
)
def test_a_profile_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ReplayError):
        Profile.from_dict({**Profile().to_dict(), **change})


def test_reports_are_the_same_twice_and_logs_of_others_are_let_pass() -> None:
    life = Foreign.deploy(CONTROLLED)
    play(life, Random(7), 60)
    own = replace(life.logs[-1], topics=(b"\5" * 32,), data=b"", log_index=life.logs[-1].log_index + 1)
    assert isinstance(decode_foreign(own, Kind.OPENZEPPELIN), Unknown)
    first, second = life.audit([*life.logs, own]), life.audit([*life.logs, own])
    assert (first.findings, first.unknown > 0, first.as_dict()) == ((), True, second.as_dict())
    assert isinstance(first, GovernorReport)


def test_a_log_of_a_stranger_is_refused() -> None:
    life = Foreign.deploy(CONTROLLED)
    with pytest.raises(ReplayError, match="another contract"):
        life.replay([replace(life.logs[0], address=STRANGER)])
