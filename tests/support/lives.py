"""Random lives of a DAO: proposals, ballots, delegations, reports and time, as a seed says."""

from __future__ import annotations

import random
from contextlib import suppress

from dao.abi import keccak
from dao.errors import CallReverted
from dao.rewards.streams import stream_id
from dao.types import ZERO_ADDRESS, Address, Call, ProposalState, Support
from tests.support.history import (
    DELAY,
    EPOCH,
    GOVERNOR,
    GRACE,
    MIN_DELAY,
    PERIOD,
    POLICY,
    ROOT_ID,
    START,
    TOKEN,
    Dao,
    Reverted,
)
from tests.support.paying import Funding
from tests.support.paying_lives import PAYING, act_on_payouts, random_settings


def random_calls(dao: Dao, rng: random.Random) -> list[Call]:
    """One to three calls of the kinds that change what later proposals meet."""
    holders = dao.holders
    epoch = (dao.chain.timestamp - (START - 10 * EPOCH)) // EPOCH
    begin = epoch + rng.randrange(1, 6)
    kinds = (
        lambda: dao.call_token("mint", rng.choice(holders), rng.randrange(0, 10**21)),
        lambda: dao.call_governor("setVotingDelay", rng.randrange(0, 120)),
        lambda: dao.call_governor("setVotingPeriod", rng.randrange(1, 900)),
        lambda: dao.call_governor("setProposalThreshold", rng.choice([0, 1, 10**21, 3 * 10**21])),
        lambda: dao.call_governor("updateQuorumNumerator", rng.choice([0, 1, 1_000, 3_333, 6_000])),
        lambda: dao.call_governor(
            "setTier", rng.randrange(3), (rng.choice([5_000, 6_000]), rng.choice([0, 900, 4_000]))
        ),
        lambda: dao.call_governor("setSelectorTier", *random_function(dao, rng), rng.randrange(3)),
        lambda: dao.call_governor(
            "setExclusions", sorted(rng.sample([*holders, dao.addresses.token], rng.randrange(3)), key=str.lower)
        ),
        lambda: dao.call_governor("setLateQuorumVoteExtension", rng.choice([0, 1, 60, 300])),
        lambda: dao.call_governor("setGracePeriod", rng.choice([1, 400, 2_000])),
        lambda: dao.call_governor("setProposalGuardian", dao.guardian),
        lambda: dao.call_timelock("updateDelay", rng.choice([0, 60, 300])),
        lambda: dao.call_timelock("grantRole", keccak(b"OTHER_ROLE"), rng.choice(holders)),
        lambda: dao.call_timelock("revokeRole", keccak(b"OTHER_ROLE"), rng.choice(holders)),
        lambda: dao.call_policy("addStream", ROOT_ID, rng.choice("abcdef")),
        lambda: dao.call_policy("setSchedule", ROOT_ID, [(begin, 0, [rng.randrange(0, 10**21)])]),
        lambda: dao.call_policy(
            "setSchedule", ROOT_ID, [(begin, 1, [2, 5, 7, 9]), (begin + rng.randrange(1, 9), 2, [10**20, 1, 2, 3])]
        ),
        lambda: dao.call_policy(
            "setSplit",
            ROOT_ID,
            begin,
            [(stream_id("data"), 2, rng.randrange(1, 10_001)), (stream_id("compute"), 3, 0)],
        ),
        lambda: dao.call_policy("setSplit", ROOT_ID, begin, []),
        lambda: dao.call_policy("setReporter", stream_id("data"), (rng.choice(holders), 0, rng.choice([5, 10**22]))),
        lambda: dao.call_policy("setSchedule", stream_id("data"), [(begin, *rng.choice(REPORTED))]),
        lambda: dao.call_policy("setBudget", rng.choice([ROOT_ID, stream_id("data")]), begin, rng.randrange(10**22)),
        lambda: dao.call_policy(
            "setRail",
            ROOT_ID,
            (0, rng.choice([10**20, 10**22]), rng.choice([0, 4]), 0, 0, 0, 0, rng.choice([0, 10**20])),
        ),
        lambda: dao.call_policy("setRail", stream_id("data"), (0, 0, 0, 0, 0, rng.choice([0, 5_000]), 0, 0)),
        lambda: dao.call_policy("setWeights", stream_id("data"), begin, [("H100", 4), ("T4", rng.randrange(9))]),
        lambda: dao.call_policy("setParameters", stream_id("data"), begin, rng.randbytes(rng.randrange(40))),
        lambda: dao.call_token("transfer", rng.choice(holders), 0),
        lambda: Call(rng.choice(holders), 0, b""),
    )
    settings = random_settings(dao, rng)
    made = [rng.choice(kinds)() for _ in range(rng.randrange(1, 4))]
    return [*made[:-1], rng.choice(settings)] if settings and rng.random() < 0.4 else made


REPORTED = ((7, [10**18]), (8, [6, 1, 7, 10**19, 5]), (12, [10**19, 4]))
"""Shapes that need reports, with their parameters: metered, remint, rollover."""


def random_function(dao: Dao, rng: random.Random) -> tuple[Address, bytes]:
    """A contract and a selector of it that random proposals call."""
    functions = (
        dao.call_token("transfer", dao.holders[0], 0),
        dao.call_token("mint", dao.holders[0], 0),
        dao.call_policy("addStream", ROOT_ID, "a"),
        dao.call_policy("setSplit", ROOT_ID, 0, []),
    )
    call = rng.choice(functions)
    return call.target, call.calldata[:4]


ACTIONS = (
    "transfer", "transfer", "delegate", "propose", "propose", "vote", "vote", "vote", "split", "split",
    "sign", "batch", "batch", "bundle", "report", "report", "queue", "execute", "cancel", "purge", "wait", "wait",
    "jump",
    *["further"] * 20,
)  # fmt: skip
"""What may happen next; what is named twice happens twice as often."""

PAYING_ACTIONS = (*ACTIONS, *PAYING, *["payouts"] * 20)
"""The same where there is a distributor."""


def act(dao: Dao, action: str, rng: random.Random) -> bool:
    """Tries one action of a random life; whether the contracts accepted it."""
    holders = dao.holders
    someone, other = rng.choice(holders), rng.choice(holders)
    proposal = rng.choice(list(dao.contents)[-3:] or [1])
    try:
        if action == "wait":
            dao.chain.advance(rng.choice([0, 1, 1, DELAY, 61]))
        elif action == "jump":
            dao.chain.advance(rng.choice([PERIOD, PERIOD + 1, MIN_DELAY, GRACE, EPOCH]))
        elif action == "transfer":
            balance = dao.ask(dao.addresses.token, TOKEN, "balanceOf", someone)
            dao.token(someone, "transfer", other, rng.choice([0, 1, balance // 2, balance]))
        elif action == "delegate":
            dao.token(someone, "delegate", rng.choice([*holders, someone, dao.addresses.token, ZERO_ADDRESS]))
        elif action == "propose":
            description = f"Proposal {rng.randrange(10**9)}" + rng.choice(["", f"#proposer={someone.lower()}"])
            dao.propose(someone, random_calls(dao, rng), description)
        elif action == "vote":
            dao.vote(someone, proposal, Support(rng.choice([0, 1, 1, 1, 2])))
        elif action == "split":
            dao.vote(someone, proposal, Support.FRACTIONAL, tuple(rng.choice([0, 1, 10**20, 10**21]) for _ in "abc"))
        elif action == "sign":
            dao.vote_by_signature(holders.index(someone), proposal, Support.FOR, other)
        elif action == "batch":
            votes = [(rng.randrange(len(holders)), rng.choice([0, 1, 1, 1, 2, 3])) for _ in range(rng.randrange(5))]
            dao.vote_in_batch(proposal, votes, other)
        elif action == "bundle":
            dao.bundle(random_bundle(dao, rng))
        elif action == "report":
            epoch = (dao.chain.timestamp - (START - 10 * EPOCH)) // EPOCH
            stream = rng.choice(["data", "map"])
            with suppress(CallReverted):
                epoch = dao.ask(dao.addresses.policy, POLICY, "nextReport", stream_id(stream))
            reporter = dao.ask(dao.addresses.policy, POLICY, "reporter", stream_id(stream))[0]
            value = rng.choice([0, 1, 10**17, 10**18, 10**19])
            dao.report(rng.choice([someone, reporter, reporter]), stream, epoch, value)
        elif action == "further":
            further(dao, proposal, rng)
        elif action == "payouts" or action in PAYING:
            act_on_payouts(dao, action, rng)
        elif proposal in dao.contents:
            dao.carry(proposal, action, rng.choice([someone, dao.guardian]))
    except Reverted:
        return False
    return True


def random_bundle(dao: Dao, rng: random.Random) -> list[Call]:
    """Transfers, delegations and partial ballots of one account for one transaction."""
    people = [*dao.holders, dao.bundler]
    params = b"".join(rng.choice([0, 1, 10**18]).to_bytes(16, "big") for _ in "abc")
    proposal = list(dao.contents)[-1:] or [1]
    kinds = (
        lambda: dao.call_token("transfer", rng.choice(people), rng.choice([0, 10**18, 20 * 10**18])),
        lambda: dao.call_token("delegate", rng.choice([*people, ZERO_ADDRESS])),
        lambda: dao.call_governor("castVoteWithReasonAndParams", proposal[0], 255, "part", params),
    )
    return [rng.choice(kinds[: rng.choice([2, 2, 3])])() for _ in range(rng.randrange(2, 6))]


def further(dao: Dao, proposal: int, rng: random.Random) -> None:
    """Does what takes a proposal one step further in its life, or lets the time pass that it waits for."""
    if proposal not in dao.contents:
        return
    governor, now = dao.addresses.governor, dao.chain.timestamp
    state = ProposalState(dao.state(proposal))
    if state is ProposalState.PENDING:
        dao.chain.advance(dao.ask(governor, GOVERNOR, "proposalSnapshot", proposal) - now + rng.choice([0, 1, 1]))
    elif state is ProposalState.ACTIVE:
        if rng.random() < 0.6:
            powers = [(dao.ask(dao.addresses.token, TOKEN, "getVotes", holder), holder) for holder in dao.holders]
            voter = max(powers)[1] if rng.random() < 0.6 else rng.choice(dao.holders)
            split = rng.choice([None, None, None, (0, 0, 0), (1, 10**20, 2), (10**20, 10**20, 10**20)])
            dao.vote(voter, proposal, Support(rng.choice([1, 1, 1, 1, 2, 0])), split)
        else:
            deadline = dao.ask(governor, GOVERNOR, "proposalDeadline", proposal)
            dao.chain.advance(max(0, deadline - now + rng.choice([-30, 0, 1, 1])))
    elif state is ProposalState.SUCCEEDED:
        dao.carry(proposal, "queue")
    elif state is ProposalState.QUEUED:
        eta = dao.ask(governor, GOVERNOR, "proposalEta", proposal)
        if now < eta or rng.random() < 0.15:
            expiry = dao.ask(governor, GOVERNOR, "proposalExpiry", proposal)
            dao.chain.advance(rng.choice([eta, eta, eta, expiry - 1, expiry]) - now if now < eta else expiry - now)
        else:
            dao.carry(proposal, "execute")
    elif state is ProposalState.EXPIRED:
        dao.carry(proposal, "purge")


def random_life(seed: int, steps: int, funding: Funding | None = None) -> Dao:
    """A deployment after `steps` random actions; the same for the same seed and funding."""
    rng = random.Random(seed)
    tiers = rng.choice([[(5_000, 0)] * 3, [(5_000, 1_000)] * 3, [(7_000, 4_000), (6_000, 1_500), (5_000, 300)]])
    dao = Dao.deploy(tiers=tiers, threshold=rng.choice([0, 1]), funding=funding)
    for holder in dao.holders:
        dao.token(holder, "delegate", rng.choice([holder, dao.holders[0]]))
    for _ in range(steps):
        act(dao, rng.choice(PAYING_ACTIONS if funding else ACTIONS), rng)
    dao.chain.advance(1)
    return dao
