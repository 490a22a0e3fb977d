"""One eventful life of a DAO: delegations, every kind of ballot, and proposals with every kind of end."""

from __future__ import annotations

from dao.rewards.streams import stream_id
from dao.types import Support
from tests.support.history import DELAY, EPOCH, EXTENSION, GRACE, MIN_DELAY, PERIOD, ROOT_ID, START, Dao

ONE = 10**18


def eventful(title: str = "Pay storage") -> Dao:
    """The life; `title` is the first line of its first proposal."""
    dao = Dao.deploy(tiers=[(5_000, 4_000), (5_000, 2_500), (5_000, 300)])
    a, b, c, d, e = dao.holders
    dao.token(a, "delegate", b)
    dao.token(b, "delegate", b)
    for holder in (c, d, e):
        dao.token(holder, "delegate", holder)
    dao.chain.advance(1)
    dao.token(e, "transfer", a, 11 * ONE)
    dao.bundle([dao.call_token("delegate", c), dao.call_token("transfer", d, 5 * ONE), dao.call_token("delegate", d)])
    dao.token(a, "transfer", dao.guardian, 2 * ONE)
    dao.chain.advance(5)
    epoch = (dao.chain.timestamp - (START - 10 * EPOCH)) // EPOCH + 3

    policy = dao.propose(
        e,
        [
            dao.call_policy("addStream", ROOT_ID, "storage"),
            dao.call_policy("setSchedule", ROOT_ID, [(epoch, 0, [5 * ONE]), (epoch + 4, 1, [2, 7, 8, 9])]),
            dao.call_policy("setSplit", ROOT_ID, epoch, [(stream_id("data"), 2, 2_500), (stream_id("compute"), 3, 0)]),
            dao.call_policy("setSchedule", stream_id("data"), [(epoch, 7, [3 * ONE])]),
            dao.call_policy("setReporter", stream_id("data"), (a, 1, ONE)),
            dao.call_policy("setBudget", stream_id("data"), epoch, 4 * ONE),
            dao.call_policy("setWeights", stream_id("data"), epoch, [("H100", 4 * ONE), ("T4", ONE)]),
            dao.call_policy("setParameters", stream_id("data"), epoch, b"parameters"),
            dao.call_policy("setRail", stream_id("compute"), (0, 0, 3, 0, 100, 9_000, 500, 0)),
            dao.call_token("mint", b, 77 * ONE),
        ],
        f"{title}\n\nText.#proposer={e}",
    )
    settings = dao.propose(
        d,
        [
            dao.call_governor("setVotingDelay", 61),
            dao.call_governor("setVotingPeriod", 599),
            dao.call_governor("setProposalThreshold", 1),
            dao.call_governor("updateQuorumNumerator", 3_000),
            dao.call_governor("setTier", 2, (5_000, 200)),
            dao.call_governor("setTier", 0, (6_000, 3_100)),
            dao.call_governor(
                "setSelectorTier", dao.addresses.policy, dao.call_policy("addStream", ROOT_ID, "").calldata[:4], 1
            ),
            dao.call_governor("setExclusions", sorted([dao.addresses.token, a], key=str.lower)),
            dao.call_governor("setLateQuorumVoteExtension", 121),
            dao.call_governor("setGracePeriod", GRACE + 1),
            dao.call_governor("setProposalGuardian", dao.holders[0]),
            dao.call_timelock("updateDelay", MIN_DELAY + 1),
            dao.call_timelock("grantRole", bytes([7]) * 32, a),
            dao.call_timelock("revokeRole", bytes([7]) * 32, a),
        ],
        "Settings",
    )
    expired = dao.propose(c, [dao.call_token("mint", c, 1)], "Expires")
    dao.chain.advance(DELAY + 1)
    dao.vote(e, policy, Support.FOR)
    dao.vote(d, policy, Support.FRACTIONAL, (ONE, 2 * ONE, 3 * ONE))
    dao.vote(d, policy, Support.FRACTIONAL, (0, 0, ONE))
    dao.vote(d, policy, Support.AGAINST)
    dao.vote_by_signature(2, policy, Support.ABSTAIN, a)
    dao.vote_in_batch(settings, [(2, Support.AGAINST), (1, Support.FOR)], a)
    dao.chain.advance(PERIOD - 10)
    dao.vote(e, settings, Support.FOR)
    for voter in (d, e):
        dao.vote(voter, expired, Support.FOR)
    dao.chain.advance(EXTENSION + 11)
    for proposal in (policy, settings, expired):
        dao.carry(proposal, "queue")
    dao.chain.advance(MIN_DELAY + 2)
    dao.carry(policy, "execute")
    dao.carry(settings, "execute")
    dao.chain.advance(GRACE)
    dao.carry(expired, "purge")
    cancelled = dao.propose(e, [dao.call_token("mint", c, 2)], "Is cancelled")
    dao.chain.advance(DELAY + 2)
    dao.vote(e, cancelled, Support.FOR)
    dao.chain.advance(PERIOD)
    dao.carry(cancelled, "queue")
    dao.chain.advance(1)
    dao.carry(cancelled, "cancel", a)
    dao.token(c, "delegate", a)
    dao.chain.advance(5 * EPOCH)
    for number, value in enumerate((ONE // 3, ONE, ONE // 7)):
        dao.report(a, "data", epoch + number, value)
    dao.propose(d, [dao.call_token("mint", d, 3)], "Waits")
    dao.chain.advance(1)
    return dao
