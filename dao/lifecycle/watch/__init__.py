"""Follows a deployment's proposals live, from logs, without missing or repeating anything that happens to them."""

from __future__ import annotations

from dao.lifecycle.watch.facts import Fact, Kind
from dao.lifecycle.watch.follow import Turn, Watch
from dao.lifecycle.watch.position import Position, Reported, begin, load_cursor, save_cursor

__all__ = ["Fact", "Kind", "Position", "Reported", "Turn", "Watch", "begin", "load_cursor", "save_cursor"]
