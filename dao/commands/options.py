"""Options that many commands share, and the session that they open."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dao.errors import AccountError, ChainError, DeploymentError, NodeError

if TYPE_CHECKING:
    from dao.chain.accounts import KeySigner, Signer
    from dao.chain.connection import Connection
    from dao.chain.outbox import Attempt
    from dao.chain.remote import RemoteSigner
    from dao.chain.transport import Patience
    from dao.chain.typed import TypedSigner
    from dao.document.settings import Settings
    from dao.lifecycle.outgoing import Confirm, Outgoing
    from dao.lifecycle.session import Session
    from dao.types import Address

F = TypeVar("F", bound=Callable[..., Any])

HOME = Path(".dao")
"""Where a checkout keeps what belongs to this machine: the local node's record and chain."""

_LONGEST_SECRET = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the shared options said."""

    rpc: str | None
    deployment: Path | None
    config: Path | None = None
    settings: Settings | None = None
    chain_id: int | None = None
    timeout: int | None = None
    attempts: int | None = None
    sender: str | None = None
    account: str | None = None
    keystore: Path | None = None
    signer_url: str | None = None
    password_file: Path | None = None
    unsigned: Path | None = None
    yes: bool = False
    json: bool = False

    def url(self) -> str:
        """The node of --rpc; else the local node that was started here; else the usual local address."""
        from dao.chain import node

        if self.rpc is not None:
            return self.rpc
        local = node.status(HOME / "node")
        return local.url if local and local.running else f"http://{node.HOST}:{node.DEFAULT_PORT}"

    def patience(self) -> Patience:
        """How long to wait for the node, and how often to ask it."""
        from dao.chain.transport import Patience

        built_in = Patience()
        return Patience(timeout=self.timeout or built_in.timeout, attempts=self.attempts or built_in.attempts)

    def connect(self) -> Connection:
        """The node, which must be on the chain of --chain-id where one is named."""
        from dao.chain.connection import Connection

        return Connection.open(self.url(), expected_chain_id=self.chain_id, patience=self.patience())

    def deployment_path(self, chain_id: int) -> Path:
        """The deployment file of --deployment; else the one of this chain below `deployments/`."""
        return self.deployment or Path("deployments") / f"{chain_id}.json"

    def signer(self, connection: Connection) -> Signer | None:
        """Who signs: a keystore, another signer, or an account that the node manages; None where nobody is named."""
        from dao.chain import accounts

        if self.unsigned is not None:
            return accounts.NoSigner(self.own_address())
        if self.signer_url is not None:
            return self._remote()
        path = self.key_file()
        if path is not None:
            return self._key_signer(path)
        if self.sender is not None:
            return accounts.node_signer(connection, address(self.sender))
        return None

    def typed_signer(self) -> TypedSigner:
        """Who signs without a node: a keystore or another signer. Raises AccountError where nobody is named."""
        if self.signer_url is not None:
            return self._remote()
        path = self.key_file()
        if path is None:
            raise AccountError(
                "nobody signs", expected="an account", remedy="give --account NAME, --keystore FILE or --signer URL"
            )
        return self._key_signer(path)

    def message_signer(self) -> TypedSigner:
        """Who signs a message beside a node: a keystore, another signer, or an account that the node manages."""
        from dao.chain.remote import remote_signer

        if self.sender is not None and self.signer_url is None and self.key_file() is None:
            return remote_signer(self.url(), account=address(self.sender))
        return self.typed_signer()

    def key_file(self) -> Path | None:
        """The keystore of --keystore or --account; None without either."""
        if self.account is not None and self.keystore is not None:
            raise click.UsageError("expected either --account or --keystore")
        if self.account is None:
            return self.keystore
        from dao.commands.settings import known_stores
        from dao.lifecycle.stores import find

        return find(known_stores(), self.account).path

    def own_address(self) -> Address:
        """The address of whoever signs, without a password. Raises AccountError where it is not said."""
        from dao.chain.accounts import keystore_address

        if self.sender is not None:
            return address(self.sender)
        if self.signer_url is not None:
            return self._remote().address
        path = self.key_file()
        claimed = keystore_address(path) if path is not None else None
        if claimed is None:
            raise AccountError(
                "whose account is meant is not said" if path is None else f"{path} does not say its address",
                expected="an address",
                remedy="give --from ADDRESS" if path is not None else "give --account NAME or --from ADDRESS",
            )
        return claimed

    def subject(self) -> Address:
        """The account that is asked about: the address that --account is, or the one of whom it names.

        Raises AccountError where nobody is named, or who is named cannot be found.
        """
        from dao.types import is_hex_address

        if self.account is not None and is_hex_address(self.account):
            return address(self.account)
        return self.own_address()

    def known_address(self) -> Address | None:
        """The same for a command that can do without: None where nobody is named, or only a signer that is away.

        Raises AccountError where who is named cannot be found.
        """
        if self.sender is None and self.account is None and self.keystore is None:
            if self.signer_url is None:
                return None
            try:
                return self._remote().address
            except ChainError:
                return None
        return self.own_address()

    def session(self) -> Session:
        """The deployment on its chain, with a signer where one is named."""
        from dao.chain.outbox import Outbox, outbox_path

        session = self.reading_session()
        signer = self.signer(session.connection)
        if signer is None:
            return session
        outbox = Outbox(outbox_path(self.deployment_path(session.connection.chain_id)), tell=self._tell)
        return replace(session, signer=signer, outbox=outbox, unsigned=self.unsigned)

    def reading_session(self) -> Session:
        """The deployment on its chain, without a signer."""
        from dao.lifecycle.session import Session

        connection = self.connect()
        return Session.open(connection, self.deployment_path(connection.chain_id))

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

    def _key_signer(self, path: Path) -> KeySigner:
        from dao.chain import accounts

        expected = accounts.keystore_address(path)
        if self.sender is not None and expected is not None and address(self.sender) != expected:
            raise AccountError("--from and the keystore name different accounts", expected=self.sender, found=expected)
        return accounts.keystore_signer(path, self._password())

    def _remote(self) -> RemoteSigner:
        from dao.chain.remote import remote_signer

        assert self.signer_url is not None  # noqa: S101  # for the type checker; both callers have asked
        return remote_signer(self.signer_url, account=address(self.sender) if self.sender else None)

    def _tell(self, attempt: Attempt) -> None:
        from dao.render.console import err

        if not self.json:
            found = f"an earlier run sent this already (nonce {attempt.nonce} of {attempt.sender})"
            err().print(f"{found}; nothing more is sent")

    def _password(self) -> str:
        return password(self.password_file, "Password", asking=not self.json)


def password(file: Path | None, prompt: str, *, asking: bool = True, twice: bool = False) -> str:
    """The first line of `file`; else what is typed, hidden. Raises AccountError when the file cannot be read."""
    if file is None:
        if not asking or not sys.stdin.isatty():
            raise click.UsageError("nobody is here to type the keystore's password: give --password-file FILE")
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))
    return secret_in(file)


def secret_in(file: Path) -> str:
    """What a file with a secret holds, without the line end. Raises AccountError when it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(_LONGEST_SECRET).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise AccountError(f"{file} cannot be read", found=type(error).__name__) from None


def confirmation(options: Options, symbol: str, decimals: int) -> Confirm:
    """See `Options.confirm`; for a token known by `symbol` and `decimals`."""

    def confirm(outgoing: Outgoing) -> None:
        from dao.render.console import err
        from dao.render.outgoing import outgoing_view

        if not options.json:
            err().print(outgoing_view(outgoing, symbol=symbol, decimals=decimals))
        if not options.yes and options.unsigned is None:
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


def owning(function: F) -> F:
    """The options of a command that reads the chain about an account. Its first parameter is `options: Options`."""
    return _bundle(function, _CHAIN + _ACCOUNT)


def asking(function: F) -> F:
    """The same where --account may be an address as well. Its first parameter is `options: Options`."""
    return _bundle(function, _CHAIN + _SUBJECT)


def offline(function: F) -> F:
    """The options of a command about an account that needs no chain. Its first parameter is `options: Options`."""
    return _bundle(function, [_DEPLOYMENT, *_SUBJECT, _CONFIG, _JSON])


def sending(function: F) -> F:
    """The options of a command that sends a transaction. Its first parameter is `options: Options`."""
    return _bundle(function, _CHAIN + _ACCOUNT + _SENDING)


def signing(function: F) -> F:
    """The options of a command that signs and needs no chain. Its first parameter is `options: Options`."""
    return _bundle(function, [_CHAIN_ID, *_ACCOUNT, _PASSWORD_FILE, _CONFIG, _JSON])


def local(function: F) -> F:
    """The options of a command that needs no chain. Its first parameter is `options: Options`."""
    return _bundle(function, [_JSON])


_JSON = click.option("--json", "json", is_flag=True, help="Print the result as JSON.")
_CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="DAO_CONFIG",
    help="File with settings; dao.yaml in this folder if not given.  [env: DAO_CONFIG]",
)
_CHAIN_ID_VALUE: dict[str, Any] = {"type": click.IntRange(1), "envvar": "DAO_CHAIN_ID"}
_CHAIN_ID = click.option("--chain-id", **_CHAIN_ID_VALUE, help="The chain that the ballot is for.  [env: DAO_CHAIN_ID]")
_DEPLOYMENT = click.option(
    "--deployment",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="DAO_DEPLOYMENT",
    help="Deployment file; deployments/<chain id>.json if not given.  [env: DAO_DEPLOYMENT]",
)
_CHAIN = [
    click.option("--rpc", metavar="URL", envvar="DAO_RPC", help="JSON-RPC address of the node.  [env: DAO_RPC]"),
    _DEPLOYMENT,
    click.option("--chain-id", **_CHAIN_ID_VALUE, help="Refuse a node of another chain.  [env: DAO_CHAIN_ID]"),
    click.option(
        "--timeout",
        type=click.IntRange(1, 3_600),
        envvar="DAO_TIMEOUT",
        help="Seconds to wait for an answer of the node; 30 if not given.  [env: DAO_TIMEOUT]",
    ),
    click.option(
        "--attempts",
        type=click.IntRange(1, 20),
        envvar="DAO_ATTEMPTS",
        help="How often to ask a node that is busy or slow; 5 if not given.  [env: DAO_ATTEMPTS]",
    ),
    _CONFIG,
    _JSON,
]
_ACCOUNT = [
    click.option(
        "--account",
        metavar="NAME",
        envvar="DAO_ACCOUNT",
        help="Account of `dao account list`.  [env: DAO_ACCOUNT]",
    ),
    click.option(
        "--from",
        "sender",
        metavar="ADDRESS",
        envvar="DAO_FROM",
        help="Account that the node or --signer signs for.  [env: DAO_FROM]",
    ),
    click.option(
        "--keystore",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        envvar="DAO_KEYSTORE",
        help="Keystore file.  [env: DAO_KEYSTORE]",
    ),
    click.option(
        "--signer",
        "signer_url",
        metavar="URL",
        envvar="DAO_SIGNER",
        help="JSON-RPC address of a signer, such as clef or Frame.  [env: DAO_SIGNER]",
    ),
]
_SUBJECT = [
    click.option(
        "--account",
        metavar="ADDRESS|NAME",
        envvar="DAO_ACCOUNT",
        help="Whose: an address, or an account of `dao account list`.  [env: DAO_ACCOUNT]",
    ),
    *_ACCOUNT[1:],
]
_PASSWORD_FILE = click.option(
    "--password-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="DAO_PASSWORD_FILE",
    help="File with the keystore's password; asked for if not given.  [env: DAO_PASSWORD_FILE]",
)
_SENDING = [
    _PASSWORD_FILE,
    click.option(
        "--unsigned",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the transactions to this file for the multisig --from, in Safe's format, instead of sending.",
    ),
    click.option("--yes", "-y", is_flag=True, help="Send without asking."),
]


def _bundle(function: F, options: Sequence[Callable[[Any], Any]]) -> F:
    from functools import wraps

    # Of these options alone: a command may have a parameter of its own by the name of one that it does not take.
    names = {parameter.name for option in options for parameter in option(lambda: None).__click_params__}

    @wraps(function)
    def wrapper(**values: Any) -> Any:
        shared = {name: values.pop(name) for name in list(values) if name in names}
        shared.setdefault("rpc", None)
        shared.setdefault("deployment", None)
        if "config" in shared:
            from dao.commands.settings import merged

            shared = merged(click.get_current_context(), shared)
            if values.get("proposer", "") is None:
                values["proposer"] = shared["settings"].address
        return function(Options(**shared), **values)

    decorated: Any = wrapper
    for option in reversed(options):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]
