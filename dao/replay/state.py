"""Everything that the logs say is so: tokens, votes, settings, proposals, operations, roles, the policy, payouts."""

from __future__ import annotations

from collections import deque
from collections.abc import MutableMapping, MutableSequence
from dataclasses import dataclass, field

from dao.abi import ContractAbi
from dao.artifacts import load
from dao.events.decode import Place
from dao.events.model import DISTRIBUTOR, GOVERNOR, POLICY, TIMELOCK
from dao.replay.checkpoints import PowerChange, Trace
from dao.replay.distributor_state import DistributorState, Payment
from dao.replay.ledger import Ledger, Rule
from dao.replay.tally import Tally
from dao.rewards.changes import Change
from dao.rewards.policy import Policy
from dao.tiers import Tier
from dao.types import ZERO_ADDRESS, Address, Addresses, Call


@dataclass(slots=True)
class TokenState:
    """`RewardToken`: who owns, who votes for whom, and since when. Amounts in wei."""

    balances: MutableMapping[Address, int] = field(default_factory=dict)
    delegates: MutableMapping[Address, Address] = field(default_factory=dict)
    powers: MutableMapping[Address, Trace] = field(default_factory=dict)
    supply: Trace = field(default_factory=Trace)
    announced: deque[PowerChange] = field(default_factory=deque)
    """Movements of votes whose `DelegateVotesChanged` has not come yet."""

    def balance(self, account: Address) -> int:
        """What `account` holds; `ERC20.balanceOf`."""
        return self.balances.get(account, 0)

    def delegate(self, account: Address) -> Address:
        """Who votes with the balance of `account`, zero for nobody; `Votes.delegates`."""
        return self.delegates.get(account, ZERO_ADDRESS)

    def votes(self, account: Address) -> int:
        """The voting power of `account` now; `Votes.getVotes`."""
        trace = self.powers.get(account)
        return trace.latest() if trace else 0

    def past_votes(self, account: Address, timepoint: int) -> int:
        """The voting power of `account` at a past `timepoint` (seconds); `Votes.getPastVotes`."""
        trace = self.powers.get(account)
        return trace.upper_lookup(timepoint) if trace else 0


@dataclass(slots=True)
class Settings:
    """What the governor is set to. Delays and periods in seconds, the threshold in wei, tiers in basis points."""

    voting_delay: int = 0
    voting_period: int = 0
    proposal_threshold: int = 0
    late_quorum_extension: int = 0
    approvals: dict[Tier, Trace] = field(default_factory=lambda: {tier: Trace() for tier in Tier})
    quorums: dict[Tier, Trace] = field(default_factory=lambda: {tier: Trace() for tier in Tier})
    selector_tiers: dict[tuple[Address, bytes], Tier] = field(default_factory=dict)
    """Tier by contract and selector, of everything that was ever listed."""
    exclusions_since: Trace = field(default_factory=Trace)
    """The timepoint since which the list in force is so."""
    exclusion_lists: dict[int, tuple[Address, ...]] = field(default_factory=dict)
    grace_periods: Trace = field(default_factory=Trace)
    guardian: Address = ZERO_ADDRESS
    timelock: Address = ZERO_ADDRESS

    def listed(self, target: Address, selector: bytes) -> Tier:
        """The tier of a function by the list alone."""
        return self.selector_tiers.get((target, selector), Tier.CONSTITUTIONAL)

    def exclusions(self, timepoint: int) -> tuple[Address, ...]:
        """The delegates whose votes do not circulate at `timepoint` (seconds)."""
        return self.exclusion_lists.get(self.exclusions_since.upper_lookup(timepoint), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One ballot: what was sent, what it counts, and the voter's power at the snapshot (wei)."""

    voter: Address
    support: int
    power: int
    counted: Tally
    place: Place


@dataclass(slots=True, kw_only=True, eq=False)
class Proposal:
    """One proposal and what became of it.

    Args:
        id: Hash of its contents.
        proposer: Who made it.
        calls: What it does, in order.
        description: Its text, as bytes.
        created: Where it was made.
        snapshot: Timepoint whose voting power counts.
        first_deadline: Last timepoint at which ballots count, before any extension.
        threshold: Voting power that its proposer needed (wei).
        tier: What it touches, by the list in force when it was made.
        extended_deadline: The deadline that quorum gave it: zero until quorum is reached; `GovernorLateQuorum`.
        eta: Timestamp from which its operation may be executed; zero until it is queued.
        operation: Timelock and id of its operation, once it is queued.
        queued: Where it was queued; likewise executed, cancelled and purged, each by the governor.
    """

    id: int
    proposer: Address
    calls: tuple[Call, ...]
    description: bytes
    created: Place
    snapshot: int
    first_deadline: int
    threshold: int
    tier: Tier
    extended_deadline: int = 0
    tally: Tally = field(default_factory=Tally)
    used: MutableMapping[Address, int] = field(default_factory=dict)
    ballots: MutableSequence[Ballot] = field(default_factory=list)
    eta: int = 0
    operation: tuple[Address, bytes] | None = None
    queued: Place | None = None
    executed: Place | None = None
    canceled: Place | None = None
    purged: Place | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Operation:
    """One timelock operation.

    Args:
        timelock: The timelock that holds it.
        id: Hash of calls, predecessor and salt.
        calls: Its calls, in order.
        predecessor: Id of the operation that must be done before; 32 zero bytes for none.
        salt: 32 bytes.
        ready: Timestamp from which it may be executed.
        scheduled: Where its first call was scheduled.
        executed_calls: How many of its calls were made.
        done: Where its last call was made.
        canceled: Where it was removed.
    """

    timelock: Address
    id: bytes
    calls: list[Call]
    predecessor: bytes
    salt: bytes
    ready: int
    scheduled: Place
    executed_calls: int = 0
    done: Place | None = None
    canceled: Place | None = None

    @property
    def pending(self) -> bool:
        """Whether it waits or is ready; `TimelockController.isOperationPending`."""
        return self.done is None and self.canceled is None

    @property
    def timestamp(self) -> int:
        """`TimelockController.getTimestamp`: zero when unset, one when done, else when it is ready."""
        if self.canceled is not None:
            return 0
        return 1 if self.done is not None else self.ready


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """`account` got or lost `role` (32 bytes) of `contract`."""

    contract: Address
    role: bytes
    account: Address
    granted: bool
    sender: Address
    place: Place


@dataclass(slots=True, kw_only=True)
class PolicyChange:
    """One change of the policy, the hash after it, and the operation (timelock and id) that made it, if one did."""

    change: Change
    hash: bytes
    place: Place
    operation: tuple[Address, bytes] | None = None


@dataclass(slots=True)
class Roles:
    """Who holds which role of token and timelock, and how that came."""

    members: dict[tuple[Address, bytes], set[Address]] = field(default_factory=dict)
    admins: dict[tuple[Address, bytes], bytes] = field(default_factory=dict)
    changes: list[RoleChange] = field(default_factory=list)

    def holders(self, contract: Address, role: bytes) -> frozenset[Address]:
        """Accounts that hold `role` (32 bytes) of `contract`; `AccessControl.hasRole`."""
        return frozenset(self.members.get((contract, role), ()))

    def admin_of(self, contract: Address, role: bytes) -> bytes:
        """The role that administers `role`; `AccessControl.getRoleAdmin`."""
        return self.admins.get((contract, role), bytes(32))


@dataclass(slots=True, eq=False)
class Effect:
    """A change that only an executed operation may have made, waiting for the log of its call.

    Args:
        rule: The rule that is broken if no such call was executed.
        subject: What changed.
        target: The contract that was called.
        calldatas: The calls that have this effect; one of them was made.
        place: Where the change stands.
        change: The policy change, where it is one.
    """

    rule: Rule
    subject: str
    target: Address
    calldatas: tuple[bytes, ...]
    place: Place
    change: PolicyChange | None = None


@dataclass(slots=True)
class TransactionState:
    """What must be settled before the next transaction begins.

    Args:
        place: Where its first log stands.
        effects: Changes whose call was not seen yet.
        scheduled: Operations that were scheduled in it.
        finished: Operations that were executed or cancelled in it.
        by_governor: What the governor says that it did in it: timelock, operation id and `queued`, `executed` or
            `cancelled`.
        to_cancel: Proposals whose operation must be cancelled in it, and by which rule.
        root_awaited: Whether the policy was created and its root stream not yet announced.
        tiers: Proposals whose tier must be told of in it: id, tier, place of the proposal.
        numerators: Quorum numerators of the highest tier that must be told of in it: old, new, place of the change.
        extensions: Proposals whose deadline must be said to be extended in it: id, new deadline, place of the ballot.
        payments: Movements of tokens that the distributor announced in it and that did not come yet.
    """

    place: Place | None = None
    effects: list[Effect] = field(default_factory=list)
    scheduled: list[Operation] = field(default_factory=list)
    finished: list[Operation] = field(default_factory=list)
    by_governor: set[tuple[Address, bytes, str]] = field(default_factory=set)
    to_cancel: list[tuple[Proposal, Rule]] = field(default_factory=list)
    root_awaited: bool = False
    tiers: deque[tuple[int, Tier, Place]] = field(default_factory=deque)
    numerators: deque[tuple[int, int, Place]] = field(default_factory=deque)
    extensions: deque[tuple[int, int, Place]] = field(default_factory=deque)
    payments: deque[Payment] = field(default_factory=deque)


@dataclass(slots=True)
class GovernanceState:
    """The state of one deployment after the logs that were applied. The replay alone writes it."""

    addresses: Addresses
    token: TokenState = field(default_factory=TokenState)
    settings: Settings = field(default_factory=Settings)
    proposals: dict[int, Proposal] = field(default_factory=dict)
    operations: dict[tuple[Address, bytes], Operation] = field(default_factory=dict)
    min_delays: dict[Address, int] = field(default_factory=dict)
    """Minimum delay (seconds) of each timelock."""
    roles: Roles = field(default_factory=Roles)
    policy: Policy | None = None
    policy_owner: Address = ZERO_ADDRESS
    policy_changes: list[PolicyChange] = field(default_factory=list)
    distributor: DistributorState = field(default_factory=DistributorState)
    ledger: Ledger = field(default_factory=Ledger)
    transaction: TransactionState = field(default_factory=TransactionState)
    constructions: dict[Address, bytes] = field(default_factory=dict)
    """Hash of the transaction that created each contract: the one of its first log."""
    clock: int = 0
    """Timestamp of the latest log (seconds)."""
    logs: int = 0

    def contract_name(self, address: Address) -> str:
        """Name of the artifact behind `address`, which is one of the deployment's contracts or a timelock."""
        known = self.addresses
        names = {known.token: known.token_contract, known.governor: GOVERNOR, known.policy: POLICY}
        if known.distributor is not None:
            names[known.distributor] = DISTRIBUTOR
        return names.get(address, TIMELOCK)

    def abi(self, contract: Address) -> ContractAbi:
        """The ABI of one of the deployment's contracts or of a timelock."""
        return load(self.contract_name(contract)).abi

    def constructing(self, contract: Address, place: Place) -> bool:
        """Whether `place` lies in the transaction that created `contract`."""
        return self.constructions.get(contract) == place.transaction

    def proposal_of(self, operation: tuple[Address, bytes] | None) -> Proposal | None:
        """The proposal that queued `operation`, if one did."""
        found = (p for p in self.proposals.values() if operation is not None and p.operation == operation)
        return next(found, None)
