"""Check: no operation was executed before its predecessor."""

from __future__ import annotations

from dao.audit.check import Check
from dao.replay.ledger import Rule

CHECK = Check(
    name="predecessors",
    proves="no operation was executed before its predecessor",
    rules=(Rule.PREDECESSOR,),
)
