"""Check: the policy changes only through executed operations."""

from __future__ import annotations

from dao.audit.check import Check
from dao.replay.ledger import Rule

CHECK = Check(
    name="policy-changes",
    proves="the policy changes only through executed operations",
    rules=(Rule.POLICY_AUTHORITY,),
)
