"""How documents call accounts: the contracts of their deployment by name, everybody else by address."""

from __future__ import annotations

from dao.document.forms import CONTRACT_NAMES
from dao.errors import DeploymentError
from dao.types import Address, Addresses


def address_of(account: str, addresses: Addresses) -> Address:
    """The address of `account`, which is one of CONTRACT_NAMES or an address.

    Raises DeploymentError for the distributor of a deployment that has none.
    """
    if account == "treasury":
        return addresses.timelock
    if account == "distributor" and addresses.distributor is None:
        raise DeploymentError(
            "this deployment has no distributor",
            expected="a section distributor in the deployment file",
            found="none",
            remedy="name another account",
        )
    if account in CONTRACT_NAMES:
        return Address(getattr(addresses, account))
    return Address(account)


def account_of(address: str, addresses: Addresses) -> str:
    """`address` as a document writes it: by its name if it is a contract of the deployment."""
    names = (name for name in CONTRACT_NAMES if name != "distributor" or addresses.distributor is not None)
    return next((name for name in names if address_of(name, addresses) == address), address)
