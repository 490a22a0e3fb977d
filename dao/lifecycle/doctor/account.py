"""Symptoms of who signs: the key and who may read it, the signer, ether, voting power and its delegation."""

from __future__ import annotations

import stat
from collections.abc import Generator, Iterator
from pathlib import Path

from dao.chain.accounts import node_signer
from dao.chain.connection import Connection
from dao.chain.keystore import read_keystore
from dao.chain.remote import remote_signer
from dao.chain.transport import shown_url
from dao.errors import ChainError, DaoError
from dao.lifecycle.doctor.symptom import Setup, Symptom, failure, good, refused, skipped, warning
from dao.lifecycle.power import Cause, power
from dao.lifecycle.session import Session
from dao.types import Address

_OTHERS = 0o077


def examine(setup: Setup, connection: Connection | None, session: Session | None) -> Iterator[Symptom]:
    """The symptoms."""
    address = yield from _who(setup, connection)
    if setup.password_file is not None:
        yield _password_file(setup.password_file)
    if address is None or connection is None:
        yield skipped("ether", "who signs is not known" if address is None else "there is no node to ask")
    else:
        yield _ether(connection, address)
    if address is None or session is None:
        yield skipped("power", "who signs is not known" if address is None else "there is no deployment to ask")
    else:
        yield _power(session, address)


def _who(setup: Setup, connection: Connection | None) -> Generator[Symptom, None, Address | None]:
    """Where the key is; returns whose it is, None where that is not known."""
    if setup.signer is not None:
        try:
            # A list of accounts needs no person to approve it.
            signer = remote_signer(setup.signer, account=setup.account, patience=setup.patience)
        except DaoError as error:
            yield refused("signer", error, "start the signer, and check --signer")
            return setup.account
        yield good("signer", f"{shown_url(setup.signer)} signs for {signer.address}")
        return signer.address
    if setup.keystore is not None:
        return (yield from _keystore(setup.keystore, setup.account))
    if setup.account is None:
        yield warning(
            "account",
            "nobody signs; reading needs nobody",
            "name one with --account, --from or `account:` in dao.yaml, or make one with `dao account new NAME`",
        )
        return None
    if connection is None:
        yield skipped("account", "there is no node to ask whether it signs")
        return setup.account
    try:
        node_signer(connection, setup.account)
    except DaoError as error:
        yield refused("account", error, "give a keystore with --account or --keystore")
        return setup.account
    yield good("account", f"the node signs for {setup.account}")
    return setup.account


def _keystore(path: Path, account: Address | None) -> Generator[Symptom, None, Address | None]:
    try:
        keystore = read_keystore(path)
    except DaoError as error:
        yield refused("keystore", error, "name another file")
        return account
    address = keystore.address or account
    if account is not None and keystore.address not in (None, account):
        yield failure(
            "keystore",
            f"{path} holds {keystore.address}, and --from names {account}",
            "leave --from out, or name the other keystore",
        )
    elif keystore.open_to_others:
        yield warning("keystore", f"{path} has mode {keystore.mode:04o}: others can read it", f"chmod 600 {path}")
    else:
        yield good("keystore", f"{path}, mode {keystore.mode:04o}, {address or 'which does not say its address'}")
    return address


def _password_file(path: Path) -> Symptom:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        return failure("password file", f"{path} cannot be read: {error.strerror}", "name another, or none")
    if mode & _OTHERS:
        return warning("password file", f"{path} has mode {mode:04o}: others can read it", f"chmod 600 {path}")
    return good("password file", f"{path}, mode {mode:04o}")


def _ether(connection: Connection, address: Address) -> Symptom:
    try:
        balance = connection.balance(address)
    except ChainError as error:
        return refused("ether", error, "take another node (--rpc)")
    if balance == 0:
        return warning("ether", f"{address} has no ether to pay for gas", "send some to it")
    return good("ether", f"{address} can pay for gas")


def _power(session: Session, address: Address) -> Symptom:
    try:
        own = power(session, address)
    except DaoError as error:
        return refused("power", error, "take another node (--rpc)")
    if own.cause is Cause.NEVER_DELEGATED:
        return warning("power", f"{address} {own.cause.value.removeprefix('it ')}", "run `dao delegate self`")
    if own.cause is Cause.DELEGATED_AWAY:
        return warning(
            "power", f"the tokens of {address} vote through {own.delegate}", "run `dao delegate self` to vote yourself"
        )
    if own.votes == 0:
        return warning(
            "power",
            f"{address} has no voting power: {own.cause.value}",
            "get tokens and run `dao delegate self`, or have somebody delegate to it",
        )
    return good("power", f"{address} has voting power")
