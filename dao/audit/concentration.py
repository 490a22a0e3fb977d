"""Who holds how much of the token and of the votes, at each of several timepoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dao.abi import checksum
from dao.artifacts import load
from dao.audit.document import ClockWord, Concentration, HolderLine, Moment
from dao.events.log import RawLog
from dao.payouts.concentration import gini, largest, nakamoto
from dao.replay.state import GovernanceState, TokenState
from dao.types import BASIS_POINTS, Address

TOP = 10
"""How many of the largest accounts are named."""

MOMENTS = 200
"""At most so many snapshots are looked at: of more, those that lie evenly among them, the last included."""

Movement = tuple[int, bytes, bytes, int]
"""Timepoint, source, destination and amount of a transfer; accounts as 20 bytes, zero where it mints or burns."""

_ZERO = bytes(20)
_TRANSFER_TOPICS, _WORD = 3, 32


def thinned(snapshots: Iterable[int], timepoint: int) -> list[int]:
    """The timepoints of a report: the `snapshots` that are over at `timepoint`, MOMENTS at most, and `timepoint`."""
    past = sorted({snapshot for snapshot in snapshots if snapshot < timepoint})
    count = min(len(past), MOMENTS)
    return [*(past[(index + 1) * len(past) // count - 1] for index in range(count)), timepoint]


def moments(state: GovernanceState, logs: Iterable[RawLog], timepoints: Sequence[int]) -> Iterator[Moment]:
    """What holds at each of `timepoints`, which ascend; changes at a timepoint count, as in `Votes.getPastVotes`."""
    return moments_of(state.token, transfers(logs, state.addresses.token), timepoints)


def moments_of(token: TokenState, movements: Iterator[Movement], timepoints: Sequence[int]) -> Iterator[Moment]:
    """As `moments`, of a token's `movements` in their order."""
    changes = sorted(
        (
            (key, delegate, value)
            for delegate, trace in token.powers.items()
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
        supply = token.supply.upper_lookup(timepoint)
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


def transfers(
    logs: Iterable[RawLog], token: Address, *, clock: ClockWord = "timestamp", erc721: bool = False
) -> Iterator[Movement]:
    """Every transfer of the token, whose timepoints are those of the `clock`; malformed ones are findings.

    Of an `erc721` token each moves one.
    """
    topic = load("RewardToken").abi.event("Transfer").hash
    topics, size = (_TRANSFER_TOPICS + 1, 0) if erc721 else (_TRANSFER_TOPICS, _WORD)
    for log in logs:
        if log.address != token or log.topics[:1] != (topic,):
            continue
        if len(log.topics) == topics and len(log.data) == size:
            timepoint = log.timestamp if clock == "timestamp" else log.block_number
            amount = 1 if erc721 else int.from_bytes(log.data, "big")
            yield timepoint, log.topics[1][12:], log.topics[2][12:], amount
