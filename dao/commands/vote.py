"""`dao vote`: ballots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, sending
from dao.commands.vote_receipt import receipt_command
from dao.commands.vote_relay import relay_command
from dao.commands.vote_sign import request_command, sign_command

if TYPE_CHECKING:
    from dao.lifecycle.vote import Split


@click.group("vote", epilog="Example: dao vote cast latest for")
def command() -> None:
    """Vote for, against, abstain, or split your weight: at once, or signed here and sent by anybody."""


command.add_command(request_command)
command.add_command(sign_command)
command.add_command(relay_command)
command.add_command(receipt_command)


@command.command(
    "cast",
    epilog='Examples: dao vote cast latest for --reason "fair to availability"; '
    "dao vote cast latest --split for=60%,against=40%",
)
@click.argument("proposal")
@click.argument("choice", type=click.Choice(["for", "against", "abstain"]), required=False)
@click.option("--split", "split_text", metavar="PARTS", help="Split the weight, such as for=60%,against=40%.")
@click.option("--reason", default="", help="Text to be recorded with the ballot.")
@sending
def cast_command(options: Options, *, proposal: str, choice: str | None, split_text: str | None, reason: str) -> None:
    """Cast a ballot on PROPOSAL (its id, the beginning of it, or `latest`) with all your weight at its snapshot."""
    if (choice is None) == (split_text is None):
        raise click.UsageError("expected either a CHOICE (for, against, abstain) or --split")
    from dao.lifecycle.proposals import find
    from dao.lifecycle.vote import cast
    from dao.render.console import show, show_json
    from dao.render.voter import vote_json, vote_view
    from dao.types import Support

    ballot = Support[choice.upper()] if choice is not None else parse_split(split_text or "")
    session = options.session()
    session.require_signer()
    result = cast(session, find(session, proposal), ballot, reason=reason, confirm=options.confirm(session))
    if options.json:
        show_json(vote_json(result))
    else:
        show(vote_view(result, session.deployment))


def parse_split(text: str) -> list[Split]:
    """The parts of `for=60%,against=40%`. Raises click.BadParameter for anything else, AmountError for a bad share."""
    from dao.document.quantities import parse_share
    from dao.lifecycle.vote import Split
    from dao.types import Support

    splits = []
    for part in text.split(","):
        option, _, share = part.strip().partition("=")
        if option not in ("for", "against", "abstain"):
            raise click.BadParameter(f"expected such as for=60%,against=40%; found {part!r}", param_hint="--split")
        splits.append(Split(Support[option.upper()], parse_share(share)))
    return splits
