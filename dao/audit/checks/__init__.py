"""Every check of an audit, in the order of its report.

To add one, write its file and name it here.
"""

from __future__ import annotations

from dao.audit.check import Check
from dao.audit.checks import (
    balances,
    cancellations,
    delays,
    delegations,
    double_votes,
    emissions,
    executed_calls,
    expiry,
    governor_alone,
    late_quorums,
    logs,
    minting,
    operations,
    outcomes,
    policy_changes,
    policy_contents,
    policy_hash,
    policy_reports,
    predecessors,
    proposal_ids,
    proposal_timing,
    proposers,
    quorums,
    roles,
    setting_changes,
    settings,
    tallies,
    tiers,
    vote_weights,
    voting_power,
    voting_window,
)

CHECKS: tuple[Check, ...] = tuple(
    module.CHECK
    for module in (
        logs,
        balances,
        delegations,
        voting_power,
        settings,
        setting_changes,
        proposal_ids,
        proposal_timing,
        proposers,
        voting_window,
        double_votes,
        vote_weights,
        tallies,
        tiers,
        quorums,
        late_quorums,
        outcomes,
        delays,
        operations,
        predecessors,
        executed_calls,
        expiry,
        cancellations,
        governor_alone,
        roles,
        minting,
        policy_hash,
        policy_changes,
        policy_reports,
        policy_contents,
        emissions,
    )
)
