"""The `dao` command: finds the group that was asked for and runs it; every DaoError becomes a message and exit code 1.

Nothing heavy is imported here, nor at the top of any command module: `dao --help` and shell completion load Click and
no more.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module

import click

from dao.errors import DaoError, FileError, Unsent

_DEBUG = "DAO_DEBUG"
"""The variable that, when set, adds where an error comes from: the lines of the program, and none of its values."""

# Name: module of dao.commands, and the line that `dao --help` shows.
_COMMANDS = {
    "demo": ("demo", "Play the whole loop on a throw-away local chain."),
    "node": ("node", "Start and stop the local chain."),
    "deploy": ("deploy", "Deploy a DAO from one YAML file, and verify it."),
    "status": ("status", "Show the deployment, its settings and the epoch in force."),
    "doctor": ("doctor", "Find what is wrong with the set-up, and say the fix."),
    "account": ("account", "Make, import, list and show the accounts that sign."),
    "delegate": ("delegate", "Delegate your voting power, to yourself or another."),
    "token": ("token", "Deposit an existing token for votes, and withdraw it."),
    "power": ("power", "Show an account's voting power, and why it is what it is."),
    "proposal": ("proposal", "Draft, check, submit, watch, queue, execute and verify proposals."),
    "vote": ("vote", "Vote for, against, abstain, or split your weight."),
    "policy": ("policy", "Read the reward policy in force."),
    "epoch": ("epoch", "Compute, publish, dispute, claim and reconcile what contributors are paid."),
    "audit": ("audit", "Replay the chain's logs and compare."),
    "completion": ("completion", "Print the shell completion script."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command's module and takes its `command`."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"dao.commands.{_COMMANDS[cmd_name][0]}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101  # for the type checker; a test walks every command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: dao demo. Exit codes: 0 ok, 1 refused or failed, 2 usage, 3 audit findings.",
)
@click.version_option(package_name="reward-dao", prog_name="dao")
def cli() -> None:
    """Governance for networks that reward compute and data: propose in YAML, vote here, prove it from the logs."""


def main() -> None:
    """Runs the command line and exits with its code."""
    try:
        code = cli.main(prog_name="dao", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("aborted; nothing more was sent", err=True)
        sys.exit(1)
    except Unsent as result:
        _report_unsent(result)
        sys.exit(result.exit_code)
    except DaoError as error:
        _report(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output is gone, as with `dao … | head`; there is nobody left to tell.
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else "a file or folder"
        _report(FileError(f"{where} cannot be read or written", found=error.strerror or type(error).__name__))
        sys.exit(FileError.exit_code)
    except Exception as error:
        # A defect of this program. What it says may hold anything, so that only its kind is shown unasked.
        if os.environ.get(_DEBUG):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        click.echo(
            f"error: {type(error).__name__} at {place.name}, line {place.lineno}: a defect of this program; "
            f"{_DEBUG}=1 shows where it comes from",
            err=True,
        )
        sys.exit(DaoError.exit_code)


def _report_unsent(result: Unsent) -> None:
    from dao.render.console import show, show_json
    from dao.render.errors import unsent_json, unsent_view

    if "--json" in sys.argv:
        show_json(unsent_json(result))
    else:
        show(unsent_view(result))


def _report(error: DaoError) -> None:
    if os.environ.get(_DEBUG):
        traceback.print_exception(error)
    from dao.render.console import err, show_json
    from dao.render.errors import error_json, error_view

    if "--json" in sys.argv:
        show_json(error_json(error))
    else:
        err().print(error_view(error), soft_wrap=True)
