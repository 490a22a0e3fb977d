"""`dao epoch dispute`, `answer`, `void` and `lapse`: what happens to a publication before and after its claims."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dao.commands.epoch_publish import SIGNATURES, found_endorsements, write_endorsement
from dao.commands.options import Options, address, sending

if TYPE_CHECKING:
    from dao.chain.distributor import Series
    from dao.chain.transaction import Receipt
    from dao.lifecycle.session import Session
    from dao.types import Address


def of_series(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name one series: --epoch, --stream and --series."""
    for option in (
        click.option(
            "--series",
            type=click.IntRange(0, 2**32 - 1),
            default=0,
            help="Number of a supplementary publication; 0 if not.",
        ),
        click.option("--stream", required=True, metavar="PATH", help="The leaf stream, such as compute/jobs."),
        click.option("--epoch", type=click.IntRange(0, 2**32 - 1), required=True, help="The epoch that is paid."),
    ):
        function = option(function)
    return function


@click.command("dispute", epilog='Example: dao epoch dispute --epoch 5 --stream compute/jobs --reason "node 7 missing"')
@of_series
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is put on chain.")
@sending
def dispute_command(options: Options, *, epoch: int, stream: str, series: int, reason: str) -> None:
    """Dispute a publication in its challenge window: its claims are held until it is answered or the hold ends."""
    from dao.lifecycle.epochs.disputes import dispute

    session, wanted = _signed_session(options), _series(stream, epoch, series)
    _told(options, session, wanted, dispute(session, wanted, reason, confirm=options.confirm(session)))


@click.command(
    "answer",
    epilog="Example: dao epoch answer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --epoch 5 --stream compute/jobs "
    '--text "it was offline" --sign --account reporter',
)
@click.argument("disputer")
@click.argument(
    "signatures", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="[FILE]..."
)
@of_series
@click.option("--text", required=True, metavar="TEXT", help="The answer; it is put on chain.")
@click.option("--sign", is_flag=True, help="Sign as a reporter, into a file, and send nothing.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="With --sign: the file.")
@sending
def answer_command(
    options: Options,
    *,
    disputer: str,
    signatures: tuple[Path, ...],
    epoch: int,
    stream: str,
    series: int,
    text: str,
    sign: bool,
    output: Path | None,
) -> None:
    """Answer the dispute of DISPUTER with the signatures of enough reporters.

    Each reporter signs with --sign; anybody then sends it with their files, which are looked for in `signatures/` where
    no FILE is named.
    """
    from dao.lifecycle.epochs.disputes import answer, to_answer
    from dao.lifecycle.epochs.endorse import endorse

    if output is not None and not sign:
        raise click.UsageError("--output goes with --sign")
    account, wanted = address(disputer), _series(stream, epoch, series)
    session = options.reading_session() if sign else _signed_session(options)
    made = to_answer(session, wanted, account, text)
    name = answer_name(wanted, account)
    if sign:
        signed = endorse(session, options.message_signer(), to_sign=[made])
        write_endorsement(options, signed, output or SIGNATURES / f"{name}-{signed.reporter}.json")
        return
    paths = signatures or tuple(sorted(SIGNATURES.glob(f"{name}-0x*.json")))
    endorsements = found_endorsements(session, paths, name)
    _told(options, session, wanted, answer(session, made, endorsements, confirm=options.confirm(session)))


def answer_name(series: Series, account: Address) -> str:
    """How the files of an answer begin; one account may dispute several streams and series of an epoch."""
    from dao.payouts.names import folder_name
    from dao.rewards.streams import stream_id

    return f"answer-{folder_name(series.epoch, series.series)}-{stream_id(series.stream).hex()[:8]}-{account}"


@click.command("void", epilog='Example: dao epoch void --epoch 5 --stream compute/jobs --reason "wrong contributions"')
@of_series
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is put on chain.")
@sending
def void_command(options: Options, *, epoch: int, stream: str, series: int, reason: str) -> None:
    """Void a publication as the guardian: what was claimed stays paid, and a new one can take its place."""
    from dao.lifecycle.epochs.disputes import void

    session, wanted = _signed_session(options), _series(stream, epoch, series)
    _told(options, session, wanted, void(session, wanted, reason, confirm=options.confirm(session)))


@click.command("lapse", epilog="Example: dao epoch lapse --epoch 5 --stream compute/jobs")
@of_series
@sending
def lapse_command(options: Options, *, epoch: int, stream: str, series: int) -> None:
    """Settle what was not claimed in time: it is never minted, or goes back to the treasury. Anybody may."""
    from dao.lifecycle.epochs.disputes import lapse

    session, wanted = _signed_session(options), _series(stream, epoch, series)
    _told(options, session, wanted, lapse(session, wanted, confirm=options.confirm(session)))


def _signed_session(options: Options) -> Session:
    session = options.session()
    session.require_signer()
    return session


def _series(stream: str, epoch: int, series: int) -> Series:
    from dao.chain.distributor import Series

    return Series(stream, epoch, series)


def _told(options: Options, session: Session, wanted: Series, receipt: Receipt) -> None:
    from dao.lifecycle.epochs.published import records
    from dao.lifecycle.policy import read_policy
    from dao.render.console import show, show_json
    from dao.render.epochs import publication_json, publications_table

    told = records(session, read_policy(session))
    found = [each for each in told.publications if each.series == wanted][-1]
    if options.json:
        show_json({**publication_json(found), "transaction": "0x" + receipt.hash.hex(), "gas_used": receipt.gas_used})
    else:
        show(publications_table([found], session.deployment))
