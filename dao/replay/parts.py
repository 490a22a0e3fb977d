"""What functions of the replay need of a state, so that they serve every state that has it: ours and others'."""

from __future__ import annotations

from typing import Protocol

from dao.abi import ContractAbi
from dao.events.decode import Place
from dao.replay.ledger import Ledger
from dao.replay.state import Effect, Operation, Roles, TokenState
from dao.types import Address


class Votes(Protocol):
    """A token whose balances can be delegated."""

    @property
    def ledger(self) -> Ledger:
        """What was compared."""

    @property
    def token(self) -> TokenState:
        """Balances, delegates and voting power."""

    @property
    def clock(self) -> int:
        """The timepoint of the latest log, as the token counts time."""


class Transaction(Protocol):
    """What timelocks did in one transaction, and what waits for them to do it."""

    @property
    def effects(self) -> list[Effect]:
        """Changes whose call was not seen yet."""

    @property
    def scheduled(self) -> list[Operation]:
        """Operations that were scheduled in it."""

    @property
    def finished(self) -> list[Operation]:
        """Operations that were executed or cancelled in it."""


class Timelocks(Protocol):
    """The operations of timelocks."""

    @property
    def ledger(self) -> Ledger:
        """What was compared."""

    @property
    def operations(self) -> dict[tuple[Address, bytes], Operation]:
        """Every operation by timelock and id."""

    @property
    def min_delays(self) -> dict[Address, int]:
        """Least delay (seconds) of each timelock."""

    @property
    def transaction(self) -> Transaction:
        """The transaction that is applied."""


class Authority(Timelocks, Protocol):
    """What only the holders of roles, or executed operations, may do."""

    @property
    def roles(self) -> Roles:
        """Who holds which role."""

    def abi(self, contract: Address) -> ContractAbi:
        """The ABI of one of the contracts."""

    def constructing(self, contract: Address, place: Place) -> bool:
        """Whether `place` lies in the transaction that created `contract`."""
