"""`dao proposal`: from a YAML file to an executed decision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands import proposal_check, proposal_watch
from dao.commands.options import Options, owning, reading, sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from dao.lifecycle.advance import Advanced
    from dao.lifecycle.prepare import Prepared
    from dao.lifecycle.verdict import CheckResult

_FOLDER = Path("proposals")
_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
_PROPOSAL = click.argument("proposal")


@click.group("proposal", epilog="Example: dao proposal check proposals/0001-cut-node-job-rewards.yaml")
def command() -> None:
    """Draft, check, submit, watch, queue, execute and verify proposals.

    PROPOSAL is a proposal's id, the beginning of it, or `latest`.
    """


command.add_command(proposal_check.check_command)
command.add_command(proposal_check.simulate_command)
command.add_command(proposal_watch.watch_command)


@command.command("new", epilog='Example: dao proposal new "Pay more for jobs" --stream compute/jobs')
@click.argument("title")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=_FOLDER, show_default=True)
@click.option("--stream", default="root", show_default=True, help="Stream of the example action.")
@click.option("--epoch", type=click.IntRange(0), help="Its first epoch; if not given, one that begins after the vote.")
@click.option("--symbol", help="Symbol of the token; the deployment's if not given.")
@reading
def new(options: Options, *, title: str, folder: Path, stream: str, epoch: int | None, symbol: str | None) -> None:
    """Write the beginning of a proposal file with the next number.

    What the example action names is taken from the deployment, where there is one.
    """
    from dao.lifecycle.draft import draft, example
    from dao.render.console import show, show_json

    named = example(options.session_if_any(), stream=stream, epoch=epoch, symbol=symbol)
    path = draft(folder, title, named)
    if options.json:
        show_json({"file": str(path)})
    else:
        show(f"wrote {path}; fill it in, then run `dao proposal check {path}`")


@command.command("preview", epilog="Example: dao proposal preview proposals/0001-cut-node-job-rewards.yaml --json")
@_FILE
@proposal_check.PROPOSER
@reading
def preview(options: Options, *, file: Path, proposer: str | None) -> None:
    """Show what FILE compiles to, decoded from the bytes that would be sent."""
    from dao.lifecycle.actions import decode
    from dao.render.console import show, show_json
    from dao.render.proposal import prepared_json, prepared_view

    session, prepared = proposal_check.compiled(options, file, proposer)
    actions = decode(session, prepared.calls, prepared.effect.before)
    if options.json:
        show_json(prepared_json(prepared, actions, session.deployment))
    else:
        show(prepared_view(prepared, actions, session.deployment))


@command.command(
    "submit",
    epilog="Example: dao proposal submit proposals/0001-cut-node-job-rewards.yaml "
    "--from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
)
@_FILE
@click.option("--force", metavar="REASON", help="Submit although checks fail; the lock file keeps the reason.")
@sending
def submit_command(options: Options, *, file: Path, force: str | None) -> None:
    """Submit FILE as a proposal, and write its lock file beside it.

    Nothing is sent where a check fails, unless --force says why it must be. Running it again after an interruption
    completes the lock file and sends nothing twice.
    """
    from dao.lifecycle.actions import decode
    from dao.lifecycle.submit import submit
    from dao.render.checks import checks_view
    from dao.render.console import err, show, show_json
    from dao.render.proposal import prepared_view, submitted_json, submitted_view

    session = options.session()

    def announce(prepared: Prepared, checks: tuple[CheckResult, ...]) -> None:
        if not options.json:
            actions = decode(session, prepared.calls, prepared.effect.before)
            err().print(prepared_view(prepared, actions, session.deployment), checks_view(checks))

    result = submit(session, file, announce=announce, confirm=options.confirm(session), force=force)
    if options.json:
        show_json(submitted_json(result))
    else:
        show(submitted_view(result, session.connection.block().timestamp))


@command.command("list", epilog="Example: dao proposal list --json")
@reading
def list_command(options: Options) -> None:
    """List all proposals, newest first."""
    from dao.lifecycle.proposals import all_proposals
    from dao.render.console import show, show_json
    from dao.render.proposal import proposals_table, standing_json

    session = options.session()
    proposals = all_proposals(session)
    standings = session.contracts.governor.standings([proposal.proposal_id for proposal in proposals])
    rows = list(zip(proposals, standings, strict=True))[::-1]
    if options.json:
        show_json([standing_json(proposal, standing) for proposal, standing in rows])
    else:
        show(proposals_table(rows, session.connection.block().timestamp))


@command.command("show", epilog="Example: dao proposal show latest --account alice")
@_PROPOSAL
@click.option("--no-checks", "unchecked", is_flag=True, help="Leave out the checks, which take seconds.")
@owning
def show_command(options: Options, *, proposal: str, unchecked: bool) -> None:
    """Show PROPOSAL: what it changes, what the checks say, the tally, your own part, and what comes next.

    Where an account is named, its power at the snapshot and its ballot are shown, and those of its delegate.
    """
    from dao.lifecycle.proposals import find
    from dao.lifecycle.show import show as show_proposal
    from dao.render.console import show, show_json
    from dao.render.shown import shown_json, shown_view

    session = options.reading_session()
    account = options.known_address()
    shown = show_proposal(session, find(session, proposal), account=account, checked=not unchecked)
    if options.json:
        show_json(shown_json(shown, session.deployment))
    else:
        show(shown_view(shown, session.deployment))


@command.command("verify", epilog="Example: dao proposal verify latest --file proposals/0001-cut-node-job-rewards.yaml")
@_PROPOSAL
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Compare with this file and its lock.",
)
@click.option("--chain", is_flag=True, help="Compare with the document in the description, whatever files there are.")
@reading
def verify_command(options: Options, *, proposal: str, file: Path | None, chain: bool) -> None:
    """Compile the document again and compare with PROPOSAL on chain, byte for byte.

    The document is the file below proposals/ whose lock names the proposal; where there is none, it is the one that the
    description on chain carries.
    """
    if file is not None and chain:
        raise click.UsageError("expected either --file or --chain")
    from dao.lifecycle.proposals import find
    from dao.lifecycle.verify_proposal import verify_description, verify_file
    from dao.proposal.lock import find_locked
    from dao.render.console import show, show_json
    from dao.render.proposal import verification_json, verification_view

    session = options.session()
    found = find(session, proposal)
    if file is None and not chain:
        file = find_locked(_FOLDER, found.proposal_id)
    result = verify_file(session, found, file) if file is not None else verify_description(session, found)
    if options.json:
        show_json(verification_json(result))
    else:
        show(verification_view(result))
    if result.differences:
        raise click.exceptions.Exit(1)


@command.command("queue", epilog="Example: dao proposal queue latest --from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
@_PROPOSAL
@sending
def queue(options: Options, *, proposal: str) -> None:
    """Queue a succeeded PROPOSAL in the timelock. Anyone may."""
    from dao.lifecycle import advance

    _advance(options, proposal, advance.queue)


@command.command(
    "execute", epilog="Example: dao proposal execute latest --from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
)
@_PROPOSAL
@sending
def execute(options: Options, *, proposal: str) -> None:
    """Execute a queued PROPOSAL whose delay is over. Anyone may."""
    from dao.lifecycle import advance

    _advance(options, proposal, advance.execute)


@command.command(
    "cancel", epilog="Example: dao proposal cancel latest --from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
)
@_PROPOSAL
@sending
def cancel(options: Options, *, proposal: str) -> None:
    """Cancel PROPOSAL: its proposer while it is pending, the guardian until it is executed."""
    from dao.lifecycle import advance

    _advance(options, proposal, advance.cancel)


@command.command("purge", epilog="Example: dao proposal purge latest --from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
@_PROPOSAL
@sending
def purge(options: Options, *, proposal: str) -> None:
    """Remove the timelock operation of an expired PROPOSAL. Anyone may."""
    from dao.lifecycle import advance

    _advance(options, proposal, advance.purge)


def _advance(options: Options, reference: str, verb: Callable[..., Advanced]) -> None:
    from dao.lifecycle.proposals import find
    from dao.render.console import show, show_json
    from dao.render.proposal import advanced_json, advanced_view

    session = options.session()
    session.require_signer()
    result = verb(session, find(session, reference), confirm=options.confirm(session))
    if options.json:
        show_json(advanced_json(result))
    else:
        show(advanced_view(result, session.connection.block().timestamp))
