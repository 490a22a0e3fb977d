"""Storage of the reward policy: the hash over every write, its streams, and what was reported."""

from __future__ import annotations

from collections.abc import Iterator

from dao.proving.layout import Slot, account_word, at_index, at_key, layout, number, packed
from dao.replay.state import GovernanceState
from dao.rewards.changes import Reporter
from dao.rewards.streams import ROOT, parent_of, stream_id

_PLAN, _REPORT = "struct Schedules.Plan", "struct Schedules.Report"
_REPORTER, _STREAM = "struct PolicySchedules.Reporter", "struct PolicyTree.Stream"


def policy_slots(state: GovernanceState) -> Iterator[Slot]:
    """What `RewardPolicy` must hold.

    Segments, splits, budgets, weights, parameters and rails follow from the policy hash, which chains every write of
    them. Reports are no part of it; each and the epoch up to which there are any have slots of their own.
    """
    policy, address = state.policy, state.addresses.policy
    where = layout("RewardPolicy")
    if policy is None:
        yield Slot(address, number(where.slot("policyHash")), bytes(32), "policy hash")
        return
    yield Slot(address, number(where.slot("_owner")), account_word(state.policy_owner), "owner of the policy")
    yield Slot(address, number(where.slot("policyHash")), policy.hash, "policy hash")
    ids = where.slot("_ids")
    yield Slot(address, number(ids), number(len(policy.streams)), "number of streams")
    for index, path in enumerate(policy.streams):
        identifier = stream_id(path)
        yield Slot(address, number(at_index(ids, index)), identifier, f"stream {path}")
        entry = at_key(where.slot("_streams"), identifier)
        parent = bytes(32) if path == ROOT else stream_id(parent_of(path))
        yield Slot(address, number(entry + where.member(_STREAM, "parent").slot), parent, f"parent of stream {path}")
        plan = at_key(where.slot("_plans"), identifier)
        for label, found in (("segments", policy.schedules), ("budgets", policy.budgets)):
            key = number(plan + where.member(_PLAN, label).slot)
            yield Slot(address, key, number(len(found.get(path, ()))), f"number of {label} of stream {path}")
        key = number(entry + where.member(_STREAM, "splits").slot)
        yield Slot(address, key, number(len(policy.splits.get(path, ()))), f"number of splits of stream {path}")
        reporter = policy.reporters.get(path, Reporter())
        values = {
            "account": int(reporter.account, 16),
            "minimum": reporter.minimum,
            "maximum": reporter.maximum,
        }
        base = at_key(where.slot("_reporters"), identifier)
        for slot, word, mask in packed(where.structs.get(_REPORTER, ()), values):
            yield Slot(address, number(base + slot), word, f"reporter of stream {path}", mask)
        reports = policy.reports.get(path)
        until = reports.until if reports else 0
        key = number(plan + where.member(_PLAN, "reportedUntil").slot)
        yield Slot(address, key, number(until), f"epoch up to which stream {path} is reported")
        if reports is None:
            continue
        table = plan + where.member(_PLAN, "reports").slot
        for epoch, made in reports.items():
            base = at_key(table, epoch)
            parts = {"amount": made.amount, "carried": made.carried, "sum": made.sum}
            for slot, word, mask in packed(where.structs.get(_REPORT, ()), parts):
                yield Slot(address, number(base + slot), word, f"report of stream {path} for epoch {epoch}", mask)
