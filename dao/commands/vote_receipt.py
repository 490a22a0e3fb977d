"""`dao vote receipt`: the proof that a ballot was counted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, address, owning

if TYPE_CHECKING:
    from dao.lifecycle.journal import Deployment


@click.command(
    "receipt",
    epilog="Examples: dao vote receipt latest --account alice --output receipt.json; "
    "dao vote receipt --verify receipt.json",
)
@click.argument("proposal", required=False)
@click.option("--voter", metavar="ADDRESS", help="Whose ballot; your own account's if not given.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; receipts/<proposal>-<voter>.json if not given.",
)
@click.option(
    "--verify",
    "verified",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Check this receipt instead, without a network.",
)
@owning
def receipt_command(
    options: Options, *, proposal: str | None, voter: str | None, output: Path | None, verified: Path | None
) -> None:
    """Write the proof that a ballot on PROPOSAL was counted: its log, the path to its block's receipts, the header.

    With --verify a receipt is checked without a network. What then remains to be known is the block's hash: any node or
    explorer of the chain tells it.
    """
    if (proposal is None) == (verified is None):
        raise click.UsageError("expected either a PROPOSAL or --verify FILE")
    if verified is not None:
        if voter is not None or output is not None:
            raise click.UsageError("--verify stands alone: leave out --voter and --output")
        return _verify(options, verified)
    from dao.ballot.document import file_text
    from dao.lifecycle.ballots.receipt import receipt
    from dao.lifecycle.proposals import find
    from dao.render.ballot_receipts import receipt_json, receipt_view
    from dao.render.console import show, show_json
    from dao.render.output import save

    account = address(voter) if voter is not None else options.own_address()
    session = options.reading_session()
    made = receipt(session, find(session, proposal or ""), account)
    path = output or Path("receipts") / f"{str(made.proposal_id)[:12]}-{account}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, file_text(made))
    if options.json:
        show_json({"file": str(path), **receipt_json(made, session.deployment)})
    else:
        show(receipt_view(made, session.deployment), f"wrote {path}")
    return None


def _verify(options: Options, path: Path) -> None:
    from dao.ballot.receipt import read_receipt
    from dao.lifecycle.ballots.receipt import verify_receipt
    from dao.render.ballot_receipts import receipt_json, receipt_view
    from dao.render.console import show, show_json

    claimed = read_receipt(path)
    verify_receipt(claimed)
    deployment = _deployment(options, claimed.chain_id, claimed.governor)
    if options.json:
        show_json({"file": str(path), **receipt_json(claimed, deployment)})
    else:
        show(receipt_view(claimed, deployment))


def _deployment(options: Options, chain_id: int, governor: str) -> Deployment | None:
    """The deployment file of that governor, where there is one. Raises ProofError when a named one is another's."""
    from dao.errors import ProofError
    from dao.lifecycle.journal import load_complete

    path = options.deployment_path(chain_id)
    if options.deployment is None and not path.is_file():
        return None
    deployment = load_complete(path)
    if (deployment.chain_id, deployment.addresses.governor) == (chain_id, governor):
        return deployment
    if options.deployment is None:
        return None
    raise ProofError(
        "the receipt is of another deployment",
        expected=f"governor {deployment.addresses.governor} on chain {deployment.chain_id}",
        found=f"governor {governor} on chain {chain_id}",
    )
