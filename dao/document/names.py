"""How documents call accounts: the contracts of their deployment by name, everybody else by address."""

from __future__ import annotations

from dao.document.forms import CONTRACT_NAMES
from dao.types import Address, Addresses


def address_of(account: str, addresses: Addresses) -> Address:
    """The address of `account`, which is one of CONTRACT_NAMES or an address."""
    if account == "treasury":
        return addresses.timelock
    if account in CONTRACT_NAMES:
        return Address(getattr(addresses, account))
    return Address(account)


def account_of(address: str, addresses: Addresses) -> str:
    """`address` as a document writes it: by its name if it is a contract of the deployment."""
    return next((name for name in CONTRACT_NAMES if address_of(name, addresses) == address), address)
