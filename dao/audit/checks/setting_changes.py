"""Check: settings of governor and timelock change only through executed operations."""

from __future__ import annotations

from dao.audit.check import Check
from dao.replay.ledger import Rule

CHECK = Check(
    name="setting-changes",
    proves="settings of governor and timelock change only through executed operations",
    rules=(Rule.SETTING_AUTHORITY,),
)
