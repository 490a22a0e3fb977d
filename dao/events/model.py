"""One frozen value per Solidity event of the shipped contracts.

A class has the name of its event, and its fields are the event's parameters in their order. To add an event, add its
class here; to leave one out on purpose, name it in `IGNORED` with the reason. A test compares both with the ABIs.
Strings are kept as bytes: nothing on chain makes them UTF-8, and hashes are over what was sent. The file is long
because it is the one list of what the contracts say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dao.types import Address

TOKEN = "RewardToken"  # a contract's name
WRAPPER = "VotesWrapper"
TIMELOCK = "TimelockController"
GOVERNOR = "RewardGovernor"
POLICY = "RewardPolicy"
DISTRIBUTOR = "RewardDistributor"

EVENTS: dict[tuple[str, str], type[Event]] = {}
"""The class of each event, by names of contract and event."""

IGNORED = {
    (TOKEN, "Approval"): "allowances move no tokens and no votes",
    (TOKEN, "EIP712DomainChanged"): "never emitted: name and version are immutable",
    (WRAPPER, "Approval"): "allowances move no tokens and no votes",
    (WRAPPER, "EIP712DomainChanged"): "never emitted: name and version are immutable",
    (GOVERNOR, "EIP712DomainChanged"): "never emitted: name and version are immutable",
    (DISTRIBUTOR, "EIP712DomainChanged"): "never emitted: name and version are immutable",
    (GOVERNOR, "BallotSkipped"): "a ballot that a batch passes over counts nothing and changes nothing",
}
"""Events without bearing on governance, and why."""


class Event:
    """Base of every event."""

    __slots__ = ()


_E = TypeVar("_E", bound=type[Event])


def _emitted_by(*contracts: str) -> Callable[[_E], _E]:
    def register(event: _E) -> _E:
        for contract in contracts:
            EVENTS[contract, event.__name__] = event
        return event

    return register


# ---------------------------------------------------------------- token


@_emitted_by(TOKEN, WRAPPER)
@dataclass(frozen=True, slots=True)
class Transfer(Event):
    """`value` (wei) moved; from zero it is minted, to zero it is burnt."""

    source: Address
    to: Address
    value: int


@_emitted_by(TOKEN, WRAPPER)
@dataclass(frozen=True, slots=True)
class DelegateChanged(Event):
    """`delegator` chose `to_delegate`; zero is nobody."""

    delegator: Address
    from_delegate: Address
    to_delegate: Address


@_emitted_by(TOKEN, WRAPPER)
@dataclass(frozen=True, slots=True)
class DelegateVotesChanged(Event):
    """The token says that the voting power (wei) of `delegate` changed."""

    delegate: Address
    previous_votes: int
    new_votes: int


# ---------------------------------------------------------------- roles, of token and timelock


@_emitted_by(TOKEN, TIMELOCK)
@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    """`sender` gave `role` to `account`, which did not have it."""

    role: bytes
    account: Address
    sender: Address


@_emitted_by(TOKEN, TIMELOCK)
@dataclass(frozen=True, slots=True)
class RoleRevoked(Event):
    """`sender` took `role` from `account`, or `account` gave it up itself."""

    role: bytes
    account: Address
    sender: Address


@_emitted_by(TOKEN, TIMELOCK)
@dataclass(frozen=True, slots=True)
class RoleAdminChanged(Event):
    """Another role administers `role` from now on."""

    role: bytes
    previous_admin_role: bytes
    new_admin_role: bytes


# ---------------------------------------------------------------- governor


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalCreated(Event):
    """A proposal was made; ballots count from after `vote_start` to `vote_end`, both timepoints."""

    proposal_id: int
    proposer: Address
    targets: tuple[Address, ...]
    values: tuple[int, ...]
    signatures: tuple[bytes, ...]
    calldatas: tuple[bytes, ...]
    vote_start: int
    vote_end: int
    description: bytes


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalQueued(Event):
    """The timelock accepted the proposal's operation, which is ready from `eta_seconds` on."""

    proposal_id: int
    eta_seconds: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalExecuted(Event):
    """The governor had the proposal's operation executed."""

    proposal_id: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalCanceled(Event):
    """The proposer or the guardian cancelled the proposal."""

    proposal_id: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalPurged(Event):
    """The timelock operation of an expired proposal was removed."""

    proposal_id: int
    operation: bytes


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalExtended(Event):
    """Quorum came late: ballots count until `extended_deadline`."""

    proposal_id: int
    extended_deadline: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class VoteCast(Event):
    """A ballot without parameters; `weight` (wei) is what the governor says that it counted."""

    voter: Address
    proposal_id: int
    support: int
    weight: int
    reason: bytes


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class VoteCastWithParams(Event):
    """A ballot with parameters: for a split, three 16-byte weights (against, for, abstain)."""

    voter: Address
    proposal_id: int
    support: int
    weight: int
    reason: bytes
    params: bytes


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class VotingDelaySet(Event):
    """Seconds from proposal to snapshot."""

    old_voting_delay: int
    new_voting_delay: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class VotingPeriodSet(Event):
    """Seconds from snapshot to deadline."""

    old_voting_period: int
    new_voting_period: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalThresholdSet(Event):
    """Voting power (wei) that a proposer needs."""

    old_proposal_threshold: int
    new_proposal_threshold: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class QuorumNumeratorUpdated(Event):
    """Quorum of the highest tier, in basis points of the circulating supply at the snapshot."""

    old_quorum_numerator: int
    new_quorum_numerator: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class TierSet(Event):
    """Approval and quorum (basis points) that proposals of a tier need."""

    tier: int
    approval: int
    quorum: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class SelectorTierSet(Event):
    """Calls to `selector` (4 bytes) of `target` are of a tier."""

    target: Address
    selector: bytes
    tier: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ExclusionsSet(Event):
    """The delegates whose votes are not part of the circulating supply."""

    exclusions: tuple[Address, ...]


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalTier(Event):
    """The tier that a proposal was made in."""

    proposal_id: int
    tier: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class LateQuorumVoteExtensionSet(Event):
    """Seconds for which ballots count after quorum was first reached."""

    old_vote_extension: int
    new_vote_extension: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class GracePeriodSet(Event):
    """Seconds after which a proposal expires that waits to be queued or executed."""

    old_grace_period: int
    new_grace_period: int


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class ProposalGuardianSet(Event):
    """The account that may cancel."""

    old_proposal_guardian: Address
    new_proposal_guardian: Address


@_emitted_by(GOVERNOR)
@dataclass(frozen=True, slots=True)
class TimelockChange(Event):
    """The governor queues and executes through another timelock from now on."""

    old_timelock: Address
    new_timelock: Address


# ---------------------------------------------------------------- timelock


@_emitted_by(TIMELOCK)
@dataclass(frozen=True, slots=True)
class CallScheduled(Event):
    """Call number `index` of operation `id`, which is ready `delay` seconds from now."""

    id: bytes
    index: int
    target: Address
    value: int
    data: bytes
    predecessor: bytes
    delay: int


@_emitted_by(TIMELOCK)
@dataclass(frozen=True, slots=True)
class CallSalt(Event):
    """The salt of operation `id`, where it has one."""

    id: bytes
    salt: bytes


@_emitted_by(TIMELOCK)
@dataclass(frozen=True, slots=True)
class CallExecuted(Event):
    """Call number `index` of operation `id` was made."""

    id: bytes
    index: int
    target: Address
    value: int
    data: bytes


@_emitted_by(TIMELOCK)
@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """Operation `id` was removed."""

    id: bytes


@_emitted_by(TIMELOCK)
@dataclass(frozen=True, slots=True)
class MinDelayChange(Event):
    """Least seconds between scheduling and execution."""

    old_duration: int
    new_duration: int


# ---------------------------------------------------------------- policy


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class PolicyCreated(Event):
    """Epoch 0 begins at `genesis`; epochs last `epoch_length` seconds; no budget is above `supply_cap` (wei)."""

    genesis: int
    epoch_length: int
    supply_cap: int
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class StreamAdded(Event):
    """A stream joined the tree."""

    stream: bytes
    parent: bytes
    path: bytes
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class ScheduleSet(Event):
    """A stream's schedule from the first segment's epoch on; segments are (from epoch, shape number, parameters)."""

    stream: bytes
    segments: tuple[tuple[int, int, tuple[int, ...]], ...]
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class SplitSet(Event):
    """A stream's split from an epoch on; parts are (stream id, allocation number, share in basis points)."""

    parent: bytes
    from_epoch: int
    parts: tuple[tuple[bytes, int, int], ...]
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class BudgetSet(Event):
    """From an epoch on, a stream's schedule yields no more than `amount` (wei) over its whole life."""

    stream: bytes
    from_epoch: int
    amount: int
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class WeightsSet(Event):
    """A stream's resource classes from an epoch on: names, and weights of a unit times 10^18."""

    stream: bytes
    from_epoch: int
    classes: tuple[tuple[bytes, int], ...]
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class ParametersSet(Event):
    """A stream's encoded parameters from an epoch on."""

    stream: bytes
    from_epoch: int
    data: bytes
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class ReporterSet(Event):
    """Who reports for a stream, and between which values."""

    stream: bytes
    account: Address
    minimum: int
    maximum: int
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class RailSet(Event):
    """A stream's rail: floor, cap (wei), period (epochs), change, share's floor, cap and change (basis points)."""

    stream: bytes
    rail: tuple[int, int, int, int, int, int, int]
    policy_hash: bytes


@_emitted_by(POLICY)
@dataclass(frozen=True, slots=True)
class Reported(Event):
    """What was reported for a stream's epoch, and the amount (wei) that its shape makes of it."""

    stream: bytes
    epoch: int
    value: int
    amount: int


@_emitted_by(POLICY, DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class OwnershipTransferred(Event):
    """The account that may write the policy, or set the distributor; the timelock, or nothing is binding."""

    previous_owner: Address
    new_owner: Address


# ---------------------------------------------------------------- distributor


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class ReportersSet(Event):
    """`threshold` of `reporters` must sign from now on."""

    reporters: tuple[Address, ...]
    threshold: int


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class TermsSet(Event):
    """Durations (seconds) of publications from now on."""

    challenge_window: int
    dispute_hold: int
    claim_period: int


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class GuardianSet(Event):
    """Who may void publications from now on; zero for nobody."""

    previous: Address
    guardian: Address


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class PayoutsPublished(Event):
    """A stream's payouts of an epoch: Merkle root, total (wei), times (seconds), and hash and place of their data."""

    stream: bytes
    epoch: int
    series: int
    revision: int
    root: bytes
    total: int
    opens_at: int
    held_until: int
    lapses_at: int
    data_hash: bytes
    data_uri: bytes


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class PayoutsDisputed(Event):
    """`account` disputes a publication."""

    stream: bytes
    epoch: int
    series: int
    revision: int
    account: Address
    reason: bytes


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class DisputeAnswered(Event):
    """The dispute of `account` was answered; claims open at `opens_at` (seconds) where no other is open."""

    stream: bytes
    epoch: int
    series: int
    revision: int
    account: Address
    opens_at: int
    text: bytes


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class PayoutsVoided(Event):
    """A publication was voided; `left` (wei) of it had not been claimed."""

    stream: bytes
    epoch: int
    series: int
    revision: int
    left: int
    reason: bytes


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class PayoutsLapsed(Event):
    """`amount` (wei) of a publication was not claimed in time."""

    stream: bytes
    epoch: int
    series: int
    amount: int


@_emitted_by(DISTRIBUTOR)
@dataclass(frozen=True, slots=True)
class Claimed(Event):
    """`account` was paid `amount` (wei) of a publication, to `receiver`."""

    stream: bytes
    epoch: int
    account: Address
    series: int
    receiver: Address
    amount: int
