"""Every pattern that gives notices, in the order of its report.

To add one, write its file and name it here.
"""

from __future__ import annotations

from dao.audit.history import History
from dao.audit.notice import Notice, Pattern, PatternResult
from dao.audit.notices import (
    borrowed_weight,
    internal_proposal,
    look_alike,
    one_holder,
    resubmission,
    rules_and_funds,
    same_calls,
    same_text,
)

PATTERNS: tuple[Pattern, ...] = tuple(
    module.PATTERN
    for module in (
        borrowed_weight,
        one_holder,
        same_text,
        same_calls,
        resubmission,
        internal_proposal,
        look_alike,
        rules_and_funds,
    )
)


def look(history: History) -> tuple[tuple[PatternResult, ...], tuple[Notice, ...]]:
    """What every pattern sees in `history`: how often, and every notice, pattern by pattern."""
    results: list[PatternResult] = []
    notices: list[Notice] = []
    for pattern in PATTERNS:
        blind = pattern.needs_transactions and history.transactions is None
        seen = [] if blind else list(pattern.notices(history))
        notices += seen
        results.append(
            PatternResult(name=pattern.name, looks_for=pattern.looks_for, notices=None if blind else len(seen))
        )
    return tuple(results), tuple(notices)
