"""Puts what belongs together into as few transactions as the gas of one transaction allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from dao.chain import transaction
from dao.chain.transaction import GAS_LIMIT_CAP
from dao.errors import CallReverted, RpcError
from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.session import Session
from dao.lifecycle.wording import reverts_in_units

MAX_DATA = 96 * 1024
"""The most calldata of one transaction, in bytes: nodes pass on no more than 128 KiB."""

FIRST_GUESS = 350
_ESTIMATES = 10

Entry = TypeVar("Entry")

Make = Callable[[Sequence[Entry]], Outgoing]
"""Makes the transaction that carries some entries."""

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is."""


@dataclass(frozen=True, kw_only=True)
class Packed(Generic[Entry]):
    """A transaction to be sent: the call, what is in it, its gas as estimated and its gas limit."""

    outgoing: Outgoing
    entries: tuple[Entry, ...]
    gas: int
    gas_limit: int


@dataclass(frozen=True, kw_only=True)
class Refused(Generic[Entry]):
    """What no transaction can carry, and why."""

    entries: tuple[Entry, ...]
    reason: str


class Packer(Generic[Entry]):
    """Fills transactions one after the other."""

    def __init__(
        self, session: Session, total: int, progress: Progress, *, spare: int = 0, first_guess: int = FIRST_GUESS
    ) -> None:
        """Takes who pays, how many entries there are in all, and whom to tell how many are packed.

        Args:
            session: The deployment and the sender.
            total: How many entries there are.
            progress: Told how many of them are packed.
            spare: Gas on top of every limit.
            first_guess: How many entries to try first.
        """
        self.packed: list[Packed[Entry]] = []
        self._session = session
        self._progress = progress
        self._spare, self._first_guess = spare, first_guess
        self._done, self._total = 0, total
        self._most = min(GAS_LIMIT_CAP, session.connection.gas_limit())
        # A little less than may be used, because what happens until it is mined can cost more.
        self._limit = self._most * 95 // 100

    def pack(
        self, entries: Sequence[Entry], make: Make[Entry], strict: Make[Entry] | None = None
    ) -> list[Refused[Entry]]:
        """Divides `entries` into transactions that `make` makes; those of which none can be made.

        Gas is estimated of what `strict` makes, where the transaction itself would succeed without some of its entries.
        """
        rest = list(entries)
        failed: list[Refused[Entry]] = []
        while rest:
            fits, gas, reason = self._fit(rest, strict or make)
            taken = rest[: fits or 1]
            if reason is None:
                gas_limit = min(self._most, gas + gas // 5 + self._spare)
                outgoing = replace(make(taken), gas=gas_limit)
                self.packed.append(Packed(outgoing=outgoing, entries=tuple(taken), gas=gas, gas_limit=gas_limit))
            else:
                failed.append(Refused(entries=tuple(taken), reason=reason))
            rest = rest[len(taken) :]
            self._done += len(taken) if reason is None or strict is None else 0
            self._progress(self._done, self._total)
        return failed

    def _fit(self, entries: Sequence[Entry], make: Make[Entry]) -> tuple[int, int, str | None]:
        """How many of the first of `entries` fit, the gas that they need, and why they cannot be sent if so."""
        fits, too_many, gas = 0, len(entries) + 1, 0
        guess = min(len(entries), self._first_guess)
        for _ in range(_ESTIMATES):
            try:
                needed = self._needed(make(entries[:guess]))
            except CallReverted as error:
                return guess, 0, str(error)
            except RpcError as error:
                # A node says so by an error of its own when a block cannot hold as much.
                if "code" not in error.values:
                    raise
                if guess == 1:
                    return 1, 0, str(error)
                too_many, guess = guess, fits + (guess - fits) // 2
            else:
                if needed <= self._limit:
                    fits, gas = guess, needed
                else:
                    too_many = guess
                # As many as would fit if all of them cost the same.
                guess = min(too_many - 1, max(fits + 1, guess * self._limit // needed))
            if too_many - fits <= 1:
                break
        if fits == 0:
            return 0, 0, f"it needs more gas than one transaction may use ({self._limit})"
        return fits, gas, None

    def _needed(self, outgoing: Outgoing) -> int:
        """The gas of a transaction; more than any may use where its data is too long."""
        if len(outgoing.data) > MAX_DATA:
            return max(self._limit + 1, self._limit * len(outgoing.data) // MAX_DATA)
        session = self._session
        with reverts_in_units(session.deployment):
            return transaction.estimate(session.connection, outgoing.sender, outgoing.request)
