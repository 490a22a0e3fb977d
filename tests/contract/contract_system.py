"""Deploys the contracts as the product does: the timelock names the governor by its address to come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from brownie.network.account import Account
from contract_evm import ZERO, go_to, now, project, sender

UNIT = 10**8
CAP = 1_000_000 * UNIT
DAY = 86_400
TIMELOCK_DELAY = 2 * DAY
VOTING_DELAY = DAY
VOTING_PERIOD = 5 * DAY
LATE_EXTENSION = 2 * DAY
GRACE = 7 * DAY
THRESHOLD = 1_000 * UNIT
QUORUM = 400
RULES = {"constitutional": (5_000, QUORUM), "issuance": (5_000, 300), "standard": (5_000, 200)}
"""Approval and quorum of each tier in basis points, in the order of their numbers."""
EPOCH = 7 * DAY


def beginning(*lists: Any) -> tuple[Any, ...]:
    """`RewardPolicy.Beginning` of the lists given, streams first; the others are empty."""
    return (*lists, *([] for _ in range(8 - len(lists))))


@dataclass(frozen=True)
class System:
    """The contracts, and the accounts by what they do. The outsider holds nothing."""

    timelock: Any
    token: Any
    governor: Any
    policy: Any
    deployer: Account
    guardian: Account
    proposer: Account
    voters: tuple[Account, Account]
    minnow: Account
    outsider: Account
    extra: dict[str, Any] = field(default_factory=dict)
    """Whatever else a module deploys for its tests."""

    @property
    def as_timelock(self) -> Account:
        """The timelock as a sender: what an executed proposal is."""
        return sender(self.timelock.address)

    @property
    def everyone(self) -> tuple[Account, ...]:
        """Everybody who is not the timelock or, on the timelock, the governor."""
        return (self.deployer, self.guardian, self.proposer, *self.voters, self.outsider)


def configuration(token: Any, timelock: Any, guardian: Any, **changes: Any) -> tuple[Any, ...]:
    """`RewardGovernor.Configuration`, with some of its fields changed by name."""
    fields = {
        "name": "Reward DAO",
        "token": str(token),
        "timelock": str(timelock),
        "guardian": str(guardian),
        "votingDelay": VOTING_DELAY,
        "votingPeriod": VOTING_PERIOD,
        "proposalThreshold": THRESHOLD,
        "tiers": list(RULES.values()),
        "selectors": [],
        "exclusions": [str(token)],
        "lateQuorumVoteExtension": LATE_EXTENSION,
        "gracePeriod": GRACE,
    }
    assert changes.keys() <= fields.keys()
    return tuple({**fields, **changes}.values())


def deploy(accounts: Any, governor: str = "RewardGovernor", **changes: Any) -> System:
    """The system, an hour after everybody delegated to themselves; `changes` go into the governor's configuration."""
    contracts = project().dict()
    deployer, guardian, proposer, first, second, minnow, outsider = list(accounts)[:7]
    by = {"from": deployer}
    contracts["Schedules"].deploy(by)
    governor_to_be = deployer.get_deployment_address(deployer.nonce + 2)
    timelock = contracts["TimelockController"].deploy(TIMELOCK_DELAY, [governor_to_be], [governor_to_be], ZERO, by)
    grants = [(proposer, 50_000 * UNIT), (first, 300_000 * UNIT), (second, 200_000 * UNIT), (minnow, 10_000 * UNIT)]
    token = contracts["RewardToken"].deploy(
        "Reward", "RWD", 8, CAP, timelock, [timelock], [(str(holder), amount) for holder, amount in grants], by
    )
    chosen = contracts[governor].deploy(configuration(token, timelock, guardian, **changes), by)
    assert chosen.address == governor_to_be
    policy = contracts["RewardPolicy"].deploy(timelock, now(), EPOCH, CAP, beginning(), by)
    for holder, _ in grants:
        token.delegate(holder, {"from": holder})
    go_to(now() + 3_600)
    return System(timelock, token, chosen, policy, deployer, guardian, proposer, (first, second), minnow, outsider)
