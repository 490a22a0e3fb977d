"""Check: every log is the exact encoding of a known event, in the order of the chain."""

from __future__ import annotations

from dao.audit.check import Check
from dao.replay.ledger import Rule

CHECK = Check(
    name="logs",
    proves="every log is the exact encoding of a known event, in the order of the chain",
    rules=(Rule.LOG_ORDER, Rule.LOG_FORM, Rule.LOG_KNOWN),
)
