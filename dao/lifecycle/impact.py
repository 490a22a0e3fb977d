"""What a proposal changes for each contributor: the payouts of one epoch's contributions before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.accounts.columns import Contributions
from dao.rewards.payouts import stream_payouts
from dao.rewards.policy import Policy


@dataclass(frozen=True, slots=True)
class Paid:
    """What is paid before and after (wei)."""

    before: int
    after: int

    @property
    def difference(self) -> int:
        """After minus before (wei)."""
        return self.after - self.before

    def __add__(self, other: Paid) -> Paid:
        """Both together."""
        return Paid(self.before + other.before, self.after + other.after)


NOTHING = Paid(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamImpact:
    """One stream that somebody contributed to.

    Args:
        stream: Its path.
        pool: Its emission in the epoch; 0 where it is no leaf.
        unpaid: What of that nobody gets: dust, cut-offs.
    """

    stream: str
    pool: Paid
    unpaid: Paid


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountImpact:
    """One contributor: what it is paid in each of its streams."""

    account: str
    streams: Mapping[str, Paid]

    @property
    def total(self) -> Paid:
        """What it is paid in all."""
        return sum(self.streams.values(), NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The payouts of one epoch under two policies.

    Args:
        epoch: The epoch.
        streams: The streams of the contributions, by path.
        accounts: The contributors, by address.
    """

    epoch: int
    streams: tuple[StreamImpact, ...]
    accounts: tuple[AccountImpact, ...]

    def of(self, account: str) -> AccountImpact:
        """The impact on `account`. Raises PolicyError when it contributed nothing."""
        found = next((impact for impact in self.accounts if impact.account == account), None)
        if found is None:
            raise PolicyError("the contributions name no such account", found=account)
        return found


def impact(before: Policy, after: Policy, contributions: Mapping[str, Contributions], *, epoch: int) -> Impact:
    """What the `contributions`, by stream, are paid in `epoch` under `after` instead of `before`.

    The accounts carry nothing into the epoch: averages and streaks begin with it, and nothing was paid this month.

    Raises PolicyError for a stream that neither policy has, and where parameters read a column that is missing;
    NotReported where an emission depends on a report.
    """
    streams = []
    accounts: dict[str, dict[str, Paid]] = {}
    for stream, rows in contributions.items():
        if stream not in before.streams and stream not in after.streams:
            raise PolicyError(
                "the contributions name a stream that is not there", expected=", ".join(after.streams), found=stream
            )
        old, new = (stream_payouts(policy, stream, epoch, rows) for policy in (before, after))
        paid_before, paid_after = dict(old.payouts), dict(new.payouts)
        for account in sorted({*paid_before, *paid_after}):
            paid = Paid(paid_before.get(account, 0), paid_after.get(account, 0))
            accounts.setdefault(account, {})[stream] = paid
        unpaid = Paid(old.residual, new.residual)
        pool = Paid(sum(paid_before.values()), sum(paid_after.values())) + unpaid
        streams.append(StreamImpact(stream=stream, pool=pool, unpaid=unpaid))
    return Impact(
        epoch=epoch,
        streams=tuple(streams),
        accounts=tuple(AccountImpact(account=account, streams=paid) for account, paid in sorted(accounts.items())),
    )
