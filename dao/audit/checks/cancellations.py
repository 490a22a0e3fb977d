"""Check: cancelled proposals could be cancelled, and their operations went with them."""

from __future__ import annotations

from dao.audit.check import Check
from dao.replay.ledger import Rule

CHECK = Check(
    name="cancellations",
    proves="cancelled proposals could be cancelled, and their operations went with them",
    rules=(Rule.CANCEL, Rule.CANCELLED_OPERATION),
)
