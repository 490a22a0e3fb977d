"""`dao proposal check` and `simulate`: what a proposal does, before anybody votes on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, address, reading

if TYPE_CHECKING:
    from dao.lifecycle.prepare import Compiled
    from dao.lifecycle.proposals import ChainProposal
    from dao.lifecycle.session import Session

_EITHER = click.argument("proposal", metavar="PROPOSAL")
_MARKDOWN = click.option("--markdown", is_flag=True, help="Print the result as Markdown.")
_OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.md",
    help="Write the result as Markdown to this file.",
)
PROPOSER = click.option(
    "--proposer",
    "--from",
    "proposer",
    metavar="ADDRESS",
    envvar="DAO_FROM",
    help="Who will submit it; what depends on that is left out if not given.  [env: DAO_FROM]",
)
"""Who submits a file."""


@click.command(
    "check",
    epilog="Examples: dao proposal check proposals/0001-cut-node-job-rewards.yaml --offline; "
    "dao proposal check latest --output check.md",
)
@_EITHER
@PROPOSER
@click.option("--offline", is_flag=True, help="Check the form of a file alone, without a chain.")
@_MARKDOWN
@_OUTPUT
@reading
def check_command(
    options: Options, *, proposal: str, proposer: str | None, offline: bool, markdown: bool, output: Path | None
) -> None:
    """Check PROPOSAL: what it does, whether it can be executed, and what a voter should know.

    PROPOSAL is a file, or a proposal on chain: its id, the beginning of it, or `latest`. What depends on executing it
    is found in a copy of the chain in which it is. The exit code is 1 when a check failed.
    """
    from dao.lifecycle.check import check
    from dao.lifecycle.verdict import Verdict, worst
    from dao.proposal.document import load_proposal
    from dao.render.checks import checked_view, checks_json, checks_markdown
    from dao.render.console import show, show_json

    _one_form(options, markdown, output)
    file = _file(proposal)
    if offline:
        if file is None:
            raise click.UsageError("--offline checks a file, and this is a proposal on chain")
        document, _ = load_proposal(file)
        if options.json:
            show_json({"file": str(file), "title": document.title, "offline": True, "checks": []})
        else:
            show(f"{file}: the form is right: {len(document.actions)} actions; units and calls were not checked")
        return
    session, subject = _subject(options, proposal, proposer)
    results = check(session, subject)
    title, verdict = subject.title, worst(results)
    if options.json:
        named = {"file": None if file is None else str(file), "title": title, "offline": False}
        show_json({**named, "verdict": verdict.value, "checks": checks_json(results)})
    elif markdown or output is not None:
        _markdown(checks_markdown(title, results), output)
    else:
        show(checked_view(title, results))
    if verdict is Verdict.FAILURE:
        raise click.exceptions.Exit(1)


@click.command("simulate", epilog="Example: dao proposal simulate proposals/0001-cut-node-job-rewards.yaml --markdown")
@_EITHER
@PROPOSER
@_MARKDOWN
@_OUTPUT
@reading
def simulate_command(
    options: Options, *, proposal: str, proposer: str | None, markdown: bool, output: Path | None
) -> None:
    """Execute PROPOSAL in a copy of the chain, and show what is different afterwards.

    PROPOSAL is a file, or a proposal on chain: its id, the beginning of it, or `latest`. Queued proposals are executed
    before it, the delegates vote for it, and the time is the earliest at which it can be executed. Nothing is sent to
    the chain itself. The exit code is 1 when the execution or a check of it failed.
    """
    from dao.lifecycle.simulate import simulate
    from dao.lifecycle.verdict import Verdict, worst
    from dao.render.checks import simulated_json, simulated_markdown, simulated_view
    from dao.render.console import show, show_json

    _one_form(options, markdown, output)
    simulated = simulate(*_subject(options, proposal, proposer))
    if options.json:
        show_json(simulated_json(simulated))
    elif markdown or output is not None:
        _markdown(simulated_markdown(simulated), output)
    else:
        show(simulated_view(simulated))
    if not simulated.succeeded or worst(simulated.results) is Verdict.FAILURE:
        raise click.exceptions.Exit(1)


def _file(text: str) -> Path | None:
    """The proposal file that `text` names; None where it is the name of a proposal on chain."""
    path = Path(text)
    if path.is_file():
        return path
    if path.suffix or len(path.parts) > 1 or path.is_dir():
        raise click.BadParameter(f"there is no file {text!r}", param_hint="PROPOSAL")
    return None


def _subject(options: Options, text: str, proposer: str | None) -> tuple[Session, Compiled | ChainProposal]:
    """What `text` names: a file, compiled, or a proposal on chain."""
    file = _file(text)
    if file is not None:
        return compiled(options, file, proposer)
    from dao.lifecycle.proposals import find

    session = options.session()
    return session, find(session, text)


def _one_form(options: Options, markdown: bool, output: Path | None) -> None:
    if options.json and (markdown or output is not None):
        raise click.UsageError("expected either --json or Markdown, by --markdown or --output")


def _markdown(text: str, output: Path | None) -> None:
    """Writes Markdown to `output`, or prints it."""
    from dao.render.console import out, show
    from dao.render.output import save

    if output is None:
        out().file.write(text)
    else:
        save(output, text)
        show(f"wrote {output}")


def compiled(options: Options, file: Path, proposer: str | None) -> tuple[Session, Compiled]:
    """The deployment, and the proposal file compiled for it; with its identity where `proposer` is given."""
    from dao.lifecycle.prepare import compile_file, prepare

    who = address(proposer) if proposer else None
    session = options.session()
    return session, compile_file(session, file) if who is None else prepare(session, file, proposer=who)
