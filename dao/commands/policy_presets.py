"""`dao policy presets`: policies that networks published, and a DAO that begins with one."""

from __future__ import annotations

from pathlib import Path

import click

from dao.commands.options import Options, local

_FOLDER = click.option(
    "--presets",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("proposals") / "presets",
    show_default=True,
    help="Folder of the presets.",
)


@click.group("presets", epilog="Example: dao policy presets list")
def presets() -> None:
    """List the policies that networks published, show one, and begin a DAO with it."""


@presets.command("list", epilog="Example: dao policy presets list --json")
@_FOLDER
@local
def list_command(options: Options, *, folder: Path) -> None:
    """List the presets, each with how many of the figures that its source prints it reproduces."""
    from dao.lifecycle.presets import list_presets
    from dao.render.console import show, show_json
    from dao.render.presets import preset_json, presets_table

    found = list_presets(folder)
    if options.json:
        show_json([preset_json(listed) for listed in found])
    else:
        show(presets_table(found))


@presets.command("show", epilog="Example: dao policy presets show helium-hip20")
@click.argument("name")
@_FOLDER
@local
def show_command(options: Options, *, name: str, folder: Path) -> None:
    """Show the preset NAME: its source, how it was read, and the figures that it reproduces."""
    from dao.lifecycle.presets import find_preset
    from dao.render.console import show, show_json
    from dao.render.presets import preset_json, preset_view

    listed = find_preset(folder, name)
    if options.json:
        show_json(preset_json(listed))
    else:
        show(preset_view(listed))


@presets.command("check", epilog="Example: dao policy presets check helium-hip77 ionet")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_FOLDER
@local
def check_command(options: Options, *, names: tuple[str, ...], folder: Path) -> None:
    """Evaluate every printed figure of the presets NAME, or of all; the first wrong one is an error with its line."""
    from dao.lifecycle.presets import check_presets
    from dao.render.console import show, show_json
    from dao.render.presets import preset_json, presets_table

    checked = check_presets(folder, names)
    if options.json:
        show_json([preset_json(listed) for listed in checked])
    else:
        show(presets_table(checked))


@presets.command("apply", epilog="Example: dao policy presets apply dimo-baseline --output dimo.yaml")
@click.argument("name")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("deploy.yaml"),
    show_default=True,
    help="Deployment file to write; it must not exist.",
)
@_FOLDER
@local
def apply_command(options: Options, *, name: str, output: Path, folder: Path) -> None:
    """Write the beginning of a deployment file that starts with the preset NAME."""
    from dao.lifecycle.presets import apply_preset
    from dao.render.console import show, show_json

    path = apply_preset(folder, name, output)
    if options.json:
        show_json({"file": str(path)})
    else:
        show(f"wrote {path}; change its token and periods, then run `dao deploy {path}`")
