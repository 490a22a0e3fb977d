"""What earlier publications of an epoch paid too little, as the payouts of the next one.

`RewardDistributor` lets a stream pay no more than its emission of the epoch, over all publications: what an earlier one
paid too much is not taken back, so it can be missing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dao.errors import PolicyError
from dao.payouts.values import EpochPayouts, StreamPayouts


def supplement(computed: EpochPayouts, published: Sequence[EpochPayouts]) -> EpochPayouts:
    """The supplementary payouts of an epoch, all of whose earlier publications are `published`.

    A stream of which nobody was paid too little has no payouts.

    Raises PolicyError where a publication is of another epoch, or more is missing than a stream may still pay.
    """
    for payouts in published:
        if payouts.epoch != computed.epoch:
            raise PolicyError("a publication is of another epoch", expected=computed.epoch, found=payouts.epoch)
    earlier = [made for payouts in published for made in payouts.streams]
    return replace(computed, streams=tuple(supplement_stream(made, earlier) for made in computed.streams))


def supplement_stream(computed: StreamPayouts, published: Sequence[StreamPayouts]) -> StreamPayouts:
    """What is missing of one stream: per account what it should get less what it got, never negative.

    Args:
        computed: What the stream should pay in the epoch.
        published: All earlier publications of the epoch; those of other streams are passed over.

    Returns the payouts with what is left as their pool (wei).

    Raises PolicyError where more is missing than is left.
    """
    paid: dict[str, int] = {}
    for made in published:
        if made.stream == computed.stream:
            for account, amount in zip(made.accounts, made.amounts, strict=True):
                paid[account] = paid.get(account, 0) + amount
    left = max(0, computed.pool - sum(paid.values()))
    wanted = zip(computed.accounts, computed.amounts, strict=True)
    missing = [(account, amount - paid.get(account, 0)) for account, amount in wanted]
    missing = [(account, amount) for account, amount in missing if amount > 0]
    total = sum(amount for _, amount in missing)
    if total > left:
        raise PolicyError(
            f"more is missing than {computed.stream} may still pay in the epoch",
            expected=f"at most {left} wei",
            found=f"{total} wei of {len(missing)} accounts",
            remedy="have the guardian void the publication that pays too much, then publish the epoch anew",
            values={"stream": computed.stream, "left": str(left), "missing": str(total)},
        )
    return replace(
        computed,
        pool=left,
        residual=left - total,
        accounts=[account for account, _ in missing],
        amounts=[amount for _, amount in missing],
    )
