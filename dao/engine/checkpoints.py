"""The history of voting power in columns: every delegate's checkpoints, in sorted runs that are merged as they grow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dao.engine.amounts import Limbs, to_int, to_ints
from dao.engine.arrays import put, take
from dao.replay.checkpoints import Trace

_TIME_BITS = 40
"""A timepoint is below 2^40, some 34,000 years of seconds."""
LATEST = 2**_TIME_BITS - 1

Keys = npt.NDArray[np.int64]
"""Delegate's number and timepoint in one number, so that they sort by both."""


@dataclass(frozen=True, slots=True)
class Run:
    """Checkpoints in the order of their keys, of which none comes twice."""

    keys: Keys
    values: Limbs


def run_of(delegates: npt.NDArray[np.int64], times: npt.NDArray[np.int64], values: Limbs) -> Run:
    """Checkpoints as a run. They come by delegate and then as they were made; the last of a timepoint counts."""
    keys = (delegates << _TIME_BITS) | times
    last = np.ones(len(keys), np.bool_)
    last[:-1] = keys[1:] != keys[:-1]
    places = np.flatnonzero(last)
    return Run(take(keys, places), take(values, places))


class Checkpoints:
    """Voting power (wei) by delegate and timepoint; a delegate is its number in `dao.engine.names.Names`."""

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def add(self, run: Run) -> None:
        """Adds checkpoints none of which is before any that was added earlier.

        A later value at a timepoint that is known takes its place, as `Checkpoints._insert` has it.
        """
        if not len(run.keys):
            return
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2].keys) < 2 * len(self._runs[-1].keys):
            newer, older = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(older, newer))

    def at(self, delegates: npt.NDArray[np.int64], times: npt.NDArray[np.int64]) -> Limbs:
        """The power of each delegate at its timepoint, zero before the first; `Checkpoints.upperLookupRecent`."""
        found = np.zeros((3, len(delegates)), np.int64)
        open_ = np.arange(len(delegates))
        wanted = (delegates << _TIME_BITS) | times
        for run in reversed(self._runs):
            places = np.searchsorted(run.keys, take(wanted, open_), side="right") - 1
            hit = (places >= 0) & (take(run.keys, places) >> _TIME_BITS == take(delegates, open_))
            put(found, open_[hit], take(run.values, places[hit]))
            open_ = open_[~hit]
        return found

    def one(self, delegate: int, time: int) -> int:
        """The power of one delegate at a timepoint (wei)."""
        wanted = (delegate << _TIME_BITS) | min(max(time, 0), LATEST)
        if time < 0:
            return 0
        for run in reversed(self._runs):
            place = int(np.searchsorted(run.keys, wanted, side="right")) - 1
            if place >= 0 and int(run.keys[place]) >> _TIME_BITS == delegate:
                return to_int(run.values, place)
        return 0

    def trace(self, delegate: int) -> Trace:
        """The whole history of one delegate."""
        trace = Trace()
        for run in self._runs:
            first, last = np.searchsorted(run.keys, (delegate << _TIME_BITS, (delegate + 1) << _TIME_BITS))
            times = (run.keys[first:last] & LATEST).tolist()
            for time, value in zip(times, to_ints(run.values[:, first:last]), strict=True):
                trace.push(time, value)
        return trace

    def delegates(self) -> npt.NDArray[np.int64]:
        """The numbers of everybody who has a checkpoint, ascending."""
        every = [run.keys >> _TIME_BITS for run in self._runs]
        return np.unique(np.concatenate(every)) if every else np.empty(0, np.int64)


def _merged(older: Run, newer: Run) -> Run:
    """Both runs as one; of equal keys the newer."""
    if not len(older.keys):
        return newer
    places = np.searchsorted(older.keys, newer.keys, side="right")
    replaced = places[(places > 0) & (take(older.keys, places - 1) == newer.keys)] - 1
    if len(replaced):
        return _merged(Run(np.delete(older.keys, replaced), np.delete(older.values, replaced, axis=1)), newer)
    # Where each goes is known from the newer alone; sorting both would take some ten times as long.
    behind = places + np.arange(len(newer.keys))
    others = np.ones(len(older.keys) + len(newer.keys), np.bool_)
    others[behind] = False
    before = np.flatnonzero(others)
    keys = np.empty(len(others), np.int64)
    values = np.empty((3, len(others)), np.int64)
    keys[behind], keys[before] = newer.keys, older.keys
    put(values, behind, newer.values)
    put(values, before, older.values)
    return Run(keys, values)
