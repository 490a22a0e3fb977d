"""`dao token`: votes for a token that the DAO had already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, sending

if TYPE_CHECKING:
    from dao.lifecycle.session import Session
    from dao.lifecycle.token import Wrapped

_AMOUNT = click.argument("amount")


@click.group("token", epilog='Examples: dao token deposit "100 RENDER" --from 0x7099…; dao token withdraw "5 RENDER"')
def command() -> None:
    """Deposit a wrapped token for votes, and withdraw it."""


@command.command("deposit", epilog='Example: dao token deposit "100 RENDER" --from 0x7099…')
@_AMOUNT
@sending
def deposit(options: Options, *, amount: str) -> None:
    """Deposit AMOUNT of the wrapped token, such as "100 RENDER", for as many votes.

    Where the wrapper may not take it yet, a first transaction approves of exactly this amount. The votes count once
    they are delegated.
    """
    from dao.lifecycle import token

    session = options.session()
    _show(options, session, token.deposit(session, _amount(session, amount), confirm=options.confirm(session)))


@command.command("withdraw", epilog='Example: dao token withdraw "100 RENDER" --from 0x7099…')
@_AMOUNT
@sending
def withdraw(options: Options, *, amount: str) -> None:
    """Withdraw AMOUNT, such as "100 RENDER", and give its votes up."""
    from dao.lifecycle import token

    session = options.session()
    _show(options, session, token.withdraw(session, _amount(session, amount), confirm=options.confirm(session)))


def _amount(session: Session, text: str) -> int:
    from dao.document.quantities import parse_amount

    return parse_amount(text, symbol=session.deployment.symbol, decimals=session.deployment.decimals)


def _show(options: Options, session: Session, wrapped: Wrapped) -> None:
    from dao.render.console import show, show_json
    from dao.render.voter import wrapped_json, wrapped_view

    if options.json:
        show_json(wrapped_json(wrapped))
    else:
        show(wrapped_view(wrapped, session.deployment))
