"""`dao epoch publish`: reporters sign what an epoch pays, and anybody puts it on chain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, sending
from dao.errors import EpochError

if TYPE_CHECKING:
    from dao.endorsement import Endorsement
    from dao.lifecycle.session import Session

SIGNATURES = Path("signatures")
"""Where reporters' signatures are written to and looked for."""


@click.command(
    "publish",
    epilog="Examples: dao epoch publish --epoch 5 --uri https://example.org/5.parquet --sign --account reporter; "
    "dao epoch publish --epoch 5 --uri https://example.org/5.parquet --account anybody",
)
@click.argument(
    "signatures", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="[FILE]..."
)
@click.option("--epoch", type=click.IntRange(0, 2**32 - 1), required=True, help="The epoch that is paid.")
@click.option(
    "--series", type=click.IntRange(0, 2**32 - 1), default=0, help="Number of a supplementary publication; 0 if not."
)
@click.option(
    "--epochs",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("epochs"),
    show_default=True,
    help="Folder in which `dao epoch compute` wrote the epoch.",
)
@click.option("--uri", required=True, help="Where the contributions can be fetched.")
@click.option("--sign", is_flag=True, help="Sign as a reporter, into a file, and send nothing.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --sign: the file; signatures/<epoch>-<reporter>.json if not given.",
)
@sending
def publish_command(
    options: Options,
    *,
    signatures: tuple[Path, ...],
    epoch: int,
    series: int,
    epochs: Path,
    uri: str,
    sign: bool,
    output: Path | None,
) -> None:
    """Publish what EPOCH pays, one transaction for each stream that pays somebody.

    Each reporter computes the epoch and signs with --sign; anybody then publishes with the reporters' files, which are
    looked for in `signatures/` where no FILE is named. Run it again after an interruption: nothing is published twice.
    """
    from dao.payouts.libraries import require_extra

    require_extra("payouts")
    from dao.lifecycle.epochs.publish import due, publish
    from dao.payouts.names import folder_name
    from dao.render.console import err, show, show_json
    from dao.render.epochs import due_view, published_json, published_view
    from dao.render.progress import progress

    if output is not None and not sign:
        raise click.UsageError("--output goes with --sign")
    session = options.reading_session() if sign else options.session()
    folder = epochs / folder_name(epoch, series)
    with progress(hidden=options.json) as told:
        told("checking the epoch's files", 0, 1)
        summary, dues = due(session, folder, uri=uri)
    if sign:
        signer = options.message_signer()
        if not options.json:
            err().print(due_view(summary, dues, session.deployment))
        from dao.lifecycle.epochs.endorse import endorse

        made = endorse(session, signer, to_sign=[each.to_publish for each in dues])
        write_endorsement(options, made, output or SIGNATURES / f"{folder.name}-{made.reporter}.json")
        return
    if not signatures:
        signatures = tuple(sorted(SIGNATURES.glob(f"{folder.name}-0x*.json")))
    session.require_signer()
    published = publish(
        session, dues, found_endorsements(session, signatures, folder.name), confirm=options.confirm(session)
    )
    if options.json:
        show_json(published_json(published))
    else:
        show(published_view(published, session.deployment))


def found_endorsements(session: Session, paths: tuple[Path, ...], name: str) -> tuple[Endorsement, ...]:
    """The endorsements in the files `paths`. Raises EpochError where there is none."""
    from dao.lifecycle.epochs.endorse import read_endorsements

    if not paths:
        raise EpochError(
            "no reporter's signature is here",
            expected=f"files {SIGNATURES / f'{name}-0x….json'}, or named ones",
            found="none",
            remedy="have the reporters run the same command with --sign",
        )
    return read_endorsements(session, paths)


def write_endorsement(options: Options, made: Endorsement, path: Path) -> None:
    """Writes what a reporter signed, and says so."""
    from dao.endorsement import endorsement_text
    from dao.render.console import show, show_json
    from dao.render.output import save
    from dao.render.text import plain

    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, endorsement_text(made))
    if options.json:
        show_json({"file": str(path), "reporter": made.reporter})
    else:
        show(plain(f"wrote {path}"))
