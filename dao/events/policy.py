"""The call of `RewardPolicy` that an event tells of: most events repeat the arguments of their function."""

from __future__ import annotations

from typing import Any

from dao.events.model import (
    BudgetSet,
    Event,
    ParametersSet,
    RailSet,
    ReporterSet,
    ScheduleSet,
    SplitSet,
    StreamAdded,
    WeightsSet,
)

Write = StreamAdded | ScheduleSet | SplitSet | BudgetSet | WeightsSet | ParametersSet | ReporterSet | RailSet
"""The events of everything that is in the policy hash after the creation."""


def written(event: Event) -> tuple[str, tuple[Any, ...]] | None:
    """The function that `event` tells of, and its arguments; None where it tells of no write to the policy.

    Names in the arguments are text; bytes that are no UTF-8 are escaped, and the contract takes none.
    """
    match event:
        case StreamAdded():
            return "addStream", (event.parent, text(event.path).rsplit("/", 1)[-1])
        case ScheduleSet():
            return "setSchedule", (event.stream, event.segments)
        case SplitSet():
            return "setSplit", (event.parent, event.from_epoch, event.parts)
        case BudgetSet():
            return "setBudget", (event.stream, event.from_epoch, event.amount)
        case WeightsSet():
            classes = tuple((text(name), weight) for name, weight in event.classes)
            return "setWeights", (event.stream, event.from_epoch, classes)
        case ParametersSet():
            return "setParameters", (event.stream, event.from_epoch, event.data)
        case ReporterSet():
            return "setReporter", (event.stream, (event.account, event.minimum, event.maximum))
        case RailSet():
            return "setRail", (event.stream, event.rail)
    return None


def text(name: bytes) -> str:
    """`name` as text, with bytes that are no UTF-8 escaped."""
    return name.decode("utf-8", "backslashreplace")
