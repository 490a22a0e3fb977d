"""Check: ballots count from after the snapshot to the deadline, and at no other time."""

from __future__ import annotations

from dao.audit.check import Check
from dao.replay.ledger import Rule

CHECK = Check(
    name="voting-window",
    proves="ballots count from after the snapshot to the deadline, and at no other time",
    rules=(Rule.WINDOW,),
)
