"""Every check of a proposal, in the order of its report.

To add one, write its file and name it here.
"""

from __future__ import annotations

from dao.lifecycle.checks import (
    calldata,
    clock,
    code,
    conflicts,
    expiry,
    flows,
    logs,
    lookalikes,
    minting,
    new,
    opcodes,
    outcome,
    parameters,
    placeholders,
    proposer_power,
    quorum,
    rails,
    resubmission,
    roles,
    same_text,
    simulation,
    solvency,
    state,
    targets,
    text,
    threshold,
    tier,
    timing,
    title,
    units,
    upgrades,
)
from dao.lifecycle.verdict import Check

CHECKS: tuple[Check, ...] = tuple(
    module.CHECK
    for module in (
        new,
        threshold,
        tier,
        title,
        text,
        placeholders,
        lookalikes,
        same_text,
        resubmission,
        proposer_power,
        quorum,
        clock,
        expiry,
        calldata,
        targets,
        code,
        opcodes,
        timing,
        rails,
        parameters,
        units,
        conflicts,
        simulation,
        state,
        logs,
        outcome,
        flows,
        solvency,
        minting,
        roles,
        upgrades,
    )
)
