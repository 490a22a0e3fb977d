"""What each leaf stream's parameters want of a contribution row in one epoch."""

from __future__ import annotations

from dataclasses import dataclass

from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.operators import Operator, check_order
from dao.rewards.accounts.reads import Read, columns_derived, columns_read
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.tiers import VolumeTiers
from dao.rewards.payouts import CLASS, stream_operators
from dao.rewards.policy import Policy

_NOTHING = Contributions((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamNeeds:
    """One leaf stream.

    Args:
        stream: Its path.
        operators: Its parameters, without its resource classes.
        classes: Names of its resource classes, ascending; none where it has none.
        reads: The columns that its classes and parameters read.
        derived: The columns that its parameters derive.
    """

    stream: str
    operators: tuple[Operator, ...]
    classes: tuple[str, ...]
    reads: tuple[Read, ...]
    derived: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that tell one row's weight from another's, ascending; `units` with them for volume tiers."""
        names = {read.column for read in self.reads} | ({CLASS} if self.classes else set())
        return tuple(sorted(names | ({"units"} if self.by_volume else set())))

    @property
    def by_volume(self) -> bool:
        """Whether points by cumulative volume stand in the place of units."""
        return any(isinstance(operator, VolumeTiers) for operator in self.operators)

    @property
    def by_streak(self) -> bool:
        """Whether a row's weight depends on its account's streak."""
        return any(isinstance(operator, StreakWeights) for operator in self.operators)


def leaf_streams(policy: Policy, epoch: int) -> tuple[str, ...]:
    """The streams of `policy` that pay accounts in `epoch`, ascending."""
    return tuple(sorted(stream for stream in policy.streams if policy.is_leaf(stream, epoch)))


def stream_needs(policy: Policy, stream: str, epoch: int) -> StreamNeeds:
    """What `stream` wants in `epoch`. Raises PolicyError where its parameters cannot be read or do not go together."""
    operators, _ = stream_operators(policy, stream, epoch, _NOTHING)
    check_order(operators)
    classes = tuple(sorted(made.name for made in policy.classes(stream, epoch)))
    own = operators[1:] if classes else operators
    by_class = (Read(column=CLASS, labels=classes),) if classes else ()
    return StreamNeeds(
        stream=stream,
        operators=own,
        classes=classes,
        reads=(*by_class, *columns_read(own)),
        derived=columns_derived(own),
    )
