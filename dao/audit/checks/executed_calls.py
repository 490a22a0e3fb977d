"""Check: what was executed is, call by call, what was proposed and scheduled."""

from __future__ import annotations

from dao.audit.check import Check
from dao.replay.ledger import Rule

CHECK = Check(
    name="executed-calls",
    proves="what was executed is, call by call, what was proposed and scheduled",
    rules=(Rule.QUEUED_OPERATION, Rule.EXECUTED_OPERATION, Rule.EXECUTED_CALL),
)
