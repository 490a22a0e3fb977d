"""Presets: which there are, what they hold, and a deployment file that begins with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dao.document.emitter import emit
from dao.document.model import locate
from dao.document.preset import Deviation, Preset, deviations, figure_text, inconsistencies, load_preset
from dao.document.quantities import format_duration
from dao.errors import DeploymentError, DocumentError, PolicyError

FOLDER = Path("proposals") / "presets"
"""Where a checkout keeps its presets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A preset by its name, with its printed figures evaluated.

    Args:
        name: Its name.
        preset: The preset.
        deviations: How many figures it says something wrong of.
        inconsistencies: The figures with which its source contradicts its own rules.
    """

    name: str
    preset: Preset
    deviations: int
    inconsistencies: tuple[Deviation, ...]


def preset_path(folder: Path, name: str) -> Path:
    """The file of the preset `name` in `folder`; there need be none."""
    return folder / f"{name}.yaml"


def list_presets(folder: Path) -> list[Listed]:
    """The presets in `folder`, by name. Raises DocumentError for a file there that is no preset."""
    if not folder.is_dir():
        raise DocumentError("there is no folder of presets", path=str(folder), remedy="name it with --presets")
    return [find_preset(folder, path.stem) for path in sorted(folder.glob("*.yaml"))]


def find_preset(folder: Path, name: str) -> Listed:
    """The preset `name` in `folder`, its printed figures evaluated.

    Raises DocumentError when there is none, with the names that there are, or when it is damaged.
    """
    path = preset_path(folder, name)
    if Path(name).name != name or not path.is_file():
        known = ", ".join(sorted(entry.stem for entry in folder.glob("*.yaml")))
        raise DocumentError("there is no such preset", path=str(folder), expected=known or "a preset", found=name)
    preset, _ = load_preset(path)
    return Listed(name=name, preset=preset, deviations=len(deviations(preset)), inconsistencies=inconsistencies(preset))


def check_presets(folder: Path, names: Sequence[str] = ()) -> list[Listed]:
    """The presets `names` in `folder`, or all, none of which says anything wrong of a printed figure.

    Raises DocumentError, naming file, line and field, for the first that does, with the figure as it is printed and as
    the policy yields it.
    """
    for name in names or [listed.name for listed in list_presets(folder)]:
        find_preset(folder, name)
        preset, source = load_preset(preset_path(folder, name))
        for wrong in deviations(preset):
            published = preset.published[wrong.index]
            says = "is called inconsistent, and is reproduced" if published.inconsistent else "is not reproduced"
            error = PolicyError(
                f"the figure {says}: {wrong.expression} in epoch {wrong.epoch}",
                expected=f"{figure_text(published, wrong.printed)}, as {published.source} prints",
                found=figure_text(published, wrong.computed),
            )
            raise locate(error, source, f"published.{wrong.index}")
    return [find_preset(folder, name) for name in names] if names else list_presets(folder)


def apply_preset(folder: Path, name: str, target: Path) -> Path:
    """Writes the beginning of a deployment file that starts with the preset `name`, and never over a file.

    Whatever no preset can know (the token's name and cap, who is granted what, the periods of the vote) is a default to
    be changed, or left out.

    Raises DocumentError when there is no such preset, DeploymentError when `target` exists or cannot be written.
    """
    preset = find_preset(folder, name).preset
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(deployment_text(preset, _reference(folder, name, target)))
    except FileExistsError:
        raise DeploymentError(
            f"{target} exists", remedy="name another file with --output; no file is overwritten"
        ) from None
    except OSError as error:
        raise DeploymentError(f"{target} cannot be written", found=error.strerror) from None
    return target


def deployment_text(preset: Preset, reference: str) -> str:
    """A deployment file with `preset`, which it calls `reference`, and short periods for a local chain."""
    symbol, decimals = preset.unit.symbol, preset.unit.decimals
    tree = {
        "token": {
            "name": f"{preset.network} Reward Token"[:31].rstrip(),
            "symbol": symbol,
            "decimals": str(decimals),
            "cap": str(preset.units.amount(max([10**9 * 10**decimals, *_budgets(preset)]))),
            "minters": ["treasury"],
        },
        "governor": {
            "name": f"{preset.network} Governor"[:31].rstrip(),
            "voting_delay": "1 minute",
            "voting_period": "1 hour",
            "proposal_threshold": f"0 {symbol}",
            "late_quorum_extension": "10 minutes",
            "grace_period": "2 days",
            "guardian": "treasury",
        },
        "timelock": {"min_delay": "1 hour"},
        "policy": {"preset": reference, "genesis": "deployment"},
    }
    epoch = format_duration(preset.policy.epoch or 0)
    moved = ""
    if isinstance(preset.policy.genesis, int):
        moved = "\n# Its own epoch 0 begins at a published moment; here it begins with the deployment."
    return (
        f"# A deployment that begins with the policy of {preset.network}: epochs of {epoch}.{moved}\n"
        "# To be changed before a real deployment: the token's name and cap, who is granted what (grants:), and every\n"
        "# period of the vote, which are short enough here to try on a local chain.\n" + emit(tree)
    )


def _budgets(preset: Preset) -> list[int]:
    """Every lifetime budget of the preset (wei): none may be above the token's cap."""
    return [budget.amount for budgets in preset.evaluate().budgets.values() for budget in budgets]


def _reference(folder: Path, name: str, target: Path) -> str:
    """How a deployment file at `target` names the preset: by name where it is found so, else by its path."""
    if folder.resolve() == (target.parent / FOLDER).resolve():
        return name
    path = preset_path(folder, name).resolve()
    base = target.parent.resolve()
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()
