"""`dao demo`: the main job from draft to audit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.ending import ending
from dao.commands.options import Options, local

if TYPE_CHECKING:
    from dao.demo import Step

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_UNWINDING_SECONDS = 15


@click.command("demo", epilog="Example: dao demo --proposal proposals/0001-cut-node-job-rewards.yaml")
@click.option("--deploy", "deployment_file", type=_FILE, default=Path("deploy.yaml"), show_default=True)
@click.option(
    "--proposal",
    "proposal_file",
    type=_FILE,
    default=Path("proposals/0001-cut-node-job-rewards.yaml"),
    show_default=True,
)
@click.option(
    "--contributions",
    type=_FILE,
    default=Path("examples/contributions.csv"),
    show_default=True,
    help="What was contributed in the first epoch that the proposal changes.",
)
@local
def command(options: Options, *, deployment_file: Path, proposal_file: Path, contributions: Path) -> None:
    """Play the whole loop on a local chain that ends with the command: deploy, vote, execute, pay, audit, reconcile.

    Exit code 0 when the replay of the logs agrees with everything that happened, 3 when it does not.
    """
    from dao.demo import Scenario, play
    from dao.render.audit import verdict_view
    from dao.render.console import show, show_json
    from dao.render.story import step_view

    # A terminated demo unwinds like an interrupted one, so that its chain ends with it.
    with ending(seconds=_UNWINDING_SECONDS) as check:

        def tell(step: Step) -> None:
            check()
            if not options.json:
                show(step_view(step))

        report = play(Scenario(deployment_file, proposal_file, contributions), tell=tell)
        check()
    if options.json:
        show_json(report.as_dict())
    else:
        show("", verdict_view(report))
    if report.findings:
        raise click.exceptions.Exit(3)
