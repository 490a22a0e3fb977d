"""How ballots are counted: the modules Simple, Fractional, Overridable and Bravo."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge

from dao.abi import checksum
from dao.errors import ReplayError
from dao.events.decode import Place
from dao.events.model import VoteCast, VoteCastWithParams
from dao.governors.events import OverrideVoteCast, VoteReduced
from dao.governors.proposal_state import proposal_deadline, proposal_state, quorum_in_force, reaches
from dao.governors.state import GovernorState, Moment, Proposal
from dao.replay.late_quorum import extended_deadline
from dao.replay.ledger import Rule
from dao.replay.state import Ballot
from dao.replay.tally import Tally, count_vote
from dao.types import Address, ProposalState, Support


def vote_cast(state: GovernorState, proposal: Proposal, event: VoteCast | VoteCastWithParams, place: Place) -> None:
    """Counts a ballot; `Governor._castVote` and `GovernorBravo.castVoteInternal`.

    The weight comes from the replayed voting power at the snapshot; the event's weight is a claim that is compared.
    """
    name = f"ballot of {event.voter} on proposal {proposal.id}"
    if not _active(state, proposal, name, place):
        return
    power = state.token.past_votes(event.voter, proposal.snapshot)
    params = event.params if isinstance(event, VoteCastWithParams) else b""
    try:
        counted = _count(state, proposal, event.voter, power, event.support, params)
    except ReplayError as error:
        state.ledger.compare(Rule.BALLOT, name, expected="a ballot that the governor accepts", found=error, place=place)
        return
    state.ledger.compare(Rule.BALLOT, name, expected=True, found=True, place=place)
    state.ledger.compare(Rule.WEIGHT, name, expected=counted.total, found=event.weight, place=place)
    proposal.used[event.voter] = proposal.used.get(event.voter, 0) + counted.total
    proposal.choices[event.voter] = event.support
    proposal.tally += counted
    proposal.ballots.append(Ballot(voter=event.voter, support=event.support, power=power, counted=counted, place=place))
    _tally_updated(state, proposal, place)


def vote_reduced(state: GovernorState, event: VoteReduced, place: Place) -> None:
    """Notes what a delegate's ballot is said to lose, until the override that takes it follows."""
    state.transaction.reductions.append((event, place))


def override_cast(state: GovernorState, proposal: Proposal, event: OverrideVoteCast, place: Place) -> None:
    """Counts a ballot that takes its weight back from a delegate; `GovernorCountingOverridable._castOverride`."""
    name = f"override of {event.voter} on proposal {proposal.id}"
    if not _active(state, proposal, name, place):
        return
    valid = event.support <= Support.ABSTAIN and event.voter not in proposal.overriders
    if not state.ledger.require(
        Rule.BALLOT, name, valid, expected="a first override", found=(event.support, "another one"), place=place
    ):
        return
    balance = _at(state, event.voter, proposal.snapshot, delegates=False)
    number = _at(state, event.voter, proposal.snapshot, delegates=True)
    delegate = checksum(number.to_bytes(20, "big"))
    state.ledger.compare(Rule.WEIGHT, name, expected=balance, found=event.weight, place=place)
    counted = ballot_tally(event.support, balance)
    proposal.overriders.add(event.voter)
    proposal.overrides.append(
        Ballot(voter=event.voter, support=event.support, power=balance, counted=counted, place=place)
    )
    proposal.tally += counted
    expected: object = "no ballot that loses weight"
    if delegate in proposal.choices:
        expected = (delegate, proposal.id, proposal.choices[delegate], balance)
        proposal.tally = less(proposal.tally, ballot_tally(proposal.choices[delegate], balance))
        proposal.taken[delegate] = proposal.taken.get(delegate, 0) + balance
    else:
        proposal.overridden[delegate] = proposal.overridden.get(delegate, 0) + balance
    said = state.transaction.reductions.popleft()[0] if state.transaction.reductions else None
    found: object = "no ballot that loses weight"
    if said is not None:
        found = (said.delegate, said.proposal_id, said.support, said.weight)
    state.ledger.compare(Rule.OVERRIDE, name, expected=expected, found=found, place=place)
    _tally_updated(state, proposal, place)


def settle_reductions(state: GovernorState) -> None:
    """Notes every reduction that no override followed."""
    for event, place in state.transaction.reductions:
        name = f"ballot of {event.delegate} on proposal {event.proposal_id}"
        state.ledger.compare(Rule.OVERRIDE, name, expected="an override", found="a reduction alone", place=place)


def settle_extensions(state: GovernorState) -> None:
    """Notes every extension that the governor did not tell of."""
    for identifier, deadline, place in state.transaction.extensions:
        name = f"proposal {identifier}"
        expected = (identifier, deadline)
        state.ledger.compare(Rule.LATE_QUORUM, name, expected=expected, found="no ProposalExtended", place=place)


def _active(state: GovernorState, proposal: Proposal, name: str, place: Place) -> bool:
    current = proposal_state(state, proposal, Moment(place.block, place.timestamp))
    # At the snapshot itself no power is known yet, so that even where 4.3 calls it active nobody can vote.
    over = proposal.snapshot < state.timepoint(place)
    found = current.name if over else ProposalState.PENDING.name
    return state.ledger.compare(Rule.WINDOW, name, expected=ProposalState.ACTIVE.name, found=found, place=place)


def _count(state: GovernorState, proposal: Proposal, voter: Address, power: int, support: int, params: bytes) -> Tally:
    """What a ballot adds; `_countVote` of the counting module. Raises ReplayError where it reverts."""
    if state.profile.counting == "fractional":
        return count_vote(power=power, used=proposal.used.get(voter, 0), support=support, params=params)
    if voter in proposal.choices:
        raise ReplayError("the voter has voted before", expected="one ballot", found="another one")
    if support > Support.ABSTAIN:
        raise ReplayError("no such vote type", expected="0, 1 or 2", found=support)
    return ballot_tally(support, max(power - proposal.overridden.get(voter, 0), 0))


def ballots_at_end(proposal: Proposal) -> Iterator[tuple[Ballot, Tally]]:
    """Every ballot in order, and what it counts after all that was taken back from it; together they are the tally."""
    own = [
        (ballot, less(ballot.counted, ballot_tally(ballot.support, proposal.taken.get(ballot.voter, 0))))
        for ballot in proposal.ballots
    ]
    back = [(ballot, ballot.counted) for ballot in proposal.overrides]
    return merge(own, back, key=lambda one: (one[0].place.block, one[0].place.log_index))


def ballot_tally(support: int, weight: int) -> Tally:
    """The tally of one ballot whose `weight` (wei) goes to one choice."""
    return Tally(
        against_votes=weight if support == Support.AGAINST else 0,
        for_votes=weight if support == Support.FOR else 0,
        abstain_votes=weight if support == Support.ABSTAIN else 0,
    )


def less(tally: Tally, taken: Tally) -> Tally:
    """`tally` without what was `taken` from it."""
    return Tally(
        against_votes=tally.against_votes - taken.against_votes,
        for_votes=tally.for_votes - taken.for_votes,
        abstain_votes=tally.abstain_votes - taken.abstain_votes,
    )


def _at(state: GovernorState, account: Address, timepoint: int, *, delegates: bool) -> int:
    """`VotesExtended.getPastDelegate`, as a number, or `getPastBalanceOf`."""
    trace = (state.past_delegates if delegates else state.past_balances).get(account)
    return trace.upper_lookup(timepoint) if trace else 0


def _tally_updated(state: GovernorState, proposal: Proposal, place: Place) -> None:
    """Extends the vote where quorum comes late; `GovernorPreventLateQuorum._tallyUpdated`."""
    if not state.profile.late_quorum:
        return
    deadline = proposal_deadline(proposal)
    extended = extended_deadline(
        previous=proposal.extended_deadline,
        reached=reaches(state, proposal, quorum_in_force(state, proposal.snapshot)),
        clock=state.timepoint(place),
        extension=state.settings.late_quorum_extension,
    )
    if extended != proposal.extended_deadline and extended > deadline:
        state.transaction.extensions.append((proposal.id, extended, place))
    proposal.extended_deadline = extended
