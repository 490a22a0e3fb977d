"""`dao account`: the keys that sign."""

from __future__ import annotations

from pathlib import Path

import click

from dao.commands.options import Options, local, password, secret_in

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_NAME = click.argument("name")
_PASSWORD_FILE = click.option(
    "--password-file",
    "password_path",
    type=_FILE,
    help="File with the keystore's password; asked for if not given.",
)


@click.group("account", epilog="Example: dao account new alice")
def command() -> None:
    """Make, import, list and show accounts: keystores of our own, of Brownie and of Foundry.

    Keys and passwords are typed hidden or read from files, never given as arguments.
    """


@command.command("list", epilog="Example: dao account list --json")
@local
def list_command(options: Options) -> None:
    """List every account, and where its keystore lies."""
    from dao.commands.settings import known_stores
    from dao.lifecycle.stores import entries
    from dao.render.accounts import entries_json, entries_table
    from dao.render.console import show, show_json

    found = entries(known_stores())
    if options.json:
        show_json(entries_json(found))
    elif found:
        show(entries_table(found))
    else:
        show("there is no account; make one with `dao account new NAME`")


@command.command("new", epilog="Example: dao account new alice --password-file secret.txt")
@_NAME
@_PASSWORD_FILE
@local
def new(options: Options, *, name: str, password_path: Path | None) -> None:
    """Make a new key and keep it as NAME, encrypted with a password.

    The keystore is the only copy: keep one elsewhere, and the password with neither.
    """
    from dao.chain.keystore import new_key

    _write(options, name, new_key(), password_path)


@command.command(
    "import",
    epilog="Examples: dao account import alice; dao account import alice --keystore wallet.json",
)
@_NAME
@click.option("--key-file", type=_FILE, help="File with the private key in hexadecimal; asked for if not given.")
@click.option("--keystore", "wallet", type=_FILE, help="Keystore of another tool.")
@click.option("--keystore-password-file", "wallet_password", type=_FILE, help="File with the password of --keystore.")
@_PASSWORD_FILE
@local
def import_command(
    options: Options,
    *,
    name: str,
    key_file: Path | None,
    wallet: Path | None,
    wallet_password: Path | None,
    password_path: Path | None,
) -> None:
    """Keep an existing key as NAME, encrypted with a new password.

    Keystores of Brownie and Foundry need not be imported: they are used where they are.
    """
    if key_file is not None and wallet is not None:
        raise click.UsageError("expected either --key-file or --keystore")
    from dao.chain.keystore import open_keystore, parse_key

    if wallet is not None:
        old = password(wallet_password, f"Password of {wallet.name}", asking=not options.json)
        key = bytes(open_keystore(wallet, old).key)
    else:
        text = secret_in(key_file) if key_file else password(None, "Private key", asking=not options.json)
        key = parse_key(text)
    _write(options, name, key, password_path)


@command.command("show", epilog="Example: dao account show alice")
@_NAME
@click.option("--open", "opened", is_flag=True, help="Open the keystore and compare its key with its address.")
@_PASSWORD_FILE
@local
def show_command(options: Options, *, name: str, opened: bool, password_path: Path | None) -> None:
    """Show the account NAME: its address, its keystore and how that is protected. Never its key."""
    from dao.abi import checksum
    from dao.chain.keystore import open_keystore
    from dao.commands.settings import known_stores
    from dao.lifecycle.stores import find
    from dao.render.accounts import entry_json, entry_view
    from dao.render.console import show, show_json

    entry = find(known_stores(), name)
    address = None
    if opened or password_path is not None:
        address = checksum(
            open_keystore(entry.path, password(password_path, "Password", asking=not options.json)).address
        )
    if options.json:
        show_json(entry_json(entry, opened=address))
    else:
        show(entry_view(entry, opened=address))


def _write(options: Options, name: str, key: bytes, password_path: Path | None) -> None:
    from dao.chain.keystore import write_keystore
    from dao.commands.settings import known_stores
    from dao.lifecycle.stores import OWN, Entry
    from dao.render.accounts import entry_json, entry_view
    from dao.render.console import show, show_json

    secret = password(password_path, "New password", asking=not options.json, twice=True)
    folder = next(store.folder for store in known_stores() if store.name == OWN)
    keystore = write_keystore(folder, name, key, secret)
    entry = Entry(store=OWN, name=name, path=keystore.path, keystore=keystore)
    if options.json:
        show_json(entry_json(entry))
    else:
        show(entry_view(entry))
