"""Guard rails: whether a write crosses what a stream's rail admits, the twin of `PolicyRails.sol`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dao.errors import PolicyError, RailCrossed
from dao.rewards.changes import Allocation, Part, Rail, Split
from dao.rewards.plan import Plan
from dao.rewards.schedule import MAX_AMOUNT, Clock, Segment, bounds, is_reported
from dao.rewards.streams import ROOT, parent_of
from dao.types import BASIS_POINTS, MAX_EPOCH

_END = MAX_EPOCH + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Railed:
    """A policy as its rails see it, before a write.

    Args:
        rails: The rail of each stream that has one.
        plans: What each stream's own schedule yields; a stream that is not there has none.
        splits: The splits of each stream that has any, in order.
        clock: When epochs begin.
        first_open: The epoch after the current one; 0 before the genesis (`RewardPolicy.firstOpenEpoch`).
    """

    rails: Mapping[str, Rail]
    plans: Mapping[str, Plan]
    splits: Mapping[str, tuple[Split, ...]]
    clock: Clock
    first_open: int

    def rail(self, stream: str) -> Rail:
        """The rail of `stream`; one that does not bind where it has none."""
        return self.rails.get(stream, Rail())

    def bounds(self, stream: str, first: int, until: int = _END) -> tuple[int, int]:
        """The least and the most that the schedule of `stream` yields in `[first, until)`, before any budget (wei)."""
        return self.plans.get(stream, Plan()).bounds(first, until, self.clock)

    def share(self, stream: str, epoch: int) -> tuple[Allocation, int]:
        """Allocation and share (basis points) of `stream` in `epoch`; `PolicyTree.share`."""
        in_force = [split for split in self.splits.get(parent_of(stream), ()) if split.from_epoch <= epoch]
        parts = in_force[-1].parts if in_force else ()
        return next((_place(part, parts) for part in parts if part.stream == stream), (Allocation.NONE, 0))

    def splits_from(self, parent: str, epoch: int) -> tuple[Split, ...]:
        """The split of `parent` that is in force in `epoch`, and those that are planned for later."""
        splits = self.splits.get(parent, ())
        later = [split for split in splits if split.from_epoch > epoch]
        return splits[max(0, len(splits) - len(later) - 1) :]

    def before(self, rail: Rail) -> int:
        """The last epoch before the current period; epoch 0 stands in for what came before the first."""
        current = max(0, self.first_open - 1)
        return max(0, current - current % rail.period - 1)


def validate_rail(stream: str, rail: Rail) -> None:
    """Raises PolicyError unless `rail` can be the rail of `stream`; `PolicyRails._setRail`."""
    whole = all(0 <= share <= BASIS_POINTS for share in (rail.share_cap, rail.max_change, rail.max_share_change))
    amounts = 0 <= rail.floor <= rail.cap <= MAX_AMOUNT and 0 <= rail.carve_out_cap <= MAX_AMOUNT
    shares = 0 <= rail.share_floor <= rail.share_cap
    used = rail.binds or rail.period == 0
    free = rail.period != 0 or (rail.max_change == 0 and rail.max_share_change == 0)
    if not (whole and amounts and shares and used and free and 0 <= rail.period < 2**32):
        raise PolicyError(
            f"this cannot be the rail of {stream}",
            expected="floors up to their caps, basis points up to 10,000, changes with a period, and a cap for a rail",
            found=rail,
        )


def guard_rail(policy: Railed, stream: str, rail: Rail) -> None:
    """Raises RailCrossed where what is planned last crosses `rail`, the new one of `stream`; `PolicyRails._setRail`."""
    if rail.binds:
        _guard_end(policy, stream, rail)
    own = policy.splits.get(stream, ())
    if own:
        _guard_carve_outs(policy, stream, rail, own[-1].parts, max(own[-1].from_epoch, policy.first_open))
        for part in own[-1].parts:
            if policy.rail(part.stream).floor:
                _require_cover(part.stream, rail)


def guard_schedule(policy: Railed, stream: str, segments: Sequence[Segment]) -> None:
    """Raises RailCrossed where `segments`, written over `policy`, cross a rail; `PolicyRails._guardSchedule`.

    What they yield is measured over their whole validity; a change, from the last epoch before the current period.
    Raises NotReported where that epoch still waits for its report.
    """
    begin = segments[0].from_epoch
    yields = [_survey(policy.clock, segments, index) for index in range(len(segments))]
    rail = policy.rail(stream)
    if rail.binds:
        _guard_yields(policy, stream, rail, begin, yields)
    if stream == ROOT:
        return
    parent = parent_of(stream)
    high = max(made.maximum for made in yields)
    for split in reversed(policy.splits_from(parent, begin)):
        if any(part.stream == stream and part.allocation is Allocation.CARVE_OUT for part in split.parts):
            first = max(split.from_epoch, begin)
            _guard_carve_outs(policy, parent, policy.rail(parent), split.parts, first, {stream: high})


def guard_split(policy: Railed, parent: str, split: Split) -> None:
    """Raises RailCrossed where `split` crosses a rail, or voids a planned split that a child's rail needs.

    `PolicyRails._guardSplit`.
    """
    for part in split.parts:
        _guard_share(policy, part.stream, split.from_epoch, *_place(part, split.parts))
    kept = {part.stream for part in split.parts}
    for void in reversed(policy.splits_from(parent, split.from_epoch)):
        for part in void.parts:
            if part.stream not in kept:
                _guard_share(policy, part.stream, split.from_epoch, Allocation.NONE, 0)
    _guard_carve_outs(policy, parent, policy.rail(parent), split.parts, split.from_epoch)


def _guard_end(policy: Railed, stream: str, rail: Rail) -> None:
    """What is planned before the last segment and split stands as it was voted."""
    segments = policy.plans.get(stream, Plan()).segments
    first = max(policy.first_open, segments[-1].from_epoch if segments else 0)
    if stream == ROOT:
        if segments:
            _guard_amount(policy, stream, rail, first)
        return
    allocation, share = policy.share(stream, MAX_EPOCH)
    if allocation is not Allocation.NONE:
        first = max(first, policy.splits[parent_of(stream)][-1].from_epoch)
        _guard_place(policy, stream, rail, first, allocation, share)


@dataclass(frozen=True, slots=True)
class _Yield:
    """The least and the most that a segment yields, in any epoch and in its first (wei); `Schedules.Yield`."""

    reported: bool
    minimum: int
    maximum: int
    first_minimum: int
    first_maximum: int


def _survey(clock: Clock, segments: Sequence[Segment], index: int) -> _Yield:
    """`Schedules.survey` of one segment."""
    segment = segments[index]
    until = segments[index + 1].from_epoch if index + 1 < len(segments) else _END
    reported = is_reported(segment.shape)
    whole = bounds(segment, segment.from_epoch, until, clock)
    first = bounds(segment, segment.from_epoch, segment.from_epoch + 1, clock) if reported else whole
    return _Yield(reported, *whole, *first)


def _guard_yields(policy: Railed, stream: str, rail: Rail, begin: int, yields: Sequence[_Yield]) -> None:
    """A planned segment is compared with what the schedule yields before.

    A reported one with what any report could make of it then, and it must be able to go on from what it yields before.
    """
    for made in yields:
        _at_least(stream, "floor", rail.floor, made.minimum)
        _at_most(stream, "cap", rail.cap, made.maximum)
    if rail.period == 0:
        return
    before = policy.before(rail)
    change = rail.max_change if begin else 0
    was = policy.plans.get(stream, Plan()).unbounded(stream, before, policy.clock)
    least, most = policy.bounds(stream, before, before + 1)
    for made in yields:
        if made.reported:
            _at_least(stream, "decrease", _less(least, change), made.minimum)
            _at_least(stream, "decrease", _less(most, change), made.maximum)
            _at_most(stream, "increase", _more(most, change), made.maximum)
        _at_least(stream, "decrease", _less(was, change), made.first_maximum if made.reported else made.minimum)
        _at_most(stream, "increase", _more(was, change), made.first_minimum if made.reported else made.maximum)


def _guard_carve_outs(
    policy: Railed, parent: str, rail: Rail, parts: Sequence[Part], first: int, written: Mapping[str, int] | None = None
) -> None:
    """`written` is the most that a schedule yields which is about to be written."""
    if rail.carve_out_cap == 0:
        return
    known = written or {}
    carved = [part.stream for part in parts if part.allocation is Allocation.CARVE_OUT]
    total = sum(known[stream] if stream in known else policy.bounds(stream, first)[1] for stream in carved)
    _at_most(parent, "carve_outs", rail.carve_out_cap, total)


def _guard_share(policy: Railed, stream: str, begin: int, allocation: Allocation, found: int) -> None:
    rail = policy.rail(stream)
    if not rail.binds:
        return
    _guard_place(policy, stream, rail, begin, allocation, found)
    if rail.period == 0:
        return
    before = policy.before(rail)
    allocated, was = policy.share(stream, before)
    _guard_carving(policy, stream, rail, begin, allocated, allocation, before)
    change = rail.max_share_change if begin else 0
    _at_least(stream, "share_decrease", max(0, was - change), found)
    _at_most(stream, "share_increase", was + change, found)


def _guard_carving(
    policy: Railed, stream: str, rail: Rail, begin: int, allocated: Allocation, allocation: Allocation, before: int
) -> None:
    """To become a carve-out, or to be one no longer, is a change from or to zero: nothing else pays by a schedule."""
    if (allocated is Allocation.CARVE_OUT) == (allocation is Allocation.CARVE_OUT):
        return
    if allocation is Allocation.CARVE_OUT:
        _at_most(stream, "increase", 0, policy.bounds(stream, begin)[1])
    else:
        amount = policy.plans.get(stream, Plan()).unbounded(stream, before, policy.clock)
        _at_least(stream, "decrease", _less(amount, rail.max_change if begin else 0), 0)


def _guard_place(policy: Railed, stream: str, rail: Rail, first: int, allocation: Allocation, found: int) -> None:
    # Only a carve-out is paid by its own schedule.
    if allocation is Allocation.CARVE_OUT:
        _guard_amount(policy, stream, rail, first)
        if rail.floor:
            _require_cover(stream, policy.rail(parent_of(stream)))
    else:
        _at_least(stream, "floor", rail.floor, 0)
    _at_least(stream, "share_floor", rail.share_floor, found)
    _at_most(stream, "share_cap", rail.share_cap, found)


def _guard_amount(policy: Railed, stream: str, rail: Rail, first: int) -> None:
    low, high = policy.bounds(stream, first)
    _at_least(stream, "floor", rail.floor, low)
    _at_most(stream, "cap", rail.cap, high)


def _require_cover(stream: str, above: Rail) -> None:
    """`PolicyRails._requireCover`: a floor is worth nothing where the carve-outs before it take all."""
    if above.carve_out_cap == 0 or above.carve_out_cap > above.floor:
        raise PolicyError(
            f"the floor of {stream} is not covered",
            expected="a parent whose rail bounds its carve-outs by no more than its own floor",
            found=f"floor {above.floor}, carve-out cap {above.carve_out_cap}",
            remedy="set the rail of the parent first",
        )


def _less(amount: int, change: int) -> int:
    return amount - amount * change // BASIS_POINTS


def _more(amount: int, change: int) -> int:
    return amount + amount * change // BASIS_POINTS


def _place(part: Part, parts: Sequence[Part]) -> tuple[Allocation, int]:
    """How `part` is allotted among `parts`; the residual's share is what the others leave."""
    if part.allocation is Allocation.RESIDUAL:
        return part.allocation, BASIS_POINTS - sum(other.share for other in parts)
    return part.allocation, part.share


def _at_least(stream: str, bound: str, limit: int, found: int) -> None:
    if found < limit:
        raise RailCrossed(stream, bound, limit, found, least=True)


def _at_most(stream: str, bound: str, limit: int, found: int) -> None:
    if found > limit:
        raise RailCrossed(stream, bound, limit, found, least=False)
