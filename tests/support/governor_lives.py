"""What people do with a governor at random, and where its contracts answer otherwise than the replay computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

from dao.abi import checksum, keccak
from dao.errors import CallReverted
from dao.governors.compound import transaction_ids
from dao.governors.proposal_state import proposal_deadline, proposal_state, quorum_in_force
from dao.governors.state import GovernorState, Proposal
from dao.types import ZERO_ADDRESS, Address, Call
from tests.support.governors import DAY, PEOPLE, STRANGER, Foreign, Made
from tests.support.history import DEPLOYER, Reverted


def play(life: Foreign, random: Random, steps: int) -> None:
    """Something that people do, so many times; what the contracts refuse is part of it."""
    actions = [_move, _move, _delegate, _propose, _vote, _vote, _vote, _carry, _carry, _wait, _directly, _pass]
    for _ in range(steps):
        with suppress(Reverted):
            random.choice(actions)(life, random)
        if random.random() < 0.4:
            life.chain.advance(12)


def _move(life: Foreign, random: Random) -> None:
    token, person, other = life.deployment.token, random.choice(PEOPLE), random.choice(PEOPLE)
    if life.variant.token == "Collection":
        life.send(person, token, "transferFrom", person, other, random.randint(1, 14))
    elif life.variant.token != "Uni" and random.random() < 0.3:
        if random.random() < 0.5:
            life.send(DEPLOYER, token, "mint", person, random.randint(0, 300))
        else:
            life.send(person, token, "burn", random.randint(0, 100))
    else:
        life.send(person, token, "transfer", other, random.randint(0, 200))


def _delegate(life: Foreign, random: Random) -> None:
    life.send(random.choice(PEOPLE), life.deployment.token, "delegate", random.choice((*PEOPLE, ZERO_ADDRESS)))


def _payloads(life: Foreign, random: Random) -> Iterator[Call]:
    """What proposals do: mostly changes of what the next ones are judged by."""
    governor, timelock, unit = life.deployment.governor, life.deployment.timelock, 12 if life.variant.seconds else 1
    yield Call(STRANGER, 0, random.randbytes(random.choice((0, 4, 36))))
    if life.variant.governor == "Bravo":
        yield life.call(governor, "_setVotingDelay", random.randint(1, 4))
        yield life.call(governor, "_setVotingPeriod", random.randint(10, 25))
        yield life.call(governor, "_setProposalThreshold", random.randint(0, 400))
        yield life.call(governor, "_setWhitelistAccountExpiration", PEOPLE[4], 2_000_000_000)
    elif "setVotingDelay" in {s.name for s in life.contracts[governor].functions.values()}:
        yield life.call(governor, "setVotingDelay", random.randint(1, 4) * unit)
        yield life.call(governor, "setVotingPeriod", random.randint(10, 25) * unit)
        yield life.call(governor, "setProposalThreshold", random.randint(0, 400))
    for name, value in (
        ("updateQuorumNumerator", random.randint(0, 60)),
        ("updateSuperQuorumNumerator", random.randint(55, 90)),
        ("setLateQuorumVoteExtension", random.randint(0, 10) * unit),
        ("setProposalGuardian", PEOPLE[3]),
    ):
        if name in {s.name for s in life.contracts[governor].functions.values()}:
            yield life.call(governor, name, value)
    if timelock is not None and life.variant.timelock == "controller":
        yield life.call(timelock, "updateDelay", random.randint(0, 200))
        role = keccak(b"EXECUTOR_ROLE")
        yield life.call(timelock, "grantRole", role, STRANGER)
        yield life.call(timelock, "revokeRole", role, STRANGER)
    elif timelock is not None:
        yield life.call(timelock, "setDelay", random.randint(2, 5) * DAY)


def _some(life: Foreign, random: Random) -> tuple[Call, ...]:
    every = list(_payloads(life, random))
    return tuple(random.sample(every, min(len(every), random.randint(1, 2))))


def _propose(life: Foreign, random: Random) -> None:
    calls = _some(life, random)
    person = random.choice(PEOPLE)
    suffix = random.choice(("", "", f"#proposer={person}", f"#proposer={PEOPLE[0]}"))
    life.propose(person, calls, f"Proposal {random.randint(0, 30)}" + suffix)


def _vote(life: Foreign, random: Random) -> None:
    if not life.made:
        return
    proposal, voter = list(life.made)[-random.randint(1, min(3, len(life.made)))], random.choice(PEOPLE)
    support = random.choice((0, 1, 1, 1, 1, 2, 3))
    functions = {s.name for s in life.contracts[life.deployment.governor].functions.values()}
    if "castVoteBySig" in functions and random.random() < 0.2:
        life.vote_by_signature(PEOPLE.index(voter), proposal, support)
    elif "castOverrideVote" in functions and random.random() < 0.4:
        life.override(voter, proposal, support)
    elif "castVoteWithReasonAndParams" in functions and random.random() < 0.4:
        if life.variant.governor == "Fractional":
            split = b"".join(random.randint(0, 300).to_bytes(16, "big") for _ in range(3))
            life.vote(voter, proposal, 255, split)
        else:
            life.vote(voter, proposal, support, random.choice((b"", b"\1\2")))
    else:
        life.vote(voter, proposal, support)


def _carry(life: Foreign, random: Random) -> None:
    if not life.made:
        return
    proposal = list(life.made)[-random.randint(1, min(4, len(life.made)))]
    verbs = ["queue", "execute"] if life.deployment.timelock is not None else ["execute"]
    if random.random() < 0.1:
        verbs = [verb for verb in ("cancel", "cancelAny") if life.can(verb)]
    if not verbs:
        return
    life.carry(proposal, random.choice(verbs), random.choice((DEPLOYER, *PEOPLE)))


def _pass(life: Foreign, random: Random) -> None:
    """A proposal that everybody is for, from beginning to end; something may come between."""
    life.chain.advance(12)
    calls = _some(life, random)
    proposal = life.propose(random.choice(PEOPLE[:4]), calls, f"Accepted {random.randint(0, 99)}")
    voters = list(PEOPLE)
    random.shuffle(voters)
    for _ in range(random.choice((5, 5, 21, 22, 23))):
        life.chain.advance(12)
    for voter in voters:
        with suppress(Reverted):
            if random.random() < 0.3 and life.variant.governor == "Overridable":
                life.override(voter, proposal, 1)
            else:
                life.vote(voter, proposal, 1)
        if random.random() < 0.4:
            _pause(life, random)
    for _ in range(36):
        life.chain.advance(12)
    if life.deployment.timelock is not None:
        life.carry(proposal, "queue")
        if random.random() < 0.2:
            return
        life.chain.advance(random.choice((90, 200)) if life.variant.timelock == "controller" else 6 * DAY)
    life.carry(proposal, "execute")


def _pause(life: Foreign, random: Random) -> None:
    if random.random() < 0.3:
        for _ in range(random.choice((1, 3))):
            life.chain.advance(12)
    with suppress(Reverted):
        random.choice((_move, _delegate, _directly))(life, random)


def _wait(life: Foreign, random: Random) -> None:
    far = life.variant.timelock == "compound" and random.random() < 0.3
    if far:
        life.chain.advance(random.choice((2, 3, 17)) * DAY)
    for _ in range(random.choice((1, 3, 20))):
        life.chain.advance(random.choice((1, 12, 24)))


def _directly(life: Foreign, random: Random) -> None:
    """Operations that the governor knows nothing of, and those of its proposals, on the timelock directly."""
    timelock = life.deployment.timelock
    if timelock is None or life.variant.timelock != "controller":
        return
    choice = random.random()
    if choice < 0.4 or not life.scheduled:
        made = Made((random.choice(list(_payloads(life, random))),), "")
        salt = random.choice((bytes(32), random.randbytes(32)))
        targets, values, datas = made.columns
        if random.random() < 0.5:
            life.send(DEPLOYER, timelock, "scheduleBatch", targets, values, datas, bytes(32), salt, 200)
            life.scheduled.append((made, salt))
        else:
            life.send(DEPLOYER, timelock, "schedule", targets[0], values[0], datas[0], bytes(32), salt, 200)
    elif choice < 0.7:
        made, salt = random.choice(life.scheduled)
        life.send(DEPLOYER, timelock, "executeBatch", *made.columns, bytes(32), salt)
    else:
        pending = [key for key, each in life.replay().operations.items() if each.pending]
        if pending:
            life.send(DEPLOYER, timelock, "cancel", random.choice(pending)[1])


def differences(life: Foreign, state: GovernorState) -> list[str]:
    """Where the contracts answer something else than the replay computed."""
    found = []
    for what, expected, address, function, arguments in _questions(life, state):
        try:
            answer = life.ask(address, function, *arguments)
        except CallReverted as error:
            answer = error
        if answer != expected:
            found.append(f"{what}: {function}{arguments}: replayed {expected}, answered {answer}")
    return found


def _questions(life: Foreign, state: GovernorState) -> Iterator[tuple[str, Any, Address, str, tuple[Any, ...]]]:
    token, governor = life.deployment.token, life.deployment.governor
    comp = life.variant.token == "Uni"
    now, past = ("getCurrentVotes", "getPriorVotes") if comp else ("getVotes", "getPastVotes")
    keys = sorted({key for trace in state.token.powers.values() for key in trace.keys})
    points = sorted({key + off for key in keys[-6:] + keys[:3] for off in (-1, 0) if 0 < key + off < life.clock})
    for person in (*PEOPLE, STRANGER, checksum(DEPLOYER)):
        yield person, state.token.balance(person), token, "balanceOf", (person,)
        yield person, state.token.delegate(person), token, "delegates", (person,)
        yield person, state.token.votes(person), token, now, (person,)
        for point in points:
            yield person, state.token.past_votes(person, point), token, past, (person, point)
    if life.variant.token in ("Token", "ExtendedToken"):
        for point in points:
            yield "supply", state.token.supply.upper_lookup(point), token, "getPastTotalSupply", (point,)
    for proposal in state.proposals.values():
        yield from _about(life, state, proposal)
    timelock = life.deployment.timelock
    for (_, identifier), operation in state.operations.items():
        assert timelock is not None
        if life.variant.timelock == "controller":
            yield "operation", operation.timestamp, timelock, "getTimestamp", (identifier,)
        else:
            yield "transaction", operation.pending, timelock, "queuedTransactions", (identifier,)
    for name in ("votingDelay", "votingPeriod", "proposalThreshold", "lateQuorumVoteExtension", "proposalGuardian"):
        if name in {s.name for s in life.contracts[governor].functions.values()}:
            own = {"lateQuorumVoteExtension": "late_quorum_extension", "proposalGuardian": "guardian"}
            snake = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
            yield "setting", getattr(state.settings, own.get(name, snake)), governor, name, ()


def _about(life: Foreign, state: GovernorState, proposal: Proposal) -> Iterator[Any]:
    governor, what = life.deployment.governor, f"proposal {proposal.id}"
    yield what, int(proposal_state(state, proposal, life.moment)), governor, "state", (proposal.id,)
    tally = proposal.tally
    if life.variant.governor in ("Bravo", "Compatible"):
        found = life.governor("proposals", proposal.id)
        votes = (found[5], found[6], found[7], found[3], found[4])
        mine = (
            tally.for_votes,
            tally.against_votes,
            tally.abstain_votes,
            proposal.snapshot,
            proposal_deadline(proposal),
        )
        assert votes == mine, (what, votes, mine)
        for voter in PEOPLE:
            receipt = life.governor("getReceipt", proposal.id, voter)
            assert receipt[0] is (voter in proposal.choices) and receipt[2] == proposal.used.get(voter, 0)
    else:
        votes = (tally.against_votes, tally.for_votes, tally.abstain_votes)
        yield what, votes, governor, "proposalVotes", (proposal.id,)
        yield what, proposal.snapshot, governor, "proposalSnapshot", (proposal.id,)
        yield what, proposal_deadline(proposal), governor, "proposalDeadline", (proposal.id,)
        if proposal.snapshot < life.clock:
            yield what, quorum_in_force(state, proposal.snapshot), governor, "quorum", (proposal.snapshot,)
        for voter in PEOPLE:
            if life.variant.governor == "Fractional":
                yield what, proposal.used.get(voter, 0), governor, "usedVotes", (proposal.id, voter)
            else:
                yield what, voter in proposal.choices, governor, "hasVoted", (proposal.id, voter)
            if life.variant.governor == "Overridable":
                yield what, voter in proposal.overriders, governor, "hasVotedOverride", (proposal.id, voter)
    if not life.variant.old and proposal.eta and life.variant.governor != "Bravo":
        yield what, proposal.eta, governor, "proposalEta", (proposal.id,)
    if life.variant.timelock == "compound" and proposal.eta and proposal.executed is not None:
        for identifier in transaction_ids(proposal):
            yield what, False, life.deployment.timelock, "queuedTransactions", (identifier,)
