"""Options that many commands share, and the session that they open."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dao.errors import AccountError, ChainError, DeploymentError, NodeError

if TYPE_CHECKING:
    from dao.chain.accounts import Signer
    from dao.chain.connection import Connection
    from dao.lifecycle.outgoing import Confirm, Outgoing
    from dao.lifecycle.session import Session
    from dao.types import Address

F = TypeVar("F", bound=Callable[..., Any])

HOME = Path(".dao")
"""Where a checkout keeps what belongs to this machine: the local node's record and chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the shared options said."""

    rpc: str | None
    deployment: Path | None
    sender: str | None = None
    keystore: Path | None = None
    password_file: Path | None = None
    yes: bool = False
    json: bool = False

    def connect(self) -> Connection:
        """The node of --rpc; else the local node that was started here; else the usual local address."""
        from dao.chain import node
        from dao.chain.connection import Connection

        url = self.rpc
        if url is None:
            local = node.status(HOME / "node")
            url = local.url if local and local.running else f"http://{node.HOST}:{node.DEFAULT_PORT}"
        return Connection.open(url)

    def deployment_path(self, chain_id: int) -> Path:
        """The deployment file of --deployment; else the one of this chain below `deployments/`."""
        return self.deployment or Path("deployments") / f"{chain_id}.json"

    def signer(self, connection: Connection) -> Signer | None:
        """Who signs: --keystore, or an account that the node manages with --from; None without either."""
        from dao.chain import accounts

        if self.keystore is not None:
            expected = accounts.keystore_address(self.keystore)
            if self.sender is not None and address(self.sender) != expected:
                raise AccountError(
                    "--from and --keystore name different accounts", expected=self.sender, found=expected
                )
            return accounts.keystore_signer(self.keystore, self._password())
        if self.sender is not None:
            return accounts.node_signer(connection, address(self.sender))
        return None

    def session(self) -> Session:
        """The deployment on its chain, with a signer where one is named."""
        from dao.lifecycle.session import Session

        connection = self.connect()
        path = self.deployment_path(connection.chain_id)
        session = Session.open(connection, path)
        signer = self.signer(connection)
        return Session.of(connection, session.deployment, signer=signer) if signer else session

    def session_if_any(self) -> Session | None:
        """The same, or None where neither --rpc nor --deployment names one and none is there."""
        try:
            return self.session()
        except (ChainError, DeploymentError, NodeError):
            if self.rpc is not None or self.deployment is not None:
                raise
            return None

    def confirm(self, session: Session) -> Confirm:
        """Shows a transaction as decoded from its bytes, and asks unless --yes was given."""
        return confirmation(self, session.deployment.symbol, session.deployment.decimals)

    def _password(self) -> str:
        if self.password_file is None:
            if self.json or not sys.stdin.isatty():
                raise click.UsageError("nobody is here to type the keystore's password: give --password-file FILE")
            return str(click.prompt("Password", hide_input=True, err=True))
        try:
            return self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise AccountError(f"{self.password_file} cannot be read", found=type(error).__name__) from None


def confirmation(options: Options, symbol: str, decimals: int) -> Confirm:
    """See `Options.confirm`; for a token known by `symbol` and `decimals`."""

    def confirm(outgoing: Outgoing) -> None:
        from dao.render.console import err
        from dao.render.outgoing import outgoing_view

        if not options.json:
            err().print(outgoing_view(outgoing, symbol=symbol, decimals=decimals))
        if not options.yes:
            if options.json or not sys.stdin.isatty():
                raise click.UsageError("nobody is here to confirm the transaction: add --yes to send it")
            click.confirm("Simulation succeeded. Send it?", abort=True, err=True)

    return confirm


def address(text: str) -> Address:
    """An address argument with its checksum. Raises click.BadParameter when it is none, or the checksum is wrong."""
    from dao.abi import checksum
    from dao.types import is_hex_address

    if not is_hex_address(text):
        raise click.BadParameter(f"expected an address, 0x and 40 hexadecimal digits; found {text!r}")
    proper = checksum(text)
    if text not in (proper, text.lower()):
        raise click.BadParameter(f"the checksum of {text} is wrong; expected {proper}")
    return proper


def reading(function: F) -> F:
    """The options of a command that reads the chain. Its first parameter is `options: Options`."""
    return _bundle(function, _CHAIN)


def sending(function: F) -> F:
    """The options of a command that sends a transaction. Its first parameter is `options: Options`."""
    return _bundle(function, _CHAIN + _SIGNER)


def local(function: F) -> F:
    """The options of a command that needs no chain. Its first parameter is `options: Options`."""
    return _bundle(function, [_JSON])


_JSON = click.option("--json", "json", is_flag=True, help="Print the result as JSON.")
_CHAIN = [
    click.option("--rpc", metavar="URL", envvar="DAO_RPC", help="JSON-RPC address of the node.  [env: DAO_RPC]"),
    click.option(
        "--deployment",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="DAO_DEPLOYMENT",
        help="Deployment file; deployments/<chain id>.json if not given.  [env: DAO_DEPLOYMENT]",
    ),
    _JSON,
]
_SIGNER = [
    click.option(
        "--from",
        "sender",
        metavar="ADDRESS",
        envvar="DAO_FROM",
        help="Account that the node signs for.  [env: DAO_FROM]",
    ),
    click.option(
        "--keystore",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        envvar="DAO_KEYSTORE",
        help="Keystore file to sign with.  [env: DAO_KEYSTORE]",
    ),
    click.option(
        "--password-file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="File with the keystore's password; asked for if not given.",
    ),
    click.option("--yes", "-y", is_flag=True, help="Send without asking."),
]


def _bundle(function: F, options: Sequence[Callable[[Any], Any]]) -> F:
    from functools import wraps

    names = set(Options.__dataclass_fields__)

    @wraps(function)
    def wrapper(**values: Any) -> Any:
        shared = {name: values.pop(name) for name in list(values) if name in names}
        shared.setdefault("rpc", None)
        shared.setdefault("deployment", None)
        return function(Options(**shared), **values)

    decorated: Any = wrapper
    for option in reversed(options):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]
