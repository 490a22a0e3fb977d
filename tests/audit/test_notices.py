"""Attacks with voting power, played on a chain with the real contracts: each gives its notice and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from dao.audit.history import History, Vote
from dao.audit.notices import one_holder
from dao.events.decode import Place
from dao.replay.state import Ballot, Proposal, TokenState
from dao.replay.tally import Tally, quorum_reached, vote_succeeded
from dao.tiers import Tier
from dao.types import ProposalState, Support
from tests.support.governors import PEOPLE
from tests.support.history import DELAY, GRACE
from tests.support.noticing import ONE, borrow, last, noticed, only, ready, vote

PLACE = Place(block=1, timestamp=1, transaction=bytes(32), log_index=0)


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
