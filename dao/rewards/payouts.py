"""What each account is paid for its contributions to one stream in one epoch, by everything that the policy says."""

from __future__ import annotations

from collections.abc import Mapping

from dao.rewards.accounts.allocate import NO_AMOUNTS, AccountPayouts, AccountState, allocate
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.operators import Operator
from dao.rewards.parameters import decode
from dao.rewards.policy import Policy

CLASS = "class"
"""The column of resource classes."""

_KEY = "class.key"
"""The derived column of the classes' places: their own names may hold what no operator's name may."""

_UNKNOWN = "unknown"


def stream_payouts(
    policy: Policy,
    stream: str,
    epoch: int,
    contributions: Contributions,
    *,
    state: AccountState | None = None,
    paid_this_month: Mapping[str, int] = NO_AMOUNTS,
) -> AccountPayouts:
    """The emission of `stream` in `epoch`, allocated to accounts.

    Where a cap is a part of what remains of the budget, that is the budget in force less what the stream's schedule
    yields in all epochs before.

    Args:
        policy: The policy.
        stream: Path of a leaf; a stream that is none, or is not there, has nothing to allocate.
        epoch: The epoch.
        contributions: Its contributions; the column `class` where the stream has resource classes. A class without a
            weight counts nothing, as `IRewardPolicy.weight` has it.
        state: What the accounts carry from the epoch before; nothing if not given.
        paid_this_month: What each account was paid for earlier epochs of the month (wei), for monthly caps. The caller
            decides which month an epoch belongs to.

    Raises NotReported where the emission depends on a report that was not made, PolicyError where the parameters cannot
    be read or read a column that is missing.
    """
    operators, contributions = stream_operators(policy, stream, epoch, contributions)
    return allocate(
        operators,
        contributions,
        pool=stream_pool(policy, stream, epoch),
        state=state,
        paid_this_month=paid_this_month,
        remaining=policy.plan(stream).remaining(stream, epoch, policy.clock),
    )


def stream_pool(policy: Policy, stream: str, epoch: int) -> int:
    """What the accounts of `stream` share in `epoch` (wei): its emission; zero for a stream that is no leaf or unknown.

    Raises NotReported where the emission depends on a report that was not made.
    """
    known = stream in policy.streams
    return policy.emission(stream, epoch) if known and policy.is_leaf(stream, epoch) else 0


def stream_operators(
    policy: Policy, stream: str, epoch: int, contributions: Contributions
) -> tuple[tuple[Operator, ...], Contributions]:
    """The parameters of `stream` in `epoch`, resource classes first where it has any, and the columns they read.

    Raises PolicyError where the parameters cannot be read.
    """
    if stream not in policy.streams:
        return (), contributions
    data = policy.parameters_at(stream, epoch)
    operators = tuple(decode(data)) if data else ()
    if not policy.classes(stream, epoch):
        return operators, contributions
    weights, contributions = _by_class(policy, stream, epoch, contributions)
    return (weights, *operators), contributions


def _by_class(
    policy: Policy, stream: str, epoch: int, contributions: Contributions
) -> tuple[LabelWeights, Contributions]:
    """The weights of the stream's resource classes as an operator, and the column that it reads."""
    classes = policy.classes(stream, epoch)
    keys = {made.name: f"{index:03d}" for index, made in enumerate(classes)}
    weights = tuple((keys[made.name], made.weight) for made in classes)
    names = contributions.labels.get(CLASS, [""] * len(contributions.accounts))
    column = [keys.get(name, _UNKNOWN) for name in names]
    labels = {**contributions.labels, _KEY: column}
    operator = LabelWeights(column=_KEY, weights=(*weights, (_UNKNOWN, 0)))
    return operator, Contributions(contributions.accounts, contributions.units, labels, contributions.measures)
