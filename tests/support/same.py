"""Whether two replays came to the same, and where they differ."""

from __future__ import annotations

from dataclasses import fields

from dao.replay.state import GovernanceState, Proposal


def differences(first: GovernanceState, second: GovernanceState) -> list[str]:
    """The names of everything in which the states differ; nothing where they are the same."""
    found = [
        name
        for name in ("settings", "min_delays", "roles", "policy", "policy_owner", "constructions", "clock", "logs")
        if getattr(first, name) != getattr(second, name)
    ]
    # What is compared by identity within a replay is compared by its contents between two.
    found += [
        name
        for name in ("operations", "policy_changes", "distributor", "transaction")
        if repr(getattr(first, name)) != repr(getattr(second, name))
    ]
    if +first.ledger.compared != +second.ledger.compared:
        found.append("compared")
    if first.ledger.disagreements != second.ledger.disagreements:
        found.append("disagreements")
    one, other = first.token, second.token
    found += [
        name
        for name in ("balances", "delegates", "powers")
        if list(getattr(one, name).items()) != list(getattr(other, name).items())
    ]
    if (one.supply, list(one.announced)) != (other.supply, list(other.announced)):
        found.append("supply")
    if list(first.proposals) != list(second.proposals):
        return [*found, "proposals"]
    for proposal, twin in zip(first.proposals.values(), second.proposals.values(), strict=True):
        found += [field.name for field in fields(Proposal) if _plain(proposal, field.name) != _plain(twin, field.name)]
    return found


def _plain(proposal: Proposal, name: str) -> object:
    value = getattr(proposal, name)
    if name == "ballots":
        return list(value)
    return list(value.items()) if name == "used" else value
