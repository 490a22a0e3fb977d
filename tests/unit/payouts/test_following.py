"""What is left of payouts beside what voided publications paid."""

from __future__ import annotations

from dao.payouts.following import less_paid
from dao.payouts.values import EpochPayouts, Quarantine, StreamPayouts

PAID, OTHER = (f"0x{number:040x}" for number in (1, 2))


def test_more_was_paid_than_the_pool_holds() -> None:
    """A voided tree paid one account beyond the pool: nothing is left for the others, and none of it is negative."""
    stream = StreamPayouts(
        stream="data", pool=10, residual=0, accounts=[PAID, OTHER], amounts=[6, 4], classes=(), contributors=2
    )
    epoch = EpochPayouts(
        epoch=3, policy_hash=b"\1" * 32, files=(), quarantine=Quarantine(), streams=(stream,), states={}
    )
    (left,) = less_paid(epoch, {"data": {PAID: 12}}).streams
    assert (left.pool, left.residual, list(left.accounts)) == (0, 0, [])
