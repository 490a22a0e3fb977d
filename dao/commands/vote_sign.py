"""`dao vote request` and `dao vote sign`: a ballot that is signed without a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dao.commands.options import Options, address, owning, signing

if TYPE_CHECKING:
    from dao.ballot.document import Ballot, Request
    from dao.lifecycle.ballots.sign import Draft

_OUTPUT = click.Path(path_type=Path, dir_okay=False)
_INPUT = click.Path(path_type=Path, exists=True, dir_okay=False)
_MAX_SIGNATURE_TEXT = 128 * 1024


@click.command("request", epilog="Example: dao vote request latest --account alice --output request.json")
@click.argument("proposal")
@click.option("--voter", metavar="ADDRESS", help="Whose ballot is asked for; your own account if not given.")
@click.option("--output", type=_OUTPUT, help="File to write; requests/<proposal>-<voter>.json if not given.")
@owning
def request_command(options: Options, *, proposal: str, voter: str | None, output: Path | None) -> None:
    """Write what somebody needs to sign a ballot on PROPOSAL without a network.

    The file carries the proposal, the chain, the governor, the voter's nonce and power, and no secret.
    """
    from dao.ballot.document import file_text
    from dao.lifecycle.ballots.request import request
    from dao.lifecycle.proposals import find
    from dao.render.output import save

    account = address(voter) if voter is not None else options.own_address()
    session = options.reading_session()
    asked = request(session, find(session, proposal), account)
    path = output or _default_path("requests", asked.proposal_id, account)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, file_text(asked))
    _told(options, path, asked)


@dataclass(frozen=True)
class _Named:
    """A request as options name it."""

    proposal_id: str | None
    governor: str | None
    governor_name: str | None
    nonce: str | None
    power: str | None
    contract: str | None


@click.command(
    "sign",
    epilog="Examples: dao vote sign for --request request.json --account alice; "
    "dao vote sign --split for=60%,against=40% --request request.json --keystore key.json",
)
@click.argument("choice", type=click.Choice(["for", "against", "abstain"]), required=False)
@click.option("--split", "split_text", metavar="PARTS", help="Split the weight, such as for=60%,against=40%.")
@click.option("--reason", default="", help="Text to be recorded with the ballot.")
@click.option("--request", "request_path", type=_INPUT, help="File of `dao vote request`.")
@click.option("--proposal-id", metavar="NUMBER", help="Without --request: the proposal's whole id.")
@click.option("--governor", metavar="ADDRESS", help="Without --request: the governor.")
@click.option("--governor-name", metavar="TEXT", help="Without --request: the governor's name, as `name` answers.")
@click.option("--nonce", metavar="NUMBER", help="Without --request: the voter's nonce, for a split or a reason.")
@click.option("--power", metavar="NUMBER", help="Without --request: power in the smallest unit, for a split.")
@click.option("--contract", metavar="ADDRESS", help="Without --request: contract account that votes (ERC-1271).")
@click.option("--output", type=_OUTPUT, help="Ballot file; ballots/<proposal>-<voter>.json if not given.")
@click.option("--typed-data", type=_OUTPUT, help="Write what another wallet is to sign (EIP-712), and sign nothing.")
@click.option("--signature", type=_INPUT, help="File with the signature that another wallet made, in hexadecimal.")
@signing
def sign_command(
    options: Options,
    *,
    choice: str | None,
    split_text: str | None,
    reason: str,
    request_path: Path | None,
    output: Path | None,
    typed_data: Path | None,
    signature: Path | None,
    **named: Any,
) -> None:
    """Sign a ballot without a network, into a file that anybody may send with `dao vote relay`.

    What is signed is shown in words before the password is asked for. With --typed-data and --signature another wallet
    signs, such as a contract account of several owners.
    """
    if (choice is None) == (split_text is None):
        raise click.UsageError("expected either a CHOICE (for, against, abstain) or --split")
    if typed_data is not None and signature is not None:
        raise click.UsageError("expected either --typed-data or --signature")
    from dao.ballot.document import file_text
    from dao.commands.vote import parse_split
    from dao.lifecycle.ballots.sign import draft, sign
    from dao.render.ballots import draft_view, typed_text
    from dao.render.console import err
    from dao.render.output import save
    from dao.types import Support

    asked = _request(options, request_path, _Named(**named))
    ballot = draft(
        asked, Support[choice.upper()] if choice is not None else parse_split(split_text or ""), reason=reason
    )
    if not options.json:
        err().print(draft_view(ballot))
    if typed_data is not None:
        save(typed_data, typed_text(ballot))
        return _told(options, typed_data, ballot)
    signed = sign(ballot, options.typed_signer()) if signature is None else ballot.with_signature(_signature(signature))
    path = output or _default_path("ballots", signed.proposal_id, signed.voter)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, file_text(signed))
    return _told(options, path, signed)


def _request(options: Options, path: Path | None, named: _Named) -> Request:
    """The request in the file, or as options name it. Raises click.UsageError where something is missing or twice."""
    from dao.ballot.document import read_request

    given = [f"--{name.replace('_', '-')}" for name, value in vars(named).items() if value is not None]
    if path is not None:
        if given:
            raise click.UsageError(f"--request says that already: leave out {', '.join(given)}")
        asked = read_request(path)
        _require_chain(options, asked)
        return asked
    if named.proposal_id is None or named.governor is None or named.governor_name is None or options.chain_id is None:
        raise click.UsageError("expected --request FILE, or --proposal-id, --chain-id, --governor and --governor-name")
    voter = address(named.contract) if named.contract is not None else options.own_address()
    return _made(options.chain_id, voter, named)


def _made(chain_id: int, voter: str, named: _Named) -> Request:
    from dao.ballot.document import make_request

    return make_request(
        {
            "chain_id": chain_id,
            "governor": address(named.governor or ""),
            "governor_name": named.governor_name,
            "proposal_id": named.proposal_id,
            "voter": voter,
            "contract": named.contract is not None,
            "nonce": named.nonce,
            "power": named.power,
        }
    )


def _require_chain(options: Options, asked: Request) -> None:
    from dao.errors import WrongChain

    if options.chain_id is not None and options.chain_id != asked.chain_id:
        raise WrongChain(
            "the request is for another chain", expected=f"chain {options.chain_id}", found=f"chain {asked.chain_id}"
        )


def _signature(path: Path) -> bytes:
    """The bytes that a file holds in hexadecimal. Raises AccountError when it holds anything else."""
    from dao.errors import AccountError

    try:
        with path.open("rb") as file:
            return bytes.fromhex(file.read(_MAX_SIGNATURE_TEXT).decode("ascii").strip().removeprefix("0x"))
    except (OSError, ValueError) as error:
        raise AccountError(
            f"{path} holds no signature", expected="hexadecimal digits", found=type(error).__name__
        ) from None


def _default_path(folder: str, proposal_id: int, voter: str) -> Path:
    return Path(folder) / f"{str(proposal_id)[:12]}-{voter}.json"


def _told(options: Options, path: Path, written: Ballot | Draft | Request) -> None:
    from dao.render.ballots import written_json
    from dao.render.console import show, show_json
    from dao.render.text import plain

    if options.json:
        show_json(written_json(path, written))
    else:
        show(plain(f"wrote {path}"))
