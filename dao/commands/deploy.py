"""`dao deploy`: puts a DAO on a chain from one file, and verifies it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, reading, sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from dao.deployment.document import DeploymentDocument
    from dao.lifecycle.deploy import Creation

_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


class _FileOrVerb(click.Group):
    """Takes `dao deploy FILE` as `dao deploy run FILE`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            args = ["run", *args]
        return super().resolve_command(ctx, args)


@click.group(
    "deploy",
    cls=_FileOrVerb,
    # Options may stand before FILE: they are `run`'s.
    context_settings={"ignore_unknown_options": True},
    epilog="Examples: dao deploy deploy.yaml --from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266; "
    "dao deploy verify deploy.yaml",
)
def command() -> None:
    """Deploy a DAO from one YAML FILE, or verify one. `dao deploy FILE` is short for `dao deploy run FILE`.

    The deployment file deployments/<chain id>.json is written before the first transaction; an interrupted deployment
    goes on where it stopped when the command is given again, and nothing is ever deployed twice.
    """


@command.command("run", epilog="Example: dao deploy deploy.yaml --from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
@_FILE
@sending
def run(options: Options, *, file: Path) -> None:
    """Deploy FILE, or finish what was interrupted."""
    from dao.deployment.document import load_deployment
    from dao.errors import AccountError
    from dao.lifecycle.deploy import deploy
    from dao.render.console import err, show, show_json
    from dao.render.deployment import deployment_json, deployment_view, step_view

    document = load_deployment(file)
    if options.unsigned is not None:
        raise AccountError(
            "a multisig cannot deploy: contracts are created at addresses that follow from the deployer's own nonces",
            expected="an account with a key",
            remedy="deploy with an account that has ether; it holds no role afterwards. deploy.yaml can name it",
        )
    connection = options.connect()
    signer = options.signer(connection)
    if signer is None:
        raise AccountError(
            "nobody signs", expected="an account", remedy="give --account NAME, --keystore FILE or --from ADDRESS"
        )
    path = options.deployment_path(connection.chain_id)
    deployment = deploy(
        connection,
        signer,
        document,
        journal_path=path,
        confirm=_confirm(options, document),
        progress=lambda step: None if options.json else err().print(step_view(step)),
    )
    if options.json:
        show_json(deployment_json(deployment, path))
    else:
        show(deployment_view(deployment, path))


@command.command("verify", epilog="Example: dao deploy verify deploy.yaml --rpc http://127.0.0.1:8545")
@_FILE
@reading
def verify(options: Options, *, file: Path) -> None:
    """Compare the contracts on chain with the shipped artifacts and FILE: bytecode, immutables, values, roles."""
    from dao.deployment.document import load_deployment
    from dao.lifecycle.verify_deployment import verify_deployment
    from dao.render.console import show, show_json
    from dao.render.deployment import comparisons_json, comparisons_view

    comparisons = verify_deployment(options.session(), load_deployment(file))
    if options.json:
        show_json(comparisons_json(comparisons))
    else:
        show(comparisons_view(comparisons))
    if not all(comparison.ok for comparison in comparisons):
        raise click.exceptions.Exit(1)


def _confirm(options: Options, document: DeploymentDocument) -> Callable[[tuple[Creation, ...]], None]:
    def confirm(creations: tuple[Creation, ...]) -> None:
        import sys

        from dao.render.console import err
        from dao.render.deployment import plan_view

        if not options.json:
            err().print(plan_view(creations, document))
        if not options.yes:
            if options.json or not sys.stdin.isatty():
                raise click.UsageError("nobody is here to confirm the deployment: add --yes to send it")
            click.confirm(f"Send {len(creations)} transactions?", abort=True, err=True)

    return confirm
