"""The reward policy out of its events, each change compared with the policy hash: `RewardPolicy`."""

from __future__ import annotations

from dao.errors import PolicyError
from dao.events.decode import Place
from dao.events.model import PolicyCreated, Reported, StreamAdded
from dao.events.policy import Write, text, written
from dao.replay.authority import require_effect
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState, PolicyChange
from dao.rewards.changes import AddStream, Change, Reporter, describe
from dao.rewards.decoding import path_of, read_change
from dao.rewards.encoding import created_hash
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT, parent_of, stream_id


def policy_created(state: GovernanceState, event: PolicyCreated, place: Place) -> None:
    """Begins the policy with the root alone; `RewardPolicy`'s constructor."""
    created = {"genesis": event.genesis, "epoch_length": event.epoch_length, "supply_cap": event.supply_cap}
    expected = created_hash(**created)
    state.ledger.compare(Rule.POLICY_HASH, "PolicyCreated", expected=expected, found=event.policy_hash, place=place)
    first = state.ledger.compare(
        Rule.POLICY_CHANGE, "PolicyCreated", expected=True, found=state.policy is None, place=place
    )
    if not first:
        return
    try:
        state.policy = Policy.create(**created)
    except PolicyError as error:
        _refused(state, "PolicyCreated", error, place)
    else:
        state.transaction.root_awaited = True


def stream_added(state: GovernanceState, event: StreamAdded, place: Place) -> None:
    """Adds a stream; `PolicyTree._register`. The root's own event belongs to the constructor."""
    path = text(event.path)
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


def policy_written(state: GovernanceState, event: Write, place: Place) -> None:
    """Makes the change that `event` tells of; the functions of `RewardPolicy` that only its owner may call."""
    call = written(event)
    policy = state.policy
    if call is None or policy is None:
        _refused(state, type(event).__name__, PolicyError("the policy was not created"), place)
        return
    try:
        change = read_change(*call, {stream_id(path): path for path in policy.streams})
    except PolicyError as error:
        _refused(state, type(event).__name__, error, place)
        return
    _apply(state, change, event.policy_hash, call, describe(change), place)


def reported(state: GovernanceState, event: Reported, place: Place) -> None:
    """Notes what a reported epoch yields, recomputed from the value; `PolicySchedules.report`."""
    policy = state.policy
    subject = f"report for epoch {event.epoch}"
    if policy is None:
        _refused(state, subject, PolicyError("the policy was not created"), place)
        return
    try:
        stream = path_of(event.stream, {stream_id(path): path for path in policy.streams})
        subject = f"report of {stream} for epoch {event.epoch}"
        account = policy.reporters.get(stream, Reporter()).account
        made = policy.report(stream, event.epoch, event.value, account=account, timestamp=place.timestamp)
    except PolicyError as error:
        _refused(state, subject, error, place)
        return
    state.policy = made
    state_of_report = made.reports[stream].get(event.epoch)
    amount = state_of_report.amount if state_of_report else None
    state.ledger.compare(Rule.POLICY_REPORT, subject, expected=amount, found=event.amount, place=place)


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
