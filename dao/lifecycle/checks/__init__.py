"""Every check of a proposal, in the order of its report.

To add one, write its file and name it here.
"""

from __future__ import annotations

from dao.lifecycle.checks import (
    conflicts,
    new,
    parameters,
    simulation,
    targets,
    threshold,
    tier,
    timing,
)
from dao.lifecycle.verdict import Check

CHECKS: tuple[Check, ...] = tuple(
    module.CHECK for module in (new, threshold, tier, targets, timing, parameters, simulation, conflicts)
)
