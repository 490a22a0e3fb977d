"""What is known of a history beside its logs: the code that proposals called, and the transactions that made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dao.audit.history import Caller
from dao.proving.called import Comparison, Decision

Codes = Callable[[Sequence[Decision]], Sequence[Comparison]]
"""Whoever knows code that stood at the targets of proposals."""
Callers = Callable[[Sequence[bytes]], Mapping[bytes, Caller] | None]
"""Whoever knows, of transactions by their hash, who called whom; None where nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A node, a bundle, or nobody."""

    codes: Codes
    callers: Callers


def _no_codes(decided: Sequence[Decision]) -> Sequence[Comparison]:
    return ()


def _no_callers(hashes: Sequence[bytes]) -> Mapping[bytes, Caller] | None:
    return None


NOBODY = Witness(codes=_no_codes, callers=_no_callers)
"""Who knows nothing beside the logs."""
