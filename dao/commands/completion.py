"""`dao completion`: the script that makes a shell complete the `dao` command."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion", epilog='Example: dao completion bash >> ~/.bashrc, or eval "$(dao completion zsh)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL."""
    from dao.commands import cli

    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(completion(cli, {}, "dao", "_DAO_COMPLETE").source())
