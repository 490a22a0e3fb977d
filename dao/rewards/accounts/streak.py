"""Streaks: how long an account has contributed without a break, kept from epoch to epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.fixed import MAX_COUNT, require_name, require_range
from dao.rewards.accounts.steps import Steps, require_steps, step_index


@dataclass(frozen=True, slots=True)
class Streak:
    """Epochs an account has been active, and epochs in a row that it has now been away; both zero at first."""

    active: int = 0
    away: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreakWeights:
    """A factor by the level of the account's streak.

    Source: DIMO, rewards-api, `internal/points/streak.go`: an active week adds one; inactive weeks pause the count,
    and every `drop_after` of them in a row set it back to the beginning of the level below.

    Args:
        steps: (active epochs from, weight in parts of WAD), ascending, the first from zero: one level each.
        drop_after: Epochs away in a row that cost a level.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    steps: Steps
    drop_after: int
    into: str = ""

    def __post_init__(self) -> None:
        require_steps("steps of the streak", self.steps)
        require_range("drop_after", self.drop_after, 1, MAX_COUNT)
        require_name("into", self.into, optional=True)

    def advance(self, streak: Streak, *, active: bool) -> Streak:
        """The streak after one more epoch."""
        if active:
            return Streak(active=streak.active + 1)
        if streak.away + 1 < self.drop_after:
            return Streak(active=streak.active, away=streak.away + 1)
        return Streak(active=self.steps[max(0, self._level(streak) - 1)][0])

    def advance_all(self, streaks: Mapping[str, Streak], active: frozenset[str]) -> dict[str, Streak]:
        """Every account's streak after an epoch in which the accounts in `active` were; streaks of nothing left out."""
        moved = {
            account: self.advance(streaks.get(account, Streak()), active=account in active)
            for account in sorted(active | streaks.keys())
        }
        return {account: streak for account, streak in moved.items() if streak != Streak()}

    def factor(self, streak: Streak) -> int:
        """The weight of the streak's level, in parts of WAD; an account that is away earns nothing anyway."""
        return self.steps[self._level(streak)][1]

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row, by its account."""
        none = self.factor(Streak())
        return [rows.streak_weights.get(account, none) for account in rows.accounts]

    def _level(self, streak: Streak) -> int:
        return step_index([begin for begin, _ in self.steps], streak.active)
