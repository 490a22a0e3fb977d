"""RewardPolicy's creation code, linked, with its beginning written as changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dao.abi import checksum
from dao.artifacts import load
from dao.rewards.changes import (
    AddStream,
    Change,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
)
from dao.rewards.encoding import call_of
from dao.rewards.schedule import MAX_AMOUNT

SECTIONS = (AddStream, SetSchedule, SetSplit, SetBudget, SetWeights, SetParameters, SetReporter, SetRail)
"""The changes of each field of `RewardPolicy.Beginning`, in order."""


def policy_code(
    deploy: Callable[[bytes], str],
    owner: str,
    genesis: int,
    epoch_length: int,
    changes: Sequence[Change] = (),
    *,
    supply_cap: int = MAX_AMOUNT,
) -> bytes:
    """Deploys the library with `deploy` and returns the creation code of a policy that begins with `changes`."""
    library = checksum(deploy(load("Schedules").creation_code()))
    beginning: tuple[list[Any], ...] = tuple(
        [call_of(change)[1] for change in changes if isinstance(change, section)] for section in SECTIONS
    )
    return load("RewardPolicy").creation_code(
        owner, genesis, epoch_length, supply_cap, beginning, libraries={"Schedules": library}
    )
