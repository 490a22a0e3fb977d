"""Guard rails: whether a write crosses what a stream's rail admits, the twin of `PolicyRails.sol`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dao.errors import PolicyError, RailCrossed
from dao.rewards.changes import Allocation, Part, Rail
from dao.rewards.plan import Plan
from dao.rewards.schedule import MAX_AMOUNT, Clock, Segment
from dao.types import BASIS_POINTS


def validate_rail(stream: str, rail: Rail) -> None:
    """Raises PolicyError unless `rail` can be the rail of `stream`; `PolicyRails._setRail`."""
    whole = all(0 <= share <= BASIS_POINTS for share in (rail.share_cap, rail.max_change, rail.max_share_change))
    amounts = 0 <= rail.floor <= rail.cap <= MAX_AMOUNT and 0 <= rail.period < 2**32
    shares = 0 <= rail.share_floor <= rail.share_cap
    used = rail.binds or rail.period == 0
    free = rail.period != 0 or (rail.max_change == 0 and rail.max_share_change == 0)
    if not (whole and amounts and shares and used and free):
        raise PolicyError(
            f"this cannot be the rail of {stream}",
            expected="floors up to their caps, basis points up to 10,000, changes with a period, and a cap for a rail",
            found=rail,
        )


def guard_schedule(stream: str, rail: Rail, plan: Plan, segments: Sequence[Segment], clock: Clock) -> None:
    """Raises RailCrossed where `segments` cross `rail`, written over `plan`; `PolicyRails._guardSchedule`.

    What they yield is measured over their whole validity; a change, from the last epoch before the period in which
    they begin.
    """
    if not rail.binds:
        return
    low, high = Plan(segments=tuple(segments)).bounds(segments[0].from_epoch, 2**32, clock)
    _at_least(stream, "floor", rail.floor, low)
    _at_most(stream, "cap", rail.cap, high)
    if rail.period == 0:
        return
    before = _before(rail, segments[0].from_epoch)
    least, most = plan.bounds(before, before + 1, clock)
    _at_least(stream, "decrease", least - least * rail.max_change // BASIS_POINTS, low)
    _at_most(stream, "increase", most + most * rail.max_change // BASIS_POINTS, high)


def guard_split(
    rails: Mapping[str, Rail],
    current: Sequence[Part],
    parts: Sequence[Part],
    from_epoch: int,
    share_at: Callable[[str, int], tuple[Allocation, int]],
    bounds_from: Callable[[str, int], tuple[int, int]],
) -> None:
    """Raises RailCrossed where `parts`, from `from_epoch` on, cross a child's rail; `PolicyRails._guardSplit`.

    Args:
        rails: The rails of all streams that have one.
        current: The parts that would be in force in `from_epoch` otherwise.
        parts: The new parts, valid as a split.
        from_epoch: The epoch in which they begin.
        share_at: Allocation and share (basis points) of a stream in an epoch.
        bounds_from: The least and the most that a stream's schedule yields from an epoch on (wei).
    """
    left = BASIS_POINTS - sum(part.share for part in parts)
    for part in parts:
        share = left if part.allocation is Allocation.RESIDUAL else part.share
        _guard_share(
            part.stream, part.allocation, rails.get(part.stream, Rail()), from_epoch, share, share_at, bounds_from
        )
    kept = {part.stream for part in parts}
    for part in current:
        if part.stream not in kept:
            _guard_share(
                part.stream, Allocation.NONE, rails.get(part.stream, Rail()), from_epoch, 0, share_at, bounds_from
            )


def _guard_share(
    stream: str,
    allocation: Allocation,
    rail: Rail,
    from_epoch: int,
    found: int,
    share_at: Callable[[str, int], tuple[Allocation, int]],
    bounds_from: Callable[[str, int], tuple[int, int]],
) -> None:
    if not rail.binds:
        return
    # Only a carve-out is paid by its own schedule, which may be older than the rail.
    if allocation is not Allocation.CARVE_OUT:
        _at_least(stream, "floor", rail.floor, 0)
    elif share_at(stream, from_epoch)[0] is not Allocation.CARVE_OUT:
        low, high = bounds_from(stream, from_epoch)
        _at_least(stream, "floor", rail.floor, low)
        _at_most(stream, "cap", rail.cap, high)
    _at_least(stream, "share_floor", rail.share_floor, found)
    _at_most(stream, "share_cap", rail.share_cap, found)
    if rail.period == 0:
        return
    _, was = share_at(stream, _before(rail, from_epoch))
    _at_least(stream, "share_decrease", max(0, was - rail.max_share_change), found)
    _at_most(stream, "share_increase", was + rail.max_share_change, found)


def _before(rail: Rail, epoch: int) -> int:
    """The last epoch before the period that `epoch` is in; epoch 0 stands in for what came before the first."""
    return max(0, epoch - epoch % rail.period - 1)


def _at_least(stream: str, bound: str, limit: int, found: int) -> None:
    if found < limit:
        raise RailCrossed(stream, bound, limit, found, least=True)


def _at_most(stream: str, bound: str, limit: int, found: int) -> None:
    if found > limit:
        raise RailCrossed(stream, bound, limit, found, least=False)
