"""Check: no operation was scheduled, executed or cancelled past the governor."""

from __future__ import annotations

from dao.audit.check import Check
from dao.replay.ledger import Rule

CHECK = Check(
    name="governor-alone",
    proves="no operation was scheduled, executed or cancelled past the governor",
    rules=(Rule.GOVERNOR_ALONE,),
)
