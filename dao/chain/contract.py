"""A shipped contract at an address: its views, each at a block of the caller's choice."""

from __future__ import annotations

from typing import Any

from dao import artifacts
from dao.chain.connection import BlockRef, Connection, View
from dao.types import Address


class Contract:
    """A shipped contract at an address."""

    artifact = ""

    def __init__(self, connection: Connection, address: Address) -> None:
        self.connection = connection
        self.address = address

    def view(self, function: str, *arguments: Any) -> View:
        """The call of `function` (a name or full signature), to be asked alone or in a batch."""
        return View(self.address, artifacts.load(self.artifact).abi.function(function), arguments)

    def ask(self, function: str, *arguments: Any, block: BlockRef = "latest") -> Any:
        """What `function` returns at `block`: the value itself where it returns one, else a tuple."""
        values = self.connection.views([self.view(function, *arguments)], block=block)[0]
        return values[0] if len(values) == 1 else values

    def calldata(self, function: str, *arguments: Any) -> bytes:
        """Selector and arguments of `function`."""
        return artifacts.load(self.artifact).abi.function(function).encode_call(*arguments)
