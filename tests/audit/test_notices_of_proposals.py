"""Attacks with what a proposal says and does, played on a chain: each gives its notice and no other."""

from __future__ import annotations

import pytest

from dao.abi import checksum
from dao.audit.check import Scene
from dao.audit.history import history_of
from dao.audit.notices import look
from dao.audit.notices.rules_and_funds import RULES
from dao.types import Call, Support
from tests.support.history import DELAY, GOVERNOR, TIMELOCK, Contents
from tests.support.noticing import ONE, alike, last, last_of, noticed, only, ready, vote


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
