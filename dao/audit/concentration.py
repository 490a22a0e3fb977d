"""Who holds how much of the token and of the votes, at each of several timepoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dao.abi import checksum
from dao.artifacts import load
from dao.audit.document import Concentration, HolderLine, Moment
from dao.events.log import RawLog
from dao.payouts.concentration import gini, largest, nakamoto
from dao.replay.state import GovernanceState
from dao.types import BASIS_POINTS

TOP = 10
"""How many of the largest accounts are named."""

MOMENTS = 200
"""At most so many snapshots are looked at: of more, those that lie evenly among them, the last included."""

_ZERO = bytes(20)
_TRANSFER_TOPICS, _WORD = 3, 32


def thinned(snapshots: Iterable[int], timepoint: int) -> list[int]:
    """The timepoints of a report: the `snapshots` that are over at `timepoint`, MOMENTS at most, and `timepoint`."""
    past = sorted({snapshot for snapshot in snapshots if snapshot < timepoint})
    count = min(len(past), MOMENTS)
    return [*(past[(index + 1) * len(past) // count - 1] for index in range(count)), timepoint]


def moments(state: GovernanceState, logs: Iterable[RawLog], timepoints: Sequence[int]) -> Iterator[Moment]:
    """What holds at each of `timepoints`, which ascend; changes at a timepoint count, as in `Votes.getPastVotes`."""
    movements = _transfers(state, logs)
    changes = sorted(
        (
            (key, delegate, value)
            for delegate, trace in state.token.powers.items()
            for key, value in zip(trace.keys, trace.values, strict=True)
        ),
        reverse=True,
    )
    balances: dict[bytes, int] = {}
    powers: dict[str, int] = {}
    movement = next(movements, None)
    for timepoint in timepoints:
        while movement is not None and movement[0] <= timepoint:
            _, source, to, amount = movement
            for account, difference in ((source, -amount), (to, amount)):
                if account != _ZERO:
                    balances[account] = balances.get(account, 0) + difference
            movement = next(movements, None)
        while changes and changes[-1][0] <= timepoint:
            _, delegate, value = changes.pop()
            powers[delegate] = value
        supply = state.token.supply.upper_lookup(timepoint)
        delegated = sum(powers.values())
        yield Moment(
            timepoint=timepoint,
            supply=supply,
            delegated=delegated,
            delegated_share=share(delegated, supply),
            power=concentration(powers),
            balances=concentration({"0x" + account.hex(): held for account, held in balances.items()}),
        )


def concentration(amounts: Mapping[str, int]) -> Concentration:
    """How concentrated positive `amounts` are, by account."""
    held = {account: amount for account, amount in amounts.items() if amount > 0}
    total = sum(held.values())
    top = largest(list(held), list(held.values()), TOP)
    return Concentration(
        accounts=len(held),
        total=total,
        gini=gini(held.values()),
        nakamoto=nakamoto(held.values()),
        top_share=share(sum(amount for _, amount in top), total),
        top=tuple(HolderLine(account=checksum(account), amount=amount) for account, amount in top),
    )


def share(part: int, whole: int) -> int:
    """`part` of `whole` in basis points, rounded down, at most all; 0 of nothing."""
    return min(part * BASIS_POINTS // whole, BASIS_POINTS) if whole > 0 else 0


def _transfers(state: GovernanceState, logs: Iterable[RawLog]) -> Iterator[tuple[int, bytes, bytes, int]]:
    """Timestamp, source, destination and amount (wei) of every transfer of the token; malformed ones are findings."""
    topic = load("RewardToken").abi.event("Transfer").hash
    for log in logs:
        if log.address != state.addresses.token or log.topics[:1] != (topic,):
            continue
        if len(log.topics) == _TRANSFER_TOPICS and len(log.data) == _WORD:
            yield log.timestamp, log.topics[1][12:], log.topics[2][12:], int.from_bytes(log.data, "big")
