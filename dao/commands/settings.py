"""What a command was told, put together: option over variable over `dao.yaml` over what is built in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from dao.document.settings import Settings
    from dao.lifecycle.stores import Store

_IDENTITY = ("account", "keystore", "sender", "signer_url")
"""The options that say who signs: the nearest source that has one of them decides alone."""

_RANK = {ParameterSource.COMMANDLINE: 2, ParameterSource.ENVIRONMENT: 1}


def merged(context: click.Context, values: dict[str, Any]) -> dict[str, Any]:
    """`values` of the shared options, completed from `dao.yaml` where option and variable say nothing.

    Raises DocumentError when that file is not what it must be.
    """
    from dao.document.settings import FILE, Settings, load_settings

    config = values.get("config")
    settings = load_settings(config or FILE) if config is not None or FILE.is_file() else Settings()
    found = {**values, "settings": settings}
    for name in ("rpc", "chain_id", "deployment", "timeout", "attempts"):
        if name in values and values[name] is None:
            found[name] = getattr(settings, name)
    found.update(_identity(context, values, settings))
    return found


def _identity(context: click.Context, values: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Who signs. An address alone leaves the signer of a farther source in place; a password file goes with its key."""
    if "sender" not in values:
        return {}

    def rank(name: str) -> int:
        source = context.get_parameter_source(name) if values.get(name) is not None else None
        return _RANK.get(source, 0) if source is not None else 0

    nearest = max(rank(name) for name in _IDENTITY)
    if nearest:
        named = {name: values[name] if rank(name) == nearest else None for name in _IDENTITY}
        if [name for name in _IDENTITY if named[name] is not None] == ["sender"]:
            farther = settings.signer if rank("signer_url") == 0 else values["signer_url"]
            named["signer_url"] = farther
        password = values.get("password_file") if rank("password_file") >= nearest else None
    else:
        named = {
            "account": settings.account,
            "keystore": settings.keystore,
            "sender": settings.address,
            "signer_url": settings.signer,
        }
        password = values.get("password_file") or settings.password_file
    return {**named, "password_file": password}


def known_stores() -> tuple[Store, ...]:
    """The stores of this machine's user."""
    from platformdirs import user_data_path

    from dao.lifecycle.stores import stores

    return stores(own=user_data_path("dao", appauthor=False) / "keystores", home=Path.home())
