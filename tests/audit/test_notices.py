"""Each pattern of an attack, played on a chain with the real contracts, gives its notice; honest lives give none."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Sequence
from random import Random

import pyarrow as pa
import pytest
from rich.console import Console

from dao.abi import checksum
from dao.audit.check import Scene
from dao.audit.history import History, Vote, history_of
from dao.audit.notice import Notice
from dao.audit.notices import PATTERNS, look, one_holder
from dao.audit.notices.rules_and_funds import RULES
from dao.document.quantities import Units
from dao.engine.amounts import at_least, from_ints
from dao.engine.replay import replay_columns
from dao.engine.views import BallotList
from dao.events.decode import Place, decode_log
from dao.events.model import TOKEN, DelegateVotesChanged
from dao.evidence.logs import from_raw
from dao.evidence.transactions import SCHEMA, callers
from dao.render.audit import report_view
from dao.replay.state import Ballot, Proposal, TokenState
from dao.replay.tally import Tally, quorum_reached, vote_succeeded
from dao.tiers import Tier
from dao.types import Address, Call, ProposalState, Support
from tests.support.governors import PEOPLE, Foreign, Variant
from tests.support.history import DELAY, EXTENSION, GOVERNOR, GRACE, PERIOD, TIMELOCK, Contents, Dao
from tests.support.lives import random_life

ONE = 10**18
PLACE = Place(block=1, timestamp=1, transaction=bytes(32), log_index=0)
LIVES = int(os.environ.get("NOTICE_LIVES", "20"))
"""How many honest lives are looked at; set NOTICE_LIVES to look at more."""


def noticed(dao: Dao) -> list[Notice]:
    """Everything that an audit with the proposals' transactions notices: the same over columns as without them."""
    history = history_of(Scene(dao.replay(), dao.chain.timestamp), dao.chain.callers)
    columns = replay_columns(lambda: [from_raw(dao.logs)], dao.addresses)
    found = look(history)
    assert look(history_of(Scene(columns, dao.chain.timestamp), dao.chain.callers)) == found
    return list(found[1])


def ready(*, quorum: int = 1_000) -> Dao:
    """A DAO of five holders of 500, 2000, 3000, 4000 and 5000 tokens, who vote for themselves."""
    dao = Dao.deploy(quorum=quorum)
    for holder in dao.holders:
        dao.token(holder, "delegate", holder)
    dao.chain.advance(600)
    return dao


def last(dao: Dao) -> tuple[int, bytes]:
    """Block and transaction of the latest log."""
    return dao.logs[-1].block_number, dao.logs[-1].transaction_hash


def only(dao: Dao, pattern: str, proposal: int, place: tuple[int, bytes]) -> str:
    """Asserts that there is one notice and no finding, and returns what was seen."""
    report = dao.audit()
    assert report.findings == ()
    assert report.verdict == "agrees"
    [notice] = noticed(dao)
    assert (notice.pattern, notice.what) == (pattern, f"proposal {proposal}")
    assert (notice.block, notice.transaction) == place
    return notice.detail


def vote(dao: Dao, proposal: int, ballots: Sequence[tuple[int, Support]]) -> None:
    """Has holders vote, by number, and waits until all is over."""
    dao.chain.advance(DELAY + 1)
    for number, support in ballots:
        dao.vote(dao.holders[number], proposal, support)
        dao.chain.advance(1)
    dao.chain.advance(PERIOD + EXTENSION)


def alike(address: Address) -> Address:
    """Another address with the digits that people see of `address`."""
    return checksum("0x" + address[2:6].lower() + "5a" * 16 + address[-4:].lower())


# ---------------------------------------------------------------- borrowed-weight


def borrow(dao: Dao, *, hold: int) -> tuple[int, tuple[int, bytes]]:
    """The largest holder lends 4,900 to the smallest for the snapshot and gets it back `hold` seconds after it."""
    small, rich = dao.holders[0], dao.holders[-1]
    proposal = dao.propose(dao.holders[1], [dao.call_token("mint", small, ONE)])
    dao.chain.advance(DELAY)
    dao.token(rich, "transfer", small, 4_900 * ONE)
    dao.chain.advance(hold)
    dao.token(small, "transfer", rich, 4_900 * ONE)
    dao.chain.advance(12)
    dao.vote(small, proposal, Support.FOR)
    return proposal, last(dao)


def test_weight_borrowed_over_the_snapshot_is_noticed() -> None:
    dao = ready()
    seen = only(dao, "borrowed-weight", *borrow(dao, hold=12))
    assert f"{dao.holders[0]} had the power {5_400 * ONE}" in seen
    assert f"{500 * ONE} 24 seconds before and {500 * ONE} 24 seconds after it, and cast {5_400 * ONE}: 10000" in seen


def test_weight_that_is_held_for_longer_or_grows_less_is_not_noticed() -> None:
    dao = ready()
    borrow(dao, hold=25)
    assert noticed(dao) == []
    dao = ready()
    dao.token(dao.holders[1], "transfer", dao.holders[0], 50 * ONE)
    dao.chain.advance(600)
    borrow(dao, hold=12)
    assert noticed(dao) == []


# ---------------------------------------------------------------- one-holder


def test_a_quorum_that_one_voter_meets_is_noticed() -> None:
    dao = ready()
    proposal = dao.propose(dao.holders[1], [dao.call_token("transfer", dao.holders[1], 0)])
    dao.chain.advance(DELAY + 1)
    dao.vote(dao.holders[4], proposal, Support.FOR)
    place = last(dao)
    vote(dao, proposal, [(3, Support.FOR), (2, Support.FOR), (0, Support.FOR)])
    seen = only(dao, "one-holder", proposal, place)
    assert f"{dao.holders[4]} cast {5_000 * ONE}, 4000 basis points" in seen
    assert seen.endswith(": 3")


def test_a_voter_without_whom_it_fails_is_noticed() -> None:
    """Of 10,500 for and abstaining 5,000 are one voter's, in two parts; 7,500 are needed, which takes no other."""
    dao = ready(quorum=5_000)
    proposal = dao.propose(dao.holders[1], [dao.call_token("transfer", dao.holders[1], 0)])
    dao.chain.advance(DELAY + 1)
    dao.vote(dao.holders[4], proposal, Support.FRACTIONAL, (0, 2_000 * ONE, 0))
    place = last(dao)
    dao.vote(dao.holders[4], proposal, Support.FOR)
    vote(dao, proposal, [(3, Support.AGAINST), (2, Support.FOR), (1, Support.ABSTAIN), (0, Support.FOR)])
    seen = only(dao, "one-holder", proposal, place)
    assert f"{dao.holders[4]} cast {5_000 * ONE}" in seen
    assert "without these ballots it fails" in seen
    assert "reached the quorum" not in seen


def test_a_vote_that_many_carry_and_one_that_fails_are_not_noticed() -> None:
    dao = ready(quorum=4_000)
    calls = [dao.call_token("transfer", dao.holders[1], 0)]
    vote(dao, dao.propose(dao.holders[1], calls, "Many"), [(n, Support.FOR) for n in (1, 2, 3, 4)])
    dao.chain.advance(GRACE)
    refused = dao.propose(dao.holders[1], [dao.call_token("mint", dao.holders[1], 1)], "Refused")
    vote(dao, refused, [(4, Support.FOR), (3, Support.AGAINST), (2, Support.AGAINST)])
    assert noticed(dao) == []


def test_who_decides_is_who_decides_when_everybody_is_tried() -> None:
    rng = Random(5)
    seen = Counter[bool]()
    for number in range(1_500):
        proposal = of_ballots([[rng.choice((0, 0, 1, 2, 3)) for _ in range(3)] for _ in range(rng.randrange(1, 5))])
        quorum, approval = rng.randrange(1, 7), rng.choice((5_000, 6_000, 9_000, 10_000))
        passes = passing(proposal.tally, quorum, approval)
        state = ProposalState.SUCCEEDED if passes else ProposalState.DEFEATED
        vote = Vote(proposal=proposal, state=state, quorum=quorum, approval=approval)
        found = list(one_holder.notices(history([vote])))
        alone = [one for one in proposal.ballots if quorum <= one.counted.for_votes + one.counted.abstain_votes]
        decisive = [one for one in proposal.ballots if not passing(less(proposal.tally, one.counted), quorum, approval)]
        assert bool(found) == (passes and (bool(alone) or len(decisive) == 1)), number
        for notice in found:
            assert ("without these ballots" in notice.detail) == (len(decisive) == 1), number
            assert not decisive[1:] or notice.detail.endswith(f"alone: {len(alone)}"), number
            assert decisive[1:] or not decisive or notice.detail.startswith(decisive[0].voter), number
            seen[len(decisive) == 1] += 1
    assert min(seen[True], seen[False]) > 50


def of_ballots(ballots: Sequence[Sequence[int]]) -> Proposal:
    """A proposal with ballots of so many votes against, for and abstaining, each of another voter."""
    made = [Tally(against_votes=a, for_votes=f, abstain_votes=n) for a, f, n in ballots]
    return Proposal(
        id=1,
        proposer=PEOPLE[0],
        calls=(),
        description=b"",
        created=PLACE,
        snapshot=1,
        first_deadline=2,
        threshold=0,
        tier=Tier.STANDARD,
        tally=sum(made, Tally()),
        ballots=[
            Ballot(voter=voter, support=255, power=counted.total, counted=counted, place=PLACE)
            for voter, counted in zip(PEOPLE, made, strict=False)
        ],
    )


def less(tally: Tally, counted: Tally) -> Tally:
    return Tally(
        against_votes=tally.against_votes - counted.against_votes,
        for_votes=tally.for_votes - counted.for_votes,
        abstain_votes=tally.abstain_votes - counted.abstain_votes,
    )


def passing(tally: Tally, quorum: int, approval: int) -> bool:
    return quorum_reached(tally, quorum) and vote_succeeded(tally, approval)


def history(votes: Sequence[Vote]) -> History:
    """Proposals and nothing else."""
    return History(
        votes=tuple(votes), token=TokenState(), governor=PEOPLE[0], contracts={}, clock="timestamp", transactions=None
    )


# ---------------------------------------------------------------- same-text, same-calls


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("# Pay the grant\n\nTo the team.", "#  PAY the grant \nTo the\u200b team."),
        ("Pay\n\n```yaml\nto: a\n```\n\n#proposer=0x{0}", "Pay\n\n````yaml\nto: b\n````\n\n#proposer=0x{1}"),
    ],
    ids=["nobody sees the difference", "the same document but for its data"],
)
def test_a_text_over_other_calls_is_noticed(first: str, second: str) -> None:
    dao = ready()
    people = [holder[2:] for holder in dao.holders[1:3]]
    texts = [text.format(*people) for text in (first, second)]
    original = dao.propose(dao.holders[1], [dao.call_token("transfer", dao.holders[1], ONE)], texts[0])
    dao.chain.advance(30)
    copy = dao.propose(dao.holders[2], [dao.call_token("transfer", dao.holders[2], 9 * ONE)], texts[1])
    assert only(dao, "same-text", copy, last(dao)).startswith(f"its text is that of proposal {original}, pending")


def test_another_text_over_other_calls_and_nothing_written_at_all_are_not_noticed() -> None:
    dao = ready()
    for number, text in enumerate(["Pay Anna", "Pay Annie", "", " \n"]):
        dao.propose(dao.holders[1], [dao.call_token("transfer", dao.holders[1], number)], text)
    assert noticed(dao) == []


def test_calls_under_another_text_are_noticed_until_they_were_executed() -> None:
    dao = ready()
    calls = [dao.call_token("transfer", dao.holders[1], 0)]
    first = dao.propose(dao.holders[1], calls, "Pay for the flight")
    dao.chain.advance(30)
    second = dao.propose(dao.holders[1], calls, "Pay for the hotel")
    assert only(dao, "same-calls", second, last(dao)).startswith(f"its calls are those of proposal {first}, pending")
    dao = ready()
    dao.pass_proposal(calls, "Monthly, January")
    dao.propose(dao.holders[1], calls, "Monthly, February")
    assert {notice.pattern for notice in noticed(dao)} == {"one-holder"}


# ---------------------------------------------------------------- resubmission


@pytest.mark.parametrize("grows", [True, False])
def test_what_was_refused_and_comes_back_with_more_power_is_noticed(grows: bool) -> None:
    dao = ready(quorum=4_000)
    calls = [dao.call_token("transfer", dao.holders[0], ONE)]
    first = dao.propose(dao.holders[0], calls, "Invest")
    vote(dao, first, [(2, Support.FOR), (4, Support.AGAINST)])
    dao.token(dao.holders[4], "transfer", dao.holders[2], (350 if grows else 349) * ONE)
    second = dao.propose(dao.holders[0], calls, " Invest ")
    place = last(dao)
    dao.chain.advance(DELAY + 1)
    if not grows:
        assert noticed(dao) == []
        return
    seen = only(dao, "resubmission", second, place)
    assert seen.startswith(f"its calls are those of proposal {first}, defeated; 2 who supported")
    assert f"{3_500 * ONE} at the earlier snapshot and {3_850 * ONE}" in seen


# ---------------------------------------------------------------- internal-proposal


def test_a_proposal_inside_of_a_call_to_another_contract_is_noticed() -> None:
    dao = ready()
    contents = Contents((dao.call_token("transfer", dao.holders[1], ONE),), "Inside")
    dao.bundle([dao.call_governor("propose", *contents.columns, "Inside")])
    [proposal] = dao.replay().proposals
    seen = only(dao, "internal-proposal", proposal, last_of(dao, dao.addresses.governor))
    assert f"called {dao.bundler}" in seen
    assert f"{dao.bundler} proposed inside" in seen


def test_without_its_transaction_it_is_said_that_nobody_could_look() -> None:
    dao = ready()
    proposal = dao.propose(dao.holders[1], [dao.call_token("transfer", dao.holders[1], ONE)])
    assert noticed(dao) == []
    report = dao.audit()
    assert [one.name for one in report.patterns if one.notices is None] == ["internal-proposal"]
    scene = Scene(dao.replay(), dao.chain.timestamp)
    [notice] = look(history_of(scene, {}))[1]
    assert notice.what == f"proposal {proposal}"
    assert "not in the evidence" in notice.detail


def last_of(dao: Dao, contract: Address) -> tuple[int, bytes]:
    """Block and transaction of the latest log of `contract`."""
    log = [log for log in dao.logs if log.address == contract][-1]
    return log.block_number, log.transaction_hash


def test_callers_come_out_of_evidence() -> None:
    rows = [(b"\1" * 32, 5, 0, b"\2" * 20, b"\3" * 20, b""), (b"\4" * 32, 6, 0, b"\2" * 20, None, b"\5")]
    table = pa.table([pa.array(column, field.type) for column, field in zip(zip(*rows), SCHEMA)], schema=SCHEMA)  # noqa: B905
    one, two, three = (checksum("0x" + digits * 20) for digits in ("01", "02", "03"))
    assert one != two
    assert list(callers(table)) == [(b"\1" * 32, two, three), (b"\4" * 32, two, None)]


# ---------------------------------------------------------------- look-alike


def test_an_address_that_looks_like_a_known_one_is_noticed() -> None:
    dao = ready()
    token, holder = dao.addresses.token, dao.holders[1]
    packed = TIMELOCK.function("schedule").encode_call(
        token, 0, dao.call_token("mint", alike(holder), ONE).calldata, bytes(32), bytes(32), 0
    )
    calls_of = {
        "in call 0": ([dao.call_token("mint", alike(holder), ONE)], holder, "in the text"),
        "in call 1": ([dao.call_token("mint", holder, 1), Call(dao.bundler, 0, packed)], holder, "in the text"),
        "the target of call 0": ([Call(alike(token), 0, b"")], token, "the token"),
    }
    for where, (calls, known, who) in calls_of.items():
        dao = ready()
        proposal = dao.propose(dao.holders[2], calls, f"Pay {holder} for {where}")
        seen = only(dao, "look-alike", proposal, last(dao))
        assert seen.startswith(f"{alike(known)}, {where}, begins and ends like {known}, {who}")


def test_an_address_that_looks_like_a_voter_of_an_earlier_proposal_is_noticed() -> None:
    dao = ready(quorum=9_000)
    voter = dao.holders[4]
    vote(dao, dao.propose(dao.holders[2], [dao.call_token("mint", dao.holders[2], ONE)], "A"), [(4, Support.FOR)])
    proposal = dao.propose(dao.holders[2], [dao.call_token("mint", alike(voter), ONE)], "B")
    assert "a voter on proposal" in only(dao, "look-alike", proposal, last(dao))


def test_amounts_and_one_end_alone_are_not_noticed() -> None:
    dao = ready()
    holder = dao.holders[1]
    head, tail = (checksum("0x" + digits) for digits in (holder[2:6] + "5a" * 18, "5a" * 18 + holder[-4:]))
    for number, (receiver, amount) in enumerate(((head, 10**20), (tail, 10**20), (holder, 10**19))):
        dao.propose(dao.holders[2], [dao.call_token("mint", receiver, amount)], f"Proposal {number}")
    assert noticed(dao) == []


# ---------------------------------------------------------------- rules-and-funds


def test_a_payment_that_changes_the_rules_as_well_is_noticed() -> None:
    dao = ready()
    funds, rules = dao.call_token("mint", dao.holders[1], ONE), dao.call_governor("setVotingPeriod", 1)
    dao.propose(dao.holders[1], [funds], "Funds")
    dao.propose(dao.holders[1], [rules], "Rules")
    assert noticed(dao) == []
    both = dao.propose(dao.holders[1], [funds, rules], "Both")
    assert only(dao, "rules-and-funds", both, last(dao)) == "changes the rules (setVotingPeriod) and moves funds (mint)"


def test_every_setting_of_the_governor_is_a_rule() -> None:
    settings = [one for one in GOVERNOR.functions.values() if one.name.startswith(("set", "update"))]
    assert len(settings) > 8
    assert [one.text for one in settings if one.selector not in RULES] == []


# ---------------------------------------------------------------- honest lives, and other governors


def test_honest_lives_give_no_notice_that_their_logs_do_not_bear_out() -> None:
    """Random people whose votes are seconds apart do change delegates just before and after a snapshot, and some of
    them carry a proposal alone, or vote for funds and rules at once: that is what these patterns are. Nothing else is
    noticed, and calls come back only where random calls are empty.
    """
    for seed in range(LIVES):
        dao = random_life(seed, 150, "mint" if seed % 2 else None)
        for notice in noticed(dao):
            assert notice.pattern not in ("same-text", "internal-proposal", "look-alike"), (seed, notice)
            if notice.pattern == "borrowed-weight":
                assert_jump(dao, notice)


def assert_jump(dao: Dao, notice: Notice) -> None:
    """Asserts that the token's own logs tell of ten times as much power for one snapshot."""
    proposal = dao.replay().proposals[int(notice.what.split()[1])]
    changes = [
        (log.timestamp, event.new_votes)
        for log in dao.logs
        if log.address == dao.addresses.token
        and isinstance(event := decode_log(log, TOKEN), DelegateVotesChanged)
        and event.delegate == notice.detail.split()[0]
    ]
    before, at, after = (
        [0, *(votes for time, votes in changes if time <= proposal.snapshot + offset)][-1] for offset in (-24, 0, 24)
    )
    assert at >= 10 * max(before, after)
    assert f"had the power {at} " in notice.detail


@pytest.mark.parametrize(
    "variant",
    [
        Variant(version="5.7", governor="Controlled", seconds=True),
        Variant(version="5.7", governor="Bravo", token="Uni", timelock="compound"),
    ],
    ids=lambda variant: variant.name,
)
def test_other_governors_are_looked_at_as_well(variant: Variant) -> None:
    life = Foreign.deploy(variant)
    calls = (Call(PEOPLE[0], 0, b""),)
    proposal = life.propose(PEOPLE[3], calls, "A proposal")
    for _ in range(5):
        life.chain.advance(12)
    life.vote(PEOPLE[3], proposal, 1)
    place = life.logs[-1].block_number, life.logs[-1].transaction_hash
    life.chain.advance(12)
    life.vote(PEOPLE[1], proposal, 0)
    for _ in range(60):
        life.chain.advance(12)
    report = life.audit()
    assert report.findings == ()
    [notice] = report.notices
    assert (notice.pattern, notice.what) == ("one-holder", f"proposal {proposal}")
    assert (notice.block, notice.transaction) == place
    assert notice.detail.startswith(PEOPLE[3])
    assert "without these ballots it fails" in notice.detail


def test_large_ballots_are_found_in_columns_as_one_by_one() -> None:
    dao = random_life(1, 300)
    state = replay_columns(lambda: [from_raw(dao.logs)], dao.addresses, chunk_rows=40)
    compared = 0
    for proposal in state.proposals.values():
        if not isinstance(proposal.ballots, BallotList):
            assert not proposal.ballots
            continue
        ballots = list(proposal.ballots)
        for least in {0, 2**130, *(ballot.power + offset for ballot in ballots for offset in (-1, 0, 1))}:
            assert proposal.ballots.heavy(least) == [ballot for ballot in ballots if ballot.power >= least]
            compared += 1
    assert compared > 30


def test_amounts_in_columns_are_compared_as_integers() -> None:
    edges = {
        (2**bits) * factor + offset for bits in (0, 41, 42, 83, 84, 123) for factor in (1, 3) for offset in (-1, 0, 1)
    }
    amounts = sorted(edges)
    for least in (0, *amounts, 2**125, 2**200):
        assert at_least(from_ints(amounts), least).tolist() == [amount >= least for amount in amounts]


def test_the_terminal_and_the_json_show_what_was_noticed() -> None:
    dao = ready()
    proposal, place = borrow(dao, hold=12)
    report = dao.audit()
    console = Console(file=io.StringIO(), width=160, markup=False)
    console.print(report_view(report, Units("RWD", 18)))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "borrowed-weight" in shown
    assert "not looked for: internal-proposal" in shown
    [written] = report.as_dict()["notices"]  # type: ignore[misc,attr-defined]
    assert written["transaction"] == "0x" + place[1].hex()
    assert written["what"] == f"proposal {proposal}"
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)
