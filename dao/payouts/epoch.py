"""One epoch's way through an engine: flags, rules, groups, weights, sums, shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ibis
import numpy as np
import pyarrow as arrow

from dao.errors import DocumentError, PolicyError
from dao.payouts.bad_rows import SHOWN, bad_rows, bad_rows_error, write_bad_rows
from dao.payouts.engine import Engine, open_engine, write_table
from dao.payouts.flags import flagged
from dao.payouts.groups import LEVEL, NO_LEVEL, Group, Grouping
from dao.payouts.keys import KEYS, decode_accounts, key_columns
from dao.payouts.needs import StreamNeeds, leaf_streams, stream_needs
from dao.payouts.rules import PROBLEM, first_problem, rules
from dao.payouts.staging import Staged
from dao.payouts.sums import AccountSums, account_sums
from dao.payouts.values import ClassUnits, EpochPayouts, Quarantine, StreamPayouts
from dao.payouts.weights import Layout, Weighed, limb_table, weigh
from dao.rewards.accounts.allocate import (
    AccountPayouts,
    AccountState,
    Scores,
    advance_streaks,
    node_columns,
    share_out,
    streak_weights,
)
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.roots import ScoreRoot
from dao.rewards.payouts import CLASS, stream_pool
from dao.rewards.policy import Policy

_LEVEL_STREAM = "level_stream"


@dataclass(frozen=True, slots=True)
class EpochRun:
    """One epoch to compute.

    Args:
        policy: The policy in force.
        epoch: The epoch.
        staged: Its contributions.
        work: Where temporary files go.
        states: What the accounts of each stream carry into the epoch.
        paid_this_month: What each account of each stream was paid earlier in the month (wei).
    """

    policy: Policy
    epoch: int
    staged: Staged
    work: Path
    states: Mapping[str, AccountState]
    paid_this_month: Mapping[str, Mapping[str, int]]

    def compute(
        self,
        engine: str,
        *,
        quarantine: Path | None,
        threads: int | None,
        memory: str,
        confirm: Callable[[], object],
    ) -> EpochPayouts:
        """What the epoch comes to.

        Args:
            engine: Name of the engine.
            quarantine: Where bad rows go; without it they stop the epoch.
            threads: How many threads the engine uses.
            memory: How much it holds.
            confirm: Called before anything is written or returned; raises where the files have changed.
        """
        needs = [stream_needs(self.policy, stream, self.epoch) for stream in leaf_streams(self.policy, self.epoch)]
        pools = {need.stream: stream_pool(self.policy, need.stream, self.epoch) for need in needs}
        running = open_engine(engine, self.work, threads=threads, memory=memory)
        try:
            return self._through(running, needs, pools, quarantine, confirm)
        finally:
            running.close()

    def _through(
        self,
        engine: Engine,
        needs: Sequence[StreamNeeds],
        pools: Mapping[str, int],
        quarantine: Path | None,
        confirm: Callable[[], object],
    ) -> EpochPayouts:
        grouping = Grouping.of(self.staged, needs)
        table, groups, apart = self._judged(engine, needs, grouping, quarantine, confirm)
        self._check_columns(needs, groups)
        states = {need.stream: self.states.get(need.stream, AccountState()) for need in needs}
        levels: dict[str, tuple[int, ...]] = {}
        streaks = [need for need in needs if need.by_streak]
        if streaks:
            active = self._active(engine, grouping.table(self.staged, table), streaks)
            for need in streaks:
                states[need.stream] = advance_streaks(
                    need.operators, states[need.stream], active.get(need.stream, frozenset())
                )
            table, levels = self._with_levels(engine, table, streaks, states)
        grouped = grouping.table(self.staged, table)
        if streaks:
            groups = grouping.groups(engine, grouped)
        by_stream: dict[str, list[Group]] = {}
        for group in groups:
            if not group.problem:
                by_stream.setdefault(group.stream, []).append(group)
        present = [need for need in needs if need.stream in by_stream]
        weighed = [
            weigh(
                self.policy,
                self.epoch,
                need,
                columns=grouping.columns,
                groups=by_stream[need.stream],
                levels=levels.get(need.stream, ()),
            )
            for need in present
        ]
        parts = [(need, by_stream[need.stream], weights) for need, weights in zip(present, weighed, strict=True)]
        limbs, layouts = limb_table(grouping, parts)
        made: dict[str, StreamPayouts] = {}
        carried: dict[str, AccountState] = {}

        def settle(need: StreamNeeds, scores: Scores) -> None:
            shared = self._shared(need, scores, pools[need.stream], states[need.stream])
            classes = _class_units(need, grouping, by_stream.get(need.stream, ()))
            made[need.stream] = _stream_payouts(need.stream, pools[need.stream], shared, classes, len(scores.accounts))
            if need.by_streak or any(isinstance(operator, ShareAverage) for operator in need.operators):
                carried[need.stream] = shared.state

        for place, sums in account_sums(engine, grouping, grouped, limbs, layouts, self.work / "limbs"):
            settle(present[place], _scores(present[place], weighed[place], layouts[place], sums))
        for need in needs:
            if need.stream not in made:
                settle(need, _nothing(need))
        confirm()
        return EpochPayouts(
            epoch=self.epoch,
            policy_hash=self.policy.hash,
            files=self.staged.files,
            quarantine=apart,
            streams=tuple(made[need.stream] for need in needs),
            states=MappingProxyType(carried),
        )

    def _judged(
        self,
        engine: Engine,
        needs: Sequence[StreamNeeds],
        grouping: Grouping,
        quarantine: Path | None,
        confirm: Callable[[], object],
    ) -> tuple[Any, list[Group], Quarantine]:
        """The table with each row's problem, its groups, and what is set apart. Raises DocumentError for bad rows."""
        table = flagged(engine, self.staged, self.work)
        found = rules(self.staged, table, needs)
        table = table.mutate(**{PROBLEM: first_problem(found)})
        groups = grouping.groups(engine, grouping.table(self.staged, table))
        bad = [group for group in groups if group.problem]
        if not bad:
            return table.mutate(**{PROBLEM: ibis.literal(0, "int32")}), groups, Quarantine()
        total = sum(group.rows for group in bad)
        confirm()
        if quarantine is None:
            shown = list(islice(bad_rows(engine, self.staged, table, found, most=SHOWN), SHOWN))
            raise bad_rows_error(self.staged, shown, total)
        write_bad_rows(self.staged, bad_rows(engine, self.staged, table, found, most=None), quarantine)
        apart = Quarantine(total, sum(group.units for group in bad), sum(group.units for group in groups))
        return table, groups, apart

    def _check_columns(self, needs: Sequence[StreamNeeds], groups: Sequence[Group]) -> None:
        """Raises DocumentError where a stream with contributions reads a column that no file has, or derives one."""
        contributed = {group.stream for group in groups if not group.problem}
        for need in (need for need in needs if need.stream in contributed):
            for column in need.columns:
                if column not in self.staged.columns:
                    raise DocumentError(
                        "a column is missing",
                        path=str(self.staged.paths[0]),
                        field=column,
                        expected=f"a column that the parameters of {need.stream} read",
                        found=", ".join(("account", *self.staged.columns)),
                    )
            clash = next((column for column in need.derived if column in ("account", *self.staged.columns)), None)
            if clash is not None:
                raise PolicyError(
                    f"the parameters of {need.stream} derive a column that the contributions have",
                    expected="another name in the files",
                    found=clash,
                )

    def _shared(self, need: StreamNeeds, scores: Scores, pool: int, state: AccountState) -> AccountPayouts:
        return share_out(
            need.operators,
            scores,
            pool=pool,
            state=state,
            paid_this_month=self.paid_this_month.get(need.stream, {}),
            remaining=self.policy.plan(need.stream).remaining(need.stream, self.epoch, self.policy.clock),
        )

    def _active(self, engine: Engine, grouped: Any, streaks: Sequence[StreamNeeds]) -> dict[str, set[str]]:
        """The accounts that contributed more than nothing to each stream that counts streaks."""
        names = [need.stream for need in streaks]
        active = grouped.filter((grouped[PROBLEM] == 0) & grouped["stream"].isin(names) & (grouped["units"] > 0))
        found: dict[str, set[str]] = {}
        for batch in engine.batches(active.select("stream", *KEYS).distinct()):
            accounts = decode_accounts([batch[name] for name in KEYS])
            for stream, account in zip(batch["stream"].to_pylist(), accounts, strict=True):
                found.setdefault(stream, set()).add(account)
        return found

    def _with_levels(
        self, engine: Engine, table: Any, streaks: Sequence[StreamNeeds], states: Mapping[str, AccountState]
    ) -> tuple[Any, dict[str, tuple[int, ...]]]:
        """The table with each row's level, and the weight at each level of each stream, in parts of WAD."""
        levels: dict[str, tuple[int, ...]] = {}
        streams: list[str] = []
        accounts: list[str] = []
        places: list[int] = []
        for need in streaks:
            weights = streak_weights(need.operators, states[need.stream])
            levels[need.stream] = tuple(sorted(set(weights.values())))
            place = {weight: index for index, weight in enumerate(levels[need.stream])}
            streams += [need.stream] * len(weights)
            accounts += weights
            places += [place[weight] for weight in weights.values()]
        keys = key_columns(accounts)
        columns = {f"l_{name}": np.asarray(keys[name], np.int64) for name in KEYS}
        listed = write_table(
            {
                _LEVEL_STREAM: arrow.array(streams, arrow.string()),
                **columns,
                "l_level": arrow.array(places, arrow.int64()),
            },
            self.work / "levels",
        )
        found = engine.read(listed)
        stream = table[self.staged.cell("stream")]
        joined = table.left_join(
            found, [stream == found[_LEVEL_STREAM], *(table[name] == found[f"l_{name}"] for name in KEYS)]
        )
        return joined.select(*table.columns, **{LEVEL: joined["l_level"].fill_null(NO_LEVEL)}), levels


def _nothing(need: StreamNeeds) -> Scores:
    """The scores of a stream that nobody contributed to."""
    return Scores(accounts=(), values=(), unit=1, nodes={column: {} for column in node_columns(need.operators)})


def _scores(need: StreamNeeds, weighed: Weighed, layout: Layout, sums: AccountSums) -> Scores:
    values = layout.score.joined(sums.sums)
    # Shares do not change with a common factor; roots and rates do.
    if weighed.factor > 1 and any(isinstance(operator, ScoreRoot | PerUnit) for operator in need.operators):
        values = [value * weighed.factor for value in values]
    nodes = {
        column: dict(zip(sums.accounts, limbs.joined(sums.sums), strict=True)) for column, limbs in layout.nodes.items()
    }
    return Scores(accounts=sums.accounts, values=values, unit=weighed.unit, nodes=nodes)


def _class_units(need: StreamNeeds, grouping: Grouping, groups: Sequence[Group]) -> tuple[ClassUnits, ...]:
    place = grouping.columns.index(CLASS) if need.classes and CLASS in grouping.columns else None
    totals: dict[str, tuple[int, int]] = {}
    for group in groups:
        name = "" if place is None else group.cells[place]
        rows, units = totals.get(name, (0, 0))
        totals[name] = rows + group.rows, units + group.units
    return tuple(ClassUnits(name, rows, units) for name, (rows, units) in sorted(totals.items()))


def _stream_payouts(
    stream: str, pool: int, shared: AccountPayouts, classes: tuple[ClassUnits, ...], contributors: int
) -> StreamPayouts:
    paid = [(account, amount) for account, amount in shared.payouts if amount]
    return StreamPayouts(
        stream=stream,
        pool=pool,
        residual=shared.residual,
        accounts=[account for account, _ in paid],
        amounts=[amount for _, amount in paid],
        classes=classes,
        contributors=contributors,
    )
