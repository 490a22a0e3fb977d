"""Amounts, shares, moments and ids as they are shown."""

from __future__ import annotations

from dao.document.moments import moment, roughly
from dao.document.quantities import Units, format_amount, format_duration, format_share
from dao.lifecycle.journal import Deployment
from dao.render.text import escape
from dao.tiers import TierRules
from dao.types import Support

__all__ = ["OPTIONS", "amount", "duration", "moment", "roughly", "share", "share_of", "short_id"]

OPTIONS = {Support.FOR: "for", Support.AGAINST: "against", Support.ABSTAIN: "abstain"}
"""The words for what a ballot can say, in the order in which they are shown."""


def amount(value: int, deployment: Deployment | Units) -> str:
    """`value` in the deployment's token, such as `15_000 RWD`."""
    return escape(format_amount(value, symbol=deployment.symbol, decimals=deployment.decimals))


def share_of(value: int, whole: int) -> str:
    """`value` as a percentage of `whole`, rounded down to basis points; a dash when the whole is zero."""
    if whole == 0:
        return "–"
    points = value * 10_000 // whole
    return format_share(points) if points <= 10_000 else f"{points // 100}.{points % 100:02d}%"


def share(basis_points: int) -> str:
    """Basis points as a percentage."""
    return format_share(basis_points)


def needs(rules: TierRules) -> str:
    """What a tier needs."""
    return f"approval above {share(rules.approval)}, quorum {share(rules.quorum)} of the circulating supply"


def duration(seconds: int) -> str:
    """A duration, exactly."""
    return format_duration(seconds)


def short_id(proposal_id: int) -> str:
    """The beginning of a proposal id; commands take it as well."""
    text = str(proposal_id)
    return text if len(text) <= 12 else text[:12] + "…"
