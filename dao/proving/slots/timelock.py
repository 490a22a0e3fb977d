"""Storage of every timelock that the deployment had: its least delay and its operations."""

from __future__ import annotations

from collections.abc import Iterator

from dao.proving.layout import Slot, at_key, layout, number
from dao.replay.state import GovernanceState


def timelock_slots(state: GovernanceState) -> Iterator[Slot]:
    """The timestamp of each operation that a log named, one where it is done and zero where it was cancelled.

    No slot lists operations: that none was scheduled beside these, they cannot say.
    """
    where = layout("TimelockController")
    for timelock in sorted({*state.min_delays, state.addresses.timelock}):
        yield Slot(timelock, number(where.slot("_minDelay")), number(state.min_delays.get(timelock, 0)), "least delay")
    for (timelock, identifier), operation in state.operations.items():
        key = number(at_key(where.slot("_timestamps"), identifier))
        yield Slot(timelock, key, number(operation.timestamp), f"timestamp of operation 0x{identifier.hex()}")
