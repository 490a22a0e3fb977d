"""Proves what an account is paid, out of the local epoch folders alone, in the form in which a claim takes it."""

from __future__ import annotations

from pathlib import Path

from dao import artifacts
from dao.errors import EpochError
from dao.lifecycle.epochs.local import Local, LocalPayout, Selection, Told, payouts_of, untold
from dao.types import Address

FUNCTION = "claim"


def prove(root: Path, account: Address, selection: Selection, *, told: Told = untold) -> Local:
    """The proofs of the payouts of `account` in the folders of epochs in `root` that are meant.

    Raises EpochError where it has none there, DaoError where what reads the files is not installed.
    """
    local = payouts_of(root, account, selection, told=told)
    if not local.payouts and not local.unreadable:
        epochs = ", ".join(map(str, selection.epochs)) or "any epoch"
        streams = ", ".join(selection.streams) or "any stream"
        raise EpochError(
            "the account is paid nothing there",
            expected=f"a payout in {epochs} of {streams} in {root}",
            found=account,
            remedy="check the address; payouts.csv in an epoch's folder lists everybody who is paid",
        )
    return local


def function() -> str:
    """Canonical signature of the call that takes a proof."""
    return artifacts.load("RewardDistributor").abi.function(FUNCTION).text


def calldata(payout: LocalPayout) -> bytes:
    """The call that claims a payout: selector and arguments."""
    return artifacts.load("RewardDistributor").abi.function(FUNCTION).encode_call(payout.account, payout.claim)
