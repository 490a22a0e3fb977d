"""The reward policy out of its events, each change compared with the policy hash: `RewardPolicy`."""

from __future__ import annotations

from collections.abc import Sequence

from dao.abi import encode, keccak
from dao.artifacts import load
from dao.errors import PolicyError
from dao.events.decode import Place
from dao.events.model import POLICY, OwnershipTransferred, PolicyCreated, ScheduleSet, SplitSet, StreamAdded
from dao.replay.authority import require_effect
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState, PolicyChange
from dao.rewards.policy import (
    ROOT,
    AddStream,
    Allocation,
    Change,
    Part,
    Policy,
    SetSchedule,
    SetSplit,
    Split,
    parent_of,
    stream_id,
)
from dao.rewards.schedule import Segment, decode_shape
from dao.types import ZERO_ADDRESS


def policy_created(state: GovernanceState, event: PolicyCreated, place: Place) -> None:
    """Begins the policy with the root alone; `RewardPolicy`'s constructor."""
    selector = load(POLICY).abi.event("PolicyCreated").hash
    change = encode(("bytes32", "uint48", "uint32"), (selector, event.genesis, event.epoch_length))
    expected = keccak(encode(("bytes32", "bytes32"), (bytes(32), keccak(change))))
    state.ledger.compare(Rule.POLICY_HASH, "PolicyCreated", expected=expected, found=event.policy_hash, place=place)
    first = state.ledger.compare(
        Rule.POLICY_CHANGE, "PolicyCreated", expected=True, found=state.policy is None, place=place
    )
    if not first:
        return
    try:
        state.policy = Policy.create(genesis=event.genesis, epoch_length=event.epoch_length)
    except PolicyError as error:
        _refused(state, "PolicyCreated", error, place)
    else:
        state.transaction.root_awaited = True


def stream_added(state: GovernanceState, event: StreamAdded, place: Place) -> None:
    """Adds a stream; `RewardPolicy._register`. The root's own event belongs to the constructor."""
    path = event.path.decode("utf-8", "backslashreplace")
    parent = bytes(32) if path == ROOT else stream_id(parent_of(path))
    state.ledger.compare(
        Rule.POLICY_CHANGE,
        f"stream {path}",
        expected=(stream_id(path), parent),
        found=(event.stream, event.parent),
        place=place,
    )
    if path == ROOT and state.policy is not None and state.transaction.root_awaited:
        found = event.policy_hash
        state.transaction.root_awaited = False
        state.ledger.compare(Rule.POLICY_HASH, "stream root", expected=state.policy.hash, found=found, place=place)
        return
    name = path.rsplit("/", 1)[-1]
    _apply(state, AddStream(path), event.policy_hash, ("addStream", (parent, name)), f"stream {path}", place)


def schedule_set(state: GovernanceState, event: ScheduleSet, place: Place) -> None:
    """Sets a stream's schedule from an epoch on; `RewardPolicy._setSchedule`."""
    path = _path(state, event.stream)
    subject = f"schedule of {path}"
    try:
        segments = tuple(Segment(begin, decode_shape(number, params)) for begin, number, params in event.segments)
    except PolicyError as error:
        _refused(state, subject, error, place)
        return
    call = ("setSchedule", (event.stream, event.segments))
    _apply(state, SetSchedule(path, segments), event.policy_hash, call, subject, place)


def split_set(state: GovernanceState, event: SplitSet, place: Place) -> None:
    """Sets how a stream is split from an epoch on; `RewardPolicy._setSplit`."""
    path = _path(state, event.parent)
    subject = f"split of {path}"
    try:
        parts = _parts(state, event.parts)
    except PolicyError as error:
        _refused(state, subject, error, place)
        return
    call = ("setSplit", (event.parent, event.from_epoch, event.parts))
    _apply(state, SetSplit(path, Split(event.from_epoch, parts)), event.policy_hash, call, subject, place)


def ownership_transferred(state: GovernanceState, event: OwnershipTransferred, place: Place) -> None:
    """Notes who may write the policy; `Ownable._transferOwnership`."""
    subject = f"owner of the policy to {event.new_owner}"
    before = state.policy_owner
    state.ledger.compare(Rule.SETTING, subject, expected=before, found=event.previous_owner, place=place)
    calls: list[tuple[str, tuple[object, ...]]] = [("transferOwnership", (event.new_owner,))]
    if event.new_owner == ZERO_ADDRESS:
        calls = [("renounceOwnership", ())]
    require_effect(state, Rule.POLICY_AUTHORITY, subject, state.addresses.policy, calls, place)
    state.policy_owner = event.new_owner


def settle_policy(state: GovernanceState, place: Place) -> None:
    """Notes a policy whose creation did not announce the root, in the transaction that began at `place`."""
    if state.transaction.root_awaited:
        state.ledger.compare(
            Rule.POLICY_CHANGE, "stream root", expected="StreamAdded", found="no such log", place=place
        )


def _apply(
    state: GovernanceState,
    change: Change,
    claimed_hash: bytes,
    call: tuple[str, tuple[object, ...]],
    subject: str,
    place: Place,
) -> None:
    policy = state.policy
    if policy is None:
        _refused(state, subject, PolicyError("the policy was not created"), place)
        return
    constructing = state.constructing(state.addresses.policy, place)
    try:
        policy = policy.apply(change, first_open=0 if constructing else policy.first_open_epoch(place.timestamp))
    except PolicyError as error:
        _refused(state, subject, error, place)
        return
    state.ledger.compare(Rule.POLICY_CHANGE, subject, expected=True, found=True, place=place)
    state.ledger.compare(Rule.POLICY_HASH, subject, expected=policy.hash, found=claimed_hash, place=place)
    state.policy = policy
    made = PolicyChange(change=change, hash=policy.hash, place=place)
    state.policy_changes.append(made)
    target = state.addresses.policy
    require_effect(state, Rule.POLICY_AUTHORITY, subject, target, [call], place, change=made)


def _refused(state: GovernanceState, subject: str, error: PolicyError, place: Place) -> None:
    state.ledger.compare(Rule.POLICY_CHANGE, subject, expected="a change in order", found=error, place=place)


def _path(state: GovernanceState, identifier: bytes) -> str:
    """Path of the stream with this id; its id in hexadecimal, which is no path, where there is none."""
    paths = state.policy.streams if state.policy else ()
    return next((path for path in paths if stream_id(path) == identifier), "0x" + identifier.hex())


def _parts(state: GovernanceState, parts: Sequence[tuple[bytes, int, int]]) -> tuple[Part, ...]:
    allocations = {int(allocation) for allocation in Allocation}
    unknown = [number for _, number, _ in parts if number not in allocations]
    if unknown:
        raise PolicyError("no such allocation", expected="0 to 3", found=unknown[0])
    return tuple(Part(_path(state, stream), Allocation(number), share) for stream, number, share in parts)
